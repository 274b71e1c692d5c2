/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A training's state from a file: all is checked and all memory taken before anything is changed. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "io/archive.h"
#include "io/store.h"
#include "io/training.h"

/* ---- Loading: checks ------------------------------------------------------------------------------- */

typedef struct loading {
    const wg_training *training;
    const char *path;
    wg_archive *archive, *extra; /* the file; and what training->extra will hold */
    bool numbered;               /* slots have numbers for names */
    uint64_t steps, run;
    double lr;
    wg_error *error;
} loading;

static wg_status lacks(const loading *l, const char *what)
{
    return wg_error_set(l->error, WG_FORMAT, "%s: the training in it has no %s", l->path, what);
}

static const char *or_none(const char *slots)
{
    return *slots ? slots : "no slots";
}

/* Are the file's slots the optimiser's? Up to version 0.2.0 the note was their number. */
static wg_status check_slots(loading *l, const char *name)
{
    const wg_optim *optim = l->training->optim;
    char own[WG_SLOTS_TEXT], counted[WG_SLOTS_TEXT];
    const char *saved = wg_archive_note_of(l->archive, WG_TRAINING_SLOTS);
    uint64_t slots = 0;
    wg__slots_text(own, optim);
    l->numbered = wg_archive_integer_of(l->archive, WG_TRAINING_SLOTS, &slots);
    bool same = l->numbered ? slots == wg_optim_slot_count(optim) : strcmp(saved, own) == 0;
    if (same && strcmp(name, wg_optim_name(optim)) == 0)
        return WG_OK;
    if (l->numbered) {
        snprintf(counted, sizeof counted, "%" PRIu64 " slots", slots);
        saved = counted;
    }
    return wg_error_set(l->error, WG_INVALID, "%s was saved with %.40s (%.140s), not with %.40s (%s)",
        l->path, name, or_none(saved), wg_optim_name(optim), or_none(own));
}

static wg_status check_optim(loading *l)
{
    const char *name = wg_archive_note_of(l->archive, WG_TRAINING_OPTIM);
    if (!name || !wg_archive_note_of(l->archive, WG_TRAINING_SLOTS) ||
        !wg_archive_integer_of(l->archive, WG_TRAINING_STEPS, &l->steps) ||
        !wg_archive_real_of(l->archive, WG_TRAINING_LR, &l->lr) || !(l->lr >= 0 && isfinite(l->lr)))
        return lacks(l, "optimiser");
    if (l->steps > (uint64_t)1 << 53)
        return wg_error_set(l->error, WG_FORMAT, "%s: %" PRIu64 " steps are more than an optimiser counts",
            l->path, l->steps);
    return check_slots(l, name);
}

/* The archive's number of a slot of a parameter, SIZE_MAX when there is none. */
static size_t slot_of(const loading *l, size_t slot, const char *name)
{
    char prefix[WG_SLOT_PREFIX];
    const wg_allocator *memory = wg__archive_allocator(l->archive);
    char *full = wg__joined(memory, wg__slot_prefix(prefix, l->training->optim, slot, l->numbered), name);
    size_t index = wg_archive_index(l->archive, full);
    if (!full)
        wg_error_set(l->error, WG_OUT_OF_MEMORY, "%s: no memory for %s", l->path, name);
    wg__joined_free(memory, full);
    return index;
}

static wg_status check_state(const loading *l)
{
    const wg_optim *optim = l->training->optim;
    for (size_t i = 0; i < wg_archive_count(l->archive); i++) {
        const char *name = wg__after_prefix(WG_STORE_PREFIX, wg_archive_name(l->archive, i));
        const wg_array value = wg_archive_at(l->archive, i);
        bool buffer = false;
        if (!name)
            continue;
        if (wg__store_is_buffer(l->archive, name, &buffer, l->error) != WG_OK)
            return l->error->status;
        for (size_t slot = 0; !buffer && slot < wg_optim_slot_count(optim); slot++) {
            const wg_array state = wg_archive_at(l->archive, slot_of(l, slot, name));
            if (l->error->status != WG_OK)
                return l->error->status;
            if (!state.data || state.dtype == WG_I32 || !wg_shape_equal(&state.shape, &value.shape))
                return wg_error_set(l->error, WG_FORMAT, "%s: slot %s of %s is missing or misshapen", l->path,
                    wg_optim_slot_name(optim, slot), name);
        }
    }
    return WG_OK;
}

static wg_status check_file(loading *l)
{
    const wg_training *t = l->training;
    const char *kind = wg_archive_note_of(l->archive, WG_STORE_KIND);
    if (!kind || strcmp(kind, WG_STORE_TRAINING) != 0)
        return wg_error_set(
            l->error, WG_FORMAT, "%s: no training, but %.40s", l->path, kind ? kind : "arrays");
    if (t->tape && !wg_archive_integer_of(l->archive, WG_TRAINING_RUN, &l->run))
        return lacks(l, "tape");
    if (wg_archive_count(t->extra) || wg_archive_note_count(t->extra))
        return wg_error_set(l->error, WG_INVALID, "%s: .extra holds something already", l->path);
    wg_status status = t->optim ? check_optim(l) : WG_OK;
    return status == WG_OK && t->optim ? check_state(l) : status;
}

/* ---- Loading --------------------------------------------------------------------------------------- */

static wg_status take_extra(loading *l)
{
    wg_status status = WG_OK;
    if (!l->training->extra)
        return WG_OK;
    l->extra = wg_archive_new(wg__archive_allocator(l->training->extra));
    if (!l->extra)
        return wg_error_set(l->error, WG_OUT_OF_MEMORY, "%s: no memory", l->path);
    for (size_t i = 0; i < wg_archive_count(l->archive) && status == WG_OK; i++) {
        const char *name = wg__after_prefix(WG_TRAINING_EXTRA, wg_archive_name(l->archive, i));
        if (name)
            status = wg_archive_add_copy(l->extra, name, wg_archive_at(l->archive, i), l->error);
    }
    for (size_t i = 0; i < wg_archive_note_count(l->archive) && status == WG_OK; i++) {
        const char *key = wg_archive_note_key(l->archive, i),
                   *own = wg__after_prefix(WG_TRAINING_EXTRA_NOTE, key);
        if (own)
            status = wg_archive_note(l->extra, own, wg_archive_note_of(l->archive, key), l->error);
    }
    return status;
}

static void convert(void *to, wg_dtype to_dtype, const wg_array *from, size_t count)
{
    double *to_double = to;
    float *to_float = to;
    for (size_t i = 0; i < count; i++) {
        double x =
            from->dtype == WG_F64 ? ((const double *)from->data)[i] : (double)((const float *)from->data)[i];
        if (to_dtype == WG_F64)
            to_double[i] = x;
        else
            to_float[i] = (float)x;
    }
}

/* The optimiser's memory, before anything is changed. */
static wg_status make_slots(const loading *l)
{
    wg_optim *optim = l->training->optim;
    const wg_params *params = l->training->params;
    for (size_t slot = 0; slot < wg_optim_slot_count(optim); slot++)
        for (size_t i = 0; i < wg_params_count(params); i++)
            if (!wg_params_at(params, i).buffer && !wg_optim_state(optim, slot, i))
                return wg_error_set(l->error, WG_OUT_OF_MEMORY, "%s: no memory for the slots of %s", l->path,
                    wg_params_at(params, i).name);
    return WG_OK;
}

static void copy_slots(const loading *l)
{
    char prefix[WG_SLOT_PREFIX];
    wg_optim *optim = l->training->optim;
    const wg_params *params = l->training->params;
    for (size_t slot = 0; slot < wg_optim_slot_count(optim); slot++)
        for (size_t i = 0; i < wg_archive_count(l->archive); i++) {
            const char *name = wg__after_prefix(
                wg__slot_prefix(prefix, optim, slot, l->numbered), wg_archive_name(l->archive, i));
            const wg_array saved = wg_archive_at(l->archive, i);
            size_t index = name ? wg_params_index(params, name) : SIZE_MAX;
            const wg_param_info a = wg_params_at(params, index);
            if (a.name && !a.buffer && saved.dtype != WG_I32 && wg_shape_equal(&a.shape, &saved.shape))
                convert(wg_optim_state(optim, slot, index), wg_params_dtype(params), &saved, a.count);
        }
}

/* All that can fail, and then all that cannot. */
static wg_status take(loading *l)
{
    const wg_training *t = l->training;
    wg_match match = {.archive = l->archive, .prefix = WG_STORE_PREFIX, .path = l->path, .params = t->params};
    wg_status status = check_file(l);
    if (status == WG_OK)
        status = wg__match_new(&match, NULL, l->error);
    if (status == WG_OK)
        status = take_extra(l);
    if (status == WG_OK)
        status = wg__match_fill(&match, l->error);
    if (status == WG_OK && t->optim)
        status = make_slots(l);
    if (status == WG_OK) {
        wg__match_load(&match);
        if (t->optim) {
            copy_slots(l);
            wg_optim_set_step_count(t->optim, l->steps);
            wg_optim_set_lr(t->optim, l->lr);
        }
        if (t->tape)
            wg_tape_set_run_number(t->tape, l->run);
        if (t->extra)
            wg__archive_swap(t->extra, l->extra);
    }
    wg__match_free(&match);
    return status;
}

wg_status wg_training_load(const wg_training *training, const char *path, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    if (wg__training_check(training, path, error) != WG_OK)
        return error->status;
    loading l = {.training = training, .path = path, .error = error};
    l.archive = wg_safetensors_read(path,
        &(wg_archive_read_options){
            .max_bytes = training->max_bytes, .allocator = *wg_params_allocator(training->params)},
        error);
    wg_status status = l.archive ? take(&l) : error->status;
    wg_archive_free(l.archive);
    wg_archive_free(l.extra);
    return status;
}
