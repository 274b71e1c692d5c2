/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/store.h"

#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "io/archive.h"

#define BUFFER_NOTE "wengert.buffer."
#define LAYOUT "dense weight [in, out], conv2d weight [filters, channels, height, width]"

char *wg__joined(const wg_allocator *memory, const char *prefix, const char *name)
{
    size_t before = strlen(prefix), size = strlen(name) + 1;
    char *text = wg__mem_new(memory, before + size);
    if (text) {
        memcpy(text, prefix, before);
        memcpy(text + before, name, size);
    }
    return text;
}

void wg__joined_free(const wg_allocator *memory, char *text)
{
    if (text)
        wg__mem_free(memory, text, strlen(text) + 1);
}

const char *wg__after_prefix(const char *prefix, const char *name)
{
    size_t length = strlen(prefix);
    return strncmp(prefix, name, length) == 0 ? name + length : NULL;
}

static wg_status no_memory(const char *name, wg_error *error)
{
    return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for its name", name);
}

wg_status wg__add_prefixed(
    wg_archive *archive, const char *prefix, const char *name, wg_array array, wg_error *error)
{
    const wg_allocator *memory = wg__archive_allocator(archive);
    char *full = wg__joined(memory, prefix, name);
    wg_status status = full ? wg_archive_add(archive, full, array, error) : no_memory(name, error);
    wg__joined_free(memory, full);
    return status;
}

static wg_status note_buffer(wg_archive *archive, const char *name, wg_error *error)
{
    const wg_allocator *memory = wg__archive_allocator(archive);
    char *key = wg__joined(memory, BUFFER_NOTE, name);
    wg_status status = key ? wg_archive_note(archive, key, "true", error) : no_memory(name, error);
    wg__joined_free(memory, key);
    return status;
}

wg_status wg__store_is_buffer(const wg_archive *archive, const char *name, bool *buffer, wg_error *error)
{
    const wg_allocator *memory = wg__archive_allocator(archive);
    char *key = wg__joined(memory, BUFFER_NOTE, name);
    *buffer = key && wg_archive_note_of(archive, key) != NULL;
    wg__joined_free(memory, key);
    return key ? WG_OK : no_memory(name, error);
}

wg_status wg__store_put(
    wg_archive *archive, const char *prefix, const char *kind, const wg_params *params, wg_error *error)
{
    wg_status status = wg_archive_note(archive, WG_STORE_KIND, kind, error);
    if (status == WG_OK)
        status = wg_archive_note(archive, "wengert.version", wg_version(), error);
    if (status == WG_OK)
        status = wg_archive_note(archive, WG_STORE_LAYOUT, LAYOUT, error);
    for (size_t i = 0; i < wg_params_count(params) && status == WG_OK; i++) {
        const wg_param_info a = wg_params_at(params, i);
        const wg_array array = wg_array_of(a.value, wg_params_dtype(params), a.shape);
        status = wg__add_prefixed(archive, prefix, a.name, array, error);
        if (status == WG_OK && a.buffer)
            status = note_buffer(archive, a.name, error);
    }
    return status;
}
