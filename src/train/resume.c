/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A fit's checkpoint: what wg_training_save writes (parameters, moments, generator) with, as its extra
 * arrays,
 *
 *     fit.position   [FIELDS]           where it stands, and what must be the same when it goes on
 *     fit.history    [epochs, COLUMNS]  one row for each wg_epoch
 *     fit.best.NAME                     the best epoch's parameters, with patience */
#include "train/fitting.h"
#include "train/history.h"

#include "base/alloc.h"
#include "base/sink.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <wengert/checkpoint.h>

enum {
    /* The position. Counts are exact below 2^53. */
    EPOCH,
    BATCH,
    LOSS,
    METRIC,
    SEEN,
    LR,
    WAITED,
    BEST_LOSS,
    BEST_EPOCH,
    /* The same data set in the same batches? */
    SAMPLES,
    BATCH_SIZE,
    PER_EPOCH,
    SEED_LOW,
    SEED_HIGH,
    SKIPPED,
    FIELDS,
    COLUMNS = 10,
    /* In a file of version 0.1.0, which skipped nothing. */
    OLD_FIELDS = SKIPPED,
    OLD_COLUMNS = 9
};

static const char position_name[] = "fit.position", history_name[] = "fit.history",
                  best_prefix[] = "fit.best.", in_file[] = "extra/";

static void position_fields(const wg_fitting *f, double *field)
{
    const wg_position *p = &f->position;
    field[EPOCH] = (double)p->epoch;
    field[BATCH] = (double)p->batch;
    field[LOSS] = p->tally.loss;
    field[METRIC] = p->tally.metric;
    field[SEEN] = (double)p->tally.samples;
    field[LR] = wg_optim_lr(f->optim);
    field[WAITED] = (double)p->waited;
    field[BEST_LOSS] = p->best_loss;
    field[BEST_EPOCH] = (double)f->history->best;
    field[SAMPLES] = (double)f->samples;
    field[BATCH_SIZE] = (double)f->options.batch;
    field[PER_EPOCH] = (double)wg_batches_per_epoch(f->batches);
    field[SEED_LOW] = (double)(f->options.seed & 0xFFFFFFFF);
    field[SEED_HIGH] = (double)(f->options.seed >> 32);
    field[SKIPPED] = (double)p->skipped;
}

static void epoch_row(const wg_epoch *e, double *row)
{
    const double values[COLUMNS] = {(double)e->epoch, e->loss, e->metric, e->validation_loss,
        e->validation_metric, e->lr, e->seconds, (double)e->samples, e->best, (double)e->skipped};
    memcpy(row, values, sizeof values);
}

static wg_epoch row_epoch(const double *row, size_t columns)
{
    return (wg_epoch){.epoch = (size_t)row[0],
        .loss = row[1],
        .metric = row[2],
        .validation_loss = row[3],
        .validation_metric = row[4],
        .lr = row[5],
        .seconds = row[6],
        .samples = (size_t)row[7],
        .best = row[8] != 0,
        .skipped = columns > OLD_COLUMNS ? (size_t)row[9] : 0};
}

/* ---- Writing ---------------------------------------------------------------------------------------- */

static wg_status add_best(wg_archive *extra, const wg_params *best, wg_error *error)
{
    for (size_t i = 0; i < wg_params_count(best) && error->status == WG_OK; i++) {
        wg_param_info a = wg_params_at(best, i);
        char name[WG_MESSAGE_SIZE];
        int length = snprintf(name, sizeof name, "%s%s", best_prefix, a.name);
        if (length < 0 || (size_t)length >= sizeof name)
            return wg_error_set(
                error, WG_NAME, "fit: the name %.40s... is too long for a checkpoint", a.name);
        wg_archive_add(extra, name, wg_array_of(a.value, wg_params_dtype(best), a.shape), error);
    }
    return error->status;
}

wg_status wg__fitting_save(wg_fitting *f)
{
    if (!f->options.checkpoint)
        return WG_OK;
    const wg_allocator memory = wg__allocator_or_default(&f->options.allocator);
    size_t count = f->history->count, bytes = (count + 1) * COLUMNS * sizeof(double);
    double field[FIELDS], *rows = wg__mem_new(&memory, bytes);
    wg_archive *extra = wg_archive_new(&memory);
    if (!rows || !extra)
        wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for a checkpoint");
    if (f->error->status == WG_OK) {
        position_fields(f, field);
        for (size_t i = 0; i < count; i++)
            epoch_row(&f->history->epochs[i], rows + i * COLUMNS);
        wg_archive_add(extra, position_name, WG_DOUBLES(field, FIELDS), f->error);
        wg_archive_add(extra, history_name, WG_DOUBLES(rows, count, COLUMNS), f->error);
        add_best(extra, f->best, f->error);
        wg_training_save(
            &(wg_training){.params = f->task.params, .optim = f->optim, .tape = f->tape, .extra = extra},
            f->options.checkpoint, f->error);
    }
    wg_archive_free(extra);
    wg__mem_free(&memory, rows, bytes);
    return f->error->status;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

/* An extra array of the file; without data if there is none of that name. */
static wg_array find(const wg_archive *file, const char *prefix, const char *name)
{
    char full[WG_MESSAGE_SIZE];
    int length = snprintf(full, sizeof full, "%s%s%s", in_file, prefix, name);
    bool fits = length > 0 && (size_t)length < sizeof full;
    return wg_archive_at(file, fits ? wg_archive_index(file, full) : SIZE_MAX);
}

static wg_status damaged(wg_fitting *f, const char *name)
{
    return wg_error_set(f->error, WG_FORMAT, "%s: %s is not what a fit saves", f->options.checkpoint, name);
}

static bool is_count(double value, double most)
{
    return value >= 0 && value <= most && value == floor(value);
}

/* What was another fit's, of other data, cannot go on here. */
static wg_status same_training(wg_fitting *f, const double *is, const double *wanted)
{
    static const char *const what[FIELDS] = {[SAMPLES] = "samples",
        [BATCH_SIZE] = "samples in a batch",
        [PER_EPOCH] = "batches in an epoch",
        [SEED_LOW] = "as the seed's low half",
        [SEED_HIGH] = "as the seed's high half"};
    for (size_t i = 0; i < FIELDS; i++)
        if (what[i] && is[i] != wanted[i])
            return wg_error_set(f->error, WG_INVALID,
                "fit: %s was saved with %.17g %s, and cannot go on with %.17g", f->options.checkpoint, is[i],
                what[i], wanted[i]);
    return WG_OK;
}

static wg_status read_position(wg_fitting *f, const wg_archive *file, wg_position *position, size_t *best)
{
    wg_array a = find(file, "", position_name);
    double now[FIELDS], field[FIELDS] = {0};
    if (!a.data || a.dtype != WG_F64 || a.shape.rank != 1 ||
        (a.shape.dim[0] != FIELDS && a.shape.dim[0] != OLD_FIELDS))
        return damaged(f, position_name);
    memcpy(field, a.data, a.shape.dim[0] * sizeof *field);
    position_fields(f, now);
    wg_status status = same_training(f, field, now);
    if (status != WG_OK)
        return status;
    if (!is_count(field[EPOCH], 0x1p53) || !is_count(field[BATCH], now[PER_EPOCH]) ||
        !is_count(field[SEEN], now[SAMPLES]) || !is_count(field[WAITED], field[EPOCH]) ||
        !is_count(field[BEST_EPOCH], 0x1p53) || !is_count(field[SKIPPED], field[BATCH]) ||
        !(field[LR] >= 0 && isfinite(field[LR])))
        return damaged(f, position_name);
    *position = (wg_position){.epoch = (size_t)field[EPOCH],
        .batch = (size_t)field[BATCH],
        .skipped = (size_t)field[SKIPPED],
        .tally = {field[LOSS], field[METRIC], (size_t)field[SEEN]},
        .rate = field[LR],
        .waited = (size_t)field[WAITED],
        .best_loss = field[BEST_LOSS]};
    *best = (size_t)field[BEST_EPOCH];
    return WG_OK;
}

/* Rows of numbers that make sense as epochs? */
static bool good_history(const wg_array *a, size_t best)
{
    if (!a->data || a->dtype != WG_F64 || a->shape.rank != 2 ||
        (a->shape.dim[1] != COLUMNS && a->shape.dim[1] != OLD_COLUMNS) || best > a->shape.dim[0])
        return false;
    const double *row = a->data;
    for (size_t i = 0; i < a->shape.dim[0]; i++, row += a->shape.dim[1])
        if (!is_count(row[0], 0x1p53) || !is_count(row[7], 0x1p53) ||
            (a->shape.dim[1] == COLUMNS && !is_count(row[9], 0x1p53)))
            return false;
    return true;
}

static wg_status take_history(wg_fitting *f, const wg_array *rows, size_t best)
{
    f->history->count = 0;
    f->history->best = best;
    for (size_t i = 0; i < rows->shape.dim[0]; i++) {
        const size_t columns = rows->shape.dim[1];
        wg_epoch epoch = row_epoch((const double *)rows->data + i * columns, columns);
        if (!wg__history_add(f->history, &epoch))
            return wg_error_set(f->error, WG_OUT_OF_MEMORY, "fit: no memory for the history");
    }
    return WG_OK;
}

/* The saved best, put over a copy of the parameters, whose names and shapes it must have. */
static wg_status take_best(wg_fitting *f, const wg_archive *file)
{
    wg_status status = wg__fitting_keep_best(f);
    for (size_t i = 0; status == WG_OK && i < wg_params_count(f->best); i++) {
        const char *name = wg_params_at(f->best, i).name;
        wg_array a = find(file, best_prefix, name);
        status = a.data ? wg_params_set(f->best, name, a, f->error)
                        : wg_error_set(f->error, WG_INVALID,
                              "fit: %s was saved without patience: it has no best %s", f->options.checkpoint,
                              name);
    }
    return status;
}

/* Everything is looked at before anything is changed. */
static wg_status resume_from(wg_fitting *f, const wg_archive *file)
{
    wg_position position = {0};
    size_t best = 0;
    wg_array rows = find(file, "", history_name);
    wg_status status = read_position(f, file, &position, &best);
    if (status == WG_OK && !good_history(&rows, best))
        status = damaged(f, history_name);
    if (status == WG_OK)
        status =
            wg_training_load(&(wg_training){.params = f->task.params, .optim = f->optim, .tape = f->tape},
                f->options.checkpoint, f->error);
    if (status == WG_OK && f->options.patience && best)
        status = take_best(f, file);
    if (status == WG_OK)
        status = take_history(f, &rows, best);
    if (status == WG_OK) {
        f->position = position;
        wg_optim_set_lr(f->optim, position.rate); /* a file of 0.1.0 has the last update's at the optimiser */
    }
    return status;
}

static bool is_there(const char *path)
{
    FILE *file = fopen(path, "rb");
    bool there = file || errno != ENOENT; /* what cannot be opened is for the reader to complain of */
    if (file)
        fclose(file);
    return there;
}

/* Better refused now than after the first epoch. */
static wg_status try_to_write(wg_fitting *f)
{
    wg_sink sink;
    wg_status status = wg__sink_open(&sink, f->options.checkpoint, f->error);
    if (status == WG_OK)
        wg__sink_abandon(&sink);
    return status;
}

wg_status wg__fitting_resume(wg_fitting *f)
{
    if (!f->options.checkpoint)
        return WG_OK;
    wg_status written = try_to_write(f);
    if (written != WG_OK || !f->options.resume)
        return written;
    if (!is_there(f->options.checkpoint))
        return WG_OK;
    wg_archive *file = wg_safetensors_read(
        f->options.checkpoint, &(wg_archive_read_options){.allocator = f->options.allocator}, f->error);
    wg_status status = f->error->status == WG_OK ? resume_from(f, file) : f->error->status;
    wg_archive_free(file);
    return status;
}
