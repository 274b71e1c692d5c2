/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* archive.h - what the formats know of an archive, and what their readers share. */
#ifndef WG_IO_ARCHIVE_H
#define WG_IO_ARCHIVE_H

#include <wengert/archive.h>
#include "base/source.h"

/* Adds an array whose numbers the caller now fills in, *numbers; the archive owns them. */
wg_status wg__archive_make(wg_archive *archive, const char *name, wg_dtype dtype, const wg_shape *shape,
    void **numbers, wg_error *error);

/* Takes arrays away again, the last ones, until `count` are left. */
void wg__archive_keep(wg_archive *archive, size_t count);

const wg_allocator *wg__archive_allocator(const wg_archive *archive);

/* Exchanges all that two archives hold. */
void wg__archive_swap(wg_archive *a, wg_archive *b);

/* What every array must satisfy; *bytes is the length of its numbers. */
wg_status wg__check_array(
    const char *name, wg_dtype dtype, const wg_shape *shape, size_t *bytes, wg_error *error);

/* Adds a name to a list: "a, b, c", or "a, b, ..." when there is no room for more. */
enum { WG_LIST = 256 };
void wg__list_name(char list[WG_LIST], const char *name);

/* A file on its way into an archive. */
typedef struct wg_reading {
    wg_source source; /* open, and not unpacked */
    wg_archive *archive;
    bool lenient;
    wg_archive_read_report report;
    wg_error *error; /* there, and not set */
} wg_reading;

/* A format's: fills the archive. */
typedef wg_status wg_reader(wg_reading *reading);

/* Opens a file for a format's reader. */
wg_archive *wg__archive_read(
    const char *path, wg_reader *reader, const wg_archive_read_options *options, wg_error *error);

/* wg__archive_make, when the file's bound allows it. */
wg_status wg__reading_make(
    wg_reading *reading, const char *name, wg_dtype dtype, const wg_shape *shape, void **numbers);

/* What becomes of an array that was begun when there were `count`, and came to this status: when it is at
 * fault itself, and that is allowed, it is left out and reported, and the status is WG_OK. */
wg_status wg__reading_judge(wg_reading *reading, const char *name, size_t count, wg_status status);

#endif
