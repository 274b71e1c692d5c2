/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_cut_real.h - a template: a product cut into blocks, each computed by one thread. */

typedef struct FN(gemm_work) {
    const FN(wg_product) * product;
    grid grid;
    const wg_gemm_kernels *own;
    const wg_epilogue *epilogue;
    size_t first; /* number of C's first element */
    wg_rooms rooms;
} FN(gemm_work);

/* The rows of a block; in one stretch when there is nothing between them. */
static void FN(finish_rows)(const wg_epilogue *epilogue, const FN(wg_product) * p, size_t first)
{
    if (!epilogue)
        return;
    if (p->n == p->ldc)
        wg__epilogue_run(epilogue, first, p->m * p->n);
    else
        for (size_t i = 0; i < p->m; i++)
            wg__epilogue_run(epilogue, first + i * p->ldc, p->n);
}

static bool FN(is_transient)(const FN(wg_product) * p, const wg_epilogue *epilogue)
{
    return epilogue && epilogue->transient && p->beta == 0;
}

/* A block of the product, finished. */
static void FN(block)(const wg_gemm_kernels *own, const FN(wg_product) * p, const wg_epilogue *epilogue,
    size_t first, void *scratch)
{
    bool done = false, finished = false;
#ifdef WG_CBLAS
    done = FN(wg__cblas_product)(p);
#endif
    if (!done)
        finished = own->FN(product)(p, FN(is_transient)(p, epilogue) ? epilogue : NULL, first, scratch);
    if (!finished)
        FN(finish_rows)(epilogue, p, first);
}

/* A block of the grid, which begins in row *i and column *j of C; its pointers are not moved yet. */
static FN(wg_product)
    FN(block_of)(const FN(wg_product) * whole, const grid *g, size_t block, size_t *i, size_t *j)
{
    FN(wg_product) p = *whole;
    size_t row = block / g->columns, column = block % g->columns;
    *i = cut(whole->m, g->rows, row, ROW_STEP), *j = cut(whole->n, g->columns, column, COLUMN_STEP);
    p.m = cut(whole->m, g->rows, row + 1, ROW_STEP) - *i;
    p.n = cut(whole->n, g->columns, column + 1, COLUMN_STEP) - *j;
    return p;
}

static void FN(gemm_block)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(gemm_work) *w = work;
    for (size_t block = begin; block < end; block++) {
        size_t i, j;
        FN(wg_product) p = FN(block_of)(w->product, &w->grid, block, &i, &j);
        p.a += p.transpose_a ? i : i * p.lda;
        p.b += p.transpose_b ? j * p.ldb : j;
        p.c += i * p.ldc + j;
        FN(block)
        (w->own, &p, w->epilogue, w->first + i * p.ldc + j, wg__room_of(&w->rooms, worker));
    }
}

/* C = beta C, which is what is left of a product without terms. */
static void FN(scale)(const FN(wg_product) * p)
{
    REAL beta = p->beta;
    for (size_t i = 0; i < p->m; i++) {
        REAL *c = p->c + i * p->ldc;
        for (size_t j = 0; j < p->n; j++)
            c[j] = beta == 0 ? 0 : beta * c[j];
    }
}

/* ---- A row times a matrix --------------------------------------------------------------------------- */

typedef struct FN(depth_work) {
    const FN(wg_product) * product;
    REAL *parts;
    size_t step; /* numbers from one part to the next: whole lines */
} FN(depth_work);

static size_t FN(depth_step)(size_t n)
{
    enum { LINE = WG_ALIGNMENT / sizeof(REAL) };
    return wg__chunks(n, LINE) * LINE;
}

static void FN(depth_part)(void *work, size_t part, size_t begin, size_t end)
{
    const FN(depth_work) *w = work;
    FN(wg_product) p = *w->product;
    size_t from = cut(p.k, DEPTH_PARTS, part, ROW_STEP), to = cut(p.k, DEPTH_PARTS, part + 1, ROW_STEP);
    p.a += p.transpose_a ? from * p.lda : from;
    p.b += from * p.ldb;
    p.c = w->parts + part * w->step;
    p.k = to - from;
    p.beta = 0;
    FN(block)(wg__gemm_of(wg__isa()), &p, NULL, 0, NULL); /* which copies nothing */
    (void)begin, (void)end;
}

static void FN(add_parts)(size_t n, const REAL *restrict parts, size_t step, REAL beta, REAL *restrict c)
{
    for (size_t j = 0; j < n; j++) {
        REAL sum = 0;
        for (size_t part = 0; part < DEPTH_PARTS; part++)
            sum += parts[part * step + j];
        c[j] = beta == 0 ? sum : sum + beta * c[j];
    }
}

/* A row times a plain matrix is as fast as the matrix is read, and that is best done from front to back: each
 * part takes some of its rows, and their results are added in order. An update of the matrix, which its
 * gradient cuts in the same way, then finds it in the same thread's cache. */
static void FN(gemm_by_depth)(int threads, const FN(wg_product) * p, REAL *parts)
{
    FN(depth_work) work = {p, parts, FN(depth_step)(p->n)};
    wg__parallel_chunks(threads, DEPTH_PARTS, 1, FN(depth_part), &work);
    FN(add_parts)(p->n, parts, work.step, p->beta, p->c);
}

/* ---- Any product ------------------------------------------------------------------------------------ */

static bool FN(is_nothing)(const FN(wg_product) * p)
{
    return p->m == 0 || p->n == 0 || p->k == 0 || p->alpha == 0;
}

static bool FN(is_by_depth)(const FN(wg_product) * p)
{
    return p->m == 1 && !p->transpose_b && cut_by_depth(p->n, p->k);
}

/* What the block that needs most works in. */
static size_t FN(room_of)(const FN(wg_product) * p, const grid *g, const wg_epilogue *epilogue)
{
    size_t most = 0;
    if (g->rows * g->columns == 1)
        return wg__gemm_of(wg__isa())->FN(scratch)(p, FN(is_transient)(p, epilogue));
    for (size_t block = 0, i, j; block < g->rows * g->columns; block++) {
        FN(wg_product) part = FN(block_of)(p, g, block, &i, &j);
        size_t bytes = wg__gemm_of(wg__isa())->FN(scratch)(&part, FN(is_transient)(p, epilogue));
        most = bytes > most ? bytes : most;
    }
    return most;
}

size_t FN(wg__gemm_scratch)(int threads, const FN(wg_product) * p, const wg_epilogue *epilogue)
{
    if (FN(is_nothing)(p))
        return 0;
    if (FN(is_by_depth)(p))
        return DEPTH_PARTS * FN(depth_step)(p->n) * sizeof(REAL);
    grid g = grid_of(p->m, p->n, p->k);
    return FN(room_of)(p, &g, epilogue) * wg__workers(threads, g.rows * g.columns, 1);
}

void FN(wg__gemm)(
    int threads, const FN(wg_product) * p, const wg_epilogue *epilogue, size_t first, void *scratch)
{
    if (p->m == 0 || p->n == 0)
        return;
    if (FN(is_nothing)(p)) {
        FN(scale)(p);
        FN(finish_rows)(epilogue, p, first);
        return;
    }
    if (FN(is_by_depth)(p)) {
        FN(gemm_by_depth)(threads, p, scratch);
        FN(finish_rows)(epilogue, p, first);
        return;
    }
    FN(gemm_work)
    work = {.product = p,
        .grid = grid_of(p->m, p->n, p->k),
        .own = wg__gemm_of(wg__isa()),
        .epilogue = epilogue,
        .first = first,
        .rooms = {scratch, 0}};
    size_t blocks = work.grid.rows * work.grid.columns;
    if (scratch)
        work.rooms.bytes = blocks == 1 ? WG_ALIGNMENT : FN(room_of)(p, &work.grid, epilogue);
    wg__parallel_workers(threads, blocks, 1, FN(gemm_block), &work);
}
