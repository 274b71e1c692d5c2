/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot_marks.c - the series: lines, marks and bars, and their signs in the legend. */

#include "view/plot.h"

#include <math.h>

/* Okabe and Ito, "Color universal design", in an order in which the first ones differ most on white. */
static const wg_colour palette[WG_PLOT_COLOURS] = {{0, 114, 178}, {213, 94, 0}, {0, 158, 115},
    {204, 121, 167}, {230, 159, 0}, {86, 180, 233}, {0, 0, 0}, {240, 228, 66}};

wg_colour wg__plot_colour_at(size_t i, double strength)
{
    const wg_colour c = palette[i % WG_PLOT_COLOURS];
    return (wg_colour){(unsigned char)(255 - (255 - c.red) * strength),
        (unsigned char)(255 - (255 - c.green) * strength), (unsigned char)(255 - (255 - c.blue) * strength)};
}

size_t wg__plot_colour_of(const wg_plot *plot, size_t i)
{
    wg_plot_colour colour = plot->series[i].colour;
    return colour == WG_PLOT_NEXT ? i % WG_PLOT_COLOURS : (size_t)colour - 1;
}

/* ' fill="#0072b2"' */
static void put_colour(wg_svg *svg, const char *attribute, size_t colour)
{
    wg_colour c = palette[colour % WG_PLOT_COLOURS];
    wg__svg_put(svg, " %s=\"#%02x%02x%02x\"", attribute, c.red, c.green, c.blue);
}

/* ---- Lines ----------------------------------------------------------------------------------------- */

static void begin_line(wg_svg *svg)
{
    wg__svg_put(svg, "<path d=\"");
}

static void end_line(wg_svg *svg, size_t colour, bool dashed)
{
    wg__svg_put(svg, "\" fill=\"none\" stroke-width=\"20\" stroke-linejoin=\"round\" stroke-linecap=\"%s\"",
        dashed ? "butt\" stroke-dasharray=\"70 40" : "round");
    put_colour(svg, "stroke", colour);
    wg__svg_put(svg, "/>\n");
}

/* From each point to the next; "h0" makes a dot of a point that stands alone between gaps. */
static void draw_line(wg_plot *plot, const wg_plot_series *series, size_t colour)
{
    enum { GAP, ALONE, JOINED } state = GAP;
    int x = 0, y = 0;
    begin_line(&plot->svg);
    for (size_t i = 0; i < wg__plot_points(series); i++) {
        wg_point p = wg__plot_point(series, i);
        if (!p.shown) {
            if (state == ALONE)
                wg__svg_put(&plot->svg, "h0");
            state = GAP;
            continue;
        }
        int px = wg__axis_place(&plot->x, p.x), py = wg__axis_place(&plot->y, p.y);
        if (state == GAP)
            wg__svg_put(&plot->svg, "M%d %d", px, py);
        else if (px != x || py != y)
            wg__svg_put(&plot->svg, "L%d %d", px, py);
        state = state == GAP ? ALONE : px != x || py != y ? JOINED : state;
        x = px, y = py;
    }
    wg__svg_put(&plot->svg, state == ALONE ? "h0" : "");
    end_line(&plot->svg, colour, series->dashed);
}

/* ---- Marks ----------------------------------------------------------------------------------------- */

/* Four shapes of about the same area. */
static void put_mark(wg_svg *svg, size_t colour, int x, int y)
{
    static const char *const shapes[] = {
        NULL, "m-29-29h58v58h-58z", "m0-40l40 69h-80z", "m0-42l42 42l-42 42l-42-42z"};
    const char *shape = shapes[colour % 4];
    if (shape)
        wg__svg_put(svg, "<path d=\"M%d %d%s\"/>\n", x, y, shape);
    else
        wg__svg_put(svg, "<circle cx=\"%d\" cy=\"%d\" r=\"34\"/>\n", x, y);
}

static void begin_marks(wg_svg *svg, size_t colour)
{
    wg__svg_put(svg, "<g stroke=\"#ffffff\" stroke-width=\"8\"");
    put_colour(svg, "fill", colour);
    wg__svg_put(svg, ">\n");
}

static void draw_marks(wg_plot *plot, const wg_plot_series *series, size_t colour, size_t class)
{
    begin_marks(&plot->svg, colour);
    for (size_t i = 0; i < wg__plot_points(series); i++) {
        wg_point p = wg__plot_point(series, i);
        if (p.shown && p.class % WG_PLOT_COLOURS == class)
            put_mark(&plot->svg, colour, wg__axis_place(&plot->x, p.x), wg__axis_place(&plot->y, p.y));
    }
    wg__svg_put(&plot->svg, "</g>\n");
}

/* ---- Bars ------------------------------------------------------------------------------------------ */

double wg__plot_bar_reach(const wg_plot *plot)
{
    double gap = HUGE_VAL;
    for (size_t i = 0; i < plot->count; i++) {
        const wg_plot_series *s = &plot->series[i];
        for (size_t k = 1; s->kind == WG_PLOT_BARS && k < wg__plot_points(s); k++) {
            double between = fabs(wg__plot_point(s, k).x - wg__plot_point(s, k - 1).x);
            gap = between > 0 && between < gap ? between : gap;
        }
    }
    return isfinite(gap) ? gap / 2 : 0.5;
}

/* Bars of several series share the distance between neighbours, a fifth of which is left free. */
static void draw_bars(wg_plot *plot, const wg_plot_series *series, size_t colour)
{
    size_t all = 0, before = 0;
    for (size_t i = 0; i < plot->count; i++)
        if (plot->series[i].kind == WG_PLOT_BARS) {
            before += &plot->series[i] < series;
            all++;
        }
    double reach = 0.8 * wg__plot_bar_reach(plot), width = 2 * reach / (double)all;
    int base = plot->y.log ? plot->bottom : wg__axis_place(&plot->y, 0);
    wg__svg_put(&plot->svg, "<g");
    put_colour(&plot->svg, "fill", colour);
    wg__svg_put(&plot->svg, ">\n");
    for (size_t i = 0; i < wg__plot_points(series); i++) {
        wg_point p = wg__plot_point(series, i);
        if (!p.shown)
            continue;
        int left = wg__axis_place(&plot->x, p.x - reach + (double)before * width);
        int right = wg__axis_place(&plot->x, p.x - reach + (double)(before + 1) * width);
        int top = wg__axis_place(&plot->y, p.y);
        wg__svg_put(&plot->svg, "<path d=\"M%d %dH%dV%dH%dz\"/>\n", left, base, right, top, left);
    }
    wg__svg_put(&plot->svg, "</g>\n");
}

/* ---- All ------------------------------------------------------------------------------------------- */

void wg__plot_draw_series(wg_plot *plot)
{
    for (size_t i = 0; i < plot->count; i++) {
        const wg_plot_series *s = &plot->series[i];
        size_t colour = wg__plot_colour_of(plot, i);
        if (s->kind == WG_PLOT_LINE)
            draw_line(plot, s, colour);
        else if (s->kind == WG_PLOT_POINTS)
            draw_marks(plot, s, colour, 0);
        else if (s->kind == WG_PLOT_BARS)
            draw_bars(plot, s, colour);
        else
            for (size_t class = 0; class < WG_PLOT_COLOURS && class < wg__plot_classes(s); class ++)
                draw_marks(plot, s, class, class);
    }
}

void wg__plot_draw_sign(wg_plot *plot, size_t i, size_t class, int x, int y)
{
    const wg_plot_series *s = &plot->series[i];
    size_t colour = s->kind == WG_PLOT_CLASSES ? class : wg__plot_colour_of(plot, i);
    wg_svg *svg = &plot->svg;
    if (s->kind == WG_PLOT_LINE) {
        begin_line(svg);
        wg__svg_put(svg, "M%d %dh260", x + 10, y);
        end_line(svg, colour, s->dashed);
    } else if (s->kind == WG_PLOT_BARS) {
        wg__svg_put(svg, "<path d=\"M%d %dh120v120h-120z\"", x, y - 60);
        put_colour(svg, "fill", colour);
        wg__svg_put(svg, "/>\n");
    } else {
        begin_marks(svg, colour);
        put_mark(svg, colour, x + 70, y);
        wg__svg_put(svg, "</g>\n");
    }
}
