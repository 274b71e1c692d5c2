/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pad.c - y [b_0 + n_0 + a_0, ..] = x [n_0, ..] in a frame of a constant, b_i wide before and a_i after axis
 * i.
 *
 * The inner elements of y are those of x and the frame depends on nothing, so dL/dx is the inner part of g: a
 * slice along each axis that has a frame. */

#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

typedef struct pad_attr {
    wg_pad_width width[WG_MAX_RANK];
    double value;
    bool unknown; /* widths were missing */
} pad_attr;

static wg_status pad_shape(wg_op_context *op)
{
    const pad_attr *attr = op->attr;
    const wg_shape *x = op->in_shape[0];
    if (attr->unknown && x->rank > 0)
        return wg_op_fail(op, WG_INVALID, "%s needs a width for each axis", wg_op_operand(op, 0));
    for (size_t i = 0; i < x->rank; i++) {
        wg_pad_width w = attr->width[i];
        if (w.before > SIZE_MAX - x->dim[i] || w.after > SIZE_MAX - x->dim[i] - w.before)
            return wg_op_fail(op, WG_OVERFLOW, "axis %zu of the result is too long", i);
        op->out_shape[0].dim[i] = x->dim[i] + w.before + w.after;
    }
    if (op->in_dtype[0] == WG_I32 && !(attr->value >= INT32_MIN && attr->value <= INT32_MAX &&
                                         (double)(int32_t)attr->value == attr->value))
        return wg_op_fail(op, WG_INVALID, "%s is i32, and %g is not", wg_op_operand(op, 0), attr->value);
    return wg__op_moves(op);
}

static void fill(const wg_op_context *op, double value)
{
    float single = (float)value;
    int32_t integer = op->in_dtype[0] == WG_I32 ? (int32_t)value : 0;
    const void *element = op->in_dtype[0] == WG_I32 ? (const void *)&integer
                          : op->dtype == WG_F32     ? (const void *)&single
                                                    : (const void *)&value;
    wg__strided_fill(op->threads, op->count, wg__op_element_size(op, 0), element, op->out[0]);
}

static wg_status pad_forward(wg_op_context *op)
{
    const pad_attr *attr = op->attr;
    size_t size = wg__op_element_size(op, 0), count;
    ptrdiff_t first = 0;
    wg_walk walk = wg__walk_over(op->in_shape[0], 2);
    wg__row_major(&op->out_shape[0], walk.step[0]);
    fill(op, attr->value);
    wg_shape_count(op->in_shape[0], &count);
    if (count == 0)
        return WG_OK;
    for (size_t i = 0; i < walk.rank; i++)
        first += walk.step[0][i] * (ptrdiff_t)attr->width[i].before;
    wg__strided_copy(op->threads, &walk, size, op->in[0], (char *)op->out[0] + first * (ptrdiff_t)size);
    return WG_OK;
}

static wg_status pad_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const pad_attr *attr = op->attr;
    grad_in[0] = g[0];
    for (size_t i = 0; i < op->in_shape[0]->rank; i++) {
        wg_pad_width w = attr->width[i];
        if (w.before > 0 || w.after > 0)
            grad_in[0] = wg_slice(
                grad_in[0], (int)i, (ptrdiff_t)w.before, (ptrdiff_t)(w.before + op->in_shape[0]->dim[i]), 1);
    }
    return WG_OK;
}

static const char *const pad_rule[] = {"slice(g)"};

static const wg_op_sample pad_samples[] = {
    {.label = "images",
        .in = {{4, {2, 1, 3, 2}}},
        .attr = &(const pad_attr){{{0, 0}, {0, 0}, {1, 1}, {2, 1}}, 0, false}},
    {.label = "ones before", .in = {{1, {4}}}, .attr = &(const pad_attr){{{3, 0}}, 1, false}},
    {.label = "nothing", .in = {{2, {2, 3}}}, .attr = &(const pad_attr){{{0, 0}}, 0, false}},
    {.label = "scalar", .in = {{0, {0}}}, .attr = &(const pad_attr){{{0, 0}}, 0, false}},
};

const wg_op wg__op_pad = {
    .name = "pad",
    .arity = 1,
    .attr_size = sizeof(pad_attr),
    .shape = pad_shape,
    .forward_f64 = pad_forward,
    .forward_f32 = pad_forward,
    .vjp = pad_vjp,
    .formula = "pad(x)",
    .rule = pad_rule,
    .samples = pad_samples,
    .sample_count = sizeof pad_samples / sizeof pad_samples[0],
};

wg_var wg_pad(wg_var x, const wg_pad_width *widths, double value)
{
    pad_attr attr = {.value = value, .unknown = !widths};
    size_t rank = wg_shape_of(x).rank;
    for (size_t i = 0; i < rank && widths; i++)
        attr.width[i] = widths[i];
    return wg_apply(&wg__op_pad, &x, 1, &attr);
}
