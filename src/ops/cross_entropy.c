/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* cross_entropy: logits z [N, C, d1, ...], and i32 labels [N, d1, ...] or probabilities y like z -> losses
 * [N, d1, ...], reduced
 *
 *     L = sum_c y[c] (logsumexp(z) - z[c]),  logsumexp(z) = max + log sum e^(z - max)
 *     dL/dz = p sum(y) - y,  dL/dy = -log p,  p = softmax(z)
 *
 * The forward pass keeps p. The differences from max are made in double where they enter the loss, so that a
 * float's whole range of logits gives a finite loss. */

#include <stdbool.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include "base/alloc.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/vector_math.h"
#include "ops/loss.h"
#include "ops/ops.h"

/* ---- Panels: up to PANEL samples, of about 8192 logits when there are no positions, worked through by one
 * thread */

enum { PANEL = 64, EXP_BLOCK = 64 };

struct panels {
    struct wg_classes k;
    size_t size, per_sample, count;
};

struct panel {
    size_t first, count; /* samples (n and position): numbers in the labels' order */
    size_t base;         /* of the first one's class 0, in the logits */
};

/* A sample's largest logit and log sum e^(z - max). */
struct peak {
    double max, log_sum;
};

static struct panels panels_of(const wg_shape *logits)
{
    struct panels p = {.k = wg__classes_of(logits), .size = PANEL, .per_sample = 1};
    if (p.k.positions != 1) {
        p.per_sample = wg__chunks(p.k.positions, PANEL);
        p.count = p.k.samples * p.per_sample;
        return p;
    }
    if (p.k.classes > 8192 / PANEL)
        p.size = wg__chunks(8192, p.k.classes);
    p.count = wg__chunks(p.k.samples, p.size);
    return p;
}

static struct panel panel_of(const struct panels *p, size_t i)
{
    size_t n = i / p->per_sample, at = i % p->per_sample * p->size, s = p->k.positions;
    if (s == 1) {
        at = i * p->size;
        return (struct panel){
            at, p->k.samples - at < p->size ? p->k.samples - at : p->size, at * p->k.classes};
    }
    return (struct panel){n * s + at, s - at < p->size ? s - at : p->size, n * p->k.classes * s + at};
}

static bool is_ignored(const wg_loss_options *options, int32_t label)
{
    return options->ignore && label == options->ignore_index;
}

static wg_status shape(wg_op_context *op)
{
    const wg_loss_options *options = op->attr;
    const wg_shape *logits = op->in_shape[0];
    if (op->in_dtype[0] == WG_I32)
        return wg_op_fail(op, WG_BAD_DTYPE, "logits %s are not floating", wg_op_operand(op, 0));
    if (logits->rank < 2)
        return wg_op_fail(op, WG_BAD_SHAPE, "logits %s are not [N, C, ...]", wg_op_operand(op, 0));
    if (!(options->label_smoothing >= 0 && options->label_smoothing <= 1))
        return wg_op_fail(op, WG_INVALID, "label_smoothing %g is not in 0 .. 1", options->label_smoothing);
    wg_shape each = wg__labels_of(logits);
    bool labels = op->in_dtype[1] == WG_I32;
    wg_status status = labels ? wg__labels_shape(op, &each) : WG_OK;
    if (status != WG_OK)
        return status;
    if (!labels && !wg_shape_equal(op->in_shape[1], logits))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s takes i32 labels or probabilities of its shape, not %s",
            wg_op_operand(op, 0), wg_op_operand(op, 1));
    size_t count = 0, samples = 0;
    if (!wg_shape_count(logits, &count) || !wg_shape_count(&each, &samples) ||
        !wg__mul_size(count, wg_dtype_size(op->dtype), &op->keep_bytes[0]) ||
        !wg__mul_size(labels ? 0 : samples, sizeof(struct peak), &op->keep_bytes[1]))
        return wg_op_fail(op, WG_OVERFLOW, "%s is too large", wg_op_operand(op, 0));
    op->keep_bytes[0] += op->keep_bytes[0] == 0; /* pointers go into it */
    return wg__loss_shape(op, each);
}

static size_t workspace(const wg_op_context *op)
{
    return wg__loss_workspace(op, panels_of(op->in_shape[0]).count);
}

#define TEMPLATE "ops/cross_entropy_real.h"
#include "base/for_each_real.h"

/* With y the targets of the labels (or y'), -sum y log_softmax(z); an ignored sample's y is 0. */
static wg_status expand(wg_op_context *op, wg_var *results)
{
    const wg_loss_options *options = op->attr;
    double smooth = options->label_smoothing;
    wg_var y = op->arg[1];
    if (op->in_dtype[1] == WG_I32)
        y = wg__label_targets(op->arg[0], op->arg[1], options);
    else if (smooth > 0)
        y = wg_addc(wg_mulc(y, 1 - smooth), smooth / (double)op->in_shape[0]->dim[1]);
    wg_axes classes = {.count = 1, .axis = {1}};
    wg_var each = wg_neg(wg_sum_over(wg_mul(y, wg_log_softmax(op->arg[0], 1)), classes, false));
    if (op->in_dtype[1] == WG_I32 && options->ignore && options->reduction == WG_MEAN)
        results[0] = wg_div(wg_sum(each), wg_sum(y));
    else
        results[0] = wg__loss_reduce(op, each);
    return WG_OK;
}

wg_var wg_cross_entropy(wg_var logits, wg_var target, const wg_loss_options *options)
{
    return wg__loss_apply(&wg__op_cross_entropy, logits, target, options);
}

static const wg_op_sample samples[] = {
    {"labels", .in = {{2, {4, 3}}, {1, {4}}}, .int_below = {0, 3}},
    {"labels at positions, none reduced", .in = {{3, {2, 3, 2}}, {2, {2, 2}}}, .int_below = {0, 3},
        .attr = &(const wg_loss_options){.reduction = WG_NONE}},
    {"labels smoothed, one class ignored", .in = {{2, {6, 4}}, {1, {6}}}, .int_below = {0, 4},
        .attr = &(const wg_loss_options){.label_smoothing = 0.1, .ignore = true, .ignore_index = 1}},
    {"probabilities", .in = {{2, {3, 4}}, {2, {3, 4}}}, .lo = {-2, 0}, .hi = {2, 1}},
    {"probabilities smoothed, sum", .in = {{3, {2, 3, 2}}, {3, {2, 3, 2}}}, .lo = {-2, 0}, .hi = {2, 1},
        .attr = &(const wg_loss_options){.reduction = WG_SUM, .label_smoothing = 0.2}},
};

const wg_op wg__op_cross_entropy = {.name = "cross_entropy",
    .arity = 2,
    .attr_size = sizeof(wg_loss_options),
    .traits = WG_OP_REDUCTION | WG_OP_WIDE_RESULT | WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = cross_entropy_forward_f64,
    .forward_f32 = cross_entropy_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = cross_entropy_backward_f64,
    .backward_f32 = cross_entropy_backward_f32,
    .formula = "-sum y log softmax(z)",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
