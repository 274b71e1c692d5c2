/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/texts.h"

#include <string.h>

/* The smallest s with 2^s >= size, at least 4. */
static unsigned size_of(size_t size)
{
    unsigned s = 4;
    while (s < WG_TEXT_SIZES - 1 && (size_t)1 << s < size)
        s++;
    return s;
}

void *wg__text_take(wg_texts *texts, size_t size)
{
    unsigned s = size_of(size);
    void *memory = texts->waiting[s];
    if (!memory)
        return size <= (size_t)1 << s ? wg__arena_take(&texts->arena, (size_t)1 << s) : NULL;
    memcpy(&texts->waiting[s], memory, sizeof memory);
    return memory;
}

void wg__text_give(wg_texts *texts, void *memory, size_t size)
{
    unsigned s = size_of(size);
    memcpy(memory, &texts->waiting[s], sizeof memory);
    texts->waiting[s] = memory;
}

void wg__texts_reset(wg_texts *texts)
{
    memset(texts->waiting, 0, sizeof texts->waiting);
    wg__arena_rewind(&texts->arena, (wg_place){0});
}
