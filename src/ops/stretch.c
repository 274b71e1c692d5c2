/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/stretch.h"

#include "kernels/strided.h"

void wg__stretch_set(wg_stretch *s, const wg_shape *out, const wg_shape *a, const wg_shape *b)
{
    wg_walk walk = wg__walk_over(out, 2);
    wg__walk_stretch(&walk, 0, a);
    wg__walk_stretch(&walk, 1, b);
    wg__walk_merge(&walk);
    s->inner = s->rows = 1;
    s->step[0] = s->step[1] = 1;
    s->rank = walk.rank;
    if (walk.rank) {
        s->rank--;
        s->inner = walk.dim[s->rank];
        s->step[0] = (size_t)walk.step[0][s->rank];
        s->step[1] = (size_t)walk.step[1][s->rank];
    }
    for (size_t i = 0; i < s->rank; i++) {
        s->rows *= s->dim[i] = walk.dim[i];
        s->stride[0][i] = (size_t)walk.step[0][i];
        s->stride[1][i] = (size_t)walk.step[1][i];
    }
}

void wg__stretch_row(const wg_stretch *s, size_t row, size_t at[2])
{
    at[0] = at[1] = 0;
    for (size_t i = s->rank; i-- > 0;) {
        size_t index = row % s->dim[i];
        row /= s->dim[i];
        at[0] += index * s->stride[0][i];
        at[1] += index * s->stride[1][i];
    }
}
