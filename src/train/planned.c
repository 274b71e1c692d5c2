/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/planned.h"

enum { MOST_CHANGES = 4 };

static void drop_plan(wg_planned *g)
{
    wg_plan_free(g->plan);
    g->plan = NULL;
    g->fingerprint = 0;
}

void wg__planned_free(wg_planned *g)
{
    drop_plan(g);
}

/* Plans what is on the tape. False when that was done too often, or fails: then there are no more plans. Lack
 * of memory is left on the tape. */
static bool make_plan(
    wg_planned *g, const wg_task *task, wg_tape *tape, const wg_recorded *step, uint64_t fingerprint)
{
    wg_error error = {0};
    drop_plan(g);
    g->off = g->changes++ == MOST_CHANGES;
    if (g->off)
        return false;
    g->plan = wg_plan_new(step->loss,
        &(wg_plan_options){.forward = g->forward,
            .optim = g->optim,
            .bf16 = g->bf16,
            .keep = &step->prediction,
            .keep_count = 1},
        &error);
    if (!g->plan) {
        g->off = true;
        if (error.status == WG_OUT_OF_MEMORY)
            wg_tape_fail(tape, error.status, "%s", error.message);
        return false;
    }
    g->step = *step;
    g->fingerprint = fingerprint;
    g->arrays = wg_params_count(task->params);
    return true;
}

/* Both leave what fails on the tape, and are not tried in another way: half of the effects are done. */
static wg_outcome run_plan(const wg_planned *g, wg_tape *tape, const wg_batch *batch, uint64_t run)
{
    wg_plan *plan = g->plan;
    wg_plan_set_run_number(plan, run); /* counted up by the run, as by a recording's reset */
    wg_status status = wg_plan_set(plan, g->step.x, batch->x);
    if (status == WG_OK)
        status = wg_plan_set(plan, g->step.y, batch->y);
    if (status == WG_OK)
        status = wg_plan_run(plan);
    bool refused = g->optim && status == WG_NUMBER && wg_plan_has_value(plan, g->step.loss);
    if (status != WG_OK && !refused)
        wg_tape_fail(tape, status, "%s", wg_plan_message(plan));
    return (wg_outcome){.planned = true,
        .refused = refused,
        .value = wg_plan_item(plan, g->step.loss),
        .prediction = wg_plan_array(plan, g->step.prediction)};
}

static void replay(wg_tape *tape, const wg_recorded *step, const wg_batch *batch, uint64_t run)
{
    wg_tape_set_run_number(tape, run);
    wg_status status = wg_set(step->x, batch->x);
    if (status == WG_OK)
        status = wg_set(step->y, batch->y);
    if (status == WG_OK)
        status = wg_replay(tape);
    if (status != WG_OK)
        wg_tape_fail(tape, status, "%s", wg_tape_message(tape));
}

static wg_outcome outcome_of(const wg_recorded *step)
{
    wg_var p = step->prediction;
    return (wg_outcome){.loss = step->loss,
        .value = wg_item(step->loss),
        .prediction = wg_array_of(wg_data(p), wg_dtype_of(p), wg_shape_of(p))};
}

wg_outcome wg__planned_step(
    wg_planned *g, const wg_task *task, wg_tape *tape, const wg_batch *batch, bool full)
{
    uint64_t run = wg_tape_run_number(tape);
    bool values = !full || g->off;
    wg_recorded step = wg__task_record(task, tape, batch, values);
    if (values)
        return outcome_of(&step);
    uint64_t fingerprint = wg_tape_fingerprint(tape);
    bool asked = wg_tape_missed(tape), whole = fingerprint && !asked;
    g->off = !whole;
    bool same = fingerprint == g->fingerprint && g->arrays == wg_params_count(task->params);
    if (whole && (same || make_plan(g, task, tape, &step, fingerprint)))
        return run_plan(g, tape, batch, run);
    drop_plan(g);
    if (wg_tape_status(tape) == WG_OUT_OF_MEMORY)
        return outcome_of(&step);
    if (whole) {
        replay(tape, &step, batch, run);
    } else {
        wg_tape_set_run_number(tape, run);
        step = wg__task_record(task, tape, batch, true);
    }
    if (g->bf16)
        wg_tape_fail(tape, WG_INVALID, "bf16 is for batches that a plan trains, and the model %s",
            asked ? "asks for values while it is recorded" : "cannot be planned, or changes too often");
    return outcome_of(&step);
}
