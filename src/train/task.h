/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* task.h - what is done with a batch, whether it is trained or only tested: model, loss, metric. */
#ifndef WG_TRAIN_TASK_H
#define WG_TRAIN_TASK_H

#include <wengert/fit.h>

typedef struct wg_task {
    wg_model model;
    void *user;
    wg_params *params;
    wg_loss loss;
    const wg_loss_options *loss_options;
    wg_metric metric; /* NULL: none */
    void *metric_user;
    wg_tape_options tape; /* of the tapes that it is done on; their dtype is the store's */
} wg_task;

/* What was recorded of a batch. */
typedef struct wg_recorded {
    wg_var x, y, prediction, loss;
} wg_recorded;

/* Sums over the samples seen. */
typedef struct wg_tally {
    double loss, metric;
    size_t samples;
} wg_tally;

/* Fills the defaults in, by what the data set's targets are; WG_INVALID when something is missing. `who`
 * begins the messages. */
wg_status wg__task_settle(wg_task *task, const char *who, const wg_dataset *dataset, wg_error *error);

/* A tape for it; NULL without memory. */
wg_tape *wg__task_tape(const wg_task *task, bool training);

/* The store's cache, if that is over the allocator that was asked for; else that one. */
wg_allocator wg__task_allocator(wg_params *params, wg_allocator asked);

/* Records model and loss of a batch on the tape, which is reset before; with the batch's values, or only for
 * its shapes. The loss has a value, if the batch had, or the tape an error. */
wg_recorded wg__task_record(const wg_task *task, wg_tape *tape, const wg_batch *batch, bool valued);

/* Adds a batch that was recorded, whose loss is `loss`. */
void wg__task_count(
    const wg_task *task, const wg_batch *batch, const wg_array *prediction, double loss, wg_tally *tally);

/* All batches of an epoch, in the mode that the tape is in and without gradients; full ones by the program. A
 * store that has parameters gets no new one; messages say that `who` sealed it. */
struct wg_planned;
wg_status wg__task_score(const wg_task *task, const char *who, wg_tape *tape, struct wg_planned *program,
    wg_batches *batches, wg_tally *tally, wg_error *error);

/* Means; NaN for no samples, and for a metric that there is not. */
double wg__tally_loss(const wg_tally *tally);
double wg__tally_metric(const wg_task *task, const wg_tally *tally);

/* Keeps new names out of a store that has some, for `who`; the answer goes to the second, which lets them in
 * again. */
bool wg__task_close(wg_params *params, const char *who);
void wg__task_open(wg_params *params, bool closed);

/* Where the largest number of row `row` of [rows, n] stands, the first one in a tie. */
size_t wg__row_argmax(const wg_array *array, size_t row, size_t n);

/* An allocation of options is a whole hook, or none; threads are not negative. */
wg_status wg__task_threads(const char *who, int threads, wg_error *error);

#endif
