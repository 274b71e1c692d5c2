/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/parallel.h"
#include "kernels/scatter.h"
#include "kernels/strided.h"

enum { SCATTER_GRAIN = 1 << 14, COLUMNS = 512 };

/* The axes before and after the indexed one, as walks over the index (stream 0) and the target (stream 1). */
typedef struct scatter_work {
    wg_walk before, after;
    size_t along, inner; /* sizes of the index: its axis, and what comes after */
    ptrdiff_t to_step;   /* of the target along the axis */
    const int32_t *index;
    const void *from;
    void *to;
} scatter_work;

typedef struct index_work {
    size_t size, inner, n, blocks;
    const int32_t *index;
    const void *from;
    void *to;
} index_work;

/* Where the walk's item-th visit is in the target. */
static inline ptrdiff_t place(const wg_walk *walk, size_t item)
{
    ptrdiff_t at = 0;
    for (size_t i = walk->rank; i-- > 1; item /= walk->dim[i])
        at += walk->step[1][i] * (ptrdiff_t)(item % walk->dim[i]);
    return walk->rank > 0 ? at + walk->step[1][0] * (ptrdiff_t)item : at;
}

/* The number of visits. */
static size_t take_axes(wg_walk *walk, const wg_shape *shape, const ptrdiff_t *step, size_t begin, size_t end)
{
    size_t count = 1;
    wg_shape part = wg_shape_of_dims(shape->dim + begin, end - begin);
    *walk = wg__walk_over(&part, 2);
    for (size_t i = begin; i < end; i++) {
        walk->step[1][i - begin] = step[i];
        count *= shape->dim[i];
    }
    wg__walk_merge(walk);
    return count;
}

#define TEMPLATE "kernels/scatter_real.h"
#include "base/for_each_real.h"
