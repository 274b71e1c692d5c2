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
    const wg_finish *finish;
} FN(products);

static void FN(multiply)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(products) *w = work;
    const FN(factor) *x = &w->x, *y = &w->y;
    const stack *z = w->stack;
    (void)chunk;
    for (size_t i = begin; i < end; i++)
        FN(wg_gemm_finish)
    (w->threads, x->transpose, y->transpose, z->rows, z->row, x->transpose ? x->stack->rows : x->stack->row,
        1, x->at + offset_of(w->g, x->stack, i), x->stack->row, y->at + offset_of(w->g, y->stack, i),
        y->stack->row, w->keep, w->z + offset_of(w->g, z, i), z->row, w->finish, offset_of(w->g, z, i));
}

static void FN(multiply_all)(const geometry *g, int threads, FN(factor) x, FN(factor) y, REAL *z,
    const stack *in_z, const wg_finish *finish)
{
    FN(products) w = {g, threads, x, y, z, in_z, 0, finish};
    double work =
        (double)in_z->rows * (double)in_z->row * (double)(x.transpose ? x.stack->rows : x.stack->row);
    size_t numbers = in_z->matrices * in_z->rows * in_z->row;
    if (work == 0) { /* there may be 2^60 products of nothing */
        if (numbers)
            memset(z, 0, numbers * sizeof(REAL));
        wg_finish_all(finish, threads, numbers);
        return;
    }
    if (in_z->matrices != g->products) { /* Z was broadcast over the batch: it is the sum of its products */
        memset(z, 0, numbers * sizeof(REAL));
        w.keep = 1;
    } else if (g->products > 1 && work < 4 * CHUNK_WORK) {
        w.threads = 1;
        wg_parallel_for(threads, g->products, (size_t)(CHUNK_WORK / (work + 1)), FN(multiply), &w);
        return;
    }
    FN(multiply)(&w, 0, 0, g->products);
}

/* False when there is no memory for a rounded copy. */
static bool FN(take)(wg_op_context *op, const void *operand, FN(factor) * x)
{
    const void *at = operand;
    bool taken = FN(wg_factor)(op, x->stack->matrices * x->stack->rows * x->stack->row, &at);
    x->at = at;
    return taken;
}

static wg_status FN(forward)(wg_op_context *op)
{
    const geometry g = geometry_of(op);
    FN(factor) a = {NULL, &g.a, g.transpose_a}, b = {NULL, &g.b, g.transpose_b};
    if (!FN(take)(op, op->in[0], &a) || !FN(take)(op, op->in[1], &b))
        return WG_OUT_OF_MEMORY;
    FN(multiply_all)(&g, op->threads, a, b, op->out[0], &g.y, op->finish);
    return WG_OK;
}

static wg_status FN(backward)(wg_op_context *op)
{
    const geometry g = geometry_of(op);
    FN(factor) plain = {NULL, &g.y, false}, a = {NULL, &g.a, g.transpose_a}, b = {NULL, &g.b, g.transpose_b};
    if (!FN(take)(op, op->upstream[0], &plain) || (op->grad_in[0] && !FN(take)(op, op->in[1], &b)) ||
        (op->grad_in[1] && !FN(take)(op, op->in[0], &a)))
        return WG_OUT_OF_MEMORY;
    const FN(factor) transposed = {plain.at, &g.y, true};
    const FN(factor) a_t = {a.at, a.stack, !a.transpose}, b_t = {b.at, b.stack, !b.transpose};
    if (op->grad_in[0] && g.transpose_a)
        FN(multiply_all)(&g, op->threads, b, transposed, op->grad_in[0], &g.a, NULL);
    else if (op->grad_in[0])
        FN(multiply_all)(&g, op->threads, plain, b_t, op->grad_in[0], &g.a, NULL);
    if (op->grad_in[1] && g.transpose_b)
        FN(multiply_all)(&g, op->threads, transposed, a, op->grad_in[1], &g.b, NULL);
    else if (op->grad_in[1])
        FN(multiply_all)(&g, op->threads, a_t, plain, op->grad_in[1], &g.b, NULL);
    return WG_OK;
}
