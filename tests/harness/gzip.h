/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gzip.h - gzip files without zlib, for tests that must run without it. */
#ifndef WG_TESTS_GZIP_H
#define WG_TESTS_GZIP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { GZIP_EXTRA = 23 }; /* bytes that packing adds */

/* RFC 1952 around one stored block of RFC 1951, of less than 65,536 bytes. Returns the packed size. */
static inline size_t gzip_pack(unsigned char *out, const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    crc = ~crc;
    const unsigned char low = (unsigned char)size, high = (unsigned char)(size >> 8);
    const unsigned char head[15] = {
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, low, high, (unsigned char)~low, (unsigned char)~high};
    const unsigned char tail[8] = {(unsigned char)crc, (unsigned char)(crc >> 8), (unsigned char)(crc >> 16),
        (unsigned char)(crc >> 24), low, high};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, bytes, size);
    memcpy(out + sizeof head + size, tail, sizeof tail);
    return size + GZIP_EXTRA;
}

#endif
