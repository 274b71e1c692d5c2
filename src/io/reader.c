/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Opening a file for a reader. */
#include "io/archive.h"

wg_archive *wg_archive_read(
    const char *path, wg_reader *reader, const wg_allocator *allocator, wg_error *error)
{
    wg_source source;
    wg_error own = {0};
    error = error ? error : &own;
    if (error->status != WG_OK || !path) {
        wg_error_set(error, WG_INVALID, "no file to be read");
        return NULL;
    }
    if (wg_source_open_plain(&source, path, error) != WG_OK)
        return NULL;
    wg_archive *archive = reader(&source, allocator, error);
    wg_source_close(&source);
    return archive;
}
