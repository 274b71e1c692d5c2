/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* words.h - the names that a data set keeps: of its classes, of its columns. */
#ifndef WG_DATA_WORDS_H
#define WG_DATA_WORDS_H

#include "base/alloc.h"

/* One block: the pointers, then the texts they point to.
 *
 *      word   [0] [1] ... [count - 1]   "setosa" "versicolor" ... */
typedef struct wg_words {
    const char **word; /* NULL when count is 0 */
    size_t count, bytes;
} wg_words;

/* Copies; false when there is no memory, and *words is then empty. */
bool wg__words_copy(wg_words *words, const wg_allocator *allocator, const char *const *texts, size_t count);
void wg__words_free(wg_words *words, const wg_allocator *allocator);

/* NULL when there is no i-th. */
const char *wg__words_at(const wg_words *words, size_t i);

#endif
