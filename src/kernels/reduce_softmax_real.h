/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_softmax_real.h - softmax and its logarithm; see base/for_each_real.h and reduce_softmax.c.
 *
 * A row is worked on by itself, its end padded through the vector body: its result does not depend on its
 * neighbours. */

enum { FN(PAD) = 16 };

/* NaN may be overlooked: it comes out of the exponential anyway. */
WG_INLINE REAL FN(largest)(const REAL *x, size_t n)
{
    REAL lane[8], largest = x[0];
    if (n >= 8) {
        memcpy(lane, x, sizeof lane);
        for (; n >= 8; n -= 8, x += 8) {
#pragma omp simd
            for (size_t k = 0; k < 8; k++)
                lane[k] = x[k] > lane[k] ? x[k] : lane[k];
        }
        for (size_t k = 0; k < 8; k++)
            largest = lane[k] > largest ? lane[k] : largest;
    }
    for (size_t k = 0; k < n; k++)
        largest = x[k] > largest ? x[k] : largest;
    return largest;
}

/* y = exp(x - c), exactly PAD at a time. */
WG_INLINE void FN(exp_block)(const REAL *x, REAL c, REAL *y)
{
    REAL block[FN(PAD)];
#pragma omp simd
    for (size_t i = 0; i < FN(PAD); i++)
        block[i] = exp(x[i] - c);
    memcpy(y, block, sizeof block);
}

/* y = exp(x - c); returns the sum. y may be x. */
WG_INLINE double FN(exp_row)(const REAL *x, size_t n, REAL c, REAL *y)
{
    double lane[FN(PAD)] = {0}, sum = 0;
    REAL tail[FN(PAD)];
    size_t i = 0;
    for (; i + FN(PAD) <= n; i += FN(PAD)) {
        FN(exp_block)(x + i, c, y + i);
#pragma omp simd
        for (size_t k = 0; k < FN(PAD); k++)
            lane[k] += (double)y[i + k];
    }
    if (i < n) {
        for (size_t k = 0; k < FN(PAD); k++)
            tail[k] = i + k < n ? x[i + k] : c;
        FN(exp_block)(tail, c, tail);
        for (size_t k = 0; i + k < n; k++) {
            y[i + k] = tail[k];
            lane[k] += (double)tail[k];
        }
    }
    for (size_t k = 0; k < FN(PAD); k++)
        sum += lane[k];
    return sum;
}

/* A row of nothing but -infinity, masked as a whole, has no largest number; its exponentials are 0, and so is
 * their sum. Subtracting 0 and dividing by 1 leaves zeros, or logarithms of -infinity. */
WG_INLINE REAL FN(shift_of)(REAL largest)
{
    return largest == (REAL)-INFINITY ? 0 : largest;
}

WG_INLINE REAL FN(divisor_of)(double sum)
{
    return sum == 0 ? 1 : (REAL)sum;
}

WG_KERNEL(
    FN(forward_row), (const REAL *x, size_t n, bool log_wanted, REAL *restrict y), (x, n, log_wanted, y))
{
    REAL largest = FN(shift_of)(FN(largest)(x, n));
    REAL sum = FN(divisor_of)(FN(exp_row)(x, n, largest, y));
    if (log_wanted) {
        REAL shift = log(sum);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = (x[i] - largest) - shift;
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] /= sum;
    }
}

static void FN(forward_rows)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    for (size_t g = begin; g < end; g++) {
        size_t at = wg__group_begin(w->r, g);
        FN(forward_row)((const REAL *)w->x + at, w->r->run, w->log, (REAL *)w->y + at);
    }
    wg__epilogue_run(w->epilogue, begin * w->r->run, (end - begin) * w->r->run);
}

/* grad = y (g - sum(g y)); of logarithms grad = g - exp(y) sum(g). */
WG_KERNEL(FN(backward_row), (const REAL *y, const REAL *g, size_t n, bool is_log, REAL *restrict grad),
    (y, g, n, is_log, grad))
{
    double lane[8] = {0}, sum = 0;
    size_t end = n - n % 8;
    for (size_t i = 0; i < end; i += 8) {
#pragma omp simd
        for (size_t k = 0; k < 8; k++)
            lane[k] += (double)g[i + k] * (is_log ? 1 : (double)y[i + k]);
    }
    for (size_t i = end; i < n; i++)
        lane[i - end] += (double)g[i] * (is_log ? 1 : (double)y[i]);
    for (size_t k = 0; k < 8; k++)
        sum += lane[k];
    REAL s = (REAL)sum;
    if (is_log) {
        FN(exp_row)(y, n, 0, grad);
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            grad[i] = g[i] - grad[i] * s;
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            grad[i] = y[i] * (g[i] - s);
    }
}

static void FN(backward_rows)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    for (size_t k = begin; k < end; k++) {
        size_t at = wg__group_begin(w->r, k);
        FN(backward_row)
        ((const REAL *)w->x + at, (const REAL *)w->g + at, w->r->run, w->log, (REAL *)w->y + at);
    }
    wg__epilogue_run(w->epilogue, begin * w->r->run, (end - begin) * w->r->run);
}

/* `width` columns side by side; lines lie `distance` apart. */
WG_KERNEL(FN(forward_tile),
    (const REAL *x, size_t lines, size_t distance, size_t width, bool log_wanted, REAL *restrict y),
    (x, lines, distance, width, log_wanted, y))
{
    REAL largest[WG_TILE], shift[WG_TILE];
    double sum[WG_TILE] = {0};
    memcpy(largest, x, width * sizeof *x);
    for (size_t t = 1; t < lines; t++)
#pragma omp simd
        for (size_t i = 0; i < width; i++)
            largest[i] = x[t * distance + i] > largest[i] ? x[t * distance + i] : largest[i];
#pragma omp simd
    for (size_t i = 0; i < width; i++)
        largest[i] = FN(shift_of)(largest[i]);
    for (size_t t = 0; t < lines; t++)
#pragma omp simd
        for (size_t i = 0; i < width; i++) {
            REAL e = exp(x[t * distance + i] - largest[i]);
            y[t * distance + i] = e;
            sum[i] += (double)e;
        }
    for (size_t i = 0; i < width; i++)
        shift[i] = log_wanted ? log(FN(divisor_of)(sum[i])) : FN(divisor_of)(sum[i]);
    for (size_t t = 0; t < lines; t++)
#pragma omp simd
        for (size_t i = 0; i < width; i++) {
            size_t at = t * distance + i;
            y[at] = log_wanted ? (x[at] - largest[i]) - shift[i] : y[at] / shift[i];
        }
}

WG_KERNEL(FN(backward_tile),
    (const REAL *y, const REAL *g, size_t lines, size_t distance, size_t width, bool is_log,
        REAL *restrict grad),
    (y, g, lines, distance, width, is_log, grad))
{
    double sum[WG_TILE] = {0};
    for (size_t t = 0; t < lines; t++)
#pragma omp simd
        for (size_t i = 0; i < width; i++) {
            size_t at = t * distance + i;
            sum[i] += is_log ? (double)g[at] : (double)g[at] * (double)y[at];
        }
    for (size_t t = 0; t < lines; t++)
        if (is_log) {
#pragma omp simd
            for (size_t i = 0; i < width; i++)
                grad[t * distance + i] = g[t * distance + i] - exp(y[t * distance + i]) * (REAL)sum[i];
        } else {
#pragma omp simd
            for (size_t i = 0; i < width; i++)
                grad[t * distance + i] = y[t * distance + i] * (g[t * distance + i] - (REAL)sum[i]);
        }
}

static void FN(forward_columns)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    size_t tiles = wg__chunks(w->r->run, WG_TILE);
    for (size_t task = begin; task < end; task++) {
        size_t tile = task % tiles * WG_TILE, width = w->r->run - tile < WG_TILE ? w->r->run - tile : WG_TILE;
        size_t at = wg__group_begin(w->r, task / tiles) + tile;
        FN(forward_tile)
        ((const REAL *)w->x + at, w->r->lines, w->r->run, width, w->log, (REAL *)w->y + at);
        for (size_t t = 0; t < w->r->lines; t++)
            wg__epilogue_run(w->epilogue, at + t * w->r->run, width);
    }
}

static void FN(backward_columns)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    size_t tiles = wg__chunks(w->r->run, WG_TILE);
    for (size_t task = begin; task < end; task++) {
        size_t tile = task % tiles * WG_TILE, width = w->r->run - tile < WG_TILE ? w->r->run - tile : WG_TILE;
        size_t at = wg__group_begin(w->r, task / tiles) + tile;
        FN(backward_tile)
        ((const REAL *)w->x + at, (const REAL *)w->g + at, w->r->lines, w->r->run, width, w->log,
            (REAL *)w->y + at);
        for (size_t t = 0; t < w->r->lines; t++)
            wg__epilogue_run(w->epilogue, at + t * w->r->run, width);
    }
}
