/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* cache.h - a wg_cache from the inside, for an object that has one in it.
 *
 *     waiting   [class 0] -> block -> block      [class 1]      [class 2] -> block ...
 *
 * Each list is one atomic pointer. Who gives a block puts it in front. Who takes one takes the whole list,
 * and puts back what he does not need: so nobody follows a list that another thread changes, and nobody
 * waits. A thread that finds the list empty at that moment asks the hook. */
#ifndef WG_BASE_CACHE_H
#define WG_BASE_CACHE_H

#include <stdatomic.h>
#include "base/alloc.h"

enum { WG_CACHE_CLASSES = 4 * (8 * sizeof(size_t) - 14) };

struct wg_cache {
    wg_allocator hook;
    size_t limit;
    atomic_size_t bytes; /* of blocks that wait */
    _Atomic(void *) waiting[WG_CACHE_CLASSES];
};

/* The default limit for 0. The lists are empty: `cache` is zeroed memory. */
void wg__cache_begin(wg_cache *cache, const wg_allocator *hook, size_t limit);

#endif
