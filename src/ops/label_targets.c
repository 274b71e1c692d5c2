/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* label_targets: logits [N, C, d1, ...], i32 labels [N, d1, ...] -> like the logits: (1 - s) [c = label] + s
 * / C
 *
 * Of the logits only shape and dtype count. It stands in the expansions of the losses on labels, where it
 * makes a sum over classes of what is else a gather. */

#include "ops/loss.h"
#include "ops/ops.h"

static wg_status shape(wg_op_context *op)
{
    if (op->in_dtype[0] == WG_I32 || op->in_shape[0]->rank < 2)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s is not [N, C, ...], floating", wg_op_operand(op, 0));
    wg_shape labels = wg__labels_of(op->in_shape[0]);
    return wg__labels_shape(op, &labels);
}

#define TEMPLATE "ops/label_targets_real.h"
#include "base/for_each_real.h"

wg_var wg__label_targets(wg_var logits, wg_var labels, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_label_targets, logits, labels, options);
}

static const wg_op_sample samples[] = {
    {"one-hot", .in = {{2, {4, 3}}, {1, {4}}}, .int_below = {0, 3}},
    {"smoothed", .in = {{3, {2, 3, 2}}, {2, {2, 2}}}, .int_below = {0, 3},
        .attr = &(const wg_loss_options){.label_smoothing = 0.1}},
};

const wg_op wg__op_label_targets = {.name = "label_targets",
    .arity = 2,
    .attr_size = sizeof(wg_loss_options),
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = label_targets_forward_f64,
    .forward_f32 = label_targets_forward_f32,
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
