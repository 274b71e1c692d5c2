/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot.h - curves, points and bars on two axes, written as a picture file (SVG): a loss as it falls, a fit
 * through its data, where a network decides for which class.
 *
 *      const wg_plot_series series[] = {
 *          {.kind = WG_PLOT_POINTS, .x = WG_DOUBLES(x, n), .y = WG_DOUBLES(y, n), .label = "measured"},
 *          {.x = WG_DOUBLES(at, 200), .y = WG_DOUBLES(fit, 200), .label = "fitted"}};
 *      wg_plot_write("fit.svg", series, 2, &(wg_plot_options){.x_label = "time (s)"}, &error);
 *
 * Ticks stand at "nice" numbers (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990). The colours
 * are those of Okabe and Ito ("Color universal design", 2002), which people see apart whatever their colour
 * vision; points differ in shape, too. */
#ifndef WENGERT_PLOT_H
#define WENGERT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <wengert/alloc.h>
#include <wengert/array.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* The palette, in the order in which series take it. */
typedef enum wg_plot_colour {
    WG_PLOT_NEXT, /* the first series is blue, the second vermilion, ..., the ninth blue again */
    WG_PLOT_BLUE,
    WG_PLOT_VERMILION,
    WG_PLOT_GREEN,
    WG_PLOT_PURPLE,
    WG_PLOT_ORANGE,
    WG_PLOT_SKY,
    WG_PLOT_BLACK,
    WG_PLOT_YELLOW
} wg_plot_colour;

/* What is drawn of a series. */
typedef enum wg_plot_kind {
    WG_PLOT_LINE,   /* from point to point */
    WG_PLOT_POINTS, /* a mark at each */
    WG_PLOT_BARS,   /* from 0, or from the lower end of a logarithmic axis; several series side by side */
    WG_PLOT_CLASSES /* labelled samples: x [n, 2] are their places, y i32 [n] their classes, and class 0 has
                       the palette's first colour, class 1 the second, ... */
} wg_plot_kind;

/* n numbers over n others. The arrays are borrowed for the call: f64, f32 or i32, of any shape, read in
 * row-major order. A point with NaN or an infinity is left out, and leaves a gap in a line; so is one beyond
 * 1e300. */
typedef struct wg_plot_series {
    wg_plot_kind kind;     /* {0}: a line */
    wg_array x;            /* {0}: 1, 2, 3, ... */
    wg_array y;            /* as many */
    const char *label;     /* in the legend; NULL: not there */
    wg_plot_colour colour; /* {0}: the palette's next */
    bool dashed;           /* a line: what is meant to be, or another's */
} wg_plot_series;

/* A field of equal cells painted behind the series. values [rows, columns], row 0 at the bottom, cover
 * x_low .. x_high and y_low .. y_high: cell (r, c) is the value at its middle,
 *      x = x_low + (c + 1/2) (x_high - x_low) / columns,       y = y_low + (r + 1/2) (y_high - y_low) / rows.
 * i32 values are classes, in a light tint of the class's colour (a negative one is left blank). f32 and f64
 * values go from blue at `low` over white to vermilion at `high`: the colours of class 0 and class 1, if they
 * are the probability of the latter; beyond these they are clamped, and NaN is left blank. */
typedef struct wg_plot_surface {
    wg_array values;
    double x_low, x_high, y_low, y_high;
    double low, high; /* both 0: 0 and 1 */
} wg_plot_surface;

typedef struct wg_plot_options {
    const char *title, *x_label, *y_label; /* UTF-8; NULL for none */
    bool log_x, log_y;                     /* logarithmic: every number there must be positive */
    double x_low, x_high, y_low, y_high;   /* what an axis shows; both 0: all that there is */
    size_t width, height;                  /* in pixels of 1/96 inch, 160 to 8192; 0: 640 and 400 */
    const wg_plot_surface *surface;        /* NULL for none; it needs linear axes */
    const char *const *names;              /* under the x axis at 1, 2, 3, ... instead of numbers */
    size_t name_count;                     /* of them */
    wg_allocator allocator;                /* {0}: malloc */
} wg_plot_options;

/* Writes the plot to a file whose name ends in ".svg". NULL options are the defaults; with no series, or none
 * with a finite point, the axes are empty. A file that cannot be written whole stays as it was. The same
 * arguments give the same bytes. Errors, in a message that names the file and the series: WG_INVALID (an
 * option, a range upside down, a number that is not positive on a logarithmic axis, bars or a surface on
 * one), WG_BAD_SHAPE (x and y, or a surface that is no matrix), WG_BAD_DTYPE, WG_BAD_INDEX (a negative
 * class), WG_OUT_OF_MEMORY, WG_FILE. */
WG_API wg_status wg_plot_write(const char *path, const wg_plot_series *series, size_t count,
    const wg_plot_options *options, wg_error *error);

WG_END_DECLS
#endif
