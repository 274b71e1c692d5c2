/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Chains: a map whose operand nobody else reads takes it over before it reaches memory.
 *
 *      matmul x, w   -> h        only add reads h
 *      add    h, b   -> s        only relu reads s
 *      relu   s      -> y        one chain, run where relu stands, with the product as its head: x, w, b -> y
 *
 * The gradient of a map towards one operand is a map of operand, result and upstream gradient. */
#include "plan/plan.h"

#include <string.h>

size_t wg__plan_first_result(const wg_plan_passes *p, uint32_t node)
{
    uint32_t source;
    size_t index;
    if (!wg__plan_source(p->plan->tape, node, &source, &index) || index > 0)
        return SIZE_MAX;
    return p->values[source].call;
}

static void count_readers(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t at;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        bool shows = wg__plan_is_alias(plan->tape, record) || (record && record->op == &wg__op_projection);
        for (size_t i = 0; record && !shows && i < record->arity; i++)
            if (wg__plan_reads(record, i) && (at = wg__plan_first_result(p, record->args[i])) != SIZE_MAX)
                plan->calls[at].readers++;
        if (plan->calls[k].kept && (at = wg__plan_first_result(p, plan->calls[k].node)) != SIZE_MAX)
            plan->calls[at].outside = true;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        if ((at = wg__plan_first_result(p, plan->gradients[i].node)) != SIZE_MAX)
            plan->calls[at].outside = true;
}

const wg_record *wg__plan_row_of(const wg_engine *t, const wg_record *record, int *towards)
{
    *towards = -1;
    if (!record || record->results != 1 || record->result[0].scalar || record->result[0].dtype == WG_I32)
        return NULL;
    if (wg__chain_takes(record->op))
        return record;
    if (record->op != &wg__op_gradient)
        return NULL;
    const wg_record *of = wg__record_of(t, wg__gradient_node(record));
    *towards = wg__gradient_towards(record);
    return wg__chain_takes(of->op) && *towards >= 0 ? of : NULL;
}

/* Can the chain of node `at`, or a new one of `at` alone, go on with node `k`? */
static bool goes_on(const wg_plan *plan, size_t at, size_t k)
{
    const wg_plan_chain *chain = plan->calls[at].chain;
    int towards;
    size_t head = chain ? chain->head : wg__plan_is_head(plan, at) ? at : SIZE_MAX;
    if (head != SIZE_MAX)
        return wg__plan_may_wait(plan, head, k);
    return chain || wg__plan_row_of(plan->tape, wg__record_of(plan->tape, plan->calls[at].node), &towards);
}

/* Which operand of node `k`, a row's, is the value of the node before it, whose chain it then joins: its
 * number, or SIZE_MAX. Of two that could be, the later one: a gradient that is added to the sum of those
 * before it is so added as it is made, and does not wait for those that come after it. */
static size_t joins(const wg_plan_passes *p, size_t k, size_t *before)
{
    const wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    const wg_record *record = wg__record_of(t, plan->calls[k].node);
    size_t joined = SIZE_MAX;
    for (size_t i = 0; i < record->arity; i++) {
        size_t at = wg__plan_reads(record, i) ? wg__plan_first_result(p, record->args[i]) : SIZE_MAX;
        if (at != SIZE_MAX && (joined == SIZE_MAX || at > *before) && plan->calls[at].readers == 1 &&
            !plan->calls[at].outside &&
            wg_shape_equal(wg__view_of(t, record->args[i]).shape, &record->result[0].shape) &&
            goes_on(plan, at, k)) {
            *before = at;
            joined = i;
        }
    }
    return joined;
}

/* ---- Making the chains ------------------------------------------------------------------------------ */

wg_stretch *wg__plan_stretch_new(wg_plan_passes *p, const wg_shape *out, const wg_shape *a, const wg_shape *b)
{
    wg_stretch *stretch = wg__arena_take(&p->plan->arena, sizeof *stretch);
    if (stretch)
        wg__stretch_set(stretch, out, a, b);
    return stretch;
}

static bool set_operand(
    wg_plan_passes *p, const wg_record *record, size_t i, size_t joined, wg_chain_operand *operand)
{
    const wg_engine *t = p->plan->tape;
    size_t at = wg__plan_first_result(p, record->args[i]);
    *operand = (wg_chain_operand){.kind = !wg__plan_reads(record, i)               ? WG_CHAIN_UNREAD
                                          : i == joined                            ? WG_CHAIN_VALUE
                                          : wg__view_of(t, record->args[i]).scalar ? WG_CHAIN_SCALAR
                                                                                   : WG_CHAIN_TENSOR};
    bool spread = operand->kind == WG_CHAIN_TENSOR && at != SIZE_MAX && p->plan->calls[at].spread;
    return !spread || wg__plan_spread_operand(p, p->plan->calls[at].node, operand);
}

/* Of a row of two tensors, one of which may be broadcast. */
static bool set_stretch(wg_plan_passes *p, const wg_record *record, wg_chain_step *step)
{
    const wg_engine *t = p->plan->tape;
    wg_shape a = wg__shape_in_lanes(record, WG_LANES_OPERAND(0), wg__view_of(t, record->args[0]).shape),
             b = wg__shape_in_lanes(record, WG_LANES_OPERAND(1), wg__view_of(t, record->args[1]).shape),
             y = wg__shape_in_lanes(record, WG_LANES_RESULT(0), &record->result[0].shape);
    bool tensors = step->in[0].kind != WG_CHAIN_SCALAR && step->in[1].kind != WG_CHAIN_SCALAR;
    step->stretched = tensors && !wg_shape_equal(&a, &b) && record->result[0].count;
    return !step->stretched || (step->stretch = wg__plan_stretch_new(p, &y, &a, &b)) != NULL;
}

/* The step of one node; where tensors lie is filled in when there is memory. */
static bool set_step(wg_plan_passes *p, const wg_record *record, size_t joined, wg_chain_step *step)
{
    *step = (wg_chain_step){0};
    const wg_record *row = wg__plan_row_of(p->plan->tape, record, &step->towards);
    size_t numbers = row->op->attr_size / sizeof(double), n = row->arity;
    step->op = row->op;
    if (numbers)
        memcpy(step->numbers, row->attr, numbers * sizeof(double));
    for (size_t i = 0; i < n; i++)
        if (!set_operand(p, record, i, joined, &step->in[i]))
            return false;
    if (step->towards >= 0)
        return set_operand(p, record, n, joined, &step->y) && set_operand(p, record, n + 1, joined, &step->g);
    return n != 2 || set_stretch(p, record, step);
}

/* Room for one more step: twice as much as there was, in the plan's arena. */
static bool reserve_step(wg_plan *plan, wg_plan_chain *chain)
{
    size_t steps = chain->chain.steps;
    if (steps < chain->capacity)
        return true;
    size_t capacity = steps ? 2 * steps : 1;
    wg_chain_step *step = wg__arena_take(&plan->arena, capacity * sizeof *step);
    size_t *calls = wg__arena_take(&plan->arena, capacity * sizeof *calls);
    if (!step || !calls)
        return false;
    if (steps) {
        memcpy(step, chain->chain.step, steps * sizeof *step);
        memcpy(calls, chain->calls, steps * sizeof *calls);
    }
    chain->chain.step = step;
    chain->calls = calls;
    chain->capacity = capacity;
    return true;
}

/* Call `k`, a row's, becomes the chain's last. */
static bool add_step(wg_plan_passes *p, wg_plan_chain *chain, size_t k, size_t joined)
{
    wg_plan *plan = p->plan;
    size_t steps = chain->chain.steps;
    if (!reserve_step(plan, chain) ||
        !set_step(p, wg__record_of(plan->tape, plan->calls[k].node), joined, &chain->chain.step[steps]))
        return false;
    chain->calls[steps] = chain->last = k;
    chain->chain.steps++;
    plan->calls[k].chain = chain;
    return true;
}

wg_plan_chain *wg__plan_chain_of(wg_plan_passes *p, size_t k)
{
    wg_plan *plan = p->plan;
    const wg_result *result = &wg__record_of(plan->tape, plan->calls[k].node)->result[0];
    if (plan->calls[k].chain)
        return plan->calls[k].chain;
    wg_plan_chain *chain = wg__arena_take(&plan->arena, sizeof *chain);
    if (!chain)
        return NULL;
    *chain = (wg_plan_chain){.chain = {.dtype = result->dtype, .count = result->count},
        .head = wg__plan_is_head(plan, k) ? k : SIZE_MAX,
        .last = k,
        .next = plan->first_chain};
    plan->first_chain = plan->calls[k].chain = chain;
    return chain->head == k || add_step(p, chain, k, SIZE_MAX) ? chain : NULL;
}

wg_status wg__plan_fuse(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    count_readers(p);
    wg_status status = WG_OK;
    wg__plan_find_spreads(p);
    for (size_t k = 0; k < plan->count && status == WG_OK; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        int towards;
        size_t before = 0,
               joined = wg__plan_row_of(plan->tape, record, &towards) ? joins(p, k, &before) : SIZE_MAX;
        wg_plan_chain *chain = joined == SIZE_MAX ? NULL : wg__plan_chain_of(p, before);
        if (joined != SIZE_MAX && (!chain || !add_step(p, chain, k, joined)))
            status = wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    for (size_t k = 0; k < plan->count; k++)
        plan->calls[k].runs_at = plan->calls[k].chain ? plan->calls[k].chain->last : k;
    if (status == WG_OK && (!wg__plan_fuse_spreads(p) || !wg__plan_fuse_sums(p)))
        status = wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    return status;
}

/* ---- When there is memory --------------------------------------------------------------------------- */

static void set_data(const wg_engine *t, wg_chain_operand *operand, const wg_record *record, size_t i)
{
    uint32_t source;
    size_t index;
    if (operand->kind == WG_CHAIN_SPREAD)
        wg__plan_spread_load(t, operand, record->args[i]);
    if (operand->kind != WG_CHAIN_TENSOR)
        return;
    /* An alias shows its source's memory, which is there before the alias is computed; a leaf's is its own.
     */
    bool found = wg__plan_source(t, record->args[i], &source, &index);
    operand->data =
        found ? wg__record_of(t, source)->result[index].data : wg__view_of(t, record->args[i]).data;
}

void wg__plan_chain_attach(wg_plan *plan)
{
    const wg_engine *t = plan->tape;
    for (wg_plan_chain *chain = plan->first_chain; chain; chain = chain->next) {
        if (chain->head != SIZE_MAX)
            wg__plan_head_attach(plan, chain);
        if (chain->summed)
            wg__plan_sums_attach(plan, chain);
        for (size_t s = 0; s < chain->chain.steps; s++) {
            wg_chain_step *step = &chain->chain.step[s];
            const wg_record *record = wg__record_of(t, plan->calls[chain->calls[s]].node);
            size_t n = step->op->arity == 2 ? 2 : 1;
            for (size_t i = 0; i < n; i++)
                set_data(t, &step->in[i], record, i);
            if (step->towards >= 0) {
                set_data(t, &step->y, record, n);
                set_data(t, &step->g, record, n + 1);
            }
        }
    }
}

static void load_scalar(const wg_engine *t, const wg_record *record, size_t i, wg_chain_operand *operand)
{
    if (operand->kind == WG_CHAIN_SCALAR)
        operand->scalar = t->head.steps[record->args[i]].value;
    else if (operand->kind == WG_CHAIN_SPREAD)
        wg__plan_spread_load(t, operand, record->args[i]);
}

/* Scalars are read anew in each run. */
static void load_scalars(const wg_engine *t, const wg_record *record, wg_chain_step *step)
{
    size_t n = step->op->arity == 2 ? 2 : 1;
    for (size_t i = 0; i < n; i++)
        load_scalar(t, record, i, &step->in[i]);
    if (step->towards >= 0) {
        load_scalar(t, record, n, &step->y);
        load_scalar(t, record, n + 1, &step->g);
    }
}

wg_status wg__plan_chain_run(wg_plan *plan, size_t k)
{
    wg_engine *t = plan->tape;
    wg_plan_chain *chain = plan->calls[k].chain;
    for (size_t s = 0; s < chain->chain.steps; s++)
        load_scalars(t, wg__record_of(t, plan->calls[chain->calls[s]].node), &chain->chain.step[s]);
    if (chain->summed)
        return wg__plan_run_summed(plan, chain);
    if (chain->head != SIZE_MAX)
        return wg__compute_now(t, wg__record_of(t, plan->calls[chain->head].node));
    wg__chain_run(&chain->chain, t->threads, wg__record_of(t, plan->calls[k].node)->result[0].data);
    return WG_OK;
}
