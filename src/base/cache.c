/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/cache.h"

#include <string.h>

/* Class 4 e + q holds (4 + q) 2^(e + 10) bytes, and a head: our own blocks are often a round number and some
 * bytes more. */
enum { LEAST = 4096, HEAD = 256 };

static size_t class_size(unsigned class)
{
    return ((size_t)(4 + class % 4) << (class / 4 + 10)) + HEAD;
}

/* WG_CACHE_CLASSES for what passes by: small blocks, which malloc keeps itself, and impossible ones. */
static unsigned class_of(size_t size)
{
    unsigned class = size < LEAST ? WG_CACHE_CLASSES : 0;
    while (class < WG_CACHE_CLASSES && class_size(class) < size)
        class += class_size(class + 3) < size ? 4 : 1;
    return class;
}

/* ---- Lists ------------------------------------------------------------------------------------------ */

static void *next_of(const void *block)
{
    void *next;
    memcpy(&next, block, sizeof next);
    return next;
}

static void set_next(void *block, void *next)
{
    memcpy(block, &next, sizeof next);
}

/* The blocks from `first` on, in front of those that wait. */
static void put(wg_cache *c, unsigned class, void *first)
{
    void *front = NULL, *last = first;
    if (atomic_compare_exchange_strong(&c->waiting[class], &front, first))
        return; /* none waited: nobody needs to look for the last one */
    while (next_of(last))
        last = next_of(last);
    do
        set_next(last, front);
    while (!atomic_compare_exchange_weak(&c->waiting[class], &front, first));
}

static void *take(wg_cache *c, unsigned class)
{
    void *block = atomic_exchange(&c->waiting[class], NULL);
    if (!block)
        return NULL;
    if (next_of(block))
        put(c, class, next_of(block));
    atomic_fetch_sub(&c->bytes, class_size(class));
    return block;
}

void wg_cache_trim(wg_cache *cache)
{
    for (unsigned class = 0; cache && class < WG_CACHE_CLASSES; class ++)
        for (void *block = atomic_exchange(&cache->waiting[class], NULL), *next; block; block = next) {
            next = next_of(block);
            atomic_fetch_sub(&cache->bytes, class_size(class));
            wg__mem_free(&cache->hook, block, class_size(class));
        }
}

/* ---- As a hook -------------------------------------------------------------------------------------- */

static void *new_block(wg_cache *c, size_t size)
{
    unsigned class = class_of(size);
    void *block = class < WG_CACHE_CLASSES ? take(c, class) : NULL;
    size = class < WG_CACHE_CLASSES ? class_size(class) : size;
    if (!block)
        block = wg__mem_new(&c->hook, size);
    if (!block) { /* what waits in other lists may be what is missing */
        wg_cache_trim(c);
        block = wg__mem_new(&c->hook, size);
    }
    return block;
}

static void give_block(wg_cache *c, void *block, size_t size)
{
    unsigned class = class_of(size);
    size = class < WG_CACHE_CLASSES ? class_size(class) : size;
    bool keep = class < WG_CACHE_CLASSES && size <= c->limit;
    if (keep && atomic_fetch_add(&c->bytes, size) > c->limit - size) {
        atomic_fetch_sub(&c->bytes, size);
        keep = false;
    }
    if (!keep) {
        wg__mem_free(&c->hook, block, size);
        return;
    }
    set_next(block, NULL);
    put(c, class, block);
}

static void *cached(void *user, void *memory, size_t old_size, size_t new_size)
{
    wg_cache *c = user;
    if (!memory)
        return new_block(c, new_size);
    if (new_size == 0) {
        give_block(c, memory, old_size);
        return NULL;
    }
    unsigned class = class_of(new_size);
    if (class == class_of(old_size))
        return class < WG_CACHE_CLASSES ? memory : wg__mem_resize(&c->hook, memory, old_size, new_size);
    void *fresh = new_block(c, new_size);
    if (!fresh)
        return NULL;
    memcpy(fresh, memory, old_size < new_size ? old_size : new_size);
    give_block(c, memory, old_size);
    return fresh;
}

/* ---- Its life --------------------------------------------------------------------------------------- */

void wg__cache_begin(wg_cache *cache, const wg_allocator *hook, size_t limit)
{
    cache->hook = *hook;
    cache->limit = limit ? limit : WG_CACHE_LIMIT;
}

wg_cache *wg_cache_new(const wg_allocator *allocator, size_t limit)
{
    wg_allocator hook = wg__allocator_or_default(allocator);
    wg_cache *cache = wg__mem_zero(&hook, sizeof *cache);
    if (cache)
        wg__cache_begin(cache, &hook, limit);
    return cache;
}

void wg_cache_free(wg_cache *cache)
{
    if (!cache)
        return;
    wg_allocator hook = cache->hook;
    wg_cache_trim(cache);
    wg__mem_free(&hook, cache, sizeof *cache);
}

wg_allocator wg_cache_allocator(wg_cache *cache)
{
    return cache ? (wg_allocator){.resize = cached, .user = cache} : (wg_allocator){0};
}

size_t wg_cache_bytes(const wg_cache *cache)
{
    return cache ? atomic_load(&cache->bytes) : 0;
}
