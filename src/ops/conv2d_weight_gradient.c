/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv2d_weight_gradient: x [N, C, H, W], g [N, K, OH, OW] -> dw [K, C / groups, R, S]
 *
 *     dw[k, c, r, s] = sum_n,i,j  g[n, k, i, j]  x[n, c, i S - P + r D, j S - P + s D]
 *
 * The derivative of conv2d by w. It is linear in x and in g; for a loss with u = dL/d(dw) (see conv2d.c):
 *     dL/dx = input_gradient(g, u)       dL/dg = conv2d(x, u) */

#include "ops/conv_attr.h"
#include "ops/ops.h"

/* w's shape, from x's and g's. */
static wg_shape filters_of(const wg_op_context *op)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    return WG_SHAPE(op->in_shape[1]->dim[1], op->in_shape[0]->dim[1] / attr.groups, attr.size_h, attr.size_w);
}

static wg_status geometry(wg_op_context *op, wg_conv *conv)
{
    wg_shape w = filters_of(op);
    return wg__conv_geometry(op, op->in_shape[0], &w, op->in_shape[1], conv, NULL);
}

static wg_status shape(wg_op_context *op)
{
    wg_conv conv;
    if (op->in_shape[0]->rank != 4 || op->in_shape[1]->rank != 4)
        return wg_op_fail(op, WG_BAD_SHAPE, "both operands must have four axes: %s, %s", wg_op_operand(op, 0),
            wg_op_operand(op, 1));
    op->out_shape[0] = filters_of(op);
    return geometry(op, &conv);
}

static wg_status forward_f64(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f64(op, &conv, WG_CONV_WEIGHT, op->in[0], op->in[1], op->out[0]);
}

static wg_status forward_f32(wg_op_context *op)
{
    wg_conv conv;
    wg_status status = geometry(op, &conv);
    return status ? status : wg__conv_run_f32(op, &conv, WG_CONV_WEIGHT, op->in[0], op->in[1], op->out[0]);
}

static unsigned lanes(wg_op_context *op, double *saved)
{
    wg_conv conv;
    return geometry(op, &conv) == WG_OK
               ? wg__conv_lanes_of(op, &conv, WG_LANES_OPERAND(0) | WG_LANES_OPERAND(1), saved)
               : 0;
}

static wg_status vjp(wg_op_context *op, const wg_var *u, wg_var *grad_in)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    if (op->wanted[0])
        grad_in[0] = wg__conv_input_apply(op->arg[1], u[0], attr, wg_shape_of(op->arg[0]));
    if (op->wanted[1])
        grad_in[1] = wg__conv_apply(op->arg[0], u[0], attr);
    return WG_OK;
}

wg_var wg_conv2d_weight_gradient(
    wg_var x, wg_var g, size_t rows, size_t columns, const wg_conv2d_options *options)
{
    return wg__conv_weight_apply(x, g, wg__conv_attr_of(options), WG_SHAPE(0, 0, rows, columns));
}

/*                                           stride padding dilation groups  filter */
static const wg_conv_attr plain = {1, 1, 0, 0, 1, 1, 1, 3, 2, false};
static const wg_conv_attr strided = {2, 3, 1, 0, 1, 1, 1, 3, 2, false};
static const wg_conv_attr grouped = {1, 1, 1, 1, 2, 1, 2, 3, 3, false};

static const wg_op_sample samples[] = {
    {.label = "plain", .in = {{4, {2, 2, 5, 4}}, {4, {2, 3, 3, 3}}}, .attr = &plain},
    {.label = "strides", .in = {{4, {2, 2, 6, 7}}, {4, {2, 2, 3, 2}}}, .attr = &strided},
    {.label = "groups", .in = {{4, {1, 2, 5, 4}}, {4, {1, 4, 3, 4}}}, .attr = &grouped},
};

static size_t workspace(const wg_op_context *op)
{
    wg_op_context own = *op; /* the geometry was checked: it has nothing to say */
    wg_conv conv;
    if (geometry(&own, &conv) != WG_OK)
        return 0;
    return wg__conv_workspace(op, &conv, WG_CONV_WEIGHT);
}

static double flops(const wg_op_context *op)
{
    size_t y = 0;
    wg_shape_count(op->in_shape[1], &y);
    return wg__conv_flops(y, &op->out_shape[0]);
}

const wg_op wg__op_conv2d_weight_gradient = {
    .name = "conv2d_weight_gradient",
    .arity = 2,
    .attr_size = sizeof(wg_conv_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = forward_f64,
    .forward_f32 = forward_f32,
    .workspace = workspace,
    .vjp = vjp,
    .lanes = lanes,
    .flops = flops,
    .formula = "weight gradient of x and g",
    .rule = (const char *const[]){"input gradient of g and u", "x * u"},
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0],
};
