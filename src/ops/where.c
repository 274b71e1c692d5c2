/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* where.c - y = condition ? a : b, element by element; all three are broadcast to one shape.
 *
 * Each element of y is a's or b's, so that one gets g and the other 0: dL/da = sum_to(where(condition, g, 0))
 * and dL/db = sum_to(where(condition, 0, g)). The condition is piecewise constant: no gradient. */

#include <wengert/math.h>
#include <wengert/reduce.h>
#include "kernels/strided.h"
#include "ops/axes.h"
#include "ops/ops.h"

/* As wg_shape_broadcast_all, but the condition may be integer. */
static wg_status where_shape(wg_op_context *op)
{
    wg_status status = wg__op_needs_real(op, 1);
    if (status == WG_OK)
        status = wg__op_needs_real(op, 2);
    for (size_t i = 1; i < op->arity && status == WG_OK; i++)
        if (!wg_shape_broadcast(&op->out_shape[0], op->in_shape[i], &op->out_shape[0]))
            status = wg_op_fail(op, WG_BAD_SHAPE, "shapes do not broadcast: %s, %s and %s",
                wg_op_operand(op, 0), wg_op_operand(op, 1), wg_op_operand(op, 2));
    return status;
}

/* Streams: result, condition, a, b. */
typedef struct where_work {
    const void *condition, *a, *b;
    void *y;
} where_work;

static wg_status run_where(const wg_op_context *op, wg_panel_function *panel)
{
    where_work work = {op->in[0], op->in[1], op->in[2], op->out[0]};
    wg_walk walk = wg__walk_over(&op->out_shape[0], 4);
    for (size_t i = 0; i < 3; i++)
        wg__walk_stretch(&walk, i + 1, op->in_shape[i]);
    wg__walk_merge(&walk);
    wg__walk_panels(op->threads, &walk, panel, &work);
    return WG_OK;
}

#define TEMPLATE "ops/where_real.h"
#include "base/for_each_real.h"

static double where_scalar(const double *in, const void *attr)
{
    (void)attr;
    return in[0] != 0 ? in[1] : in[2];
}

static wg_status where_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var condition = op->arg[0];
    if (op->wanted[1])
        grad_in[1] = wg_sum_to(wg_wherec(condition, g[0], 0), *op->in_shape[1]);
    if (op->wanted[2])
        grad_in[2] = wg_sum_to(wg_cwhere(condition, 0, g[0]), *op->in_shape[2]);
    return WG_OK;
}

static const char *const where_rule[] = {"0", "condition ? g : 0", "condition ? 0 : g"};

#define NO_CONDITION .no_gradient_arg = {true}

static const wg_op_sample where_samples[] = {
    {.label = "integers decide",
        .in = {{2, {3, 4}}, {2, {3, 4}}, {2, {3, 4}}},
        .int_below = {2},
        NO_CONDITION},
    {.label = "a mask of rows", .in = {{2, {3, 1}}, {2, {3, 4}}, {1, {4}}}, .int_below = {2}, NO_CONDITION},
    {.label = "all stretched", .in = {{3, {2, 1, 1}}, {2, {3, 1}}, {1, {4}}}, .int_below = {2}, NO_CONDITION},
    {.label = "floats decide", .in = {{1, {5}}, {1, {5}}, {0, {0}}}, NO_CONDITION},
    {.label = "scalars", .in = {{0, {0}}, {0, {0}}, {0, {0}}}, NO_CONDITION},
};

const wg_op wg__op_where = {
    .name = "where",
    .arity = 3,
    .traits = WG_OP_MAP,
    .shape = where_shape,
    .forward_f64 = where_f64,
    .forward_f32 = where_f32,
    .vjp = where_vjp,
    .scalar = where_scalar,
    .formula = "condition ? a : b",
    .rule = where_rule,
    .samples = where_samples,
    .sample_count = sizeof where_samples / sizeof where_samples[0],
};

wg_var wg_where(wg_var condition, wg_var a, wg_var b)
{
    return wg_apply(&wg__op_where, (wg_var[]){condition, a, b}, 3, NULL);
}

wg_var wg_wherec(wg_var condition, wg_var a, double b)
{
    return wg_where(condition, a, wg_const_scalar(wg_tape_of(condition), b));
}

wg_var wg_cwhere(wg_var condition, double a, wg_var b)
{
    return wg_where(condition, wg_const_scalar(wg_tape_of(condition), a), b);
}
