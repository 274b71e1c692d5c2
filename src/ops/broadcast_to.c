/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* broadcast_to.c - y [shape] from x, whose missing axes and axes of size 1 are repeated.
 *
 * An element of x is used by all of its copies, so its gradient is the sum of theirs: dL/dx = sum_to(g, shape
 * of x). */

#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/lanes.h"
#include "ops/ops.h"

/* The attribute is the shape. */
static wg_status broadcast_to_shape(wg_op_context *op)
{
    const wg_shape *shape = op->attr;
    wg_shape both;
    char text[192];
    if (shape->rank > WG_MAX_RANK)
        return wg_op_fail(op, WG_BAD_SHAPE, "a rank is at most %d", WG_MAX_RANK);
    if (!wg_shape_broadcast(op->in_shape[0], shape, &both) || !wg_shape_equal(&both, shape))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s does not stretch to %s", wg_op_operand(op, 0),
            wg_shape_text(shape, text, sizeof text));
    op->out_shape[0] = *shape;
    return wg__op_moves(op);
}

static wg_status broadcast_to_forward(wg_op_context *op)
{
    wg_walk walk = wg__walk_over(&op->out_shape[0], 2);
    wg__walk_stretch(&walk, 1, op->in_shape[0]);
    wg__strided_copy(op->threads, &walk, wg__op_element_size(op, 0), op->in[0], op->out[0]);
    return WG_OK;
}

static unsigned broadcast_to_lanes(wg_op_context *op, double *saved)
{
    (void)saved;
    bool alike = wg__is_batch_of_lanes(&op->out_shape[0]) && wg__is_alike_in_lanes(op->in_shape[0]);
    return alike ? WG_LANES_RESULT(0) | WG_LANES_FOLDED : 0;
}

static wg_status broadcast_to_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_sum_to(g[0], *op->in_shape[0]);
    return WG_OK;
}

static const char *const broadcast_to_rule[] = {"sum_to(g)"};

static const wg_op_sample broadcast_to_samples[] = {
    {.label = "row", .in = {{1, {3}}}, .attr = &(const wg_shape){2, {4, 3}}},
    {.label = "column", .in = {{2, {4, 1}}}, .attr = &(const wg_shape){2, {4, 3}}},
    {.label = "middle axis", .in = {{3, {2, 1, 3}}}, .attr = &(const wg_shape){4, {2, 2, 4, 3}}},
    {.label = "scalar", .in = {{0, {0}}}, .attr = &(const wg_shape){2, {2, 3}}},
    {.label = "as it is", .in = {{2, {2, 3}}}, .attr = &(const wg_shape){2, {2, 3}}},
};

const wg_op wg__op_broadcast_to = {
    .name = "broadcast_to",
    .arity = 1,
    .attr_size = sizeof(wg_shape),
    .traits = WG_OP_PLAIN_ATTR,
    .shape = broadcast_to_shape,
    .forward_f64 = broadcast_to_forward,
    .forward_f32 = broadcast_to_forward,
    .vjp = broadcast_to_vjp,
    .lanes = broadcast_to_lanes,
    .formula = "broadcast_to(x)",
    .rule = broadcast_to_rule,
    .samples = broadcast_to_samples,
    .sample_count = sizeof broadcast_to_samples / sizeof broadcast_to_samples[0],
};

wg_var wg_broadcast_to(wg_var x, wg_shape shape)
{
    return wg_apply(&wg__op_broadcast_to, &x, 1, &shape);
}
