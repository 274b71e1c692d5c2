/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/zip.h"

#include <inttypes.h>
#include <string.h>
#include "base/bytes.h"
#include "base/crc32.h"

#if WG_HAVE_ZLIB
#include <zlib.h>
#endif

enum { BLOCK = 1 << 14 };

/* Goes to the first byte of an entry, past its local header, which must bear its name. */
static wg_status go_to(wg_zip *zip, const wg_zip_entry *entry, wg_error *error)
{
    unsigned char head[WG_ZIP_LOCAL];
    char name[256];
    wg_source *source = zip->source;
    wg_status status = wg_source_seek(source, entry->offset, error);
    if (status == WG_OK)
        status = wg_source_read(source, head, sizeof head, error);
    if (status != WG_OK)
        return status;
    bool same =
        wg_bytes_little(head, 4) == WG_ZIP_LOCAL_MARK && wg_bytes_little(head + 26, 2) == entry->name_length;
    for (size_t done = 0, n; same && done < entry->name_length; done += n) {
        n = entry->name_length - done < sizeof name ? entry->name_length - done : sizeof name;
        if ((status = wg_source_read(source, name, n, error)) != WG_OK)
            return status;
        same = memcmp(name, entry->name + done, n) == 0;
    }
    uint64_t begin = source->offset + wg_bytes_little(head + 28, 2);
    if (!same || begin > zip->begin || entry->packed > zip->begin - begin)
        return wg_error_set(error, WG_FORMAT,
            "%s: the entry at offset %" PRIu64 " is not what the directory says", source->path,
            entry->offset);
    return wg_source_seek(source, begin, error);
}

#if WG_HAVE_ZLIB

/* Unpacks exactly entry->size bytes from exactly entry->packed. */
static wg_status inflate_blocks(
    wg_zip *zip, const wg_zip_entry *entry, z_stream *z, unsigned char *bytes, wg_error *error)
{
    unsigned char block[BLOCK];
    uint64_t left = entry->packed;
    size_t done = 0;
    int code = Z_OK;
    while (code == Z_OK) {
        if (z->avail_in == 0 && left) {
            z->avail_in = left < BLOCK ? (uInt)left : BLOCK;
            z->next_in = block;
            wg_status status = wg_source_read(zip->source, block, z->avail_in, error);
            if (status != WG_OK)
                return status;
            left -= z->avail_in;
        }
        uInt room = entry->size - done < 1 << 30 ? (uInt)(entry->size - done) : 1u << 30;
        z->next_out = bytes + done;
        z->avail_out = room;
        code = inflate(z, Z_NO_FLUSH);
        done += room - z->avail_out;
    }
    if (code == Z_MEM_ERROR)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for unpacking", zip->source->path);
    if (code != Z_STREAM_END || left || z->avail_in || done != entry->size)
        return wg_error_set(error, WG_FORMAT,
            "%s: the deflated bytes of the entry at offset %" PRIu64 " are damaged%s%s", zip->source->path,
            entry->offset, z->msg ? ": " : "", z->msg ? z->msg : "");
    return WG_OK;
}

static wg_status inflate_entry(wg_zip *zip, const wg_zip_entry *entry, unsigned char *bytes, wg_error *error)
{
    z_stream z = {0};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) /* no header of zlib's */
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for unpacking", zip->source->path);
    wg_status status = inflate_blocks(zip, entry, &z, bytes, error);
    inflateEnd(&z);
    return status;
}

#else

static wg_status inflate_entry(wg_zip *zip, const wg_zip_entry *entry, unsigned char *bytes, wg_error *error)
{
    (void)entry, (void)bytes;
    return wg_error_set(error, WG_FILE,
        "%s: compressed, but this library was built without zlib: save it with numpy.savez",
        zip->source->path);
}

#endif

wg_status wg_zip_unpack(wg_zip *zip, const wg_zip_entry *entry, unsigned char **bytes, wg_error *error)
{
    size_t size = entry->size ? (size_t)entry->size : 1;
    wg_status status = go_to(zip, entry, error);
    *bytes = status == WG_OK ? wg_mem_new(&zip->memory, size) : NULL;
    if (status != WG_OK)
        return status;
    if (!*bytes)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", zip->source->path, size);
    if (entry->method == WG_ZIP_STORED)
        status = wg_source_read(zip->source, *bytes, (size_t)entry->size, error);
    else
        status = inflate_entry(zip, entry, *bytes, error);
    if (status == WG_OK && wg_crc32(0, *bytes, (size_t)entry->size) != entry->crc)
        status = wg_error_set(error, WG_FORMAT,
            "%s: the entry at offset %" PRIu64 " is damaged: its CRC-32 is false", zip->source->path,
            entry->offset);
    if (status != WG_OK) {
        wg_mem_free(&zip->memory, *bytes, size);
        *bytes = NULL;
    }
    return status;
}
