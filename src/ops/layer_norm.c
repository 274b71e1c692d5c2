/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* layer_norm: x [..., d1, ..., dk], gamma and beta [d1, ..., dk] -> y like x
 *
 * x is R rows of W = d1 ... dk numbers. The forward pass keeps each row's mean and r = 1 / sqrt(variance +
 * eps) in double. The derivative is that of batch_norm with rows for channels, but gamma stands inside the
 * row's sums. */

#include <math.h>
#include <stdbool.h>
#include <wengert/math.h>
#include <wengert/norm.h>
#include <wengert/op.h>
#include <wengert/shaping.h>
#include "base/alloc.h"
#include "kernels/isa.h"
#include "kernels/epilogue.h"
#include "kernels/parallel.h"
#include "ops/deviation.h"
#include "ops/ops.h"
#include "tape/hints.h"

struct rows {
    size_t count, width;
    size_t chunk; /* rows of a chunk: at most 64 chunks, of 8 rows and 8192 numbers at least */
};

static struct rows rows_of(const wg_op_context *op)
{
    const wg_shape *x = op->in_shape[0], *gamma = op->in_shape[1];
    struct rows rows = {.count = 1, .width = 1};
    for (size_t axis = 0; axis < x->rank; axis++)
        *(axis + gamma->rank < x->rank ? &rows.count : &rows.width) *= x->dim[axis];
    size_t numbers = wg__chunks(8192, rows.width), share = wg__chunks(rows.count, 64);
    rows.chunk = numbers > share ? numbers : share;
    rows.chunk = rows.chunk > 8 ? rows.chunk : 8;
    return rows;
}

static bool ends_with(const wg_shape *x, const wg_shape *end)
{
    if (end->rank == 0 || end->rank > x->rank)
        return false;
    for (size_t i = 1; i <= end->rank; i++)
        if (x->dim[x->rank - i] != end->dim[end->rank - i])
            return false;
    return true;
}

static wg_status shape(wg_op_context *op)
{
    const wg_layer_norm_options *options = op->attr;
    for (size_t i = 0; i < 3; i++)
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is not floating", wg_op_operand(op, i));
    if (!wg_shape_equal(op->in_shape[1], op->in_shape[2]))
        return wg_op_fail(
            op, WG_BAD_SHAPE, "gamma and beta differ: %s, %s", wg_op_operand(op, 1), wg_op_operand(op, 2));
    if (!ends_with(op->in_shape[0], op->in_shape[1]))
        return wg_op_fail(op, WG_BAD_SHAPE, "the last axes of %s are not those of %s", wg_op_operand(op, 0),
            wg_op_operand(op, 1));
    if (!(options->eps >= 0 && options->eps < HUGE_VAL))
        return wg_op_fail(op, WG_INVALID, "eps %g is not in [0, inf)", options->eps);
    size_t count = 1;
    for (size_t axis = 0; axis + op->in_shape[1]->rank < op->in_shape[0]->rank; axis++)
        if (!wg__mul_size(count, op->in_shape[0]->dim[axis], &count))
            return wg_op_fail(op, WG_OVERFLOW, "%s has too many rows", wg_op_operand(op, 0));
    if (!wg__mul_size(count, 2 * sizeof(double), &op->keep_bytes[0]))
        return wg_op_fail(op, WG_OVERFLOW, "%s has too many rows", wg_op_operand(op, 0));
    op->keep_bytes[0] += op->keep_bytes[0] == 0; /* pointers go into it */
    return WG_OK;
}

/* Where the chunks' sums for gamma and beta are. */
static size_t bytes_of_parts(const struct rows *rows)
{
    return wg__chunks(rows->count, rows->chunk) * 2 * rows->width * sizeof(double);
}

static size_t workspace(const wg_op_context *op)
{
    struct rows rows = rows_of(op);
    return op->backward && (op->wanted[1] || op->wanted[2]) ? wg_op_scratch_size(bytes_of_parts(&rows)) : 0;
}

#define TEMPLATE "ops/layer_norm_real.h"
#include "base/for_each_real.h"

static wg_status expand(wg_op_context *op, wg_var *results)
{
    const wg_layer_norm_options *options = op->attr;
    wg_axes axes = {.count = op->in_shape[1]->rank};
    wg_shape kept = *op->in_shape[0];
    for (size_t i = 0; i < axes.count; i++)
        axes.axis[i] = -1 - (int)i, kept.dim[kept.rank - 1 - i] = 1;
    struct rows rows = rows_of(op);
    wg_var centred = wg__centred(op->arg[0], axes);
    wg_var deviation =
        wg__deviation(wg_reshape(centred, WG_SHAPE(rows.count, rows.width)), wg__eps_of(options->eps));
    wg_var normal = wg_div(centred, wg_reshape(deviation, kept));
    results[0] = wg_add(wg_mul(normal, op->arg[1]), op->arg[2]);
    return WG_OK;
}

wg_var wg_layer_norm(wg_var x, wg_var gamma, wg_var beta, const wg_layer_norm_options *options)
{
    return wg_apply(&wg__op_layer_norm, (const wg_var[]){x, gamma, beta}, 3, options);
}

static const wg_op_sample samples[] = {
    {"last axis", .in = {{2, {3, 5}}, {1, {5}}, {1, {5}}}},
    {"last two axes", .in = {{3, {2, 3, 2}}, {2, {3, 2}}, {2, {3, 2}}},
        .attr = &(const wg_layer_norm_options){.eps = 1e-3}},
    {"all axes", .in = {{1, {6}}, {1, {6}}, {1, {6}}}},
};

const wg_op wg__op_layer_norm = {.name = "layer_norm",
    .arity = 3,
    .attr_size = sizeof(wg_layer_norm_options),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = shape,
    .forward_f64 = layer_norm_forward_f64,
    .forward_f32 = layer_norm_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = layer_norm_backward_f64,
    .backward_f32 = layer_norm_backward_f32,
    .backward_ignores = WG_IGNORES_OPERAND(2) | WG_IGNORES_RESULT(0),
    .formula = "gamma (x - mean) / sqrt(variance + eps) + beta",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
