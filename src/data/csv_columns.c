/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/csv_columns.h"
#include "data/csv_form.h"
#include "data/dataset.h"

bool wg__csv_is_missing(const char *text)
{
    static const char *const words[] = {"", "?", "na", "n/a", "nan", "null"};
    char lower[8] = {0};
    for (size_t i = 0; i + 1 < sizeof lower && text[i]; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(lower, words[i]) == 0)
            return true;
    return false;
}

/* ---- Columns by name and number -------------------------------------------------------------------- */

/* From 1; 0 when the text is no such number. */
static size_t number_of(const char *text)
{
    size_t number = 0;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || number > SIZE_MAX / 10 - 1)
            return 0;
        number = 10 * number + (size_t)(*c - '0');
    }
    return number;
}

static size_t count_named(const wg_csv_table *table, const char *name, size_t *column)
{
    size_t count = 0;
    for (size_t j = table->columns; j-- > 0;)
        if (strcmp(table->first[j], name) == 0)
            *column = j, count++;
    return count;
}

/* The column of an option: by its name, if there is a header, or else by its number. */
static wg_status find_column(const wg_csv_table *table, bool has_header, const char *text, const char *option,
    size_t *column, wg_error *error)
{
    char excerpt[WG_CSV_EXCERPT];
    size_t named = has_header ? count_named(table, text, column) : 0, number = number_of(text);
    if (named == 1)
        return WG_OK;
    if (named > 1)
        return wg_error_set(error, WG_NAME, "%s: %zu columns are named \"%s\": give %s as a number",
            table->path, named, wg__csv_excerpt(text, excerpt), option);
    if (number == 0 || number > table->columns)
        return wg_error_set(error, WG_NAME, "%s: has no column \"%s\" (%s) among its %zu%s", table->path,
            wg__csv_excerpt(text, excerpt), option, table->columns,
            has_header ? "" : ", which have no names");
    *column = number - 1;
    return WG_OK;
}

/* Target and columns to ignore, by the options alone; the others are columns of x, in order. */
static wg_status place_by_options(
    wg_csv_columns *columns, const wg_csv_table *table, const wg_csv_options *options, wg_error *error)
{
    columns->target = table->columns - 1;
    columns->features = 0;
    for (size_t j = 0; j < table->columns; j++)
        columns->place[j] = 0;
    wg_status status = WG_OK;
    if (options->target)
        status = find_column(table, columns->has_header, options->target, "target", &columns->target, error);
    for (size_t i = 0; status == WG_OK && i < options->ignore_count; i++) {
        size_t column;
        status = find_column(table, columns->has_header, options->ignore[i], "ignore", &column, error);
        if (status == WG_OK)
            columns->place[column] = WG_CSV_IGNORED;
    }
    if (status != WG_OK)
        return status;
    if (columns->place[columns->target] == WG_CSV_IGNORED)
        return wg_error_set(error, WG_INVALID, "%s: column %zu is both the target and to be ignored",
            table->path, columns->target + 1);
    columns->place[columns->target] = WG_CSV_TARGET;
    for (size_t j = 0; j < table->columns; j++)
        if (columns->place[j] == 0)
            columns->place[j] = columns->features++;
    return WG_OK;
}

/* ---- As in another data set ------------------------------------------------------------------------ */

/* By name: x has the columns of `like`, in their order; what else the file has is left out. */
static wg_status place_by_names(
    wg_csv_columns *columns, const wg_csv_table *table, const wg_csv_options *options, wg_error *error)
{
    const wg_words *names = &options->like->columns;
    for (size_t j = 0; j < table->columns; j++)
        columns->place[j] = WG_CSV_IGNORED;
    columns->features = names->count - 1;
    for (size_t i = 0; i < names->count; i++) {
        bool is_target = i == columns->features;
        char excerpt[WG_CSV_EXCERPT];
        const char *name = is_target && options->target ? options->target : names->word[i];
        size_t column = 0;
        if (is_target && options->target) {
            wg_status status = find_column(table, true, name, "target", &column, error);
            if (status != WG_OK)
                return status;
        } else if (count_named(table, name, &column) != 1) {
            return wg_error_set(error, WG_FORMAT,
                "%s: %s column \"%s\", which the data set that it must be like has", table->path,
                count_named(table, name, &column) ? "more than one" : "has no",
                wg__csv_excerpt(name, excerpt));
        }
        if (columns->place[column] != WG_CSV_IGNORED)
            return wg_error_set(error, WG_INVALID, "%s: column %zu is both the target and a column of x",
                table->path, column + 1);
        columns->place[column] = is_target ? WG_CSV_TARGET : i;
        if (is_target)
            columns->target = column;
    }
    return WG_OK;
}

/* ---- The header ------------------------------------------------------------------------------------ */

/* A column that an option calls by a name needs a header. */
static bool options_name_columns(const wg_csv_options *options)
{
    bool named = options->target && number_of(options->target) == 0;
    for (size_t i = 0; i < options->ignore_count; i++)
        named = named || number_of(options->ignore[i]) == 0;
    return named;
}

/* Is a field of a column of x neither a number nor missing? */
static bool features_have_words(const wg_csv_columns *columns, const wg_csv_table *table, char point)
{
    for (size_t j = 0; j < table->columns; j++)
        if (columns->place[j] < columns->features && !wg__csv_is_missing(table->first[j]) &&
            !wg__csv_is_number(table->first[j], point))
            return true;
    return false;
}

static wg_status decide_header(
    wg_csv_columns *columns, const wg_csv_table *table, const wg_csv_options *options, wg_error *error)
{
    columns->has_header = options->header == WG_CSV_HEADER_YES;
    if (options->header != WG_CSV_HEADER_AUTO)
        return WG_OK;
    columns->has_header = options_name_columns(options);
    if (columns->has_header)
        return WG_OK;
    wg_status status = place_by_options(columns, table, options, error);
    columns->has_header = status == WG_OK && features_have_words(columns, table, options->decimal);
    return status;
}

/* ---- All together ---------------------------------------------------------------------------------- */

wg_status wg__csv_columns_find(
    wg_csv_columns *columns, const wg_csv_table *table, const wg_csv_options *options, wg_error *error)
{
    size_t bytes;
    *columns = (wg_csv_columns){0};
    if (table->columns < 2)
        return wg_error_set(error, WG_FORMAT,
            "%s: has one column only, which leaves none for x (the separator was taken to be '%c')",
            table->path, table->separator);
    if (wg__mul_size(table->columns, sizeof *columns->place, &bytes))
        columns->place = wg__mem_new(table->allocator, bytes);
    if (!columns->place)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %zu columns", table->path, table->columns);
    wg_status status = decide_header(columns, table, options, error);
    const wg_dataset *like = options->like;
    if (status != WG_OK)
        return status;
    if (like && like->columns.count && columns->has_header)
        return place_by_names(columns, table, options, error);
    status = place_by_options(columns, table, options, error);
    if (status == WG_OK && columns->features == 0)
        status = wg_error_set(error, WG_INVALID, "%s: no column is left for x", table->path);
    if (status == WG_OK && like && columns->features != like->x_shape.dim[1])
        status = wg_error_set(error, WG_FORMAT,
            "%s: %zu columns for x, where the data set that it must be like has %zu", table->path,
            columns->features, like->x_shape.dim[1]);
    return status;
}

void wg__csv_columns_free(wg_csv_columns *columns, const wg_csv_table *table)
{
    wg__mem_free(table->allocator, columns->place, table->columns * sizeof *columns->place);
}
