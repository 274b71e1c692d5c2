/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv2d: x [N, C, H, W], w [K, C / groups, R, S] -> y [N, K, OH, OW]
 *
 *     y[n, k, i, j] = sum_c,r,s  x[n, c, i S - P + r D, j S - P + s D]  w[k, c, r, s]
 *
 * y is linear in x and in w. For a loss L with g = dL/dy, collect what each number touches:
 *     dL/dx = input_gradient(g, w)       every y that read an x sends its g, times the weight it read it with
 *     dL/dw = weight_gradient(x, g)      every pair of x and g that a weight brought together
 * Write <a, b> for the sum of products: <g, conv(x, w)> = <input_gradient(g, w), x> = <weight_gradient(x, g),
 * w>. It is one trilinear form of x, w and g, and each of the three operations is its derivative by one of
 * them; so the derivatives of each are the other two. */

#include "ops/conv_attr.h"
#include "ops/ops.h"

static wg_status shape(wg_op_context *op)
{
    wg_conv conv;
    return wg__conv_geometry(op, op->in_shape[0], op->in_shape[1], NULL, &conv, op->out_shape);
}

static wg_status geometry(wg_op_context *op, wg_conv *conv)
{
    return wg__conv_geometry(op, op->in_shape[0], op->in_shape[1], NULL, conv, NULL);
}

static wg_status forward_f64(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f64(op, &conv, WG_CONV_FORWARD, op->in[0], op->in[1], op->out[0]);
}

static wg_status forward_f32(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f32(op, &conv, WG_CONV_FORWARD, op->in[0], op->in[1], op->out[0]);
}

static unsigned lanes(wg_op_context *op, double *saved)
{
    wg_conv conv;
    return geometry(op, &conv) == WG_OK
               ? wg__conv_lanes_of(op, &conv, WG_LANES_OPERAND(0) | WG_LANES_RESULT(0), saved)
               : 0;
}

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    if (op->wanted[0])
        grad_in[0] = wg__conv_input_apply(g[0], op->arg[1], attr, wg_shape_of(op->arg[0]));
    if (op->wanted[1])
        grad_in[1] = wg__conv_weight_apply(op->arg[0], g[0], attr, wg_shape_of(op->arg[1]));
    return WG_OK;
}

static wg_status backward_f64(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    if (status == WG_OK && op->grad_in[0])
        status = wg__conv_run_f64(op, &conv, WG_CONV_INPUT, op->upstream[0], op->in[1], op->grad_in[0]);
    if (status == WG_OK && op->grad_in[1])
        status = wg__conv_run_f64(op, &conv, WG_CONV_WEIGHT, op->in[0], op->upstream[0], op->grad_in[1]);
    return status;
}

static wg_status backward_f32(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    if (status == WG_OK && op->grad_in[0])
        status = wg__conv_run_f32(op, &conv, WG_CONV_INPUT, op->upstream[0], op->in[1], op->grad_in[0]);
    if (status == WG_OK && op->grad_in[1])
        status = wg__conv_run_f32(op, &conv, WG_CONV_WEIGHT, op->in[0], op->upstream[0], op->grad_in[1]);
    return status;
}

wg_var wg_conv2d(wg_var x, wg_var w, const wg_conv2d_options *options)
{
    return wg__conv_apply(x, w, wg__conv_attr_of(options));
}

/*                                           stride padding dilation groups */
static const wg_conv_attr plain = {1, 1, 0, 0, 1, 1, 1, 0, 0, false};
static const wg_conv_attr padded = {1, 1, 2, 1, 1, 1, 1, 0, 0, false};
static const wg_conv_attr strided = {2, 3, 1, 0, 1, 1, 1, 0, 0, false};
static const wg_conv_attr dilated = {1, 1, 1, 2, 2, 3, 1, 0, 0, false};
static const wg_conv_attr grouped = {1, 1, 1, 1, 1, 1, 2, 0, 0, false};
static const wg_conv_attr depthwise = {2, 1, 1, 1, 1, 2, 3, 0, 0, false};
static const wg_conv_attr exact = {2, 2, 1, 1, 1, 1, 1, 0, 0, true};

static const wg_op_sample samples[] = {
    {.label = "plain", .in = {{4, {2, 2, 5, 4}}, {4, {3, 2, 3, 2}}}, .attr = &plain},
    {.label = "a row of vectors", .in = {{4, {1, 2, 3, 17}}, {4, {2, 2, 2, 2}}}, .attr = &plain},
    {.label = "padded", .in = {{4, {2, 1, 4, 3}}, {4, {2, 1, 3, 3}}}, .attr = &padded},
    {.label = "strides", .in = {{4, {2, 2, 6, 7}}, {4, {2, 2, 3, 2}}}, .attr = &strided},
    {.label = "dilation", .in = {{4, {1, 2, 6, 6}}, {4, {2, 2, 3, 2}}}, .attr = &dilated},
    {.label = "groups", .in = {{4, {2, 4, 3, 4}}, {4, {6, 2, 3, 3}}}, .attr = &grouped},
    {.label = "depthwise", .in = {{4, {1, 3, 5, 4}}, {4, {6, 1, 3, 2}}}, .attr = &depthwise},
    {.label = "exact", .in = {{4, {1, 1, 5, 5}}, {4, {1, 1, 3, 3}}}, .attr = &exact},
};

static size_t workspace(const wg_op_context *op)
{
    wg_op_context own = *op; /* the geometry was checked: it has nothing to say */
    wg_conv conv;
    if (geometry(&own, &conv) != WG_OK)
        return 0;
    if (!op->backward)
        return wg__conv_workspace(op, &conv, WG_CONV_FORWARD);
    return (op->wanted[0] ? wg__conv_workspace(op, &conv, WG_CONV_INPUT) : 0) +
           (op->wanted[1] ? wg__conv_workspace(op, &conv, WG_CONV_WEIGHT) : 0);
}

static double flops(const wg_op_context *op)
{
    return wg__conv_flops(op->count, op->in_shape[1]);
}

const wg_op wg__op_conv2d = {
    .name = "conv2d",
    .arity = 2,
    .attr_size = sizeof(wg_conv_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = shape,
    .forward_f64 = forward_f64,
    .forward_f32 = forward_f32,
    .workspace = workspace,
    .vjp = vjp,
    .lanes = lanes,
    .backward_f64 = backward_f64,
    .backward_f32 = backward_f32,
    .backward_ignores = WG_IGNORES_RESULT(0),
    .flops = flops,
    .formula = "x * w",
    .rule = (const char *const[]){"input gradient of g and w", "weight gradient of x and g"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};
