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

/* A block of the product, finished. */
static void FN(block)(
    const wg_gemm_kernels *own, const FN(wg_product) * p, const wg_finish *finish, size_t first)
{
    bool transient = finish && finish->transient && p->beta == 0, done = false, finished = false;
#ifdef WG_CBLAS
    done = FN(wg_cblas_product)(p);
#endif
    if (!done)
        finished = own->FN(product)(p, transient ? finish : NULL, first);
    if (!finished)
        FN(finish_rows)(finish, p, first);
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
        FN(block)(w->own, &p, w->finish, w->first + i * p.ldc + j);
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

typedef struct FN(depth_work) {
    const FN(wg_product) * product;
    REAL (*parts)[MOST_IN_ROW];
} FN(depth_work);

static void FN(depth_part)(void *work, size_t part, size_t begin, size_t end)
{
    const FN(depth_work) *w = work;
    FN(wg_product) p = *w->product;
    size_t from = cut(p.k, DEPTH_PARTS, part, ROW_STEP), to = cut(p.k, DEPTH_PARTS, part + 1, ROW_STEP);
    p.a += p.transpose_a ? from * p.lda : from;
    p.b += from * p.ldb;
    p.c = w->parts[part];
    p.k = to - from;
    p.beta = 0;
    FN(block)(wg_gemm_here(), &p, NULL, 0);
    (void)begin, (void)end;
}

/* A row times a plain matrix is as fast as the matrix is read, and that is best done from front to back: each
 * part takes some of its rows, and their results are added in order. An update of the matrix, which its
 * gradient cuts in the same way, then finds it in the same thread's cache. */
static void FN(gemm_by_depth)(int threads, const FN(wg_product) * p)
{
    _Alignas(64) REAL parts[DEPTH_PARTS][MOST_IN_ROW];
    FN(depth_work) work = {p, parts};
    wg_parallel_for(threads, DEPTH_PARTS, 1, FN(depth_part), &work);
    for (size_t j = 0; j < p->n; j++) {
        REAL sum = 0;
        for (size_t part = 0; part < DEPTH_PARTS; part++)
            sum += parts[part][j];
        p->c[j] = p->beta == 0 ? sum : sum + p->beta * p->c[j];
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
    if (p->m == 1 && !p->transpose_b && cut_by_depth(p->n, p->k)) {
        FN(gemm_by_depth)(threads, p);
        FN(finish_rows)(finish, p, first);
        return;
    }
    FN(gemm_work)
    work = {.product = p,
        .grid = grid_of(p->m, p->n, p->k),
        .own = wg_gemm_here(),
        .finish = finish,
        .first = first};
    wg_parallel_for(threads, work.grid.rows * work.grid.columns, 1, FN(gemm_block), &work);
}
