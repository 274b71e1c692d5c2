/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* log_softmax.c - y [x's shape] = x - m - log(sum e^(x - m)) along one axis; m is the largest x there.
 *
 * dy_k/dx_i = (k = i) - e^y_i, so x_i gets g_i - e^y_i sum_k g_k. */

#include <wengert/math.h>
#include <wengert/reduce.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"
#include "tape/hints.h"

static wg_status log_softmax_forward(wg_op_context *op)
{
    wg_runs runs = wg__along_runs(op);
    wg__softmax_forward(&runs, op->dtype, op->in[0], true, op->out[0], op->threads, wg__op_epilogue(op));
    return WG_OK;
}

static wg_status log_softmax_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const int *axis = op->attr;
    wg_var total = wg_sum_over(g[0], WG_AXES(*axis), true);
    grad_in[0] = wg_sub(g[0], wg_mul(wg_exp(op->result[0]), total));
    return WG_OK;
}

static wg_status log_softmax_backward(wg_op_context *op)
{
    wg_runs runs = wg__along_runs(op);
    wg__softmax_backward(&runs, op->dtype, op->out[0], op->upstream[0], true, op->grad_in[0], op->threads,
        wg__op_epilogue(op));
    return WG_OK;
}

static const char *const log_softmax_rule[] = {"g - exp(y) sum(g)"};

static const wg_op_sample log_softmax_samples[] = {
    {.label = "classes", .in = {{2, {3, 5}}}, .attr = &(const int){-1}},
    {.label = "first axis", .in = {{2, {5, 3}}}, .attr = &(const int){0}},
    {.label = "middle axis", .in = {{3, {2, 4, 3}}}, .attr = &(const int){1}},
    {.label = "many classes", .in = {{2, {2, 19}}}, .attr = &(const int){1}},
};

const wg_op wg__op_log_softmax = {
    .name = "log_softmax",
    .arity = 1,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = wg__along_shape,
    .forward_f64 = log_softmax_forward,
    .forward_f32 = log_softmax_forward,
    .vjp = log_softmax_vjp,
    .backward_f64 = log_softmax_backward,
    .backward_f32 = log_softmax_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0),
    .formula = "log_softmax(x)",
    .rule = log_softmax_rule,
    .samples = log_softmax_samples,
    .sample_count = sizeof log_softmax_samples / sizeof log_softmax_samples[0],
};

wg_var wg_log_softmax(wg_var x, int axis)
{
    return wg_apply(&wg__op_log_softmax, &x, 1, &axis);
}
