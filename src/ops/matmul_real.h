/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* matmul_real.h - a template: a batch of products Z = op(X) op(Y), where X, Y and Z are the three of matmul.c
 * or their gradients in some order. */

typedef struct FN(factor) {
    const REAL *at;
    const stack *stack;
    bool transpose;
} FN(factor);

typedef struct FN(products) {
    const geometry *g;
    int threads;
    FN(factor) x, y;
    REAL *z;
    const stack *stack;
    REAL keep; /* of what is in Z: 0, or 1 to add to it */
    const wg_epilogue *epilogue;
    wg_rooms rooms;
} FN(products);

/* Number i of the batch, which is written to *first in Z. */
static FN(wg_product) FN(product_at)(const FN(products) * w, size_t i, size_t *first)
{
    const FN(factor) *x = &w->x, *y = &w->y;
    *first = offset_of(w->g, w->stack, i);
    return (FN(wg_product)){.transpose_a = x->transpose,
        .transpose_b = y->transpose,
        .m = w->stack->rows,
        .n = w->stack->row,
        .k = x->transpose ? x->stack->rows : x->stack->row,
        .alpha = 1,
        .beta = w->keep,
        .a = x->at + offset_of(w->g, x->stack, i),
        .b = y->at + offset_of(w->g, y->stack, i),
        .c = w->z + *first,
        .lda = x->stack->row,
        .ldb = y->stack->row,
        .ldc = w->stack->row};
}

static void FN(multiply)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(products) *w = work;
    for (size_t i = begin; i < end; i++) {
        size_t first;
        FN(wg_product) p = FN(product_at)(w, i, &first);
        FN(wg__gemm)(w->threads, &p, w->epilogue, first, wg__room_of(&w->rooms, worker));
    }
}

/* All products, `grain` of them in a chunk. */
static wg_status FN(multiply_in_chunks)(wg_op_context *op, FN(products) * w, size_t grain)
{
    size_t first;
    if (w->g->products == 0)
        return WG_OK;
    FN(wg_product) p = FN(product_at)(w, 0, &first);
    w->rooms.bytes = FN(wg__gemm_scratch)(w->threads, &p, w->epilogue);
    if (!wg__op_rooms(op, &w->rooms, wg__workers(op->threads, w->g->products, grain)))
        return WG_OUT_OF_MEMORY;
    wg__parallel_workers(op->threads, w->g->products, grain, FN(multiply), w);
    return WG_OK;
}

/* What a plan's option bf16 makes of x and y; *done: of Z, too. */
static wg_status FN(narrow)(wg_op_context *op, FN(products) * w, bool *done)
{
    const stack *x = w->x.stack, *y = w->y.stack, *z = w->stack;
    bool one = w->g->products == 1;
    wg_factors f = {.a = w->x.at,
        .b = w->y.at,
        .a_count = x->matrices * x->rows * x->row,
        .b_count = y->matrices * y->rows * y->row,
        .problem = {.kind = one ? WG_ONEDNN_PRODUCT : WG_ONEDNN_NONE,
            .transpose_a = w->x.transpose,
            .transpose_b = w->y.transpose,
            .m = z->rows,
            .n = z->row,
            .k = w->x.transpose ? x->rows : x->row,
            .lda = x->row,
            .ldb = y->row,
            .ldc = z->row},
        .result = w->z,
        .count = z->matrices * z->rows * z->row,
        .epilogue = w->epilogue};
    wg_status status = FN(wg__factors)(op, &f);
    w->x.at = f.a, w->y.at = f.b;
    *done = f.done;
    return status;
}

static wg_status FN(multiply_all)(wg_op_context *op, const geometry *g, FN(factor) x, FN(factor) y, REAL *z,
    const stack *in_z, const wg_epilogue *epilogue)
{
    FN(products)
    w = {.g = g, .threads = op->threads, .x = x, .y = y, .z = z, .stack = in_z, .epilogue = epilogue};
    double work =
        (double)in_z->rows * (double)in_z->row * (double)(x.transpose ? x.stack->rows : x.stack->row);
    size_t numbers = in_z->matrices * in_z->rows * in_z->row;
    if (work == 0) { /* there may be 2^60 products of nothing */
        if (numbers)
            memset(z, 0, numbers * sizeof(REAL));
        wg__epilogue_all(epilogue, w.threads, numbers);
        return WG_OK;
    }
    bool done;
    wg_status status = FN(narrow)(op, &w, &done);
    if (status != WG_OK || done)
        return status;
    if (in_z->matrices != g->products) { /* Z was broadcast over the batch: it is the sum of its products */
        memset(z, 0, numbers * sizeof(REAL));
        w.keep = 1, w.epilogue = NULL;
        status = FN(multiply_in_chunks)(op, &w, g->products);
        if (status == WG_OK)
            wg__epilogue_all(epilogue, op->threads, numbers);
        return status;
    }
    if (g->products > 1 && work < 4 * CHUNK_WORK) {
        w.threads = 1;
        return FN(multiply_in_chunks)(op, &w, (size_t)(CHUNK_WORK / (work + 1)));
    }
    return FN(multiply_in_chunks)(op, &w, g->products);
}

static wg_status FN(forward)(wg_op_context *op)
{
    const geometry g = geometry_of(op);
    const FN(factor) a = {op->in[0], &g.a, g.transpose_a}, b = {op->in[1], &g.b, g.transpose_b};
    return FN(multiply_all)(op, &g, a, b, op->out[0], &g.y, wg__op_epilogue(op));
}

static wg_status FN(backward)(wg_op_context *op)
{
    const geometry g = geometry_of(op);
    const FN(factor) plain = {op->upstream[0], &g.y, false}, transposed = {op->upstream[0], &g.y, true};
    const FN(factor) a = {op->in[0], &g.a, g.transpose_a}, b = {op->in[1], &g.b, g.transpose_b};
    const FN(factor) a_t = {a.at, a.stack, !a.transpose}, b_t = {b.at, b.stack, !b.transpose};
    wg_status status = WG_OK;
    if (op->grad_in[0] && g.transpose_a)
        status = FN(multiply_all)(op, &g, b, transposed, op->grad_in[0], &g.a, wg__op_epilogue(op));
    else if (op->grad_in[0])
        status = FN(multiply_all)(op, &g, plain, b_t, op->grad_in[0], &g.a, wg__op_epilogue(op));
    if (status != WG_OK || !op->grad_in[1])
        return status;
    const wg_epilogue *epilogue = op->grad_in[0] ? NULL : wg__op_epilogue(op);
    return g.transpose_b ? FN(multiply_all)(op, &g, transposed, a, op->grad_in[1], &g.b, epilogue)
                         : FN(multiply_all)(op, &g, a_t, plain, op->grad_in[1], &g.b, epilogue);
}
