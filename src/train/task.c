/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/planned.h"

#include "base/alloc.h"

#include <math.h>
#include <wengert/shaping.h>

/* Labels of a classification? */
static bool labels(const wg_dataset *dataset)
{
    wg_array y = wg_dataset_y(dataset);
    return y.dtype == WG_I32 && y.shape.rank == 1;
}

wg_status wg__task_settle(wg_task *task, const char *who, const wg_dataset *dataset, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    if (!task->model || !task->params || !dataset)
        return wg_error_set(error, WG_INVALID, "%s: there is no %s", who,
            !task->model    ? "model"
            : !task->params ? "parameter store"
                            : "data set");
    if (wg_dataset_count(dataset) == 0)
        return wg_error_set(error, WG_INVALID, "%s: the data set has no samples", who);
    if (task->loss_options && task->loss_options->reduction == WG_NONE)
        return wg_error_set(error, WG_INVALID, "%s: the loss's reduction must be WG_MEAN or WG_SUM", who);
    if (!task->loss)
        task->loss = labels(dataset) ? wg_cross_entropy : wg_mse;
    if (!task->metric && labels(dataset))
        task->metric = wg_metric_accuracy;
    return WG_OK;
}

wg_status wg__task_threads(const char *who, int threads, wg_error *error)
{
    return threads >= 0 ? WG_OK : wg_error_set(error, WG_INVALID, "%s: threads is %d", who, threads);
}

/* A prediction [N, 1] of a target [N] is a column of what the target is a row of. Labels are another matter.
 */
static wg_var fit_shape(wg_var prediction, wg_var target)
{
    wg_shape is = wg_shape_of(prediction), wanted = wg_shape_of(target);
    bool column = wg_dtype_of(target) != WG_I32 && wanted.rank == 1 && is.rank == 2 && is.dim[1] == 1 &&
                  is.dim[0] == wanted.dim[0];
    return column ? wg_reshape(prediction, wanted) : prediction;
}

wg_allocator wg__task_allocator(wg_params *params, wg_allocator asked)
{
    wg_allocator hook = wg__allocator_or_default(&asked);
    const wg_allocator *own = wg_params_allocator(params);
    bool same = own && own->resize == hook.resize && own->user == hook.user;
    return same ? wg_cache_allocator(wg_params_cache(params)) : asked;
}

wg_tape *wg__task_tape(const wg_task *task, bool training)
{
    wg_tape_options options = task->tape;
    options.dtype = wg_params_dtype(task->params);
    options.training = training;
    return wg_tape_new(&options);
}

static wg_var input(wg_tape *tape, wg_array array, bool valued)
{
    wg_dtype dtype = array.dtype == WG_I32 ? WG_I32 : wg_tape_dtype(tape);
    return valued ? wg_input(tape, array) : wg_input_of(tape, dtype, array.shape);
}

wg_recorded wg__task_record(const wg_task *task, wg_tape *tape, const wg_batch *batch, bool valued)
{
    wg_tape_reset(tape);
    wg_recorded r = {.x = input(tape, batch->x, valued)};
    r.prediction = task->model(task->params, r.x, task->user);
    r.y = input(tape, batch->y, valued);
    r.prediction = fit_shape(r.prediction, r.y);
    r.loss = task->loss(r.prediction, r.y, task->loss_options);
    if (wg_tape_status(tape) == WG_OK && (!wg_is_valid(r.loss) || wg_tape_of(r.loss) != tape))
        wg_tape_fail(tape, WG_INVALID, "the model or the loss returned no var of its tape");
    else if (wg_tape_status(tape) == WG_OK && wg_count_of(r.loss) != 1)
        wg_tape_fail(
            tape, WG_NOT_SCALAR, "the loss has %zu elements, and must have one", wg_count_of(r.loss));
    return r;
}

void wg__task_count(
    const wg_task *task, const wg_batch *batch, const wg_array *prediction, double loss, wg_tally *tally)
{
    bool sum = task->loss_options && task->loss_options->reduction == WG_SUM;
    double n = (double)batch->count;
    tally->loss += sum ? loss : loss * n;
    tally->samples += batch->count;
    if (task->metric)
        tally->metric += n * task->metric(*prediction, batch->y, task->metric_user);
}

double wg__tally_loss(const wg_tally *tally)
{
    return tally->samples ? tally->loss / (double)tally->samples : (double)NAN;
}

double wg__tally_metric(const wg_task *task, const wg_tally *tally)
{
    return task->metric && tally->samples ? tally->metric / (double)tally->samples : (double)NAN;
}

bool wg__task_close(wg_params *params, const char *who)
{
    bool close = wg_params_count(params) > 0 && !wg_params_is_sealed(params);
    if (close)
        wg_params_seal_for(params, who);
    return close;
}

void wg__task_open(wg_params *params, bool closed)
{
    if (closed)
        wg_params_unseal(params);
}

wg_status wg__task_score(const wg_task *task, const char *who, wg_tape *tape, wg_planned *program,
    wg_batches *batches, wg_tally *tally, wg_error *error)
{
    *tally = (wg_tally){0};
    wg_status status = WG_OK;
    size_t full = 0;
    for (wg_batch batch = {0}; status == WG_OK && wg_batches_next(batches, &batch);) {
        bool closed = wg__task_close(task->params, who);
        full = full ? full : batch.count;
        wg_outcome made = wg__planned_step(program, task, tape, &batch, batch.count == full);
        wg__task_open(task->params, closed);
        status = wg_tape_status(tape);
        if (status != WG_OK)
            wg_error_set(error, status, "batch %zu: %s", batch.number, wg_tape_message(tape));
        else
            wg__task_count(task, &batch, &made.prediction, made.value, tally);
    }
    return status == WG_OK ? wg_batches_status(batches) : status;
}
