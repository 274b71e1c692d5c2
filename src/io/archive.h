/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* archive.h - what the formats know of an archive, and their readers on any source of bytes. */
#ifndef WG_IO_ARCHIVE_H
#define WG_IO_ARCHIVE_H

#include <wengert/archive.h>
#include "base/source.h"

/* Adds an array whose numbers the caller now fills in, *numbers; the archive owns them. */
wg_status wg_archive_make(wg_archive *archive, const char *name, wg_dtype dtype, const wg_shape *shape,
    void **numbers, wg_error *error);

const wg_allocator *wg_archive_allocator(const wg_archive *archive);

/* Exchanges all that two archives hold. */
void wg_archive_swap(wg_archive *a, wg_archive *b);

/* What every array must satisfy; *bytes is the length of its numbers. */
wg_status wg_check_array(
    const char *name, wg_dtype dtype, const wg_shape *shape, size_t *bytes, wg_error *error);

/* Readers of an open source, a plain file or memory, which stays the caller's. `error` is there and not set.
 */
typedef wg_archive *wg_reader(wg_source *source, const wg_allocator *allocator, wg_error *error);
wg_reader wg_safetensors_from, wg_npy_from, wg_npz_from;

/* Opens a file for one of them. */
wg_archive *wg_archive_read(
    const char *path, wg_reader *reader, const wg_allocator *allocator, wg_error *error);

#endif
