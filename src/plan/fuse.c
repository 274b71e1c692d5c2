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

size_t wg_plan_first_result(const wg_plan_passes *p, uint32_t node)
{
    uint32_t source;
    size_t index;
    if (!wg_plan_source(p->plan->tape, node, &source, &index) || index > 0)
        return SIZE_MAX;
    return p->place[source];
}

static void count_readers(const wg_plan_passes *p, wg_plan_readers *r)
{
    const wg_plan *plan = p->plan;
    size_t at;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg_record_of(plan->tape, plan->nodes[k]);
        bool shows = wg_plan_is_alias(plan->tape, record) || (record && record->op == &wg_op_projection);
        for (size_t i = 0; record && !shows && i < record->arity; i++)
            if (wg_plan_reads(record, i) && (at = wg_plan_first_result(p, record->args[i])) != SIZE_MAX)
                r->count[at]++;
        if (plan->kept[k] && (at = wg_plan_first_result(p, plan->nodes[k])) != SIZE_MAX)
            r->outside[at] = true;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        if ((at = wg_plan_first_result(p, plan->gradients[i].node)) != SIZE_MAX)
            r->outside[at] = true;
}

const wg_record *wg_plan_row_of(const wg_engine *t, const wg_record *record, int *towards)
{
    *towards = -1;
    if (!record || record->results != 1 || record->result[0].scalar || record->result[0].dtype == WG_I32)
        return NULL;
    if (wg_chain_takes(record->op))
        return record;
    if (record->op != &wg_op_gradient)
        return NULL;
    const wg_record *of = wg_record_of(t, wg_gradient_node(record));
    *towards = wg_gradient_towards(record);
    return wg_chain_takes(of->op) && *towards >= 0 ? of : NULL;
}

/* Can the chain of node `at`, or a new one of `at` alone, go on with node `k`? */
static bool goes_on(const wg_plan *plan, size_t at, size_t k)
{
    const wg_plan_chain *chain = plan->chains[at];
    int towards;
    size_t head = chain ? chain->head : wg_plan_is_head(plan, at) ? at : SIZE_MAX;
    if (head != SIZE_MAX)
        return wg_plan_may_wait(plan, head, k);
    return chain || wg_plan_row_of(plan->tape, wg_record_of(plan->tape, plan->nodes[at]), &towards);
}

/* Which operand of node `k`, a row's, is the value of the node before it, whose chain it then joins: its
 * number, or SIZE_MAX. */
static size_t joins(const wg_plan_passes *p, const wg_plan_readers *r, size_t k, size_t *before)
{
    const wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    const wg_record *record = wg_record_of(t, plan->nodes[k]);
    for (size_t i = 0; i < record->arity; i++) {
        size_t at = wg_plan_reads(record, i) ? wg_plan_first_result(p, record->args[i]) : SIZE_MAX;
        if (at != SIZE_MAX && r->count[at] == 1 && !r->outside[at] &&
            wg_shape_equal(wg_view_of(t, record->args[i]).shape, &record->result[0].shape) &&
            goes_on(plan, at, k)) {
            *before = at;
            return i;
        }
    }
    return SIZE_MAX;
}

/* ---- Making the chains ------------------------------------------------------------------------------ */

static wg_chain_operand operand_of(const wg_plan_passes *p, const wg_record *record, size_t i, size_t joined)
{
    const wg_engine *t = p->plan->tape;
    size_t at = wg_plan_first_result(p, record->args[i]);
    if (!wg_plan_reads(record, i))
        return (wg_chain_operand){.kind = WG_CHAIN_UNREAD};
    if (i == joined)
        return (wg_chain_operand){.kind = WG_CHAIN_VALUE};
    if (at != SIZE_MAX && p->plan->spread[at])
        return wg_plan_spread_operand(t, p->plan->nodes[at]);
    return (wg_chain_operand){
        .kind = wg_view_of(t, record->args[i]).scalar ? WG_CHAIN_SCALAR : WG_CHAIN_TENSOR};
}

/* The step of one node; where tensors lie is filled in when there is memory. */
static wg_chain_step step_of(const wg_plan_passes *p, const wg_record *record, size_t joined)
{
    const wg_engine *t = p->plan->tape;
    wg_chain_step step = {0};
    const wg_record *row = wg_plan_row_of(t, record, &step.towards);
    size_t numbers = row->op->attr_size / sizeof(double), n = row->arity;
    step.op = row->op;
    if (numbers)
        memcpy(step.numbers, row->attr, numbers * sizeof(double));
    for (size_t i = 0; i < n; i++)
        step.in[i] = operand_of(p, record, i, joined);
    if (step.towards >= 0) {
        step.y = operand_of(p, record, n, joined);
        step.g = operand_of(p, record, n + 1, joined);
    } else if (n == 2) {
        wg_shape a = wg_shape_in_lanes(record, WG_LANES_OPERAND(0), wg_view_of(t, record->args[0]).shape),
                 b = wg_shape_in_lanes(record, WG_LANES_OPERAND(1), wg_view_of(t, record->args[1]).shape),
                 y = wg_shape_in_lanes(record, WG_LANES_RESULT(0), &record->result[0].shape);
        bool tensors = step.in[0].kind != WG_CHAIN_SCALAR && step.in[1].kind != WG_CHAIN_SCALAR;
        step.stretched = tensors && !wg_shape_equal(&a, &b) && record->result[0].count;
        if (step.stretched)
            wg_stretch_set(&step.stretch, &y, &a, &b);
    }
    return step;
}

/* Node `k` of the list, a row's, becomes the chain's last. */
static bool add_step(wg_plan_passes *p, wg_plan_chain *chain, size_t k, size_t joined)
{
    wg_plan *plan = p->plan;
    size_t steps = chain->chain.steps;
    if (!wg_mem_reserve(&plan->memory, (void **)&chain->chain.step, &chain->capacity, steps + 1,
            sizeof *chain->chain.step) ||
        !wg_mem_reserve(
            &plan->memory, (void **)&chain->nodes, &chain->node_capacity, steps + 1, sizeof *chain->nodes))
        return false;
    chain->chain.step[steps] = step_of(p, wg_record_of(plan->tape, plan->nodes[k]), joined);
    chain->nodes[steps] = chain->last = k;
    chain->chain.steps++;
    plan->chains[k] = chain;
    for (size_t i = 0; i < chain->chain.steps; i++)
        p->runs_at[chain->nodes[i]] = k;
    if (chain->head != SIZE_MAX)
        p->runs_at[chain->head] = k;
    return true;
}

wg_plan_chain *wg_plan_chain_of(wg_plan_passes *p, size_t k)
{
    wg_plan *plan = p->plan;
    const wg_result *result = &wg_record_of(plan->tape, plan->nodes[k])->result[0];
    if (plan->chains[k])
        return plan->chains[k];
    wg_plan_chain *chain = wg_mem_zero(&plan->memory, sizeof *chain);
    if (!chain)
        return NULL;
    *chain = (wg_plan_chain){.chain = {.dtype = result->dtype, .count = result->count},
        .head = wg_plan_is_head(plan, k) ? k : SIZE_MAX,
        .last = k,
        .next = plan->first_chain};
    plan->first_chain = plan->chains[k] = chain;
    return chain->head == k || add_step(p, chain, k, SIZE_MAX) ? chain : NULL;
}

wg_status wg_plan_fuse(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t bytes = (plan->count + 1) * (sizeof(size_t) + 1);
    wg_plan_readers r = {.count = wg_mem_zero(&plan->memory, bytes)};
    plan->chains = wg_mem_zero(&plan->memory, (plan->count + 1) * (2 * sizeof *plan->chains + 1));
    if (!r.count || !plan->chains) {
        wg_mem_free(&plan->memory, r.count, bytes);
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    plan->summed = plan->chains + plan->count + 1;
    plan->spread = (bool *)(plan->summed + plan->count + 1);
    r.outside = (bool *)(r.count + plan->count + 1);
    count_readers(p, &r);
    wg_status status = WG_OK;
    for (size_t k = 0; k < plan->count; k++)
        p->runs_at[k] = k;
    wg_plan_find_spreads(p, &r);
    for (size_t k = 0; k < plan->count && status == WG_OK; k++) {
        const wg_record *record = wg_record_of(plan->tape, plan->nodes[k]);
        int towards;
        size_t before,
            joined = wg_plan_row_of(plan->tape, record, &towards) ? joins(p, &r, k, &before) : SIZE_MAX;
        wg_plan_chain *chain = joined == SIZE_MAX ? NULL : wg_plan_chain_of(p, before);
        if (joined != SIZE_MAX && (!chain || !add_step(p, chain, k, joined)))
            status = wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    if (status == WG_OK && (!wg_plan_fuse_spreads(p) || !wg_plan_fuse_sums(p, &r)))
        status = wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    wg_mem_free(&plan->memory, r.count, bytes);
    return status;
}

/* ---- When there is memory --------------------------------------------------------------------------- */

static void set_data(const wg_engine *t, wg_chain_operand *operand, const wg_record *record, size_t i)
{
    uint32_t source;
    size_t index;
    if (operand->kind == WG_CHAIN_SPREAD)
        wg_plan_spread_load(t, operand, record->args[i]);
    if (operand->kind != WG_CHAIN_TENSOR)
        return;
    /* An alias shows its source's memory, which is there before the alias is computed; a leaf's is its own.
     */
    bool found = wg_plan_source(t, record->args[i], &source, &index);
    operand->data = found ? wg_record_of(t, source)->result[index].data : wg_view_of(t, record->args[i]).data;
}

void wg_plan_chain_attach(wg_plan *plan)
{
    const wg_engine *t = plan->tape;
    for (wg_plan_chain *chain = plan->first_chain; chain; chain = chain->next) {
        if (chain->head != SIZE_MAX)
            wg_plan_head_attach(plan, chain);
        if (chain->summed)
            wg_plan_sums_attach(plan, chain);
        for (size_t s = 0; s < chain->chain.steps; s++) {
            wg_chain_step *step = &chain->chain.step[s];
            const wg_record *record = wg_record_of(t, plan->nodes[chain->nodes[s]]);
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
        wg_plan_spread_load(t, operand, record->args[i]);
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

wg_status wg_plan_chain_run(wg_plan *plan, size_t k)
{
    wg_engine *t = plan->tape;
    wg_plan_chain *chain = plan->chains[k];
    for (size_t s = 0; s < chain->chain.steps; s++)
        load_scalars(t, wg_record_of(t, plan->nodes[chain->nodes[s]]), &chain->chain.step[s]);
    if (chain->summed)
        return wg_plan_run_summed(plan, chain);
    if (chain->head != SIZE_MAX)
        return wg_compute_now(t, wg_record_of(t, plan->nodes[chain->head]));
    wg_chain_run(&chain->chain, t->threads, wg_record_of(t, plan->nodes[k])->result[0].data);
    return WG_OK;
}
