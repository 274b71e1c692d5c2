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

/* ---- Memory kept from one object to the next -------------------------------------------------------- */

/* An object frees its memory when it goes, and malloc gives large blocks back to the system at once: the next
 * object's are new pages, which the system clears at first touch. That can cost more than the computation. A
 * cache stands between objects and a hook: blocks of 4096 bytes and more that are given back wait in it, and
 * are handed out again. Give its allocator to tapes that come and go:
 *
 *     wg_cache *cache = wg_cache_new(NULL, 0);
 *     wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = wg_cache_allocator(cache)});
 *
 * Sizes are rounded up by at most a quarter and 256 bytes. One cache may serve many objects, in many threads
 * at once; it then calls its hook from them, as they would without it. */
typedef struct wg_cache wg_cache;

/* The most that waits, when nothing else is said. */
#define WG_CACHE_LIMIT ((size_t)256 << 20)

/* A cache over an allocator (NULL: malloc's). At most `limit` bytes wait in it, what is more goes to the hook
 * at once; 0: WG_CACHE_LIMIT. NULL without memory. */
WG_API wg_cache *wg_cache_new(const wg_allocator *allocator, size_t limit);

/* Gives all that waits to the hook, and goes; after the objects that use it. NULL is allowed. */
WG_API void wg_cache_free(wg_cache *cache);

/* The hook to hand to objects; NULL: malloc's. */
WG_API wg_allocator wg_cache_allocator(wg_cache *cache);

/* Bytes that wait now. */
WG_API size_t wg_cache_bytes(const wg_cache *cache);

/* Gives what waits to the hook; others may use the cache meanwhile. */
WG_API void wg_cache_trim(wg_cache *cache);

WG_END_DECLS
#endif
