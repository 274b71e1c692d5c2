/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "view/svg.h"
#include "base/alloc.h"
#include "base/format.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Room for `size` more characters and a NUL. */
static bool reserve(wg_svg *svg, size_t size)
{
    void *text = svg->text;
    svg->failed =
        svg->failed || !wg_mem_reserve(&svg->allocator, &text, &svg->capacity, svg->count + size + 1, 1);
    svg->text = text;
    return !svg->failed;
}

void wg_svg_put(wg_svg *svg, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = wg_format_list(NULL, 0, format, arguments);
    if (length > 0 && reserve(svg, (size_t)length)) {
        wg_format_list(svg->text + svg->count, (size_t)length + 1, format, again);
        svg->count += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

/* ---- UTF-8 (RFC 3629) ------------------------------------------------------------------------------ */

enum { REPLACEMENT = 0xFFFD };

/* A character that XML 1.0 allows. */
static bool is_character(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c < 0xFFFE) ||
           (c >= 0x10000 && c < 0x110000);
}

/* The character at *words, which it is moved past; a byte that begins none is one REPLACEMENT. */
static uint32_t next_character(const char **words)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)*words;
    unsigned char head = byte[0];
    size_t more = head < 0x80 ? 0 : head >> 5 == 6 ? 1 : head >> 4 == 14 ? 2 : head >> 3 == 30 ? 3 : SIZE_MAX;
    ++*words;
    if (more == SIZE_MAX)
        return REPLACEMENT;
    uint32_t c = more ? head & (0x3Fu >> more) : head;
    for (size_t i = 1; i <= more; i++) {
        if (byte[i] >> 6 != 2)
            return REPLACEMENT;
        c = c << 6 | (byte[i] & 0x3Fu);
    }
    if (c < least[more] || !is_character(c))
        return REPLACEMENT;
    *words += more;
    return c;
}

void wg_svg_put_words(wg_svg *svg, const char *words)
{
    while (*words) {
        const char *begin = words;
        uint32_t c = next_character(&words);
        if (c == '&' || c == '<' || c == '>' || c == '"' || c < ' ' || c == REPLACEMENT)
            wg_svg_put(svg, "&#%u;", (unsigned)c);
        else
            wg_svg_put(svg, "%.*s", (int)(words - begin), begin);
    }
}

size_t wg_svg_letters(const char *words)
{
    size_t letters = 0;
    while (*words) {
        next_character(&words);
        letters++;
    }
    return letters;
}

void wg_svg_free(wg_svg *svg)
{
    wg_mem_free(&svg->allocator, svg->text, svg->capacity);
    svg->text = NULL;
    svg->count = svg->capacity = 0;
}
