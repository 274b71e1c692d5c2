/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* slice.c - y [.., m, ..] from x [.., n, ..] along one axis: y_i = x_(first + i step).
 *
 * An element that was taken gets its g, all others 0: dL/dx = unslice(g), which puts g into zeros at the same
 * places; the kernel adds g there, so that many slices of one tensor cost no more than they hold. unslice is linear, y_(first + i step) = x_i, so its own gradient is the slice. */

#include <string.h>
#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* All as wide as a pointer: there is no padding. */
typedef struct slice_attr {
    ptrdiff_t axis, start, stop, step;
    size_t whole; /* of unslice: the axis' size in its result */
    size_t one;   /* of wg_select: the place must be there */
} slice_attr;

/* The places taken from an axis of size n: first, first + step, ... (count of them). */
typedef struct places {
    size_t axis, count;
    ptrdiff_t first;
} places;

/* NumPy's rule: negative positions count from the end, then both are cut to the axis; going backwards the
 * ends are n - 1 and one before the first. */
static ptrdiff_t clip(ptrdiff_t position, ptrdiff_t n, ptrdiff_t low, ptrdiff_t high)
{
    if (position < 0)
        position += n;
    return position < low ? low : position > high ? high : position;
}

static places find_places(const slice_attr *attr, size_t axis, ptrdiff_t n)
{
    places p = {.axis = axis};
    bool back = attr->step < 0;
    ptrdiff_t low = back ? -1 : 0, high = back ? n - 1 : n;
    ptrdiff_t stop = attr->stop == WG_END ? (back ? -1 : n) : clip(attr->stop, n, low, high);
    p.first = clip(attr->start, n, low, high);
    size_t stride = back ? (size_t)0 - (size_t)attr->step : (size_t)attr->step;
    size_t room = back ? (p.first > stop ? (size_t)(p.first - stop) : 0)
                       : (stop > p.first ? (size_t)(stop - p.first) : 0);
    p.count = room / stride + (room % stride != 0);
    return p;
}

static wg_status check_axis(wg_op_context *op, const slice_attr *attr, size_t *axis)
{
    wg_status status = wg__op_axis(op, 0, (int)attr->axis, axis);
    if (status != WG_OK)
        return status;
    if (attr->step == 0)
        return wg_op_fail(op, WG_INVALID, "a step of 0 goes nowhere");
    if (op->in_shape[0]->dim[*axis] > PTRDIFF_MAX || attr->whole > PTRDIFF_MAX)
        return wg_op_fail(
            op, WG_OVERFLOW, "axis %zu of %s is too long to be sliced", *axis, wg_op_operand(op, 0));
    return WG_OK;
}

/* Walks over the slice: stream `part` is the slice, dense; the other one goes through the whole, in steps. */
static wg_walk walk_slice(const wg_shape *part_shape, const wg_shape *whole, const places *p, ptrdiff_t step,
    size_t part, ptrdiff_t *first)
{
    ptrdiff_t whole_step[WG_MAX_RANK];
    wg_walk walk = wg__walk_over(part_shape, 2);
    wg__row_major(whole, whole_step);
    *first = p->first * whole_step[p->axis];
    whole_step[p->axis] *= p->count > 1 ? step : 1;
    memcpy(walk.step[1 - part], whole_step, sizeof whole_step);
    return walk;
}

/* ---- slice */

static wg_status slice_shape(wg_op_context *op)
{
    const slice_attr *attr = op->attr;
    size_t axis;
    wg_status status = check_axis(op, attr, &axis);
    if (status != WG_OK)
        return status;
    const ptrdiff_t n = (ptrdiff_t)op->in_shape[0]->dim[axis];
    if (attr->one && (attr->start < -n || attr->start >= n))
        return wg_op_fail(op, WG_BAD_INDEX, "there is no place %td on axis %zu of %s", attr->start, axis,
            wg_op_operand(op, 0));
    op->out_shape[0].dim[axis] = find_places(attr, axis, n).count;
    return wg__op_moves(op);
}

static wg_status slice_forward(wg_op_context *op)
{
    const slice_attr *attr = op->attr;
    size_t axis = wg__axis_of((int)attr->axis, op->in_shape[0]->rank), size = wg__op_element_size(op, 0);
    ptrdiff_t first;
    if (op->count == 0)
        return WG_OK;
    places p = find_places(attr, axis, (ptrdiff_t)op->in_shape[0]->dim[axis]);
    wg_walk walk = walk_slice(&op->out_shape[0], op->in_shape[0], &p, attr->step, 0, &first);
    wg__strided_copy(op->threads, &walk, size, (const char *)op->in[0] + first * (ptrdiff_t)size, op->out[0]);
    return WG_OK;
}

static wg_status slice_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    slice_attr attr = *(const slice_attr *)op->attr;
    attr.one = 0;
    attr.whole = op->in_shape[0]->dim[wg__axis_of((int)attr.axis, op->in_shape[0]->rank)];
    grad_in[0] = wg_apply(&wg__op_unslice, g, 1, &attr);
    return WG_OK;
}

/* The same, added to what there is. */
static wg_status slice_backward(wg_op_context *op)
{
    const slice_attr *attr = op->attr;
    size_t axis = wg__axis_of((int)attr->axis, op->in_shape[0]->rank);
    ptrdiff_t first;
    if (!op->grad_in[0] || op->count == 0)
        return WG_OK;
    places p = find_places(attr, axis, (ptrdiff_t)op->in_shape[0]->dim[axis]);
    wg_walk walk = walk_slice(&op->out_shape[0], op->in_shape[0], &p, attr->step, 1, &first);
    if (op->dtype == WG_F64)
        wg__strided_add_f64(op->threads, &walk, op->upstream[0], (double *)op->grad_in[0] + first);
    else
        wg__strided_add_f32(op->threads, &walk, op->upstream[0], (float *)op->grad_in[0] + first);
    return WG_OK;
}

static const char *const slice_rule[] = {"unslice(g)"};

static const wg_op_sample slice_samples[] = {
    {.label = "middle", .in = {{2, {5, 3}}}, .attr = &(const slice_attr){0, 1, 4, 1, 0, 0}},
    {.label = "every second", .in = {{3, {2, 5, 2}}}, .attr = &(const slice_attr){1, 0, WG_END, 2, 0, 0}},
    {.label = "backwards", .in = {{2, {2, 5}}}, .attr = &(const slice_attr){-1, WG_END, WG_END, -2, 0, 0}},
    {.label = "from the end", .in = {{1, {6}}}, .attr = &(const slice_attr){0, -3, -1, 1, 0, 0}},
};

const wg_op wg__op_slice = {
    .name = "slice",
    .arity = 1,
    .attr_size = sizeof(slice_attr),
    .traits = WG_OP_PLAIN_ATTR | WG_OP_ADDS_GRADIENT,
    .shape = slice_shape,
    .forward_f64 = slice_forward,
    .forward_f32 = slice_forward,
    .vjp = slice_vjp,
    .backward_f64 = slice_backward,
    .backward_f32 = slice_backward,
    .backward_ignores = WG_IGNORES_OPERAND(0) | WG_IGNORES_RESULT(0),
    .formula = "slice(x)",
    .rule = slice_rule,
    .samples = slice_samples,
    .sample_count = sizeof slice_samples / sizeof slice_samples[0],
};

wg_var wg_slice(wg_var x, int axis, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step)
{
    return wg_apply(&wg__op_slice, &x, 1, &(slice_attr){axis, start, stop, step, 0, 0});
}

wg_var wg_select(wg_var x, int axis, ptrdiff_t index)
{
    const ptrdiff_t end = index == -1 ? WG_END : index + 1;
    wg_var one = wg_apply(&wg__op_slice, &x, 1, &(slice_attr){axis, index, end, 1, 0, 1});
    return wg_squeeze(one, WG_AXES(axis));
}

/* ---- unslice */

static wg_status unslice_shape(wg_op_context *op)
{
    const slice_attr *attr = op->attr;
    size_t axis;
    wg_status status = check_axis(op, attr, &axis);
    if (status != WG_OK)
        return status;
    if (op->in_shape[0]->dim[axis] != find_places(attr, axis, (ptrdiff_t)attr->whole).count)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s is no such slice", wg_op_operand(op, 0));
    op->out_shape[0].dim[axis] = attr->whole;
    return wg__op_moves(op);
}

static wg_status unslice_forward(wg_op_context *op)
{
    const slice_attr *attr = op->attr;
    size_t axis = wg__axis_of((int)attr->axis, op->in_shape[0]->rank), size = wg__op_element_size(op, 0);
    places p = find_places(attr, axis, (ptrdiff_t)attr->whole);
    const double zero = 0;
    ptrdiff_t first;
    wg__strided_fill(op->threads, op->count, size, &zero, op->out[0]);
    if (op->count == 0 || p.count == 0)
        return WG_OK;
    wg_walk walk = walk_slice(op->in_shape[0], &op->out_shape[0], &p, attr->step, 1, &first);
    wg__strided_copy(op->threads, &walk, size, op->in[0], (char *)op->out[0] + first * (ptrdiff_t)size);
    return WG_OK;
}

static wg_status unslice_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const slice_attr *attr = op->attr;
    grad_in[0] = wg_slice(g[0], (int)attr->axis, attr->start, attr->stop, attr->step);
    return WG_OK;
}

static const char *const unslice_rule[] = {"slice(g)"};

static const wg_op_sample unslice_samples[] = {
    {.label = "middle", .in = {{2, {3, 2}}}, .attr = &(const slice_attr){0, 1, 4, 1, 6, 0}},
    {.label = "backwards", .in = {{3, {2, 3, 2}}}, .attr = &(const slice_attr){1, WG_END, WG_END, -2, 5, 0}},
};

const wg_op wg__op_unslice = {
    .name = "unslice",
    .arity = 1,
    .attr_size = sizeof(slice_attr),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = unslice_shape,
    .forward_f64 = unslice_forward,
    .forward_f32 = unslice_forward,
    .vjp = unslice_vjp,
    .formula = "unslice(x)",
    .rule = unslice_rule,
    .samples = unslice_samples,
    .sample_count = sizeof unslice_samples / sizeof unslice_samples[0],
};
