/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *c_library(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

wg_allocator wg__allocator_or_default(const wg_allocator *hook)
{
    return hook && hook->resize ? *hook : (wg_allocator){.resize = c_library};
}

void *wg__mem_new(const wg_allocator *a, size_t size)
{
    return size && size <= PTRDIFF_MAX ? a->resize(a->user, NULL, 0, size) : NULL; /* nothing is larger */
}

void *wg__mem_resize(const wg_allocator *a, void *memory, size_t old_size, size_t new_size)
{
    return a->resize(a->user, memory, old_size, new_size);
}

void wg__mem_free(const wg_allocator *a, void *memory, size_t size)
{
    if (memory)
        a->resize(a->user, memory, size, 0);
}

void *wg__mem_zero(const wg_allocator *a, size_t size)
{
    void *memory = wg__mem_new(a, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

/* The hook promises malloc's alignment only: take a line more, and keep the distance to the true start in the
 * bytes before the aligned address (the distance is at least one pointer, since malloc's alignment divides
 * the line). */
void *wg__mem_aligned_new(const wg_allocator *a, size_t size)
{
    if (size == 0 || size > PTRDIFF_MAX - WG_ALIGNMENT)
        return NULL;
    char *start = wg__mem_new(a, size + WG_ALIGNMENT);
    if (!start)
        return NULL;
    char *aligned = start + (WG_ALIGNMENT - (uintptr_t)start % WG_ALIGNMENT);
    memcpy(aligned - sizeof start, &start, sizeof start);
    return aligned;
}

void wg__mem_aligned_free(const wg_allocator *a, void *memory, size_t size)
{
    if (memory) {
        char *start;
        memcpy(&start, (char *)memory - sizeof start, sizeof start);
        wg__mem_free(a, start, size + WG_ALIGNMENT);
    }
}

bool wg__mul_size(size_t a, size_t b, size_t *product)
{
    *product = a * b;
    return b == 0 || a <= SIZE_MAX / b;
}

bool wg__mem_reserve(const wg_allocator *a, void **array, size_t *capacity, size_t needed, size_t size)
{
    if (needed <= *capacity)
        return true;
    size_t larger = *capacity <= SIZE_MAX / 2 ? *capacity * 2 : SIZE_MAX;
    if (larger < needed)
        larger = needed;
    if (larger < 16)
        larger = 16;
    size_t bytes;
    if (!wg__mul_size(larger, size, &bytes))
        return false;
    void *memory = wg__mem_resize(a, *array, *capacity * size, bytes);
    if (!memory)
        return false;
    *array = memory;
    *capacity = larger;
    return true;
}
