/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* mean.c - y [kept axes] = the mean of x over the others, n elements each.
 *
 * dy/dx_i = 1 / n, so every element gets its output's g / n. */

#include <math.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

static wg_status mean_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs), n = (double)runs.terms;
    if (!wg__over_fold(op, wg__fold_sum, &runs, NULL, y))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = n > 0 ? y[o] / n : (double)NAN;
    wg__over_store(op, &runs, y);
    return WG_OK;
}

static wg_status mean_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg__over_stretch(op, wg_divc(g[0], wg__over_terms(op)));
    return WG_OK;
}

static wg_status mean_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]);
    if (!g)
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        g[o] /= (double)runs.terms;
    wg__reduce_spread(
        &wg__spread_copy[op->dtype == WG_F32], &runs, NULL, g, NULL, op->grad_in[0], op->threads);
    return WG_OK;
}

static double mean_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0];
}

static const char *const mean_rule[] = {"g / n"};

const wg_op wg__op_mean = {
    .name = "mean",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = wg__over_shape,
    .forward_f64 = mean_forward,
    .forward_f32 = mean_forward,
    .workspace = wg__over_workspace,
    .vjp = mean_vjp,
    .backward_f64 = mean_backward,
    .backward_f32 = mean_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .scalar = mean_scalar,
    .formula = "mean(x)",
    .rule = mean_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_mean_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_mean, &x, 1, &over);
}

wg_var wg_mean(wg_var x)
{
    return wg_mean_over(x, WG_ALL_AXES, false);
}
