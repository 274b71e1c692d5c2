/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* matmul: A [..., M, K] (or [K]), B [..., K, N] (or [K]) -> Y [..., M, N], less the axis of a vector
 *
 *     Y = op(A) op(B),  op(X) = X or X^T, for each matrix of the broadcast batch
 *
 * A small change of the factors is dY = op(dA) op(B) + op(A) op(dB). With <X, Z> = sum X_ij Z_ij = tr(X^T Z)
 * and G = dL/dY, dL = <G, dY> = <G op(B)^T, op(dA)> + <op(A)^T G, op(dB)>, so
 *
 *     dL/dA = G op(B)^T,   or its transpose op(B) G^T if A came transposed
 *     dL/dB = op(A)^T G,   or its transpose G^T op(A) if B came transposed
 *
 * and where an operand was broadcast over the batch, the sum of these. */
#include "kernels/gemm.h"
#include "kernels/parallel.h"
#include "ops/factor.h"
#include "ops/ops.h"
#include "ops/rooms.h"
#include "tape/hints.h"
#include <string.h>
#include <wengert/linalg.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>

typedef struct matmul_attr {
    bool transpose_a, transpose_b;
} matmul_attr;

/* One of A, B and Y as it is stored: `matrices` of rows x row numbers; step[d] numbers from one to the next
 * along axis d of the batch, 0 where it is broadcast. */
typedef struct stack {
    size_t rows, row, matrices, step[WG_MAX_RANK];
} stack;

typedef struct geometry {
    bool transpose_a, transpose_b;
    stack a, b, y;
    wg_shape batch;
    size_t products; /* in the batch */
    bool folded;
} geometry;

static wg_shape batch_of(const wg_shape *shape)
{
    return wg_shape_of_dims(shape->dim, shape->rank > 2 ? shape->rank - 2 : 0);
}

/* The matrices of the operands, a vector being one row or one column; false when the inner sizes differ. */
static bool matrices_of(const wg_op_context *op, geometry *g)
{
    const matmul_attr *attr = op->attr;
    const wg_shape *a = op->in_shape[0], *b = op->in_shape[1];
    bool row = a->rank == 1, column = b->rank == 1;
    *g = (geometry){.transpose_a = attr->transpose_a && !row, .transpose_b = attr->transpose_b && !column};
    g->a.rows = row ? 1 : a->dim[a->rank - 2];
    g->a.row = a->dim[a->rank - 1];
    g->b.rows = column ? b->dim[0] : b->dim[b->rank - 2];
    g->b.row = column ? 1 : b->dim[b->rank - 1];
    g->y.rows = g->transpose_a ? g->a.row : g->a.rows;
    g->y.row = g->transpose_b ? g->b.rows : g->b.row;
    return (g->transpose_a ? g->a.rows : g->a.row) == (g->transpose_b ? g->b.row : g->b.rows);
}

static void place(stack *s, const wg_shape *own, const wg_shape *batch)
{
    s->matrices = 1;
    for (size_t d = own->rank; d-- > 0;) {
        s->step[d + batch->rank - own->rank] = own->dim[d] == 1 ? 0 : s->matrices * s->rows * s->row;
        s->matrices *= own->dim[d];
    }
}

/* The geometry of operands that fit. */
static geometry geometry_of(const wg_op_context *op)
{
    geometry g;
    wg_shape a = batch_of(op->in_shape[0]), b = batch_of(op->in_shape[1]);
    matrices_of(op, &g);
    wg_shape_broadcast(&a, &b, &g.batch);
    wg_shape_count(&g.batch, &g.products);
    place(&g.a, &a, &g.batch);
    place(&g.b, &b, &g.batch);
    place(&g.y, &g.batch, &g.batch);
    /* One B for all matrices of A: these, one below the other, are one long matrix. */
    g.folded = g.b.matrices == 1 && !g.transpose_a && g.a.matrices == g.products;
    if (g.folded) {
        g.a.rows *= g.products, g.y.rows *= g.products;
        g.a.matrices = g.y.matrices = g.products = 1;
        g.batch = wg_shape_scalar();
    }
    return g;
}

static wg_status misfit(wg_op_context *op, const char *what)
{
    const matmul_attr *attr = op->attr;
    return wg_op_fail(op, WG_BAD_SHAPE, "%s: %s%s @ %s%s", what, wg_op_operand(op, 0),
        attr->transpose_a ? " transposed" : "", wg_op_operand(op, 1), attr->transpose_b ? " transposed" : "");
}

static wg_status shape(wg_op_context *op)
{
    const wg_shape *in[2] = {op->in_shape[0], op->in_shape[1]};
    for (size_t i = 0; i < 2; i++) {
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(
                op, WG_BAD_DTYPE, "%s is i32; floats or doubles are needed", wg_op_operand(op, i));
        if (in[i]->rank == 0)
            return misfit(op, "a scalar is no matrix");
    }
    geometry g;
    if (!matrices_of(op, &g))
        return misfit(op, "inner dimensions differ");
    wg_shape a = batch_of(in[0]), b = batch_of(in[1]), *y = op->out_shape;
    if (!wg_shape_broadcast(&a, &b, &g.batch))
        return misfit(op, "batch dimensions do not broadcast");
    if (!wg_shape_count(&g.batch, &g.products))
        return wg_op_fail(
            op, WG_OVERFLOW, "too many products: %s @ %s", wg_op_operand(op, 0), wg_op_operand(op, 1));
    *y = g.batch;
    if (in[0]->rank > 1)
        y->dim[y->rank++] = g.y.rows;
    if (in[1]->rank > 1)
        y->dim[y->rank++] = g.y.row;
    return WG_OK;
}

/* Where the matrix of a product lies. */
static size_t offset_of(const geometry *g, const stack *s, size_t product)
{
    size_t offset = 0;
    for (size_t d = g->batch.rank; d-- > 0;) {
        offset += product % g->batch.dim[d] * s->step[d];
        product /= g->batch.dim[d];
    }
    return offset;
}

/* Multiplications in a chunk of products that share a thread; a product of four times as many has all
 * threads. */
static const double CHUNK_WORK = 1 << 20;

#define TEMPLATE "ops/matmul_real.h"
#include "base/for_each_real.h"

static size_t workspace(const wg_op_context *op)
{
    return op->dtype == WG_F32 ? workspace_f32(op) : workspace_f64(op);
}

/* v under the shape of the matrices in `s`. */
static wg_var as_matrices(wg_var v, wg_shape batch, const stack *s)
{
    wg_shape own = wg_shape_of(v);
    batch.dim[batch.rank++] = s->rows;
    batch.dim[batch.rank++] = s->row;
    return wg_shape_equal(&own, &batch) ? v : wg_reshape(v, batch);
}

/* A gradient back to the operand's batch and shape. */
static wg_var like_operand(wg_var d, wg_var matrices, wg_var operand)
{
    wg_var sum = wg_sum_to(d, wg_shape_of(matrices));
    wg_shape own = wg_shape_of(sum), wanted = wg_shape_of(operand);
    return wg_shape_equal(&own, &wanted) ? sum : wg_reshape(sum, wanted);
}

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const geometry z = geometry_of(op);
    bool ta = z.transpose_a, tb = z.transpose_b;
    wg_shape none = wg_shape_scalar();
    wg_var a = as_matrices(op->arg[0], z.folded ? none : batch_of(op->in_shape[0]), &z.a);
    wg_var b = as_matrices(op->arg[1], z.folded ? none : batch_of(op->in_shape[1]), &z.b);
    wg_var u = as_matrices(g[0], z.batch, &z.y);
    if (op->wanted[0])
        grad_in[0] =
            like_operand(ta ? wg_matmul_t(b, u, tb, true) : wg_matmul_t(u, b, false, !tb), a, op->arg[0]);
    if (op->wanted[1])
        grad_in[1] =
            like_operand(tb ? wg_matmul_t(u, a, true, ta) : wg_matmul_t(a, u, !ta, false), b, op->arg[1]);
    return WG_OK;
}

wg_var wg_matmul_t(wg_var a, wg_var b, bool transpose_a, bool transpose_b)
{
    const wg_var args[] = {a, b};
    return wg_apply(&wg__op_matmul, args, 2, &(matmul_attr){transpose_a, transpose_b});
}

wg_var wg_matmul(wg_var a, wg_var b)
{
    return wg_matmul_t(a, b, false, false);
}

static const matmul_attr plain = {false, false}, left = {true, false}, right = {false, true},
                         both = {true, true};

static const wg_op_sample samples[] = {
    {.label = "matrices", .in = {{2, {7, 9}}, {2, {9, 18}}}, .attr = &plain},
    {.label = "left transposed", .in = {{2, {4, 3}}, {2, {4, 5}}}, .attr = &left},
    {.label = "right transposed", .in = {{2, {3, 4}}, {2, {5, 4}}}, .attr = &right},
    {.label = "both transposed", .in = {{2, {4, 3}}, {2, {5, 4}}}, .attr = &both},
    {.label = "vectors", .in = {{1, {5}}, {1, {5}}}, .attr = &both},
    {.label = "vector and matrix", .in = {{1, {4}}, {2, {4, 3}}}, .attr = &plain},
    {.label = "matrix and vector", .in = {{2, {4, 3}}, {1, {4}}}, .attr = &left},
    {.label = "vector and batch", .in = {{1, {4}}, {3, {2, 3, 4}}}, .attr = &right},
    {.label = "batch and vector", .in = {{3, {2, 3, 4}}, {1, {4}}}, .attr = &plain},
    {.label = "batch and matrix", .in = {{4, {2, 2, 3, 4}}, {2, {4, 2}}}, .attr = &plain},
    {.label = "transposed batch and matrix", .in = {{3, {2, 4, 3}}, {3, {1, 2, 4}}}, .attr = &both},
    {.label = "matrix and batch", .in = {{2, {3, 4}}, {3, {3, 4, 2}}}, .attr = &plain},
    {.label = "batches", .in = {{3, {3, 2, 4}}, {3, {3, 5, 4}}}, .attr = &right},
    {.label = "broadcast batches", .in = {{4, {2, 1, 4, 3}}, {3, {3, 4, 2}}}, .attr = &left},
    {.label = "no inner size", .in = {{2, {2, 0}}, {2, {0, 3}}}, .attr = &plain},
    {.label = "no rows", .in = {{2, {0, 2}}, {2, {2, 3}}}, .attr = &plain},
    {.label = "no products", .in = {{3, {0, 2, 3}}, {3, {1, 3, 2}}}, .attr = &plain},
};

/* A sum of k products for each number of the result. */
static double flops(const wg_op_context *op)
{
    const matmul_attr *attr = op->attr;
    const wg_shape *a = op->in_shape[0];
    size_t last = a->rank - 1, along = attr->transpose_a && a->rank > 1 ? last - 1 : last;
    return 2 * (double)op->count * (double)a->dim[along];
}

const wg_op wg__op_matmul = {
    .name = "matmul",
    .arity = 2,
    .attr_size = sizeof(matmul_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0) | WG_FINISHES_GRADIENT(1),
    .shape = shape,
    .forward_f64 = forward_f64,
    .forward_f32 = forward_f32,
    .workspace = workspace,
    .vjp = vjp,
    .backward_f64 = backward_f64,
    .backward_f32 = backward_f32,
    .backward_ignores = WG_IGNORES_RESULT(0),
    .flops = flops,
    .formula = "a @ b",
    .rule = (const char *const[]){"g @ b^T", "a^T @ g"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};
