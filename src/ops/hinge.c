/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* hinge: scores s [N, C], i32 labels y [N] -> losses [N], reduced
 *
 *     L = sum over j != y of max(0, s[j] - s[y] + margin)^power
 *
 * A class that meets its margin exactly lies on the kink; its slope there is 0, as relu's. */

#include <math.h>
#include <stdbool.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include "base/option.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "ops/loss.h"
#include "ops/ops.h"

enum { BLOCK = 256 };

static double margin_of(const wg_loss_options *options)
{
    return wg__option_or(options->margin, 1);
}

/* What the label's own class adds when it takes part: max(0, s[y] - s[y] + margin)^power. */
static double constant_of(const wg_loss_options *options)
{
    double margin = margin_of(options);
    return !options->include_label ? 0 : options->power == 2 ? margin * margin : margin;
}

static wg_status shape(wg_op_context *op)
{
    const wg_loss_options *options = op->attr;
    if (op->in_dtype[0] == WG_I32)
        return wg_op_fail(op, WG_BAD_DTYPE, "scores %s are not floating", wg_op_operand(op, 0));
    if (op->in_shape[0]->rank != 2)
        return wg_op_fail(op, WG_BAD_SHAPE, "scores %s are not [N, C]", wg_op_operand(op, 0));
    if (options->power < 0 || options->power > 2)
        return wg_op_fail(op, WG_INVALID, "power %d is neither 1 nor 2", options->power);
    if (!(options->margin >= 0 && options->margin < HUGE_VAL))
        return wg_op_fail(op, WG_INVALID, "margin %g is not in [0, inf)", options->margin);
    wg_shape each = wg__labels_of(op->in_shape[0]);
    wg_status status = wg__labels_shape(op, &each);
    return status == WG_OK ? wg__loss_shape(op, each) : status;
}

/* Samples in a chunk. */
static size_t grain_of(size_t classes)
{
    return wg__chunks(8192, classes);
}

static size_t workspace(const wg_op_context *op)
{
    const wg_shape *s = op->in_shape[0];
    return wg__loss_workspace(op, wg__chunks(s->dim[0], grain_of(s->dim[1])));
}

#define TEMPLATE "ops/hinge_real.h"
#include "base/for_each_real.h"

/* With y the targets of the labels, the sum over classes of (1 - y) relu(s - sum(y s) + margin)^power. */
static wg_status expand(wg_op_context *op, wg_var *results)
{
    const wg_loss_options *options = op->attr;
    wg_axes classes = {.count = 1, .axis = {1}};
    wg_var s = op->arg[0], y = wg__label_targets(s, op->arg[1], NULL);
    wg_var own = wg_sum_over(wg_mul(s, y), classes, true);
    wg_var excess = wg_relu(wg_addc(wg_sub(s, own), margin_of(options)));
    if (options->power == 2)
        excess = wg_square(excess);
    wg_var each = wg_sum_over(wg_mul(excess, wg_csub(1, y)), classes, false);
    each = wg_addc(each, constant_of(options));
    if (options->divide_by_classes)
        each = wg_divc(each, (double)op->in_shape[0]->dim[1]);
    results[0] = wg__loss_reduce(op, each);
    return WG_OK;
}

wg_var wg_hinge(wg_var scores, wg_var labels, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_hinge, scores, labels, options);
}

static const wg_op_sample samples[] = {
    {"sum over classes", .in = {{2, {4, 3}}, {1, {4}}}, .int_below = {0, 3}},
    {"squared, none reduced", .in = {{2, {3, 4}}, {1, {3}}}, .int_below = {0, 4},
        .attr = &(const wg_loss_options){.reduction = WG_NONE, .power = 2, .margin = 0.7}},
    {"with the label, divided by classes, sum", .in = {{2, {4, 3}}, {1, {4}}}, .int_below = {0, 3},
        .attr =
            &(const wg_loss_options){
                .reduction = WG_SUM, .include_label = true, .divide_by_classes = true, .margin = 0.5}},
};

const wg_op wg__op_hinge = {.name = "hinge",
    .arity = 2,
    .attr_size = sizeof(wg_loss_options),
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = hinge_forward_f64,
    .forward_f32 = hinge_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = hinge_backward_f64,
    .backward_f32 = hinge_backward_f32,
    .formula = "sum over j != y of max(0, s[j] - s[y] + margin)^power",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
