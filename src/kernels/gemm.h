/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm.h - the matrix product, C = alpha op(A) op(B) + beta C, over a CBLAS or our own loops.
 *
 *     op(A) is m x k, op(B) is k x n, C is m x n, all row-major;
 *     op(X) is X, or its transpose when the flag is set.
 *
 *     A, transpose_a false: m rows of k numbers, lda apart        true: k rows of m numbers
 *     B, transpose_b false: k rows of n numbers, ldb apart        true: n rows of k numbers
 *     C:                    m rows of n numbers, ldc apart
 *
 * beta = 0 means that C is not read (it may be garbage, even NaN); k = 0 or alpha = 0 leaves beta C. C must
 * not overlap A or B. A leading dimension is at least the row's length; no size has a limit.
 *
 * The product is cut into blocks by its sizes only, each block is computed by one thread, so the bits do not
 * depend on `threads`. `threads` = 1 forks nothing, neither here nor in a library: call it so from within a
 * wg__parallel_for. */
#ifndef WG_KERNELS_GEMM_H
#define WG_KERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include "kernels/epilogue.h"

typedef struct wg_product_f64 {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    double alpha, beta;
    const double *a, *b;
    double *c;
    size_t lda, ldb, ldc;
} wg_product_f64;

typedef struct wg_product_f32 {
    bool transpose_a, transpose_b;
    size_t m, n, k;
    float alpha, beta;
    const float *a, *b;
    float *c;
    size_t lda, ldb, ldc;
} wg_product_f32;

/* Bytes to work in, where the pointers need not be set yet: up to some 300 kB for each thread, often 0. What
 * is enough for beta = 1 is enough for beta = 0 if nothing is finished. */
size_t wg__gemm_scratch_f64(int threads, const wg_product_f64 *p, const wg_epilogue *epilogue);
size_t wg__gemm_scratch_f32(int threads, const wg_product_f32 *p, const wg_epilogue *epilogue);

/* `scratch` is aligned to 64 bytes. C is finished (NULL: it is not) block by block as it is done: element
 * (i, j) is number first + i ldc + j. */
void wg__gemm_f64(
    int threads, const wg_product_f64 *p, const wg_epilogue *epilogue, size_t first, void *scratch);
void wg__gemm_f32(
    int threads, const wg_product_f32 *p, const wg_epilogue *epilogue, size_t first, void *scratch);

#endif
