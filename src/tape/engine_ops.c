/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* engine_ops.c - the few operations that the engine itself needs: leaves, identity, projections, guards. */

#include "tape/engine.h"

/* ---- Leaves: an op for their name only ------------------------------------------------------------- */

const wg_op wg__op_leaf = {.name = "leaf", .traits = WG_OP_ZERO_GRADIENT};
const wg_op wg__op_input = {.name = "input", .traits = WG_OP_ZERO_GRADIENT};
const wg_op wg__op_const = {.name = "const", .traits = WG_OP_ZERO_GRADIENT};
const wg_op wg__op_parameter = {.name = "parameter", .traits = WG_OP_ZERO_GRADIENT};

/* ---- Identity: y = x ------------------------------------------------------------------------------- */

static wg_status identity_shape(wg_op_context *op)
{
    op->out_dtype[0] = op->in_dtype[0];
    return WG_OK;
}

static wg_status identity_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = g[0];
    return WG_OK;
}

static const char *const identity_rule[] = {"g"};

const wg_op wg__op_identity = {.name = "identity",
    .arity = 1,
    .traits = WG_OP_ALIAS,
    .shape = identity_shape,
    .vjp = identity_vjp,
    .formula = "x",
    .rule = identity_rule};

wg_var wg_detach(wg_var x)
{
    wg_engine *t = wg__engine_of(x.tape);
    if (!t)
        return x;
    wg_no_grad_begin(x.tape);
    wg_var y = wg_apply1(&wg__op_identity, x);
    wg_no_grad_end(x.tape);
    return wg_is_valid(y) ? wg__var_of(t, y.node) : y;
}

void wg_no_grad_begin(wg_tape *tape)
{
    if (tape) {
        wg__engine_of(tape)->no_grad++;
        wg__update_fast(wg__engine_of(tape));
    }
}

void wg_no_grad_end(wg_tape *tape)
{
    if (tape && wg__engine_of(tape)->no_grad) {
        wg__engine_of(tape)->no_grad--;
        wg__update_fast(wg__engine_of(tape));
    }
}

/* ---- Projection: result i of the node before ------------------------------------------------------- */

const wg_op wg__op_projection = {.name = "result", .arity = 1, .attr_size = sizeof(size_t)};

wg_status wg__project_value(wg_engine *t, wg_record *projection)
{
    const wg_record *parent = wg__record_of(t, projection->args[0]);
    const wg_result *from = &parent->result[*(const size_t *)projection->attr];
    wg_result *to = &projection->result[0];
    projection->valued = parent->valued;
    if (!parent->valued)
        return WG_OK;
    t->head.steps[projection->node].value = from->value;
    if (to->block != from->block) { /* recorded without values: the parent's memory was made since */
        wg__block_give(&t->blocks, to->block);
        to->block = wg__block_share(from->block);
    }
    to->data = from->data;
    return WG_OK;
}

/* ---- Guard: a branch that the program took --------------------------------------------------------- */

typedef struct guard_attr {
    bool taken;
} guard_attr;

static wg_status guard_forward(wg_op_context *op, bool now)
{
    const guard_attr *attr = op->attr;
    if (now == attr->taken)
        return WG_OK;
    return wg_op_fail(op, WG_BRANCH, "the branch on %s was recorded as %s, and would be %s now",
        wg_op_operand(op, 0), attr->taken ? "true" : "false", now ? "true" : "false");
}

static wg_status guard_f64(wg_op_context *op)
{
    double x = *(const double *)op->in[0];
    *(double *)op->out[0] = x;
    return guard_forward(op, x != 0);
}

static wg_status guard_f32(wg_op_context *op)
{
    float x = *(const float *)op->in[0];
    *(float *)op->out[0] = x;
    return guard_forward(op, x != 0);
}

const wg_op wg__op_guard = {.name = "branch",
    .arity = 1,
    .attr_size = sizeof(guard_attr),
    .traits = WG_OP_ZERO_GRADIENT,
    .shape = wg_shape_like_first,
    .forward_f64 = guard_f64,
    .forward_f32 = guard_f32,
    .formula = "x != 0"};

bool wg_branch(wg_var x)
{
    wg_tape *tape;
    wg_engine *t = wg__common_tape("branch", &x, 1, &tape);
    if (!t)
        return false;
    wg_view v = wg__view_of(t, x.node);
    if (!v.scalar || !v.valued) {
        t->missed = t->missed || !v.valued;
        wg__fail(t, v.scalar ? WG_NO_VALUE : WG_NOT_SCALAR, "branch: needs a scalar with a value");
        return false;
    }
    double value = t->head.steps[x.node].value;
    bool taken = t->options.dtype == WG_F32 ? (float)value != 0 : value != 0;
    wg_var guard = wg_apply(&wg__op_guard, &x, 1, &(guard_attr){taken});
    return taken && guard.node != WG_NO_NODE;
}
