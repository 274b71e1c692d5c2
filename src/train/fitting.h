/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* fitting.h - a fit that is running: what wg_fit, its updates and its checkpoints share. */
#ifndef WG_TRAIN_FITTING_H
#define WG_TRAIN_FITTING_H

#include "nn/buffers.h"
#include "train/progress.h"
#include "train/planned.h"

/* Where a training stands, between two updates: what a checkpoint remembers beside parameters and moments. */
typedef struct wg_position {
    size_t epoch;   /* completed */
    size_t batch;   /* of the next one, done */
    size_t skipped; /* of those */
    wg_tally tally; /* of those */
    double rate;    /* of the last update; the optimiser holds the one before the schedule */
    size_t waited;  /* epochs since the best */
    double best_loss;
} wg_position;

typedef struct wg_fitting {
    wg_task task;
    wg_fit_options options; /* with the defaults filled in */
    wg_error *error;        /* never NULL */
    size_t samples;         /* of the data set */
    wg_tape *tape;
    wg_planned training, testing; /* of full batches */
    wg_optim *optim, *own_optim;
    wg_batches *batches, *validation;
    wg_buffers buffers; /* as they were before the running update */
    wg_params *best; /* a copy of the best epoch's parameters; NULL without patience, or before the first */
    wg_history *history, own_history;
    wg_progress progress;
    wg_position position;
    bool stopped;
} wg_fitting;

/* Has someone asked for an end? */
bool wg__fitting_stopped(wg_fitting *f);

/* What the running epoch has come to. */
wg_epoch wg__fitting_epoch(const wg_fitting *f);

/* One update, with all the batches that it takes, from the batch at `cursor` on; or, where the options say
 * so, batches that are not finite are skipped. Nothing has happened when the status is not WG_OK, or
 * f->stopped is set. */
wg_status wg__fitting_update(wg_fitting *f, wg_batch *cursor);

/* Says that a batch, done with random run `run`, has a loss or a gradient that is not finite: in the error,
 * with the node where it began. `parameter` is the first one without a finite gradient, WG_SOME_PARAMETER if
 * that is not known, SIZE_MAX if there is none. */
#define WG_SOME_PARAMETER (SIZE_MAX - 1)
wg_status wg__fitting_blame(
    wg_fitting *f, const wg_batch *batch, uint64_t run, double loss, size_t parameter);

/* Copies the parameters as the best so far. */
wg_status wg__fitting_keep_best(wg_fitting *f);

/* Writes the checkpoint, if there is to be one. Tries, before the fit begins, whether it can be written, and
 * reads it if there is one to go on from. */
wg_status wg__fitting_save(wg_fitting *f);
wg_status wg__fitting_resume(wg_fitting *f);

#endif
