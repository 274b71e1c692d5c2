/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/csv_table.h"
#include "data/csv_form.h"

#include <stdint.h>

/* ---- The file's bytes ------------------------------------------------------------------------------ */

/* All that is left, and a line end behind it. Of a gzip file it is not known how much that is. */
static wg_status read_all(wg_csv_table *table, wg_source *source, size_t *size, wg_error *error)
{
    uint64_t left = wg__source_left(source);
    size_t room = source->packed && left > 1 << 16 ? 1 << 16
                  : left < SIZE_MAX / 2            ? (size_t)left
                                                   : SIZE_MAX / 2;
    for (size_t got = 0;; room = table->capacity) { /* asking for a byte more doubles the room */
        void *bytes = table->bytes;
        wg_status status = wg__source_claim(source, room, error);
        if (status != WG_OK)
            return status;
        if (!wg__mem_reserve(table->allocator, &bytes, &table->capacity, room + 2, 1))
            return wg_error_set(
                error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", table->path, room + 2);
        table->bytes = bytes;
        size_t asked = table->capacity - 1 - *size;
        status = wg__source_read_some(source, table->bytes + *size, asked, &got, error);
        if (status != WG_OK)
            return status;
        *size += got;
        if (got < asked)
            break;
    }
    table->bytes[*size] = '\n';
    return WG_OK;
}

/* ---- Fields ---------------------------------------------------------------------------------------- */

struct scan {
    wg_csv_table *table;
    wg_error *error;
    const char *read, *end; /* end: the line end that was put behind the file */
    char *write;            /* never past `read` */
    size_t line, field;     /* from 1 */
};

static wg_status fail(const struct scan *s, const char *what)
{
    return wg_error_set(
        s->error, WG_FORMAT, "%s, line %zu, column %zu: %s", s->table->path, s->line, s->field, what);
}

static bool at_line_end(const struct scan *s)
{
    return *s->read == '\n' || *s->read == '\r';
}

static bool at_field_end(const struct scan *s)
{
    return *s->read == s->table->separator || at_line_end(s);
}

static bool is_blank(const struct scan *s, char c)
{
    return (c == ' ' || c == '\t') && c != s->table->separator;
}

static void skip_blanks(struct scan *s)
{
    while (is_blank(s, *s->read))
        s->read++;
}

/* Steps over \n, \r or \r\n. */
static void skip_line_end(struct scan *s)
{
    s->read += s->read[0] == '\r' && s->read < s->end && s->read[1] == '\n' ? 2 : 1;
    s->line++;
}

/* From the opening quote to the end of the field; "" is a quote. */
static wg_status scan_quoted(struct scan *s)
{
    struct scan opening = *s;
    for (s->read++;; s->read++) {
        if (s->read >= s->end)
            return fail(&opening, "the quote that opens here is never closed");
        if (*s->read == 0)
            return fail(s, "a byte 0 is no text (is the file UTF-16? it must be UTF-8)");
        if (*s->read == '"' && *++s->read != '"')
            break;
        s->line += *s->read == '\n' || (*s->read == '\r' && s->read[1] != '\n');
        *s->write++ = *s->read;
    }
    skip_blanks(s);
    return at_field_end(s) ? WG_OK : fail(s, "something follows the closing quote");
}

/* Blanks around it are no part of it. */
static wg_status scan_plain(struct scan *s)
{
    const char *begin = s->write;
    for (; !at_field_end(s); s->read++) {
        if (*s->read == '"')
            return fail(s, "a quote in a field that is not quoted");
        if (*s->read == 0)
            return fail(s, "a byte 0 is no text (is the file UTF-16? it must be UTF-8)");
        *s->write++ = *s->read;
    }
    while (s->write > begin && is_blank(s, s->write[-1]))
        s->write--;
    return WG_OK;
}

/* All fields of a record; its line end is still to be read, and to be overwritten. */
static wg_status scan_fields(struct scan *s)
{
    for (s->field = 1;; s->field++, s->read++) {
        skip_blanks(s);
        wg_status status = *s->read == '"' ? scan_quoted(s) : scan_plain(s);
        if (status != WG_OK)
            return status;
        if (at_line_end(s))
            return WG_OK;
        *s->write++ = 0;
    }
}

static wg_status keep_record(struct scan *s, size_t line)
{
    wg_csv_table *table = s->table;
    if (table->records == 0)
        table->columns = s->field;
    if (s->field != table->columns)
        return wg_error_set(s->error, WG_FORMAT, "%s, line %zu: %zu fields, where line %zu has %zu",
            table->path, line, s->field, table->line[0], table->columns);
    void *lines = table->line;
    if (!wg__mem_reserve(table->allocator, &lines, &table->lines, table->records + 1, sizeof *table->line))
        return wg_error_set(s->error, WG_OUT_OF_MEMORY, "%s: no memory for line %zu", table->path, line);
    table->line = lines;
    table->line[table->records++] = line;
    return WG_OK;
}

static wg_status scan_records(struct scan *s)
{
    while (s->read <= s->end) {
        const char *begin = s->write;
        size_t line = s->line;
        bool quoted = *s->read == '"';
        wg_status status = scan_fields(s);
        if (status != WG_OK)
            return status;
        bool blank = s->field == 1 && s->write == begin && !quoted;
        status = blank ? WG_OK : keep_record(s, line);
        if (status != WG_OK)
            return status;
        skip_line_end(s);
        if (!blank)
            *s->write++ = 0;
    }
    return WG_OK;
}

static wg_status point_to_first(wg_csv_table *table, wg_error *error)
{
    size_t bytes;
    if (wg__mul_size(table->columns, sizeof *table->first, &bytes))
        table->first = wg__mem_new(table->allocator, bytes);
    if (!table->first)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %zu columns", table->path, table->columns);
    const char *field = table->bytes;
    for (size_t j = 0; j < table->columns; j++, field = wg__csv_next(field))
        table->first[j] = field;
    return WG_OK;
}

/* ---- The table ------------------------------------------------------------------------------------- */

wg_status wg__csv_table_read(
    wg_csv_table *table, wg_source *source, const wg_csv_options *options, wg_error *error)
{
    size_t size = 0;
    bool two_ways = false;
    table->path = source->path;
    wg_status status = read_all(table, source, &size, error);
    if (status != WG_OK)
        return status;
    const char *read = table->bytes, *end = table->bytes + size;
    if (size >= 3 && memcmp(read, "\xEF\xBB\xBF", 3) == 0) /* UTF-8's byte order mark */
        read += 3;
    table->separator =
        options->separator ? options->separator : wg__csv_separator(read, end, options->decimal, &two_ways);
    if (two_ways)
        return wg_error_set(error, WG_FORMAT,
            "%s: the first line can be read in two ways, with ',' or with '%c' between fields; give "
            ".separator",
            table->path, table->separator);
    status = scan_records(&(struct scan){table, error, read, end, table->bytes, 1, 1});
    if (status == WG_OK && table->records == 0)
        status = wg_error_set(error, WG_FORMAT, "%s: is empty", table->path);
    return status == WG_OK ? point_to_first(table, error) : status;
}

void wg__csv_table_free(wg_csv_table *table)
{
    wg__mem_free(table->allocator, table->bytes, table->capacity);
    wg__mem_free(table->allocator, (void *)table->first, table->columns * sizeof *table->first);
    wg__mem_free(table->allocator, table->line, table->lines * sizeof *table->line);
}

const char *wg__csv_excerpt(const char *text, char excerpt[WG_CSV_EXCERPT])
{
    size_t length = strlen(text), n = length < 40 ? length : 40;
    while (n && n < length && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--; /* not amid the bytes of a character */
    for (size_t i = 0; i < n; i++)
        excerpt[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i];
    strcpy(excerpt + n, n < length ? "..." : "");
    return excerpt;
}
