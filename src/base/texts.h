/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* texts.h - memory for texts, or for a small struct that ends in one: given back one by one, in any order.
 *
 * Sizes are rounded up to powers of two, from 16 bytes on. A text's memory is cut off an arena; given back,
 * it waits in the list of its size for the next one who wants as much. */
#ifndef WG_BASE_TEXTS_H
#define WG_BASE_TEXTS_H

#include "base/arena.h"

enum { WG_TEXT_SIZES = 8 * sizeof(size_t) };

typedef struct wg_texts {
    wg_arena arena;
    void *waiting[WG_TEXT_SIZES]; /* the first word of each is the next one */
} wg_texts;

/* Garbage at first, aligned to 16; NULL when there is no memory. */
void *wg__text_take(wg_texts *texts, size_t size);

/* `size` is what was asked for. */
void wg__text_give(wg_texts *texts, void *memory, size_t size);

/* Gives all back at once; the arena's memory stays. */
void wg__texts_reset(wg_texts *texts);

#endif
