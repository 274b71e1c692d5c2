/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A .npz file: a zip archive with a .npy file for each array. */
#include <stdio.h>
#include <string.h>
#include "base/names.h"
#include "io/npy.h"
#include "io/zip.h"

enum { ENDING = 4 }; /* ".npy" */

static wg_status bad(const wg_zip *zip, const wg_zip_entry *entry, const char *what, wg_error *error)
{
    return wg_error_set(error, WG_FORMAT, "%s: %.*s %s", zip->source->path,
        entry->name_length < 100 ? (int)entry->name_length : 100, entry->name, what);
}

/* The bytes of one entry, with messages that name file and entry. */
static wg_status add(
    wg_archive *archive, wg_zip *zip, const wg_zip_entry *entry, const char *name, wg_error *error)
{
    unsigned char *bytes;
    char label[256];
    wg_source source;
    wg_status status = wg_zip_unpack(zip, entry, &bytes, error);
    if (status != WG_OK)
        return status;
    snprintf(label, sizeof label, "%.150s (%.90s)", zip->source->path, name);
    wg_source_open_memory(&source, label, bytes, (size_t)entry->size);
    status = wg_npy_add(archive, name, &source, error);
    wg_source_close(&source);
    wg_mem_free(&zip->memory, bytes, entry->size ? (size_t)entry->size : 1);
    return status;
}

static wg_status add_next(wg_archive *archive, wg_zip *zip, wg_error *error)
{
    wg_zip_entry entry;
    wg_status status = wg_zip_next(zip, &entry, error);
    if (status != WG_OK)
        return status;
    size_t length = entry.name_length - ENDING;
    if (entry.name_length <= ENDING || memcmp(entry.name + length, ".npy", ENDING) != 0 ||
        memchr(entry.name, 0, length) || !wg_utf8_valid(entry.name, length))
        return bad(zip, &entry, "is no name of an array", error);
    char *name = wg_mem_new(&zip->memory, length + 1);
    if (!name)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for a name", zip->source->path);
    memcpy(name, entry.name, length);
    name[length] = 0;
    if (wg_archive_index(archive, name) != SIZE_MAX)
        status = bad(zip, &entry, "is there twice", error);
    else
        status = add(archive, zip, &entry, name, error);
    wg_mem_free(&zip->memory, name, length + 1);
    return status;
}

wg_archive *wg_npz_from(wg_source *source, const wg_allocator *allocator, wg_error *error)
{
    wg_zip zip;
    wg_archive *archive = wg_archive_new(allocator);
    if (!archive) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", source->path);
        return NULL;
    }
    wg_status status = wg_zip_open(&zip, source, wg_archive_allocator(archive), error);
    while (status == WG_OK && zip.entries)
        status = add_next(archive, &zip, error);
    wg_zip_close(&zip);
    if (status == WG_OK)
        return archive;
    wg_archive_free(archive);
    return NULL;
}

wg_archive *wg_npz_read(const char *path, const wg_allocator *allocator, wg_error *error)
{
    return wg_archive_read(path, wg_npz_from, allocator, error);
}
