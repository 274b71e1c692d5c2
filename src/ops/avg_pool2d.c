/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* avg_pool2d: x [N, C, H, W] -> y [N, C, OH, OW]
 *
 *     y[n, c, i, j] = (sum of x[n, c] over window (i, j)) / d[i, j]
 *
 * where d is the window's size, or how much of it lies in x. y is linear in x. With g = dL/dy, an x in
 * several windows collects its share of each:
 *
 *     dL/dx[n, c, p] = sum of g[n, c, i, j] / d[i, j]  over the windows that hold p
 *
 * which is avg_pool2d_gradient. That is linear in g with the same coefficients, so its derivative is
 * avg_pool2d. */

#include "kernels/lanes.h"
#include "ops/ops.h"
#include "ops/pool_attr.h"
#include "tape/hints.h"

static wg_status shape(wg_op_context *op)
{
    wg_pool pool;
    return wg__pool_geometry(op, op->in_shape[0], &pool, &op->out_shape[0]);
}

static wg_status forward_f64(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        wg__avg_pool_f64(op->threads, &pool, op->in[0], op->out[0], wg__op_epilogue(op));
    return status;
}

static wg_status forward_f32(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__avg_pool_lanes_f32 : wg__avg_pool_f32)(
            op->threads, &pool, op->in[0], op->out[0], wg__op_epilogue(op));
    return status;
}

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_pool_attr attr = *(const wg_pool_attr *)op->attr;
    wg_shape x = wg_shape_of(op->arg[0]);
    attr.height = x.dim[2], attr.width = x.dim[3];
    grad_in[0] = wg_apply(&wg__op_avg_pool2d_gradient, g, 1, &attr);
    return WG_OK;
}

static wg_status backward_f64(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        wg__avg_pool_backward_f64(op->threads, &pool, op->upstream[0], op->grad_in[0], wg__op_epilogue(op));
    return status;
}

static wg_status backward_f32(wg_op_context *op)
{
    wg_pool pool;
    wg_status status = wg__pool_geometry(op, op->in_shape[0], &pool, NULL);
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__avg_pool_lanes_backward_f32 : wg__avg_pool_backward_f32)(
            op->threads, &pool, op->upstream[0], op->grad_in[0], wg__op_epilogue(op));
    return status;
}

wg_var wg_avg_pool2d(wg_var x, size_t size, const wg_pool2d_options *options)
{
    wg_pool_attr attr = wg__pool_attr_of(size, options);
    return wg_apply(&wg__op_avg_pool2d, &x, 1, &attr);
}

/*                                           size  stride padding image */
static const wg_pool_attr two = {2, 2, 2, 2, 0, 0, 4, 7, false, false};
static const wg_pool_attr overlapping = {3, 2, 2, 1, 1, 1, 5, 4, false, false};
static const wg_pool_attr excluding = {3, 2, 2, 1, 1, 1, 5, 4, false, true};

static const wg_op_sample samples[] = {
    {.label = "2 x 2", .in = {{4, {2, 2, 4, 7}}}, .attr = &two},
    {.label = "overlapping, padded", .in = {{4, {2, 1, 5, 4}}}, .attr = &overlapping},
    {.label = "padding excluded", .in = {{4, {1, 2, 5, 4}}}, .attr = &excluding},
};

const wg_op wg__op_avg_pool2d = {
    .name = "avg_pool2d",
    .arity = 1,
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
    .formula = "mean of each window of x",
    .rule = (const char *const[]){"g shared out over the windows"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};

/* ---- avg_pool2d_gradient: g [N, C, OH, OW] -> dx [N, C, H, W] -------------------------------------- */

static wg_shape image_of(const wg_op_context *op)
{
    const wg_pool_attr *attr = op->attr;
    const wg_shape *g = op->in_shape[0];
    return WG_SHAPE(g->dim[0], g->dim[1], attr->height, attr->width);
}

static wg_status gradient_shape(wg_op_context *op)
{
    wg_pool pool;
    wg_shape want;
    if (op->in_shape[0]->rank != 4)
        return wg_op_fail(op, WG_BAD_SHAPE, "images have four axes, not %s", wg_op_operand(op, 0));
    op->out_shape[0] = image_of(op);
    wg_status status = wg__pool_geometry(op, op->out_shape, &pool, &want);
    if (status == WG_OK && !wg_shape_equal(&want, op->in_shape[0]))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s is not the pooled shape of %zu x %zu", wg_op_operand(op, 0),
            pool.height, pool.width);
    return status;
}

static wg_status gradient_f64(wg_op_context *op)
{
    wg_pool pool;
    wg_shape x = image_of(op);
    wg_status status = wg__pool_geometry(op, &x, &pool, NULL);
    if (status == WG_OK)
        wg__avg_pool_backward_f64(op->threads, &pool, op->in[0], op->out[0], wg__op_epilogue(op));
    return status;
}

static wg_status gradient_f32(wg_op_context *op)
{
    wg_pool pool;
    wg_shape x = image_of(op);
    wg_status status = wg__pool_geometry(op, &x, &pool, NULL);
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__avg_pool_lanes_backward_f32 : wg__avg_pool_backward_f32)(
            op->threads, &pool, op->in[0], op->out[0], wg__op_epilogue(op));
    return status;
}

static wg_status gradient_vjp(wg_op_context *op, const wg_var *u, wg_var *grad_in)
{
    const wg_pool_attr attr = *(const wg_pool_attr *)op->attr;
    grad_in[0] = wg_apply(&wg__op_avg_pool2d, u, 1, &attr);
    return WG_OK;
}

static const wg_op_sample gradient_samples[] = {
    {.label = "2 x 2", .in = {{4, {2, 2, 2, 3}}}, .attr = &two},
    {.label = "overlapping, padded", .in = {{4, {2, 1, 3, 5}}}, .attr = &overlapping},
    {.label = "padding excluded", .in = {{4, {1, 2, 3, 5}}}, .attr = &excluding},
};

const wg_op wg__op_avg_pool2d_gradient = {
    .name = "avg_pool2d_gradient",
    .arity = 1,
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT,
    .attr_size = sizeof(wg_pool_attr),
    .shape = gradient_shape,
    .forward_f64 = gradient_f64,
    .forward_f32 = gradient_f32,
    .vjp = gradient_vjp,
    .lanes = wg__pool_lanes,
    .formula = "g shared out over the windows",
    .rule = (const char *const[]){"mean of each window of u"},
    .samples = gradient_samples,
    .sample_count = sizeof gradient_samples / sizeof gradient_samples[0],
};
