/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* prod.c - y [kept axes] = the product of x over the others.
 *
 * dy/dx_i is the product of the others. y / x_i would fail at 0, so the kernel multiplies what comes before
 * by what comes after; the expansion multiplies halves until one is left, and so differentiates by the
 * product rule alone. The kernels keep exponents apart where a part of the product leaves the range of
 * doubles. */

#include <math.h>
#include <stdint.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "kernels/wide_product.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/* The terms of output o in their order, where parts of the product leave the range of doubles. */
static double far_product(const wg_op_context *op, const wg_runs *runs, size_t o)
{
    wg_wide_product product = {1, 0};
    for (size_t t = 0; t < runs->terms; t++) {
        size_t at = wg_term_place(runs, o, t);
        product = wg_wide_product_times(product,
            op->dtype == WG_F32 ? (double)((const float *)op->in[0])[at] : ((const double *)op->in[0])[at]);
    }
    return wg_wide_product_value(product);
}

static wg_status prod_forward(wg_op_context *op)
{
    wg_runs runs = wg_over_runs(op);
    double *y = wg_over_result(op, &runs);
    if (!wg_over_fold(op, wg_fold_product, &runs, NULL, y))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        if (!isfinite(y[o]))
            y[o] = far_product(op, &runs, o);
    wg_over_store(op, &runs, y);
    return WG_OK;
}

/* x with the reduced axes in front, as [terms, outputs]. */
static wg_var terms_first(const wg_op_context *op, const wg_runs *runs)
{
    const wg_over *over = op->attr;
    const wg_shape *x = op->in_shape[0];
    bool reduced[WG_MAX_RANK], moves = false;
    size_t bad;
    wg_axes order = {0};
    wg_axes_mark(&over->axes, x, reduced, &bad);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < x->rank; i++)
            if (reduced[i] == (pass == 0)) {
                moves = moves || order.count != i;
                order.axis[order.count++] = (int)i;
            }
    wg_var moved = moves ? wg_permute(op->arg[0], order) : op->arg[0];
    return wg_reshape(moved, WG_SHAPE(runs->terms, runs->outputs));
}

static wg_status prod_expand(wg_op_context *op, wg_var *results)
{
    const wg_over *over = op->attr;
    wg_runs runs = wg_over_runs(op);
    if (runs.terms == 0 || runs.outputs == 0) { /* ones, or nothing */
        results[0] = wg_addc(wg_sum_over(op->arg[0], over->axes, over->keep), 1);
        return WG_OK;
    }
    wg_var x = terms_first(op, &runs);
    for (size_t n = runs.terms; n > 1; n = n / 2 + n % 2) {
        ptrdiff_t half = (ptrdiff_t)(n / 2);
        wg_var rest = n % 2 ? wg_slice(x, 0, 2 * half, WG_END, 1) : x;
        x = wg_mul(wg_slice(x, 0, 0, half, 1), wg_slice(x, 0, half, 2 * half, 1));
        if (n % 2)
            x = wg_concat((const wg_var[]){x, rest}, 2, 0);
    }
    results[0] = wg_reshape(x, op->out_shape[0]);
    return WG_OK;
}

static wg_status prod_backward(wg_op_context *op)
{
    wg_runs runs = wg_over_runs(op);
    double *g = wg_over_doubles(op, &runs, op->upstream[0]);
    wg_wide_product *before = wg_op_scratch(op, runs.outputs * runs.terms * sizeof *before);
    if (!g || !before)
        return WG_OUT_OF_MEMORY;
    wg_spread_products(&runs, op->dtype, op->in[0], g, op->grad_in[0], before, op->threads);
    return WG_OK;
}

static double prod_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0];
}

static const char *const prod_rule[] = {"g times the others"};

const wg_op wg_op_prod = {
    .name = "prod",
    .arity = 1,
    .attr_size = sizeof(wg_over),
    .describe = wg_over_describe,
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = wg_over_shape,
    .forward_f64 = prod_forward,
    .forward_f32 = prod_forward,
    .expand = prod_expand,
    .backward_f64 = prod_backward,
    .backward_f32 = prod_backward,
    .scalar = prod_scalar,
    .formula = "prod(x)",
    .rule = prod_rule,
    .samples = wg_over_samples,
    .sample_count = WG_OVER_SAMPLES,
};

wg_var wg_prod_over(wg_var x, wg_axes axes, bool keep)
{
    wg_over over = {.axes = axes, .keep = keep};
    return wg_apply(&wg_op_prod, &x, 1, &over);
}

wg_var wg_prod(wg_var x)
{
    return wg_prod_over(x, WG_ALL_AXES, false);
}
