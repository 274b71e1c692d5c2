/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A training's state into a file. */
#include <stdio.h>
#include "base/alloc.h"
#include "io/archive.h"
#include "io/store.h"
#include "io/training.h"

const char *wg__slot_prefix(char text[WG_SLOT_PREFIX], const wg_optim *optim, size_t slot, bool numbered)
{
    if (numbered)
        snprintf(text, WG_SLOT_PREFIX, "optim/%zu/", slot);
    else
        snprintf(text, WG_SLOT_PREFIX, "optim/%s/", wg_optim_slot_name(optim, slot));
    return text;
}

const char *wg__slots_text(char text[WG_SLOTS_TEXT], const wg_optim *optim)
{
    size_t slots = wg_optim_slot_count(optim), used = 0;
    text[0] = 0;
    for (size_t i = 0; i < slots; i++)
        used += (size_t)snprintf(
            text + used, WG_SLOTS_TEXT - used, "%s%s", i ? ", " : "", wg_optim_slot_name(optim, i));
    return text;
}

wg_status wg__training_check(const wg_training *t, const char *path, wg_error *error)
{
    const char *name = path ? path : "(no name)";
    if (error->status != WG_OK)
        return error->status;
    if (!t || !t->params)
        return wg_error_set(error, WG_INVALID, "%s: a training without parameters", name);
    if (t->optim && wg_optim_status(t->optim) != WG_OK)
        return wg_error_set(error, wg_optim_status(t->optim), "%s: %s", name, wg_optim_message(t->optim));
    if (t->optim && wg_optim_params(t->optim) != t->params)
        return wg_error_set(error, WG_INVALID, "%s: the optimiser is not of these parameters", name);
    return WG_OK;
}

static wg_status put_optim(wg_archive *archive, wg_optim *optim, wg_error *error)
{
    const wg_params *params = wg_optim_params(optim);
    char prefix[WG_SLOT_PREFIX], slots[WG_SLOTS_TEXT];
    wg_status status = wg_archive_note(archive, WG_TRAINING_OPTIM, wg_optim_name(optim), error);
    if (status == WG_OK)
        status = wg_archive_note(archive, WG_TRAINING_SLOTS, wg__slots_text(slots, optim), error);
    if (status == WG_OK)
        status = wg_archive_note_integer(archive, WG_TRAINING_STEPS, wg_optim_step_count(optim), error);
    if (status == WG_OK)
        status = wg_archive_note_real(archive, WG_TRAINING_LR, wg_optim_lr(optim), error);
    for (size_t slot = 0; slot < wg_optim_slot_count(optim); slot++)
        for (size_t i = 0; i < wg_params_count(params) && status == WG_OK; i++) {
            const wg_param_info a = wg_params_at(params, i);
            const void *numbers = a.buffer ? NULL : wg_optim_state(optim, slot, i);
            if (!a.buffer && !numbers)
                return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for its slots", a.name);
            if (numbers)
                status = wg__add_prefixed(archive, wg__slot_prefix(prefix, optim, slot, false), a.name,
                    wg_array_of(numbers, wg_params_dtype(params), a.shape), error);
        }
    return status;
}

static wg_status put_extra(wg_archive *archive, const wg_archive *extra, wg_error *error)
{
    const wg_allocator *memory = wg__archive_allocator(archive);
    wg_status status = WG_OK;
    for (size_t i = 0; i < wg_archive_count(extra) && status == WG_OK; i++)
        status = wg__add_prefixed(
            archive, WG_TRAINING_EXTRA, wg_archive_name(extra, i), wg_archive_at(extra, i), error);
    for (size_t i = 0; i < wg_archive_note_count(extra) && status == WG_OK; i++) {
        const char *key = wg_archive_note_key(extra, i);
        char *full = wg__joined(memory, WG_TRAINING_EXTRA_NOTE, key);
        status = full ? wg_archive_note(archive, full, wg_archive_note_of(extra, key), error)
                      : wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for a note", key);
        wg__joined_free(memory, full);
    }
    return status;
}

wg_status wg_training_save(const wg_training *training, const char *path, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    if (wg__training_check(training, path, error) != WG_OK)
        return error->status;
    wg_archive *archive = wg_archive_new(wg_params_allocator(training->params));
    if (!archive)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", path ? path : "(no name)");
    wg_status status = wg__store_put(archive, WG_STORE_PREFIX, WG_STORE_TRAINING, training->params, error);
    if (status == WG_OK && training->optim)
        status = put_optim(archive, training->optim, error);
    if (status == WG_OK && training->tape)
        status = wg_archive_note_integer(archive, WG_TRAINING_RUN, wg_tape_run_number(training->tape), error);
    if (status == WG_OK)
        status = put_extra(archive, training->extra, error);
    if (status == WG_OK)
        status = wg_safetensors_write(path, archive, error);
    wg_archive_free(archive);
    return status;
}
