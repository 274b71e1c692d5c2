/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Running a plan. */
#define _POSIX_C_SOURCE 200809L

#include "plan/plan.h"
#include "scalars/scalars.h"

#include <string.h>
#include "base/clock.h"

/* Seconds since the last call; 0 without a profile. The clock is looked at once between two kernels, so the
 * times add up to the whole. */
static double tick(wg_plan *plan)
{
    double before = plan->clock;
    plan->clock = plan->profile ? wg__clock() : 0;
    return plan->clock - before;
}

static void count_time(wg_plan *plan, size_t k)
{
    double passed = tick(plan);
    plan->calls[k].seconds += passed;
    *(wg__plan_is_kernel(plan, k) ? &plan->times.kernels : &plan->times.between) += passed;
}

static void compute_step(wg_engine *t, uint32_t node)
{
    wg_step *s = &t->head.steps[node];
    size_t operands = wg__operand_count(wg__code(t, node));
    double x = t->head.steps[s->a].value, b = operands > 1 ? t->head.steps[s->b].value : 0;
    const double *numbers = operands > 1 || !t->head.numbers ? NULL : &t->head.numbers[s->b];
    s->value = wg__formula_value(wg__code(t, node), x, b, numbers);
}

/* Node k of the list, which ends its chain if it has one. */
static wg_status compute_kernel(wg_plan *plan, size_t k)
{
    wg_engine *t = plan->tape;
    wg_record *record = wg__record_of(t, plan->calls[k].node);
    if (!record) {
        compute_step(t, plan->calls[k].node);
        return WG_OK;
    }
    wg_status status = plan->calls[k].chain ? wg__plan_chain_run(plan, k) : wg__compute_now(t, record);
    return status == WG_OK ? status
                           : wg__fail(t, status, "plan: %s: %s", record->op->name, wg_status_text(status));
}

/* The calls from `*k` on, and of the stretches of scalars from `*stretch` on, until the first that updates;
 * or, from there, to the end. */
static wg_status compute(wg_plan *plan, size_t *k, size_t *stretch, bool updates, bool rehearsal)
{
    wg_engine *t = plan->tape;
    wg_status status = WG_OK;
    for (; *k < plan->count && status == WG_OK && (updates || !plan->calls[*k].updates); ++*k) {
        if (!wg__plan_is_last(plan, *k))
            continue;
        if (*stretch < plan->stretch_count && plan->stretches[*stretch].first == *k) {
            *k = plan->stretches[*stretch].end - 1;
            status = wg__scalars_run(t, plan->stretches[(*stretch)++].program);
        } else {
            status = compute_kernel(plan, *k);
        }
        if (rehearsal && status != WG_OUT_OF_MEMORY)
            status = t->status = WG_OK;
        if (plan->profile)
            count_time(plan, *k);
    }
    return status;
}

/* ---- Gradients -------------------------------------------------------------------------------------- */

static void forget_gradients(wg_plan *plan)
{
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_bound *bound = plan->gradients[i].bound;
        if (bound && bound->binding.gradient_is_zero)
            *bound->binding.gradient_is_zero = true; /* the memory is garbage until the run is over */
    }
}

/* Those that could not be written in place, and scalars. */
static void hand_gradients_over(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_plan_gradient *g = &plan->gradients[i];
        double number = plan->only_scalars ? t->adjoints[g->node] : t->head.steps[g->node].value;
        if (!g->bound && !wg__record_of(t, g->leaf))
            t->adjoints[g->leaf] = number;
        if (!g->bound)
            continue;
        const wg_binding *b = &g->bound->binding;
        if (g->updates)
            continue; /* and did */
        wg_view v = wg__view_of(t, g->node);
        const wg_record *parameter = wg__record_of(t, g->bound->var.node);
        if (v.scalar && b->dtype == WG_F32)
            *(float *)b->gradient = (float)number;
        else if (v.scalar)
            *(double *)b->gradient = number;
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
    for (size_t i = 0; i < plan->input_count; i++)
        if (!wg__record_of(plan->tape, plan->inputs[i])->valued)
            return plan->inputs[i];
    return WG_NO_NODE;
}

/* A parameter that the optimiser would update, and that there was not when the plan was made: its name. */
static const char *late_parameter(wg_plan *plan)
{
    const wg_params *params = wg_optim_params(plan->optim);
    for (; plan->optim && plan->arrays < wg_params_count(params); plan->arrays++) {
        wg_param_info a = wg_params_at(params, plan->arrays);
        if (!a.buffer)
            return a.name;
    }
    return NULL;
}

static wg_status check_run(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    char text[WG_NODE_TEXT];
    if (plan->gone)
        return wg__fail(t, WG_INVALID, "plan: its %s was freed", plan->gone);
    if (wg__check_bounds(t, "plan") != WG_OK)
        return t->status;
    uint32_t missing = missing_input(plan);
    if (missing != WG_NO_NODE)
        return wg__fail(
            t, WG_NO_VALUE, "plan: the value of %s was never set", wg__node_text(t, missing, text));
    const char *late = late_parameter(plan);
    if (late)
        return wg__fail(t, WG_NAME, "plan: parameter %s appeared after the plan was made", late);
    if (plan->optim && !wg__buffers_keep(&plan->statistics, wg_optim_params(plan->optim)))
        return wg__fail(t, WG_OUT_OF_MEMORY, "plan: no memory for a copy of the buffers");
    return WG_OK;
}

/* The optimiser's part: gradients that update, and the rest. */
static wg_status update(wg_plan *plan, size_t k, size_t stretch)
{
    wg_status status = wg__plan_updates_begin(plan);
    plan->times.update += tick(plan);
    if (status == WG_OK && !plan->written)
        status = compute(plan, &k, &stretch, true, false);
    if (status == WG_OK)
        status = wg__plan_updates_end(plan);
    if (status == WG_OK && !plan->gradients_stay)
        forget_gradients(plan); /* used up */
    plan->times.update += tick(plan);
    return status;
}

static wg_status run(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    size_t k = 0, stretch = 0;
    wg_status status = check_run(plan);
    if (status != WG_OK)
        return status;
    t->run += !t->frozen;
    wg__bounds_seen(t);
    forget_gradients(plan);
    plan->times.between += tick(plan);
    t->swept = t->swept_end = 0;
    status = compute(plan, &k, &stretch, false, false);
    if (status == WG_OK) {
        hand_gradients_over(plan);
        t->swept = plan->swept ? plan->y.node + 1 : 0;
        t->swept_end = plan->forward ? 0 : plan->start;
        plan->times.between += tick(plan);
        if (plan->optim)
            status = update(plan, k, stretch);
    }
    if (status != WG_OK)
        forget_gradients(plan);
    if (status != WG_OK && plan->optim)
        wg__buffers_restore(&plan->statistics, wg_optim_params(plan->optim));
    return status;
}

static wg_status run_timed(wg_plan *plan)
{
    tick(plan);
    double begun = plan->clock;
    wg_status status = run(plan);
    plan->times.between += tick(plan);
    plan->times.seconds += plan->clock - begun;
    plan->times.runs += plan->profile;
    return status;
}

wg_status wg_plan_run(wg_plan *plan)
{
    if (!plan)
        return WG_INVALID;
    plan->good = plan->computed = false;
    wg_status status = run_timed(plan);
    plan->good = status == WG_OK || plan->computed;
    plan->tape->status = WG_OK; /* the error does not stick, its message stays to be read */
    return status;
}

/* ---- Rehearsal -------------------------------------------------------------------------------------- */

static wg_status rehearse(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    bool frozen = t->frozen, profile = plan->profile;
    wg_error_handler on_error = t->options.on_error;
    for (size_t i = 0; i < plan->input_count; i++) {
        wg_result *result = &wg__record_of(t, plan->inputs[i])->result[0];
        if (wg__record_of(t, plan->inputs[i])->valued)
            continue;
        if (result->scalar)
            t->head.steps[plan->inputs[i]].value = 0;
        else if (result->count)
            memset(result->data, 0, result->count * wg_dtype_size(result->dtype));
    }
    if (plan->sizes.block)
        memset(plan->block, 0, plan->sizes.block); /* an operation may decide by what another left undone */
    t->frozen = true;
    t->options.on_error = NULL;
    plan->profile = false;
    wg__bounds_seen(t);
    size_t k = 0, stretch = 0;
    wg_status status = compute(plan, &k, &stretch, true, true);
    t->frozen = frozen;
    t->options.on_error = on_error;
    plan->profile = profile;
    t->status = WG_OK;
    t->message[0] = 0;
    wg__blocks_trim(&t->blocks);
    return status;
}

/* Of gradients that runs write into the store. */
static size_t most_outside(const wg_plan *plan)
{
    size_t most = 0;
    for (size_t i = 0; i < plan->buffer_count; i++)
        if (plan->buffers[i].outside && plan->buffers[i].bytes > most)
            most = plan->buffers[i].bytes;
    return most;
}

/* One run that leaves no trace but the memory that operations asked for: no effects, no update, no next
 * random numbers, and the store's gradients are written elsewhere, all of them over each other. Inputs
 * without a value are zero; what an operation says to that (or a guard) is no error. */
wg_status wg__plan_rehearse(wg_plan *plan)
{
    size_t bytes = most_outside(plan);
    void *instead = bytes ? wg__mem_aligned_new(&plan->memory, bytes) : NULL;
    if (bytes && !instead)
        return WG_OUT_OF_MEMORY;
    if (bytes)
        memset(instead, 0, bytes);
    wg__plan_attach(plan, instead);
    wg_status status = rehearse(plan);
    wg__plan_attach(plan, NULL);
    if (bytes)
        wg__mem_aligned_free(&plan->memory, instead, bytes);
    return status;
}
