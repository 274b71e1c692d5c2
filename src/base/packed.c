/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/packed.h"

#include <inttypes.h>
#include <stddef.h>
#include "base/alloc.h"

#if WG_HAVE_ZLIB
#include <zlib.h>

typedef struct wg_packed {
    z_stream z;
    uint64_t place; /* in the file, of the next byte that zlib has not seen */
    bool gzip;
    bool ended; /* nothing more comes out */
} wg_packed;

/* zlib's memory is the hook's, which wants its size back: that stands before it. */
typedef union head {
    size_t size;
    max_align_t alignment;
} head;

static void *take(void *allocator, unsigned items, unsigned item_size)
{
    size_t size;
    head *h = wg__mul_size(items, item_size, &size) && size <= SIZE_MAX - sizeof *h
                  ? wg__mem_new(allocator, sizeof *h + size)
                  : NULL;
    if (!h)
        return NULL;
    h->size = sizeof *h + size;
    return h + 1;
}

static void give_back(void *allocator, void *memory)
{
    head *h = (head *)memory - 1;
    wg__mem_free(allocator, h, h->size);
}

static wg_status no_memory(const wg_source *source, wg_error *error)
{
    return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for unpacking", source->path);
}

wg_status wg__packed_open(wg_source *source, bool gzip, wg_error *error)
{
    wg_packed *p = source->packed = wg__mem_zero(&source->allocator, sizeof *p);
    if (!p)
        return no_memory(source, error);
    p->z.zalloc = take;
    p->z.zfree = give_back;
    p->z.opaque = &source->allocator;
    p->place = source->begin;
    p->gzip = gzip;
    if (inflateInit2(&p->z, gzip ? MAX_WBITS + 16 : -MAX_WBITS) != Z_OK) {
        wg__mem_free(&source->allocator, p, sizeof *p);
        source->packed = NULL;
        return no_memory(source, error);
    }
    uint64_t length = source->at_most;
    source->at_most = length < UINT64_MAX / WG_DEFLATE_RATIO ? length * WG_DEFLATE_RATIO : UINT64_MAX;
    return WG_OK;
}

void wg__packed_close(wg_source *source)
{
    if (!source->packed)
        return;
    inflateEnd(&source->packed->z);
    wg__mem_free(&source->allocator, source->packed, sizeof *source->packed);
    source->packed = NULL;
}

static wg_status damaged(const wg_source *source, uint64_t offset, const char *why, wg_error *error)
{
    return wg_error_set(error, WG_FORMAT,
        "%s: damaged or truncated %s data near offset %" PRIu64 " of its contents: %s", source->path,
        source->packed->gzip ? "gzip" : "deflated", offset, why);
}

/* Gives zlib bytes when it has none; it stays without at the end. */
static wg_status feed(wg_source *source, wg_error *error)
{
    wg_packed *p = source->packed;
    const unsigned char *bytes;
    size_t size;
    if (p->z.avail_in)
        return WG_OK;
    wg_status status = wg__source_hold(source, p->place, &bytes, &size, error);
    if (status != WG_OK)
        return status;
    p->z.next_in = (unsigned char *)(uintptr_t)bytes; /* zlib may have been built without const */
    p->z.avail_in = (unsigned)size;
    p->place += size;
    return WG_OK;
}

/* What has ended may be followed, if it is gzip, by zeros and by more of gzip (RFC 1952, 2.2). */
static wg_status next_member(wg_source *source, uint64_t offset, wg_error *error)
{
    wg_packed *p = source->packed;
    wg_status status = feed(source, error);
    if (status == WG_OK && !p->gzip && p->z.avail_in)
        return damaged(source, offset, "more bytes than there should be", error);
    while (status == WG_OK && p->z.avail_in && *p->z.next_in == 0) {
        p->z.next_in++;
        p->z.avail_in--;
        status = feed(source, error);
    }
    p->ended = status == WG_OK && p->z.avail_in == 0;
    if (status == WG_OK && !p->ended && inflateReset(&p->z) != Z_OK)
        return damaged(source, offset, "it cannot be unpacked further", error);
    return status;
}

wg_status wg__packed_read(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error)
{
    wg_packed *p = source->packed;
    for (*got = 0; *got < size && !p->ended;) {
        wg_status status = feed(source, error);
        if (status != WG_OK)
            return status;
        unsigned room = size - *got < 1 << 30 ? (unsigned)(size - *got) : 1u << 30;
        p->z.next_out = (unsigned char *)bytes + *got;
        p->z.avail_out = room;
        int code = inflate(&p->z, Z_NO_FLUSH);
        *got += room - p->z.avail_out;
        if (code == Z_MEM_ERROR)
            return no_memory(source, error);
        if (code == Z_STREAM_END)
            status = next_member(source, source->offset + *got, error);
        else if (code != Z_OK) /* Z_BUF_ERROR: the file stops in mid-stream */
            status = damaged(source, source->offset + *got, p->z.msg ? p->z.msg : "it ends too early", error);
        if (status != WG_OK)
            return status;
    }
    return WG_OK;
}

#else

wg_status wg__packed_open(wg_source *source, bool gzip, wg_error *error)
{
    return wg_error_set(error, WG_FILE, "%s: %s, but this library was built without zlib: %s", source->path,
        gzip ? "compressed with gzip" : "compressed", gzip ? "gunzip it" : "save it with numpy.savez");
}

wg_status wg__packed_read(wg_source *source, void *bytes, size_t size, size_t *got, wg_error *error)
{
    (void)bytes, (void)size;
    *got = 0;
    return wg__packed_open(source, true, error);
}

void wg__packed_close(wg_source *source)
{
    (void)source;
}

#endif
