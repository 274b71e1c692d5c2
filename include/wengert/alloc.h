/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* alloc.h - where memory comes from. */
#ifndef WENGERT_ALLOC_H
#define WENGERT_ALLOC_H

#include <stddef.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* One function does it all, as in Lua: new_size 0 frees `memory` and returns NULL; memory NULL allocates;
 * otherwise the block is resized. It returns NULL when there is no memory, and then leaves the old block as
 * it was. `old_size` is the size that was asked for before (0 for NULL). Blocks must be aligned as malloc's
 * are. The hook must outlive every object made with it; a zeroed wg_allocator means realloc and free of the C
 * library.
 *
 * A hook may be called by one thread at a time for each object (tape, store, dataset) that was given it. */
typedef struct wg_allocator {
    void *(*resize)(void *user, void *memory, size_t old_size, size_t new_size); /* NULL: the C library */
    void *user;                                                                  /* handed to it */
} wg_allocator;

WG_END_DECLS
#endif
