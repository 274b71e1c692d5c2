/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot_surface.c - cells behind the series. Neighbours of one colour in a row are one rectangle, and all
 * rectangles of a colour one path, so that a field of 200 by 200 cells is a file of some ten thousand
 * bytes. */

#include "base/element.h"
#include "view/plot.h"

#include <math.h>

enum { LEVELS = 32, BLANK = -1 };

/* The colour's number: a class, or one of the levels from low to high. */
static int level_of(const wg_plot_surface *s, size_t cell)
{
    double value = wg__element_at(s->values.data, s->values.dtype, cell);
    if (s->values.dtype == WG_I32)
        return value < 0 ? BLANK : (int)fmod(value, WG_PLOT_COLOURS);
    double low = s->low, high = s->low == 0 && s->high == 0 ? 1 : s->high;
    double part = (value - low) / (high - low);
    return isnan(part) ? BLANK : part <= 0 ? 0 : part >= 1 ? LEVELS - 1 : (int)(part * LEVELS);
}

static wg_colour level_colour(const wg_plot_surface *s, int level)
{
    const double strongest = 0.55;
    if (s->values.dtype == WG_I32)
        return wg__plot_colour_at((size_t)level, 0.3);
    double side = 2 * (level + 0.5) / LEVELS - 1;
    return wg__plot_colour_at(side > 0, fabs(side) * strongest);
}

/* The left edge of column `cell` of `count`, or the lower one of a row. */
static int edge(const wg_axis *axis, double low, double high, size_t cell, size_t count)
{
    return wg__axis_place(axis, low + (high - low) * ((double)cell / (double)count));
}

static void draw_level(wg_plot *plot, const wg_plot_surface *s, int level)
{
    size_t rows = s->values.shape.dim[0], columns = s->values.shape.dim[1];
    bool any = false;
    for (size_t r = 0; r < rows; r++) {
        int low = edge(&plot->y, s->y_low, s->y_high, r, rows);
        int high = edge(&plot->y, s->y_low, s->y_high, r + 1, rows);
        for (size_t c = 0; c < columns; c++) {
            size_t begin = c;
            while (c < columns && level_of(s, r * columns + c) == level)
                c++;
            if (c == begin)
                continue;
            int left = edge(&plot->x, s->x_low, s->x_high, begin, columns);
            int right = edge(&plot->x, s->x_low, s->x_high, c, columns);
            wg__svg_put(&plot->svg, "%sM%d %dh%dv%dH%dz", any ? "" : "<path d=\"", left, high, right - left,
                low - high, left);
            any = true;
        }
    }
    wg_colour colour = level_colour(s, level);
    if (any)
        wg__svg_put(&plot->svg, "\" fill=\"#%02x%02x%02x\"/>\n", colour.red, colour.green, colour.blue);
}

void wg__plot_draw_surface(wg_plot *plot)
{
    const wg_plot_surface *s = plot->options.surface;
    if (!s)
        return;
    wg__svg_put(&plot->svg, "<g shape-rendering=\"crispEdges\">\n");
    for (int level = 0; level < (s->values.dtype == WG_I32 ? (int)WG_PLOT_COLOURS : (int)LEVELS); level++)
        draw_level(plot, s, level);
    wg__svg_put(&plot->svg, "</g>\n");
}
