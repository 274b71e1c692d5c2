/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* picture.h - sheets of grey images with captions, written as picture files: what a filter looks like, which
 * digits were misread.
 *
 *      wg_tile tile = {.grey = pixels, .rows = 28, .columns = 28};
 *      tile.captions[0] = (wg_caption){"READ 1", red};
 *      wg_sheet_write("misread.png", &tile, 1, NULL, &error);
 */
#ifndef WENGERT_PICTURE_H
#define WENGERT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* A colour: red, green and blue, 0 to 255 each. */
typedef struct wg_colour {
    unsigned char red, green, blue;
} wg_colour;

/* A text of some colour under an image, UTF-8; NULL or "" for none. The letters A to Z (small ones are drawn
 * as capitals), digits and . , : ; - + = % / < > ( ) ' _ ! ? are drawn; a character of another script, or
 * another sign, is an empty box; what is wider than the tile is cut. */
typedef struct wg_caption {
    const char *text;
    wg_colour colour;
} wg_caption;

/* One image of a sheet: rows times columns grey values, row-major, borrowed for the call. A value of 0 is
 * painted black and 1 white, or what the options' `low` and `high` say; beyond these it is clamped, and NaN
 * is painted red. */
typedef struct wg_tile {
    const float *grey;
    size_t rows, columns;
    wg_caption captions[2]; /* at the left and at the right below the image */
} wg_tile;

typedef struct wg_sheet_options {
    const char *title; /* above all; NULL for none */
    size_t per_row;    /* images side by side; 0: about as many as rows */
    size_t zoom; /* pixels of the picture for one of the image, each way; 0: as many as make the widest image
                    at least 84 wide */
    double low, high; /* painted black and white; both 0: 0 and 1. low > high paints the negative */
    wg_colour paper;  /* behind images and captions; black by default */
} wg_sheet_options;

/* Writes the sheet to a file whose ending says the format: ".png" (if the library was built with libpng),
 * ".ppm", or
 * ".pgm" (colours become grey). Images of several sizes share cells as large as the largest. NULL options are
 * the defaults. Errors: WG_INVALID (no tiles, unknown ending, ".png" without libpng), WG_OVERFLOW,
 * WG_OUT_OF_MEMORY, WG_FILE; the message names the file. A file that could not be written whole is removed.
 */
WG_API wg_status wg_sheet_write(
    const char *path, const wg_tile *tiles, size_t count, const wg_sheet_options *options, wg_error *error);

/* WG_OK when the path's ending is one that wg_sheet_write can write; else its error: so that a program can
 * say so before it works for an hour. */
WG_API wg_status wg_sheet_check_path(const char *path, wg_error *error);

WG_END_DECLS
#endif
