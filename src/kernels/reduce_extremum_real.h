/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_extremum_real.h - the largest number and where it is first; see base/for_each_real.h and
 * reduce_extremum.c. Numbers are multiplied by the sign, so that the smallest is the largest too. */

#if REAL_IS_DOUBLE
#define COUNTER uint64_t
#else
#define COUNTER uint32_t
#endif

enum { FN(BLOCK) = 128 };

/* The larger one; NaN if one is NaN. */
WG_INLINE REAL FN(larger)(REAL a, REAL b)
{
    return ((b > a) | (b != b)) ? b : a;
}

/* Halves the block until one is left. */
WG_KERNEL_OF(REAL, FN(block_largest), (const REAL *restrict x, REAL sign), (x, sign))
{
    REAL half[FN(BLOCK) / 2];
#pragma omp simd
    for (size_t k = 0; k < FN(BLOCK) / 2; k++)
        half[k] = FN(larger)(sign * x[k], sign * x[k + FN(BLOCK) / 2]);
    for (size_t left = FN(BLOCK) / 4; left > 0; left /= 2) {
#pragma omp simd
        for (size_t k = 0; k < left; k++)
            half[k] = FN(larger)(half[k], half[k + left]);
    }
    return half[0];
}

/* The first of n numbers that is `value`, or NaN if value is. */
static size_t FN(find)(const REAL *x, size_t n, REAL sign, REAL value)
{
    size_t i = 0;
    while (i + 1 < n && sign * x[i] != value && (value == value || x[i] == x[i]))
        i++;
    return i;
}

/* Joins the run x[0 .. n - 1], whose first term is number `first`, to what came before. A block is searched
 * only if it holds something better. */
static void FN(row)(const REAL *x, size_t n, REAL sign, size_t first, double *value, size_t *index)
{
    REAL best = (REAL)*value;
    size_t at = *index, i = 0;
    for (; n - i >= FN(BLOCK); i += FN(BLOCK)) {
        REAL largest = FN(block_largest)(x + i, sign);
        if (!(largest <= best) && best == best) {
            best = largest;
            at = first + i + FN(find)(x + i, FN(BLOCK), sign, largest);
        }
    }
    for (; i < n; i++)
        if (!(sign * x[i] <= best) && best == best) {
            best = sign * x[i];
            at = first + i;
        }
    *value = (double)best;
    *index = at;
}

static void FN(rows)(void *data, size_t begin, size_t end)
{
    struct work *w = data;
    const wg_runs *r = w->r;
    for (size_t task = begin; task < end; task++) {
        size_t part = task % w->cut.parts, t = part / w->cut.pieces * w->cut.lines;
        size_t last = r->lines - t < w->cut.lines ? r->lines : t + w->cut.lines;
        size_t from = part % w->cut.pieces * w->cut.piece;
        size_t n = r->run - from < w->cut.piece ? r->run - from : w->cut.piece;
        const REAL *x = (const REAL *)w->x + wg__group_begin(r, task / w->cut.parts) + from;
        w->value[task] = (double)-INFINITY;
        w->index[task] = t * r->run + from;
        for (; t < last; t++)
            FN(row)
        (x + wg__line_begin(r, t), n, (REAL)w->sign, t * r->run + from, &w->value[task], &w->index[task]);
    }
}

WG_KERNEL(FN(better_of_line),
    (const REAL *restrict x, size_t width, REAL sign, COUNTER t, REAL *restrict best, COUNTER *restrict at),
    (x, width, sign, t, best, at))
{
#pragma omp simd
    for (size_t i = 0; i < width; i++) {
        REAL v = sign * x[i], old = best[i];
        COUNTER old_at = at[i];
        bool better = (v > old) | ((v != v) & (old == old));
        best[i] = better ? v : old;
        at[i] = better ? t : old_at;
    }
}

static void FN(columns)(void *data, size_t begin, size_t end)
{
    struct work *w = data;
    const wg_runs *r = w->r;
    for (size_t task = begin; task < end; task++) {
        size_t tile = task % w->cut.tiles * WG_TILE, row = task / w->cut.tiles;
        size_t first = row % w->cut.parts * w->cut.lines;
        size_t lines = r->lines - first < w->cut.lines ? r->lines - first : w->cut.lines;
        size_t width = r->run - tile < WG_TILE ? r->run - tile : WG_TILE;
        const REAL *x = (const REAL *)w->x + wg__group_begin(r, row / w->cut.parts) + tile;
        REAL best[WG_TILE];
        COUNTER at[WG_TILE] = {0};
        for (size_t i = 0; i < width; i++)
            best[i] = (REAL)-INFINITY;
        for (size_t t = 0; t < lines; t++)
            FN(better_of_line)(x + wg__line_begin(r, first + t), width, (REAL)w->sign, (COUNTER)t, best, at);
        for (size_t i = 0; i < width; i++) {
            w->value[row * r->run + tile + i] = (double)best[i];
            w->index[row * r->run + tile + i] = first + (size_t)at[i];
        }
    }
}

#undef COUNTER
