/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gather.c - y[i, j] = x[i, index[i, j]] (along axis 1 of a matrix); y has the shape of index.
 *
 * x[i, k] is used wherever index[i, j] = k, so dL/dx is g, added up at those places: a scatter_add into
 * zeros. */

#include <string.h>
#include <wengert/shaping.h>
#include "kernels/scatter.h"
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* Operands are x and index; the attribute is the axis. */
static wg_status gather_shape(wg_op_context *op)
{
    size_t axis;
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, &axis);
    if (status == WG_OK)
        status = wg__op_needs_index(op, 1);
    if (status == WG_OK)
        status = wg__op_index_fits(op, axis);
    op->out_shape[0] = *op->in_shape[1];
    op->out_dtype[0] = wg__op_element(op, 0);
    return status;
}

typedef struct gather_work {
    const int32_t *index;
    const char *from;
    char *to;
    ptrdiff_t axis_step;
} gather_work;

/* Stream 0 is index and result, dense; stream 1 is x at index 0. */
static inline void gather_panel(const gather_work *w, const wg_panel *panel, size_t size)
{
    for (size_t a = 0; a < panel->a; a++) {
        ptrdiff_t at = panel->at[0] + (ptrdiff_t)a * panel->step_a[0];
        ptrdiff_t from = panel->at[1] + (ptrdiff_t)a * panel->step_a[1];
        const int32_t *index = w->index + at;
        char *to = w->to + at * (ptrdiff_t)size;
        for (size_t b = 0; b < panel->b; b++, from += panel->step_b[1])
            memcpy(to + b * size, w->from + (from + index[b] * w->axis_step) * (ptrdiff_t)size, size);
    }
}

static void gather_panel_4(const void *work, const wg_panel *panel)
{
    gather_panel(work, panel, 4);
}

static void gather_panel_8(const void *work, const wg_panel *panel)
{
    gather_panel(work, panel, 8);
}

static wg_status gather_forward(wg_op_context *op)
{
    size_t axis = wg__axis_of(*(const int *)op->attr, op->in_shape[0]->rank);
    wg_status status = wg__op_check_index(op, 1, op->in_shape[0]->dim[axis]);
    if (status != WG_OK)
        return status;
    wg_walk walk = wg__walk_over(op->in_shape[1], 2);
    wg__row_major(op->in_shape[0], walk.step[1]);
    gather_work work = {op->in[1], op->in[0], op->out[0], walk.step[1][axis]};
    walk.step[1][axis] = 0;
    wg__walk_merge(&walk);
    wg__walk_panels(
        op->threads, &walk, wg__op_element_size(op, 0) == 4 ? gather_panel_4 : gather_panel_8, &work);
    return WG_OK;
}

static wg_status gather_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    if (op->wanted[0])
        grad_in[0] = wg_scatter_add(wg_const_like(op->arg[0], 0), *(const int *)op->attr, op->arg[1], g[0]);
    return WG_OK;
}

/* The same, added to what there is. A plan that is tried out comes here with an index that was refused. */
static wg_status gather_backward(wg_op_context *op)
{
    const wg_shape *x = op->in_shape[0], *index = op->in_shape[1];
    size_t axis = wg__axis_of(*(const int *)op->attr, x->rank);
    wg_status status = wg__op_check_index(op, 1, x->dim[axis]);
    if (status != WG_OK || !op->grad_in[0] || op->count == 0)
        return status;
    if (op->dtype == WG_F64)
        wg__scatter_add_f64(op->threads, x, axis, index, op->in[1], op->upstream[0], op->grad_in[0]);
    else
        wg__scatter_add_f32(op->threads, x, axis, index, op->in[1], op->upstream[0], op->grad_in[0]);
    return WG_OK;
}

static const char *const gather_rule[] = {"scatter_add(0, index, g)", "0"};

static const wg_op_sample gather_samples[] = {
    {.label = "rows", .in = {{2, {3, 4}}, {2, {5, 4}}}, .int_below = {0, 3}, .attr = &(const int){0}},
    {.label = "last axis", .in = {{2, {3, 4}}, {2, {3, 1}}}, .int_below = {0, 4}, .attr = &(const int){-1}},
    {.label = "a smaller index",
        .in = {{3, {3, 4, 3}}, {3, {2, 3, 2}}},
        .int_below = {0, 4},
        .attr = &(const int){1}},
};

const wg_op wg__op_gather = {
    .name = "gather",
    .arity = 2,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR | WG_OP_ADDS_GRADIENT,
    .shape = gather_shape,
    .forward_f64 = gather_forward,
    .forward_f32 = gather_forward,
    .vjp = gather_vjp,
    .backward_f64 = gather_backward,
    .backward_f32 = gather_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .formula = "gather(x, index)",
    .rule = gather_rule,
    .samples = gather_samples,
    .sample_count = sizeof gather_samples / sizeof gather_samples[0],
};

wg_var wg_gather(wg_var x, int axis, wg_var index)
{
    return wg_apply(&wg__op_gather, (wg_var[]){x, index}, 2, &axis);
}
