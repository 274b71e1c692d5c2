/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* axes.h - what the operations that move numbers share. */
#ifndef WG_OPS_AXES_H
#define WG_OPS_AXES_H

#include <stdbool.h>
#include <wengert/op.h>

/* An axis counted from the front, for a shape rule; fails the operation when the operand has no such axis. */
wg_status wg__op_axis(wg_op_context *op, size_t operand, int axis, size_t *out);

/* The same for an axis that is known to be there. */
static inline size_t wg__axis_of(int axis, size_t rank)
{
    return axis < 0 ? rank - (size_t)-axis : (size_t)axis;
}

/* Which axes of a shape a list names; false for one that is not there or named twice, *bad is its place. */
bool wg__axes_mark(const wg_axes *axes, const wg_shape *x, bool marked[WG_MAX_RANK], size_t *bad);

/* The same for operand 0, for a shape rule; fails the operation. */
wg_status wg__op_axes(wg_op_context *op, const wg_axes *axes, bool marked[WG_MAX_RANK]);

/* An array seen along one axis: [outer, size, inner]. */
typedef struct wg_along {
    size_t outer, size, inner;
} wg_along;

wg_along wg__along_axis(const wg_shape *shape, size_t axis);

/* The dtype in which the forward pass sees an operand, and the bytes of an element. */
wg_dtype wg__op_element(const wg_op_context *op, size_t operand);
size_t wg__op_element_size(const wg_op_context *op, size_t operand);

/* The result has the elements of operand 0, moved; every other operand must be integer if it is. */
wg_status wg__op_moves(wg_op_context *op);

/* Operand `operand` must be an index, or numbers with a gradient. */
wg_status wg__op_needs_index(wg_op_context *op, size_t operand);
wg_status wg__op_needs_real(wg_op_context *op, size_t operand);

/* Fails the operation with WG_BAD_INDEX, naming place and value, unless every element of the operand is in
 * 0 .. limit - 1. For a forward pass. */
wg_status wg__op_check_index(wg_op_context *op, size_t operand, size_t limit);

/* Along every axis but `axis`, operand 1 (an index for operand 0) must fit into operand 0. */
wg_status wg__op_index_fits(wg_op_context *op, size_t axis);

#endif
