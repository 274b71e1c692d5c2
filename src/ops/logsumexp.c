/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* logsumexp.c - y [kept axes] = log(sum of e^x over the others), as m + log(sum e^(x - m)) with the largest x
 * as m.
 *
 * dy/dx_i = e^x_i / sum e^x = e^(x_i - y). Where y is -infinity every e^x is 0, and so is the derivative. */

#include <math.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/* m[o]: the largest term; 0 where it is not finite, for then any m will do, and infinity - infinity would
 * not. */
static bool shifts(wg_op_context *op, const wg_runs *runs, double *m)
{
    size_t bytes = wg_extremum_scratch(runs);
    size_t *index = wg_op_scratch(op, runs->outputs * sizeof *index);
    void *scratch = bytes ? wg_op_scratch(op, bytes) : NULL;
    if (!index || (bytes && !scratch))
        return false;
    if (runs->terms > 0)
        wg_reduce_extremum(runs, op->dtype, op->in[0], 1, m, index, scratch, op->threads);
    for (size_t o = 0; o < runs->outputs; o++)
        m[o] = runs->terms > 0 && isfinite(m[o]) ? m[o] : 0;
    return true;
}

static wg_status logsumexp_forward(wg_op_context *op)
{
    wg_runs runs = wg_over_runs(op);
    double *y = wg_over_result(op, &runs), *m = wg_op_scratch(op, runs.outputs * sizeof *m);
    if (!m || !shifts(op, &runs, m) || !wg_over_fold(op, wg_fold_exponentials, &runs, m, y))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = m[o] + log(y[o]);
    wg_over_store(op, &runs, y);
    return WG_OK;
}

static wg_status logsumexp_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var y = op->result[0], safe = wg_cwhere(wg_eqc(y, (double)-INFINITY), 0, y);
    wg_var share = wg_exp(wg_sub(op->arg[0], wg_over_kept(op, safe)));
    grad_in[0] = wg_mul(wg_over_kept(op, g[0]), share);
    return WG_OK;
}

static wg_status logsumexp_backward(wg_op_context *op)
{
    wg_runs runs = wg_over_runs(op);
    double *g = wg_over_doubles(op, &runs, op->upstream[0]), *y = wg_over_doubles(op, &runs, op->out[0]);
    if (!g || !y)
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = y[o] == (double)-INFINITY ? 0 : y[o];
    wg_reduce_spread(
        &wg_spread_exponential[op->dtype == WG_F32], &runs, op->in[0], g, y, op->grad_in[0], op->threads);
    return WG_OK;
}

static double logsumexp_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0];
}

static const char *const logsumexp_rule[] = {"g exp(x - y)"};

const wg_op wg_op_logsumexp = {
    .name = "logsumexp",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = wg_over_shape,
    .forward_f64 = logsumexp_forward,
    .forward_f32 = logsumexp_forward,
    .vjp = logsumexp_vjp,
    .backward_f64 = logsumexp_backward,
    .backward_f32 = logsumexp_backward,
    .scalar = logsumexp_scalar,
    .formula = "logsumexp(x)",
    .rule = logsumexp_rule,
    .samples = wg_over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_logsumexp_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg_op_logsumexp, &x, 1, &over);
}

wg_var wg_logsumexp(wg_var x)
{
    return wg_logsumexp_over(x, WG_ALL_AXES, false);
}
