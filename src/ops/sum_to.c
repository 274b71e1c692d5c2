/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sum_to.c - y [shape] = the sum of x over the axes that `shape` lacks or has with size 1: a broadcast
 * undone.
 *
 * Every element of x goes into one y, so it gets that g: g stretched to x's shape. */

#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/axes.h"
#include "ops/lanes.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/* The attribute is the shape. */
static wg_runs sum_to_runs(const wg_op_context *op)
{
    return wg__sum_to_runs(op->attr, op->in_shape[0]);
}

static wg_status sum_to_shape(wg_op_context *op)
{
    const wg_shape *shape = op->attr;
    wg_shape both;
    char text[192];
    if (!wg_shape_broadcast(shape, op->in_shape[0], &both) || !wg_shape_equal(&both, op->in_shape[0]))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s is no stretched %s", wg_op_operand(op, 0),
            wg_shape_text(shape, text, sizeof text));
    op->out_shape[0] = *shape;
    return wg__op_needs_real(op, 0);
}

static wg_status sum_to_forward(wg_op_context *op)
{
    wg_runs runs = sum_to_runs(op);
    double *y = wg__over_result(op, &runs);
    if (!wg__over_fold(op, wg__fold_sum, &runs, NULL, y))
        return WG_OUT_OF_MEMORY;
    wg__over_store(op, &runs, y);
    return WG_OK;
}

/* From images to something that has no numbers of its own for each image and column. */
static unsigned sum_to_lanes(wg_op_context *op, double *saved)
{
    (void)saved;
    bool alike = wg__is_batch_of_lanes(op->in_shape[0]) && wg__is_alike_in_lanes(&op->out_shape[0]);
    return alike ? WG_LANES_OPERAND(0) | WG_LANES_FOLDED : 0;
}

static wg_status sum_to_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_broadcast_to(g[0], *op->in_shape[0]);
    return WG_OK;
}

static wg_status sum_to_backward(wg_op_context *op)
{
    wg_runs runs = sum_to_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]);
    if (!g)
        return WG_OUT_OF_MEMORY;
    wg__reduce_spread(
        &wg__spread_copy[op->dtype == WG_F32], &runs, NULL, g, NULL, op->grad_in[0], op->threads);
    return WG_OK;
}

static size_t sum_to_workspace(const wg_op_context *op)
{
    wg_runs runs = sum_to_runs(op);
    return op->backward ? wg__over_doubles_workspace(&runs)
                        : wg__over_result_workspace(op, &runs) + wg__over_fold_workspace(&runs);
}

static const char *const sum_to_rule[] = {"g"};

static const wg_op_sample sum_to_samples[] = {
    {.label = "bias", .in = {{2, {5, 3}}}, .attr = &(const wg_shape){1, {3}}},
    {.label = "column", .in = {{2, {3, 5}}}, .attr = &(const wg_shape){2, {3, 1}}},
    {.label = "both", .in = {{4, {2, 3, 2, 4}}}, .attr = &(const wg_shape){3, {3, 1, 4}}},
    {.label = "scalar", .in = {{2, {2, 3}}}, .attr = &(const wg_shape){0, {0}}},
    {.label = "as it is", .in = {{2, {2, 1}}}, .attr = &(const wg_shape){2, {2, 1}}},
};

const wg_op wg__op_sum_to = {
    .name = "sum_to",
    .arity = 1,
    .attr_size = sizeof(wg_shape),
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = sum_to_shape,
    .forward_f64 = sum_to_forward,
    .forward_f32 = sum_to_forward,
    .workspace = sum_to_workspace,
    .vjp = sum_to_vjp,
    .lanes = sum_to_lanes,
    .backward_f64 = sum_to_backward,
    .backward_f32 = sum_to_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .formula = "sum_to(x)",
    .rule = sum_to_rule,
    .samples = sum_to_samples,
    .sample_count = sizeof sum_to_samples / sizeof sum_to_samples[0],
};

wg_var wg_sum_to(wg_var x, wg_shape shape)
{
    wg_shape now = wg_shape_of(x);
    return wg_shape_equal(&now, &shape) ? x : wg_apply(&wg__op_sum_to, &x, 1, &shape);
}
