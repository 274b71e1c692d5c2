/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gru: gx [T, N, 3H], h0 [N, H], W [H, 3H], b [H] -> y [T, N, H]
 *
 *     a = h_(t-1) W      r = s(gx_r + a_r)      z = s(gx_z + a_z)      with s = sigmoid
 *     q = a_n + b        n = tanh(gx_n + r q)   h_t = (1 - z) n + z h_(t-1)
 *
 * Backward, from the last step to the first, with dh the gradient of h_t from y_t and from step t + 1; a
 * prime is the slope at what stands in the bracket above:
 *
 *     dn = dh (1 - z) n'      dz = dh (h_(t-1) - n) z'      dr = dn q r'
 *     dgx_t = (dr, dz, dn)    da = (dr, dz, dn r)           dh = dh z + da W^T
 *
 * What is left at the end is dh0; dW = sum h_(t-1)^T da_t, db = sum dn r. Kept are the numbers in the
 * brackets and q; 1 - z is computed as s(-(gx_z + a_z)), without a difference. */

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
    wg_status status = wg__recurrent_shape(op, 3, 1);
    if (status != WG_OK)
        return status;
    const wg_shape *bias = op->in_shape[3];
    if (bias->rank != 1 || bias->dim[0] != op->in_shape[2]->dim[0])
        return wg_op_fail(op, WG_BAD_SHAPE, "the bias %s must be [%zu], the H of %s", wg_op_operand(op, 3),
            op->in_shape[2]->dim[0], wg_op_operand(op, 2));
    return wg__recurrent_keep(op, 0, 4);
}

#define TEMPLATE "ops/gru_real.h"
#include "base/for_each_real.h"

static size_t workspace(const wg_op_context *op)
{
    return op->dtype == WG_F32 ? gru_workspace_f32(op) : gru_workspace_f64(op);
}

static wg_status expand(wg_op_context *op, wg_var *results)
{
    wg_recurrent s = wg__recurrent_of(op);
    wg_var h = op->arg[1], *all = NULL;
    size_t bytes;
    if (!wg__mul_size(s.steps, sizeof *all, &bytes) || !(all = wg_op_scratch(op, bytes)))
        return WG_OUT_OF_MEMORY;
    for (size_t t = 0; t < s.steps; t++) {
        wg_var gx = wg__recurrent_step(op->arg[0], t), a = wg_matmul(h, op->arg[2]), sum[2];
        for (size_t i = 0; i < 2; i++)
            sum[i] = wg_add(wg__recurrent_gate(gx, i, s.hidden), wg__recurrent_gate(a, i, s.hidden));
        wg_var q = wg_add(wg__recurrent_gate(a, 2, s.hidden), op->arg[3]);
        wg_var n = wg_tanh(wg_add(wg__recurrent_gate(gx, 2, s.hidden), wg_mul(wg_sigmoid(sum[0]), q)));
        h = wg_add(wg_mul(wg_sigmoid(wg_neg(sum[1])), n), wg_mul(wg_sigmoid(sum[1]), h));
        all[t] = h;
    }
    results[0] = wg__recurrent_join(op, all);
    return WG_OK;
}

wg_var wg_gru(wg_var gx, wg_var h0, wg_var weight, wg_var bias_n)
{
    return wg_apply(&wg__op_gru, (const wg_var[]){gx, h0, weight, bias_n}, 4, NULL);
}

static const wg_op_sample samples[] = {
    {"three steps", .in = {{3, {3, 2, 6}}, {2, {2, 2}}, {2, {2, 6}}, {1, {2}}}},
    {"one step, one sample", .in = {{3, {1, 1, 9}}, {2, {1, 3}}, {2, {3, 9}}, {1, {3}}}},
    {"one unit", .in = {{3, {4, 2, 3}}, {2, {2, 1}}, {2, {1, 3}}, {1, {1}}}},
    {"blocks of samples", .in = {{3, {2, 7, 6}}, {2, {7, 2}}, {2, {2, 6}}, {1, {2}}}},
    {"more than one vector", .in = {{3, {2, 2, 57}}, {2, {2, 19}}, {2, {19, 57}}, {1, {19}}},
        .lo = {-0.5, -0.5, -0.5, -0.5}, .hi = {0.5, 0.5, 0.5, 0.5}},
};

const wg_op wg__op_gru = {.name = "gru",
    .arity = 4,
    .shape = shape,
    .forward_f64 = gru_forward_f64,
    .forward_f32 = gru_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = gru_backward_f64,
    .backward_f32 = gru_backward_f32,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_OPERAND(3),
    .flops = wg__recurrent_flops,
    .formula = "gru(gx, h0, weight, bias_n)",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
