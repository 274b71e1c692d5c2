/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* zip.h - archives of the zip format (PKWARE's APPNOTE.TXT), as far as .npz files need it:
 *
 *      local header, name, extra, bytes      one entry after the other, stored or deflated
 *      ...
 *      central header, name, extra, comment  the directory: one for each entry, with its offset and sizes
 *      ...
 *      zip64 end of directory, its locator   where 16 or 32 bits do not suffice
 *      end of directory, comment             found from the file's end
 *
 * The directory is what counts; a local header need only be there, with the same name. */
#ifndef WG_IO_ZIP_H
#define WG_IO_ZIP_H

#include <stdbool.h>
#include "base/alloc.h"
#include "base/source.h"

enum {
    WG_ZIP_LOCAL = 30, /* sizes of the fixed parts */
    WG_ZIP_CENTRAL = 46,
    WG_ZIP_END = 22,
    WG_ZIP_STORED = 0,
    WG_ZIP_DEFLATED = 8
};

#define WG_ZIP_LOCAL_MARK 0x04034B50u
#define WG_ZIP_CENTRAL_MARK 0x02014B50u
#define WG_ZIP_END_MARK 0x06054B50u

typedef struct wg_zip_entry {
    const char *name; /* in the directory, not ended by a 0 */
    size_t name_length;
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size; /* bytes in the file and unpacked */
    uint64_t offset;       /* of the local header */
    uint64_t begin;        /* of the bytes, behind it */
    bool foreign;          /* its local header has another name */
} wg_zip_entry;

typedef struct wg_zip {
    wg_source *source;
    unsigned char *directory;
    size_t size;           /* of the directory */
    uint64_t begin;        /* where it lies in the file: the entries end there */
    wg_zip_entry *entries; /* as they come in the directory */
    size_t count, capacity;
} wg_zip;

/* Reads the directory of an open source, and where each entry lies: within the file, and no two in the same
 * place. wg__zip_close follows, also on failure. */
wg_status wg__zip_open(wg_zip *zip, wg_source *source, wg_error *error);
void wg__zip_close(wg_zip *zip);

/* An entry's bytes, unpacked, as a source; `name` is for messages. When all were read, wg__zip_check says
 * whether they were right, by their CRC-32. */
wg_status wg__zip_enter(
    wg_zip *zip, const wg_zip_entry *entry, const char *name, wg_source *bytes, wg_error *error);
wg_status wg__zip_check(const wg_zip_entry *entry, wg_source *bytes, wg_error *error);

#endif
