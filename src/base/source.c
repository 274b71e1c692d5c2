/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#if WG_HAVE_ZLIB
#include <zlib.h>
#endif

/* Deflate packs at most 258 bytes into 2 bits: no file unpacks to more than 1032 times its length. */
enum { DEFLATE_LIMIT = 1032 };

static bool is_gzip(FILE *file)
{
    unsigned char magic[2];
    bool gzip = fread(magic, 1, 2, file) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
    rewind(file);
    return gzip;
}

static wg_status open_gzip(wg_source *source, uint64_t length, wg_error *error)
{
#if WG_HAVE_ZLIB
    errno = 0;
    source->gzip = gzopen(source->path, "rb");
    if (!source->gzip)
        return wg_error_set(error, WG_FILE, "%s: %s", source->path, errno ? strerror(errno) : "no memory");
    gzbuffer(source->gzip, 1 << 16);
    source->at_most = length < UINT64_MAX / DEFLATE_LIMIT ? length * DEFLATE_LIMIT : UINT64_MAX;
    return WG_OK;
#else
    (void)length;
    return wg_error_set(error, WG_FILE,
        "%s: compressed with gzip, but this library was built without zlib: gunzip it", source->path);
#endif
}

wg_status wg_source_open_plain(wg_source *source, const char *path, wg_error *error)
{
    *source = (wg_source){.path = path};
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file)
        return wg_error_set(error, WG_FILE, "%s: %s", path, strerror(errno));
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        fclose(file);
        return wg_error_set(error, WG_FILE, "%s: not a regular file", path);
    }
    source->plain = file;
    source->at_most = (uint64_t)status.st_size;
    return WG_OK;
}

wg_status wg_source_open(wg_source *source, const char *path, wg_error *error)
{
    wg_status status = wg_source_open_plain(source, path, error);
    if (status == WG_OK && is_gzip(source->plain)) {
        uint64_t length = source->at_most;
        wg_source_close(source);
        status = open_gzip(source, length, error);
    }
    return status;
}

void wg_source_open_memory(wg_source *source, const char *name, const void *bytes, size_t size)
{
    *source = (wg_source){.path = name, .memory = size ? bytes : (const void *)"", .at_most = size};
}

wg_status wg_source_read_some(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error)
{
    *got = 0;
#if WG_HAVE_ZLIB
    while (source->gzip && *got < size) {
        size_t rest = size - *got;
        int read = gzread(source->gzip, (char *)bytes + *got, rest < 1 << 20 ? (unsigned)rest : 1u << 20);
        int code = Z_OK;
        const char *text = gzerror(source->gzip, &code);
        if (read < 0 ||
            (code != Z_OK && code != Z_STREAM_END)) /* Z_BUF_ERROR: the file stops in mid-stream */
            return wg_error_set(error, WG_FORMAT,
                "%s: damaged or truncated gzip data near offset %" PRIu64 " of its contents: %s",
                source->path, source->offset + *got, text);
        if (read == 0)
            break;
        *got += (size_t)read;
    }
#endif
    if (source->memory) {
        *got = wg_source_left(source) < size ? (size_t)wg_source_left(source) : size;
        if (*got)
            memcpy(bytes, source->memory + source->offset, *got);
    }
    if (source->plain) {
        *got = fread(bytes, 1, size, source->plain);
        if (*got < size && ferror(source->plain))
            return wg_error_set(
                error, WG_FILE, "%s: cannot be read at offset %" PRIu64, source->path, source->offset);
    }
    source->offset += *got;
    return WG_OK;
}

wg_status wg_source_read(wg_source *source, void *bytes, size_t size, wg_error *error)
{
    size_t got;
    wg_status status = wg_source_read_some(source, bytes, size, &got, error);
    if (status == WG_OK && got < size)
        status =
            wg_error_set(error, WG_FORMAT, "%s: ends at offset %" PRIu64 ", where %zu more bytes are due",
                source->path, source->offset, size - got);
    return status;
}

wg_status wg_source_expect_end(wg_source *source, wg_error *error)
{
    char byte;
    size_t got;
    uint64_t end = source->offset;
    wg_status status = wg_source_read_some(source, &byte, 1, &got, error);
    if (status == WG_OK && got)
        status = wg_error_set(error, WG_FORMAT,
            "%s: goes on at offset %" PRIu64 ", where its header says it ends", source->path, end);
    return status;
}

wg_status wg_source_seek(wg_source *source, uint64_t offset, wg_error *error)
{
    bool good = !source->gzip && offset <= source->at_most && offset <= INT64_MAX;
    if (!good || (source->plain && fseeko(source->plain, (off_t)offset, SEEK_SET) != 0))
        return wg_error_set(error, WG_FORMAT, "%s: there is no offset %" PRIu64, source->path, offset);
    source->offset = offset;
    return WG_OK;
}

uint64_t wg_source_left(const wg_source *source)
{
    return source->at_most > source->offset ? source->at_most - source->offset : 0;
}

void wg_source_close(wg_source *source)
{
    if (source->plain)
        fclose(source->plain);
#if WG_HAVE_ZLIB
    if (source->gzip)
        gzclose(source->gzip);
#endif
    source->plain = NULL;
    source->gzip = NULL;
    source->memory = NULL;
}
