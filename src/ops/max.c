/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* max.c - y [kept axes] = the largest, or smallest, x over the others; and the mask of where it is first.
 *
 * Only the first extremum moves y: it gets g, the others 0. The forward pass keeps where it is (keep[0], the
 * number of the term), and the kernel puts g there; the rule chooses by a mask, an operation without a
 * gradient. */

#include <string.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

static wg_status extremum_shape(wg_op_context *op)
{
    wg_status status = wg__over_some_shape(op);
    if (status == WG_OK)
        op->keep_bytes[0] = wg__over_runs(op).outputs * sizeof(size_t);
    return status;
}

static wg_status extremum_forward(wg_op_context *op, double sign)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs);
    if (!wg__over_extremum(op, &runs, sign, y, op->keep[0]))
        return WG_OUT_OF_MEMORY;
    wg__over_store(op, &runs, y);
    return WG_OK;
}

static wg_status max_forward(wg_op_context *op)
{
    return extremum_forward(op, 1);
}

static wg_status min_forward(wg_op_context *op)
{
    return extremum_forward(op, -1);
}

/* y = 0 but at the index of each output, where it is value[o], or 1. */
static void put(const wg_op_context *op, const wg_runs *runs, const size_t *index, const void *value, void *y)
{
    memset(y, 0, runs->outputs * runs->terms * wg_dtype_size(op->dtype));
    for (size_t o = 0; o < runs->outputs && runs->terms > 0; o++) {
        size_t at = wg__term_place(runs, o, index[o]);
        if (op->dtype == WG_F32)
            ((float *)y)[at] = value ? ((const float *)value)[o] : 1;
        else
            ((double *)y)[at] = value ? ((const double *)value)[o] : 1;
    }
}

static wg_status extremum_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    put(op, &runs, op->keep[0], op->upstream[0], op->grad_in[0]);
    return WG_OK;
}

static wg_status mask_forward(wg_op_context *op, double sign)
{
    wg_runs runs = wg__over_runs(op);
    double *value = wg_op_scratch(op, runs.outputs * sizeof *value);
    size_t *index = wg_op_scratch(op, runs.outputs * sizeof *index);
    if (!wg__over_extremum(op, &runs, sign, value, index))
        return WG_OUT_OF_MEMORY;
    put(op, &runs, index, NULL, op->out[0]);
    return WG_OK;
}

static size_t extremum_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    return op->backward ? 0 : wg__over_result_workspace(op, &runs) + wg__over_extremum_workspace(&runs);
}

/* Values and indices as well. */
static size_t mask_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    return wg__over_doubles_workspace(&runs) + wg_op_scratch_size(runs.outputs * sizeof(size_t)) +
           wg__over_extremum_workspace(&runs);
}

static wg_status max_mask_forward(wg_op_context *op)
{
    return mask_forward(op, 1);
}

static wg_status min_mask_forward(wg_op_context *op)
{
    return mask_forward(op, -1);
}

/* 1 where the extremum is first, else 0: of x's shape. */
static wg_status mask_shape(wg_op_context *op)
{
    wg_status status = wg__over_some_shape(op);
    op->out_shape[0] = *op->in_shape[0];
    return status;
}

static wg_status choose(wg_op_context *op, const wg_op *mask_op, wg_var g, wg_var *grad_in)
{
    wg_var mask = wg_apply(mask_op, &op->arg[0], 1, op->attr);
    grad_in[0] = wg_wherec(mask, wg__over_kept(op, g), 0);
    return WG_OK;
}

static wg_status max_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    return choose(op, &wg__op_max_mask, g[0], grad_in);
}

static wg_status min_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    return choose(op, &wg__op_min_mask, g[0], grad_in);
}

static const char *const extremum_rule[] = {"g at the first one"};

const wg_op wg__op_max = {
    .name = "max",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = extremum_shape,
    .forward_f64 = max_forward,
    .forward_f32 = max_forward,
    .workspace = extremum_workspace,
    .vjp = max_vjp,
    .backward_f64 = extremum_backward,
    .backward_f32 = extremum_backward,
    .formula = "max(x)",
    .rule = extremum_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

const wg_op wg__op_min = {
    .name = "min",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = extremum_shape,
    .forward_f64 = min_forward,
    .forward_f32 = min_forward,
    .workspace = extremum_workspace,
    .vjp = min_vjp,
    .backward_f64 = extremum_backward,
    .backward_f32 = extremum_backward,
    .formula = "min(x)",
    .rule = extremum_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

const wg_op wg__op_max_mask = {
    .name = "max_mask",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_PLAIN_ATTR,
    .shape = mask_shape,
    .forward_f64 = max_mask_forward,
    .forward_f32 = max_mask_forward,
    .workspace = mask_workspace,
    .formula = "x is the first max",
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

const wg_op wg__op_min_mask = {
    .name = "min_mask",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_PLAIN_ATTR,
    .shape = mask_shape,
    .forward_f64 = min_mask_forward,
    .forward_f32 = min_mask_forward,
    .workspace = mask_workspace,
    .formula = "x is the first min",
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_max_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_max, &x, 1, &over);
}

wg_var wg_max(wg_var x)
{
    return wg_max_over(x, WG_ALL_AXES, false);
}

wg_var wg_min_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_min, &x, 1, &over);
}

wg_var wg_min(wg_var x)
{
    return wg_min_over(x, WG_ALL_AXES, false);
}
