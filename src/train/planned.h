/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* program.h - model and loss on batches of one size, planned for as long as the model records the same.
 *
 *     tape      the caller's: each batch is recorded there, without values        microseconds
 *     plan      of a recording; it is run for others that are equal to that       the work
 *
 * The model is called for each batch, as if there were no plan, so one that changes from batch to batch is
 * seen to change. */
#ifndef WG_TRAIN_PROGRAM_H
#define WG_TRAIN_PROGRAM_H

#include <wengert/plan.h>
#include "train/task.h"

typedef struct wg_planned {
    bool forward;    /* without gradients */
    wg_optim *optim; /* makes its step at the end of a planned batch; NULL: none */
    bool bf16;       /* see wg_plan_options; a full batch is computed so, or not at all */
    bool off;        /* no more plans: the model asks for values, fails, or changes too often */
    size_t changes;  /* of the model, so far */
    wg_plan *plan;
    wg_recorded step; /* that was planned: its vars are the plan's names */
    uint64_t fingerprint;
    size_t arrays; /* of the store, when the plan was made */
} wg_planned;

/* A batch that was computed. */
typedef struct wg_outcome {
    bool planned; /* and then the gradients are in the store, in place of what was there, or used up; */
    wg_var loss;  /* else it is on the tape, for wg_backward */
    bool refused; /* the loss or a gradient was not finite, so the optimiser made no step */
    double value; /* of the loss */
    wg_array prediction; /* borrowed until the next batch */
} wg_outcome;

/* Records a batch and computes it, if it is a full one by the plan. The loss has a value, or the tape an
 * error: also where memory lacks for a plan, or one of bfloat16 is not to be had. */
wg_outcome wg__planned_step(
    wg_planned *g, const wg_task *task, wg_tape *tape, const wg_batch *batch, bool full);

void wg__planned_free(wg_planned *g);

#endif
