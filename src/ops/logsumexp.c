/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* logsumexp.c - y [kept axes] = log(sum of e^x over the others), as m + log(s) with the largest x as m and
 * s = sum e^(x - m).
 *
 * dy/dx_i = e^(x_i - m) / s. This is e^(x_i - y), too, but y is rounded: a float of 1000 to 6e-5, of which
 * its exponential would be off by as much. Where y is -infinity every e^x is 0, and so is the derivative. */

#include <math.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/* Kept: for each output m, then s. */
static wg_status logsumexp_shape(wg_op_context *op)
{
    wg_status status = wg__over_shape(op);
    if (status == WG_OK)
        op->keep_bytes[0] = wg__over_runs(op).outputs * 2 * sizeof(double);
    return status;
}

/* m[o]: the largest term; 0 where it is not finite, for then any m will do, and infinity - infinity would
 * not. */
static bool shifts(wg_op_context *op, const wg_runs *runs, double *m)
{
    size_t *index = wg_op_scratch(op, runs->outputs * sizeof *index);
    if (!index || !wg__over_extremum(op, runs, 1, m, index))
        return false;
    for (size_t o = 0; o < runs->outputs; o++)
        m[o] = runs->terms > 0 && isfinite(m[o]) ? m[o] : 0;
    return true;
}

static wg_status logsumexp_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs), *m = op->keep[0], *s = m + runs.outputs;
    if (runs.outputs == 0)
        return WG_OK;
    if (!y || !shifts(op, &runs, m) || !wg__over_fold(op, wg__fold_exponentials, &runs, m, s))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = m[o] + log(s[o]);
    wg__over_store(op, &runs, y);
    return WG_OK;
}

/* Any number will do as m, so that no derivative goes through it; 0 stands for -infinity. */
static wg_status logsumexp_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const wg_over *over = op->attr;
    wg_var x = op->arg[0], upstream = wg__over_kept(op, g[0]);
    if (wg__over_runs(op).terms == 0) {
        grad_in[0] = wg_mul(x, upstream); /* nothing, in x's shape */
        return WG_OK;
    }
    wg_var m = wg_detach(wg_max_over(x, over->axes, true));
    wg_var e = wg_exp(wg_sub(x, wg_cwhere(wg_eqc(m, (double)-INFINITY), 0, m)));
    wg_var s = wg_sum_over(e, over->axes, true);
    grad_in[0] = wg_mul(upstream, wg_div(e, wg_cwhere(wg_eqc(s, 0), 1, s)));
    return WG_OK;
}

static wg_status logsumexp_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    const double *m = op->keep[0], *s = m + runs.outputs;
    double *g = wg__over_doubles(op, &runs, op->upstream[0]);
    if (!g)
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        g[o] = s[o] == 0 ? 0 : g[o] / s[o];
    wg__reduce_spread(
        &wg__spread_exponential[op->dtype == WG_F32], &runs, op->in[0], g, m, op->grad_in[0], op->threads);
    return WG_OK;
}

static size_t logsumexp_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    if (op->backward || runs.outputs == 0)
        return wg__over_workspace(op);
    return wg__over_workspace(op) + wg_op_scratch_size(runs.outputs * sizeof(size_t)) +
           wg__over_extremum_workspace(&runs);
}

static const char *const logsumexp_rule[] = {"g exp(x) / sum(exp(x))"};

const wg_op wg__op_logsumexp = {
    .name = "logsumexp",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = logsumexp_shape,
    .forward_f64 = logsumexp_forward,
    .forward_f32 = logsumexp_forward,
    .workspace = logsumexp_workspace,
    .vjp = logsumexp_vjp,
    .backward_f64 = logsumexp_backward,
    .backward_f32 = logsumexp_backward,
    .backward_ignores = WG_IGNORES_RESULT(0),
    .formula = "logsumexp(x)",
    .rule = logsumexp_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_logsumexp_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_logsumexp, &x, 1, &over);
}

wg_var wg_logsumexp(wg_var x)
{
    return wg_logsumexp_over(x, WG_ALL_AXES, false);
}
