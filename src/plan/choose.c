/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which nodes a run computes: what the result and the gradients need, less what is constant, and each thing
 * once. */
#include "plan/plan.h"

#include <string.h>

/* Calls `visit` for each operand of a node. */
static void each_operand(
    const wg_engine *t, uint32_t node, void (*visit)(wg_plan_passes *, uint32_t), wg_plan_passes *p)
{
    const wg_record *record = wg__record_of(t, node);
    size_t operands = record ? record->arity : wg__operand_count(wg__code(t, node));
    const wg_step *s = &t->head.steps[node];
    for (size_t i = 0; i < operands; i++)
        if (!record || wg__plan_reads(record, i))
            visit(p, record ? record->args[i] : i == 0 ? s->a : s->b);
}

static void need(wg_plan_passes *p, uint32_t node)
{
    p->values[node].flags |= WG_PLAN_NEEDED;
}

static void keep(wg_plan_passes *p, uint32_t node)
{
    p->values[node].flags |= WG_PLAN_NEEDED | WG_PLAN_KEPT;
}

static bool is_tensor_leaf(const wg_plan *plan, const wg_plan_gradient *g)
{
    return !g->bound && !wg__view_of(plan->tape, g->leaf).scalar;
}

/* What is needed is wanted by nobody below it: one pass down. Updates of state and guards are never dropped.
 */
static void mark_needed(wg_plan_passes *p)
{
    const wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    keep(p, plan->y.node);
    for (size_t i = 0; i < plan->gradient_count; i++)
        (is_tensor_leaf(plan, &plan->gradients[i]) ? keep : need)(p, plan->gradients[i].node);
    for (size_t i = 0; i < p->options->keep_count; i++)
        keep(p, p->options->keep[i].node);
    for (uint32_t node = plan->end; node-- > 0;) {
        const wg_record *record = wg__record_of(t, node);
        if (record && (record->op->traits & WG_OP_EFFECT || record->op == &wg__op_guard))
            need(p, node);
        if (p->values[node].flags & WG_PLAN_NEEDED)
            each_operand(t, node, need, p);
    }
}

/* ---- Constants -------------------------------------------------------------------------------------- */

static bool is_constant(const wg_plan_passes *p, uint32_t node)
{
    const wg_engine *t = p->plan->tape;
    const wg_record *record = wg__record_of(t, node);
    const wg_step *s = &t->head.steps[node];
    if (!record) {
        size_t operands = wg__operand_count(wg__code(t, node));
        return wg__code(t, node) == WG_CODE_const ||
               (operands && p->values[s->a].flags & WG_PLAN_CONSTANT &&
                   (operands == 1 || p->values[s->b].flags & WG_PLAN_CONSTANT));
    }
    if (record->arity == 0 || record->op->traits & (WG_OP_RANDOM | WG_OP_EFFECT) ||
        record->op == &wg__op_guard)
        return record->op == &wg__op_const;
    for (size_t i = 0; i < record->arity; i++)
        if (!(p->values[record->args[i]].flags & WG_PLAN_CONSTANT))
            return false;
    return true;
}

/* Constants are computed now, in memory of the tape's. A bare step has its value already. */
static wg_status fold_constants(wg_plan_passes *p)
{
    wg_engine *t = p->plan->tape;
    for (uint32_t node = 0; node < p->plan->end; node++) {
        if (!(p->values[node].flags & WG_PLAN_NEEDED) || !is_constant(p, node))
            continue;
        wg_record *record = wg__record_of(t, node);
        p->values[node].flags |= WG_PLAN_CONSTANT;
        wg_status status = record && record->arity && !record->valued ? wg__compute(t, record) : WG_OK;
        if (status != WG_OK)
            return wg_error_set(p->error, status, "plan: %s: %s", record->op->name, t->message);
    }
    return WG_OK;
}

/* ---- Each thing once -------------------------------------------------------------------------------- */

/* Nodes that may stand for each other: tensors that are a function of their operands alone. What a gradient's
 * kernel looks up in its operation's record (what it keeps) is that record's. */
static bool may_share(const wg_plan_passes *p, const wg_record *record)
{
    if (!record || record->arity == 0 || record->results != 1 ||
        p->values[record->node].flags & (WG_PLAN_KEPT | WG_PLAN_CONSTANT) ||
        !(p->values[record->node].flags & WG_PLAN_NEEDED) || record->op == &wg__op_projection ||
        record->op == &wg__op_gradient || record->op == &wg__op_guard ||
        record->op->traits & (WG_OP_RANDOM | WG_OP_EFFECT))
        return false;
    for (size_t k = 0; k < WG_MAX_KEEP; k++)
        if (record->keep_bytes[k])
            return false;
    return record->op->attr_size == 0 || record->op->traits & WG_OP_PLAIN_ATTR;
}

static bool equal(const wg_record *a, const wg_record *b)
{
    return a->op == b->op && a->arity == b->arity && a->training == b->training &&
           memcmp(a->args, b->args, a->arity * sizeof *a->args) == 0 &&
           (a->op->attr_size == 0 || memcmp(a->attr, b->attr, a->op->attr_size) == 0);
}

static uint64_t hash_of(const wg_record *record)
{
    uint64_t hash = (uint64_t)(uintptr_t)record->op;
    for (size_t i = 0; i < record->arity; i++)
        hash = (hash ^ record->args[i]) * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < record->op->attr_size; i++)
        hash = (hash ^ ((const unsigned char *)record->attr)[i]) * 0x100000001B3u;
    return hash ^ hash >> 29;
}

/* Operands go to the first of equal nodes; the others are then needed by nobody. */
static wg_status share_equal(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    size_t places = 16;
    while (places < 2 * (size_t)plan->end)
        places *= 2;
    size_t bytes = places * sizeof(uint32_t) + plan->end * sizeof(uint32_t);
    uint32_t *table = wg__mem_new(&plan->memory, bytes);
    if (!table)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    uint32_t *stands_for = table + places;
    memset(table, 0xff, places * sizeof *table);
    for (uint32_t node = 0; node < plan->end; node++) {
        wg_record *record = wg__record_of(t, node);
        stands_for[node] = node;
        for (size_t i = 0; record && i < record->arity; i++)
            record->args[i] = stands_for[record->args[i]];
        if (!may_share(p, record))
            continue;
        size_t place = hash_of(record) & (places - 1);
        while (table[place] != WG_NO_NODE && !equal(wg__record_of(t, table[place]), record))
            place = (place + 1) & (places - 1);
        if (table[place] == WG_NO_NODE)
            table[place] = node;
        else
            stands_for[node] = table[place];
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        plan->gradients[i].node = stands_for[plan->gradients[i].node];
    wg__mem_free(&plan->memory, table, bytes);
    return WG_OK;
}

/* ---- The list --------------------------------------------------------------------------------------- */

/* Not a leaf, and not constant. */
static bool is_computed(const wg_plan_passes *p, uint32_t node)
{
    const wg_engine *t = p->plan->tape;
    const wg_record *record = wg__record_of(t, node);
    bool operands = record ? record->arity > 0 : wg__operand_count(wg__code(t, node)) > 0;
    return operands && !(p->values[node].flags & WG_PLAN_CONSTANT);
}

static bool is_run(const wg_plan_passes *p, uint32_t node)
{
    return is_computed(p, node) && p->values[node].flags & WG_PLAN_NEEDED;
}

bool wg__plan_list_new(wg_plan *plan, size_t count)
{
    plan->count = count;
    plan->calls = wg__mem_zero(&plan->memory, (count + 1) * sizeof *plan->calls);
    return plan->calls != NULL;
}

void wg__plan_list_free(wg_plan *plan)
{
    wg__mem_free(&plan->memory, plan->calls, (plan->count + 1) * sizeof *plan->calls);
}

static wg_status list(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t count = 0;
    for (uint32_t node = 0; node < plan->end; node++)
        count += is_run(p, node);
    if (!wg__plan_list_new(plan, count))
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    count = 0;
    for (uint32_t node = 0; node < plan->end; node++) {
        p->values[node].call = SIZE_MAX;
        if (node < plan->start)
            plan->known[node] = !is_computed(p, node) || p->values[node].flags & WG_PLAN_KEPT;
        if (is_run(p, node))
            plan->calls[count++].node = node;
    }
    for (size_t k = 0; k < count; k++) {
        p->values[plan->calls[k].node].call = k;
        plan->calls[k].kept = p->values[plan->calls[k].node].flags & WG_PLAN_KEPT;
    }
    return WG_OK;
}

/* What a run reads, and may find without a value. */
static wg_status find_inputs(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t capacity = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < plan->tape->record_count; i++) {
            const wg_record *record = plan->tape->records[i];
            if (record->op != &wg__op_input || !(p->values[record->node].flags & WG_PLAN_NEEDED))
                continue;
            if (pass)
                plan->inputs[plan->input_count++] = record->node;
            else
                capacity++;
        }
        if (pass == 0)
            plan->inputs = wg__mem_new(&plan->memory, (capacity + 1) * sizeof *plan->inputs);
        if (!plan->inputs)
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    return WG_OK;
}

wg_status wg__plan_choose(wg_plan_passes *p)
{
    mark_needed(p);
    wg_status status = fold_constants(p);
    if (status == WG_OK)
        status = share_equal(p);
    if (status != WG_OK)
        return status;
    for (uint32_t node = 0; node < p->plan->end; node++)
        p->values[node].flags &= WG_PLAN_CONSTANT;
    mark_needed(p); /* of the second of two equal nodes nothing is needed now */
    status = find_inputs(p);
    return status == WG_OK ? list(p) : status;
}
