/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* squeeze.c - y = x without some axes of size 1, and (unsqueeze) with one more.
 *
 * The elements and their order are x's, so dL/dx is g under the shape of x, and results are x's own memory.
 */

#include <wengert/shaping.h>
#include "ops/axes.h"
#include "ops/ops.h"

/* The attribute is the list of axes; all of them are those of size 1. */
static wg_status squeeze_shape(wg_op_context *op)
{
    const wg_axes *axes = op->attr;
    const wg_shape *x = op->in_shape[0];
    bool dropped[WG_MAX_RANK], all = axes->count == WG_ALL_AXES.count;
    wg_status status = wg__op_axes(op, axes, dropped);
    if (status != WG_OK)
        return status;
    wg_shape shape = {0};
    for (size_t i = 0; i < x->rank; i++)
        if (!dropped[i] || (all && x->dim[i] != 1))
            shape.dim[shape.rank++] = x->dim[i];
        else if (x->dim[i] != 1)
            return wg_op_fail(
                op, WG_BAD_SHAPE, "axis %zu of %s is %zu long, not 1", i, wg_op_operand(op, 0), x->dim[i]);
    op->out_shape[0] = shape;
    return wg__op_moves(op);
}

/* The attribute is the axis of the result. */
static wg_status unsqueeze_shape(wg_op_context *op)
{
    const int wanted = *(const int *)op->attr;
    const wg_shape *x = op->in_shape[0];
    const int rank = (int)x->rank + 1;
    if (rank > WG_MAX_RANK)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s has no room for another axis", wg_op_operand(op, 0));
    if (wanted < -rank || wanted >= rank)
        return wg_op_fail(
            op, WG_BAD_SHAPE, "with one axis more, %s has no axis %d", wg_op_operand(op, 0), wanted);
    size_t axis = wg__axis_of(wanted, (size_t)rank);
    wg_shape shape = {.rank = (size_t)rank};
    for (size_t i = 0; i < shape.rank; i++)
        shape.dim[i] = i < axis ? x->dim[i] : i == axis ? 1 : x->dim[i - 1];
    op->out_shape[0] = shape;
    return wg__op_moves(op);
}

static wg_status reshaped_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_reshape(g[0], *op->in_shape[0]);
    return WG_OK;
}

static const char *const reshaped_rule[] = {"reshape(g)"};

static const wg_op_sample squeeze_samples[] = {
    {.label = "first and last", .in = {{4, {1, 3, 2, 1}}}, .attr = &(const wg_axes){2, {0, -1}}},
    {.label = "all of size 1", .in = {{4, {1, 3, 1, 2}}}, .attr = &(const wg_axes){.count = SIZE_MAX}},
    {.label = "to a scalar", .in = {{2, {1, 1}}}, .attr = &(const wg_axes){2, {0, 1}}},
    {.label = "none", .in = {{2, {1, 3}}}, .attr = &(const wg_axes){0}},
};

const wg_op wg__op_squeeze = {
    .name = "squeeze",
    .arity = 1,
    .attr_size = sizeof(wg_axes),
    .traits = WG_OP_ALIAS | WG_OP_PLAIN_ATTR,
    .shape = squeeze_shape,
    .vjp = reshaped_vjp,
    .formula = "squeeze(x)",
    .rule = reshaped_rule,
    .samples = squeeze_samples,
    .sample_count = sizeof squeeze_samples / sizeof squeeze_samples[0],
};

static const wg_op_sample unsqueeze_samples[] = {
    {.label = "at the front", .in = {{2, {3, 2}}}, .attr = &(const int){0}},
    {.label = "between", .in = {{2, {3, 2}}}, .attr = &(const int){-2}},
    {.label = "scalar", .in = {{0, {0}}}, .attr = &(const int){-1}},
};

const wg_op wg__op_unsqueeze = {
    .name = "unsqueeze",
    .arity = 1,
    .attr_size = sizeof(int),
    .traits = WG_OP_ALIAS | WG_OP_PLAIN_ATTR,
    .shape = unsqueeze_shape,
    .vjp = reshaped_vjp,
    .formula = "unsqueeze(x)",
    .rule = reshaped_rule,
    .samples = unsqueeze_samples,
    .sample_count = sizeof unsqueeze_samples / sizeof unsqueeze_samples[0],
};

wg_var wg_squeeze(wg_var x, wg_axes axes)
{
    return wg_apply(&wg__op_squeeze, &x, 1, &axes);
}

wg_var wg_unsqueeze(wg_var x, int axis)
{
    return wg_apply(&wg__op_unsqueeze, &x, 1, &axis);
}
