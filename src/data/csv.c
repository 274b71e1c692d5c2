/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/*      bytes  ->  a table of texts  ->  which column is what  ->  numbers, and labels
 *              csv_table.c           csv_columns.c             here, csv_classes.c */

#include "data/csv.h"
#include "data/csv_classes.h"
#include "data/csv_columns.h"
#include "data/csv_form.h"
#include "data/dataset.h"
#include "data/number.h"

#include <math.h>
#include <stdio.h>

struct load {
    wg_csv_options options;
    wg_allocator allocator;
    wg_csv_table table;
    wg_csv_columns columns;
    size_t samples;
    char point;         /* of its numbers */
    const char *data;   /* the first field of the first sample */
    const char **label; /* [samples], when y holds classes */
    wg_csv_classes classes;
    wg_dataset *dataset;
    wg_error *error;
};

/* ---- Errors ---------------------------------------------------------------------------------------- */

/* About the field of a sample. */
static wg_status fail(const struct load *l, size_t sample, size_t column, wg_status status, const char *what)
{
    const wg_csv_table *table = &l->table;
    char name[WG_CSV_EXCERPT + 5] = "", excerpt[WG_CSV_EXCERPT];
    if (l->columns.has_header)
        snprintf(name, sizeof name, " (%s)", wg__csv_excerpt(table->first[column], excerpt));
    return wg_error_set(l->error, status, "%s, line %zu, column %zu%s: %s", table->path,
        table->line[sample + l->columns.has_header], column + 1, name, what);
}

static wg_status fail_number(
    const struct load *l, size_t sample, size_t column, const char *text, wg_number number)
{
    char what[2 * WG_CSV_EXCERPT + 32], excerpt[WG_CSV_EXCERPT];
    wg__csv_excerpt(text, excerpt);
    if (number == WG_NUMBER_NO_MEMORY)
        return fail(l, sample, column, WG_OUT_OF_MEMORY, "no memory to read a number");
    if (number == WG_NUMBER_LONG)
        snprintf(what, sizeof what, "the number %s has more than %d characters", excerpt, WG_LONGEST_NUMBER);
    else if (number == WG_NUMBER_LARGE)
        snprintf(what, sizeof what, "the number %s is too large for %s", excerpt,
            wg_dtype_name(l->dataset->x_dtype));
    else if (wg__csv_is_missing(text))
        snprintf(what, sizeof what, "a missing value (\"%s\")", excerpt);
    else
        snprintf(what, sizeof what, "\"%s\" is no number%s", excerpt,
            !wg__csv_is_number(text, 0) ? ""
            : l->point == '.'           ? " with a decimal point (.decimal may say that it is a comma)"
                                        : " with a decimal comma");
    return fail(l, sample, column, WG_FORMAT, what);
}

/* ---- Options --------------------------------------------------------------------------------------- */

static wg_status check_like(const struct load *l)
{
    const wg_dataset *like = l->options.like;
    if (like->x_shape.rank != 2 || like->y_shape.rank != 1)
        return wg_error_set(l->error, WG_INVALID, "csv: like is no data set of x [N, columns] and y [N]");
    if (like->y_dtype == WG_I32 && like->class_names.count == 0)
        return wg_error_set(l->error, WG_INVALID, "csv: the classes of like have no names");
    if (like->y_dtype != WG_I32 && l->options.labels)
        return wg_error_set(l->error, WG_INVALID, "csv: labels, but the y of like are numbers");
    return WG_OK;
}

static wg_status check_options(const struct load *l)
{
    const wg_csv_options *o = &l->options;
    if (o->separator && strchr("\"\n\r+-.0123456789", o->separator))
        return wg_error_set(l->error, WG_INVALID, "csv: the separator is the character %d", o->separator);
    if (o->decimal && o->decimal != '.' && o->decimal != ',')
        return wg_error_set(l->error, WG_INVALID, "csv: decimal is the character %d", o->decimal);
    if (o->header != WG_CSV_HEADER_AUTO && o->header != WG_CSV_HEADER_YES && o->header != WG_CSV_HEADER_NO)
        return wg_error_set(l->error, WG_INVALID, "csv: header is %d", (int)o->header);
    if (o->dtype != WG_F64 && o->dtype != WG_F32)
        return wg_error_set(l->error, WG_BAD_DTYPE, "csv: dtype must be f64 or f32");
    for (size_t i = 0; i < o->ignore_count; i++)
        if (!o->ignore || !o->ignore[i])
            return wg_error_set(l->error, WG_INVALID, "csv: ignore[%zu] is NULL", i);
    return o->like ? check_like(l) : WG_OK;
}

/* ---- Numbers --------------------------------------------------------------------------------------- */

/* Element i becomes the number; false when it is beyond the largest float. */
static bool store(void *numbers, wg_dtype dtype, size_t i, double value)
{
    if (dtype == WG_F64)
        ((double *)numbers)[i] = value;
    else
        ((float *)numbers)[i] = (float)value;
    return dtype == WG_F64 || !isinf(((float *)numbers)[i]);
}

static wg_status read_field(struct load *l, size_t sample, size_t column, const char *text)
{
    wg_dataset *d = l->dataset;
    size_t place = l->columns.place[column];
    bool is_target = place == WG_CSV_TARGET;
    if (is_target && l->label) {
        l->label[sample] = text;
        return *text ? WG_OK : fail(l, sample, column, WG_FORMAT, "a missing value (\"\")");
    }
    double value;
    wg_number number = wg__number_parse(text, l->point, &value);
    if (number == WG_NUMBER_GOOD &&
        !(is_target ? store(d->y, d->y_dtype, sample, value)
                    : store(d->x, d->x_dtype, sample * l->columns.features + place, value)))
        number = WG_NUMBER_LARGE;
    return number == WG_NUMBER_GOOD ? WG_OK : fail_number(l, sample, column, text, number);
}

static wg_status read_fields(struct load *l)
{
    const char *text = l->data;
    for (size_t i = 0; i < l->samples; i++)
        for (size_t j = 0; j < l->table.columns; j++, text = wg__csv_next(text))
            if (l->columns.place[j] != WG_CSV_IGNORED) {
                wg_status status = read_field(l, i, j, text);
                if (status != WG_OK)
                    return status;
            }
    return WG_OK;
}

/* ---- Labels and names ------------------------------------------------------------------------------ */

/* Does y hold classes? If nothing else says so, when the first sample's is a text. */
static bool is_classification(const struct load *l)
{
    if (l->options.like)
        return l->options.like->y_dtype == WG_I32;
    const char *first = l->data;
    for (size_t j = 0; j < l->columns.target; j++)
        first = wg__csv_next(first);
    return l->options.labels || (!wg__csv_is_missing(first) && !wg__csv_is_number(first, l->options.decimal));
}

/* The decimal point, if the options do not say: that of the first number which has only one way. */
static char find_point(const struct load *l, bool classes)
{
    const char *text = l->data;
    char point = l->options.decimal;
    for (size_t i = 0; point == 0 && i < l->samples; i++)
        for (size_t j = 0; point == 0 && j < l->table.columns; j++, text = wg__csv_next(text))
            if (l->columns.place[j] != WG_CSV_IGNORED && !(classes && j == l->columns.target))
                point = wg__csv_point_of(text);
    return point ? point : '.';
}

static wg_status find_classes(struct load *l)
{
    const wg_dataset *like = l->options.like;
    bool found = like ? wg__csv_classes_of_names(
                            &l->classes, &l->allocator, like->class_names.word, like->class_names.count)
                      : wg__csv_classes_of_labels(&l->classes, &l->allocator, l->label, l->samples);
    if (!found || !wg__words_copy(&l->dataset->class_names, &l->allocator, l->classes.name, l->classes.count))
        return wg_error_set(l->error, WG_OUT_OF_MEMORY, "%s: no memory for classes", l->table.path);
    l->dataset->classes = l->classes.count;
    return WG_OK;
}

static wg_status read_labels(struct load *l)
{
    wg_status status = find_classes(l);
    int32_t *y = l->dataset->y;
    for (size_t i = 0; status == WG_OK && i < l->samples; i++) {
        size_t class = wg__csv_class(&l->classes, l->label[i]);
        if (class > INT32_MAX) {
            char what[WG_CSV_EXCERPT + 64], excerpt[WG_CSV_EXCERPT];
            snprintf(what, sizeof what, "\"%s\" is none of the %zu classes",
                wg__csv_excerpt(l->label[i], excerpt), l->classes.count);
            return fail(l, i, l->columns.target, WG_FORMAT, what);
        }
        y[i] = (int32_t) class;
    }
    return status;
}

/* The header's names, in the order of x's columns, and the target's; without a header, those of `like`. */
static bool name_columns(struct load *l)
{
    wg_words *names = &l->dataset->columns;
    if (!l->columns.has_header) {
        const wg_dataset *like = l->options.like;
        return !like || wg__words_copy(names, &l->allocator, like->columns.word, like->columns.count);
    }
    size_t count = l->columns.features + 1; /* at most the columns of the file */
    const char **name = wg__mem_new(&l->allocator, count * sizeof *name);
    if (!name)
        return false;
    for (size_t j = 0; j < l->table.columns; j++) {
        size_t place = l->columns.place[j];
        if (place != WG_CSV_IGNORED)
            name[place == WG_CSV_TARGET ? count - 1 : place] = l->table.first[j];
    }
    bool copied = wg__words_copy(names, &l->allocator, name, count);
    wg__mem_free(&l->allocator, (void *)name, count * sizeof *name);
    return copied;
}

/* ---- The data set ---------------------------------------------------------------------------------- */

static wg_status make_dataset(struct load *l, wg_source *source)
{
    const wg_dataset *like = l->options.like;
    bool classes = is_classification(l);
    l->point = find_point(l, classes);
    wg_dtype x = like ? like->x_dtype : l->options.dtype, y = like ? like->y_dtype : l->options.dtype;
    wg_error reason = {0};                                       /* the caller's may be NULL */
    uint64_t row = (l->columns.features + 1) * wg_dtype_size(x); /* no more than 4 times a line's bytes */
    if (wg__source_claim(source, l->samples * row, l->error) != WG_OK)
        return WG_OUT_OF_MEMORY;
    l->dataset = wg__dataset_new(&l->allocator, x, WG_SHAPE(l->samples, l->columns.features),
        classes ? WG_I32 : y, WG_SHAPE(l->samples), &reason);
    if (!l->dataset)
        return wg_error_set(l->error, reason.status, "%s: %s", l->table.path, reason.message);
    if (classes) /* the table has a size_t for each of its lines already: no overflow */
        l->label = wg__mem_new(&l->allocator, l->samples * sizeof *l->label);
    if ((classes && !l->label) || !name_columns(l))
        return wg_error_set(l->error, WG_OUT_OF_MEMORY, "%s: no memory for names", l->table.path);
    wg_status status = read_fields(l);
    return status == WG_OK && classes ? read_labels(l) : status;
}

static wg_status load(struct load *l, wg_source *source)
{
    wg_status status = check_options(l);
    if (status == WG_OK)
        status = wg__csv_table_read(&l->table, source, &l->options, l->error);
    if (status == WG_OK)
        status = wg__csv_columns_find(&l->columns, &l->table, &l->options, l->error);
    if (status != WG_OK)
        return status;
    l->samples = l->table.records - l->columns.has_header;
    if (l->samples == 0)
        return wg_error_set(l->error, WG_FORMAT, "%s: has a header and no sample", l->table.path);
    l->data = l->table.bytes;
    for (size_t j = 0; l->columns.has_header && j < l->table.columns; j++)
        l->data = wg__csv_next(l->data);
    return make_dataset(l, source);
}

wg_dataset *wg__csv_from(wg_source *source, const wg_csv_options *options, wg_error *error)
{
    struct load l = {.error = error};
    if (options)
        l.options = *options;
    l.allocator = wg__allocator_or_default(&l.options.allocator);
    l.table.allocator = &l.allocator;
    if (load(&l, source) != WG_OK) {
        wg_dataset_free(l.dataset);
        l.dataset = NULL;
    }
    wg__mem_free(&l.allocator, (void *)l.label, l.samples * sizeof *l.label);
    wg__csv_classes_free(&l.classes);
    wg__csv_columns_free(&l.columns, &l.table);
    wg__csv_table_free(&l.table);
    return l.dataset;
}

wg_dataset *wg_csv_load(const char *path, const wg_csv_options *options, wg_error *error)
{
    wg_source source;
    if (error && error->status != WG_OK)
        return NULL;
    if (!path) {
        wg_error_set(error, WG_INVALID, "csv: no path");
        return NULL;
    }
    const wg_source_options limits = {
        .allocator = options ? &options->allocator : NULL, .max_bytes = options ? options->max_bytes : 0};
    if (wg__source_open(&source, path, &limits, error) != WG_OK)
        return NULL;
    wg_dataset *dataset = wg__csv_from(&source, options, error);
    wg__source_close(&source);
    return dataset;
}
