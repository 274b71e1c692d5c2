/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* svg.h - the text of an SVG picture, as it is written. Lengths are whole tenths of a pixel. */
#ifndef WG_VIEW_SVG_H
#define WG_VIEW_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <wengert/alloc.h>

enum { WG_PIXEL = 10 };

typedef struct wg_svg {
    wg_allocator allocator;
    char *text;
    size_t count, capacity;
    bool failed; /* no memory: what is put from then on is lost */
} wg_svg;

/* As printf. */
void wg__svg_put(wg_svg *svg, const char *format, ...) WG_PRINTF(2, 3);

/* Words of the caller's, which can stand anywhere between tags or quotes: markup is escaped, and what is no
 * character of XML or no UTF-8 becomes U+FFFD. */
void wg__svg_put_words(wg_svg *svg, const char *words);

void wg__svg_free(wg_svg *svg);

#endif
