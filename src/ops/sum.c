/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sum.c - y [kept axes] = the sum of x over the others.
 *
 * dy/dx_i = 1, so every element gets its output's g: g stretched to x's shape. */

#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

static wg_status sum_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs);
    if (!wg__over_fold(op, wg__fold_sum, &runs, NULL, y))
        return WG_OUT_OF_MEMORY;
    wg__over_store(op, &runs, y);
    return WG_OK;
}

static wg_status sum_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg__over_stretch(op, g[0]);
    return WG_OK;
}

static wg_status sum_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]);
    if (!g)
        return WG_OUT_OF_MEMORY;
    wg__reduce_spread(
        &wg__spread_copy[op->dtype == WG_F32], &runs, NULL, g, NULL, op->grad_in[0], op->threads);
    return WG_OK;
}

static double sum_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0];
}

static const char *const sum_rule[] = {"g"};

const wg_op wg__op_sum = {
    .name = "sum",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = wg__over_shape,
    .forward_f64 = sum_forward,
    .forward_f32 = sum_forward,
    .workspace = wg__over_workspace,
    .vjp = sum_vjp,
    .backward_f64 = sum_backward,
    .backward_f32 = sum_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .scalar = sum_scalar,
    .formula = "sum(x)",
    .rule = sum_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_sum_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_sum, &x, 1, &over);
}

wg_var wg_sum(wg_var x)
{
    return wg_sum_over(x, WG_ALL_AXES, false);
}
