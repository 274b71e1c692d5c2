/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* source.h - bytes from a file, plain or gzip, one after the other. */
#ifndef WG_BASE_SOURCE_H
#define WG_BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wengert/status.h>

typedef struct wg_source {
    const char *path; /* borrowed */
    FILE *plain;      /* one of these two is open */
    void *gzip;
    uint64_t offset; /* of the next byte, after decompression */
    uint64_t
        at_most; /* bytes that there can be: the length, or, of a gzip file, all that it could unpack to */
} wg_source;

/* WG_FILE, with a message that names the file, when it cannot be read; *source is then closed. */
wg_status wg_source_open(wg_source *source, const char *path, wg_error *error);

/* Exactly `size` bytes: WG_FORMAT when the file ends before, WG_FILE when reading fails. */
wg_status wg_source_read(wg_source *source, void *bytes, size_t size, wg_error *error);

/* WG_FORMAT unless there are no more bytes. */
wg_status wg_source_expect_end(wg_source *source, wg_error *error);

void wg_source_close(wg_source *source);

#endif
