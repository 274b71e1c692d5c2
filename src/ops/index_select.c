/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* index_select.c - y [.., n, ..] from x [.., size, ..] and index [n], along one axis: y_i = x_(index_i).
 *
 * x_k is used wherever index_i = k, so dL/dx_k is the sum of those g_i: an index_add into zeros.
 * index_add: y = x, then y_(index_i) += src_i; so dL/dx = g and dL/dsrc_i = g_(index_i), an index_select. */

#include <string.h>
#include <wengert/shaping.h>
#include "kernels/parallel.h"
#include "kernels/scatter.h"
#include "ops/axes.h"
#include "ops/ops.h"

enum { COPY_GRAIN = 1 << 14 };

/* Operands begin with x and index; the attribute is the axis. */
static wg_status common_shape(wg_op_context *op, size_t *axis)
{
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, axis);
    if (status == WG_OK)
        status = wg__op_needs_index(op, 1);
    if (status == WG_OK && op->in_shape[1]->rank != 1)
        status = wg_op_fail(op, WG_BAD_SHAPE, "an index has one axis here, not %s", wg_op_operand(op, 1));
    return status;
}

/* The axis of x, as [outer, size, inner], once the index is known to be good. */
static wg_status along_checked(wg_op_context *op, wg_along *along)
{
    *along = wg__along_axis(op->in_shape[0], wg__axis_of(*(const int *)op->attr, op->in_shape[0]->rank));
    return wg__op_check_index(op, 1, along->size);
}

/* ---- index_select */

static wg_status index_select_shape(wg_op_context *op)
{
    size_t axis = 0;
    wg_status status = common_shape(op, &axis);
    if (status == WG_OK)
        op->out_shape[0].dim[axis] = op->in_shape[1]->dim[0];
    op->out_dtype[0] = wg__op_element(op, 0);
    return status;
}

typedef struct select_work {
    wg_along along;
    size_t n, size;
    const int32_t *index;
    const char *from;
    char *to;
} select_work;

/* Item [outer, i] is a run of the inner axes. */
static inline void copy_runs(const select_work *w, size_t begin, size_t end, size_t run)
{
    size_t first = begin / w->n * w->along.size, i = begin % w->n; /* the outer slice's first row, and i */
    for (size_t item = begin; item < end; item++) {
        memcpy(w->to + item * run, w->from + (first + (size_t)w->index[i]) * run, run);
        if (++i == w->n) {
            i = 0;
            first += w->along.size;
        }
    }
}

static void select_chunk(void *work, size_t begin, size_t end)
{
    const select_work *w = work;
    switch (w->along.inner * w->size) {
    case 4:
        copy_runs(w, begin, end, 4);
        break;
    case 8:
        copy_runs(w, begin, end, 8);
        break;
    default:
        copy_runs(w, begin, end, w->along.inner * w->size);
    }
}

static wg_status index_select_forward(wg_op_context *op)
{
    select_work work = {.n = op->in_shape[1]->dim[0],
        .size = wg__op_element_size(op, 0),
        .index = op->in[1],
        .from = op->in[0],
        .to = op->out[0]};
    wg_status status = along_checked(op, &work.along);
    if (status == WG_OK && op->count > 0)
        wg__parallel_for(
            op->threads, work.along.outer * work.n, COPY_GRAIN / work.along.inner, select_chunk, &work);
    return status;
}

static wg_status index_select_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    if (op->wanted[0])
        grad_in[0] = wg_index_add(wg_const_like(op->arg[0], 0), *(const int *)op->attr, op->arg[1], g[0]);
    return WG_OK;
}

static void add_rows(const wg_op_context *op, const wg_along *along, const void *from, void *to)
{
    size_t n = op->in_shape[1]->dim[0];
    if (op->dtype == WG_F64)
        wg__index_add_f64(op->threads, along->outer, along->size, along->inner, n, op->in[1], from, to);
    else
        wg__index_add_f32(op->threads, along->outer, along->size, along->inner, n, op->in[1], from, to);
}

/* The same, added to what there is. A plan that is tried out comes here with an index that was refused. */
static wg_status index_select_backward(wg_op_context *op)
{
    wg_along along;
    wg_status status = along_checked(op, &along);
    if (status == WG_OK && op->grad_in[0] && op->count > 0)
        add_rows(op, &along, op->upstream[0], op->grad_in[0]);
    return status;
}

static const char *const index_select_rule[] = {"index_add(0, index, g)", "0"};

static const wg_op_sample index_select_samples[] = {
    {.label = "embedding", .in = {{2, {4, 3}}, {1, {6}}}, .int_below = {0, 4}, .attr = &(const int){0}},
    {.label = "last axis", .in = {{2, {3, 4}}, {1, {2}}}, .int_below = {0, 4}, .attr = &(const int){-1}},
    {.label = "middle axis", .in = {{3, {2, 3, 2}}, {1, {4}}}, .int_below = {0, 3}, .attr = &(const int){1}},
};

const wg_op wg__op_index_select = {
    .name = "index_select",
    .arity = 2,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR | WG_OP_ADDS_GRADIENT,
    .shape = index_select_shape,
    .forward_f64 = index_select_forward,
    .forward_f32 = index_select_forward,
    .vjp = index_select_vjp,
    .backward_f64 = index_select_backward,
    .backward_f32 = index_select_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .formula = "index_select(x, index)",
    .rule = index_select_rule,
    .samples = index_select_samples,
    .sample_count = sizeof index_select_samples / sizeof index_select_samples[0],
};

wg_var wg_index_select(wg_var x, int axis, wg_var index)
{
    return wg_apply(&wg__op_index_select, (wg_var[]){x, index}, 2, &axis);
}

/* ---- index_add */

static wg_status index_add_shape(wg_op_context *op)
{
    size_t axis = 0;
    wg_status status = common_shape(op, &axis);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 0);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 2);
    if (status != WG_OK)
        return status;
    wg_shape src = *op->in_shape[0];
    src.dim[axis] = op->in_shape[1]->dim[0];
    if (!wg_shape_equal(&src, op->in_shape[2]))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s does not go into %s by %s", wg_op_operand(op, 2),
            wg_op_operand(op, 0), wg_op_operand(op, 1));
    return WG_OK;
}

static wg_status index_add_forward(wg_op_context *op)
{
    wg_along along;
    wg_status status = along_checked(op, &along);
    if (status != WG_OK || op->count == 0)
        return status;
    memcpy(op->out[0], op->in[0], op->count * wg_dtype_size(op->dtype));
    add_rows(op, &along, op->in[2], op->out[0]);
    return WG_OK;
}

static wg_status index_add_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = g[0];
    if (op->wanted[2])
        grad_in[2] = wg_index_select(g[0], *(const int *)op->attr, op->arg[1]);
    return WG_OK;
}

static const char *const index_add_rule[] = {"g", "0", "index_select(g, index)"};

static const wg_op_sample index_add_samples[] = {
    {.label = "rows",
        .in = {{2, {4, 3}}, {1, {6}}, {2, {6, 3}}},
        .int_below = {0, 4},
        .attr = &(const int){0}},
    {.label = "middle axis",
        .in = {{3, {2, 3, 2}}, {1, {4}}, {3, {2, 4, 2}}},
        .int_below = {0, 3},
        .attr = &(const int){1}},
};

const wg_op wg__op_index_add = {
    .name = "index_add",
    .arity = 3,
    .attr_size = sizeof(int),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = index_add_shape,
    .forward_f64 = index_add_forward,
    .forward_f32 = index_add_forward,
    .vjp = index_add_vjp,
    .formula = "x + index_add(src, index)",
    .rule = index_add_rule,
    .samples = index_add_samples,
    .sample_count = sizeof index_add_samples / sizeof index_add_samples[0],
};

wg_var wg_index_add(wg_var x, int axis, wg_var index, wg_var src)
{
    return wg_apply(&wg__op_index_add, (wg_var[]){x, index, src}, 3, &axis);
}
