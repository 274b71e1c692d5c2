/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* packed.h - what source.c and the unpacking of its bytes share. */
#ifndef WG_BASE_PACKED_H
#define WG_BASE_PACKED_H

#include "base/source.h"

enum {
    WG_SOURCE_BUFFER = 1 << 15,
    WG_DEFLATE_RATIO = 1032 /* 258 bytes become no less than 2 bits: nothing unpacks to more */
};

/* What is packed may begin with gzip's header (RFC 1952), and then others may follow it. */
wg_status wg__packed_open(wg_source *source, bool gzip, wg_error *error);
wg_status wg__packed_read(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error);
void wg__packed_close(wg_source *source);

/* Fills the buffer from a place in the file, unless bytes from there are held already, and points to them;
 * *size 0 is the end. */
wg_status wg__source_hold(
    wg_source *source, uint64_t place, const unsigned char **bytes, size_t *size, wg_error *error);

#endif
