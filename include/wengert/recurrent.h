/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* recurrent.h - recurrent cells over a whole sequence, as one operation.
 *
 *     wg_var gx = wg_add(wg_matmul(x, weight_x), bias);       [T, N, D] [D, 4H]  ->  [T, N, 4H]
 *     wg_var y = wg_lstm(gx, h0, c0, weight_h, &c);           [T, N, H]
 *
 * T steps, N samples, H numbers of state. Time is the first axis, and the input's share of all steps is one
 * matrix product, done before: what is left for each step is the state's share. wg_layer_lstm and
 * wg_layer_gru (layers.h) do all of this, and bring the parameters.
 *
 * The samples of a batch do not meet in the recurrence: a thread takes a block of them through all steps. The
 * first order of the derivative runs a kernel of the same kind; higher orders are recorded step by step.
 *
 * T, N and H may be 0. Errors are left on the tape: WG_BAD_SHAPE, WG_BAD_DTYPE (integers), WG_TWO_TAPES,
 * WG_DEAD_VAR, WG_OVERFLOW, WG_OUT_OF_MEMORY. */
#ifndef WENGERT_RECURRENT_H
#define WENGERT_RECURRENT_H

#include <wengert/tape.h>

WG_BEGIN_DECLS

/* Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and
 * Cummins 2000): gx [T, N, 4H], h0 and c0 [N, H], weight [H, 4H]  ->  y [T, N, H], whose y_t is h_t:
 *
 *     i, f, g, o = gx_t + h_(t-1) weight, in this order (PyTorch's), H columns each
 *     c_t = sigmoid(f) c_(t-1) + sigmoid(i) tanh(g)
 *     h_t = sigmoid(o) tanh(c_t)
 *
 * *last_c (NULL: not wanted) is the last cell state [N, H], which is c0 when T = 0. Both can be
 * differentiated, towards all operands. */
WG_API wg_var wg_lstm(wg_var gx, wg_var h0, wg_var c0, wg_var weight, wg_var *last_c);

/* Gated recurrent unit (Cho et al. 2014), in PyTorch's form, in which the reset gate acts after the product:
 * gx [T, N, 3H], h0 [N, H], weight [H, 3H], bias_n [H]  ->  y [T, N, H], whose y_t is h_t:
 *
 *     a_r, a_z, a_n = h_(t-1) weight, and likewise gx_t, in this order, H columns each
 *     r = sigmoid(gx_r + a_r)      z = sigmoid(gx_z + a_z)      n = tanh(gx_n + r (a_n + bias_n))
 *     h_t = (1 - z) n + z h_(t-1) */
WG_API wg_var wg_gru(wg_var gx, wg_var h0, wg_var weight, wg_var bias_n);

WG_END_DECLS
#endif
