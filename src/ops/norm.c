/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* norm.c - y [kept axes] = the root of the sum of x^2 over the others.
 *
 * dy/dx_i = x_i / y; at y = 0, where there is no derivative, 0. Squares of doubles overflow at 1e154 and
 * vanish at 1e-162: where a sum comes out of range, x is divided by its largest absolute value and summed
 * again. */

#include <math.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/* largest[o] = max |x|, from the maximum and the minimum. */
static bool largest_sizes(wg_op_context *op, const wg_runs *runs, double *largest)
{
    size_t bytes = wg__extremum_scratch(runs);
    double *smallest = wg_op_scratch(op, runs->outputs * sizeof *smallest);
    size_t *index = wg_op_scratch(op, runs->outputs * sizeof *index);
    void *scratch = bytes ? wg_op_scratch(op, bytes) : NULL;
    if (!smallest || !index || (bytes && !scratch))
        return false;
    wg__reduce_extremum(runs, op->dtype, op->in[0], 1, largest, index, scratch, op->threads);
    wg__reduce_extremum(runs, op->dtype, op->in[0], -1, smallest, index, scratch, op->threads);
    for (size_t o = 0; o < runs->outputs; o++)
        largest[o] = -smallest[o] > largest[o] ? -smallest[o] : largest[o];
    return true;
}

/* Are all sums of squares in the range in which they are accurate? */
static bool in_range(const wg_runs *runs, const double *sum)
{
    for (size_t o = 0; o < runs->outputs; o++)
        if (!(sum[o] > 1e-280 && sum[o] < 1e300))
            return false;
    return true;
}

/* Powers of two that bring the largest term's square into range: multiplying by them rounds nothing. */
static bool choose_scales(wg_op_context *op, const wg_runs *runs, double *scale)
{
    if (!largest_sizes(op, runs, scale))
        return false;
    for (size_t o = 0; o < runs->outputs; o++)
        scale[o] = scale[o] < 1e-140 ? 0x1p600 : scale[o] > 1e140 ? 0x1p-600 : 1;
    return true;
}

static wg_status norm_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs), *scale = wg_op_scratch(op, runs.outputs * sizeof *scale);
    if (!scale)
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        scale[o] = 1;
    if (!wg__over_fold(op, wg__fold_scaled, &runs, scale, y))
        return WG_OUT_OF_MEMORY;
    if (op->dtype == WG_F64 && runs.terms > 0 && !in_range(&runs, y))
        if (!choose_scales(op, &runs, scale) || !wg__over_fold(op, wg__fold_scaled, &runs, scale, y))
            return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = sqrt(y[o]) / scale[o];
    wg__over_store(op, &runs, y);
    return WG_OK;
}

/* x / y where y is not 0, else 0; the inner choice keeps 0 / 0 out of the derivative of this too. g / y would
 * be infinite for a small y, and 0 for a large one. */
static wg_status norm_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var y = wg__over_kept(op, op->result[0]), zero = wg_eqc(y, 0);
    wg_var direction = wg_cwhere(zero, 0, wg_div(op->arg[0], wg_cwhere(zero, 1, y)));
    grad_in[0] = wg_mul(wg__over_kept(op, g[0]), direction);
    return WG_OK;
}

/* As the rule; where g / y has the room of a double, that is computed once. */
static wg_status norm_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]), *y = wg__over_doubles(op, &runs, op->out[0]);
    if (!g || !y)
        return WG_OUT_OF_MEMORY;
    bool near = true;
    for (size_t o = 0; o < runs.outputs; o++)
        near = near && (y[o] == 0 || (y[o] > 1e-100 && y[o] < 1e100));
    for (size_t o = 0; o < runs.outputs; o++) {
        g[o] = y[o] == 0 ? 0 : near ? g[o] / y[o] : g[o];
        y[o] = near ? 0 : y[o] == 0 ? 1 : y[o];
    }
    const wg_spread *spread = near ? wg__spread_linear : wg__spread_quotient;
    wg__reduce_spread(&spread[op->dtype == WG_F32], &runs, op->in[0], g, y, op->grad_in[0], op->threads);
    return WG_OK;
}

/* Of doubles also what a second pass takes, which there seldom is. */
static size_t norm_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    size_t doubles = wg__over_doubles_workspace(&runs), once = wg__over_workspace(op) + doubles;
    if (op->backward || op->dtype == WG_F32)
        return once;
    return once + doubles + wg_op_scratch_size(runs.outputs * sizeof(size_t)) +
           wg__over_extremum_workspace(&runs) + wg__over_fold_workspace(&runs);
}

static double norm_scalar(const double *in, const void *attr)
{
    (void)attr;
    return fabs(in[0]);
}

static const char *const norm_rule[] = {"g x / y"};

const wg_op wg__op_norm = {
    .name = "norm",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = wg__over_shape,
    .forward_f64 = norm_forward,
    .forward_f32 = norm_forward,
    .workspace = norm_workspace,
    .vjp = norm_vjp,
    .backward_f64 = norm_backward,
    .backward_f32 = norm_backward,
    .scalar = norm_scalar,
    .formula = "norm(x)",
    .rule = norm_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_norm_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_norm, &x, 1, &over);
}

wg_var wg_norm(wg_var x)
{
    return wg_norm_over(x, WG_ALL_AXES, false);
}
