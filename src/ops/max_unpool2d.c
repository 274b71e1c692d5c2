/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* max_unpool2d:        x [N, C, h, w], index i32 [N, C, h, w] -> y [N, C, H, W]
 * max_pool_gather2d:   x [N, C, H, W], index i32 [N, C, h, w] -> y [N, C, h, w]
 *
 *     unpool    y[n, c, p] = sum of x[n, c, i] over index[n, c, i] = p
 *     gather    y[n, c, i] = x[n, c, index[n, c, i]]
 *
 * Both are linear in x, and each is the other's transpose:
 *     dL/dx = gather(g, index) for unpool,    dL/dx = unpool(g, index) for gather */

#include <string.h>
#include "base/alloc.h"
#include "kernels/pool.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include <wengert/conv.h>

typedef struct plane_attr {
    size_t height, width;
} plane_attr;

static wg_status shape(wg_op_context *op, bool same_planes)
{
    const wg_shape *x = op->in_shape[0], *index = op->in_shape[1];
    if (op->in_dtype[1] != WG_I32)
        return wg_op_fail(op, WG_BAD_DTYPE, "indices must be i32, not %s", wg_dtype_name(op->in_dtype[1]));
    if (wg__op_needs_real(op, 0) != WG_OK)
        return WG_BAD_DTYPE;
    if (x->rank != 4 || index->rank != 4 || x->dim[0] != index->dim[0] || x->dim[1] != index->dim[1] ||
        (same_planes && !wg_shape_equal(x, index)))
        return wg_op_fail(op, WG_BAD_SHAPE, "images and indices do not fit: %s, %s", wg_op_operand(op, 0),
            wg_op_operand(op, 1));
    return WG_OK;
}

static wg_status unpool_shape(wg_op_context *op)
{
    const plane_attr *attr = op->attr;
    const wg_shape *x = op->in_shape[0];
    wg_status status = shape(op, true);
    if (status == WG_OK)
        op->out_shape[0] = WG_SHAPE(x->dim[0], x->dim[1], attr->height, attr->width);
    return status;
}

static wg_status gather_shape(wg_op_context *op)
{
    op->out_shape[0] = *op->in_shape[1];
    return shape(op, false);
}

/* Planes, numbers of the small and the large plane; all indices in range, or WG_BAD_INDEX. */
typedef struct sizes {
    size_t planes, count, size;
} sizes;

static wg_status sizes_of(wg_op_context *op, const wg_shape *large, sizes *s)
{
    const wg_shape *small = op->in_shape[1];
    const int32_t *index = op->in[1];
    *s = (sizes){small->dim[0] * small->dim[1], small->dim[2] * small->dim[3], large->dim[2] * large->dim[3]};
    for (size_t i = 0; i < s->planes * s->count; i++)
        if (index[i] < 0 || (size_t)index[i] >= s->size)
            return wg_op_fail(op, WG_BAD_INDEX, "index %d, in a plane of %zu x %zu", (int)index[i],
                large->dim[2], large->dim[3]);
    return WG_OK;
}

static wg_status unpool_f64(wg_op_context *op)
{
    sizes s;
    wg_status status = sizes_of(op, op->out_shape, &s);
    if (status == WG_OK)
        wg__scatter_planes_f64(op->threads, s.planes, s.count, s.size, op->in[0], op->in[1], op->out[0]);
    return status;
}

static wg_status unpool_f32(wg_op_context *op)
{
    sizes s;
    wg_status status = sizes_of(op, op->out_shape, &s);
    if (status == WG_OK)
        wg__scatter_planes_f32(op->threads, s.planes, s.count, s.size, op->in[0], op->in[1], op->out[0]);
    return status;
}

static wg_status unpool_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_max_pool_gather2d(g[0], op->arg[1]);
    return WG_OK;
}

wg_var wg_max_unpool2d(wg_var x, wg_var indices, size_t height, size_t width)
{
    const plane_attr attr = {height, width};
    return wg_apply(&wg__op_max_unpool2d, (wg_var[]){x, indices}, 2, &attr);
}

static const plane_attr plane = {3, 4};
static const wg_op_sample unpool_samples[] = {
    {.label = "places met twice",
        .in = {{4, {2, 1, 3, 3}}, {4, {2, 1, 3, 3}}},
        .int_below = {0, 12},
        .attr = &plane},
};

const wg_op wg__op_max_unpool2d = {
    .name = "max_unpool2d",
    .arity = 2,
    .attr_size = sizeof(plane_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = unpool_shape,
    .forward_f64 = unpool_f64,
    .forward_f32 = unpool_f32,
    .vjp = unpool_vjp,
    .formula = "zeros with x added at index",
    .rule = (const char *const[]){"g at index", "0"},
    .samples = unpool_samples,
    .sample_count = sizeof unpool_samples / sizeof unpool_samples[0],
};

static wg_status gather_f64(wg_op_context *op)
{
    sizes s;
    wg_status status = sizes_of(op, op->in_shape[0], &s);
    if (status == WG_OK)
        wg__gather_planes_f64(op->threads, s.planes, s.count, s.size, op->in[0], op->in[1], op->out[0]);
    return status;
}

static wg_status gather_f32(wg_op_context *op)
{
    sizes s;
    wg_status status = sizes_of(op, op->in_shape[0], &s);
    if (status == WG_OK)
        wg__gather_planes_f32(op->threads, s.planes, s.count, s.size, op->in[0], op->in[1], op->out[0]);
    return status;
}

static wg_status gather_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_shape x = wg_shape_of(op->arg[0]);
    grad_in[0] = wg_max_unpool2d(g[0], op->arg[1], x.dim[2], x.dim[3]);
    return WG_OK;
}

wg_var wg_max_pool_gather2d(wg_var x, wg_var indices)
{
    return wg_apply2(&wg__op_max_pool_gather2d, x, indices);
}

static const wg_op_sample gather_samples[] = {
    {.label = "places", .in = {{4, {1, 2, 3, 4}}, {4, {1, 2, 2, 3}}}, .int_below = {0, 12}},
};

const wg_op wg__op_max_pool_gather2d = {
    .name = "max_pool_gather2d",
    .arity = 2,
    .shape = gather_shape,
    .forward_f64 = gather_f64,
    .forward_f32 = gather_f32,
    .vjp = gather_vjp,
    .formula = "x at index",
    .rule = (const char *const[]){"zeros with g added at index", "0"},
    .samples = gather_samples,
    .sample_count = sizeof gather_samples / sizeof gather_samples[0],
};
