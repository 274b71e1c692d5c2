/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* op_custom.c - operations of a user's, which enter by the public record as ours do: the loops over the op
 * table run over them too. A map with a rule, one with several results, and a fused one that keeps memory and
 * has an expansion. */

#include <math.h>
#include <wengert/math.h>

#include "op_cases.h"

/* ---- swish(x) = x s(x), the example of op.h */

static wg_status swish_forward_f64(wg_op_context *op)
{
    const double *x = op->in[0];
    double *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = x[i] / (1 + exp(-x[i]));
    return WG_OK;
}

static wg_status swish_forward_f32(wg_op_context *op)
{
    const float *x = op->in[0];
    float *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = x[i] / (1 + expf(-x[i]));
    return WG_OK;
}

static wg_status swish_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var x = op->arg[0], s = wg_sigmoid(x);
    grad_in[0] = wg_mul(g[0], wg_mul(s, wg_addc(wg_mul(x, wg_csub(1, s)), 1)));
    return WG_OK;
}

static const wg_op swish = {
    .name = "swish",
    .arity = 1,
    .shape = wg_shape_like_first,
    .forward_f64 = swish_forward_f64,
    .forward_f32 = swish_forward_f32,
    .vjp = swish_vjp,
};

/* ---- sin_cos(x): two results, either of which may get no gradient */

static wg_status sin_cos_shape(wg_op_context *op)
{
    op->out_shape[1] = op->out_shape[0];
    return wg_shape_like_first(op); /* refuses integers */
}

static wg_status sin_cos_forward_f64(wg_op_context *op)
{
    const double *x = op->in[0];
    double *s = op->out[0], *c = op->out[1];
    for (size_t i = 0; i < op->count; i++)
        s[i] = sin(x[i]), c[i] = cos(x[i]);
    return WG_OK;
}

static wg_status sin_cos_forward_f32(wg_op_context *op)
{
    const float *x = op->in[0];
    float *s = op->out[0], *c = op->out[1];
    for (size_t i = 0; i < op->count; i++)
        s[i] = sinf(x[i]), c[i] = cosf(x[i]);
    return WG_OK;
}

static wg_status sin_cos_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var from_sin = wg_is_valid(g[0]) ? wg_mul(g[0], op->result[1]) : g[0];
    wg_var from_cos = wg_is_valid(g[1]) ? wg_neg(wg_mul(g[1], op->result[0])) : g[1];
    if (wg_is_valid(from_sin) && wg_is_valid(from_cos))
        grad_in[0] = wg_add(from_sin, from_cos);
    else
        grad_in[0] = wg_is_valid(from_sin) ? from_sin : from_cos;
    return WG_OK;
}

static const wg_op sin_cos = {
    .name = "sin_cos",
    .arity = 1,
    .results = 2,
    .shape = sin_cos_shape,
    .forward_f64 = sin_cos_forward_f64,
    .forward_f32 = sin_cos_forward_f32,
    .vjp = sin_cos_vjp,
};

/* ---- scaled_product(a, b) = c a b of one shape, c its attribute; keeps c b for its fused gradient in a */

typedef struct scaled_product_attr {
    double c;
} scaled_product_attr;

static wg_status scaled_product_shape(wg_op_context *op)
{
    if (!wg_shape_equal(op->in_shape[0], op->in_shape[1]))
        return wg_op_fail(
            op, WG_BAD_SHAPE, "two shapes: %s and %s", wg_op_operand(op, 0), wg_op_operand(op, 1));
    size_t count;
    wg_shape_count(op->in_shape[0], &count);
    op->keep_bytes[0] = count * sizeof(double);
    return wg_shape_like_first(op);
}

static wg_status scaled_product_forward_f64(wg_op_context *op)
{
    const scaled_product_attr *attr = op->attr;
    const double *a = op->in[0], *b = op->in[1];
    double *y = op->out[0], *kept = op->keep[0];
    for (size_t i = 0; i < op->count; i++) {
        kept[i] = attr->c * b[i];
        y[i] = a[i] * kept[i];
    }
    return WG_OK;
}

static wg_status scaled_product_forward_f32(wg_op_context *op)
{
    const scaled_product_attr *attr = op->attr;
    const float *a = op->in[0], *b = op->in[1];
    float *y = op->out[0];
    double *kept = op->keep[0];
    for (size_t i = 0; i < op->count; i++) {
        kept[i] = attr->c * (double)b[i];
        y[i] = (float)((double)a[i] * kept[i]);
    }
    return WG_OK;
}

static wg_status scaled_product_backward_f64(wg_op_context *op)
{
    const scaled_product_attr *attr = op->attr;
    const double *a = op->in[0], *g = op->upstream[0], *kept = op->keep[0];
    double *ga = op->grad_in[0], *gb = op->grad_in[1];
    for (size_t i = 0; ga && i < op->count; i++)
        ga[i] = g[i] * kept[i];
    for (size_t i = 0; gb && i < op->count; i++)
        gb[i] = g[i] * attr->c * a[i];
    return WG_OK;
}

static wg_status scaled_product_expand(wg_op_context *op, wg_var *results)
{
    const scaled_product_attr *attr = op->attr;
    results[0] = wg_mulc(wg_mul(op->arg[0], op->arg[1]), attr->c);
    return WG_OK;
}

static const scaled_product_attr three = {.c = 3};

static const wg_op_sample scaled_product_samples[] = {
    {.label = "scalars", .in = {{0}, {0}}, .attr = &three},
    {.label = "matrices", .in = {{2, {3, 4}}, {2, {3, 4}}}, .attr = &three},
};

static const wg_op scaled_product = {
    .name = "scaled_product",
    .arity = 2,
    .attr_size = sizeof(scaled_product_attr),
    .shape = scaled_product_shape,
    .forward_f64 = scaled_product_forward_f64,
    .forward_f32 = scaled_product_forward_f32,
    .expand = scaled_product_expand,
    .backward_f64 = scaled_product_backward_f64,
    .samples = scaled_product_samples,
    .sample_count = sizeof scaled_product_samples / sizeof scaled_product_samples[0],
};

const wg_op *const op_custom[] = {&swish, &sin_cos, &scaled_product};
const size_t op_custom_count = sizeof op_custom / sizeof op_custom[0];
