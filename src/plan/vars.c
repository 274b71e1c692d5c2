/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What goes into a plan and comes out of it, by the vars of the recording, which are names of the plan's own
 * nodes: they have the same numbers (tape/copy.c). */
#include "plan/plan.h"

#include <math.h>
#include <string.h>

/* The plan's own var for x of the recording; invalid when there is none. */
static wg_var own(const wg_plan *plan, wg_var x)
{
    wg_engine *t = plan->tape;
    wg_var mine = {.tape = &t->head, .node = x.node, .epoch = x.epoch};
    bool good = x.tape == plan->recorded && x.node < plan->start && wg__alive(t, mine);
    return good ? wg__var_of(t, x.node) : wg__invalid(&t->head);
}

/* Leaves a message, but no error: the plan is as good as it was. */
static wg_status refuse(const wg_plan *plan, wg_status status, wg_var mine, const char *why)
{
    wg_engine *t = plan->tape;
    char text[WG_NODE_TEXT];
    wg__fail(
        t, status, "plan: %s %s", wg_is_valid(mine) ? wg__node_text(t, mine.node, text) : "the var", why);
    t->status = WG_OK;
    return status;
}

/* ---- In --------------------------------------------------------------------------------------------- */

wg_status wg_plan_set(wg_plan *plan, wg_var x, wg_array array)
{
    if (!plan)
        return WG_INVALID;
    wg_var mine = own(plan, x);
    return wg_is_valid(mine) ? wg_set(mine, array)
                             : refuse(plan, WG_DEAD_VAR, mine, "is none of what was planned");
}

wg_status wg_plan_set_scalar(wg_plan *plan, wg_var x, double value)
{
    return wg_plan_set(plan, x, (wg_array){.data = &value, .dtype = WG_F64});
}

/* The plan's own span for one of the recording, *mine. */
static wg_status find_span(const wg_plan *plan, wg_span span, wg_span *mine)
{
    size_t last = span.node + (span.count - 1);
    bool fits = last >= span.node && last < plan->start;
    wg_var end = own(
        plan, (wg_var){.tape = span.tape, .node = fits ? (uint32_t)last : WG_NO_NODE, .epoch = span.epoch});
    if (!wg_is_valid(end))
        return refuse(plan, WG_DEAD_VAR, end, "(a span) is none of what was planned");
    *mine = span;
    mine->tape = end.tape;
    return WG_OK;
}

wg_status wg_plan_set_scalars(wg_plan *plan, wg_span span, const double *values)
{
    wg_span mine;
    if (!plan)
        return WG_INVALID;
    if (span.count == 0)
        return WG_OK;
    wg_status status = find_span(plan, span, &mine);
    return status == WG_OK ? wg_set_scalars(mine, values) : status;
}

/* ---- Values out ------------------------------------------------------------------------------------- */

/* What was given can always be read; what is kept, after a good run. */
static bool may_read(const wg_plan *plan, uint32_t node)
{
    const wg_engine *t = plan->tape;
    const wg_record *record = wg__record_of(t, node);
    bool given = record ? record->arity == 0 : wg__operand_count(wg__code(t, node)) == 0;
    return plan->known[node] && (given || plan->good) && wg__view_of(t, node).valued;
}

/* The plan's own var for x, *mine, if its value may be read. */
static wg_status find_value(const wg_plan *plan, wg_var x, wg_var *mine)
{
    if (!plan)
        return WG_INVALID;
    *mine = own(plan, x);
    if (!wg_is_valid(*mine))
        return refuse(plan, WG_DEAD_VAR, *mine, "is none of what was planned");
    if (!may_read(plan, mine->node))
        return refuse(plan, WG_NO_VALUE, *mine,
            plan->known[mine->node] ? "has no value yet: no good run"
                                    : "is not kept: see wg_plan_options.keep");
    return WG_OK;
}

bool wg_plan_has_value(const wg_plan *plan, wg_var x)
{
    wg_var mine = plan ? own(plan, x) : (wg_var){0};
    return wg_is_valid(mine) && may_read(plan, mine.node);
}

wg_array wg_plan_array(const wg_plan *plan, wg_var x)
{
    wg_var mine;
    bool there = find_value(plan, x, &mine) == WG_OK;
    return there ? wg_array_of(wg_data(mine), wg_dtype_of(mine), wg_shape_of(mine)) : (wg_array){0};
}

double wg_plan_item(const wg_plan *plan, wg_var x)
{
    wg_var mine;
    return find_value(plan, x, &mine) == WG_OK ? wg_item(mine) : (double)NAN;
}

wg_status wg_plan_read(const wg_plan *plan, wg_var x, double *out, size_t n)
{
    wg_var mine;
    wg_status status = find_value(plan, x, &mine);
    return status == WG_OK ? wg_read(mine, out, n) : status;
}

wg_status wg_plan_read_f32(const wg_plan *plan, wg_var x, float *out, size_t n)
{
    wg_var mine;
    wg_status status = find_value(plan, x, &mine);
    return status == WG_OK ? wg_read_f32(mine, out, n) : status;
}

/* ---- Gradients out ---------------------------------------------------------------------------------- */

/* The gradient of a leaf that is a tensor: a node, which is kept. */
static wg_var gradient_var(const wg_plan *plan, uint32_t leaf)
{
    for (size_t i = 0; i < plan->gradient_count; i++)
        if (!plan->gradients[i].bound && plan->gradients[i].leaf == leaf)
            return wg__var_of(plan->tape, plan->gradients[i].node);
    return wg__invalid(&plan->tape->head);
}

static bool is_leaf(const wg_plan *plan, uint32_t node)
{
    const wg_record *record = wg__record_of(plan->tape, node);
    return record ? record->op == &wg__op_leaf && record->tracked
                  : wg__code(plan->tape, node) == WG_CODE_leaf;
}

static wg_status no_gradient(const wg_plan *plan, wg_var mine)
{
    return refuse(plan, WG_NO_GRADIENT, mine,
        plan->forward ? "has no gradient: a forward pass was planned"
        : plan->good  ? "has no gradient here: parameters' are in their store, others are what .keep says "
                        "of wg_grad's"
                      : "has no gradient yet: no good run");
}

/* To `out`, or, where that is NULL, to `out32`. */
static wg_status read_gradient(const wg_plan *plan, wg_var x, double *out, float *out32, size_t n)
{
    wg_var mine = plan ? own(plan, x) : (wg_var){0};
    if (!plan)
        return WG_INVALID;
    if (!wg_is_valid(mine))
        return refuse(plan, WG_DEAD_VAR, mine, "is none of what was planned");
    const wg_plan_gradient *own_one = wg__store_own(plan, mine.node);
    if (!plan->good || plan->forward || (!is_leaf(plan, mine.node) && !own_one))
        return no_gradient(plan, mine);
    if (own_one)
        return out ? wg_read(wg__var_of(plan->tape, own_one->node), out, n)
                   : wg_read_f32(wg__var_of(plan->tape, own_one->node), out32, n);
    if (!wg__record_of(plan->tape, mine.node))
        return out ? wg_read_grad(mine, out, n) : wg_read_grad_f32(mine, out32, n);
    wg_var gradient = gradient_var(plan, mine.node);
    if (wg_is_valid(gradient))
        return out ? wg_read(gradient, out, n) : wg_read_f32(gradient, out32, n);
    if (n != wg_count_of(mine) || (n && !out && !out32))
        return refuse(plan, WG_BAD_SHAPE, mine, "has another count");
    for (size_t i = 0; i < n; i++) /* nothing leads there */
        if (out)
            out[i] = 0;
        else
            out32[i] = 0;
    return WG_OK;
}

wg_status wg_plan_read_grad(const wg_plan *plan, wg_var x, double *out, size_t n)
{
    return read_gradient(plan, x, out, NULL, n);
}

wg_status wg_plan_read_grad_f32(const wg_plan *plan, wg_var x, float *out, size_t n)
{
    return read_gradient(plan, x, NULL, out, n);
}

double wg_plan_item_grad(const wg_plan *plan, wg_var x)
{
    double out = (double)NAN;
    return wg_plan_read_grad(plan, x, &out, 1) == WG_OK ? out : (double)NAN;
}

wg_status wg_plan_read_grads(const wg_plan *plan, wg_span span, double *out)
{
    wg_span mine;
    if (!plan)
        return WG_INVALID;
    if (span.count == 0)
        return WG_OK;
    wg_status status = find_span(plan, span, &mine);
    if (status != WG_OK)
        return status;
    if (!plan->good || plan->forward)
        return no_gradient(plan, wg__var_of(plan->tape, mine.node));
    return wg_read_grads(mine, out);
}

/* ---- The rest ---------------------------------------------------------------------------------------- */

const char *wg_plan_message(const wg_plan *plan)
{
    return plan ? wg_tape_message(&plan->tape->head) : "";
}

uint64_t wg_plan_run_number(const wg_plan *plan)
{
    return plan ? plan->tape->run : 0;
}

void wg_plan_set_run_number(wg_plan *plan, uint64_t run)
{
    if (plan)
        plan->tape->run = run;
}
