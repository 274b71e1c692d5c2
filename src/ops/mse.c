/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* mse: prediction a, target b of one shape -> (a - b)^2, reduced;  dL/da = 2 (a - b) = -dL/db */

#include "ops/pointwise_loss.h"

#define NUMBER(options) 0
#define VALUE(a, b, c) (((a) - (b)) * ((a) - (b)))
#define SLOPE_A(a, b, c) (2 * ((a) - (b)))
#define SLOPE_B(a, b, c) (2 * ((b) - (a)))
#define TEMPLATE "ops/pointwise_loss_real.h"
#include "base/for_each_real.h"

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var d = wg_sub(op->arg[0], op->arg[1]);
    return wg__pointwise_vjp(op, g[0], wg_mulc(d, 2), wg_mulc(d, -2), grad_in);
}

wg_var wg_mse(wg_var prediction, wg_var target, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_mse, prediction, target, options);
}

const wg_op wg__op_mse = {.name = "mse",
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
    .formula = "(a - b)^2",
    .samples = wg__pointwise_samples,
    .sample_count = WG_POINTWISE_SAMPLES};
