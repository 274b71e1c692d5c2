/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_cut_real.h - a template: a product cut into blocks, each computed by one thread. */

typedef struct FN(gemm_work) {
    const FN(wg_product) * product;
    grid grid;
    const wg_gemm_kernels *own;
    const wg_finish *finish;
    size_t first; /* number of C's first element */
} FN(gemm_work);

/* The rows of a block; in one stretch when there is nothing between them. */
static void FN(finish_rows)(const wg_finish *finish, const FN(wg_product) * p, size_t first)
{
    if (!finish)
        return;
    if (p->n == p->ldc)
        wg_finish_run(finish, first, p->m * p->n);
    else
        for (size_t i = 0; i < p->m; i++)
            wg_finish_run(finish, first + i * p->ldc, p->n);
}

static void FN(gemm_block)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(gemm_work) *w = work;
    (void)chunk;
    for (size_t block = begin; block < end; block++) {
        FN(wg_product) p = *w->product;
        size_t row = block / w->grid.columns, column = block % w->grid.columns;
        size_t i = cut(p.m, w->grid.rows, row, ROW_STEP), j = cut(p.n, w->grid.columns, column, COLUMN_STEP);
        p.m = cut(p.m, w->grid.rows, row + 1, ROW_STEP) - i;
        p.n = cut(p.n, w->grid.columns, column + 1, COLUMN_STEP) - j;
        p.a += p.transpose_a ? i : i * p.lda;
        p.b += p.transpose_b ? j * p.ldb : j;
        p.c += i * p.ldc + j;
        bool done = false;
#ifdef WG_CBLAS
        done = FN(wg_cblas_product)(&p);
#endif
        if (!done)
            w->own->FN(product)(&p);
        FN(finish_rows)(w->finish, &p, w->first + i * p.ldc + j);
    }
}

/* C = beta C, which is what is left of a product without terms. */
static void FN(scale)(const FN(wg_product) * p)
{
    for (size_t i = 0; i < p->m; i++) {
        REAL *c = p->c + i * p->ldc;
        for (size_t j = 0; j < p->n; j++)
            c[j] = p->beta == 0 ? 0 : p->beta * c[j];
    }
}

static void FN(gemm)(int threads, const FN(wg_product) * p, const wg_finish *finish, size_t first)
{
    if (p->m == 0 || p->n == 0)
        return;
    if (p->k == 0 || p->alpha == 0) {
        FN(scale)(p);
        FN(finish_rows)(finish, p, first);
        return;
    }
    FN(gemm_work) work = {.product = p, .grid = grid_of(p->m, p->n, p->k), .own = wg_gemm_here(), .finish = finish, .first = first};
    wg_parallel_for(threads, work.grid.rows * work.grid.columns, 1, FN(gemm_block), &work);
}
