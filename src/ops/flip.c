/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* flip.c - y = x with the order reversed along some axes: y_i = x_(n - 1 - i).
 *
 * Flipping twice changes nothing, so dL/dx is g flipped along the same axes. */

#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* The attribute is the list of axes. */
static wg_status flip_shape(wg_op_context *op)
{
    bool flipped[WG_MAX_RANK];
    wg_status status = wg__op_axes(op, op->attr, flipped);
    return status != WG_OK ? status : wg__op_moves(op);
}

static void flip_axis(wg_walk *walk, size_t axis, ptrdiff_t *first)
{
    *first += walk->step[1][axis] * (ptrdiff_t)(walk->dim[axis] - 1);
    walk->step[1][axis] = -walk->step[1][axis];
}

static wg_status flip_forward(wg_op_context *op)
{
    bool flipped[WG_MAX_RANK];
    size_t bad;
    size_t size = wg__op_element_size(op, 0);
    ptrdiff_t first = 0;
    wg_walk walk = wg__walk_over(op->in_shape[0], 2);
    if (op->count == 0)
        return WG_OK;
    wg__axes_mark(op->attr, op->in_shape[0], flipped, &bad);
    for (size_t i = 0; i < walk.rank; i++)
        if (flipped[i])
            flip_axis(&walk, i, &first);
    wg__strided_copy(op->threads, &walk, size, (const char *)op->in[0] + first * (ptrdiff_t)size, op->out[0]);
    return WG_OK;
}

static wg_status flip_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_flip(g[0], *(const wg_axes *)op->attr);
    return WG_OK;
}

static const char *const flip_rule[] = {"flip(g)"};

static const wg_op_sample flip_samples[] = {
    {.label = "last axis", .in = {{2, {2, 5}}}, .attr = &(const wg_axes){1, {-1}}},
    {.label = "two of three", .in = {{3, {2, 3, 2}}}, .attr = &(const wg_axes){2, {0, 1}}},
    {.label = "all", .in = {{2, {3, 2}}}, .attr = &(const wg_axes){.count = SIZE_MAX}},
    {.label = "none", .in = {{2, {3, 2}}}, .attr = &(const wg_axes){0}},
};

const wg_op wg__op_flip = {
    .name = "flip",
    .arity = 1,
    .attr_size = sizeof(wg_axes),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = flip_shape,
    .forward_f64 = flip_forward,
    .forward_f32 = flip_forward,
    .vjp = flip_vjp,
    .formula = "flip(x)",
    .rule = flip_rule,
    .samples = flip_samples,
    .sample_count = sizeof flip_samples / sizeof flip_samples[0],
};

wg_var wg_flip(wg_var x, wg_axes axes)
{
    return wg_apply(&wg__op_flip, &x, 1, &axes);
}
