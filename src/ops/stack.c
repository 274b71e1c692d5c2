/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* stack.c - y [A, n, B] from x_0 [A, B], .., x_(n-1) [A, B], at a new axis.
 *
 * Each element of y is one of x_i, so dL/dx_i is the i-th slice of g, without the axis. */

#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* The attribute is the axis of the result. */
static size_t stack_axis(const wg_op_context *op)
{
    return wg__axis_of(*(const int *)op->attr, op->in_shape[0]->rank + 1);
}

static wg_status stack_shape(wg_op_context *op)
{
    int wanted = *(const int *)op->attr;
    const wg_shape *x = op->in_shape[0];
    int rank = (int)x->rank + 1;
    if (rank > WG_MAX_RANK)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s has no room for another axis", wg_op_operand(op, 0));
    if (wanted < -rank || wanted >= rank)
        return wg_op_fail(
            op, WG_BAD_SHAPE, "there is no axis %d in a stack of %s", wanted, wg_op_operand(op, 0));
    for (size_t i = 1; i < op->arity; i++)
        if (!wg_shape_equal(op->in_shape[i], x))
            return wg_op_fail(
                op, WG_BAD_SHAPE, "shapes differ: %s and %s", wg_op_operand(op, 0), wg_op_operand(op, i));
    size_t axis = stack_axis(op);
    op->out_shape[0].rank = x->rank + 1;
    for (size_t i = 0; i <= x->rank; i++)
        op->out_shape[0].dim[i] = i < axis ? x->dim[i] : i == axis ? op->arity : x->dim[i - 1];
    return wg__op_moves(op);
}

static wg_status stack_forward(wg_op_context *op)
{
    size_t size = wg__op_element_size(op, 0);
    wg_along whole = wg__along_axis(&op->out_shape[0], stack_axis(op));
    for (size_t i = 0; i < op->arity && op->count > 0; i++)
        wg__copy_rows(op->threads, size, whole.outer, whole.inner, op->in[i], whole.inner,
            (char *)op->out[0] + i * whole.inner * size, whole.size * whole.inner);
    return WG_OK;
}

static wg_status stack_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    for (size_t i = 0; i < op->arity; i++)
        if (op->wanted[i]) {
            wg_var one = wg_slice(g[0], (int)stack_axis(op), (ptrdiff_t)i, (ptrdiff_t)i + 1, 1);
            grad_in[i] = wg_reshape(one, *op->in_shape[i]);
        }
    return WG_OK;
}

static const wg_op_sample stack_samples[] = {
    {.label = "at the front",
        .count = 3,
        .in = {{2, {2, 3}}, {2, {2, 3}}, {2, {2, 3}}},
        .attr = &(const int){0}},
    {.label = "between", .count = 2, .in = {{2, {2, 3}}, {2, {2, 3}}}, .attr = &(const int){1}},
    {.label = "at the end", .count = 2, .in = {{2, {2, 3}}, {2, {2, 3}}}, .attr = &(const int){-1}},
    {.label = "scalars", .count = 3, .in = {{0, {0}}, {0, {0}}, {0, {0}}}, .attr = &(const int){0}},
};

const wg_op wg__op_stack = {
    .name = "stack",
    .arity = WG_VARIADIC,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = stack_shape,
    .forward_f64 = stack_forward,
    .forward_f32 = stack_forward,
    .vjp = stack_vjp,
    .formula = "stack(x0, x1, ...)",
    .samples = stack_samples,
    .sample_count = sizeof stack_samples / sizeof stack_samples[0],
};

wg_var wg_stack(const wg_var *xs, size_t n, int axis)
{
    return wg_apply(&wg__op_stack, xs, n, &axis);
}
