/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reshape.c - y = the elements of x [any], in row-major order, as [shape].
 *
 * y_k = x_k for the k-th element, so dL/dx_k = g_k: g under the shape of x. Both results are x's own memory.
 */

#include <wengert/shaping.h>
#include "ops/axes.h"
#include "ops/ops.h"

/* Finds the one size that was left open from the number of elements. */
static wg_status close_shape(wg_op_context *op, wg_shape *shape, size_t open)
{
    size_t count, others;
    shape->dim[open] = 1;
    wg_shape_count(op->in_shape[0], &count);
    if (!wg_shape_count(shape, &others) || others == 0 || count % others != 0)
        return wg_op_fail(op, WG_BAD_SHAPE,
            "the open size does not come out: %s has %zu elements, the others make %zu", wg_op_operand(op, 0),
            count, others);
    shape->dim[open] = count / others;
    return WG_OK;
}

/* The attribute is the shape that was asked for. */
static wg_status reshape_shape(wg_op_context *op)
{
    wg_shape shape = *(const wg_shape *)op->attr;
    size_t wanted, count, open = SIZE_MAX;
    char text[192];
    if (shape.rank > WG_MAX_RANK)
        return wg_op_fail(op, WG_BAD_SHAPE, "a rank is at most %d", WG_MAX_RANK);
    for (size_t i = 0; i < shape.rank; i++)
        if (shape.dim[i] == SIZE_MAX) {
            if (open != SIZE_MAX)
                return wg_op_fail(op, WG_BAD_SHAPE, "only one size can be left open");
            open = i;
        }
    if (open != SIZE_MAX) {
        wg_status status = close_shape(op, &shape, open);
        if (status != WG_OK)
            return status;
    }
    wg_shape_count(op->in_shape[0], &count);
    if (!wg_shape_count(&shape, &wanted) || wanted != count)
        return wg_op_fail(op, WG_BAD_SHAPE, "the elements of %s do not make %s", wg_op_operand(op, 0),
            wg_shape_text(&shape, text, sizeof text));
    op->out_shape[0] = shape;
    return wg__op_moves(op);
}

static wg_status flatten_shape(wg_op_context *op)
{
    const wg_shape *x = op->in_shape[0];
    if (x->rank == 0)
        return wg_op_fail(op, WG_BAD_SHAPE, "a scalar has no first axis to keep");
    op->out_shape[0] = WG_SHAPE(x->dim[0], wg__along_axis(x, 0).inner);
    return wg__op_moves(op);
}

static wg_status reshape_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_reshape(g[0], *op->in_shape[0]);
    return WG_OK;
}

static const char *const reshape_rule[] = {"reshape(g)"};

static const wg_op_sample reshape_samples[] = {
    {.label = "matrix to rank 3", .in = {{2, {4, 6}}}, .attr = &(const wg_shape){3, {2, 3, 4}}},
    {.label = "one size open", .in = {{3, {2, 3, 2}}}, .attr = &(const wg_shape){2, {3, SIZE_MAX}}},
    {.label = "scalar to matrix", .in = {{0, {0}}}, .attr = &(const wg_shape){2, {1, 1}}},
    {.label = "matrix to scalar", .in = {{2, {1, 1}}}, .attr = &(const wg_shape){0, {0}}},
};

const wg_op wg__op_reshape = {
    .name = "reshape",
    .arity = 1,
    .attr_size = sizeof(wg_shape),
    .traits = WG_OP_ALIAS | WG_OP_PLAIN_ATTR,
    .shape = reshape_shape,
    .vjp = reshape_vjp,
    .formula = "reshape(x)",
    .rule = reshape_rule,
    .samples = reshape_samples,
    .sample_count = sizeof reshape_samples / sizeof reshape_samples[0],
};

static const wg_op_sample flatten_samples[] = {
    {.label = "images", .in = {{4, {2, 3, 2, 2}}}},
    {.label = "vector", .in = {{1, {3}}}},
};

const wg_op wg__op_flatten = {
    .name = "flatten",
    .arity = 1,
    .traits = WG_OP_ALIAS,
    .shape = flatten_shape,
    .vjp = reshape_vjp,
    .formula = "flatten(x)",
    .rule = reshape_rule,
    .samples = flatten_samples,
    .sample_count = sizeof flatten_samples / sizeof flatten_samples[0],
};

wg_var wg_reshape(wg_var x, wg_shape shape)
{
    return wg_apply(&wg__op_reshape, &x, 1, &shape);
}

wg_var wg_flatten(wg_var x)
{
    return wg_apply1(&wg__op_flatten, x);
}
