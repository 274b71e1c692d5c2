/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Parameters in a file. */
#include <string.h>
#include "io/store.h"

wg_status wg_params_save(const wg_params *params, const char *path, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    if (!params)
        return wg_error_set(
            error, WG_INVALID, "%s: no parameter store to be saved", path ? path : "(no name)");
    wg_archive *archive = wg_archive_new(wg_params_allocator(params));
    if (!archive)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", path ? path : "(no name)");
    wg_status status = wg__store_put(archive, "", WG_STORE_PARAMETERS, params, error);
    if (status == WG_OK)
        status = wg_safetensors_write(path, archive, error);
    wg_archive_free(archive);
    return status;
}

static wg_status load(wg_params *params, const char *path, const wg_archive *archive,
    const wg_params_load_options *options, wg_error *error)
{
    const char *kind = wg_archive_note_of(archive, WG_STORE_KIND);
    bool training = kind && strcmp(kind, WG_STORE_TRAINING) == 0;
    wg_match match = {
        .archive = archive, .prefix = training ? WG_STORE_PREFIX : "", .path = path, .params = params};
    wg_status status = wg__match_new(&match, options, error);
    if (status == WG_OK)
        status = wg__match_fill(&match, error);
    if (status == WG_OK) {
        wg__match_load(&match);
        if (options && options->report)
            *options->report = match.report;
    }
    wg__match_free(&match);
    return status;
}

wg_status wg_params_load(
    wg_params *params, const char *path, const wg_params_load_options *options, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    if (options && options->report)
        *options->report = (wg_params_load_report){0};
    if (error->status != WG_OK)
        return error->status;
    if (!params)
        return wg_error_set(
            error, WG_INVALID, "%s: no parameter store to be filled", path ? path : "(no name)");
    const wg_archive_read_options reading = {.lenient = options && options->lenient,
        .max_bytes = options ? options->max_bytes : 0,
        .allocator = *wg_params_allocator(params)};
    wg_archive *archive = wg_safetensors_read(path, &reading, error);
    wg_status status = archive ? load(params, path, archive, options, error) : error->status;
    wg_archive_free(archive);
    return status;
}
