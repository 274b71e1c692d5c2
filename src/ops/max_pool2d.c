/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* max_pool2d: x [N, C, H, W] -> y [N, C, OH, OW], index i32 [N, C, OH, OW]
 *
 *     y[n, c, i, j] = x[n, c] at index[n, c, i, j], the place of the window's first maximum
 *
 * Where the maximum lies does not change under a small change of x, so with g = dL/dy
 *     dL/dx = unpool(g, index)      each g goes to its maximum's place; places met twice add up
 * unpool is linear in g; its derivative reads the same places again (gather), whose derivative is unpool. */

#include "base/alloc.h"
#include "kernels/lanes.h"
#include "ops/ops.h"
#include "ops/pool_attr.h"
#include "tape/hints.h"

static wg_status shape(wg_op_context *op)
{
    wg_pool pool;
    size_t plane;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, &op->out_shape[0]);
    if (status != WG_OK)
        return status;
    if (!wg__mul_size(pool.height, pool.width, &plane) || plane > INT32_MAX)
        return wg_op_fail(op, WG_OVERFLOW, "places in %s do not fit an i32", wg_op_operand(op, 0));
    op->out_shape[1] = op->out_shape[0];
    op->out_dtype[1] = WG_I32;
    return WG_OK;
}

static wg_status forward_f64(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        wg__max_pool_f64(op->threads, &pool, op->in[0], op->out[0], op->out[1], wg__op_epilogue(op));
    return status;
}

static wg_status forward_f32(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__max_pool_lanes_f32 : wg__max_pool_f32)(
            op->threads, &pool, op->in[0], op->out[0], op->out[1], wg__op_epilogue(op));
    return status;
}

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_shape x = wg_shape_of(op->arg[0]);
    if (wg_is_valid(g[0]))
        grad_in[0] = wg_max_unpool2d(g[0], op->result[1], x.dim[2], x.dim[3]);
    return WG_OK;
}

static wg_status backward_f64(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = op->upstream[0] ? wg__pool_geometry(op, op->in_shape[0], &pool, NULL) : WG_DECLINED;
    if (status == WG_OK)
        wg__max_pool_backward_f64(
            op->threads, &pool, op->upstream[0], op->out[1], op->grad_in[0], wg__op_epilogue(op));
    return status;
}

static wg_status backward_f32(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = op->upstream[0] ? wg__pool_geometry(op, op->in_shape[0], &pool, NULL) : WG_DECLINED;
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__max_pool_lanes_backward_f32 : wg__max_pool_backward_f32)(
            op->threads, &pool, op->upstream[0], op->out[1], op->grad_in[0], wg__op_epilogue(op));
    return status;
}

wg_var wg_max_pool2d_indices(wg_var x, size_t size, const wg_pool2d_options *options, wg_var *indices)
{
    wg_pool_attr attr = wg__pool_attr_of(size, options);
    wg_var results[2];
    wg_apply_all(&wg__op_max_pool2d, &x, 1, &attr, results);
    if (indices)
        *indices = results[1];
    return results[0];
}

wg_var wg_max_pool2d(wg_var x, size_t size, const wg_pool2d_options *options)
{
    return wg_max_pool2d_indices(x, size, options, NULL);
}

/*                                           size  stride padding */
static const wg_pool_attr two = {2, 2, 2, 2, 0, 0, 0, 0, false, false};
static const wg_pool_attr overlapping = {3, 2, 2, 1, 1, 1, 0, 0, false, false};
static const wg_pool_attr exact = {2, 3, 1, 2, 0, 1, 0, 0, true, false};

static const wg_op_sample samples[] = {
    {.label = "2 x 2", .in = {{4, {2, 2, 4, 6}}}, .attr = &two},
    {.label = "2 x 2 with a rest", .in = {{4, {1, 2, 5, 7}}}, .attr = &two},
    {.label = "overlapping, padded", .in = {{4, {2, 1, 5, 4}}}, .attr = &overlapping},
    {.label = "exact", .in = {{4, {1, 1, 4, 5}}}, .attr = &exact},
};

const wg_op wg__op_max_pool2d = {
    .name = "max_pool2d",
    .arity = 1,
    .results = 2,
    .attr_size = sizeof(wg_pool_attr),
    .traits = WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = shape,
    .forward_f64 = forward_f64,
    .forward_f32 = forward_f32,
    .vjp = vjp,
    .lanes = wg__pool_lanes,
    .backward_f64 = backward_f64,
    .backward_f32 = backward_f32,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .formula = "max of each window of x",
    .rule = (const char *const[]){"g at the maxima"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};
