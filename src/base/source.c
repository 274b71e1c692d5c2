/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _XOPEN_SOURCE 700

#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/crc32.h"
#include "base/packed.h"

enum { MOST_AT_ONCE = 1 << 30 }; /* bytes; systems have limits near 2^31 */

/* ---- The file's bytes ------------------------------------------------------------------------------ */

/* From a place in the file, at most `size` of them; fewer are the end. */
static wg_status read_file(
    const wg_source *s, uint64_t place, void *bytes, size_t size, size_t *got, wg_error *error)
{
    uint64_t there = s->end > place ? s->end - place : 0;
    size = size < there ? size : (size_t)there;
    *got = 0;
    while (*got < size) {
        size_t rest = size - *got < MOST_AT_ONCE ? size - *got : MOST_AT_ONCE;
        ssize_t read = pread(s->descriptor, (char *)bytes + *got, rest, (off_t)(place + *got));
        if (read == 0)
            return WG_OK;
        if (read > 0)
            *got += (size_t)read;
        else if (errno != EINTR)
            return wg_error_set(error, errno == ENOMEM ? WG_OUT_OF_MEMORY : WG_FILE,
                "%s: cannot be read at offset %" PRIu64 ": %s", s->path, place + *got, strerror(errno));
    }
    return WG_OK;
}

wg_status wg__source_hold(
    wg_source *s, uint64_t place, const unsigned char **bytes, size_t *size, wg_error *error)
{
    wg_status status = WG_OK;
    if (!s->buffer)
        s->buffer = wg__mem_new(&s->allocator, WG_SOURCE_BUFFER);
    if (!s->buffer)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %d bytes", s->path, WG_SOURCE_BUFFER);
    if (place < s->held || place >= s->held + s->held_size) {
        s->held = place;
        s->held_size = 0;
        status = read_file(s, place, s->buffer, WG_SOURCE_BUFFER, &s->held_size, error);
    }
    *bytes = s->buffer + (place - s->held);
    *size = s->held_size - (size_t)(place - s->held);
    return status;
}

/* Many bytes go straight to their place, few through the buffer. */
static wg_status read_plain(wg_source *s, void *bytes, size_t size, size_t *got, wg_error *error)
{
    const unsigned char *held = NULL;
    size_t there = 0;
    wg_status status = WG_OK;
    if (size >= WG_SOURCE_BUFFER)
        return read_file(s, s->begin + s->offset, bytes, size, got, error);
    for (*got = 0; *got < size; *got += there) {
        status = wg__source_hold(s, s->begin + s->offset + *got, &held, &there, error);
        if (status != WG_OK || there == 0)
            break;
        there = there < size - *got ? there : size - *got;
        memcpy((char *)bytes + *got, held, there);
    }
    return status;
}

/* ---- Opening --------------------------------------------------------------------------------------- */

/* Without waiting for anybody at the other end, and then a look at what it is. */
static wg_status open_file(wg_source *s, const char *path, wg_error *error)
{
    struct stat file;
    do
        s->descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    while (s->descriptor < 0 && errno == EINTR);
    int reason = errno;
    if (s->descriptor < 0)
        return reason == ENXIO && stat(path, &file) == 0 ? wg__path_irregular(path, file.st_mode, error)
                                                         : wg__path_failed(path, reason, error);
    if (fstat(s->descriptor, &file) != 0)
        return wg__path_failed(path, errno, error);
    if (!S_ISREG(file.st_mode))
        return wg__path_irregular(path, file.st_mode, error);
    fcntl(s->descriptor, F_SETFL, 0); /* from now on it waits for the disk */
    s->end = INT64_MAX;               /* a file may grow, which readers want to see */
    s->at_most = (uint64_t)file.st_size;
    return WG_OK;
}

wg_status wg__source_open(
    wg_source *source, const char *path, const wg_source_options *options, wg_error *error)
{
    const wg_source_options o = options ? *options : (wg_source_options){0};
    *source = (wg_source){.descriptor = -1, .allocator = wg__allocator_or_default(o.allocator)};
    source->path = wg__path_shown(path, source->shown);
    wg_status status = open_file(source, path, error);
    if (status == WG_OK) {
        uint64_t length = source->at_most;
        uint64_t most = length < UINT64_MAX / WG_CLAIM_RATIO ? length * WG_CLAIM_RATIO : UINT64_MAX;
        source->most = o.max_bytes ? o.max_bytes : most > WG_CLAIM_LEAST ? most : WG_CLAIM_LEAST;
    }
    unsigned char magic[2];
    size_t got = 0;
    if (status == WG_OK && !o.plain)
        status = read_file(source, 0, magic, 2, &got, error);
    if (status == WG_OK && got == 2 && magic[0] == 0x1F && magic[1] == 0x8B)
        status = wg__packed_open(source, true, error);
    if (status != WG_OK)
        wg__source_close(source);
    return status;
}

wg_status wg__source_open_part(wg_source *source, wg_source *whole, const wg_part *part, wg_error *error)
{
    *source = (wg_source){.path = part->name,
        .allocator = whole->allocator,
        .descriptor = whole->descriptor,
        .whole = whole,
        .begin = part->begin,
        .end = part->begin + part->length};
    wg_status status = part->deflated ? wg__packed_open(source, false, error) : WG_OK;
    source->at_most = part->size;
    if (status != WG_OK)
        wg__source_close(source);
    return status;
}

void wg__source_close(wg_source *source)
{
    wg__packed_close(source);
    wg__mem_free(&source->allocator, source->buffer, WG_SOURCE_BUFFER);
    if (source->descriptor >= 0 && !source->whole)
        close(source->descriptor);
    source->buffer = NULL;
    source->descriptor = -1;
}

/* ---- Reading --------------------------------------------------------------------------------------- */

wg_status wg__source_read_some(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error)
{
    wg_status status = source->packed ? wg__packed_read(source, bytes, size, got, error)
                                      : read_plain(source, bytes, size, got, error);
    if (status == WG_OK && source->summing)
        source->crc = wg__crc32(source->crc, bytes, *got);
    if (status == WG_OK)
        source->offset += *got;
    return status;
}

wg_status wg__source_read(wg_source *source, void *bytes, size_t size, wg_error *error)
{
    size_t got;
    wg_status status = wg__source_read_some(source, bytes, size, &got, error);
    if (status == WG_OK && got < size)
        status =
            wg_error_set(error, WG_FORMAT, "%s: ends at offset %" PRIu64 ", where %zu more bytes are due",
                source->path, source->offset, size - got);
    return status;
}

wg_status wg__source_expect_end(wg_source *source, wg_error *error)
{
    char byte;
    size_t got;
    uint64_t end = source->offset;
    wg_status status = wg__source_read_some(source, &byte, 1, &got, error);
    if (status == WG_OK && got)
        status = wg_error_set(error, WG_FORMAT,
            "%s: goes on at offset %" PRIu64 ", where its header says it ends", source->path, end);
    return status;
}

wg_status wg__source_seek(wg_source *source, uint64_t offset, wg_error *error)
{
    if (source->packed || offset > source->at_most || offset > INT64_MAX)
        return wg_error_set(error, WG_FORMAT, "%s: there is no offset %" PRIu64, source->path, offset);
    source->offset = offset;
    return WG_OK;
}

uint64_t wg__source_left(const wg_source *source)
{
    return source->at_most > source->offset ? source->at_most - source->offset : 0;
}

wg_status wg__source_claim(wg_source *source, uint64_t bytes, wg_error *error)
{
    wg_source *s = source->whole ? source->whole : source;
    uint64_t wanted = bytes < UINT64_MAX - s->claimed ? s->claimed + bytes : UINT64_MAX;
    if (wanted > s->most)
        return wg_error_set(error, WG_OUT_OF_MEMORY,
            "%s: it wants %" PRIu64 " bytes of memory, of which .max_bytes allows %" PRIu64, source->path,
            wanted, s->most);
    s->claimed = wanted;
    return WG_OK;
}
