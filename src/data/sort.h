/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sort.h - sorting numbers by what they stand for. */
#ifndef WG_DATA_SORT_H
#define WG_DATA_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* Heapsort (Williams 1964): n log n comparisons on any input, no memory, no recursion. `before` must be a
 * strict total order, so that the result is one and the same everywhere. */
void wg__sort(
    size_t *items, size_t n, bool (*before)(const void *user, size_t a, size_t b), const void *user);

#endif
