/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Images turned from rows to batch lanes and back: operations that a plan records behind the backward pass,
 * and puts into its list where they are needed first. What they turn is read from them. */
#include "plan/plan.h"

#include <string.h>
#include "kernels/lanes.h"

/* ---- The two operations ----------------------------------------------------------------------------- */

/* The same image, lying otherwise. */
static void turn(const wg_op_context *op,
    void (*kernel)(int threads, size_t batch, size_t count, const float *from, float *to))
{
    size_t batch = op->in_shape[0]->dim[0];
    if (wg_op_lanes(op))
        kernel(op->threads, batch, op->count / batch, op->in[0], op->out[0]);
    else
        memcpy(op->out[0], op->in[0], op->count * sizeof(float));
}

static wg_status to_lanes(wg_op_context *op)
{
    turn(op, wg__lanes_from_rows_f32);
    return WG_OK;
}

static wg_status to_rows(wg_op_context *op)
{
    turn(op, wg__rows_from_lanes_f32);
    return WG_OK;
}

/* Nothing is recorded of them: no gradient goes through what a plan adds. */
static const wg_op lanes_from_rows = {.name = "lanes_from_rows",
    .arity = 1,
    .traits = WG_OP_ZERO_GRADIENT,
    .shape = wg_shape_like_first,
    .forward_f32 = to_lanes};

static const wg_op rows_from_lanes = {.name = "rows_from_lanes",
    .arity = 1,
    .traits = WG_OP_ZERO_GRADIENT,
    .shape = wg_shape_like_first,
    .forward_f32 = to_rows};

/* ---- Operands that are turned ------------------------------------------------------------------------ */

/* The node that turns `node`: there already, or new. WG_NO_NODE: out of memory. A value is turned one way
 * only: it lies in rows, or in lanes. */
static uint32_t turned(wg_plan *plan, uint32_t node, bool lanes)
{
    wg_engine *t = plan->tape;
    for (uint32_t at = plan->end; at < t->head.count; at++)
        if (wg__record_of(t, at)->args[0] == node)
            return at;
    wg_var x = wg__var_of(t, node), y;
    t->planning = true;
    wg_status status = wg__record_op(t, lanes ? &lanes_from_rows : &rows_from_lanes, &x, 1, NULL, 1, &y);
    t->planning = false;
    return status == WG_OK ? y.node : WG_NO_NODE;
}

wg_status wg__plan_turn_operand(wg_plan_passes *p, uint32_t node, size_t operand, bool lanes)
{
    wg_plan *plan = p->plan;
    uint32_t to = turned(plan, wg__record_of(plan->tape, node)->args[operand], lanes);
    if (to == WG_NO_NODE)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    wg__record_of(plan->tape, node)->args[operand] = to;
    return WG_OK;
}

/* ---- The list with them ------------------------------------------------------------------------------ */

/* The next node of the list; *place is where. The kernels of a gradient see the operation's own record. */
static void append(wg_plan_passes *p, size_t *place, uint32_t node, unsigned images)
{
    wg_plan *plan = p->plan;
    wg_record *record = wg__record_of(plan->tape, node);
    p->values[node].call = *place;
    plan->calls[*place].lanes = images;
    plan->calls[(*place)++].node = node;
    if (record && record->op != &wg__op_gradient)
        record->lanes = images;
}

/* What turns the operands of call k of the old list, unless it is there already. */
static void append_turned(wg_plan_passes *p, const wg_plan *old, size_t k, size_t *place)
{
    const wg_engine *t = p->plan->tape;
    const wg_record *record = wg__record_of(t, old->calls[k].node);
    for (size_t i = 0; record && i < record->arity; i++) {
        uint32_t to = record->args[i];
        if (to < old->end || p->values[to].call != SIZE_MAX)
            continue;
        bool lanes = wg__record_of(t, to)->op == &lanes_from_rows;
        append(p, place, to, lanes ? WG_LANES_RESULT(0) : WG_LANES_OPERAND(0));
    }
}

/* Each turning before the first call that reads it; before all that update, what they read. */
static void fill_list(wg_plan_passes *p, const wg_plan *old, const unsigned *images)
{
    wg_plan *plan = p->plan;
    size_t place = 0;
    for (size_t k = 0; k < old->count; k++) {
        bool first = old->calls[k].updates && (k == 0 || !old->calls[k - 1].updates);
        for (size_t i = k; i < (first ? old->count : k + 1); i++)
            append_turned(p, old, i, &place);
        plan->calls[place].kept = old->calls[k].kept;
        plan->calls[place].updates = old->calls[k].updates;
        append(p, &place, old->calls[k].node, images[k]);
    }
}

wg_status wg__plan_list_turned(wg_plan_passes *p, const unsigned *images)
{
    wg_plan *plan = p->plan, old = *plan;
    uint32_t nodes = plan->tape->head.count, turned_nodes = nodes - old.end;
    if (!wg__plan_passes_reserve(p, nodes))
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    if (!wg__plan_list_new(plan, old.count + turned_nodes)) {
        wg__plan_list_free(plan);
        *plan = old;
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    plan->end = nodes;
    fill_list(p, &old, images);
    plan->in_lanes = true;
    wg__plan_list_free(&old);
    return WG_OK;
}
