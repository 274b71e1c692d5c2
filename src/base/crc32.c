/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/crc32.h"

#if WG_HAVE_ZLIB
#include <zlib.h>

uint32_t wg__crc32(uint32_t crc, const void *bytes, size_t size)
{
    return (uint32_t)crc32_z(crc, bytes, size);
}

#else

/* Four bits at a time: row i is i * x^32 modulo the polynomial. */
uint32_t wg__crc32(uint32_t crc, const void *bytes, size_t size)
{
    static const uint32_t row[16] = {0, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4,
        0xA00AE278, 0xBDBDF21C};
    const unsigned char *byte = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= byte[i];
        crc = crc >> 4 ^ row[crc & 15];
        crc = crc >> 4 ^ row[crc & 15];
    }
    return ~crc;
}

#endif
