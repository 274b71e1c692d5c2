/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* source.h - bytes of a file, one after the other: as they lie there, or unpacked.
 *
 *      file      [ ...... begin ########## end ........ ]    a whole file, or a part: an archive's entry
 *      held                        [ ### ]                   those of its bytes that are in the buffer
 *      offset    0 1 2 ...                                   of what comes out, unpacked if it is packed
 *
 * Memory comes from the allocator hook, zlib's too. How much of it a file may ask for is bounded: readers
 * claim what they take by the word of a file, before they take it. */
#ifndef WG_BASE_SOURCE_H
#define WG_BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wengert/alloc.h>
#include <wengert/status.h>
#include "base/path.h"

typedef struct wg_source_options {
    const wg_allocator *allocator; /* NULL: malloc */
    size_t max_bytes;              /* that may be claimed; 0: WG_CLAIM_RATIO times the file's length, or */
    bool plain;                    /* WG_CLAIM_LEAST if that is more. plain: gzip is not unpacked */
} wg_source_options;

enum { WG_CLAIM_RATIO = 64, WG_CLAIM_LEAST = 1 << 28 };

typedef struct wg_source {
    const char *path; /* the caller's, or `shown`; for messages */
    char shown[WG_PATH_SHOWN];
    wg_allocator allocator;
    int descriptor;           /* of the file; -1: closed */
    struct wg_source *whole;  /* whose descriptor it is, and whose claims count; NULL: this one's */
    uint64_t begin, end;      /* of this source's bytes in the file */
    unsigned char *buffer;    /* NULL until it is needed */
    uint64_t held;            /* the place in the file of the bytes in the buffer, */
    size_t held_size;         /* and how many they are */
    struct wg_packed *packed; /* what unpacks them; NULL: they are plain */
    uint64_t offset;          /* of the next byte that comes out */
    uint64_t at_most;         /* bytes that can come out: the length, or all that a file could unpack to */
    uint64_t claimed, most;   /* memory */
    bool summing;             /* set by who wants it: what comes out from here on goes into */
    uint32_t crc;             /* this CRC-32 */
} wg_source;

/* NULL options are {0}. WG_FILE, with a message that names the file, when it cannot be read or is no regular
 * file (nothing waits for a pipe's writer); WG_OUT_OF_MEMORY. *source is then closed. */
wg_status wg__source_open(
    wg_source *source, const char *path, const wg_source_options *options, wg_error *error);

/* Bytes of an open plain file as a source of its own: `length` from `begin` on, which become `size` when
 * `deflated` (RFC 1951). `name` is for messages. The file stays open as long as the part. */
typedef struct wg_part {
    const char *name;
    uint64_t begin, length, size;
    bool deflated;
} wg_part;
wg_status wg__source_open_part(wg_source *source, wg_source *whole, const wg_part *part, wg_error *error);

/* Exactly `size` bytes: WG_FORMAT when the file ends before, WG_FILE when reading fails. */
wg_status wg__source_read(wg_source *source, void *bytes, size_t size, wg_error *error);

/* At most `size` bytes; *got < size is the end of the file. */
wg_status wg__source_read_some(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error);

/* WG_FORMAT unless there are no more bytes. */
wg_status wg__source_expect_end(wg_source *source, wg_error *error);

/* Goes to an offset from the beginning. Not for packed bytes. */
wg_status wg__source_seek(wg_source *source, uint64_t offset, wg_error *error);

/* Bytes from here to at_most. */
uint64_t wg__source_left(const wg_source *source);

/* WG_OUT_OF_MEMORY, with both numbers, when what was claimed so far and these bytes are more than allowed. */
wg_status wg__source_claim(wg_source *source, uint64_t bytes, wg_error *error);

void wg__source_close(wg_source *source);

#endif
