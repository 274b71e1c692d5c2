/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* letters.h - the characters of UTF-8 text, and how wide a terminal shows them. */
#ifndef WG_VIEW_LETTERS_H
#define WG_VIEW_LETTERS_H

#include <stddef.h>
#include <stdint.h>

enum { WG_REPLACEMENT = 0xFFFD };

/* The character at *words, which is moved past it; a byte that begins none (RFC 3629) is one
 * WG_REPLACEMENT. */
uint32_t wg__letter_next(const char **words);

/* How many columns of a terminal they take: two for a wide character (East Asian ones, pictures), none for a
 * mark that is set on the one before it, else one. */
size_t wg__columns(const char *words);

/* Of text that was cut within a character, the rest of that goes. */
void wg__letters_trim(char *text);

#endif
