/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "view/svg.h"
#include "base/alloc.h"
#include "base/format.h"
#include "view/letters.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Room for `size` more characters and a NUL. */
static bool reserve(wg_svg *svg, size_t size)
{
    void *text = svg->text;
    svg->failed =
        svg->failed || !wg__mem_reserve(&svg->allocator, &text, &svg->capacity, svg->count + size + 1, 1);
    svg->text = text;
    return !svg->failed;
}

void wg__svg_put(wg_svg *svg, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = wg__format_list(NULL, 0, format, arguments);
    if (length > 0 && reserve(svg, (size_t)length)) {
        wg__format_list(svg->text + svg->count, (size_t)length + 1, format, again);
        svg->count += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

/* A character that XML 1.0 allows. */
static bool is_character(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

void wg__svg_put_words(wg_svg *svg, const char *words)
{
    while (*words) {
        const char *begin = words;
        uint32_t c = wg__letter_next(&words);
        if (!is_character(c))
            c = WG_REPLACEMENT;
        if (c == '&' || c == '<' || c == '>' || c == '"' || c < ' ' || c == WG_REPLACEMENT)
            wg__svg_put(svg, "&#%u;", (unsigned)c);
        else
            wg__svg_put(svg, "%.*s", (int)(words - begin), begin);
    }
}

void wg__svg_free(wg_svg *svg)
{
    wg__mem_free(&svg->allocator, svg->text, svg->capacity);
    svg->text = NULL;
    svg->count = svg->capacity = 0;
}
