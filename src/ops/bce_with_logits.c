/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bce_with_logits: logits z, targets y of one shape -> log(1 + e^z) - z y, reduced
 *
 *     L     = max(z, 0) (1 - y) - min(z, 0) y + log(1 + e^-|z|)
 *     dL/dz = s(z) - y = s(z) (1 - y) - s(-z) y
 *     dL/dy = -z
 *
 * Nothing cancels for y = 0 and y = 1, and nothing overflows. An infinite logit times 0, what is wrong with
 * its own target, is 0. The choices have no arithmetic in their arms, which would keep the loops from being
 * vectorised. */

#include "ops/pointwise_loss.h"

#define NUMBER(options) 0
#define VALUE(z, y, c)                                                                                       \
    (((((z) < 0) | ((y) == 1)) ? 0 : (z)) * (1 - (y)) - ((((z) < 0) & ((y) != 0)) ? (z) : 0) * (y) +         \
        log1p(exp(-fabs(z))))
#define SLOPE_A(z, y, c) ((1 - (y)) / (1 + exp(-(z))) - (y) / (1 + exp(z)))
#define SLOPE_B(z, y, c) (-(z))
#define TEMPLATE "ops/pointwise_loss_real.h"
#include "base/for_each_real.h"

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var z = op->arg[0], y = op->arg[1];
    wg_var slope = wg_sub(wg_mul(wg_sigmoid(z), wg_csub(1, y)), wg_mul(wg_sigmoid(wg_neg(z)), y));
    return wg__pointwise_vjp(op, g[0], slope, wg_neg(z), grad_in);
}

wg_var wg_bce_with_logits(wg_var logits, wg_var target, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_bce_with_logits, logits, target, options);
}

static const wg_op_sample samples[] = {
    {"mean", .in = {{2, {3, 4}}, {2, {3, 4}}}, .lo = {-4, 0}, .hi = {4, 1}},
    {"sum", .in = {{1, {5}}, {1, {5}}}, .lo = {-4, 0}, .hi = {4, 1},
        .attr = &(const wg_loss_options){.reduction = WG_SUM}},
    {"none", .in = {{2, {2, 3}}, {2, {2, 3}}}, .lo = {-4, 0}, .hi = {4, 1},
        .attr = &(const wg_loss_options){.reduction = WG_NONE}},
};

const wg_op wg__op_bce_with_logits = {.name = "bce_with_logits",
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
    .formula = "log(1 + e^z) - z y",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
