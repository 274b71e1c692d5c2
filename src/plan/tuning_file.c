/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Tables of measured choices as text:
 *
 *     wengert tuning 1, lanes 8
 *     pass real   batch channels height width   filters rows columns   ...   : four times, in nanoseconds
 *
 * A line has the numbers of a wg_tuned in their order, without the way in its key. */
#include <wengert/tuning.h>

#include <string.h>
#include "base/alloc.h"
#include "base/sink.h"
#include "base/source.h"
#include "kernels/lanes.h"
#include "kernels/tuning.h"

enum {
    GEOMETRY = sizeof(wg_conv) / sizeof(size_t) - 1, /* numbers of a wg_conv but the way, which is its last */
    NUMBERS = 2 + GEOMETRY + WG_CONV_WAYS - 1,
    LINE = NUMBERS * 21 + 2,
    MOST_BYTES = 1 << 20 /* some thousand lines */
};

static const char title[] = "wengert tuning 1, lanes ";

/* ---- Writing ---------------------------------------------------------------------------------------- */

static void numbers_of(const wg_tuned *entry, size_t *numbers)
{
    numbers[0] = entry->key.pass;
    numbers[1] = entry->key.real;
    memcpy(numbers + 2, &entry->key.conv, GEOMETRY * sizeof(size_t));
    memcpy(numbers + 2 + GEOMETRY, entry->nanoseconds + 1, (WG_CONV_WAYS - 1) * sizeof(size_t));
}

static wg_status write_entry(wg_sink *sink, const wg_tuned *entry, wg_error *error)
{
    size_t numbers[NUMBERS], used = 0;
    char line[LINE];
    numbers_of(entry, numbers);
    for (size_t i = 0; i < NUMBERS; i++)
        used +=
            (size_t)snprintf(line + used, sizeof line - used, i + 1 < NUMBERS ? "%zu " : "%zu\n", numbers[i]);
    return wg__sink_write(sink, line, used, error);
}

wg_status wg_tuning_save(const wg_tuning *tuning, const char *path, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    if (!tuning || !path)
        return wg_error_set(error, WG_INVALID, "tuning: there is no %s", tuning ? "path" : "table");
    wg_sink sink;
    char head[64];
    wg_status status = wg__sink_open(&sink, path, error);
    if (status != WG_OK)
        return status;
    int length = snprintf(head, sizeof head, "%s%zu\n", title, wg__lanes());
    status = wg__sink_write(&sink, head, (size_t)length, error);
    for (size_t i = 0; i < tuning->count && status == WG_OK; i++)
        status = write_entry(&sink, &tuning->entry[i], error);
    return wg__sink_finish(&sink, status, error);
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

typedef struct reader {
    const char *path, *at, *end;
    size_t line;
    wg_error *error;
} reader;

static wg_status bad(const reader *r, const char *what)
{
    return wg_error_set(r->error, WG_FORMAT, "%s: line %zu: %s", r->path, r->line, what);
}

/* A number that ends with `stop`. */
static bool read_number(reader *r, char stop, size_t *number)
{
    const char *begin = r->at;
    for (*number = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        size_t digit = (size_t)(*r->at - '0');
        if (*number > (SIZE_MAX - digit) / 10)
            return false;
        *number = 10 * *number + digit;
    }
    return r->at > begin && r->at < r->end && *r->at++ == stop;
}

static wg_status read_head(reader *r)
{
    size_t length = sizeof title - 1, lanes;
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, title, length) != 0)
        return bad(r, "this is no table of measured choices (version 1)");
    r->at += length;
    if (!read_number(r, '\n', &lanes))
        return bad(r, "no number of lanes");
    if (lanes != wg__lanes())
        return wg_error_set(r->error, WG_FORMAT,
            "%s: line 1: measured on a processor with vectors of %zu floats; this one has %zu", r->path,
            lanes, wg__lanes());
    return WG_OK;
}

static wg_status read_entry(reader *r, wg_tuning *tuning)
{
    size_t numbers[NUMBERS];
    wg_tuned_key key = {.conv = {.way = WG_CONV_CHOSEN}};
    for (size_t i = 0; i < NUMBERS; i++)
        if (!read_number(r, i + 1 < NUMBERS ? ' ' : '\n', &numbers[i]))
            return wg_error_set(r->error, WG_FORMAT, "%s: line %zu: number %zu of %d is none, or too large",
                r->path, r->line, i + 1, NUMBERS);
    key.pass = numbers[0];
    key.real = numbers[1];
    if (key.pass > WG_CONV_WEIGHT || (key.real != sizeof(float) && key.real != sizeof(double)))
        return bad(r, "there is no such pass, or no such number of bytes");
    memcpy(&key.conv, numbers + 2, GEOMETRY * sizeof(size_t));
    wg_tuned *entry = wg__tuning_entry(tuning, &key);
    if (!entry)
        return wg_error_set(r->error, WG_OUT_OF_MEMORY, "%s: line %zu: out of memory", r->path, r->line);
    memcpy(entry->nanoseconds + 1, numbers + 2 + GEOMETRY, (WG_CONV_WAYS - 1) * sizeof(size_t));
    return WG_OK;
}

static wg_status parse(reader *r, wg_tuning *tuning)
{
    wg_status status = read_head(r);
    while (status == WG_OK && r->at < r->end) {
        r->line++;
        status = read_entry(r, tuning);
    }
    return status;
}

static wg_status read_text(wg_source *source, wg_tuning *tuning, wg_error *error)
{
    uint64_t size = wg__source_left(source);
    if (size > MOST_BYTES)
        return wg_error_set(
            error, WG_FORMAT, "%s: %llu bytes are no table", source->path, (unsigned long long)size);
    char *text = wg__mem_new(&tuning->memory, (size_t)size + 1);
    if (!text)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", source->path, (size_t)size);
    reader r = {source->path, text, text + size, 1, error};
    wg_status status = wg__source_read(source, text, (size_t)size, error);
    if (status == WG_OK)
        status = parse(&r, tuning);
    wg__mem_free(&tuning->memory, text, (size_t)size + 1);
    return status;
}

wg_tuning *wg_tuning_load(const char *path, const wg_allocator *allocator, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    wg_source source;
    if (!path) {
        wg_error_set(error, WG_INVALID, "tuning: there is no path");
        return NULL;
    }
    if (wg__source_open(&source, path, &(wg_source_options){.allocator = allocator, .plain = true}, error) !=
        WG_OK)
        return NULL;
    wg_tuning *tuning = wg_tuning_new(allocator);
    wg_status status = tuning ? read_text(&source, tuning, error)
                              : wg_error_set(error, WG_OUT_OF_MEMORY, "%s: out of memory", path);
    wg__source_close(&source);
    if (status == WG_OK)
        return tuning;
    wg_tuning_free(tuning);
    return NULL;
}
