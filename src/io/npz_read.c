/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A .npz file: a zip archive with a .npy file for each array. */
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/names.h"
#include "io/npy.h"
#include "io/zip.h"

enum { ENDING = 4 }; /* ".npy" */

static wg_status bad(const wg_zip *zip, const wg_zip_entry *entry, const char *what, wg_error *error)
{
    return wg_error_set(error, WG_FORMAT, "%s: %.*s %s", zip->source->path,
        entry->name_length < 100 ? (int)entry->name_length : 100, entry->name, what);
}

/* An entry's array, with messages that name file and entry. */
static wg_status add(wg_reading *reading, wg_zip *zip, const wg_zip_entry *entry, const char *name)
{
    char label[WG_PATH_SHOWN + 100];
    wg_source bytes;
    snprintf(label, sizeof label, "%s (%.90s)", zip->source->path, name);
    wg_status status = wg__zip_enter(zip, entry, label, &bytes, reading->error);
    if (status != WG_OK)
        return status;
    status = wg__npy_add(reading, name, &bytes);
    if (status == WG_OK)
        status = wg__zip_check(entry, &bytes, reading->error);
    wg__source_close(&bytes);
    return status;
}

static wg_status add_named(wg_reading *reading, wg_zip *zip, const wg_zip_entry *entry, const char *name)
{
    size_t length = entry->name_length - ENDING;
    if (entry->name_length <= ENDING || memcmp(entry->name + length, ".npy", ENDING) != 0 ||
        memchr(entry->name, 0, length) || !wg__utf8_valid(entry->name, length))
        return bad(zip, entry, "is no name of an array", reading->error);
    if (wg_archive_index(reading->archive, name) != SIZE_MAX)
        return bad(zip, entry, "is there twice", reading->error);
    return add(reading, zip, entry, name);
}

static wg_status add_entry(wg_reading *reading, wg_zip *zip, const wg_zip_entry *entry)
{
    const wg_allocator *memory = &reading->source.allocator;
    size_t size = entry->name_length + 1, count = wg_archive_count(reading->archive);
    char *name = wg__mem_new(memory, size);
    if (!name)
        return wg_error_set(reading->error, WG_OUT_OF_MEMORY, "%s: no memory for a name", zip->source->path);
    memcpy(name, entry->name, size - 1);
    name[size - 1 > ENDING ? size - 1 - ENDING : size - 1] = 0;
    wg_status status = wg__reading_judge(reading, name, count, add_named(reading, zip, entry, name));
    wg__mem_free(memory, name, size);
    return status;
}

static wg_status read_file(wg_reading *reading)
{
    wg_zip zip;
    wg_status status = wg__zip_open(&zip, &reading->source, reading->error);
    for (size_t i = 0; i < zip.count && status == WG_OK; i++)
        status = add_entry(reading, &zip, &zip.entries[i]);
    wg__zip_close(&zip);
    return status;
}

wg_archive *wg_npz_read(const char *path, const wg_archive_read_options *options, wg_error *error)
{
    return wg__archive_read(path, read_file, options, error);
}
