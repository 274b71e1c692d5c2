/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/axes.h"

#include <stdio.h>

wg_status wg__op_axis(wg_op_context *op, size_t operand, int axis, size_t *out)
{
    int rank = (int)op->in_shape[operand]->rank;
    if (axis < -rank || axis >= rank)
        return wg_op_fail(op, WG_BAD_SHAPE, "there is no axis %d in %s", axis, wg_op_operand(op, operand));
    *out = wg__axis_of(axis, op->in_shape[operand]->rank);
    return WG_OK;
}

bool wg__axes_mark(const wg_axes *axes, const wg_shape *x, bool marked[WG_MAX_RANK], size_t *bad)
{
    const bool all = axes->count == WG_ALL_AXES.count;
    int rank = (int)x->rank;
    for (int i = 0; i < WG_MAX_RANK; i++)
        marked[i] = all && i < rank;
    for (size_t i = 0; i < axes->count && i < WG_MAX_RANK && !all; i++) {
        int axis = axes->axis[i] < 0 ? axes->axis[i] + rank : axes->axis[i];
        *bad = i;
        if (axis < 0 || axis >= rank || marked[axis])
            return false;
        marked[axis] = true;
    }
    return true;
}

wg_status wg__op_axes(wg_op_context *op, const wg_axes *axes, bool marked[WG_MAX_RANK])
{
    size_t bad = 0, axis;
    if (axes->count > WG_MAX_RANK && axes->count != WG_ALL_AXES.count)
        return wg_op_fail(op, WG_BAD_SHAPE, "%zu axes are named; %d are the most", axes->count, WG_MAX_RANK);
    if (wg__axes_mark(axes, op->in_shape[0], marked, &bad))
        return WG_OK;
    wg_status status = wg__op_axis(op, 0, axes->axis[bad], &axis);
    return status != WG_OK ? status
                           : wg_op_fail(op, WG_BAD_SHAPE, "axis %d of %s is named twice", axes->axis[bad],
                                 wg_op_operand(op, 0));
}

wg_along wg__along_axis(const wg_shape *shape, size_t axis)
{
    wg_along along = {1, shape->dim[axis], 1};
    for (size_t i = 0; i < axis; i++)
        along.outer *= shape->dim[i];
    for (size_t i = axis + 1; i < shape->rank; i++)
        along.inner *= shape->dim[i];
    return along;
}

wg_dtype wg__op_element(const wg_op_context *op, size_t operand)
{
    return op->in_dtype[operand] == WG_I32 ? WG_I32 : op->dtype;
}

size_t wg__op_element_size(const wg_op_context *op, size_t operand)
{
    return wg_dtype_size(wg__op_element(op, operand));
}

wg_status wg__op_moves(wg_op_context *op)
{
    op->out_dtype[0] = wg__op_element(op, 0);
    for (size_t i = 1; i < op->arity; i++)
        if (wg__op_element(op, i) != op->out_dtype[0])
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is %s, but %s is %s", wg_op_operand(op, 0),
                wg_dtype_name(op->out_dtype[0]), wg_op_operand(op, i), wg_dtype_name(wg__op_element(op, i)));
    return WG_OK;
}

wg_status wg__op_needs_index(wg_op_context *op, size_t operand)
{
    if (op->in_dtype[operand] == WG_I32)
        return WG_OK;
    return wg_op_fail(op, WG_BAD_DTYPE, "an index is i32, but %s is %s", wg_op_operand(op, operand),
        wg_dtype_name(op->in_dtype[operand]));
}

wg_status wg__op_needs_real(wg_op_context *op, size_t operand)
{
    if (op->in_dtype[operand] != WG_I32)
        return WG_OK;
    return wg_op_fail(
        op, WG_BAD_DTYPE, "%s is i32; floats or doubles are needed", wg_op_operand(op, operand));
}

/* Without a way out of the loop, so that it is done in vectors; a negative index is large as unsigned. */
static bool in_range(const int32_t *index, size_t count, size_t limit)
{
    const uint32_t end = limit > INT32_MAX ? (uint32_t)INT32_MAX + 1 : (uint32_t)limit;
    uint32_t outside = 0;
    for (size_t i = 0; i < count; i++)
        outside |= (uint32_t)index[i] >= end;
    return outside == 0;
}

wg_status wg__op_check_index(wg_op_context *op, size_t operand, size_t limit)
{
    const wg_shape *shape = op->in_shape[operand];
    const int32_t *index = op->in[operand];
    size_t count, bad = 0;
    wg_shape_count(shape, &count);
    if (in_range(index, count, limit))
        return WG_OK;
    while (index[bad] >= 0 && (size_t)index[bad] < limit)
        bad++;
    wg_shape place = {.rank = shape->rank};
    char text[192];
    for (size_t i = shape->rank, rest = bad; i-- > 0; rest /= shape->dim[i])
        place.dim[i] = rest % shape->dim[i];
    return wg_op_fail(op, WG_BAD_INDEX, "%d at %s of %s is not from 0 to below %zu", (int)index[bad],
        wg_shape_text(&place, text, sizeof text), wg_op_operand(op, operand), limit);
}

wg_status wg__op_index_fits(wg_op_context *op, size_t axis)
{
    const wg_shape *x = op->in_shape[0], *index = op->in_shape[1];
    bool fits = x->rank == index->rank;
    for (size_t i = 0; i < x->rank && fits; i++)
        fits = i == axis || index->dim[i] <= x->dim[i];
    if (fits)
        return WG_OK;
    return wg_op_fail(op, WG_BAD_SHAPE, "index and operand do not fit along axis %zu: %s of %s", axis,
        wg_op_operand(op, 1), wg_op_operand(op, 0));
}
