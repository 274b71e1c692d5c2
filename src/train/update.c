/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One update: forward, loss, backward for each of its batches, then the optimiser's step; or nothing, when
 * one of them is not finite. */
#include "train/fitting.h"
#include "base/format.h"

#include <math.h>
#include <wengert/math.h>

/* One update on its way. */
typedef struct wg_update {
    size_t batches, done; /* of which it is made; begun */
    bool skip;            /* one of them was not finite, and is left out with the others */
    bool stepped;         /* a plan has made the step */
    double rate;          /* of the optimiser, before the schedule */
    wg_tally tally;
} wg_update;

static wg_status failed(wg_fitting *f, const wg_batch *batch, wg_status status, const char *message)
{
    return wg_error_set(
        f->error, status, "fit: epoch %zu, batch %zu: %s", f->position.epoch + 1, batch->number, message);
}

/* Samples of `count` batches from batch `first` on: the last batch of an epoch may be smaller. */
static size_t samples_of(const wg_fitting *f, size_t first, size_t count)
{
    size_t all = wg_batches_sample_count(f->batches), size = f->options.batch;
    size_t begin = first * size, end = begin + count * size;
    return (end < all ? end : all) - begin;
}

/* Are all gradients finite? The norm for clipping says so too, and clips at once; otherwise *parameter is the
 * first that is not, SIZE_MAX if only the norm is none. */
static bool finite_gradients(const wg_fitting *f, bool last, size_t *parameter)
{
    const double limit = last ? f->options.clip_norm : 0;
    if (limit > 0 && isfinite(wg_params_clip_grad_norm(f->task.params, limit)))
        return true;
    *parameter = wg_params_grad_not_finite(f->task.params);
    return *parameter == SIZE_MAX && !(limit > 0);
}

/* What a batch comes to whose loss or gradient is not finite. */
static wg_status bad_batch(
    wg_fitting *f, const wg_batch *batch, uint64_t run, double loss, size_t parameter, bool *skip)
{
    *skip = f->options.skip_not_finite;
    if (*skip)
        return WG_OK;
    wg__buffers_restore(&f->buffers, f->task.params);
    return wg__fitting_blame(f, batch, run, loss, parameter);
}

/* The gradient of one batch, as its part of a mean over `samples`, added to what is there; or, by a plan that
 * has the optimiser, its whole update. */
static wg_status train_batch(wg_fitting *f, const wg_batch *batch, size_t samples, wg_update *update)
{
    bool full = batch->count == samples_of(f, 0, 1), last = update->batches == ++update->done;
    uint64_t run = wg_tape_run_number(f->tape) + 1;
    wg_outcome made = wg__planned_step(&f->training, &f->task, f->tape, batch, full);
    wg_var part = made.loss;
    size_t parameter = WG_SOME_PARAMETER;
    if (wg_tape_status(f->tape) != WG_OK)
        return failed(f, batch, wg_tape_status(f->tape), wg_tape_message(f->tape));
    bool mean = !f->task.loss_options || f->task.loss_options->reduction == WG_MEAN;
    if (mean && samples != batch->count && !made.planned)
        part = wg_mulc(made.loss, (double)batch->count / (double)samples);
    wg_status status = made.planned || !isfinite(made.value) ? WG_OK : wg_backward(part);
    if (status != WG_OK)
        return failed(f, batch, status, wg_tape_message(f->tape));
    update->stepped = made.planned && f->training.optim;
    if (made.refused || !isfinite(made.value) || (!update->stepped && !finite_gradients(f, last, &parameter)))
        return bad_batch(f, batch, run, made.value, parameter, &update->skip);
    wg__task_count(&f->task, batch, &made.prediction, made.value, &update->tally);
    return WG_OK;
}

/* Time is counted in epochs. */
static double factor_now(const wg_fitting *f)
{
    double per_epoch = (double)wg_batches_per_epoch(f->batches),
           t = (double)f->position.epoch + (double)f->position.batch / per_epoch;
    return wg_schedule_factor(&f->options.schedule, t, (double)f->options.epochs);
}

/* A finite gradient, and a step that is too long for the type: the checkpoint stays an earlier one. */
static wg_status check_update(wg_fitting *f, const wg_batch *batch)
{
    char text[256];
    size_t parameter = wg_params_not_finite(f->task.params);
    if (parameter == SIZE_MAX)
        return WG_OK;
    wg__format(text, sizeof text, "the update at rate %g made parameter %.160s infinite, or no number",
        wg_optim_lr(f->optim), wg_params_at(f->task.params, parameter).name);
    return failed(f, batch, WG_NUMBER, text);
}

/* The optimiser holds the rate before the schedule, but for the update itself. */
static wg_status begin_rate(wg_fitting *f, const wg_batch *batch, double rate)
{
    double factor = factor_now(f);
    if (wg_optim_set_lr(f->optim, rate * factor) == WG_OK)
        return WG_OK;
    char text[96];
    wg__format(text, sizeof text, "the schedule's factor is %g at rate %g", factor, rate);
    return failed(f, batch, WG_INVALID, text);
}

static void end_rate(wg_fitting *f, double rate, bool updated)
{
    if (updated)
        f->position.rate = wg_optim_lr(f->optim);
    wg_optim_set_lr(f->optim, rate);
}

/* The step for gradients that are in the store, unless a plan made it. */
static wg_status step(wg_fitting *f, const wg_batch *batch, bool stepped)
{
    const wg_fit_options *o = &f->options;
    wg_status status = WG_OK;
    if (!stepped && o->clip_value > 0)
        status = wg_params_clip_grad_value(f->task.params, o->clip_value);
    if (!stepped && status == WG_OK && (status = wg_optim_step(f->optim)) != WG_OK)
        failed(f, batch, status,
            *wg_optim_message(f->optim) ? wg_optim_message(f->optim) : wg_status_text(status));
    return status == WG_OK ? check_update(f, batch) : status;
}

/* The update's batches. When one is not finite and to be skipped, those that follow only go by: each counts
 * as a run of random operations. */
static wg_status train_batches(wg_fitting *f, wg_batch *cursor, wg_update *update)
{
    size_t samples = samples_of(f, f->position.batch, update->batches);
    wg_params_zero_grad(f->task.params);
    for (size_t i = 0; i < update->batches && !wg__fitting_stopped(f); i++) {
        if (!wg_batches_next(f->batches, cursor))
            return failed(f, cursor, wg_batches_status(f->batches), "the batches ended before their time");
        wg_status status = i == 0 ? begin_rate(f, cursor, update->rate) : WG_OK;
        if (status != WG_OK)
            return status;
        if (update->skip)
            wg_tape_set_run_number(f->tape, wg_tape_run_number(f->tape) + 1);
        else
            status = train_batch(f, cursor, samples, update);
        if (status != WG_OK)
            return status;
    }
    return WG_OK;
}

wg_status wg__fitting_update(wg_fitting *f, wg_batch *cursor)
{
    size_t left = wg_batches_per_epoch(f->batches) - f->position.batch;
    wg_update update = {.batches = f->options.accumulate < left ? f->options.accumulate : left,
        .rate = wg_optim_lr(f->optim),
        .tally = f->position.tally};
    uint64_t run = wg_tape_run_number(f->tape);
    if (!wg__buffers_keep(&f->buffers, f->task.params))
        return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for a copy of the buffers");
    wg_status status = train_batches(f, cursor, &update);
    if (status == WG_OK && !f->stopped && !update.skip)
        status = step(f, cursor, update.stepped);
    bool done = status == WG_OK && !f->stopped;
    end_rate(f, update.rate, done && !update.skip);
    if (!done || update.skip)
        wg__buffers_restore(&f->buffers, f->task.params);
    if (!done)
        wg_tape_set_run_number(f->tape, run); /* as if the update had not been begun */
    else
        f->position.batch += update.batches;
    if (done && update.skip)
        f->position.skipped += update.batches;
    else if (done)
        f->position.tally = update.tally;
    return status;
}
