/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* names.h - texts numbered 0, 1, 2 ... and found again by a hash. */
#ifndef WG_BASE_NAMES_H
#define WG_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/alloc.h"

/*      text    [0] "fc1.weight"   [1] "fc1.bias"   ...          the owner's texts
 *      place   0  2  0  1  0 ...                                 number + 1, or 0, where the hash points */
typedef struct wg_names {
    const wg_allocator *memory; /* the owner's */
    const char **text;
    size_t count, capacity;
    size_t *place;
    size_t places; /* a power of 2, more than twice the count; 0 at first */
    uint64_t seed; /* of the hash: an address, so that no file can hold names that all fall into one place */
} wg_names;

/* The number of a text, or SIZE_MAX. */
size_t wg__names_find(const wg_names *names, const char *text);

/* A new text, which must not be there and must stay where it is. Without memory it is false, and nothing has
 * changed. */
bool wg__names_add(wg_names *names, const char *text);

/* Forgets the last text. */
void wg__names_drop(wg_names *names);

/* Frees the tables, not the texts. */
void wg__names_free(wg_names *names);

/* Is it UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF)? */
bool wg__utf8_valid(const char *text, size_t length);

#endif
