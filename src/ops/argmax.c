/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* argmax.c - y [x's shape without one axis], i32: where along the axis the largest x is first, or (argmin)
 * the smallest. No gradient. */

#include <stdint.h>
#include <wengert/reduce.h>
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

static wg_status place_shape(wg_op_context *op)
{
    size_t axis;
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, &axis);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 0);
    if (status != WG_OK)
        return status;
    wg_runs runs = wg__along_runs(op);
    if (runs.terms == 0 && runs.outputs > 0)
        return wg_op_fail(
            op, WG_BAD_SHAPE, "there is no extremum of nothing: axis %zu of %s", axis, wg_op_operand(op, 0));
    if (runs.terms > INT32_MAX)
        return wg_op_fail(op, WG_OVERFLOW, "%zu places do not fit in i32", runs.terms);
    wg_shape *out = &op->out_shape[0];
    out->rank--;
    for (size_t i = axis; i < out->rank; i++)
        out->dim[i] = out->dim[i + 1];
    out->dim[out->rank] = 0;
    op->out_dtype[0] = WG_I32;
    return WG_OK;
}

static wg_status place_of_extremum(wg_op_context *op, double sign)
{
    wg_runs runs = wg__along_runs(op);
    int32_t *y = op->out[0];
    double *value = wg_op_scratch(op, runs.outputs * sizeof *value);
    size_t *index = wg_op_scratch(op, runs.outputs * sizeof *index);
    if (!wg__over_extremum(op, &runs, sign, value, index))
        return WG_OUT_OF_MEMORY;
    for (size_t o = 0; o < runs.outputs; o++)
        y[o] = (int32_t)index[o];
    return WG_OK;
}

static size_t workspace(const wg_op_context *op)
{
    wg_runs runs = wg__along_runs(op);
    return wg__over_doubles_workspace(&runs) + wg_op_scratch_size(runs.outputs * sizeof(size_t)) +
           wg__over_extremum_workspace(&runs);
}

static wg_status argmax_forward(wg_op_context *op)
{
    return place_of_extremum(op, 1);
}

static wg_status argmin_forward(wg_op_context *op)
{
    return place_of_extremum(op, -1);
}

static const wg_op_sample argmax_samples[] = {
    {.label = "classes", .in = {{2, {3, 5}}}, .attr = &(const int){-1}},
    {.label = "first axis", .in = {{2, {5, 3}}}, .attr = &(const int){0}},
    {.label = "vector", .in = {{1, {7}}}, .attr = &(const int){0}},
};

const wg_op wg__op_argmax = {
    .name = "argmax",
    .arity = 1,
    .attr_size = sizeof(int),
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = place_shape,
    .forward_f64 = argmax_forward,
    .forward_f32 = argmax_forward,
    .workspace = workspace,
    .formula = "argmax(x)",
    .samples = argmax_samples,
    .sample_count = sizeof argmax_samples / sizeof argmax_samples[0],
};

const wg_op wg__op_argmin = {
    .name = "argmin",
    .arity = 1,
    .attr_size = sizeof(int),
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_REDUCTION | WG_OP_PLAIN_ATTR,
    .shape = place_shape,
    .forward_f64 = argmin_forward,
    .forward_f32 = argmin_forward,
    .workspace = workspace,
    .formula = "argmin(x)",
    .samples = argmax_samples,
    .sample_count = sizeof argmax_samples / sizeof argmax_samples[0],
};

wg_var wg_argmax(wg_var x, int axis)
{
    return wg_apply(&wg__op_argmax, &x, 1, &axis);
}

wg_var wg_argmin(wg_var x, int axis)
{
    return wg_apply(&wg__op_argmin, &x, 1, &axis);
}
