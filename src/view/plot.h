/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot.h - a plot while it is drawn. All lengths are in the picture's units (svg.h).
 *
 *     title
 *     -- a   o b                   legend
 *           |                      top
 *         y |      field
 *           |                      bottom
 *           +-------------------
 *             1     2     3        ticks, or names
 *                  x
 *         left              right
 */
#ifndef WG_VIEW_PLOT_H
#define WG_VIEW_PLOT_H

#include <wengert/picture.h>
#include <wengert/plot.h>

#include "view/axis.h"
#include "view/svg.h"

typedef struct wg_plot {
    const char *path;
    const wg_plot_series *series;
    size_t count;
    wg_plot_options options;
    wg_svg svg;
    wg_axis x, y;
    int width, height, left, right, top, bottom;
    bool slanted; /* the names below the axis, which are too wide to stand side by side */
} wg_plot;

/* ---- plot_series.c --------------------------------------------------------------------------------- */

/* WG_OK when everything can be drawn. */
wg_status wg__plot_check(const wg_plot *plot, wg_error *error);

typedef struct wg_point {
    double x, y;
    size_t class;
    bool shown; /* both are numbers */
} wg_point;

size_t wg__plot_points(const wg_plot_series *series);
wg_point wg__plot_point(const wg_plot_series *series, size_t i);

/* Element i as double; NaN for what is no number below 1e300. */
double wg__plot_number(const wg_array *array, size_t i);

/* How many classes a series of classes has; at least 1. */
size_t wg__plot_classes(const wg_plot_series *series);

/* ---- plot_marks.c ---------------------------------------------------------------------------------- */

enum { WG_PLOT_COLOURS = 8 };

/* Colour i of the palette, 0 to 7, or a colour between white (strength 0) and it (strength 1). */
wg_colour wg__plot_colour_at(size_t i, double strength);

/* The place in the palette of series i. */
size_t wg__plot_colour_of(const wg_plot *plot, size_t i);

/* Half of the distance between neighbouring bars. */
double wg__plot_bar_reach(const wg_plot *plot);

void wg__plot_draw_series(wg_plot *plot);

/* The sign of series i in the legend, from x on and about y; of its class `class` when it has several. */
void wg__plot_draw_sign(wg_plot *plot, size_t i, size_t class, int x, int y);

/* ---- plot_surface.c, plot_frame.c ------------------------------------------------------------------ */

void wg__plot_draw_surface(wg_plot *plot);

/* Where things are: fills the lengths and the axes' ticks. `whole`: every x is a whole number. */
void wg__plot_lay_out(wg_plot *plot, bool whole);

void wg__plot_draw_grid(wg_plot *plot);
void wg__plot_draw_frame(wg_plot *plot);

#endif
