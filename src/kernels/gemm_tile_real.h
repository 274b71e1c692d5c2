/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_tile_real.h - a template, see gemm_kernels.h: one tile of C, ROWS x WIDTH, summed in registers, and
 * the copying that feeds it. */

typedef REAL FN(vector) __attribute__((vector_size(VECTOR), aligned(sizeof(REAL)), may_alias));

enum { FN(LANES) = VECTOR / sizeof(REAL), FN(WIDTH) = 2 * VECTOR / sizeof(REAL) };

/* A tile that is not whole, or is to be written transposed: C = sum + beta C, number by number. The sums come
 * times alpha, so that there is one way to contract it, whatever loop the compiler takes. */
TARGET WG_INLINE void FN(store)(
    size_t rows, size_t columns, const REAL *restrict sum, REAL beta, bool swap, REAL *restrict c, size_t ldc)
{
    if (swap) {
        for (size_t j = 0; j < columns; j++)
            for (size_t i = 0; i < rows; i++) {
                REAL value = sum[i * FN(WIDTH) + j];
                c[j * ldc + i] = beta == 0 ? value : value + beta * c[j * ldc + i];
            }
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            REAL value = sum[i * FN(WIDTH) + j];
            c[i * ldc + j] = beta == 0 ? value : value + beta * c[i * ldc + j];
        }
}

/* One tile. A's number (i, p) is a[i * row_step + p * k_step]; B's row p is at b + p * b_step. `rows` is a
 * constant where this is inlined, so that the loops over it unroll and `sum` lies in registers. */
TARGET WG_INLINE void FN(tile)(size_t rows, size_t depth, const REAL *a, size_t row_step, size_t k_step,
    const REAL *b, size_t b_step, size_t columns, REAL alpha, REAL beta, bool swap, REAL *c, size_t ldc)
{
    FN(vector) sum[ROWS][2];
    for (size_t i = 0; i < rows; i++)
        sum[i][0] = sum[i][1] = (FN(vector)){0};
    for (size_t p = 0; p < depth; p++) {
        FN(vector) b0 = *(const FN(vector) *)b, b1 = *(const FN(vector) *)(b + FN(LANES));
        for (size_t i = 0; i < rows; i++) {
            sum[i][0] += a[i * row_step] * b0;
            sum[i][1] += a[i * row_step] * b1;
        }
        a += k_step;
        b += b_step;
    }
    if (columns < FN(WIDTH) || swap) {
        FN(vector) copy[ROWS][2]; /* so that `sum` itself has no address */
        for (size_t i = 0; i < rows; i++)
            copy[i][0] = alpha * sum[i][0], copy[i][1] = alpha * sum[i][1];
        FN(store)(rows, columns, (const REAL *)copy, beta, swap, c, ldc);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        FN(vector) *c0 = (FN(vector) *)(c + i * ldc), *c1 = (FN(vector) *)(c + i * ldc + FN(LANES));
        *c0 = beta == 0 ? alpha * sum[i][0] : alpha * sum[i][0] + beta * *c0;
        *c1 = beta == 0 ? alpha * sum[i][1] : alpha * sum[i][1] + beta * *c1;
    }
}

/* A tile of fewer rows is its own instance: no work is done for rows that do not exist. */
TARGET static void FN(tile_of)(size_t rows, size_t depth, const REAL *a, size_t row_step, size_t k_step,
    const REAL *b, size_t b_step, size_t columns, REAL alpha, REAL beta, bool swap, REAL *c, size_t ldc)
{
#define INSTANCE(n)                                                                                          \
    case n:                                                                                                  \
        FN(tile)(n, depth, a, row_step, k_step, b, b_step, columns, alpha, beta, swap, c, ldc);              \
        break
    switch (rows) {
        INSTANCE(1);
        INSTANCE(2);
        INSTANCE(3);
        INSTANCE(4);
        INSTANCE(5);
        INSTANCE(6);
#if ROWS > 6
        INSTANCE(7);
        INSTANCE(8);
        INSTANCE(9);
        INSTANCE(10);
        INSTANCE(11);
        INSTANCE(12);
#endif
    }
#undef INSTANCE
}

/* Copies `columns` numbers of each of `depth` rows of op(B) to panels of WIDTH columns, each `depth` rows
 * long; what is missing to the last panel's width becomes 0. Four rows of a panel at a time, to stay in few
 * pages on both sides. */
TARGET static void FN(pack_rows)(size_t depth, size_t columns, const REAL *b, size_t ldb, REAL *panels)
{
    size_t rest = columns % FN(WIDTH), whole = columns - rest;
    for (size_t p = 0; p < depth; p += 4) {
        size_t rows = depth - p < 4 ? depth - p : 4;
        for (size_t j = 0; j < whole; j += FN(WIDTH))
            for (size_t r = p; r < p + rows; r++)
                memcpy(panels + j * depth + r * FN(WIDTH), b + r * ldb + j, FN(WIDTH) * sizeof(REAL));
    }
    if (rest == 0)
        return;
    REAL *panel = panels + whole * depth;
    for (size_t p = 0; p < depth; p++)
        for (size_t j = 0; j < FN(WIDTH); j++)
            panel[p * FN(WIDTH) + j] = j < rest ? b[p * ldb + whole + j] : 0;
}

/* to = from transposed, 4 x 4 numbers. */
TARGET WG_INLINE void FN(turn)(const REAL *from, size_t from_step, REAL *to, size_t to_step)
{
#ifdef SHUFFLE
    typedef REAL four __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
    const four r0 = *(const four *)from, r1 = *(const four *)(from + from_step);
    const four r2 = *(const four *)(from + 2 * from_step), r3 = *(const four *)(from + 3 * from_step);
    const four a = SHUFFLE(r0, r1, 0, 4, 1, 5), b = SHUFFLE(r0, r1, 2, 6, 3, 7);
    const four c = SHUFFLE(r2, r3, 0, 4, 1, 5), d = SHUFFLE(r2, r3, 2, 6, 3, 7);
    *(four *)to = SHUFFLE(a, c, 0, 1, 4, 5);
    *(four *)(to + to_step) = SHUFFLE(a, c, 2, 3, 6, 7);
    *(four *)(to + 2 * to_step) = SHUFFLE(b, d, 0, 1, 4, 5);
    *(four *)(to + 3 * to_step) = SHUFFLE(b, d, 2, 3, 6, 7);
#else
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            to[j * to_step + i] = from[i * from_step + j];
#endif
}

/* The same for a transposed B, stored as rows of k. Only four rows are read at a time: rows that are 4096
 * bytes apart all want the same eight places of the first-level cache. */
TARGET static void FN(pack_columns)(size_t depth, size_t columns, const REAL *b, size_t ldb, REAL *panels)
{
    for (size_t j = 0; j < columns; j += 4) {
        REAL *to = panels + j / FN(WIDTH) * FN(WIDTH) * depth + j % FN(WIDTH);
        size_t p = 0, rows = columns - j < 4 ? columns - j : 4;
        for (; rows == 4 && p + 4 <= depth; p += 4)
            FN(turn)(b + j * ldb + p, ldb, to + p * FN(WIDTH), FN(WIDTH));
        for (; p < depth; p++)
            for (size_t l = 0; l < 4; l++)
                to[p * FN(WIDTH) + l] = l < rows ? b[(j + l) * ldb + p] : 0;
    }
    for (size_t j = (columns + 3) / 4 * 4; j % FN(WIDTH) != 0; j += 4)
        for (size_t p = 0; p < depth; p++)
            memset(panels + j / FN(WIDTH) * FN(WIDTH) * depth + p * FN(WIDTH) + j % FN(WIDTH), 0,
                4 * sizeof(REAL));
}

/* A slice of `rows` columns of a transposed A, which is stored as rows of k. */
TARGET static void FN(pack_slice)(size_t depth, size_t rows, const REAL *a, size_t lda, REAL *slice)
{
    if (rows == ROWS) {
        for (size_t p = 0; p < depth; p++)
            memcpy(slice + p * ROWS, a + p * lda, ROWS * sizeof(REAL));
        return;
    }
    for (size_t p = 0; p < depth; p++)
        for (size_t i = 0; i < rows; i++)
            slice[p * ROWS + i] = a[p * lda + i];
}
