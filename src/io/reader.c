/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What the readers of all formats share. */
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "io/archive.h"

void wg__list_name(char list[WG_LIST], const char *name)
{
    static const char more[] = ", ...";
    size_t used = strlen(list), length = strlen(name);
    if (used >= sizeof more - 1 && strcmp(list + used - (sizeof more - 1), more) == 0)
        return;
    if (used + 2 + length + sizeof more > WG_LIST)
        snprintf(list + used, WG_LIST - used, "%s", used ? more : "...");
    else
        snprintf(list + used, WG_LIST - used, "%s%s", used ? ", " : "", name);
}

wg_archive *wg__archive_read(
    const char *path, wg_reader *reader, const wg_archive_read_options *options, wg_error *error)
{
    const wg_archive_read_options o = options ? *options : (wg_archive_read_options){0};
    wg_error own = {0};
    error = error ? error : &own;
    if (o.report)
        *o.report = (wg_archive_read_report){0};
    if (error->status != WG_OK || !path) {
        wg_error_set(error, WG_INVALID, "no file to be read");
        return NULL;
    }
    wg_reading reading = {.lenient = o.lenient, .error = error};
    const wg_source_options plain = {.allocator = &o.allocator, .max_bytes = o.max_bytes, .plain = true};
    if (wg__source_open(&reading.source, path, &plain, error) != WG_OK)
        return NULL;
    reading.archive = wg_archive_new(&o.allocator);
    wg_status status = reading.archive
                           ? reader(&reading)
                           : wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", reading.source.path);
    wg__source_close(&reading.source);
    reading.report.read = wg_archive_count(reading.archive);
    if (o.report && status == WG_OK)
        *o.report = reading.report;
    if (status == WG_OK)
        return reading.archive;
    wg_archive_free(reading.archive);
    return NULL;
}

wg_status wg__reading_make(
    wg_reading *reading, const char *name, wg_dtype dtype, const wg_shape *shape, void **numbers)
{
    size_t bytes;
    wg_status status = wg__check_array(name, dtype, shape, &bytes, reading->error);
    if (status == WG_OK)
        status = wg__source_claim(&reading->source, bytes, reading->error);
    return status == WG_OK ? wg__archive_make(reading->archive, name, dtype, shape, numbers, reading->error)
                           : status;
}

wg_status wg__reading_judge(wg_reading *reading, const char *name, size_t count, wg_status status)
{
    wg_archive_read_report *report = &reading->report;
    bool own = status != WG_OK && status != WG_OUT_OF_MEMORY && status != WG_FILE;
    if (!reading->lenient || !own)
        return status;
    wg__archive_keep(reading->archive, count);
    wg__list_name(report->skipped_names, name);
    if (report->skipped++ == 0)
        memcpy(report->reason, reading->error->message, sizeof report->reason);
    wg_error_clear(reading->error);
    return WG_OK;
}
