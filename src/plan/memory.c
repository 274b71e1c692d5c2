/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What must be stored, and when. Each tensor that a run computes is in use from the node that writes it to
 * the last one that reads it; place.c says where it lies. */
#include "plan/plan.h"

#include <string.h>

bool wg__plan_source(const wg_engine *t, uint32_t node, uint32_t *source, size_t *index)
{
    const wg_record *record = wg__record_of(t, node);
    *index = 0;
    while (record && (wg__plan_is_alias(t, record) || record->op == &wg__op_projection)) {
        if (record->op == &wg__op_projection)
            *index = *(const size_t *)record->attr;
        node = record->args[0];
        record = wg__record_of(t, node);
    }
    *source = node;
    return record && !record->result[*index].scalar;
}

/* ---- Buffers ---------------------------------------------------------------------------------------- */

static bool add(wg_plan_passes *p, uint32_t node, size_t index, size_t bytes)
{
    wg_plan *plan = p->plan;
    size_t rounded = (bytes + WG_ALIGNMENT - 1) / WG_ALIGNMENT * WG_ALIGNMENT,
           first = p->plan->calls[p->values[node].call].runs_at;
    if (rounded < bytes || rounded > PTRDIFF_MAX - WG_ALIGNMENT ||
        !wg__mem_reserve(&plan->memory, (void **)&plan->buffers, &plan->buffer_capacity,
            plan->buffer_count + 1, sizeof *plan->buffers))
        return false;
    if (p->values[node].buffer == SIZE_MAX)
        p->values[node].buffer = plan->buffer_count;
    plan->buffers[plan->buffer_count++] = (wg_plan_buffer){
        .node = node, .index = index, .bytes = rounded, .first = first, .last = first, .over = SIZE_MAX};
    return true;
}

/* The sums of a chain's result belong to its last node. */
static bool add_sums(wg_plan_passes *p, wg_plan_chain *chain)
{
    size_t numbers = chain->pieces.count * chain->pieces.width;
    chain->sum_buffer = p->plan->buffer_count;
    return add(
        p, p->plan->calls[chain->last].node, WG_PLAN_SUMS, numbers * sizeof(double) + chain->pieces.count);
}

/* What node number `k` of the list writes. The first result of a chain's head is in the chain's. */
static bool add_results(wg_plan_passes *p, size_t k)
{
    const wg_engine *t = p->plan->tape;
    const wg_record *record = wg__record_of(t, p->plan->calls[k].node);
    bool last = wg__plan_is_last(p->plan, k), head = !last && p->plan->calls[k].chain->head == k;
    if (!record || wg__plan_is_alias(t, record) || record->op == &wg__op_projection || !(last || head))
        return true;
    const wg_plan_chain *chain = p->plan->calls[k].chain;
    bool unwritten = last && chain && chain->unwritten;
    for (size_t r = head || unwritten; r < record->results; r++)
        if (!record->result[r].scalar &&
            !add(p, record->node, r, record->result[r].count * wg_dtype_size(record->result[r].dtype)))
            return false;
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        if (record->keep_bytes[i] && !add(p, record->node, WG_MAX_RESULTS + i, record->keep_bytes[i]))
            return false;
    return !last || !chain || !chain->summed || add_sums(p, p->plan->calls[k].chain);
}

/* The buffer of a node's result, or of what it keeps; NULL when a run does not write it. */
static wg_plan_buffer *find(const wg_plan_passes *p, uint32_t node, size_t index)
{
    const wg_plan *plan = p->plan;
    for (size_t i = p->values[node].buffer; i < plan->buffer_count && plan->buffers[i].node == node; i++)
        if (plan->buffers[i].index == index)
            return &plan->buffers[i];
    return NULL;
}

/* ---- Times ------------------------------------------------------------------------------------------ */

/* Node number `k` of the list (SIZE_MAX: the world, after the run) reads `node`. */
static void read_at(wg_plan_passes *p, uint32_t node, size_t k)
{
    uint32_t source;
    size_t index;
    if (!wg__plan_source(p->plan->tape, node, &source, &index))
        return;
    wg_plan_buffer *buffer = find(p, source, index);
    if (buffer && (k > buffer->last))
        buffer->last = k;
}

static void set_times(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(t, plan->calls[k].node);
        if (plan->calls[k].summed)
            plan->buffers[plan->calls[k].summed->sum_buffer].last = k;
        for (size_t i = 0; record && !plan->calls[k].summed && i < record->arity; i++)
            if (wg__plan_reads(record, i))
                read_at(p, record->args[i], p->plan->calls[k].runs_at);
        if (record && record->op == &wg__op_gradient)
            for (size_t i = 0; i < WG_MAX_KEEP; i++) {
                wg_plan_buffer *buffer = find(p, wg__gradient_node(record), WG_MAX_RESULTS + i);
                if (buffer)
                    buffer->last = p->plan->calls[k].runs_at;
            }
        if (plan->calls[k].kept)
            read_at(p, plan->calls[k].node, SIZE_MAX);
    }
}

/* A gradient that one node writes as a whole is written into the store. */
static void place_gradients(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < plan->gradient_count; i++) {
        wg_plan_gradient *g = &plan->gradients[i];
        uint32_t source;
        size_t index;
        wg_plan_buffer *buffer =
            wg__plan_source(plan->tape, g->node, &source, &index) ? find(p, source, index) : NULL;
        g->in_place = g->bound && buffer && !buffer->outside && !(p->values[source].flags & WG_PLAN_KEPT);
        if (g->in_place)
            buffer->outside = g->bound->binding.gradient;
        else
            read_at(p, g->node, SIZE_MAX);
    }
}

/* ---- In place --------------------------------------------------------------------------------------- */

/* Of a map the operands, of a map's gradient the upstream gradients, that its result may be written over; of
 * what adds to a sum, that: from which operand on. */
static bool may_write_over(const wg_engine *t, const wg_record *record, size_t *from)
{
    *from = record ? wg__gradient_sum(record) : SIZE_MAX;
    if (*from != SIZE_MAX)
        return record->results == 1;
    *from = 0;
    if (record && record->op == &wg__op_gradient) {
        const wg_record *of = wg__record_of(t, wg__gradient_node(record));
        *from = of->arity + of->results;
        return of->op->traits & WG_OP_IN_PLACE && record->results == 1;
    }
    return record && record->op->traits & WG_OP_IN_PLACE && record->results == 1;
}

static wg_plan_buffer *place_of(const wg_plan_passes *p, uint32_t node)
{
    size_t index;
    uint32_t source;
    wg_plan_buffer *buffer =
        wg__plan_source(p->plan->tape, node, &source, &index) ? find(p, source, index) : NULL;
    while (buffer && buffer->over != SIZE_MAX)
        buffer = &p->plan->buffers[buffer->over];
    return buffer;
}

/* What adds to a sum in place reads its other operands meanwhile: is one of them that memory? */
static bool adds_itself(const wg_plan_passes *p, const wg_record *record, const wg_plan_buffer *operand)
{
    size_t sum = wg__gradient_sum(record);
    for (size_t i = 0; sum != SIZE_MAX && i < sum; i++)
        if (wg__plan_reads(record, i) && place_of(p, record->args[i]) == operand)
            return true;
    return false;
}

/* Where a node is the last to read an operand of its result's shape, the result takes that place. */
static void write_over_operand(wg_plan_passes *p, const wg_record *record, wg_plan_buffer *result, size_t k)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    size_t i;
    if (!may_write_over(t, record, &i))
        return;
    for (; i < record->arity && result->over == SIZE_MAX; i++) {
        wg_view v = wg__view_of(t, record->args[i]);
        wg_plan_buffer *operand = place_of(p, record->args[i]);
        if (operand && operand != result && !operand->outside && operand->last == k &&
            v.dtype == record->result[0].dtype && wg_shape_equal(v.shape, &record->result[0].shape) &&
            !adds_itself(p, record, operand)) {
            result->over = (size_t)(operand - plan->buffers);
            operand->last = result->last;
        }
    }
}

/* The result of a chain may be written over an operand of any of its steps. */
static void write_over(wg_plan_passes *p)
{
    const wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(t, plan->calls[k].node);
        wg_plan_buffer *result = record && wg__plan_is_last(plan, k) ? find(p, plan->calls[k].node, 0) : NULL;
        if (!result || result->outside)
            continue;
        const wg_plan_chain *chain = plan->calls[k].chain;
        if (chain && chain->head != SIZE_MAX)
            continue; /* its operands are read while the result is being written */
        for (size_t s = 0; chain && s < chain->chain.steps && result->over == SIZE_MAX; s++)
            write_over_operand(p, wg__record_of(t, plan->calls[chain->calls[s]].node), result, k);
        if (!chain)
            write_over_operand(p, record, result, k);
    }
}

/* ---- All of it --------------------------------------------------------------------------------------- */

wg_status wg__plan_lay_out(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t k = 0; k < plan->count; k++)
        if (!add_results(p, k))
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    set_times(p);
    place_gradients(p);
    write_over(p);
    return WG_OK;
}

size_t wg__plan_root(const wg_plan *plan, size_t buffer)
{
    while (plan->buffers[buffer].over != SIZE_MAX)
        buffer = plan->buffers[buffer].over;
    return buffer;
}
