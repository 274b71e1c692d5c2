/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/stretch.h"

/* Strides of an operand along the result's axes: 0 where it has size 1, or no axis. */
static void strides(const wg_shape *out, const wg_shape *x, size_t *stride)
{
    size_t product = 1;
    for (size_t i = 1; i <= out->rank; i++) { /* from the last axis */
        size_t size = i <= x->rank ? x->dim[x->rank - i] : 1;
        stride[out->rank - i] = size == 1 ? 0 : product;
        product *= size;
    }
}

/* May axis `i` be merged with the axis after it: does each operand's stride go on across the seam? */
static bool goes_on(size_t outer_stride, size_t inner_stride, size_t inner_size)
{
    return outer_stride == inner_stride * inner_size;
}

void wg__stretch_set(wg_stretch *s, const wg_shape *out, const wg_shape *a, const wg_shape *b)
{
    size_t stride[2][WG_MAX_RANK], n = 0;
    strides(out, a, stride[0]);
    strides(out, b, stride[1]);
    for (size_t i = 0; i < out->rank; i++) {
        if (out->dim[i] == 1)
            continue;
        size_t size = out->dim[i];
        if (n && goes_on(s->stride[0][n - 1], stride[0][i], size) &&
            goes_on(s->stride[1][n - 1], stride[1][i], size)) {
            s->dim[n - 1] *= size;
            n--;
        } else {
            s->dim[n] = size;
        }
        s->stride[0][n] = stride[0][i];
        s->stride[1][n++] = stride[1][i];
    }
    s->inner = 1;
    s->step[0] = s->step[1] = 1;
    if (n) {
        n--;
        s->inner = s->dim[n];
        s->step[0] = s->stride[0][n];
        s->step[1] = s->stride[1][n];
    }
    s->rank = n;
    s->rows = 1;
    for (size_t i = 0; i < n; i++)
        s->rows *= s->dim[i];
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
