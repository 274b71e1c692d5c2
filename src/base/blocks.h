/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* blocks.h - a cache of blocks of numbers, so that a training loop stops allocating after its first step.
 *
 *     [ wg_block: class, references, next ][ numbers, 64-byte aligned ... ]
 *
 * Sizes are rounded up to classes, four to each power of two; a block that nobody refers to any more waits in
 * the list of its class. A block may have several owners (a reshaped tensor shares its numbers): each holds
 * one reference. */
#ifndef WG_BASE_BLOCKS_H
#define WG_BASE_BLOCKS_H

#include "base/alloc.h"

enum { WG_BLOCK_CLASSES = 4 * 64 };

typedef struct wg_block {
    struct wg_block *next; /* while it waits */
    size_t references;
    unsigned class;
} wg_block;

typedef struct wg_blocks {
    const wg_allocator *memory;
    wg_block *waiting[WG_BLOCK_CLASSES];
} wg_blocks;

/* A block of at least `size` bytes with one reference, garbage at first; NULL when there is no memory. */
wg_block *wg__block_take(wg_blocks *blocks, size_t size);

/* One more owner; one less (NULL is allowed). */
wg_block *wg__block_share(wg_block *block);
void wg__block_give(wg_blocks *blocks, wg_block *block);

/* The numbers. */
static inline void *wg__block_data(wg_block *block)
{
    return (char *)block + WG_ALIGNMENT;
}

/* Frees every waiting block. */
void wg__blocks_trim(wg_blocks *blocks);

#endif
