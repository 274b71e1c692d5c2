/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/pointwise_loss.h"

wg_status wg__pointwise_shape(wg_op_context *op)
{
    for (size_t i = 0; i < 2; i++)
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is not floating", wg_op_operand(op, i));
    if (!wg_shape_equal(op->in_shape[0], op->in_shape[1]))
        return wg_op_fail(op, WG_BAD_SHAPE, "prediction and target differ in shape: %s, %s",
            wg_op_operand(op, 0), wg_op_operand(op, 1));
    return wg__loss_shape(op, *op->in_shape[0]);
}

size_t wg__pointwise_workspace(const wg_op_context *op)
{
    size_t count = 0;
    wg_shape_count(op->in_shape[0], &count);
    return wg__loss_workspace(op, wg__chunks(count, CHUNK));
}

wg_status wg__pointwise_vjp(wg_op_context *op, wg_var g, wg_var slope_a, wg_var slope_b, wg_var *grad_in)
{
    const wg_loss_options *options = op->attr;
    wg_var each = options->reduction == WG_MEAN ? wg_divc(g, (double)wg_count_of(op->arg[0])) : g;
    if (op->wanted[0])
        grad_in[0] = wg_mul(each, slope_a);
    if (op->wanted[1])
        grad_in[1] = wg_mul(each, slope_b);
    return WG_OK;
}

const wg_op_sample wg__pointwise_samples[WG_POINTWISE_SAMPLES] = {
    {"mean", .in = {{2, {3, 4}}, {2, {3, 4}}}},
    {"sum", .in = {{1, {5}}, {1, {5}}}, .attr = &(const wg_loss_options){.reduction = WG_SUM}},
    {"none", .in = {{2, {2, 3}}, {2, {2, 3}}}, .attr = &(const wg_loss_options){.reduction = WG_NONE}},
    {"scalars", .in = {{0, {0}}, {0, {0}}}},
};
