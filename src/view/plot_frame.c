/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot_frame.c - everything around the field: axes, ticks, title, legend. */

#include "view/letters.h"
#include "view/plot.h"

#include <stdio.h>

/* In pixels: the text sizes, and how wide a letter is, on average and a little more. */
enum {
    TITLE = 16,
    TEXT = 13,
    SMALL = 12,
    LETTER = 7,
    EDGE = 14,
    TICK = 5,
    ROW = 20,

    LEGEND_CLASSES = 16
};

static int words_width(const char *words)
{
    size_t letters = wg__columns(words);
    return (int)(letters > 500 ? 500 : letters) * LETTER * WG_PIXEL;
}

static bool is_said(const char *words)
{
    return words && *words;
}

/* ---- Legend ---------------------------------------------------------------------------------------- */

/* Where the next entry goes; `draw` is false while the rows are counted. */
typedef struct legend {
    wg_plot *plot;
    bool draw;
    int x, y, rows;
} legend;

static int sign_width(const wg_plot_series *series)
{
    return (series->kind == WG_PLOT_LINE ? 34 : 22) * WG_PIXEL;
}

static void add_entry(legend *l, size_t i, size_t class, const char *words, const char *number)
{
    int sign = sign_width(&l->plot->series[i]);
    int wide = sign + words_width(words) + words_width(number) + 24 * WG_PIXEL;
    if (l->rows == 0 || l->x + wide > l->plot->width) {
        l->y += l->rows ? ROW * WG_PIXEL : 0;
        l->x = EDGE * WG_PIXEL;
        l->rows++;
    }
    if (l->draw && l->y < l->plot->top) {
        wg__plot_draw_sign(l->plot, i, class, l->x, l->y);
        wg__svg_put(&l->plot->svg, "<text x=\"%d\" y=\"%d\">", l->x + sign, l->y + 45);
        wg__svg_put_words(&l->plot->svg, words);
        wg__svg_put(&l->plot->svg, "%s</text>\n", number);
    }
    l->x += wide;
}

/* All entries, from left to right in rows whose first has its middle at y; returns the number of rows. */
static int legend_rows(wg_plot *plot, bool draw, int y)
{
    legend l = {.plot = plot, .draw = draw, .y = y};
    for (size_t i = 0; i < plot->count; i++) {
        const wg_plot_series *s = &plot->series[i];
        bool classes = s->kind == WG_PLOT_CLASSES;
        size_t entries = !s->label ? 0 : classes ? wg__plot_classes(s) : 1;
        for (size_t class = 0; class < entries && class < LEGEND_CLASSES; class ++) {
            char number[32] = "";
            if (classes)
                snprintf(number, sizeof number, " %zu", class);
            add_entry(&l, i, class, s->label, number);
        }
    }
    return l.rows;
}

/* ---- Places ---------------------------------------------------------------------------------------- */

static int at_most(int length, int most)
{
    return length < most ? length : most;
}

static int widest_name(const wg_plot *plot)
{
    int widest = 0;
    for (size_t i = 0; i < plot->options.name_count; i++) {
        int width = words_width(plot->options.names[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static int legend_top(const wg_plot *plot)
{
    return (EDGE + (is_said(plot->options.title) ? 22 : 0)) * WG_PIXEL;
}

/* A fifth of the names' width is what a slope of 35 degrees saves; sin(35) is 0.57, cos(35) 0.82. */
void wg__plot_lay_out(wg_plot *plot, bool whole)
{
    const wg_plot_options *o = &plot->options;
    plot->width = (int)o->width * WG_PIXEL, plot->height = (int)o->height * WG_PIXEL;
    int names = widest_name(plot), rows = legend_rows(plot, false, 0);
    plot->right = plot->width - 20 * WG_PIXEL;
    plot->slanted =
        o->name_count && names + 80 > plot->width * 4 / 5 / (int)at_most((int)o->name_count, 10000);
    int below = (EDGE + TICK + SMALL + 4 + (is_said(o->x_label) ? TEXT + 8 : 0)) * WG_PIXEL;
    if (plot->slanted)
        below += names * 57 / 100;
    int above = legend_top(plot) + (rows ? rows * ROW + 6 : 0) * WG_PIXEL;
    plot->top = at_most(above, plot->height / 2);
    plot->bottom = plot->height - at_most(below, plot->height / 3);
    wg__axis_set_ticks(&plot->y, (size_t)(plot->bottom - plot->top) / (45 * WG_PIXEL), false);
    int beside = 0;
    for (size_t i = 0; i < plot->y.count; i++) {
        int width = words_width(plot->y.ticks[i].text);
        beside = width > beside ? width : beside;
    }
    beside += (EDGE + TICK + 4 + (is_said(o->y_label) ? TEXT + 8 : 0)) * WG_PIXEL;
    if (plot->slanted && names * 82 / 100 > beside)
        beside = names * 82 / 100;
    plot->left = at_most(beside, plot->width / 2);
    wg__axis_set_ticks(&plot->x, (size_t)(plot->right - plot->left) / (75 * WG_PIXEL), whole);
    plot->x.from = plot->left, plot->x.to = plot->right;
    plot->y.from = plot->bottom, plot->y.to = plot->top;
}

/* ---- Drawing --------------------------------------------------------------------------------------- */

void wg__plot_draw_grid(wg_plot *plot)
{
    wg_svg *svg = &plot->svg;
    wg__svg_put(svg, "<path stroke=\"#e4e4e4\" stroke-width=\"10\" d=\"");
    for (size_t i = 0; i < plot->y.count; i++)
        wg__svg_put(svg, "M%d %dH%d", plot->left, wg__axis_place(&plot->y, plot->y.ticks[i].at), plot->right);
    for (size_t i = 0; i < plot->x.count && plot->options.name_count == 0; i++)
        wg__svg_put(svg, "M%d %dV%d", wg__axis_place(&plot->x, plot->x.ticks[i].at), plot->top, plot->bottom);
    wg__svg_put(svg, "\"/>\n");
}

static void draw_words(wg_svg *svg, int x, int y, const char *attributes, const char *words)
{
    wg__svg_put(svg, "<text x=\"%d\" y=\"%d\"%s>", x, y, attributes);
    wg__svg_put_words(svg, words);
    wg__svg_put(svg, "</text>\n");
}

static void draw_ticks(wg_plot *plot)
{
    wg_svg *svg = &plot->svg;
    int low = plot->bottom + (TICK + SMALL + 3) * WG_PIXEL;
    wg__svg_put(svg, "<path stroke=\"#404040\" stroke-width=\"10\" fill=\"none\" d=\"M%d %dV%dH%d",
        plot->left, plot->top, plot->bottom, plot->right);
    for (size_t i = 0; i < plot->y.count; i++)
        wg__svg_put(svg, "M%d %dh-50", plot->left, wg__axis_place(&plot->y, plot->y.ticks[i].at));
    for (size_t i = 0; i < plot->x.count && plot->options.name_count == 0; i++)
        wg__svg_put(svg, "M%d %dv50", wg__axis_place(&plot->x, plot->x.ticks[i].at), plot->bottom);
    wg__svg_put(svg, "\"/>\n<g font-size=\"%d\" text-anchor=\"end\">\n", SMALL * WG_PIXEL);
    for (size_t i = 0; i < plot->y.count; i++)
        draw_words(svg, plot->left - (TICK + 4) * WG_PIXEL,
            wg__axis_place(&plot->y, plot->y.ticks[i].at) + 42, "", plot->y.ticks[i].text);
    wg__svg_put(svg, "</g>\n<g font-size=\"%d\" text-anchor=\"%s\">\n", SMALL * WG_PIXEL,
        plot->slanted ? "end" : "middle");
    for (size_t i = 0; i < plot->x.count && plot->options.name_count == 0; i++)
        draw_words(svg, wg__axis_place(&plot->x, plot->x.ticks[i].at), low, "", plot->x.ticks[i].text);
    for (size_t i = 0; i < plot->options.name_count; i++) {
        int x = wg__axis_place(&plot->x, (double)(i + 1));
        char turn[64] = "";
        if (plot->slanted)
            snprintf(turn, sizeof turn, " transform=\"rotate(-35 %d %d)\"", x + 40, low - 40);
        draw_words(
            svg, x + (plot->slanted ? 40 : 0), low - (plot->slanted ? 40 : 0), turn, plot->options.names[i]);
    }
    wg__svg_put(svg, "</g>\n");
}

void wg__plot_draw_frame(wg_plot *plot)
{
    const wg_plot_options *o = &plot->options;
    int x = (plot->left + plot->right) / 2, y = (plot->top + plot->bottom) / 2;
    char turn[64];
    draw_ticks(plot);
    if (is_said(o->x_label))
        draw_words(&plot->svg, x, plot->height - EDGE * WG_PIXEL, " text-anchor=\"middle\"", o->x_label);
    snprintf(turn, sizeof turn, " text-anchor=\"middle\" transform=\"rotate(-90 %d %d)\"",
        EDGE * WG_PIXEL + 80, y);
    if (is_said(o->y_label))
        draw_words(&plot->svg, EDGE * WG_PIXEL + 80, y, turn, o->y_label);
    if (is_said(o->title))
        draw_words(&plot->svg, EDGE * WG_PIXEL, (EDGE + 12) * WG_PIXEL,
            " font-size=\"160\" font-weight=\"bold\"", o->title);
    legend_rows(plot, true, legend_top(plot) + 80);
}
