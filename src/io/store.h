/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* store.h - a parameter store's arrays in an archive, each under a prefix and its full name. */
#ifndef WG_IO_STORE_H
#define WG_IO_STORE_H

#include <wengert/checkpoint.h>

#define WG_STORE_KIND "wengert.kind"
#define WG_STORE_LAYOUT "wengert.layout"
#define WG_STORE_PARAMETERS "parameters"
#define WG_STORE_TRAINING "training"
#define WG_STORE_PREFIX "params/" /* of a training's parameters */

/* prefix + name, in memory of the allocator's (strlen + 1 bytes), or NULL. */
char *wg__joined(const wg_allocator *memory, const char *prefix, const char *name);
void wg__joined_free(const wg_allocator *memory, char *text);

/* The rest of a name that begins with the prefix; NULL for another. */
const char *wg__after_prefix(const char *prefix, const char *name);

/* Adds an array under prefix + name, borrowed. */
wg_status wg__add_prefixed(
    wg_archive *archive, const char *prefix, const char *name, wg_array array, wg_error *error);

/* Adds all arrays, borrowed, and the notes about them. */
wg_status wg__store_put(
    wg_archive *archive, const char *prefix, const char *kind, const wg_params *params, wg_error *error);

/* Is the array of this name (without the prefix) a buffer? WG_OUT_OF_MEMORY when that cannot be said. */
wg_status wg__store_is_buffer(const wg_archive *archive, const char *name, bool *buffer, wg_error *error);

/* Which array of the archive goes to which of the store. */
typedef struct wg_match {
    const wg_archive *archive;
    const char *prefix, *path;
    wg_params *params;
    size_t *place; /* the archive's number of array i of the store, or SIZE_MAX */
    size_t count;
    bool turns;  /* the file's matrices lie the other way */
    bool unsure; /* nobody says how they lie */
    wg_params_load_report report;
} wg_match;

/* Compares, and fails as wg_params_load says. A store without arrays is given none here: nothing is missing,
 * and what is extra will be made. wg__match_free follows. */
wg_status wg__match_new(wg_match *match, const wg_params_load_options *options, wg_error *error);

/* Makes the arrays of a store that has none, and matches anew. */
wg_status wg__match_fill(wg_match *match, wg_error *error);

/* Copies the values; it cannot fail. */
void wg__match_load(wg_match *match);
void wg__match_free(wg_match *match);

#endif
