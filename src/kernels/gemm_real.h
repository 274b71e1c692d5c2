/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_real.h - a template, see gemm_kernels.h: the matrix product of any size by tiles.
 *
 * B is copied, a slab of DEPTH x COLUMNS at a time that stays in the second-level cache, into panels that a
 * tile reads from front to back; a transposed A likewise in slices of ROWS; a plain A is read where it lies:
 *
 *          B (k x n)                    panels, WIDTH = 2
 *          0 1 2 3 4 5 6 7     ->       0 1 8 9 g h    2 3 a b i j    4 5 c d k l    6 7 e f m n
 *          8 9 a b c d e f
 *          g h i j k l m n */
#include "kernels/gemm_tile_real.h"

enum { FN(DEPTH) = 256, FN(COLUMNS) = 1024 / sizeof(REAL), FN(FEW_ROWS) = 24 };

/* y = alpha A x + beta y for a plain A and a dense x: sums of products along rows, four rows at a time. */
TARGET static void FN(dots)(size_t m, size_t k, REAL alpha, const REAL *a, size_t lda, const REAL *x,
    REAL beta, REAL *y, size_t y_step)
{
    size_t whole = k - k % FN(WIDTH);
    for (size_t i = 0; i < m; i += 4) {
        size_t rows = m - i < 4 ? m - i : 4;
        const REAL *row[4];
        for (size_t r = 0; r < 4; r++)
            row[r] = a + (r < rows ? i + r : i) * lda;
        FN(vector) sum[4][2];
        for (size_t r = 0; r < 4; r++)
            sum[r][0] = sum[r][1] = (FN(vector)){0};
        for (size_t p = 0; p < whole; p += FN(WIDTH)) {
            FN(vector) x0 = *(const FN(vector) *)(x + p), x1 = *(const FN(vector) *)(x + p + FN(LANES));
            for (size_t r = 0; r < 4; r++) {
                sum[r][0] += *(const FN(vector) *)(row[r] + p) * x0;
                sum[r][1] += *(const FN(vector) *)(row[r] + p + FN(LANES)) * x1;
            }
        }
        for (size_t r = 0; r < rows; r++) {
            FN(vector) both = sum[r][0] + sum[r][1];
            REAL total = 0;
            for (size_t l = 0; l < FN(LANES); l++)
                total += both[l];
            for (size_t p = whole; p < k; p++)
                total += row[r][p] * x[p];
            REAL *out = y + (i + r) * y_step;
            *out = beta == 0 ? alpha * total : alpha * total + beta * *out;
        }
    }
}

/* y = alpha B^T x + beta y for a plain B and a dense y: rows of B added up, eight at a time, a stretch of y
 * that stays in the first-level cache at a time. */
TARGET static void FN(row_sums)(size_t n, size_t k, REAL alpha, const REAL *x, size_t x_step, const REAL *b,
    size_t ldb, REAL beta, REAL *y)
{
    for (size_t j0 = 0; j0 < n; j0 += 1024) {
        size_t count = n - j0 < 1024 ? n - j0 : 1024;
        REAL *restrict out = y + j0;
        if (beta == 0)
            memset(out, 0, count * sizeof(REAL));
        else
            for (size_t j = 0; j < count; j++)
                out[j] *= beta;
        size_t p = 0;
        for (; p + 8 <= k; p += 8) {
            const REAL *restrict row = b + p * ldb + j0;
            REAL w[8];
            for (size_t r = 0; r < 8; r++)
                w[r] = alpha * x[(p + r) * x_step];
            for (size_t j = 0; j < count; j++)
                out[j] += ((w[0] * row[j] + w[1] * row[j + ldb]) +
                              (w[2] * row[j + 2 * ldb] + w[3] * row[j + 3 * ldb])) +
                          ((w[4] * row[j + 4 * ldb] + w[5] * row[j + 5 * ldb]) +
                              (w[6] * row[j + 6 * ldb] + w[7] * row[j + 7 * ldb]));
        }
        for (; p < k; p++) {
            REAL w = alpha * x[p * x_step];
            for (size_t j = 0; j < count; j++)
                out[j] += w * b[p * ldb + j0 + j];
        }
    }
}

/* c = alpha a b */
TARGET INLINE void FN(scaled)(size_t n, REAL alpha, REAL a, const REAL *restrict b, REAL *restrict c)
{
    for (size_t j = 0; j < n; j++) {
        REAL sum = 0;
        sum += a * b[j];
        c[j] = alpha * sum;
    }
}

/* C = alpha a b^T for a column a and a dense row b, from front to back: the gradient of a layer's weights for
 * one sample. What is handed over is a piece of a row, or whole rows that lie together. */
TARGET static void FN(outer)(const FN(wg_product) * x, const wg_finish *transient, size_t first)
{
    enum { PIECE = 2048 };
    _Alignas(64) REAL done[PIECE];
    size_t together = x->n == x->ldc && x->n < PIECE ? PIECE / x->n : 1;
    for (size_t i = 0; i < x->m; i += together)
        for (size_t j = 0; j < x->n; j += PIECE) {
            size_t rows = x->m - i < together ? x->m - i : together;
            size_t count = x->n - j < PIECE ? x->n - j : PIECE, at = i * x->ldc + j;
            const REAL *a = x->a + (x->transpose_a ? i : i * x->lda);
            REAL *c = transient ? done : x->c + at;
            for (size_t r = 0; r < rows; r++)
                FN(scaled)(count, x->alpha, a[x->transpose_a ? r : r * x->lda], x->b + j, c + r * count);
            if (transient)
                transient->run(transient->user, first + at, rows * count, done);
        }
}

/* The rows of the next tile when `left` are left. One of fewer than four rows waits for its own sums most of
 * the time, so the last two share their rows. */
static inline size_t FN(rows_of_tile)(size_t left)
{
    return left <= ROWS ? left : left < ROWS + 4 ? (left + 1) / 2 : ROWS;
}

/* DEPTH values of k from p0, COLUMNS columns from j0. With `transient`, rows of tiles are handed over. */
TARGET static void FN(slab)(const FN(wg_product) * x, bool swap, size_t p0, size_t depth, size_t j0,
    size_t columns, const wg_finish *transient, size_t first)
{
    _Alignas(64) REAL panels[FN(DEPTH) * FN(COLUMNS)];
    _Alignas(64) REAL slice[FN(DEPTH) * ROWS];
    _Alignas(64) REAL done[ROWS * FN(COLUMNS)];
    REAL beta = p0 == 0 ? x->beta : 1;
    /* For few rows the copy would cost more than it saves; only a narrow last panel then needs one. */
    size_t direct = !x->transpose_b && x->m <= FN(FEW_ROWS) ? columns - columns % FN(WIDTH) : 0;
    const REAL *b = x->b + (x->transpose_b ? (j0 + direct) * x->ldb + p0 : p0 * x->ldb + j0 + direct);
    (x->transpose_b ? FN(pack_columns) : FN(pack_rows))(
        depth, columns - direct, b, x->ldb, panels + direct * depth);

    bool copy_a = x->transpose_a && columns > 2 * FN(WIDTH);
    for (size_t i = 0, rows; i < x->m; i += rows) {
        rows = FN(rows_of_tile)(x->m - i);
        const REAL *a = x->a + (x->transpose_a ? p0 * x->lda + i : i * x->lda + p0);
        size_t row_step = x->transpose_a ? 1 : x->lda, k_step = x->transpose_a ? x->lda : 1;
        if (copy_a) {
            FN(pack_slice)(depth, rows, a, x->lda, slice);
            a = slice, k_step = ROWS;
        }
        for (size_t j = 0; j < columns; j += FN(WIDTH)) {
            size_t width = columns - j < FN(WIDTH) ? columns - j : FN(WIDTH);
            REAL *c = transient ? done + j : swap ? x->c + (j0 + j) * x->ldc + i : x->c + i * x->ldc + j0 + j;
            const REAL *from = j < direct ? x->b + p0 * x->ldb + j0 + j : panels + j * depth;
            size_t step = j < direct ? x->ldb : FN(WIDTH);
            FN(tile_of)
            (rows, depth, a, row_step, k_step, from, step, width, x->alpha, beta, swap, c,
                transient ? (size_t)FN(COLUMNS) : x->ldc);
        }
        for (size_t r = 0; transient && r < rows; r++)
            transient->run(transient->user, first + (i + r) * x->ldc + j0, columns, done + r * FN(COLUMNS));
    }
}

/* About the processor's cycles for the product: tiles, copies, and the writing of C. */
static double FN(cost)(const FN(wg_product) * x, bool swap)
{
    double m = (double)x->m, n = (double)x->n, k = (double)x->k, lanes = FN(LANES);
    double panels = (double)(x->n / FN(WIDTH) + (x->n % FN(WIDTH) != 0));
    double latency = x->m < 4 ? 4 - m : 0;
    double slabs = ceil(k / FN(DEPTH));
    double copy_b = x->transpose_b ? 2 / lanes + 0.2 : x->m <= FN(FEW_ROWS) ? 0 : 2 / lanes;
    return panels * k * (m + latency) + n * k * copy_b + (x->transpose_a ? m * k * 0.3 : 0) +
           m * n * slabs * (swap ? 0.7 : 2 / lanes);
}

TARGET static bool FN(product)(const FN(wg_product) * given, const wg_finish *transient, size_t first)
{
    FN(wg_product) x = *given, y = x;
    /* C^T = op(B)^T op(A)^T is the same product with other parts to be copied; a tile is then written
     * transposed. */
    y.transpose_a = !x.transpose_b, y.transpose_b = !x.transpose_a;
    y.m = x.n, y.n = x.m;
    y.a = x.b, y.b = x.a;
    y.lda = x.ldb, y.ldb = x.lda;
    if (x.n == 1 && !x.transpose_a && (x.transpose_b || x.ldb == 1)) {
        FN(dots)(x.m, x.k, x.alpha, x.a, x.lda, x.b, x.beta, x.c, x.ldc);
        return false;
    }
    if (x.m == 1 && x.transpose_b && (!x.transpose_a || x.lda == 1)) {
        FN(dots)(x.n, x.k, x.alpha, x.b, x.ldb, x.a, x.beta, x.c, 1);
        return false;
    }
    if (x.m == 1 && !x.transpose_b) {
        FN(row_sums)(x.n, x.k, x.alpha, x.a, x.transpose_a ? x.lda : 1, x.b, x.ldb, x.beta, x.c);
        return false;
    }
    if (x.n == 1 && x.transpose_a && x.ldc == 1) {
        FN(row_sums)(x.m, x.k, x.alpha, x.b, x.transpose_b ? 1 : x.ldb, x.a, x.lda, x.beta, x.c);
        return false;
    }
    if (x.k == 1 && x.beta == 0 && (!x.transpose_b || x.ldb == 1)) {
        FN(outer)(&x, transient, first);
        return transient != NULL;
    }
    bool swap = FN(cost)(&y, true) < FN(cost)(&x, false);
    if (swap)
        x = y;
    size_t slabs = x.k / FN(DEPTH) + (x.k % FN(DEPTH) != 0);
    if (swap || slabs > 1)
        transient = NULL; /* a tile is no run of rows; or its sums wait in C for the next slab */
    for (size_t j = 0; j < x.n; j += FN(COLUMNS)) {
        size_t columns = x.n - j < FN(COLUMNS) ? x.n - j : FN(COLUMNS);
        for (size_t s = 0, p = 0; s < slabs; s++) {
            size_t depth = (x.k - p + slabs - s - 1) / (slabs - s); /* about equal ones */
            FN(slab)(&x, swap, p, depth, j, columns, transient, first);
            p += depth;
        }
    }
    return transient != NULL;
}
