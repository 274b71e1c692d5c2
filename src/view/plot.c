/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot.c - a plot from the outside in: checks, ranges, layout, then each part in the order of painting. */

#include "view/plot.h"

#include <math.h>
#include <string.h>
#include "base/alloc.h"
#include "base/sink.h"

/* ---- What the axes show ---------------------------------------------------------------------------- */

typedef struct extent {
    wg_interval x, y;
    bool bars;
    bool whole; /* every x is a whole number */
} extent;

static void add_series(extent *e, const wg_plot *plot, const wg_plot_series *s)
{
    double reach = s->kind == WG_PLOT_BARS ? wg__plot_bar_reach(plot) : 0;
    for (size_t i = 0; i < wg__plot_points(s); i++) {
        wg_point p = wg__plot_point(s, i);
        if (!p.shown)
            continue;
        wg__interval_add(&e->x, p.x - reach);
        wg__interval_add(&e->x, p.x + reach);
        wg__interval_add(&e->y, p.y);
        e->whole = e->whole && p.x == floor(p.x);
        if (s->kind == WG_PLOT_BARS) {
            e->bars = true;
            if (!plot->options.log_y)
                wg__interval_add(&e->y, 0);
        }
    }
}

static void add_surface(extent *e, const wg_plot_surface *s)
{
    wg__interval_add(&e->x, s->x_low);
    wg__interval_add(&e->x, s->x_high);
    wg__interval_add(&e->y, s->y_low);
    wg__interval_add(&e->y, s->y_high);
}

/* Returns whether the ticks of x are whole numbers. */
static bool set_axes(wg_plot *plot)
{
    const wg_plot_options *o = &plot->options;
    const wg_interval none = {HUGE_VAL, -HUGE_VAL};
    extent e = {none, none, false, true};
    for (size_t i = 0; i < plot->count; i++)
        add_series(&e, plot, &plot->series[i]);
    if (o->surface)
        add_surface(&e, o->surface);
    if (o->name_count) {
        wg__interval_add(&e.x, 0.5);
        wg__interval_add(&e.x, (double)o->name_count + 0.5);
    }
    bool given_x = o->x_low != 0 || o->x_high != 0, given_y = o->y_low != 0 || o->y_high != 0;
    if (given_x)
        e.x = (wg_interval){o->x_low, o->x_high};
    if (given_y)
        e.y = (wg_interval){o->y_low, o->y_high};
    wg__axis_show(&plot->x, e.x, o->log_x, given_x || o->surface || o->name_count);
    wg__axis_show(&plot->y, e.y, o->log_y, given_y || o->surface);
    if (e.bars && !o->log_y && !given_y) { /* bars stand on the axis */
        plot->y.low = e.y.low == 0 ? 0 : plot->y.low;
        plot->y.high = e.y.high == 0 ? 0 : plot->y.high;
    }
    return e.whole && !o->surface && e.x.low <= e.x.high;
}

/* ---- Drawing and writing --------------------------------------------------------------------------- */

static void draw(wg_plot *plot)
{
    const wg_plot_options *o = &plot->options;
    wg_svg *svg = &plot->svg;
    wg__svg_put(svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" viewBox=\"0 0 %d %d\" "
        "role=\"img\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"130\" fill=\"#202020\">\n<title>",
        o->width, o->height, plot->width, plot->height);
    wg__svg_put_words(svg, o->title ? o->title : "");
    wg__svg_put(
        svg, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", plot->width, plot->height);
    wg__svg_put(svg,
        "<clipPath id=\"field\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n",
        plot->left, plot->top, plot->right - plot->left, plot->bottom - plot->top);
    if (!o->surface)
        wg__plot_draw_grid(plot);
    wg__svg_put(svg, "<g clip-path=\"url(#field)\">\n");
    wg__plot_draw_surface(plot);
    wg__plot_draw_series(plot);
    wg__svg_put(svg, "</g>\n");
    wg__plot_draw_frame(plot);
    wg__svg_put(svg, "</svg>\n");
}

static wg_status write_file(const wg_plot *plot, wg_error *error)
{
    wg_sink sink;
    wg_status status = wg__sink_open(&sink, plot->path, error);
    if (status == WG_OK)
        status = wg__sink_write(&sink, plot->svg.text, plot->svg.count, error);
    return wg__sink_finish(&sink, status, error);
}

wg_status wg_plot_write(const char *path, const wg_plot_series *series, size_t count,
    const wg_plot_options *options, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    size_t length = path ? strlen(path) : 0;
    if (length < 4 || strcmp(path + length - 4, ".svg") != 0)
        return wg_error_set(
            error, WG_INVALID, "%s: the name of a plot ends in .svg", path ? path : "(no name)");
    wg_plot plot = {.path = path, .series = series, .count = count};
    if (options)
        plot.options = *options;
    plot.options.width = plot.options.width ? plot.options.width : 640;
    plot.options.height = plot.options.height ? plot.options.height : 400;
    plot.svg.allocator = wg__allocator_or_default(&plot.options.allocator);
    wg_status status = wg__plot_check(&plot, error);
    if (status != WG_OK)
        return status;
    wg__plot_lay_out(&plot, set_axes(&plot));
    draw(&plot);
    status = plot.svg.failed ? wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for the picture", path)
                             : write_file(&plot, error);
    wg__svg_free(&plot.svg);
    return status;
}
