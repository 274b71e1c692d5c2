/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

static void FN(scatter_chunk)(void *work, size_t begin, size_t end)
{
    const scatter_work *w = work;
    for (size_t outer = begin; outer < end; outer++) {
        const REAL *from = (const REAL *)w->from + outer * w->along * w->inner;
        const int32_t *index = w->index + outer * w->along * w->inner;
        REAL *to = (REAL *)w->to + place(&w->before, outer);
        for (size_t i = 0; i < w->along; i++, from += w->inner, index += w->inner)
            for (size_t k = 0; k < w->inner; k++)
                to[index[k] * w->to_step + place(&w->after, k)] += from[k];
    }
}

void FN(wg__scatter_add)(int threads, const wg_shape *to_shape, size_t axis, const wg_shape *index_shape,
    const int32_t *index, const REAL *from, REAL *to)
{
    scatter_work work = {.along = index_shape->dim[axis], .index = index, .from = from, .to = to};
    ptrdiff_t step[WG_MAX_RANK];
    wg__row_major(to_shape, step);
    size_t outer = take_axes(&work.before, index_shape, step, 0, axis);
    work.inner = take_axes(&work.after, index_shape, step, axis + 1, index_shape->rank);
    work.to_step = step[axis];
    size_t each = work.along * work.inner;
    if (each > 0)
        wg__parallel_for(threads, outer, SCATTER_GRAIN / each, FN(scatter_chunk), &work);
}

/* An item is a block of columns of one outer slice. */
static void FN(index_chunk)(void *work, size_t begin, size_t end)
{
    const index_work *w = work;
    for (size_t item = begin; item < end; item++) {
        size_t outer = item / w->blocks, first = item % w->blocks * COLUMNS;
        size_t width = w->inner - first < COLUMNS ? w->inner - first : COLUMNS;
        const REAL *from = (const REAL *)w->from + outer * w->n * w->inner + first;
        REAL *to = (REAL *)w->to + outer * w->size * w->inner + first;
        for (size_t i = 0; i < w->n; i++) {
            REAL *restrict target = to + (size_t)w->index[i] * w->inner;
            const REAL *restrict source = from + i * w->inner;
            for (size_t k = 0; k < width; k++)
                target[k] += source[k];
        }
    }
}

void FN(wg__index_add)(int threads, size_t outer, size_t size, size_t inner, size_t n, const int32_t *index,
    const REAL *from, REAL *to)
{
    index_work work = {size, inner, n, wg__chunks(inner, COLUMNS), index, from, to};
    size_t each = n * (inner < COLUMNS ? inner : COLUMNS);
    if (each > 0)
        wg__parallel_for(threads, outer * work.blocks, SCATTER_GRAIN / each, FN(index_chunk), &work);
}
