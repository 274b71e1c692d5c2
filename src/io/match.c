/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A file's arrays against a store's. */
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/element.h"
#include "io/archive.h"
#include "io/store.h"

/* ---- The report ------------------------------------------------------------------------------------ */

static void list_misfit(wg_params_load_report *report, const wg_param_info *here, const wg_array *there)
{
    char is[192], wanted[192], text[512];
    snprintf(text, sizeof text, "%.100s %s (here %s)", here->name,
        wg_shape_text(&there->shape, is, sizeof is), wg_shape_text(&here->shape, wanted, sizeof wanted));
    wg__list_name(report->misfit_names, text);
    report->misfit++;
}

static wg_status misfit(const wg_match *m, wg_error *error)
{
    const wg_params_load_report *r = &m->report;
    char message[WG_MESSAGE_SIZE];
    size_t used = 0;
    const struct {
        size_t count;
        const char *what, *names;
    } parts[] = {{r->misfit, "of another shape", r->misfit_names}, {r->missing, "missing", r->missing_names},
        {r->extra, "too many", r->extra_names}};
    for (size_t i = 0; i < 3; i++)
        if (parts[i].count && used < sizeof message)
            used += (size_t)snprintf(message + used, sizeof message - used, "%s%zu %s: %.*s",
                used ? "; " : "", parts[i].count, parts[i].what, i == 0 ? 200 : 100, parts[i].names);
    return wg_error_set(error, r->missing || r->extra ? WG_NAME : WG_BAD_SHAPE,
        "%s does not hold the arrays of this store: %s", m->path, message);
}

static wg_status unsure(const wg_match *m, wg_error *error)
{
    return wg_error_set(error, WG_BAD_SHAPE,
        "%s has no note of how dense weights lie, and %zu square %s may lie the other way: %.150s; say it by "
        ".dense: WG_DENSE_IN_OUT or WG_DENSE_OUT_IN",
        m->path, m->report.square, m->report.square == 1 ? "matrix" : "matrices", m->report.square_names);
}

/* ---- Matching -------------------------------------------------------------------------------------- */

static bool reserve(wg_match *m)
{
    wg__match_free(m);
    m->count = wg_params_count(m->params);
    m->place = wg__mem_new(wg_params_allocator(m->params), m->count * sizeof *m->place);
    for (size_t i = 0; m->place && i < m->count; i++)
        m->place[i] = SIZE_MAX;
    m->report = (wg_params_load_report){0};
    return m->place || m->count == 0;
}

static bool is_square(const wg_shape *shape)
{
    return shape->rank == 2 && shape->dim[0] == shape->dim[1] && shape->dim[0] > 1;
}

/* The shape that an array of the file has here: of a matrix that lies the other way, turned. */
static wg_shape shape_here(const wg_match *m, const wg_shape *there)
{
    return m->turns && there->rank == 2 ? WG_SHAPE(there->dim[1], there->dim[0]) : *there;
}

static bool fits(const wg_match *m, const wg_param_info *here, const wg_array *there)
{
    const wg_shape shape = shape_here(m, &there->shape);
    return wg_shape_equal(&here->shape, &shape);
}

static void compare(wg_match *m)
{
    wg_params_load_report *r = &m->report;
    for (size_t i = 0; i < wg_archive_count(m->archive); i++) {
        const char *name = wg__after_prefix(m->prefix, wg_archive_name(m->archive, i));
        const wg_array there = wg_archive_at(m->archive, i);
        size_t index = name ? wg_params_index(m->params, name) : SIZE_MAX;
        const wg_param_info here = wg_params_at(m->params, index);
        if (index == SIZE_MAX && name) {
            r->extra++;
            wg__list_name(r->extra_names, name);
        } else if (name) {
            m->place[index] = i;
            if (!fits(m, &here, &there))
                list_misfit(r, &here, &there);
            else
                r->loaded++;
        }
        if (name && m->unsure && is_square(&there.shape) && (index != SIZE_MAX || m->count == 0)) {
            r->square++;
            wg__list_name(r->square_names, name);
        }
    }
    for (size_t i = 0; i < m->count; i++)
        if (m->place[i] == SIZE_MAX) {
            r->missing++;
            wg__list_name(r->missing_names, wg_params_at(m->params, i).name);
        }
}

wg_status wg__match_new(wg_match *match, const wg_params_load_options *options, wg_error *error)
{
    const wg_dense_layout dense = options ? options->dense : WG_DENSE_NOTED;
    if (dense != WG_DENSE_NOTED && dense != WG_DENSE_IN_OUT && dense != WG_DENSE_OUT_IN)
        return wg_error_set(error, WG_INVALID, "%s: .dense is %d", match->path, (int)dense);
    match->turns = dense == WG_DENSE_OUT_IN;
    match->unsure = dense == WG_DENSE_NOTED && !wg_archive_note_of(match->archive, WG_STORE_LAYOUT);
    if (!reserve(match))
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %zu names", match->path, match->count);
    compare(match);
    const wg_params_load_report *r = &match->report;
    if (options && options->report)
        *options->report = *r;
    bool all = match->count == 0 || (r->missing == 0 && r->extra == 0 && r->misfit == 0);
    if (options && options->lenient)
        return WG_OK;
    return !all ? misfit(match, error) : r->square ? unsure(match, error) : WG_OK;
}

wg_status wg__match_fill(wg_match *match, wg_error *error)
{
    const wg_init zero = wg_init_constant(0);
    wg_status status = WG_OK;
    if (match->count)
        return WG_OK;
    for (size_t i = 0; i < wg_archive_count(match->archive) && status == WG_OK; i++) {
        const char *name = wg__after_prefix(match->prefix, wg_archive_name(match->archive, i));
        bool buffer = false;
        if (!name)
            continue;
        status = wg__store_is_buffer(match->archive, name, &buffer, error);
        const wg_array there = wg_archive_at(match->archive, i);
        if (status == WG_OK)
            status = (buffer ? wg_params_add_buffer : wg_params_add)(
                match->params, name, shape_here(match, &there.shape), &zero, error);
    }
    if (status == WG_OK && !reserve(match))
        status =
            wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu names", match->path, match->count);
    if (status == WG_OK)
        compare(match);
    return status;
}

/* here [rows, columns] := there [columns, rows], turned */
static void turn(wg_params *params, size_t index, const wg_array *there)
{
    const wg_shape shape = wg_params_at(params, index).shape;
    void *value = wg_params_value(params, index);
    size_t rows = shape.dim[0], columns = shape.dim[1];
    bool is_float = wg_params_dtype(params) == WG_F32;
    for (size_t i = 0; i < rows * columns; i++) {
        double x = wg__element_at(there->data, there->dtype, i % columns * rows + i / columns);
        if (is_float)
            ((float *)value)[i] = (float)x;
        else
            ((double *)value)[i] = x;
    }
}

/* Names, shapes and dtypes were compared: nothing is left to fail. */
void wg__match_load(wg_match *match)
{
    for (size_t i = 0; i < match->count; i++) {
        const wg_param_info here = wg_params_at(match->params, i);
        const wg_array there = wg_archive_at(match->archive, match->place[i]);
        if (match->place[i] == SIZE_MAX || !fits(match, &here, &there))
            continue;
        if (match->turns && there.shape.rank == 2)
            turn(match->params, i, &there);
        else
            wg_params_set(match->params, here.name, there, NULL);
    }
}

void wg__match_free(wg_match *match)
{
    if (match->params)
        wg__mem_free(wg_params_allocator(match->params), match->place, match->count * sizeof *match->place);
    match->place = NULL;
}
