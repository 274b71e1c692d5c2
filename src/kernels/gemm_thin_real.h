/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_thin_real.h - a template, see gemm_kernels.h: products of a matrix and a vector, and of two vectors.
 * They copy nothing. */

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

/* out = out + B^T w for eight rows of B, and for one. `restrict`: without it a compiler looks at the
 * addresses, and where B and C lie close together it takes another loop, which contracts the products in
 * another way. */
TARGET WG_INLINE void FN(add_eight)(
    size_t n, const REAL *restrict w, const REAL *restrict b, size_t ldb, REAL *restrict out)
{
    for (size_t j = 0; j < n; j++)
        out[j] += ((w[0] * b[j] + w[1] * b[j + ldb]) + (w[2] * b[j + 2 * ldb] + w[3] * b[j + 3 * ldb])) +
                  ((w[4] * b[j + 4 * ldb] + w[5] * b[j + 5 * ldb]) +
                      (w[6] * b[j + 6 * ldb] + w[7] * b[j + 7 * ldb]));
}

TARGET WG_INLINE void FN(add_one)(size_t n, REAL w, const REAL *restrict b, REAL *restrict out)
{
    for (size_t j = 0; j < n; j++)
        out[j] += w * b[j];
}

/* y = alpha B^T x + beta y for a plain B and a dense y: rows of B added up, eight at a time, a stretch of y
 * that stays in the first-level cache at a time. */
TARGET static void FN(row_sums)(size_t n, size_t k, REAL alpha, const REAL *x, size_t x_step, const REAL *b,
    size_t ldb, REAL beta, REAL *y)
{
    for (size_t j0 = 0; j0 < n; j0 += 1024) {
        size_t count = n - j0 < 1024 ? n - j0 : 1024, p = 0;
        REAL *out = y + j0;
        if (beta == 0)
            memset(out, 0, count * sizeof(REAL));
        else
            for (size_t j = 0; j < count; j++)
                out[j] *= beta;
        for (; p + 8 <= k; p += 8) {
            REAL w[8];
            for (size_t r = 0; r < 8; r++)
                w[r] = alpha * x[(p + r) * x_step];
            FN(add_eight)(count, w, b + p * ldb + j0, ldb, out);
        }
        for (; p < k; p++)
            FN(add_one)(count, alpha * x[p * x_step], b + p * ldb + j0, out);
    }
}

/* c = alpha a b */
TARGET WG_INLINE void FN(scaled)(size_t n, REAL alpha, REAL a, const REAL *restrict b, REAL *restrict c)
{
    for (size_t j = 0; j < n; j++) {
        REAL sum = 0;
        sum += a * b[j];
        c[j] = alpha * sum;
    }
}

enum { FN(PIECE) = 2048 };

/* C = alpha a b^T for a column a and a dense row b, from front to back: the gradient of a layer's weights for
 * one sample. What is handed over is a piece of a row, or whole rows that lie together; `done` holds it. */
TARGET static void FN(outer)(const FN(wg_product) * x, const wg_epilogue *transient, size_t first, REAL *done)
{
    size_t together = x->n == x->ldc && x->n < FN(PIECE) ? FN(PIECE) / x->n : 1;
    for (size_t i = 0; i < x->m; i += together)
        for (size_t j = 0; j < x->n; j += FN(PIECE)) {
            size_t rows = x->m - i < together ? x->m - i : together;
            size_t count = x->n - j < FN(PIECE) ? x->n - j : FN(PIECE), at = i * x->ldc + j;
            const REAL *a = x->a + (x->transpose_a ? i : i * x->lda);
            REAL *c = transient ? done : x->c + at;
            for (size_t r = 0; r < rows; r++)
                FN(scaled)(count, x->alpha, a[x->transpose_a ? r : r * x->lda], x->b + j, c + r * count);
            if (transient)
                transient->run(transient->user, first + at, rows * count, done);
        }
}
