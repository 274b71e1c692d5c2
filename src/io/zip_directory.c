/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/zip.h"

#include <inttypes.h>
#include <string.h>
#include "base/bytes.h"

enum {
    MOST_COMMENT = 0xFFFF,
    LOCATOR = 20,
    END64 = 56,
    EXTRA64 = 1,         /* the number of the extra field with sizes of 8 bytes */
    DEFLATE_LIMIT = 1032 /* no deflated byte becomes more */
};

#define LOCATOR_MARK 0x07064B50u
#define END64_MARK 0x06064B50u

static uint64_t get(const unsigned char *bytes, size_t at, size_t size)
{
    return wg_bytes_little(bytes + at, size);
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
    unsigned char *tail = wg_mem_new(&zip->memory, size);
    if (!tail)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", zip->source->path);
    wg_status status = wg_source_seek(zip->source, length - size, error);
    if (status == WG_OK)
        status = wg_source_read(zip->source, tail, size, error);
    bool found = false;
    for (size_t at = size - WG_ZIP_END + 1; status == WG_OK && !found && at-- > 0;)
        if (get(tail, at, 4) == WG_ZIP_END_MARK && get(tail, at + 20, 2) == size - WG_ZIP_END - at) {
            memcpy(end, tail + at, WG_ZIP_END);
            *where = length - size + at;
            found = true;
        }
    wg_mem_free(&zip->memory, tail, size);
    return status == WG_OK && !found ? bad(zip, "no zip archive: its end of directory is not there", error)
                                     : status;
}

/* Where a locator stands before the end record, the end is the zip64 record that it points to. */
static wg_status read_end64(wg_zip *zip, uint64_t *where, uint64_t *size, bool needed, wg_error *error)
{
    unsigned char locator[LOCATOR] = {0}, end[END64];
    wg_status status = WG_OK;
    if (*where >= LOCATOR)
        status = wg_source_seek(zip->source, *where - LOCATOR, error);
    if (*where >= LOCATOR && status == WG_OK)
        status = wg_source_read(zip->source, locator, LOCATOR, error);
    if (status == WG_OK && get(locator, 0, 4) != LOCATOR_MARK)
        return needed ? bad(zip, "the zip64 directory has no locator", error) : WG_OK;
    if (status == WG_OK)
        status = wg_source_seek(zip->source, get(locator, 8, 8), error);
    if (status == WG_OK)
        status = wg_source_read(zip->source, end, END64, error);
    if (status != WG_OK)
        return status;
    if (get(end, 0, 4) != END64_MARK || get(end, 16, 4) || get(end, 20, 4) ||
        get(end, 24, 8) != get(end, 32, 8))
        return bad(zip, "the zip64 end of directory is damaged", error);
    *where = get(locator, 8, 8);
    zip->entries = get(end, 32, 8);
    *size = get(end, 40, 8);
    zip->begin = get(end, 48, 8);
    return WG_OK;
}

wg_status wg_zip_open(wg_zip *zip, wg_source *source, const wg_allocator *memory, wg_error *error)
{
    unsigned char end[WG_ZIP_END];
    uint64_t where = 0;
    *zip = (wg_zip){.source = source, .memory = *memory};
    wg_status status = find_end(zip, end, &where, error);
    if (status != WG_OK)
        return status;
    uint64_t size = get(end, 12, 4);
    zip->entries = get(end, 10, 2);
    zip->begin = get(end, 16, 4);
    bool needed = zip->entries == 0xFFFF || size == 0xFFFFFFFF || zip->begin == 0xFFFFFFFF;
    if (!needed && (get(end, 4, 4) || get(end, 8, 2) != zip->entries))
        return bad(zip, "an archive of several disks", error);
    status = read_end64(zip, &where, &size, needed, error);
    if (status != WG_OK)
        return status;
    if (size > where || zip->begin != where - size || zip->entries > size / WG_ZIP_CENTRAL)
        return bad(zip, "the directory does not lie before its end", error);
    if (size == 0)
        return WG_OK;
    zip->directory = size <= SIZE_MAX ? wg_mem_new(&zip->memory, (size_t)size) : NULL;
    if (!zip->directory)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "%s: no memory for %" PRIu64 " bytes", source->path, size);
    zip->size = (size_t)size;
    status = wg_source_seek(source, zip->begin, error);
    return status == WG_OK ? wg_source_read(source, zip->directory, zip->size, error) : status;
}

void wg_zip_close(wg_zip *zip)
{
    wg_mem_free(&zip->memory, zip->directory, zip->size);
    zip->directory = NULL;
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
    int length = e->name_length < 100 ? (int)e->name_length : 100;
    const char *path = zip->source->path;
    if (e->flags & 0x2041)
        return wg_error_set(error, WG_FORMAT, "%s: %.*s is encrypted", path, length, e->name);
    if (e->method != WG_ZIP_STORED && e->method != WG_ZIP_DEFLATED)
        return wg_error_set(error, WG_FORMAT, "%s: %.*s is compressed by method %u, which is not read", path,
            length, e->name, e->method);
    uint64_t most = e->method == WG_ZIP_STORED ? e->packed : e->packed * DEFLATE_LIMIT;
    bool exact = e->method != WG_ZIP_STORED || e->size == e->packed;
    if (e->packed > zip->begin || e->offset > zip->begin || e->size > most || e->size > SIZE_MAX || !exact)
        return wg_error_set(error, WG_FORMAT, "%s: %.*s cannot have %" PRIu64 " bytes in %" PRIu64, path,
            length, e->name, e->size, e->packed);
    zip->packed += e->packed;
    if (zip->packed > zip->begin)
        return wg_error_set(error, WG_FORMAT, "%s: %.*s lies where other entries lie", path, length, e->name);
    return WG_OK;
}

wg_status wg_zip_next(wg_zip *zip, wg_zip_entry *entry, wg_error *error)
{
    const unsigned char *head = zip->directory + zip->at;
    size_t left = zip->size - zip->at;
    if (zip->entries == 0 || left < WG_ZIP_CENTRAL || get(head, 0, 4) != WG_ZIP_CENTRAL_MARK)
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
    zip->at += WG_ZIP_CENTRAL + name + extra + comment;
    zip->entries--;
    if (zip->entries == 0 && zip->at != zip->size)
        return bad(zip, "the directory goes on after its last entry", error);
    if (!read_extra(entry, head + WG_ZIP_CENTRAL + name, extra))
        return bad(zip, "the directory lacks a size of 8 bytes", error);
    return check(zip, entry, error);
}
