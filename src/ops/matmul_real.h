/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* matmul_real.h - a template: a batch of products Z = op(X) op(Y), where X, Y and Z are the three of matmul.c
 * or their gradients in some order. */

typedef struct FN(factor) {
    size_t of; /* operand 0 or 1, or 2: the upstream gradient */
    const stack *stack;
    bool transpose;
    const REAL *at; /* not set where workspace is asked for */
} FN(factor);

/* Z = X Y, batch by batch, of one pass: the result, or a gradient. */
typedef struct FN(products) {
    const geometry *g;
    int threads; /* of each product */
    FN(factor) x, y;
    REAL *z;
    const stack *stack;
    double work;  /* multiplications of one product */
    size_t grain; /* products in a chunk */
    REAL keep;    /* of what is in Z: 0, or 1 to add to it */
    const wg_epilogue *epilogue;
    wg_rooms rooms;
} FN(products);

/* Z is written as a whole before any product, of which it is the sum: it was broadcast over the batch. */
static bool FN(is_sum)(const FN(products) * w)
{
    return w->stack->matrices != w->g->products;
}

/* The result for towards = 2, or the gradient of operand 0 or 1. */
static FN(products) FN(products_of)(const wg_op_context *op, const geometry *g, size_t towards)
{
    const FN(factor) a = {0, &g->a, g->transpose_a, NULL}, b = {1, &g->b, g->transpose_b, NULL},
                     u = {2, &g->y, false, NULL};
    const FN(factor) a_t = {0, &g->a, !a.transpose, NULL}, b_t = {1, &g->b, !b.transpose, NULL},
                     u_t = {2, &g->y, true, NULL};
    FN(products)
    w = {.g = g, .threads = op->threads, .x = a, .y = b, .stack = &g->y, .epilogue = wg__op_epilogue(op)};
    if (towards == 0)
        w.x = g->transpose_a ? b : u, w.y = g->transpose_a ? u_t : b_t, w.stack = &g->a;
    if (towards == 1)
        w.x = g->transpose_b ? u_t : a_t, w.y = g->transpose_b ? a : u, w.stack = &g->b;
    if (towards == 1 && op->wanted[0]) /* only the first gradient is finished */
        w.epilogue = NULL;
    w.work = (double)w.stack->rows * (double)w.stack->row *
             (double)(w.x.transpose ? w.x.stack->rows : w.x.stack->row);
    w.grain = g->products;
    w.keep = FN(is_sum)(&w);
    if (!FN(is_sum)(&w) && g->products > 1 && w.work < 4 * CHUNK_WORK)
        w.threads = 1, w.grain = (size_t)(CHUNK_WORK / (w.work + 1));
    return w;
}

/* The sizes of each product. */
static FN(wg_product) FN(product_of)(const FN(products) * w)
{
    const FN(factor) *x = &w->x, *y = &w->y;
    return (FN(wg_product)){.transpose_a = x->transpose,
        .transpose_b = y->transpose,
        .m = w->stack->rows,
        .n = w->stack->row,
        .k = x->transpose ? x->stack->rows : x->stack->row,
        .alpha = 1,
        .beta = w->keep,
        .lda = x->stack->row,
        .ldb = y->stack->row,
        .ldc = w->stack->row};
}

static void FN(multiply)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(products) *w = work;
    const wg_epilogue *epilogue = FN(is_sum)(w) ? NULL : w->epilogue;
    FN(wg_product) p = FN(product_of)(w);
    for (size_t i = begin; i < end; i++) {
        size_t first = offset_of(w->g, w->stack, i);
        p.a = w->x.at + offset_of(w->g, w->x.stack, i);
        p.b = w->y.at + offset_of(w->g, w->y.stack, i);
        p.c = w->z + first;
        FN(wg__gemm)(w->threads, &p, epilogue, first, wg__room_of(&w->rooms, worker));
    }
}

/* Sets what a worker needs; returns how many there are. */
static size_t FN(workers_of)(const wg_op_context *op, FN(products) * w)
{
    FN(wg_product) p = FN(product_of)(w);
    w->rooms.bytes = FN(wg__gemm_scratch)(w->threads, &p, FN(is_sum)(w) ? NULL : w->epilogue);
    return wg__workers(op->threads, w->g->products, w->grain);
}

/* What a plan's option bf16 makes of x and y. */
static wg_factors FN(factors_of)(const FN(products) * w)
{
    const stack *x = w->x.stack, *y = w->y.stack, *z = w->stack;
    FN(wg_product) p = FN(product_of)(w);
    return (wg_factors){.a = w->x.at,
        .b = w->y.at,
        .a_count = x->matrices * x->rows * x->row,
        .b_count = y->matrices * y->rows * y->row,
        .problem = {.kind = w->g->products == 1 ? WG_ONEDNN_PRODUCT : WG_ONEDNN_NONE,
            .transpose_a = p.transpose_a,
            .transpose_b = p.transpose_b,
            .m = p.m,
            .n = p.n,
            .k = p.k,
            .lda = p.lda,
            .ldb = p.ldb,
            .ldc = p.ldc},
        .result = w->z,
        .count = z->matrices * z->rows * z->row,
        .epilogue = w->epilogue};
}

static wg_status FN(multiply_all)(wg_op_context *op, FN(products) * w)
{
    size_t numbers = w->stack->matrices * w->stack->rows * w->stack->row;
    if (w->work == 0) { /* there may be 2^60 products of nothing */
        if (numbers)
            memset(w->z, 0, numbers * sizeof(REAL));
        wg__epilogue_all(w->epilogue, op->threads, numbers);
        return WG_OK;
    }
    wg_factors f = FN(factors_of)(w);
    wg_status status = FN(wg__factors)(op, &f);
    if (status != WG_OK || f.done)
        return status;
    w->x.at = f.a, w->y.at = f.b;
    if (FN(is_sum)(w))
        memset(w->z, 0, numbers * sizeof(REAL));
    if (w->g->products > 0) {
        if (!wg__op_rooms(op, &w->rooms, FN(workers_of)(op, w)))
            return WG_OUT_OF_MEMORY;
        wg__parallel_workers(op->threads, w->g->products, w->grain, FN(multiply), w);
    }
    if (FN(is_sum)(w))
        wg__epilogue_all(w->epilogue, op->threads, numbers);
    return WG_OK;
}

static wg_status FN(pass)(wg_op_context *op, size_t towards, REAL *z)
{
    const geometry g = geometry_of(op);
    const void *const from[] = {op->in[0], op->in[1], op->upstream[0]};
    FN(products) w = FN(products_of)(op, &g, towards);
    w.x.at = from[w.x.of], w.y.at = from[w.y.of], w.z = z;
    return FN(multiply_all)(op, &w);
}

static wg_status FN(forward)(wg_op_context *op)
{
    return FN(pass)(op, 2, op->out[0]);
}

static wg_status FN(backward)(wg_op_context *op)
{
    wg_status status = WG_OK;
    for (size_t i = 0; i < 2 && status == WG_OK; i++)
        if (op->grad_in[i])
            status = FN(pass)(op, i, op->grad_in[i]);
    return status;
}

static size_t FN(pass_workspace)(const wg_op_context *op, size_t towards)
{
    const geometry g = geometry_of(op);
    FN(products) w = FN(products_of)(op, &g, towards);
    if (w.work == 0)
        return 0;
    wg_factors f = FN(factors_of)(&w);
    size_t bytes = FN(wg__factors_workspace)(op, &f);
    if (f.done || g.products == 0)
        return bytes;
    size_t workers = FN(workers_of)(op, &w);
    return bytes + wg__op_rooms_workspace(&w.rooms, workers);
}

static size_t FN(workspace)(const wg_op_context *op)
{
    if (!op->backward)
        return FN(pass_workspace)(op, 2);
    return (op->wanted[0] ? FN(pass_workspace)(op, 0) : 0) + (op->wanted[1] ? FN(pass_workspace)(op, 1) : 0);
}
