/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plot_series.c - what is to be plotted: its numbers, and whether they can be. */

#include "view/plot.h"
#include "base/element.h"

#include <math.h>
#include <stdint.h>

static const double beyond = 1e300;

double wg__plot_number(const wg_array *array, size_t i)
{
    double number = wg__element_at(array->data, array->dtype, i);
    return fabs(number) <= beyond ? number : (double)NAN;
}

static bool is_left_out(const wg_array *array)
{
    return !array->data && array->shape.rank == 0;
}

size_t wg__plot_points(const wg_plot_series *series)
{
    size_t count;
    return wg_shape_count(&series->y.shape, &count) ? count : 0;
}

wg_point wg__plot_point(const wg_plot_series *series, size_t i)
{
    wg_point p = {.x = (double)(i + 1)};
    if (series->kind == WG_PLOT_CLASSES) {
        p.x = wg__plot_number(&series->x, 2 * i);
        p.y = wg__plot_number(&series->x, 2 * i + 1);
        p.class = (size_t)((const int32_t *)series->y.data)[i];
    } else {
        p.y = wg__plot_number(&series->y, i);
        if (!is_left_out(&series->x))
            p.x = wg__plot_number(&series->x, i);
    }
    p.shown = !isnan(p.x) && !isnan(p.y);
    return p;
}

size_t wg__plot_classes(const wg_plot_series *series)
{
    size_t classes = 1;
    for (size_t i = 0; i < wg__plot_points(series); i++) {
        size_t class = wg__plot_point(series, i).class;
        classes = class >= classes ? class + 1 : classes;
    }
    return classes;
}

/* ---- Checks ---------------------------------------------------------------------------------------- */

static const char *quoted(const char *label)
{
    return label ? label : "";
}

static wg_status check_array(const wg_plot *plot, size_t i, char name, const wg_array *a, wg_error *error)
{
    const char *label = quoted(plot->series[i].label);
    size_t count;
    if (wg_dtype_size(a->dtype) == 0)
        return wg_error_set(
            error, WG_BAD_DTYPE, "%s: series %zu \"%s\": %c has no dtype", plot->path, i, label, name);
    if (!wg_shape_count(&a->shape, &count))
        return wg_error_set(
            error, WG_BAD_SHAPE, "%s: series %zu \"%s\": %c has no shape", plot->path, i, label, name);
    if (count && !a->data)
        return wg_error_set(
            error, WG_INVALID, "%s: series %zu \"%s\": %c has no numbers", plot->path, i, label, name);
    return WG_OK;
}

/* x and y fit together. */
static wg_status check_shapes(const wg_plot *plot, size_t i, wg_error *error)
{
    const wg_plot_series *s = &plot->series[i];
    char x_text[192], y_text[192];
    const char *rule = "as many numbers in x as in y";
    size_t x_count, y_count = wg__plot_points(s);
    bool fit = wg_shape_count(&s->x.shape, &x_count) && x_count == y_count;
    if (s->kind == WG_PLOT_CLASSES) {
        rule = "x [n, 2] and y [n]";
        fit = s->x.shape.rank == 2 && s->x.shape.dim[1] == 2 && s->x.shape.dim[0] == y_count;
        if (s->y.dtype != WG_I32)
            return wg_error_set(error, WG_BAD_DTYPE, "%s: series %zu \"%s\": classes are i32, not %s",
                plot->path, i, quoted(s->label), wg_dtype_name(s->y.dtype));
    }
    if (!fit)
        return wg_error_set(error, WG_BAD_SHAPE, "%s: series %zu \"%s\": x %s and y %s; wanted are %s",
            plot->path, i, quoted(s->label), wg_shape_text(&s->x.shape, x_text, sizeof x_text),
            wg_shape_text(&s->y.shape, y_text, sizeof y_text), rule);
    return WG_OK;
}

static wg_status check_numbers(const wg_plot *plot, size_t i, wg_error *error)
{
    const wg_plot_series *s = &plot->series[i];
    const wg_plot_options *o = &plot->options;
    for (size_t k = 0; k < wg__plot_points(s); k++) {
        if (s->kind == WG_PLOT_CLASSES && ((const int32_t *)s->y.data)[k] < 0)
            return wg_error_set(error, WG_BAD_INDEX, "%s: series %zu \"%s\": the class of sample %zu is %d",
                plot->path, i, quoted(s->label), k, (int)((const int32_t *)s->y.data)[k]);
        wg_point p = wg__plot_point(s, k);
        bool bad_x = o->log_x && p.x <= 0;
        if (p.shown && (bad_x || (o->log_y && p.y <= 0)))
            return wg_error_set(error, WG_INVALID,
                "%s: series %zu \"%s\": %c of point %zu is %g, and the axis is logarithmic", plot->path, i,
                quoted(s->label), bad_x ? 'x' : 'y', k, bad_x ? p.x : p.y);
    }
    return WG_OK;
}

static wg_status check_series(const wg_plot *plot, size_t i, wg_error *error)
{
    const wg_plot_series *s = &plot->series[i];
    if (s->kind < WG_PLOT_LINE || s->kind > WG_PLOT_CLASSES || s->colour < WG_PLOT_NEXT ||
        s->colour > WG_PLOT_YELLOW)
        return wg_error_set(error, WG_INVALID, "%s: series %zu \"%s\": kind %d, colour %d", plot->path, i,
            quoted(s->label), (int)s->kind, (int)s->colour);
    if (s->kind == WG_PLOT_BARS && plot->options.log_x)
        return wg_error_set(error, WG_INVALID, "%s: series %zu \"%s\": bars on a logarithmic x axis",
            plot->path, i, quoted(s->label));
    wg_status status = check_array(plot, i, 'y', &s->y, error);
    bool has_x = s->kind == WG_PLOT_CLASSES || !is_left_out(&s->x);
    if (status == WG_OK && has_x)
        status = check_array(plot, i, 'x', &s->x, error);
    if (status == WG_OK && has_x)
        status = check_shapes(plot, i, error);
    return status == WG_OK ? check_numbers(plot, i, error) : status;
}

static wg_status check_surface(const wg_plot *plot, const wg_plot_surface *s, wg_error *error)
{
    char text[192];
    size_t count;
    if (plot->options.log_x || plot->options.log_y)
        return wg_error_set(error, WG_INVALID, "%s: a surface on logarithmic axes", plot->path);
    if (wg_dtype_size(s->values.dtype) == 0)
        return wg_error_set(error, WG_BAD_DTYPE, "%s: the surface has no dtype", plot->path);
    if (s->values.shape.rank != 2 || !wg_shape_count(&s->values.shape, &count))
        return wg_error_set(error, WG_BAD_SHAPE, "%s: a surface is [rows, columns], not %s", plot->path,
            wg_shape_text(&s->values.shape, text, sizeof text));
    if (count && !s->values.data)
        return wg_error_set(error, WG_INVALID, "%s: the surface has no values", plot->path);
    if (!(s->x_low < s->x_high && s->y_low < s->y_high && s->x_low >= -beyond && s->x_high <= beyond &&
            s->y_low >= -beyond && s->y_high <= beyond))
        return wg_error_set(error, WG_INVALID, "%s: the surface reaches over x %g .. %g, y %g .. %g",
            plot->path, s->x_low, s->x_high, s->y_low, s->y_high);
    if (!(s->low <= s->high && s->high - s->low <= beyond) || (s->low == s->high && s->low != 0))
        return wg_error_set(error, WG_INVALID, "%s: the surface is blue at %g and vermilion at %g",
            plot->path, s->low, s->high);
    return WG_OK;
}

static wg_status check_axis(
    const wg_plot *plot, char name, double low, double high, bool log, wg_error *error)
{
    bool fits = low < high && low >= (log ? 1 / beyond : -beyond) && high <= beyond;
    return fits || (low == 0 && high == 0) ? WG_OK
                                           : wg_error_set(error, WG_INVALID, "%s: %c from %g to %g%s",
                                                 plot->path, name, low, high, log ? ", logarithmic" : "");
}

static wg_status check_options(const wg_plot *plot, wg_error *error)
{
    const wg_plot_options *o = &plot->options;
    if (o->width < 160 || o->width > 8192 || o->height < 160 || o->height > 8192)
        return wg_error_set(error, WG_INVALID, "%s: a plot of %zu x %zu pixels; 160 to 8192 are possible",
            plot->path, o->width, o->height);
    if (o->name_count && o->log_x)
        return wg_error_set(error, WG_INVALID, "%s: names on a logarithmic x axis", plot->path);
    for (size_t i = 0; i < o->name_count; i++)
        if (!o->names || !o->names[i])
            return wg_error_set(error, WG_INVALID, "%s: name %zu is NULL", plot->path, i);
    wg_status status = check_axis(plot, 'x', o->x_low, o->x_high, o->log_x, error);
    return status == WG_OK ? check_axis(plot, 'y', o->y_low, o->y_high, o->log_y, error) : status;
}

wg_status wg__plot_check(const wg_plot *plot, wg_error *error)
{
    if (plot->count && !plot->series)
        return wg_error_set(error, WG_INVALID, "%s: %zu series at NULL", plot->path, plot->count);
    wg_status status = check_options(plot, error);
    if (status == WG_OK && plot->options.surface)
        status = check_surface(plot, plot->options.surface, error);
    for (size_t i = 0; i < plot->count && status == WG_OK; i++)
        status = check_series(plot, i, error);
    return status;
}
