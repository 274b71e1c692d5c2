/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lstm: gx [T, N, 4H], h0 and c0 [N, H], W [H, 4H] -> y [T, N, H], c [N, H]
 *
 *     i, f, g, o = z_t = gx_t + h_(t-1) W      with s = sigmoid
 *     c_t = s(f) c_(t-1) + s(i) tanh(g)        h_t = s(o) tanh(c_t)
 *
 * Backward, from the last step to the first, with dh the gradient of h_t from y_t and from step t + 1:
 *
 *     dc += dh s(o) tanh'(c_t)
 *     di = dc tanh(g) s'(i)    df = dc c_(t-1) s'(f)    dg = dc s(i) tanh'(g)    do = dh tanh(c_t) s'(o)
 *     dgx_t = dz_t = (di, df, dg, do)       dh = dz_t W^T       dc = dc s(f)
 *
 * What is left at the end are dh0 and dc0, and dW = sum h_(t-1)^T dz_t. All z_t and c_t are kept. */

#include "kernels/vector_math.h"

#include <string.h>
#include <wengert/linalg.h>
#include <wengert/math.h>
#include <wengert/recurrent.h>
#include "base/alloc.h"
#include "kernels/isa.h"
#include "kernels/gemm.h"
#include "kernels/parallel.h"
#include "kernels/strided.h"
#include "ops/ops.h"
#include "ops/recurrent.h"
#include "ops/rooms.h"

enum { LANES = 16, PANEL = 32 }; /* multiples of every vector's numbers */

static wg_status shape(wg_op_context *op)
{
    wg_status status = wg__recurrent_shape(op, 4, 2);
    if (status == WG_OK)
        status = wg__recurrent_keep(op, 0, 4); /* z */
    if (status == WG_OK)
        status = wg__recurrent_keep(op, 1, 1); /* c */
    if (status == WG_OK)
        op->out_shape[1] = *op->in_shape[2];
    return status;
}

#define TEMPLATE "ops/lstm_real.h"
#include "base/for_each_real.h"

static size_t workspace(const wg_op_context *op)
{
    return op->dtype == WG_F32 ? lstm_workspace_f32(op) : lstm_workspace_f64(op);
}

static wg_status expand(wg_op_context *op, wg_var *results)
{
    wg_recurrent s = wg__recurrent_of(op);
    wg_var h = op->arg[1], c = op->arg[2], *all = NULL;
    size_t bytes;
    if (!wg__mul_size(s.steps, sizeof *all, &bytes) || !(all = wg_op_scratch(op, bytes)))
        return WG_OUT_OF_MEMORY;
    for (size_t t = 0; t < s.steps; t++) {
        wg_var z = wg_add(wg__recurrent_step(op->arg[0], t), wg_matmul(h, op->arg[3]));
        wg_var i = wg_sigmoid(wg__recurrent_gate(z, 0, s.hidden));
        wg_var f = wg_sigmoid(wg__recurrent_gate(z, 1, s.hidden));
        wg_var g = wg_tanh(wg__recurrent_gate(z, 2, s.hidden));
        wg_var o = wg_sigmoid(wg__recurrent_gate(z, 3, s.hidden));
        c = wg_add(wg_mul(f, c), wg_mul(i, g));
        all[t] = h = wg_mul(o, wg_tanh(c));
    }
    results[0] = wg__recurrent_join(op, all);
    results[1] = c;
    return WG_OK;
}

wg_var wg_lstm(wg_var gx, wg_var h0, wg_var c0, wg_var weight, wg_var *last_c)
{
    wg_var results[2];
    wg_apply_all(&wg__op_lstm, (const wg_var[]){gx, h0, c0, weight}, 4, NULL, results);
    if (last_c)
        *last_c = results[1];
    return results[0];
}

static const wg_op_sample samples[] = {
    {"three steps", .in = {{3, {3, 2, 8}}, {2, {2, 2}}, {2, {2, 2}}, {2, {2, 8}}}},
    {"one step, one sample", .in = {{3, {1, 1, 12}}, {2, {1, 3}}, {2, {1, 3}}, {2, {3, 12}}}},
    {"one unit", .in = {{3, {4, 3, 4}}, {2, {3, 1}}, {2, {3, 1}}, {2, {1, 4}}}},
    {"blocks of samples", .in = {{3, {2, 7, 8}}, {2, {7, 2}}, {2, {7, 2}}, {2, {2, 8}}}},
    {"more than one vector", .in = {{3, {2, 2, 76}}, {2, {2, 19}}, {2, {2, 19}}, {2, {19, 76}}},
        .lo = {-0.5, -0.5, -0.5, -0.5}, .hi = {0.5, 0.5, 0.5, 0.5}},
};

const wg_op wg__op_lstm = {.name = "lstm",
    .arity = 4,
    .results = 2,
    .shape = shape,
    .forward_f64 = lstm_forward_f64,
    .forward_f32 = lstm_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = lstm_backward_f64,
    .backward_f32 = lstm_backward_f32,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(1),
    .flops = wg__recurrent_flops,
    .formula = "lstm(gx, h0, c0, weight)",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
