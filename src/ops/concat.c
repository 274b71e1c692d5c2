/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* concat.c - y [.., n_0 + n_1 + .., ..] from x_0 [.., n_0, ..], x_1 [.., n_1, ..], .. along one axis.
 *
 * Each element of y is one of x_i, so dL/dx_i is the slice of g that x_i became. */

#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* The attribute is the axis. */
static wg_status concat_shape(wg_op_context *op)
{
    size_t axis, total = 0;
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, &axis);
    for (size_t i = 0; i < op->arity && status == WG_OK; i++) {
        wg_shape other = *op->in_shape[i];
        size_t size = other.dim[axis];
        other.dim[axis] = op->in_shape[0]->dim[axis];
        if (!wg_shape_equal(&other, op->in_shape[0]))
            status = wg_op_fail(op, WG_BAD_SHAPE, "%s and %s differ along another axis than %zu",
                wg_op_operand(op, 0), wg_op_operand(op, i), axis);
        else if (size > SIZE_MAX - total)
            status = wg_op_fail(op, WG_OVERFLOW, "axis %zu of the result is too long", axis);
        total += size;
    }
    if (status != WG_OK)
        return status;
    op->out_shape[0].dim[axis] = total;
    return wg__op_moves(op);
}

static wg_status concat_forward(wg_op_context *op)
{
    size_t axis = wg__axis_of(*(const int *)op->attr, op->in_shape[0]->rank),
           size = wg__op_element_size(op, 0);
    wg_along whole = wg__along_axis(&op->out_shape[0], axis);
    size_t row = whole.size * whole.inner, at = 0;
    for (size_t i = 0; i < op->arity; i++) {
        size_t width = op->in_shape[i]->dim[axis] * whole.inner;
        if (width && op->count)
            wg__copy_rows(
                op->threads, size, whole.outer, width, op->in[i], width, (char *)op->out[0] + at * size, row);
        at += width;
    }
    return WG_OK;
}

static wg_status concat_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    size_t axis = wg__axis_of(*(const int *)op->attr, op->in_shape[0]->rank), at = 0;
    for (size_t i = 0; i < op->arity; i++) {
        size_t end = at + op->in_shape[i]->dim[axis];
        if (op->wanted[i])
            grad_in[i] = wg_slice(g[0], (int)axis, (ptrdiff_t)at, (ptrdiff_t)end, 1);
        at = end;
    }
    return WG_OK;
}

static const wg_op_sample concat_samples[] = {
    {.label = "rows", .count = 2, .in = {{2, {2, 3}}, {2, {4, 3}}}, .attr = &(const int){0}},
    {.label = "last axis",
        .count = 3,
        .in = {{2, {2, 3}}, {2, {2, 1}}, {2, {2, 2}}},
        .attr = &(const int){-1}},
    {.label = "an empty one", .count = 2, .in = {{3, {2, 0, 2}}, {3, {2, 3, 2}}}, .attr = &(const int){1}},
    {.label = "one", .count = 1, .in = {{1, {4}}}, .attr = &(const int){0}},
};

const wg_op wg__op_concat = {
    .name = "concat",
    .arity = WG_VARIADIC,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = concat_shape,
    .forward_f64 = concat_forward,
    .forward_f32 = concat_forward,
    .vjp = concat_vjp,
    .formula = "concat(x0, x1, ...)",
    .samples = concat_samples,
    .sample_count = sizeof concat_samples / sizeof concat_samples[0],
};

wg_var wg_concat(const wg_var *xs, size_t n, int axis)
{
    return wg_apply(&wg__op_concat, xs, n, &axis);
}
