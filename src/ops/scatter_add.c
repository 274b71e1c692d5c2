/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scatter_add.c - y = x, then y[i, index[i, j]] += src[i, j] for all i, j (along axis 1 of a matrix).
 *
 * y is x plus a sum of elements of src, so dL/dx = g, and dL/dsrc[i, j] = g[i, index[i, j]]: a gather. */

#include <string.h>
#include <wengert/shaping.h>
#include "kernels/scatter.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* Operands are x, index, src; the attribute is the axis. */
static wg_status scatter_add_shape(wg_op_context *op)
{
    size_t axis;
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, &axis);
    if (status == WG_OK)
        status = wg__op_needs_index(op, 1);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 0);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 2);
    if (status == WG_OK)
        status = wg__op_index_fits(op, axis);
    if (status == WG_OK && !wg_shape_equal(op->in_shape[1], op->in_shape[2]))
        status = wg_op_fail(op, WG_BAD_SHAPE, "there is one index for each number: %s for %s",
            wg_op_operand(op, 1), wg_op_operand(op, 2));
    return status;
}

static wg_status scatter_add_forward(wg_op_context *op)
{
    const wg_shape *x = op->in_shape[0], *index = op->in_shape[1];
    size_t axis = wg__axis_of(*(const int *)op->attr, x->rank);
    wg_status status = wg__op_check_index(op, 1, x->dim[axis]);
    if (status != WG_OK || op->count == 0)
        return status;
    memcpy(op->out[0], op->in[0], op->count * wg_dtype_size(op->dtype));
    if (op->dtype == WG_F64)
        wg__scatter_add_f64(op->threads, x, axis, index, op->in[1], op->in[2], op->out[0]);
    else
        wg__scatter_add_f32(op->threads, x, axis, index, op->in[1], op->in[2], op->out[0]);
    return WG_OK;
}

static wg_status scatter_add_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = g[0];
    if (op->wanted[2])
        grad_in[2] = wg_gather(g[0], *(const int *)op->attr, op->arg[1]);
    return WG_OK;
}

static const char *const scatter_add_rule[] = {"g", "0", "gather(g, index)"};

static const wg_op_sample scatter_add_samples[] = {
    {.label = "rows",
        .in = {{2, {3, 4}}, {2, {5, 4}}, {2, {5, 4}}},
        .int_below = {0, 3},
        .attr = &(const int){0}},
    {.label = "a smaller index",
        .in = {{3, {3, 4, 3}}, {3, {2, 3, 2}}, {3, {2, 3, 2}}},
        .int_below = {0, 4},
        .attr = &(const int){1}},
};

const wg_op wg__op_scatter_add = {
    .name = "scatter_add",
    .arity = 3,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = scatter_add_shape,
    .forward_f64 = scatter_add_forward,
    .forward_f32 = scatter_add_forward,
    .vjp = scatter_add_vjp,
    .formula = "x + scatter(src, index)",
    .rule = scatter_add_rule,
    .samples = scatter_add_samples,
    .sample_count = sizeof scatter_add_samples / sizeof scatter_add_samples[0],
};

wg_var wg_scatter_add(wg_var x, int axis, wg_var index, wg_var src)
{
    return wg_apply(&wg__op_scatter_add, (wg_var[]){x, index, src}, 3, &axis);
}
