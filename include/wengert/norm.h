/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* norm.h - normalisation and dropout.
 *
 * All of them work in both modes of a tape: what is recorded while wg_tape_training is true trains. Each can
 * be differentiated to any order; the first order runs fused kernels.
 *
 * Numbers of any size are normalised, if their mean and the differences between them are in the range of
 * their type: a variance that is beyond it is no obstacle, though a running variance then is infinite.
 * Second and higher derivatives contain 1 / variance, which has few digits or none where that is too small
 * for the type (a deviation beyond 1e19 of floats, 1e154 of doubles) and counts where gamma is as large.
 * Numbers that are all the same give beta, and with eps 0 (a negative number in the options) NaN.
 *
 * Errors are left on the tape: WG_BAD_SHAPE, WG_BAD_DTYPE (integers), WG_INVALID (an option out of range),
 * WG_TWO_TAPES, WG_DEAD_VAR, WG_OUT_OF_MEMORY. */
#ifndef WENGERT_NORM_H
#define WENGERT_NORM_H

#include <wengert/option.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* ---- Batch normalisation --------------------------------------------------------------------------- */

typedef struct wg_batch_norm_options {
    double momentum; /* m below; 0: 0.1; WG_ZERO: 0 */
    double eps;      /* 0: 1e-5; WG_ZERO: 0 */
    /* The running statistics, both or neither: [C] numbers of x's dtype each, the caller's, read and written
     * in place. They must outlive the nodes recorded with them. */
    void *running_mean, *running_var;
} wg_batch_norm_options;

/* Batch normalisation (Ioffe and Szegedy 2015) of x [N, C] or [N, C, d1, ...]; gamma and beta are [C]:
 *
 *     y = gamma (x - mean) / sqrt(variance + eps) + beta
 *
 * Training: mean and variance of channel c are those of its M = N d1 ... numbers in this batch, the variance
 * biased (divided by M). When running statistics are given they are updated, once per run (recording with
 * values, replay, plan run) and never by a derivative or a gradient check:
 *
 *     running_mean = (1 - m) running_mean + m mean
 *     running_var  = (1 - m) running_var  + m variance M / (M - 1)
 *
 * With M < 2 there is no such variance, and neither is updated. Start them at 0 and 1.
 *
 * Evaluation: mean and variance are the running ones, read when the node is computed; without running
 * statistics, the batch's. Means are subtracted before they are squared, so that a large mean does not spoil
 * a small variance. N = 0 is legal: y is empty, the gradients of gamma and beta are 0. */
WG_API wg_var wg_batch_norm(wg_var x, wg_var gamma, wg_var beta, const wg_batch_norm_options *options);

/* ---- Layer normalisation --------------------------------------------------------------------------- */

typedef struct wg_layer_norm_options {
    double eps; /* 0: 1e-5; WG_ZERO: 0 */
} wg_layer_norm_options;

/* Layer normalisation (Ba, Kiros and Hinton 2016) of x over its last k axes, which are gamma's and beta's
 * shape:
 *
 *     y = gamma (x - mean) / sqrt(variance + eps) + beta
 *
 * with mean and biased variance of each sample's numbers in those axes. Training and evaluation are the same.
 * gamma has at least one axis. */
WG_API wg_var wg_layer_norm(wg_var x, wg_var gamma, wg_var beta, const wg_layer_norm_options *options);

/* ---- Dropout --------------------------------------------------------------------------------------- */

/* Dropout (Srivastava et al. 2014), inverted: in training each element is 0 with probability p, else x / (1 -
 * p), so that its expectation is x. In evaluation mode, and for p = 0, x itself is returned.
 *
 * p is the probability of DROPPING, 0 <= p < 1, as in PyTorch; the lecture's p is that of keeping. A dropped
 * element is 0 even where x is infinite or NaN.
 *
 * The mask is a function of the tape's seed, the operation's ordinal among the random ones, the run and the
 * element: the same on any number of threads, in the derivative and under a gradient check; another one after
 * reset or replay. Element i is dropped when word i % 4 of Philox4x32-10 is below p 2^32, with the counter (i
 * / 4, run), each 64 bits, low word first, and the key seed + (ordinal + 1) 0x9E3779B97F4A7C15. */
WG_API wg_var wg_dropout(wg_var x, double p);

WG_END_DECLS
#endif
