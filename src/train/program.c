/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/program.h"

enum { MOST_CHANGES = 4 };

static void drop_plan(wg_program *g)
{
    wg_plan_free(g->plan);
    g->plan = NULL;
    g->fingerprint = 0;
}

void wg_program_free(wg_program *g)
{
    drop_plan(g);
    wg_tape_free(g->tape);
    g->tape = NULL;
}

/* Plans what is on the sketch, which becomes the program's tape; the tape before it is the next sketch. False
 * when that was done too often, or fails: then there are no more plans. Lack of memory is left on the sketch.
 */
static bool plan_sketch(
    wg_program *g, const wg_task *task, wg_tape **sketch, const wg_recorded *step, uint64_t fingerprint)
{
    wg_error error = {0};
    drop_plan(g);
    g->off = g->changes++ == MOST_CHANGES;
    if (g->off)
        return false;
    if (!g->tape && !(g->tape = wg_task_tape(task, wg_tape_training(*sketch))))
        wg_error_set(&error, WG_OUT_OF_MEMORY, "plan: no memory for a tape");
    g->plan = wg_plan_new(step->loss,
        &(wg_plan_options){
            .forward = g->forward, .bf16 = g->bf16, .keep = &step->prediction, .keep_count = 1},
        &error);
    if (!g->plan) {
        g->off = true;
        if (error.status == WG_OUT_OF_MEMORY)
            wg_tape_fail(*sketch, error.status, "%s", error.message);
        return false;
    }
    wg_tape *next = g->tape;
    wg_tape_set_run(next, wg_tape_run(*sketch));
    g->tape = *sketch;
    *sketch = next;
    g->step = *step;
    g->fingerprint = fingerprint;
    return true;
}

static wg_status set_batch(const wg_recorded *step, const wg_batch *batch)
{
    wg_status status = wg_set(step->x, batch->x);
    return status == WG_OK ? wg_set(step->y, batch->y) : status;
}

/* Both leave what fails on the sketch, and are not tried in another way: half of the effects are done. */
static void run_plan(wg_program *g, wg_tape *sketch, const wg_batch *batch, uint64_t run)
{
    wg_tape_set_run(g->tape, run); /* counted up by the run, as by a recording's reset */
    wg_status status = set_batch(&g->step, batch);
    if (status == WG_OK)
        status = wg_plan_run(g->plan);
    if (status != WG_OK)
        wg_tape_fail(sketch, status, "%s", wg_tape_message(g->tape));
}

static void replay_sketch(wg_tape *sketch, const wg_recorded *step, const wg_batch *batch, uint64_t run)
{
    wg_tape_set_run(sketch, run);
    wg_status status = set_batch(step, batch);
    if (status == WG_OK)
        status = wg_replay(sketch);
    if (status != WG_OK)
        wg_tape_fail(sketch, status, "%s", wg_tape_message(sketch));
}

wg_recorded wg_program_step(
    wg_program *g, const wg_task *task, wg_tape **sketch, const wg_batch *batch, bool full, bool *planned)
{
    uint64_t run = wg_tape_run(*sketch);
    *planned = false;
    if (!full || g->off)
        return wg_task_record(task, *sketch, batch, true);
    wg_recorded step = wg_task_record(task, *sketch, batch, false);
    uint64_t fingerprint = wg_tape_fingerprint(*sketch);
    bool asked = wg_tape_missed(*sketch), whole = fingerprint && !asked;
    g->off = !whole;
    if (whole && (fingerprint == g->fingerprint || plan_sketch(g, task, sketch, &step, fingerprint))) {
        *planned = true;
        run_plan(g, *sketch, batch, run);
        return g->step;
    }
    drop_plan(g);
    if (wg_tape_status(*sketch) == WG_OUT_OF_MEMORY)
        return step;
    if (whole) {
        replay_sketch(*sketch, &step, batch, run);
    } else {
        wg_tape_set_run(*sketch, run);
        step = wg_task_record(task, *sketch, batch, true);
    }
    if (g->bf16)
        wg_tape_fail(*sketch, WG_INVALID, "bf16 is for batches that a plan trains, and the model %s",
            asked ? "asks for values while it is recorded" : "cannot be planned, or changes too often");
    return step;
}
