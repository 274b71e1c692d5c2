/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pointwise_loss_real.h - the kernels of a loss that is a formula of prediction a, target b and a number c.
 * The file that includes it defines
 *
 *     VALUE(a, b, c)     the loss
 *     SLOPE_A(a, b, c)   its derivative in a
 *     SLOPE_B(a, b, c)   and in b
 *     NUMBER(options)    c
 *
 * Work is done block by block; the last block is padded, so that an element's position never changes its
 * value. */

#include "kernels/moments_real.h"

struct FN(pointwise_work) {
    const REAL *a, *b;
    double c;
    REAL *each;    /* the single losses, or NULL */
    double *sums;  /* [chunks] */
    const REAL *g; /* upstream gradient: one, or of each loss */
    bool g_each;
    REAL share;    /* factor of g */
    REAL *da, *db; /* either may be NULL */
};

/* x from `at` on; when fewer than BLOCK numbers are left, a padded copy. */
WG_INLINE const REAL *FN(block_of)(const REAL *x, size_t at, size_t n, REAL *copy)
{
    if (n == BLOCK)
        return x + at;
    for (size_t i = 0; i < BLOCK; i++)
        copy[i] = i < n ? x[at + i] : 0;
    return copy;
}

/* The sum of floats' losses, in double. */
WG_INLINE double FN(wide_sum)(size_t n, const REAL *x, const REAL *y, double number)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double a = (double)x[i], b = (double)y[i], c = number;
        sum += VALUE(a, b, c);
        (void)c;
    }
    return sum;
}

/* A sum is a double: where floats' losses leave the range of floats, or their accurate part, it need not. */
WG_INLINE bool FN(in_range)(double sum)
{
    return REAL_IS_DOUBLE || (fabs(sum) > 1e-30 && fabs(sum) < 1e38);
}

WG_CHUNK_LOOP(FN(pointwise_forward_chunk))
{
    const struct FN(pointwise_work) *w = work;
    double sum = 0;
    for (size_t at = begin; at < end; at += BLOCK) {
        size_t n = end - at < BLOCK ? end - at : BLOCK;
        REAL copy_a[BLOCK], copy_b[BLOCK], y[BLOCK], c = (REAL)w->c;
        const REAL *a = FN(block_of)(w->a, at, n, copy_a), *b = FN(block_of)(w->b, at, n, copy_b);
#pragma omp simd
        for (size_t i = 0; i < BLOCK; i++)
            y[i] = VALUE(a[i], b[i], c);
        (void)c;
        if (w->each)
            memcpy(w->each + at, y, n * sizeof *y);
        else {
            double part = FN(span_sum)(n, y);
            sum += FN(in_range)(part) ? part : FN(wide_sum)(n, a, b, w->c);
        }
    }
    if (w->sums)
        w->sums[chunk] = sum;
}

static wg_status FN(pointwise_forward)(wg_op_context *op)
{
    size_t count = 0;
    wg_shape_count(op->in_shape[0], &count);
    struct FN(pointwise_work)
        w = {.a = op->in[0], .b = op->in[1], .c = NUMBER((const wg_loss_options *)op->attr)};
    size_t chunks = wg__chunks(count, CHUNK);
    if (wg__loss_each(op))
        w.each = op->out[0];
    else if (!(w.sums = wg__loss_sums(op, chunks)))
        return WG_OUT_OF_MEMORY;
    wg__parallel_chunks(op->threads, count, CHUNK, FN(pointwise_forward_chunk), &w);
    if (w.sums)
        wg__loss_finish(op, w.sums, chunks, count);
    return WG_OK;
}

WG_LOOP(FN(pointwise_backward_chunk))
{
    const struct FN(pointwise_work) *w = work;
    for (size_t at = begin; at < end; at += BLOCK) {
        size_t n = end - at < BLOCK ? end - at : BLOCK;
        REAL da[BLOCK], db[BLOCK], c = (REAL)w->c; /* a padded copy is overwritten by its slopes */
        const REAL *a = FN(block_of)(w->a, at, n, da), *b = FN(block_of)(w->b, at, n, db);
#pragma omp simd
        for (size_t i = 0; i < BLOCK; i++) {
            REAL x = a[i], y = b[i];
            da[i] = SLOPE_A(x, y, c);
            db[i] = SLOPE_B(x, y, c);
        }
        (void)c;
        for (size_t i = 0; w->da && i < n; i++)
            w->da[at + i] = da[i] * (w->g[w->g_each ? at + i : 0] * w->share);
        for (size_t i = 0; w->db && i < n; i++)
            w->db[at + i] = db[i] * (w->g[w->g_each ? at + i : 0] * w->share);
    }
}

static wg_status FN(pointwise_backward)(wg_op_context *op)
{
    size_t count = 0;
    wg_shape_count(op->in_shape[0], &count);
    struct FN(pointwise_work) w = {.a = op->in[0],
        .b = op->in[1],
        .c = NUMBER((const wg_loss_options *)op->attr),
        .g = op->upstream[0],
        .g_each = wg__loss_each(op),
        .share = (REAL)wg__loss_share(op, count),
        .da = op->grad_in[0],
        .db = op->grad_in[1]};
    wg__parallel_for(op->threads, count, CHUNK, FN(pointwise_backward_chunk), &w);
    return WG_OK;
}
