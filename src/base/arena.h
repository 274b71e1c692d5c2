/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* arena.h - memory that is taken piece by piece and given back all at once, or down to a mark.
 *
 *     chunk 0 [#########]  chunk 1 [####.....]  chunk 2 [.........]
 *                                       ^ place = {1, 4}
 *
 * Chunks never move and stay for the next recording. */
#ifndef WG_BASE_ARENA_H
#define WG_BASE_ARENA_H

#include "base/alloc.h"

typedef struct wg_place {
    size_t chunk, used;
} wg_place;

typedef struct wg_arena {
    const wg_allocator *memory;
    struct wg_chunk {
        char *start;
        size_t size;
    } * chunks;
    size_t count, capacity;
    wg_place place; /* of the next piece */
} wg_arena;

/* `size` bytes aligned to 16; NULL when there is no memory. Size 0 is a good pointer too. */
void *wg__arena_take(wg_arena *arena, size_t size);

void wg__arena_rewind(wg_arena *arena, wg_place place);
void wg__arena_free(wg_arena *arena);

#endif
