/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* huber: prediction a, target b of one shape, d = a - b -> d^2 / 2 where |d| <= delta, else delta (|d| -
 * delta / 2), reduced;  dL/da = d held between -delta and delta = -dL/db */

#include <math.h>
#include "base/option.h"
#include "ops/pointwise_loss.h"

static double delta_of(const wg_loss_options *options)
{
    return wg__option_or(options->delta, 1);
}

#define NUMBER(options) delta_of(options)
/* q (|d| - q / 2), q = min(|d|, delta): both cases in one */
#define CAPPED(a, b, c) (fabs((a) - (b)) < (c) ? fabs((a) - (b)) : (c))
#define VALUE(a, b, c) (CAPPED(a, b, c) * (fabs((a) - (b)) - CAPPED(a, b, c) / 2))
#define SLOPE_A(a, b, c) ((a) - (b) < -(c) ? -(c) : (a) - (b) > (c) ? (c) : (a) - (b))
#define SLOPE_B(a, b, c) SLOPE_A(b, a, c)
#define TEMPLATE "ops/pointwise_loss_real.h"
#include "base/for_each_real.h"

static wg_status shape(wg_op_context *op)
{
    const wg_loss_options *options = op->attr;
    if (!(options->delta >= 0 && options->delta < HUGE_VAL))
        return wg_op_fail(op, WG_INVALID, "delta %g is not a positive number", options->delta);
    return wg__pointwise_shape(op);
}

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    double delta = delta_of(op->attr);
    wg_var slope = wg_clamp(wg_sub(op->arg[0], op->arg[1]), -delta, delta);
    return wg__pointwise_vjp(op, g[0], slope, wg_neg(slope), grad_in);
}

wg_var wg_huber(wg_var prediction, wg_var target, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_huber, prediction, target, options);
}

const wg_op wg__op_huber = {.name = "huber",
    .arity = 2,
    .attr_size = sizeof(wg_loss_options),
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = pointwise_forward_f64,
    .forward_f32 = pointwise_forward_f32,
    .workspace = wg__pointwise_workspace,
    .vjp = vjp,
    .backward_f64 = pointwise_backward_f64,
    .backward_f32 = pointwise_backward_f32,
    .formula = "d = a - b: |d| <= delta ? d^2 / 2 : delta (|d| - delta / 2)",
    .samples = wg__pointwise_samples,
    .sample_count = WG_POINTWISE_SAMPLES};
