/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Running a plan. */
#define _POSIX_C_SOURCE 200809L

#include "plan/plan.h"

#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void compute_step(wg_engine *t, uint32_t node)
{
    wg_step *s = &t->head.steps[node];
    size_t operands = wg_operand_count(wg_code(t, node));
    double x = t->head.steps[s->a].value, b = operands > 1 ? t->head.steps[s->b].value : 0;
    const double *numbers = operands > 1 || !t->head.numbers ? NULL : &t->head.numbers[s->b];
    s->value = wg_formula_value(wg_code(t, node), x, b, numbers);
}

/* What is not kept has no value after a run: its memory may be another's by then. Products round their
 * factors only while a plan that asks for it runs; a gradient runs the kernel of its operation's record. */
static void set_running(wg_plan *plan, bool during)
{
    const wg_engine *t = plan->tape;
    for (size_t k = 0; k < plan->count; k++) {
        wg_record *record = wg_record_of(t, plan->nodes[k]);
        if (!record)
            continue;
        record->valued = during || plan->kept[k];
        if (plan->bf16 && record->op == &wg_op_gradient)
            wg_record_of(t, wg_gradient_node(record))->bf16 = during;
        record->bf16 = during && plan->bf16;
    }
}

wg_status wg_plan_compute(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    double begun = plan->profile ? now() : 0;
    set_running(plan, true);
    wg_status status = WG_OK;
    for (size_t k = 0; k < plan->count && status == WG_OK; k++) {
        wg_record *record = wg_record_of(t, plan->nodes[k]);
        if (!wg_plan_is_last(plan, k))
            continue;
        if (!record)
            compute_step(t, plan->nodes[k]);
        else if ((status = plan->chains[k] ? wg_plan_chain_run(plan, k) : wg_compute_now(t, record)) != WG_OK)
            wg_fail(t, status, "plan: %s: %s", record->op->name, wg_status_text(status));
        if (plan->profile) {
            double ended = now();
            plan->seconds[k] += ended - begun;
            begun = ended;
        }
    }
    set_running(plan, false);
    return status;
}

/* ---- Gradients -------------------------------------------------------------------------------------- */

static void forget_gradients(wg_plan *plan)
{
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_binding *b = &plan->gradients[i].bound->binding;
        if (b->gradient_is_zero)
            *b->gradient_is_zero = true; /* the memory is garbage until the run is over */
    }
}

/* Those that could not be written in place, and scalars. */
static void hand_gradients_over(wg_plan *plan)
{
    const wg_engine *t = plan->tape;
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_plan_gradient *g = &plan->gradients[i];
        const wg_binding *b = &g->bound->binding;
        wg_view v = wg_view_of(t, g->node);
        const wg_record *parameter = wg_record_of(t, g->bound->var.node);
        if (v.scalar && b->dtype == WG_F32)
            *(float *)b->gradient = (float)t->head.steps[g->node].value;
        else if (v.scalar)
            *(double *)b->gradient = t->head.steps[g->node].value;
        else if (!g->in_place && parameter->result[0].count)
            memcpy(b->gradient, v.data, parameter->result[0].count * wg_dtype_size(b->dtype));
        if (b->gradient_is_zero)
            *b->gradient_is_zero = false;
    }
}

/* ---- Runs ------------------------------------------------------------------------------------------- */

/* An input that was never set: its number, or WG_NO_NODE. */
static uint32_t missing_input(const wg_plan *plan)
{
    const wg_engine *t = plan->tape;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg_record_of(t, plan->nodes[k]);
        for (size_t i = 0; record && i < record->arity; i++) {
            const wg_record *operand = wg_record_of(t, record->args[i]);
            if (operand && operand->arity == 0 && !operand->valued)
                return operand->node;
        }
    }
    return WG_NO_NODE;
}

static bool is_alive(const wg_plan *plan)
{
    return plan->tape->plan == plan && wg_alive(plan->tape, plan->last);
}

static wg_status run(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    uint32_t missing = missing_input(plan);
    if (missing != WG_NO_NODE)
        return wg_fail(t, WG_NO_VALUE, "plan: input %s was never set", wg_name_at(t, missing));
    t->run += !t->frozen;
    wg_bounds_seen(t);
    forget_gradients(plan);
    wg_status status = wg_plan_compute(plan);
    if (status != WG_OK)
        return status;
    hand_gradients_over(plan);
    plan->runs++;
    if (plan->optim && (status = wg_optim_step(plan->optim)) != WG_OK)
        return wg_fail(t, status, "plan: %s", wg_optim_message(plan->optim));
    return WG_OK;
}

wg_status wg_plan_run(wg_plan *plan)
{
    if (!plan)
        return WG_INVALID;
    wg_engine *t = plan->tape;
    if (t->status != WG_OK)
        return t->status;
    wg_status status =
        is_alive(plan) ? run(plan) : wg_fail(t, WG_DEAD_VAR, "plan: its tape was reset, or rewound");
    t->status = WG_OK; /* the recording is whole: the error does not stick, its message stays to be read */
    wg_update_fast(t);
    return status;
}

/* ---- Rehearsal -------------------------------------------------------------------------------------- */

/* One run that leaves no trace but the memory that operations asked for: no effects, no update, no next
 * random numbers. Inputs without a value are zero; what an operation says to that (or a guard) is no error.
 */
wg_status wg_plan_rehearse(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    bool frozen = t->frozen, profile = plan->profile;
    char message[WG_MESSAGE_SIZE];
    size_t inputs = 0, bytes = plan->end * sizeof(uint32_t) + 1;
    uint32_t *set = wg_mem_new(&plan->memory, bytes);
    if (!set)
        return WG_OUT_OF_MEMORY;
    for (uint32_t node; (node = missing_input(plan)) != WG_NO_NODE;) {
        wg_record *record = wg_record_of(t, node);
        wg_result *result = &record->result[0];
        if (result->scalar)
            t->head.steps[node].value = 0;
        else if (result->count)
            memset(result->data, 0, result->count * wg_dtype_size(result->dtype));
        record->valued = true;
        set[inputs++] = node;
    }
    memcpy(message, t->message, sizeof message);
    wg_blocks_trim(&t->blocks);
    size_t before = t->bytes;
    t->frozen = true;
    plan->profile = false;
    wg_bounds_seen(t);
    wg_status status = wg_plan_compute(plan);
    t->frozen = frozen;
    plan->profile = profile;
    t->status = WG_OK;
    memcpy(t->message, message, sizeof message);
    wg_update_fast(t);
    plan->sizes.workspace = t->bytes - before;
    for (size_t i = 0; i < inputs; i++)
        wg_record_of(t, set[i])->valued = false;
    wg_mem_free(&plan->memory, set, bytes);
    return status == WG_OUT_OF_MEMORY ? status : WG_OK;
}
