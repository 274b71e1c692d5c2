/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/zip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/packed.h"

enum {
    MOST_COMMENT = 0xFFFF,
    LOCATOR = 20,
    END64 = 56,
    EXTRA64 = 1 /* the number of the extra field with sizes of 8 bytes */
};

#define LOCATOR_MARK 0x07064B50u
#define END64_MARK 0x06064B50u

static uint64_t get(const unsigned char *bytes, size_t at, size_t size)
{
    return wg__bytes_little(bytes + at, size);
}

static wg_status bad(const wg_zip *zip, const char *what, wg_error *error)
{
    return wg_error_set(error, WG_FORMAT, "%s: %s", zip->source->path, what);
}

/* ---- Where the directory is ------------------------------------------------------------------------ */

/* The end record is the last one whose comment reaches to the end of the file. */
static wg_status find_end(wg_zip *zip, unsigned char end[WG_ZIP_END], uint64_t *where, wg_error *error)
{
    uint64_t length = zip->source->at_most;
    size_t size = length < WG_ZIP_END + MOST_COMMENT ? (size_t)length : WG_ZIP_END + MOST_COMMENT;
    if (size < WG_ZIP_END)
        return bad(zip, "too short for a zip archive", error);
    unsigned char *tail = wg__mem_new(&zip->source->allocator, size);
    if (!tail)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", zip->source->path);
    wg_status status = wg__source_seek(zip->source, length - size, error);
    if (status == WG_OK)
        status = wg__source_read(zip->source, tail, size, error);
    bool found = false;
    for (size_t at = size - WG_ZIP_END + 1; status == WG_OK && !found && at-- > 0;)
        if (get(tail, at, 4) == WG_ZIP_END_MARK && get(tail, at + 20, 2) == size - WG_ZIP_END - at) {
            memcpy(end, tail + at, WG_ZIP_END);
            *where = length - size + at;
            found = true;
        }
    wg__mem_free(&zip->source->allocator, tail, size);
    return status == WG_OK && !found ? bad(zip, "no zip archive: its end of directory is not there", error)
                                     : status;
}

/* Where a locator stands before the end record, the end is the zip64 record that it points to. */
static wg_status read_end64(
    wg_zip *zip, uint64_t *where, uint64_t *count, uint64_t *size, bool needed, wg_error *error)
{
    unsigned char locator[LOCATOR] = {0}, end[END64];
    wg_status status = WG_OK;
    if (*where >= LOCATOR)
        status = wg__source_seek(zip->source, *where - LOCATOR, error);
    if (*where >= LOCATOR && status == WG_OK)
        status = wg__source_read(zip->source, locator, LOCATOR, error);
    if (status == WG_OK && get(locator, 0, 4) != LOCATOR_MARK)
        return needed ? bad(zip, "the zip64 directory has no locator", error) : WG_OK;
    if (status == WG_OK)
        status = wg__source_seek(zip->source, get(locator, 8, 8), error);
    if (status == WG_OK)
        status = wg__source_read(zip->source, end, END64, error);
    if (status != WG_OK)
        return status;
    if (get(end, 0, 4) != END64_MARK || get(end, 16, 4) || get(end, 20, 4) ||
        get(end, 24, 8) != get(end, 32, 8))
        return bad(zip, "the zip64 end of directory is damaged", error);
    *where = get(locator, 8, 8);
    *count = get(end, 32, 8);
    *size = get(end, 40, 8);
    zip->begin = get(end, 48, 8);
    return WG_OK;
}

/* The whole directory; *count is how many entries it says there are. */
static wg_status read_directory(wg_zip *zip, uint64_t *count, wg_error *error)
{
    unsigned char end[WG_ZIP_END];
    uint64_t where = 0;
    wg_status status = find_end(zip, end, &where, error);
    if (status != WG_OK)
        return status;
    uint64_t size = get(end, 12, 4);
    *count = get(end, 10, 2);
    zip->begin = get(end, 16, 4);
    bool needed = *count == 0xFFFF || size == 0xFFFFFFFF || zip->begin == 0xFFFFFFFF;
    if (!needed && (get(end, 4, 4) || get(end, 8, 2) != *count))
        return bad(zip, "an archive of several disks", error);
    status = read_end64(zip, &where, count, &size, needed, error);
    if (status != WG_OK)
        return status;
    if (size > where || zip->begin != where - size || *count > size / WG_ZIP_CENTRAL)
        return bad(zip, "the directory does not lie before its end", error);
    if (size == 0)
        return WG_OK;
    status = wg__source_claim(zip->source, size, error);
    if (status != WG_OK)
        return status;
    zip->directory = size <= SIZE_MAX ? wg__mem_new(&zip->source->allocator, (size_t)size) : NULL;
    if (!zip->directory)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %" PRIu64 " bytes", zip->source->path, size);
    zip->size = (size_t)size;
    status = wg__source_seek(zip->source, zip->begin, error);
    return status == WG_OK ? wg__source_read(zip->source, zip->directory, zip->size, error) : status;
}

/* ---- Entries --------------------------------------------------------------------------------------- */

/* Those of size, packed and offset that are all ones are in the extra field, in this order. */
static bool read_extra(wg_zip_entry *entry, const unsigned char *extra, size_t length)
{
    uint64_t *const values[3] = {&entry->size, &entry->packed, &entry->offset};
    size_t wanted = 0;
    for (size_t i = 0; i < 3; i++)
        wanted += *values[i] == 0xFFFFFFFF;
    while (wanted && length >= 4) {
        size_t id = (size_t)get(extra, 0, 2), size = (size_t)get(extra, 2, 2);
        if (size > length - 4)
            return false;
        for (size_t i = 0, at = 4; i < 3 && id == EXTRA64; i++)
            if (*values[i] == 0xFFFFFFFF) {
                if (at + 8 > 4 + size)
                    return false;
                *values[i] = get(extra, at, 8);
                at += 8;
            }
        if (id == EXTRA64)
            return true;
        extra += 4 + size;
        length -= 4 + size;
    }
    return wanted == 0;
}

static wg_status check(wg_zip *zip, const wg_zip_entry *e, wg_error *error)
{
    uint64_t most = e->packed < UINT64_MAX / WG_DEFLATE_RATIO ? e->packed * WG_DEFLATE_RATIO : UINT64_MAX;
    bool exact = e->method != WG_ZIP_STORED || e->size == e->packed;
    if (e->packed > zip->begin || e->offset > zip->begin || e->size > most || e->size > SIZE_MAX || !exact)
        return wg_error_set(error, WG_FORMAT, "%s: %.*s cannot have %" PRIu64 " bytes in %" PRIu64,
            zip->source->path, e->name_length < 100 ? (int)e->name_length : 100, e->name, e->size, e->packed);
    return WG_OK;
}

/* The central header at *at, which goes on to the next. */
static wg_status read_central(wg_zip *zip, size_t *at, wg_zip_entry *entry, wg_error *error)
{
    const unsigned char *head = zip->directory + *at;
    size_t left = zip->size - *at;
    if (left < WG_ZIP_CENTRAL || get(head, 0, 4) != WG_ZIP_CENTRAL_MARK)
        return bad(zip, "the directory is damaged", error);
    size_t name = (size_t)get(head, 28, 2), extra = (size_t)get(head, 30, 2),
           comment = (size_t)get(head, 32, 2);
    if (name + extra + comment > left - WG_ZIP_CENTRAL)
        return bad(zip, "the directory ends within an entry", error);
    *entry = (wg_zip_entry){.name = (const char *)head + WG_ZIP_CENTRAL,
        .name_length = name,
        .flags = (unsigned)get(head, 8, 2),
        .method = (unsigned)get(head, 10, 2),
        .crc = (uint32_t)get(head, 16, 4),
        .packed = get(head, 20, 4),
        .size = get(head, 24, 4),
        .offset = get(head, 42, 4)};
    *at += WG_ZIP_CENTRAL + name + extra + comment;
    if (!read_extra(entry, head + WG_ZIP_CENTRAL + name, extra))
        return bad(zip, "the directory lacks a size of 8 bytes", error);
    return check(zip, entry, error);
}

/* entry->begin, from the local header, and whether that bears the entry's name. */
static wg_status read_local(wg_zip *zip, wg_zip_entry *entry, wg_error *error)
{
    unsigned char head[WG_ZIP_LOCAL];
    char name[256];
    wg_source *source = zip->source;
    wg_status status = wg__source_seek(source, entry->offset, error);
    if (status == WG_OK)
        status = wg__source_read(source, head, sizeof head, error);
    if (status != WG_OK)
        return status;
    bool same = get(head, 0, 4) == WG_ZIP_LOCAL_MARK && get(head, 26, 2) == entry->name_length;
    for (size_t done = 0, n; same && done < entry->name_length; done += n) {
        n = entry->name_length - done < sizeof name ? entry->name_length - done : sizeof name;
        if ((status = wg__source_read(source, name, n, error)) != WG_OK)
            return status;
        same = memcmp(name, entry->name + done, n) == 0;
    }
    entry->begin = entry->offset + WG_ZIP_LOCAL + get(head, 26, 2) + get(head, 28, 2);
    entry->foreign = !same || entry->begin > zip->begin || entry->packed > zip->begin - entry->begin;
    return WG_OK;
}

static int by_place(const void *a, const void *b)
{
    const wg_zip_entry *x = *(wg_zip_entry *const *)a, *y = *(wg_zip_entry *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* No byte of the file belongs to two entries: what is packed once is unpacked once. */
static wg_status check_places(const wg_zip *zip, wg_error *error)
{
    const wg_allocator *memory = &zip->source->allocator;
    size_t bytes = zip->count * sizeof(wg_zip_entry *);
    const wg_zip_entry **order = zip->count ? wg__mem_new(memory, bytes) : NULL;
    wg_status status = WG_OK;
    if (zip->count && !order)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", zip->source->path, bytes);
    for (size_t i = 0; i < zip->count; i++)
        order[i] = &zip->entries[i];
    if (zip->count)
        qsort((void *)order, zip->count, sizeof *order, by_place);
    for (size_t i = 1; i < zip->count && status == WG_OK; i++) {
        const wg_zip_entry *e = order[i], *before = order[i - 1];
        if (before->foreign ? before->offset == e->offset : before->begin + before->packed > e->offset)
            status = wg_error_set(error, WG_FORMAT, "%s: %.*s lies where other entries lie",
                zip->source->path, e->name_length < 100 ? (int)e->name_length : 100, e->name);
    }
    wg__mem_free(memory, (void *)order, bytes);
    return status;
}

wg_status wg__zip_open(wg_zip *zip, wg_source *source, wg_error *error)
{
    uint64_t count = 0;
    size_t at = 0;
    *zip = (wg_zip){.source = source};
    wg_status status = read_directory(zip, &count, error);
    if (status == WG_OK && count) { /* at most a 46th of the directory's length */
        zip->capacity = (size_t)count;
        zip->entries = wg__mem_new(&source->allocator, zip->capacity * sizeof *zip->entries);
        if (!zip->entries)
            return wg_error_set(
                error, WG_OUT_OF_MEMORY, "%s: no memory for %zu entries", source->path, zip->capacity);
    }
    for (; zip->count < zip->capacity && status == WG_OK; zip->count++) {
        wg_zip_entry *entry = &zip->entries[zip->count];
        status = read_central(zip, &at, entry, error);
        if (status == WG_OK)
            status = read_local(zip, entry, error);
    }
    if (status == WG_OK && at != zip->size)
        status = bad(zip, "the directory goes on after its last entry", error);
    return status == WG_OK ? check_places(zip, error) : status;
}

void wg__zip_close(wg_zip *zip)
{
    const wg_allocator *memory = &zip->source->allocator;
    wg__mem_free(memory, zip->entries, zip->capacity * sizeof *zip->entries);
    wg__mem_free(memory, zip->directory, zip->size);
    *zip = (wg_zip){.source = zip->source};
}
