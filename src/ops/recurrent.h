/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* recurrent.h - what lstm and gru share: operands gx [T, N, GH], one or two states [N, H], and the weight [H,
 * GH] of G gates. */
#ifndef WG_OPS_RECURRENT_H
#define WG_OPS_RECURRENT_H

#include <wengert/op.h>

/* The sizes. A block of samples is taken through all steps by one thread. */
typedef struct wg_recurrent {
    size_t steps, samples, hidden, block;
} wg_recurrent;

/* Of operands that wg__recurrent_shape has seen. */
wg_recurrent wg__recurrent_of(const wg_op_context *op);

/* Checks the operands gx, `states` states, and the weight; sets result 0 to [T, N, H]. */
wg_status wg__recurrent_shape(wg_op_context *op, size_t gates, size_t states);

/* The forward pass keeps `parts` numbers for each step, sample and unit in keep[k]. */
wg_status wg__recurrent_keep(wg_op_context *op, size_t k, size_t parts);

/* For an expansion: step t of gx [T, N, GH] as [N, GH]; columns iH .. (i + 1) H - 1 of z [N, GH]; the states
 * of all steps as [T, N, H] (states has op's T of them). */
wg_var wg__recurrent_step(wg_var gx, size_t t);
wg_var wg__recurrent_gate(wg_var z, size_t i, size_t hidden);
wg_var wg__recurrent_join(const wg_op_context *op, const wg_var *states);

/* Floating-point operations of the products of all steps: each gate's number of gx is a sum over h. */
double wg__recurrent_flops(const wg_op_context *op);

#endif
