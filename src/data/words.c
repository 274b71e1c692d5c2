/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/words.h"

#include <stdint.h>
#include <string.h>

/* The texts are in memory, so their lengths add up without overflow; the pointers' bytes may not. */
static bool size_of(const char *const *texts, size_t count, size_t *bytes)
{
    if (!wg__mul_size(count, sizeof *texts, bytes))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]) + 1;
        if (length > SIZE_MAX - *bytes)
            return false;
        *bytes += length;
    }
    return true;
}

bool wg__words_copy(wg_words *words, const wg_allocator *allocator, const char *const *texts, size_t count)
{
    size_t bytes;
    *words = (wg_words){0};
    if (count == 0)
        return true;
    void *block = size_of(texts, count, &bytes) ? wg__mem_new(allocator, bytes) : NULL;
    if (!block)
        return false;
    *words = (wg_words){block, count, bytes};
    char *text = (char *)block + count * sizeof *words->word;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]) + 1;
        words->word[i] = memcpy(text, texts[i], length);
        text += length;
    }
    return true;
}

void wg__words_free(wg_words *words, const wg_allocator *allocator)
{
    wg__mem_free(allocator, (void *)words->word, words->bytes);
    *words = (wg_words){0};
}

const char *wg__words_at(const wg_words *words, size_t i)
{
    return i < words->count ? words->word[i] : NULL;
}
