/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "view/letters.h"

#include <stdbool.h>
#include <string.h>

uint32_t wg__letter_next(const char **words)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)*words;
    unsigned char head = byte[0];
    size_t more = head < 0x80 ? 0 : head >> 5 == 6 ? 1 : head >> 4 == 14 ? 2 : head >> 3 == 30 ? 3 : SIZE_MAX;
    ++*words;
    if (more == SIZE_MAX)
        return WG_REPLACEMENT;
    uint32_t c = more ? head & (0x3Fu >> more) : head;
    for (size_t i = 1; i <= more; i++) {
        if (byte[i] >> 6 != 2)
            return WG_REPLACEMENT;
        c = c << 6 | (byte[i] & 0x3Fu);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return WG_REPLACEMENT;
    *words += more;
    return c;
}

typedef struct range {
    uint32_t first, last;
} range;

/* Marks that join the character before them: those of Latin, Cyrillic, Hebrew, Arabic, kana, mathematics and
 * emoji, and characters that are not seen. */
static const range joined[] = {{0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x610, 0x61A}, {0x64B, 0x65F},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

/* Unicode's East Asian width W or F, by blocks: Hangul, radicals, kana, ideographs, Yi, full-width forms,
 * pictures, further ideographs. */
static const range wide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x4DBF}, {0x4E00, 0xA4CF},
    {0xA960, 0xA97C}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

static bool within(uint32_t c, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

size_t wg__columns(const char *words)
{
    size_t columns = 0;
    while (*words) {
        uint32_t c = wg__letter_next(&words);
        if (!within(c, joined, sizeof joined / sizeof joined[0]))
            columns += within(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
    }
    return columns;
}

void wg__letters_trim(char *text)
{
    size_t length = strlen(text), begin = length;
    while (begin > 0 && length - begin < 3 && (unsigned char)text[begin - 1] >> 6 == 2)
        begin--;
    if (begin == 0 || (unsigned char)text[begin - 1] < 0xC0)
        return;
    const char *last = text + --begin;
    if (wg__letter_next(&last) == WG_REPLACEMENT)
        text[begin] = 0;
}
