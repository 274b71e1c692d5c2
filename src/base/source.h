/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* source.h - bytes from a file, plain or gzip, or from memory, one after the other. */
#ifndef WG_BASE_SOURCE_H
#define WG_BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wengert/status.h>

typedef struct wg_source {
    const char *path; /* borrowed; for messages */
    FILE *plain;      /* one of these three is open */
    void *gzip;
    const unsigned char *memory;
    uint64_t offset;  /* of the next byte, after decompression */
    uint64_t at_most; /* bytes that there can be: the length, or all that a gzip file could unpack to */
} wg_source;

/* WG_FILE, with a message that names the file, when it cannot be read; *source is then closed. */
wg_status wg_source_open(wg_source *source, const char *path, wg_error *error);

/* The same for formats whose files may begin like gzip's: no byte is unpacked, and wg_source_seek works. */
wg_status wg_source_open_plain(wg_source *source, const char *path, wg_error *error);

/* `size` bytes that the caller keeps until the source is closed. */
void wg_source_open_memory(wg_source *source, const char *name, const void *bytes, size_t size);

/* Exactly `size` bytes: WG_FORMAT when the file ends before, WG_FILE when reading fails. */
wg_status wg_source_read(wg_source *source, void *bytes, size_t size, wg_error *error);

/* At most `size` bytes; *got < size is the end of the file. */
wg_status wg_source_read_some(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error);

/* WG_FORMAT unless there are no more bytes. */
wg_status wg_source_expect_end(wg_source *source, wg_error *error);

/* Goes to an offset from the beginning. Not for gzip files, which wg_source_open may have met. */
wg_status wg_source_seek(wg_source *source, uint64_t offset, wg_error *error);

/* Bytes from here to at_most. */
uint64_t wg_source_left(const wg_source *source);

void wg_source_close(wg_source *source);

#endif
