/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* cumsum.c - y [x's shape], y_i = x_0 + .. + x_i along one axis; in reverse, y_i = x_i + .. + x_(n-1).
 *
 * dy_k/dx_i = 1 for k >= i, so x_i gets g_i + .. + g_(n-1): the same sum from the other end, whose rule is
 * the first. */

#include <wengert/reduce.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

typedef struct cumsum_attr {
    int axis; /* first, see wg__along_shape */
    bool reverse;
} cumsum_attr;

static wg_status cumsum_forward(wg_op_context *op)
{
    const cumsum_attr *attr = op->attr;
    wg_runs runs = wg__along_runs(op);
    wg__scan_sum(&runs, op->dtype, op->in[0], attr->reverse, op->out[0], op->threads);
    return WG_OK;
}

static wg_status cumsum_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const cumsum_attr *attr = op->attr;
    cumsum_attr other = {.axis = attr->axis, .reverse = !attr->reverse};
    grad_in[0] = wg_apply(&wg__op_cumsum, &g[0], 1, &other);
    return WG_OK;
}

static wg_status cumsum_backward(wg_op_context *op)
{
    const cumsum_attr *attr = op->attr;
    wg_runs runs = wg__along_runs(op);
    wg__scan_sum(&runs, op->dtype, op->upstream[0], !attr->reverse, op->grad_in[0], op->threads);
    return WG_OK;
}

static const char *const cumsum_rule[] = {"cumsum(g) from the other end"};

static const wg_op_sample cumsum_samples[] = {
    {.label = "last axis", .in = {{2, {3, 5}}}, .attr = &(const cumsum_attr){-1, false}},
    {.label = "first axis", .in = {{2, {5, 3}}}, .attr = &(const cumsum_attr){0, false}},
    {.label = "middle, reverse", .in = {{3, {2, 4, 3}}}, .attr = &(const cumsum_attr){1, true}},
};

const wg_op wg__op_cumsum = {
    .name = "cumsum",
    .arity = 1,
    .attr_size = sizeof(cumsum_attr),
    .traits = 0,
    .shape = wg__along_shape,
    .forward_f64 = cumsum_forward,
    .forward_f32 = cumsum_forward,
    .vjp = cumsum_vjp,
    .backward_f64 = cumsum_backward,
    .backward_f32 = cumsum_backward,
    .formula = "cumsum(x)",
    .rule = cumsum_rule,
    .samples = cumsum_samples,
    .sample_count = sizeof cumsum_samples / sizeof cumsum_samples[0],
};

wg_var wg_cumsum(wg_var x, int axis)
{
    cumsum_attr attr = {.axis = axis};
    return wg_apply(&wg__op_cumsum, &x, 1, &attr);
}
