/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* loss.h - what the losses share: a wg_loss_options as attributes, and reductions.
 *
 * A kernel writes single losses (WG_NONE), or adds up those of each chunk in double; the chunks' sums are
 * added in chunk order and written as a double (WG_OP_WIDE_RESULT). */
#ifndef WG_OPS_LOSS_H
#define WG_OPS_LOSS_H

#include <stdint.h>
#include <wengert/loss.h>
#include <wengert/op.h>

/* The operation of prediction and target, with options (NULL: zeros) in memory whose padding is zero. */
wg_var wg__loss_apply(const wg_op *op, wg_var a, wg_var b, const wg_loss_options *options);

/* Sets the result's shape, `each` (that of the single losses) or a scalar; checks options->reduction. */
wg_status wg__loss_shape(wg_op_context *op, wg_shape each);

/* The single losses are the result itself. False also for WG_NONE of a scalar: its kernel sums one loss. */
bool wg__loss_each(const wg_op_context *op);

/* The chunks' sums, in scratch memory (NULL: none), and the workspace of a loss of so many chunks. */
double *wg__loss_sums(wg_op_context *op, size_t chunks);
size_t wg__loss_workspace(const wg_op_context *op, size_t chunks);

/* Writes the result from the chunks' sums: their sum, divided by count for WG_MEAN. */
void wg__loss_finish(const wg_op_context *op, const double *sums, size_t chunks, size_t count);

/* dL / d one loss, as a number that multiplies the (scalar or single) upstream gradient. */
double wg__loss_share(const wg_op_context *op, size_t count);

/* The same reduction of a var of single losses. */
wg_var wg__loss_reduce(const wg_op_context *op, wg_var each);

/* Fails when operand 1 are not i32 labels of the given shape. */
wg_status wg__labels_shape(wg_op_context *op, const wg_shape *expected);

/* Fails with WG_BAD_INDEX when a label is no class (0 .. classes - 1), except ignored ones (ignore may be
 * NULL: none are); *counted: the labels not ignored. */
wg_status wg__labels_check(
    wg_op_context *op, const wg_loss_options *ignore, size_t count, size_t classes, size_t *counted);

/* A var of the logits' shape [N, C, ...] that holds the labels' targets: 1 at the label, 0 elsewhere,
 * smoothed as the options say, zeros for an ignored sample. No gradient goes through. */
wg_var wg__label_targets(wg_var logits, wg_var labels, const wg_loss_options *options);

/* [N, C, d1, ...] as N x C x S. */
struct wg_classes {
    size_t samples, classes, positions; /* N, C, S */
};
struct wg_classes wg__classes_of(const wg_shape *logits);

/* The shape of labels for logits (or scores): without axis 1. */
wg_shape wg__labels_of(const wg_shape *logits);

#endif
