/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* loss.h - losses: how far a prediction is from its target, as a number to make small.
 *
 * Every loss is a function of (prediction, target, options), so that one can stand for another in wg_fit.
 * NULL options are the defaults; each loss reads the fields under its own name. They can be differentiated to
 * any order, towards both operands (integer labels apart); the first order runs fused kernels. Sums are made
 * in double, and are in the range of doubles where single losses of floats need not be: the mean of one
 * difference of 1e30 squared is 1e60. Gradients are of the operands' type, and differences between operands
 * must be in its range; where one is not, loss and gradient are infinite or NaN.
 *
 * Errors are left on the tape: WG_BAD_SHAPE (nothing is broadcast: a prediction [N, 1] against a target [N]
 * is an error), WG_BAD_DTYPE, WG_BAD_INDEX (a label that is no class; the message names label, sample and
 * classes), WG_INVALID (an option out of range), WG_TWO_TAPES, WG_DEAD_VAR, WG_OUT_OF_MEMORY. */
#ifndef WENGERT_LOSS_H
#define WENGERT_LOSS_H

#include <wengert/option.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* What becomes of the single losses. The mean over none is NaN, their sum 0. */
typedef enum wg_reduction {
    WG_MEAN, /* a scalar: their mean */
    WG_SUM,  /* a scalar: their sum */
    WG_NONE  /* all of them */
} wg_reduction;

typedef struct wg_loss_options {
    wg_reduction reduction; /* of all losses */

    /* wg_cross_entropy */
    double label_smoothing; /* s in 0 .. 1: the target becomes (1 - s) y + s / C (Szegedy et al. 2016) */
    bool ignore; /* samples with the label ignore_index count nothing, neither in the sum nor in the mean */
    int32_t ignore_index; /* looked at only with `ignore` */

    /* wg_huber */
    double delta; /* 0: 1 */

    /* wg_hinge */
    double margin;          /* 0: 1; WG_ZERO: 0 */
    int power;              /* 1 or 2 (squared hinge); 0: 1 */
    bool include_label;     /* sum over the label's class too, which adds margin^power */
    bool divide_by_classes; /* PyTorch's multi_margin_loss: each sample's sum is divided by C */
} wg_loss_options;

/* ---- Classes --------------------------------------------------------------------------------------- */

/* Softmax cross-entropy of logits z [N, C] or [N, C, d1, ...] over the C classes of axis 1. The target is
 * either
 *
 *     labels         i32, [N] or [N, d1, ...], 0 .. C - 1:    L = logsumexp(z) - z[label]
 *     probabilities  of the logits' dtype and shape:          L = sum_c y[c] (logsumexp(z) - z[c])
 *
 * one loss per sample and position; the mean is over those. dL/dz = p - y with p = softmax(z) (for
 * probabilities that do not sum to 1: p sum(y) - y). Finite for any logits whose differences are finite. A
 * class with the logit -infinity has p = 0; its loss is infinite, and 0 where its y is 0. Where no logit is
 * finite, the loss and the sample's gradient are NaN. */
WG_API wg_var wg_cross_entropy(wg_var logits, wg_var target, const wg_loss_options *options);

/* Multi-class hinge (Weston and Watkins 1999) of scores s [N, C] with i32 labels y [N]:
 *
 *     L = sum over j != y of max(0, s[j] - s[y] + margin)^power
 *
 * one loss per sample. As in the lectures the sum is not divided by C; divide_by_classes does what PyTorch
 * does. A class that meets its margin exactly has slope 0. */
WG_API wg_var wg_hinge(wg_var scores, wg_var labels, const wg_loss_options *options);

/* ---- Two classes ----------------------------------------------------------------------------------- */

/* Binary cross-entropy of logits z with targets y in 0 .. 1, of one shape and dtype:
 *
 *     L     = log(1 + e^z) - z y = max(z, 0) (1 - y) - min(z, 0) y + log(1 + e^-|z|)
 *     dL/dz = s(z) - y,   dL/dy = -z
 *
 * one loss per element. For y = 0 and y = 1 it is softplus((1 - 2 y) z), to full relative accuracy. An
 * infinite logit has the loss and the slope 0 with its own target (y = 1 for infinity, y = 0 for -infinity),
 * and an infinite loss with another. */
WG_API wg_var wg_bce_with_logits(wg_var logits, wg_var target, const wg_loss_options *options);

/* ---- Numbers --------------------------------------------------------------------------------------- */

/* In all three d = prediction - target, of one shape and dtype; one loss per element. */

/* L = d^2 */
WG_API wg_var wg_mse(wg_var prediction, wg_var target, const wg_loss_options *options);

/* L = |d|; its derivatives at d = 0 are 0. */
WG_API wg_var wg_l1(wg_var prediction, wg_var target, const wg_loss_options *options);

/* L = d^2 / 2 where |d| <= delta (there the second derivative is 1, at the edges too), else delta (|d| -
 * delta / 2) (Huber 1964). */
WG_API wg_var wg_huber(wg_var prediction, wg_var target, const wg_loss_options *options);

WG_END_DECLS
#endif
