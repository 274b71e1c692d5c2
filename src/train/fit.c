/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/*      check the options -> tape, optimiser, batches -> (resume) -> epochs -> put the best back
 *
 *      an epoch:  updates -> validation -> history, best so far -> checkpoint -> callback */
#define _POSIX_C_SOURCE 200809L

#include "train/fitting.h"

#include <math.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "train/history.h"

/* ---- Options ---------------------------------------------------------------------------------------- */

static wg_status bad(wg_fitting *f, const char *option, double value, const char *wanted)
{
    return wg_error_set(f->error, WG_INVALID, "fit: %s is %g, and must be %s", option, value, wanted);
}

static wg_status check_numbers(wg_fitting *f)
{
    const wg_fit_options *o = &f->options;
    if (!(o->clip_norm >= 0))
        return bad(f, "clip_norm", o->clip_norm, "a limit, or 0");
    if (!(o->clip_value >= 0))
        return bad(f, "clip_value", o->clip_value, "a limit, or 0");
    if (!(o->validation >= 0 && o->validation < 1))
        return bad(f, "validation", o->validation, "in [0, 1)");
    if (!(o->min_delta >= 0 && isfinite(o->min_delta)))
        return bad(f, "min_delta", o->min_delta, "finite and not negative");
    wg_status status = wg__task_threads("fit", o->threads, f->error);
    return status == WG_OK ? wg_schedule_check(&o->schedule, f->error) : status;
}

/* A callback may look at vars that the model left it; a gradient that adds up is none of a plan's. */
static bool may_plan(const wg_fitting *f)
{
    const wg_fit_options *o = &f->options;
    bool looked_at = f->task.user && (o->on_batch || o->on_epoch);
    return !o->record && !looked_at && o->accumulate == 1;
}

static wg_status check_options(wg_fitting *f)
{
    wg_fit_options *o = &f->options;
    if (o->optim && wg_optim_status(o->optim) != WG_OK)
        return wg_error_set(f->error, wg_optim_status(o->optim), "fit: %s", wg_optim_message(o->optim));
    if (o->optim && wg_optim_params(o->optim) != f->task.params)
        return wg_error_set(f->error, WG_INVALID, "fit: the optimiser updates another store");
    if (o->validation > 0 && o->validation_set)
        return wg_error_set(f->error, WG_INVALID, "fit: validation and validation_set exclude each other");
    if (o->validation_set && wg_dataset_count(o->validation_set) == 0)
        return wg_error_set(f->error, WG_INVALID, "fit: the validation set has no samples");
    if (o->resume && !o->checkpoint)
        return wg_error_set(f->error, WG_INVALID, "fit: resume needs the name of the checkpoint");
    if (o->bf16 && wg_params_dtype(f->task.params) != WG_F32)
        return wg_error_set(f->error, WG_BAD_DTYPE,
            "fit: bf16 is for a store of floats, and this is one of %s",
            wg_dtype_name(wg_params_dtype(f->task.params)));
    o->epochs = o->epochs ? o->epochs : 10;
    o->batch = o->batch ? o->batch : 32;
    o->accumulate = o->accumulate ? o->accumulate : 1;
    if (o->bf16 && !may_plan(f))
        return wg_error_set(f->error, WG_INVALID,
            "fit: bf16 is for batches that a plan trains, and %s leaves none",
            o->record           ? ".record"
            : o->accumulate > 1 ? ".accumulate"
                                : "a callback beside a model's user");
    return check_numbers(f);
}

/* ---- What a fit works with -------------------------------------------------------------------------- */

static wg_status make_batches(
    wg_fitting *f, const wg_dataset *dataset, const size_t *rows, const size_t *counts)
{
    const wg_fit_options *o = &f->options;
    wg_batches_options train = {.size = o->batch,
        .seed = o->seed,
        .in_order = o->in_order,
        .drop_last = o->drop_last,
        .rows = rows,
        .row_count = rows ? counts[0] : 0,
        .weights = o->weights,
        .allocator = o->allocator};
    wg_batches_options test = {.size = o->batch, .in_order = true, .allocator = o->allocator};
    if (rows) {
        test.rows = rows + counts[0];
        test.row_count = counts[1];
    }
    f->batches = wg_batches_new(dataset, &train, f->error);
    if (rows || o->validation_set)
        f->validation = wg_batches_new(rows ? dataset : o->validation_set, &test, f->error);
    if (f->error->status == WG_OK && wg_batches_per_epoch(f->batches) == 0)
        return wg_error_set(f->error, WG_INVALID, "fit: %zu samples make no batch of %zu",
            rows ? counts[0] : f->samples, o->batch);
    return f->error->status;
}

/* The samples that are trained, and after them those of the validation part. */
static wg_status split(wg_fitting *f, const wg_dataset *dataset)
{
    const wg_fit_options *o = &f->options;
    const wg_allocator memory = wg__allocator_or_default(&o->allocator);
    size_t counts[2];
    size_t *rows = wg__mem_new(&memory, f->samples * sizeof *rows); /* the data set is larger */
    if (!rows)
        return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for %zu samples", f->samples);
    wg_status status = wg_dataset_split_rows(dataset, (const double[]){1 - o->validation, o->validation}, 2,
        &(wg_dataset_split_options){.seed = o->seed, .stratified = o->stratified}, rows, counts, f->error);
    if (status == WG_OK && (counts[0] == 0 || counts[1] == 0))
        status = wg_error_set(f->error, WG_INVALID,
            "fit: validation %g of %zu samples leaves %zu to train and %zu to test", o->validation,
            f->samples, counts[0], counts[1]);
    if (status == WG_OK)
        status = make_batches(f, dataset, rows, counts);
    wg__mem_free(&memory, rows, f->samples * sizeof *rows);
    return status;
}

static wg_status make_all(wg_fitting *f, const wg_dataset *dataset)
{
    const wg_fit_options *o = &f->options;
    f->samples = wg_dataset_count(dataset);
    wg_status status = o->validation > 0 ? split(f, dataset) : make_batches(f, dataset, NULL, NULL);
    if (status != WG_OK)
        return status;
    f->tape = wg__task_tape(&f->task, true);
    f->testing.forward = true;
    f->buffers.memory = wg__allocator_or_default(&o->allocator);
    f->training.bf16 = o->bf16;
    f->training.off = f->testing.off = !may_plan(f);
    f->optim = o->optim ? o->optim : (f->own_optim = wg_adam_new(f->task.params, NULL));
    bool clips = o->clip_norm > 0 || o->clip_value > 0;
    f->training.optim = clips ? NULL : f->optim; /* a clipped gradient is all there before it updates */
    if (!f->tape || !f->optim)
        return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for a tape and an optimiser");
    f->history = o->history ? o->history : &f->own_history;
    if (f->history->count == 0 && f->history->capacity == 0)
        f->history->allocator = o->allocator;
    f->history->end = WG_FIT_FAILED;
    f->history->best = 0;
    f->position = (wg_position){.rate = wg_optim_lr(f->optim), .best_loss = HUGE_VAL};
    f->progress = wg__progress_begin(o->progress,
        o->metric_name ? o->metric_name
        : o->metric    ? "metric"
                       : "accuracy",
        o->epochs, wg_batches_sample_count(f->batches));
    return WG_OK;
}

static void free_all(wg_fitting *f)
{
    wg_optim_free(f->own_optim);
    wg_batches_free(f->batches);
    wg_batches_free(f->validation);
    wg_params_free(f->best);
    wg__buffers_free(&f->buffers);
    wg__planned_free(&f->training);
    wg__planned_free(&f->testing);
    wg_tape_free(f->tape);
    wg_history_free(&f->own_history);
}

/* ---- Epochs ----------------------------------------------------------------------------------------- */

bool wg__fitting_stopped(wg_fitting *f)
{
    f->stopped = f->stopped || (f->options.stop && *f->options.stop);
    return f->stopped;
}

wg_epoch wg__fitting_epoch(const wg_fitting *f)
{
    const wg_tally *tally = &f->position.tally;
    return (wg_epoch){.epoch = f->position.epoch + 1,
        .loss = wg__tally_loss(tally),
        .metric = wg__tally_metric(&f->task, tally),
        .validation_loss = (double)NAN,
        .validation_metric = (double)NAN,
        .lr = f->position.rate,
        .samples = tally->samples,
        .skipped = f->position.skipped};
}

wg_status wg__fitting_keep_best(wg_fitting *f)
{
    const wg_params *params = f->task.params;
    if (!f->best)
        f->best = wg_params_new(&(wg_params_options){
            .dtype = wg_params_dtype(params), .allocator = *wg_params_allocator(params)});
    if (!f->best)
        return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for a copy of the parameters");
    return wg_params_copy(f->best, params, f->error);
}

/* Tests the epoch, and notes whether it is the best. */
static wg_status judge(wg_fitting *f, wg_epoch *epoch)
{
    wg_position *p = &f->position;
    if (f->validation) {
        wg_tally tally;
        wg_tape_set_training(f->tape, false);
        wg_status status = wg__task_score(
            &f->task, "the fit's validation", f->tape, &f->testing, f->validation, &tally, f->error);
        wg_tape_set_training(f->tape, true);
        if (status != WG_OK)
            return status;
        epoch->validation_loss = wg__tally_loss(&tally);
        epoch->validation_metric = wg__tally_metric(&f->task, &tally);
    }
    double loss = f->validation ? epoch->validation_loss : epoch->loss;
    epoch->best = loss < p->best_loss - (isfinite(p->best_loss) ? f->options.min_delta : 0);
    p->waited = epoch->best ? 0 : p->waited + 1;
    if (!epoch->best)
        return WG_OK;
    p->best_loss = loss;
    f->history->best = f->history->count + 1;
    return f->options.patience ? wg__fitting_keep_best(f) : WG_OK;
}

static wg_status finish_epoch(wg_fitting *f, double begun)
{
    wg_epoch epoch = wg__fitting_epoch(f);
    wg_status status = judge(f, &epoch);
    if (status != WG_OK)
        return status;
    epoch.seconds = wg__clock() - begun;
    if (!wg__history_add(f->history, &epoch))
        return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for the history");
    wg__progress_epoch(&f->progress, &epoch);
    f->position.epoch++;
    f->position.batch = f->position.skipped = 0;
    f->position.tally = (wg_tally){0};
    status = wg__fitting_save(f);
    if (status != WG_OK || !f->options.on_epoch)
        return status;
    double rate = wg_optim_lr(f->optim);
    f->stopped = f->options.on_epoch(f->options.user, &epoch) != 0 || f->stopped;
    bool same = wg_optim_lr(f->optim) >= rate && wg_optim_lr(f->optim) <= rate;
    return same ? WG_OK : wg__fitting_save(f); /* a fit that goes on from there goes on with the new rate */
}

static wg_status run_epoch(wg_fitting *f)
{
    wg_batch cursor;
    double begun = wg__clock();
    wg_status status = wg_batches_seek(f->batches, f->position.epoch + 1, f->position.batch, &cursor);
    if (status != WG_OK)
        return wg_error_set(f->error, status, "fit: there is no batch %zu", f->position.batch);
    while (f->position.batch < wg_batches_per_epoch(f->batches)) {
        size_t before = f->position.tally.samples;
        status = wg__fitting_update(f, &cursor);
        if (status != WG_OK || f->stopped)
            return status;
        wg_epoch so_far = wg__fitting_epoch(f);
        wg__progress_update(&f->progress, &so_far, so_far.samples - before);
        if (f->options.on_batch && f->options.on_batch(f->options.user, &so_far))
            f->stopped = true;
    }
    return finish_epoch(f, begun);
}

static bool out_of_patience(const wg_fitting *f)
{
    return f->options.patience && f->position.waited >= f->options.patience;
}

static wg_status run(wg_fitting *f)
{
    while (f->position.epoch < f->options.epochs && !out_of_patience(f) && !wg__fitting_stopped(f)) {
        wg_status status = run_epoch(f);
        if (status != WG_OK)
            return status;
    }
    bool whole = f->position.epoch >= f->options.epochs || out_of_patience(f);
    if (!whole) {
        f->history->end = WG_FIT_STOPPED;
        return f->position.batch ? wg__fitting_save(f) : WG_OK; /* an epoch's end is saved already */
    }
    f->history->end = out_of_patience(f) ? WG_FIT_PATIENCE : WG_FIT_EPOCHS;
    return f->best ? wg_params_copy(f->task.params, f->best, f->error) : WG_OK;
}

wg_status wg_fit(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    const wg_fit_options *options, wg_error *error)
{
    wg_error own = {0};
    wg_fitting f = {.options = options ? *options : (wg_fit_options){0}, .error = error ? error : &own};
    const wg_fit_options *o = &f.options;
    f.task = (wg_task){model, user, params, o->loss, o->loss_options, o->metric, o->metric_user,
        {.seed = o->seed, .threads = o->threads, .allocator = o->allocator}};
    wg_status status = wg__task_settle(&f.task, "fit", dataset, f.error);
    if (status == WG_OK)
        status = check_options(&f);
    if (status != WG_OK)
        return status;
    status = make_all(&f, dataset);
    if (status == WG_OK)
        status = wg__fitting_resume(&f);
    if (status == WG_OK)
        status = run(&f);
    wg__progress_end(&f.progress);
    free_all(&f);
    return status;
}
