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

/* Plans what is on the sketch, which becomes the program's tape; the tape before it is the next sketch.
 * False, and no more plans, when that fails, or was done too often. */
static bool plan_sketch(
    wg_program *g, const wg_task *task, wg_tape **sketch, const wg_recorded *step, uint64_t fingerprint)
{
    drop_plan(g);
    g->off = g->changes++ == MOST_CHANGES;
    if (!g->tape && !g->off)
        g->tape = wg_task_tape(task, wg_tape_training(*sketch));
    if (g->tape && !g->off)
        g->plan = wg_plan_new(step->loss,
            &(wg_plan_options){
                .forward = g->forward, .bf16 = g->bf16, .keep = &step->prediction, .keep_count = 1},
            NULL);
    if (!g->plan) {
        g->off = true;
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

static bool set_batch(const wg_recorded *step, const wg_batch *batch)
{
    return wg_set(step->x, batch->x) == WG_OK && wg_set(step->y, batch->y) == WG_OK;
}

static bool run_plan(wg_program *g, const wg_task *task, const wg_batch *batch, uint64_t run)
{
    wg_tape_set_run(g->tape, run); /* counted up by the run, as by a recording's reset */
    bool good = set_batch(&g->step, batch) && wg_plan_run(g->plan) == WG_OK;
    if (good)
        return true;
    if (!g->forward)
        wg_params_zero_grad(task->params);
    return false;
}

static bool replay_sketch(wg_tape *sketch, const wg_recorded *step, const wg_batch *batch, uint64_t run)
{
    wg_tape_set_run(sketch, run);
    return set_batch(step, batch) && wg_replay(sketch) == WG_OK;
}

wg_recorded wg_program_step(
    wg_program *g, const wg_task *task, wg_tape **sketch, const wg_batch *batch, bool full, bool *planned)
{
    uint64_t run = wg_tape_run(*sketch), fingerprint;
    *planned = false;
    if (full && !g->off) {
        wg_recorded step = wg_task_record(task, *sketch, batch, false);
        fingerprint = wg_tape_fingerprint(*sketch);
        g->off = fingerprint == 0 || wg_tape_missed(*sketch);
        if (g->off)
            drop_plan(g);
        else if (fingerprint == g->fingerprint || plan_sketch(g, task, sketch, &step, fingerprint))
            *planned = run_plan(g, task, batch, run);
        if (*planned)
            return g->step;
        if (fingerprint && !wg_tape_missed(*sketch) && wg_tape_of(step.x) == *sketch &&
            replay_sketch(*sketch, &step, batch, run))
            return step;
        wg_tape_set_run(*sketch, run);
    }
    return wg_task_record(task, *sketch, batch, true);
}
