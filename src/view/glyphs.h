/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* glyphs.h - a small alphabet of 5 by 7 pixels. */
#ifndef WG_VIEW_GLYPHS_H
#define WG_VIEW_GLYPHS_H

#include <stdint.h>

enum { WG_GLYPH_WIDTH = 5, WG_GLYPH_HEIGHT = 7 };

/* The rows of a character from the top, in each the leftmost pixel in bit 4; a box when it is not in the
 * alphabet, which has no small letters: they are capitals. */
const unsigned char *wg__glyph(uint32_t character);

#endif
