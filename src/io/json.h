/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* json.h - JSON (RFC 8259) read from end to end, without a tree: memory is the text's own.
 *
 *      {"shape" : [2, 3]}         wg__json_enter '{', wg__json_more, wg__json_key "shape",
 *                                 wg__json_enter '[', more, size 2, more, size 3, more: no; more: no
 *
 * Texts lose their escapes where they lie, and end with a 0 in the place of their quote. A question for what
 * is not there is answered by no, and nothing is read; `fault` says when it is no JSON at all. */
#ifndef WG_IO_JSON_H
#define WG_IO_JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef struct wg_json {
    char *begin, *at, *end;
    const char *fault; /* why it is no JSON at `at`; NULL so far */
    bool first;        /* nothing of the innermost list or object was read */
} wg_json;

wg_json wg__json_of(char *text, size_t length);

/* Goes into an object '{' or a list '['. */
bool wg__json_enter(wg_json *json, char open);

/* Is there one more in it? If not, this leaves it. */
bool wg__json_more(wg_json *json, char open);

/* A text, valid UTF-8 without a 0; a key is one and its colon. NULL for something else. */
const char *wg__json_text(wg_json *json);
const char *wg__json_key(wg_json *json);

/* An integer that size_t holds. */
bool wg__json_size(wg_json *json, size_t *size);

/* Goes past any value. */
bool wg__json_skip(wg_json *json);

/* Does nothing but blanks follow? */
bool wg__json_ended(wg_json *json);

#endif
