/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Runs: the calls one after the other, then the gradients, then the optimiser's step. */
#define _POSIX_C_SOURCE 200809L

#include "plan/plan.h"

#include <string.h>
#include "base/clock.h"
#include "base/float_state.h"

/* Seconds since the last call; 0 without a profile. The clock is looked at once between two kernels, so the
 * times add up to the whole. */
static double tick(wg_plan *plan)
{
    double before = plan->clock;
    plan->clock = plan->profile ? wg__clock() : 0;
    return plan->clock - before;
}

/* The calls from `*k` on, until the first that updates; or, from there, to the end. */
static wg_status compute(wg_plan *plan, size_t *k, bool updates)
{
    wg_engine *t = plan->tape;
    wg_program *p = &plan->program;
    wg_status status = WG_OK;
    for (; *k < p->call_count && (updates || !p->calls[*k].updates); ++*k) {
        wg_call *call = &p->calls[*k];
        status = wg__call_run(plan, call);
        if (status != WG_OK)
            return call->op ? wg__fail(t, status, "plan: %s: %s", call->op->name, wg_status_text(status))
                            : wg__fail(t, status, "plan: %s", wg_status_text(status));
        if (plan->profile) {
            double passed = tick(plan);
            call->seconds += passed;
            plan->times.kernels += passed;
        }
    }
    return status;
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
    uint32_t weight = wg__store_thawed(plan);
    if (weight != WG_NO_NODE)
        return wg__fail(t, WG_STALE, "plan: %s was frozen when the plan was made, and wants a gradient now",
            wg__node_text(t, weight, text));
    const char *late = wg__store_late(plan);
    if (late)
        return wg__fail(t, WG_NAME, "plan: parameter %s appeared after the plan was made", late);
    if (plan->optim && !wg__buffers_keep(&plan->statistics, wg_optim_params(plan->optim)))
        return wg__fail(t, WG_OUT_OF_MEMORY, "plan: no memory for a copy of the buffers");
    return WG_OK;
}

/* The optimiser's part: gradients that update, and the rest. */
static wg_status update(wg_plan *plan, size_t k)
{
    wg_status status = wg__updates_begin(plan);
    plan->times.update += tick(plan);
    if (status == WG_OK && !plan->written)
        status = compute(plan, &k, true);
    if (status == WG_OK)
        status = wg__updates_end(plan);
    if (status == WG_OK && !plan->gradients_stay)
        wg__store_forget(plan); /* used up */
    plan->times.update += tick(plan);
    return status;
}

static wg_status run(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    size_t k = 0;
    wg_status status = check_run(plan);
    if (status == WG_OK && !wg__store_take(plan))
        status = wg__fail(t, WG_INVALID,
            "plan: another run writes gradients of the same store at this moment: see "
            "wg_tape_options.own_grads");
    if (status != WG_OK)
        return status;
    t->run += !t->frozen;
    wg__bounds_seen(t);
    wg__store_forget(plan);
    plan->times.between += tick(plan);
    t->swept = t->swept_end = 0;
    status = compute(plan, &k, false);
    if (status == WG_OK) {
        wg__store_hand_over(plan);
        t->swept = plan->swept ? plan->y + 1 : 0;
        t->swept_end = plan->forward ? 0 : plan->start;
        plan->times.between += tick(plan);
        if (plan->optim)
            status = update(plan, k);
    }
    if (status != WG_OK)
        wg__store_forget(plan);
    if (status != WG_OK && plan->optim)
        wg__buffers_restore(&plan->statistics, wg_optim_params(plan->optim));
    wg__store_give(plan);
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
    wg_float_state callers = wg__float_hold();
    wg_status status = run_timed(plan);
    wg__float_restore(&callers);
    plan->good = status == WG_OK || plan->computed;
    plan->tape->status = WG_OK; /* the error does not stick, its message stays to be read */
    return status;
}
