/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* permute.c - y [n_a0, n_a1, ...] from x [n_0, n_1, ...]: axis i of y is axis a_i of x.
 *
 * y is x with its axes renamed, so dL/dx is g with the names put back: the inverse permutation. A transpose
 * of the two last axes is its own inverse. */

#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

static wg_status permuted_shape(wg_op_context *op, const size_t order[])
{
    const wg_shape *x = op->in_shape[0];
    for (size_t i = 0; i < x->rank; i++)
        op->out_shape[0].dim[i] = x->dim[order[i]];
    return wg__op_moves(op);
}

static wg_status permuted_forward(wg_op_context *op, const size_t order[])
{
    ptrdiff_t step[WG_MAX_RANK];
    wg_walk walk = wg__walk_over(&op->out_shape[0], 2);
    wg__row_major(op->in_shape[0], step);
    for (size_t i = 0; i < walk.rank; i++)
        walk.step[1][i] = step[order[i]];
    wg__strided_copy(op->threads, &walk, wg__op_element_size(op, 0), op->in[0], op->out[0]);
    return WG_OK;
}

/* ---- permute: the attribute is the list of axes */

static void permute_order(const wg_op_context *op, size_t order[WG_MAX_RANK])
{
    const wg_axes *axes = op->attr;
    for (size_t i = 0; i < axes->count; i++)
        order[i] = wg__axis_of(axes->axis[i], axes->count);
}

static wg_status permute_shape(wg_op_context *op)
{
    const wg_axes *axes = op->attr;
    size_t order[WG_MAX_RANK];
    bool seen[WG_MAX_RANK] = {false};
    if (axes->count != op->in_shape[0]->rank)
        return wg_op_fail(op, WG_BAD_SHAPE, "%zu axes are named for %s", axes->count, wg_op_operand(op, 0));
    for (size_t i = 0; i < axes->count; i++) {
        wg_status status = wg__op_axis(op, 0, axes->axis[i], &order[i]);
        if (status != WG_OK)
            return status;
        if (seen[order[i]])
            return wg_op_fail(
                op, WG_BAD_SHAPE, "axis %zu of %s is named twice", order[i], wg_op_operand(op, 0));
        seen[order[i]] = true;
    }
    return permuted_shape(op, order);
}

static wg_status permute_forward(wg_op_context *op)
{
    size_t order[WG_MAX_RANK];
    permute_order(op, order);
    return permuted_forward(op, order);
}

static wg_status permute_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    size_t order[WG_MAX_RANK];
    wg_axes inverse = {.count = op->in_shape[0]->rank};
    permute_order(op, order);
    for (size_t i = 0; i < inverse.count; i++)
        inverse.axis[order[i]] = (int)i;
    grad_in[0] = wg_permute(g[0], inverse);
    return WG_OK;
}

static const char *const permute_rule[] = {"permute back(g)"};

static const wg_op_sample permute_samples[] = {
    {.label = "N, C, H, W to N, H, W, C",
        .in = {{4, {2, 3, 4, 2}}},
        .attr = &(const wg_axes){4, {0, 2, 3, 1}}},
    {.label = "cycle", .in = {{3, {2, 3, 4}}}, .attr = &(const wg_axes){3, {-1, 0, 1}}},
    {.label = "scalar", .in = {{0, {0}}}, .attr = &(const wg_axes){0, {0}}},
};

const wg_op wg__op_permute = {
    .name = "permute",
    .arity = 1,
    .attr_size = sizeof(wg_axes),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = permute_shape,
    .forward_f64 = permute_forward,
    .forward_f32 = permute_forward,
    .vjp = permute_vjp,
    .formula = "permute(x)",
    .rule = permute_rule,
    .samples = permute_samples,
    .sample_count = sizeof permute_samples / sizeof permute_samples[0],
};

wg_var wg_permute(wg_var x, wg_axes axes)
{
    return wg_apply(&wg__op_permute, &x, 1, &axes);
}

/* ---- transpose */

static void transpose_order(const wg_op_context *op, size_t order[WG_MAX_RANK])
{
    size_t rank = op->in_shape[0]->rank;
    for (size_t i = 0; i < rank; i++)
        order[i] = i;
    order[rank - 2] = rank - 1;
    order[rank - 1] = rank - 2;
}

static wg_status transpose_shape(wg_op_context *op)
{
    size_t order[WG_MAX_RANK];
    if (op->in_shape[0]->rank < 2)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s has no two axes", wg_op_operand(op, 0));
    transpose_order(op, order);
    return permuted_shape(op, order);
}

static wg_status transpose_forward(wg_op_context *op)
{
    size_t order[WG_MAX_RANK];
    transpose_order(op, order);
    return permuted_forward(op, order);
}

static wg_status transpose_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = wg_transpose(g[0]);
    return WG_OK;
}

static const char *const transpose_rule[] = {"transpose(g)"};

static const wg_op_sample transpose_samples[] = {
    {.label = "matrix", .in = {{2, {3, 5}}}},
    {.label = "batch of matrices", .in = {{4, {2, 1, 3, 2}}}},
};

const wg_op wg__op_transpose = {
    .name = "transpose",
    .arity = 1,
    .shape = transpose_shape,
    .forward_f64 = transpose_forward,
    .forward_f32 = transpose_forward,
    .vjp = transpose_vjp,
    .formula = "transpose(x)",
    .rule = transpose_rule,
    .samples = transpose_samples,
    .sample_count = sizeof transpose_samples / sizeof transpose_samples[0],
};

wg_var wg_transpose(wg_var x)
{
    return wg_apply1(&wg__op_transpose, x);
}
