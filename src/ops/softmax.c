/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* softmax.c - y [x's shape] = e^(x - m) / sum e^(x - m) along one axis; m is the largest x there.
 *
 * Where every x is -infinity, y is 0, and so are all derivatives.
 *
 * dy_k/dx_i = y_k ((k = i) - y_i), so x_i gets y_i (g_i - sum_k g_k y_k). */

#include <wengert/math.h>
#include <wengert/reduce.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"
#include "tape/hints.h"

static wg_status softmax_forward(wg_op_context *op)
{
    wg_runs runs = wg__along_runs(op);
    wg__softmax_forward(&runs, op->dtype, op->in[0], false, op->out[0], op->threads, wg__op_epilogue(op));
    return WG_OK;
}

static wg_status softmax_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const int *axis = op->attr;
    wg_var y = op->result[0];
    wg_var dot = wg_sum_over(wg_mul(g[0], y), WG_AXES(*axis), true);
    grad_in[0] = wg_mul(y, wg_sub(g[0], dot));
    return WG_OK;
}

static wg_status softmax_backward(wg_op_context *op)
{
    wg_runs runs = wg__along_runs(op);
    wg__softmax_backward(&runs, op->dtype, op->out[0], op->upstream[0], false, op->grad_in[0], op->threads,
        wg__op_epilogue(op));
    return WG_OK;
}

static const char *const softmax_rule[] = {"y (g - sum(g y))"};

static const wg_op_sample softmax_samples[] = {
    {.label = "classes", .in = {{2, {3, 5}}}, .attr = &(const int){-1}},
    {.label = "first axis", .in = {{2, {5, 3}}}, .attr = &(const int){0}},
    {.label = "middle axis", .in = {{3, {2, 4, 3}}}, .attr = &(const int){1}},
    {.label = "many classes", .in = {{2, {2, 19}}}, .attr = &(const int){1}},
};

const wg_op wg__op_softmax = {
    .name = "softmax",
    .arity = 1,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = wg__along_shape,
    .forward_f64 = softmax_forward,
    .forward_f32 = softmax_forward,
    .vjp = softmax_vjp,
    .backward_f64 = softmax_backward,
    .backward_f32 = softmax_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0),
    .formula = "softmax(x)",
    .rule = softmax_rule,
    .samples = softmax_samples,
    .sample_count = sizeof softmax_samples / sizeof softmax_samples[0],
};

wg_var wg_softmax(wg_var x, int axis)
{
    return wg_apply(&wg__op_softmax, &x, 1, &axis);
}
