/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* variance.c - y [kept axes] = sum of (x - m)^2 over the others, divided by d = n - ddof; m is the mean.
 *
 * dy/dx_i = 2 (x_i - m) / d: that m depends on x too adds -2 / (d n) sum (x_j - m), which is 0. */

#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/deviation.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

typedef struct variance_attr {
    wg_over over;
    int ddof;
} variance_attr;

/* n - ddof as in NumPy: never below 0. */
static double divisor(const wg_op_context *op)
{
    const variance_attr *attr = op->attr;
    double d = wg__over_terms(op) - (double)attr->ddof;
    return d > 0 ? d : 0;
}

/* keep[0] holds the means. */
static wg_status variance_shape(wg_op_context *op)
{
    const variance_attr *attr = op->attr;
    wg_status status = wg__over_shape(op);
    if (status != WG_OK)
        return status;
    if (attr->ddof < 0)
        return wg_op_fail(op, WG_INVALID, "ddof is %d; it must not be negative", attr->ddof);
    op->keep_bytes[0] = wg__over_runs(op).outputs * sizeof(double);
    return WG_OK;
}

static wg_status variance_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *mean = op->keep[0], *y = wg__over_result(op, &runs), d = divisor(op);
    if (!wg__over_fold(op, wg__fold_sum, &runs, NULL, mean))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        mean[o] /= (double)runs.terms;
    if (!wg__over_fold(op, wg__fold_deviation, &runs, mean, y))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] /= d;
    wg__over_store(op, &runs, y);
    return WG_OK;
}

static wg_status variance_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const variance_attr *attr = op->attr;
    wg_var slope = wg_mulc(g[0], 2 / divisor(op));
    grad_in[0] = wg_mul(wg__over_kept(op, slope), wg__centred(op->arg[0], attr->over.axes));
    return WG_OK;
}

static wg_status variance_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]), d = divisor(op);
    if (!g)
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        g[o] *= 2 / d;
    wg__reduce_spread(&wg__spread_linear[op->dtype == WG_F32], &runs, op->in[0], g, op->keep[0],
        op->grad_in[0], op->threads);
    return WG_OK;
}

static size_t variance_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    return wg__over_workspace(op) + (op->backward ? 0 : wg__over_fold_workspace(&runs));
}

static const char *const variance_rule[] = {"2 g (x - mean) / (n - ddof)"};

static const wg_op_sample variance_samples[] = {
    {.label = "all", .in = {{2, {3, 4}}}, .attr = &(const variance_attr){{{.count = SIZE_MAX}, false}, 0}},
    {.label = "unbiased",
        .in = {{2, {3, 4}}},
        .attr = &(const variance_attr){{{.count = SIZE_MAX}, false}, 1}},
    {.label = "first", .in = {{2, {5, 3}}}, .attr = &(const variance_attr){{{1, {0}}, false}, 1}},
    {.label = "last kept", .in = {{2, {3, 5}}}, .attr = &(const variance_attr){{{1, {1}}, true}, 0}},
    {.label = "images",
        .in = {{4, {2, 3, 2, 2}}},
        .attr = &(const variance_attr){{{3, {0, 2, 3}}, false}, 0}},
};

const wg_op wg__op_variance = {
    .name = "variance",
    .arity = 1,
    .attr_size = sizeof(variance_attr),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION,
    .shape = variance_shape,
    .forward_f64 = variance_forward,
    .forward_f32 = variance_forward,
    .workspace = variance_workspace,
    .vjp = variance_vjp,
    .backward_f64 = variance_backward,
    .backward_f32 = variance_backward,
    .formula = "variance(x)",
    .rule = variance_rule,
    .samples = variance_samples,
    .sample_count = sizeof variance_samples / sizeof variance_samples[0],
};

wg_var wg_variance_over(wg_var x, wg_axes axes, int ddof, bool keep)
{
    variance_attr attr = {.over = {.axes = axes, .keep = keep}, .ddof = ddof};
    return wg_apply(&wg__op_variance, &x, 1, &attr);
}

wg_var wg_variance(wg_var x, int ddof)
{
    return wg_variance_over(x, WG_ALL_AXES, ddof, false);
}
