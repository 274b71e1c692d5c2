/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* l1: prediction a, target b of one shape -> |a - b|, reduced;  dL/da = sign(a - b) = -dL/db */

#include "ops/pointwise_loss.h"

#define NUMBER(options) 0
#define VALUE(a, b, c) (fabs((a) - (b)))
#define SLOPE_A(a, b, c) ((a) > (b) ? 1 : (a) < (b) ? -1 : (a) - (b)) /* NaN stays */
#define SLOPE_B(a, b, c) SLOPE_A(b, a, c)
#define TEMPLATE "ops/pointwise_loss_real.h"
#include "base/for_each_real.h"

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var s = wg_sign(wg_sub(op->arg[0], op->arg[1]));
    return wg__pointwise_vjp(op, g[0], s, wg_neg(s), grad_in);
}

wg_var wg_l1(wg_var prediction, wg_var target, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_l1, prediction, target, options);
}

const wg_op wg__op_l1 = {.name = "l1",
    .arity = 2,
    .attr_size = sizeof(wg_loss_options),
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = wg__pointwise_shape,
    .forward_f64 = pointwise_forward_f64,
    .forward_f32 = pointwise_forward_f32,
    .workspace = wg__pointwise_workspace,
    .vjp = vjp,
    .backward_f64 = pointwise_backward_f64,
    .backward_f32 = pointwise_backward_f32,
    .formula = "|a - b|",
    .samples = wg__pointwise_samples,
    .sample_count = WG_POINTWISE_SAMPLES};
