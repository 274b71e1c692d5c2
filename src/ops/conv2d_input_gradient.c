/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv2d_input_gradient: g [N, K, OH, OW], w [K, C / groups, R, S] -> dx [N, C, H, W]
 *
 *     dx[n, c, p, q] = sum of g[n, k, i, j] w[k, c, r, s]  over  i S - P + r D = p,  j S - P + s D = q
 *
 * The derivative of conv2d by x. It is linear in g and in w; for a loss with u = dL/d(dx) (see conv2d.c):
 *     dL/dg = conv2d(u, w)               dL/dw = weight_gradient(u, g)
 * As an operation of its own it is the transposed convolution. */

#include "base/alloc.h"
#include "ops/conv_attr.h"
#include "ops/ops.h"

/* x's shape, from g's and w's. */
static wg_shape image_of(const wg_op_context *op)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    const wg_shape *g = op->in_shape[0], *w = op->in_shape[1];
    return WG_SHAPE(g->dim[0], w->dim[1] * attr.groups, attr.size_h, attr.size_w);
}

static wg_status geometry(wg_op_context *op, wg_conv *conv)
{
    wg_shape x = image_of(op);
    return wg__conv_geometry(op, &x, op->in_shape[1], op->in_shape[0], conv, NULL);
}

static wg_status shape(wg_op_context *op)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    const wg_shape *g = op->in_shape[0], *w = op->in_shape[1];
    size_t channels;
    wg_conv conv;
    if (g->rank != 4 || w->rank != 4)
        return wg_op_fail(op, WG_BAD_SHAPE, "both operands must have four axes: %s, %s", wg_op_operand(op, 0),
            wg_op_operand(op, 1));
    if (g->dim[1] != w->dim[0])
        return wg_op_fail(op, WG_BAD_SHAPE, "%zu channels, but %zu filters: %s, %s", g->dim[1], w->dim[0],
            wg_op_operand(op, 0), wg_op_operand(op, 1));
    if (!wg__mul_size(w->dim[1], attr.groups, &channels))
        return wg_op_fail(
            op, WG_OVERFLOW, "%zu channels in %zu groups do not fit in size_t", w->dim[1], attr.groups);
    op->out_shape[0] = image_of(op);
    return geometry(op, &conv);
}

static wg_status forward_f64(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f64(op, &conv, WG_CONV_INPUT, op->in[0], op->in[1], op->out[0]);
}

static wg_status forward_f32(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f32(op, &conv, WG_CONV_INPUT, op->in[0], op->in[1], op->out[0]);
}

static unsigned lanes(wg_op_context *op, double *saved)
{
    wg_conv conv;
    return geometry(op, &conv) == WG_OK
               ? wg__conv_lanes_of(op, &conv, WG_LANES_OPERAND(0) | WG_LANES_RESULT(0), saved)
               : 0;
}

static wg_status vjp(wg_op_context *op, const wg_var *u, wg_var *grad_in)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    if (op->wanted[0])
        grad_in[0] = wg__conv_apply(u[0], op->arg[1], attr);
    if (op->wanted[1])
        grad_in[1] = wg__conv_weight_apply(u[0], op->arg[0], attr, wg_shape_of(op->arg[1]));
    return WG_OK;
}

wg_var wg_conv2d_input_gradient(
    wg_var g, wg_var w, size_t height, size_t width, const wg_conv2d_options *options)
{
    return wg__conv_input_apply(g, w, wg__conv_attr_of(options), WG_SHAPE(0, 0, height, width));
}

/* As many rows as the convolution's stride may leave out. */
static bool good_output_padding(wg_tape *tape, size_t extra, size_t stride)
{
    if (extra < stride)
        return true;
    wg_tape_fail(
        tape, WG_BAD_SHAPE, "conv_transpose2d: output_padding %zu with a stride of %zu", extra, stride);
    return false;
}

/* *size = stride (in - 1) + dilation (taps - 1) + 1 - 2 padding + extra; false when it is no size. */
static bool transposed_size(
    size_t in, size_t taps, size_t stride, size_t padding, size_t dilation, size_t extra, size_t *size)
{
    size_t steps, reach, total;
    if (in == 0 || taps == 0 || !wg__mul_size(stride, in - 1, &steps) ||
        !wg__mul_size(dilation, taps - 1, &reach))
        return false;
    total = steps + reach;
    if (total < steps || total > SIZE_MAX - 1 - extra || padding > (total + 1 + extra) / 2)
        return false;
    *size = total + 1 + extra - 2 * padding;
    return true;
}

wg_var wg_conv_transpose2d(wg_var x, wg_var w, const wg_conv2d_options *options)
{
    wg_conv_attr a = wg__conv_attr_of(options);
    const wg_conv2d_options o = options ? *options : (wg_conv2d_options){0};
    size_t extra_h = o.output_padding_h ? o.output_padding_h : o.output_padding;
    size_t extra_w = o.output_padding_w ? o.output_padding_w : o.output_padding;
    size_t height = 0, width = 0;
    wg_shape in = wg_shape_of(x), filter = wg_shape_of(w);
    a.exact = false;
    if (!good_output_padding(wg_tape_of(x), extra_h, a.stride_h) ||
        !good_output_padding(wg_tape_of(x), extra_w, a.stride_w))
        return (wg_var){.tape = wg_tape_of(x)};
    if (in.rank == 4 && filter.rank == 4) { /* other ranks are refused by the operation */
        if (!transposed_size(
                in.dim[2], filter.dim[2], a.stride_h, a.padding_h, a.dilation_h, extra_h, &height) ||
            !transposed_size(
                in.dim[3], filter.dim[3], a.stride_w, a.padding_w, a.dilation_w, extra_w, &width)) {
            wg_tape_fail(wg_tape_of(x), WG_BAD_SHAPE,
                "conv_transpose2d: no image has %zu x %zu pixels under a filter of %zu x %zu with stride %zu "
                "x %zu, "
                "padding %zu x %zu and dilation %zu x %zu",
                in.dim[2], in.dim[3], filter.dim[2], filter.dim[3], a.stride_h, a.stride_w, a.padding_h,
                a.padding_w, a.dilation_h, a.dilation_w);
            return (wg_var){.tape = wg_tape_of(x)};
        }
    }
    return wg__conv_input_apply(x, w, a, WG_SHAPE(0, 0, height, width));
}

/*                                           stride padding dilation groups  image */
static const wg_conv_attr plain = {1, 1, 0, 0, 1, 1, 1, 5, 4, false};
static const wg_conv_attr strided = {2, 3, 1, 0, 1, 1, 1, 6, 7, false};
static const wg_conv_attr grouped = {1, 1, 1, 1, 2, 1, 2, 5, 4, false};

static const wg_op_sample samples[] = {
    {.label = "plain", .in = {{4, {2, 3, 3, 3}}, {4, {3, 2, 3, 2}}}, .attr = &plain},
    {.label = "strides", .in = {{4, {2, 2, 3, 2}}, {4, {2, 2, 3, 2}}}, .attr = &strided},
    {.label = "groups", .in = {{4, {1, 4, 3, 4}}, {4, {4, 1, 3, 3}}}, .attr = &grouped},
};

static size_t workspace(const wg_op_context *op)
{
    wg_op_context own = *op; /* the geometry was checked: it has nothing to say */
    wg_conv conv;
    if (geometry(&own, &conv) != WG_OK)
        return 0;
    return wg__conv_workspace(op, &conv, WG_CONV_INPUT);
}

static double flops(const wg_op_context *op)
{
    size_t y = 0;
    wg_shape_count(op->in_shape[0], &y);
    return wg__conv_flops(y, op->in_shape[1]);
}

const wg_op wg__op_conv2d_input_gradient = {
    .name = "conv2d_input_gradient",
    .arity = 2,
    .attr_size = sizeof(wg_conv_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT,
    .shape = shape,
    .forward_f64 = forward_f64,
    .forward_f32 = forward_f32,
    .workspace = workspace,
    .vjp = vjp,
    .lanes = lanes,
    .flops = flops,
    .formula = "input gradient of g and w",
    .rule = (const char *const[]){"u * w", "weight gradient of u and g"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};
