/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* program.h - model and loss on batches of one size, planned for as long as the model records the same.
 *
 *     sketch    the caller's tape: each batch is recorded there, without values           microseconds
 *     tape      the recording that was planned; its plan is run when the sketch is equal  the work
 *
 * The model is called for each batch, as if there were no plan, so one that changes from batch to batch is
 * seen to change. */
#ifndef WG_TRAIN_PROGRAM_H
#define WG_TRAIN_PROGRAM_H

#include <wengert/plan.h>
#include "train/task.h"

typedef struct wg_program {
    bool forward;   /* without gradients */
    bool bf16;      /* see wg_plan_options; a full batch is computed so, or not at all */
    bool off;       /* no more plans: the model asks for values, fails, or changes too often */
    size_t changes; /* of the model, so far */
    wg_tape *tape;
    wg_plan *plan;
    wg_recorded step; /* on `tape` */
    uint64_t fingerprint;
} wg_program;

/* Records a batch and computes it: if it is a full one by the plan, and then the gradients are in the store,
 * in place of what was there; otherwise on the sketch, for wg_backward. The loss has a value, or the sketch
 * an error: also where memory lacks for a plan, or one of bfloat16 is not to be had. The sketch may be
 * another tape afterwards; random numbers go on there. */
wg_recorded wg_program_step(
    wg_program *g, const wg_task *task, wg_tape **sketch, const wg_batch *batch, bool full, bool *planned);

void wg_program_free(wg_program *g);

#endif
