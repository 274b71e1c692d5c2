/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The bytes of one entry of a zip archive. */
#include <inttypes.h>
#include "io/zip.h"

enum { ENCRYPTED = 0x2041 }; /* flags, any of them */

wg_status wg__zip_enter(
    wg_zip *zip, const wg_zip_entry *entry, const char *name, wg_source *bytes, wg_error *error)
{
    if (entry->flags & ENCRYPTED)
        return wg_error_set(error, WG_FORMAT, "%s: it is encrypted", name);
    if (entry->method != WG_ZIP_STORED && entry->method != WG_ZIP_DEFLATED)
        return wg_error_set(
            error, WG_FORMAT, "%s: it is compressed by method %u, which is not read", name, entry->method);
    if (entry->foreign)
        return wg_error_set(error, WG_FORMAT,
            "%s: the entry at offset %" PRIu64 " is not what the directory says", name, entry->offset);
    const wg_part part = {.name = name,
        .begin = entry->begin,
        .length = entry->packed,
        .size = entry->size,
        .deflated = entry->method == WG_ZIP_DEFLATED};
    wg_status status = wg__source_open_part(bytes, zip->source, &part, error);
    bytes->summing = true;
    return status;
}

wg_status wg__zip_check(const wg_zip_entry *entry, wg_source *bytes, wg_error *error)
{
    uint32_t crc = bytes->crc;
    wg_status status = wg__source_expect_end(bytes, error);
    if (status == WG_OK && crc != entry->crc)
        status = wg_error_set(error, WG_FORMAT,
            "%s: the entry at offset %" PRIu64 " is damaged: its CRC-32 is false", bytes->path,
            entry->offset);
    return status;
}
