/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* prod.c - y [kept axes] = the product of x over the others.
 *
 * dy/dx_i is the product of the others. y / x_i would fail at 0, so the kernel multiplies what comes before
 * by what comes after. The kernels keep exponents apart where a part of the product leaves the range of
 * doubles. Derivatives of higher order are prod_slope.c's. */

#include <math.h>
#include <stdint.h>
#include <wengert/reduce.h>
#include "kernels/wide_product.h"
#include "ops/ops.h"
#include "ops/prod_slope.h"
#include "ops/reduce_axes.h"

/* The terms of output o in their order, where parts of the product leave the range of doubles. */
static double far_product(const wg_op_context *op, const wg_runs *runs, size_t o)
{
    wg_wide_product product = {1, 0};
    for (size_t t = 0; t < runs->terms; t++) {
        size_t at = wg__term_place(runs, o, t);
        product = wg__wide_product_times(product,
            op->dtype == WG_F32 ? (double)((const float *)op->in[0])[at] : ((const double *)op->in[0])[at]);
    }
    return wg__wide_product_value(product);
}

static wg_status prod_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *y = wg__over_result(op, &runs);
    if (!wg__over_fold(op, wg__fold_product, &runs, NULL, y))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        if (!isfinite(y[o]))
            y[o] = far_product(op, &runs, o);
    wg__over_store(op, &runs, y);
    return WG_OK;
}

static wg_status prod_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg__prod_slope(op->arg[0], g[0], op->attr);
    return WG_OK;
}

static wg_status prod_backward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    double *g = wg__over_doubles(op, &runs, op->upstream[0]);
    wg_wide_product *before = wg_op_scratch(op, runs.outputs * runs.terms * sizeof *before);
    if (!g || !before)
        return WG_OUT_OF_MEMORY;
    wg__spread_products(&runs, op->dtype, op->in[0], g, op->grad_in[0], before, op->threads);
    return WG_OK;
}

static size_t prod_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    size_t before = runs.outputs * runs.terms * sizeof(wg_wide_product);
    return wg__over_workspace(op) + (op->backward ? wg_op_scratch_size(before) : 0);
}

static double prod_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0];
}

static const char *const prod_rule[] = {"g times the others"};

const wg_op wg__op_prod = {
    .name = "prod",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg__over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = wg__over_shape,
    .forward_f64 = prod_forward,
    .forward_f32 = prod_forward,
    .workspace = prod_workspace,
    .vjp = prod_vjp,
    .backward_f64 = prod_backward,
    .backward_f32 = prod_backward,
    .scalar = prod_scalar,
    .formula = "prod(x)",
    .rule = prod_rule,
    .samples = wg__over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_prod_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg__op_prod, &x, 1, &over);
}

wg_var wg_prod(wg_var x)
{
    return wg_prod_over(x, WG_ALL_AXES, false);
}
