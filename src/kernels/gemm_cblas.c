/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/gemm_block.h"
#include <cblas.h>
#include <limits.h>
#include "kernels/alone.h"

#ifdef WG_OPENBLAS
extern int openblas_get_parallel(void); /* 0: one thread, 1: a pool of threads of its own, 2: OpenMP */

static bool has_own_threads(void)
{
    return openblas_get_parallel() == 1;
}
#else
static bool has_own_threads(void)
{
    return false;
}
#endif

static bool fits(size_t m, size_t n, size_t k, size_t lda, size_t ldb, size_t ldc)
{
    return m <= INT_MAX && n <= INT_MAX && k <= INT_MAX && lda <= INT_MAX && ldb <= INT_MAX && ldc <= INT_MAX;
}

static CBLAS_TRANSPOSE flag(bool transpose)
{
    return transpose ? CblasTrans : CblasNoTrans;
}

bool wg__cblas_product_f64(const wg_product_f64 *p)
{
    if (!fits(p->m, p->n, p->k, p->lda, p->ldb, p->ldc) || has_own_threads())
        return false;
    int threads = wg__alone_begin();
    cblas_dgemm(CblasRowMajor, flag(p->transpose_a), flag(p->transpose_b), (int)p->m, (int)p->n, (int)p->k,
        p->alpha, p->a, (int)p->lda, p->b, (int)p->ldb, p->beta, p->c, (int)p->ldc);
    wg__alone_end(threads);
    return true;
}

bool wg__cblas_product_f32(const wg_product_f32 *p)
{
    if (!fits(p->m, p->n, p->k, p->lda, p->ldb, p->ldc) || has_own_threads())
        return false;
    int threads = wg__alone_begin();
    cblas_sgemm(CblasRowMajor, flag(p->transpose_a), flag(p->transpose_b), (int)p->m, (int)p->n, (int)p->k,
        p->alpha, p->a, (int)p->lda, p->b, (int)p->ldb, p->beta, p->c, (int)p->ldc);
    wg__alone_end(threads);
    return true;
}
