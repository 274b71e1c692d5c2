/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm.h - the matrix product, C = alpha op(A) op(B) + beta C, over a CBLAS or our own loops.
 *
 *     op(A) is m x k, op(B) is k x n, C is m x n, all row-major; op(X) is X, or its transpose when the flag
 * is set.
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
 * wg_parallel_for. */
#ifndef WG_KERNELS_GEMM_H
#define WG_KERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include "kernels/finish.h"

void wg_gemm_f64(int threads, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, double alpha,
    const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c, size_t ldc);
void wg_gemm_f32(int threads, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, float alpha,
    const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* The same, with C finished block by block as it is done: element (i, j) is number first + i ldc + j. */
void wg_gemm_finish_f64(int threads, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
    double alpha, const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c,
    size_t ldc, const wg_finish *finish, size_t first);
void wg_gemm_finish_f32(int threads, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
    float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc,
    const wg_finish *finish, size_t first);

#endif
