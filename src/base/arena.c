/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/arena.h"

enum { CHUNK = 16384, PIECE = 16 };

static bool add_chunk(wg_arena *arena, size_t least)
{
    if (!wg__mem_reserve(arena->memory, (void **)&arena->chunks, &arena->capacity, arena->count + 1,
            sizeof *arena->chunks))
        return false;
    size_t size = least > CHUNK ? least : CHUNK;
    char *start = wg__mem_aligned_new(arena->memory, size);
    if (!start)
        return false;
    arena->chunks[arena->count++] = (struct wg_chunk){start, size};
    return true;
}

void *wg__arena_take(wg_arena *arena, size_t size)
{
    if (size > (size_t)-1 - PIECE)
        return NULL;
    size = (size + PIECE - 1) / PIECE * PIECE;
    while (arena->place.chunk < arena->count) {
        struct wg_chunk *chunk = &arena->chunks[arena->place.chunk];
        if (chunk->size - arena->place.used >= size) {
            void *piece = chunk->start + arena->place.used;
            arena->place.used += size;
            return piece;
        }
        arena->place = (wg_place){arena->place.chunk + 1, 0};
    }
    if (!add_chunk(arena, size))
        return NULL;
    arena->place.used = size;
    return arena->chunks[arena->place.chunk].start;
}

void wg__arena_rewind(wg_arena *arena, wg_place place)
{
    arena->place = place;
}

void wg__arena_free(wg_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        wg__mem_aligned_free(arena->memory, arena->chunks[i].start, arena->chunks[i].size);
    wg__mem_free(arena->memory, arena->chunks, arena->capacity * sizeof *arena->chunks);
    arena->chunks = NULL;
    arena->count = arena->capacity = 0;
    arena->place = (wg_place){0};
}
