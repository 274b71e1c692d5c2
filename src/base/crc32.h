/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* crc32.h - the checksum of zip and gzip: polynomial 0x04C11DB7, bits reflected (RFC 1952, section 8). */
#ifndef WG_BASE_CRC32_H
#define WG_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 before the first byte. That of "123456789" is 0xCBF43926. */
uint32_t wg__crc32(uint32_t crc, const void *bytes, size_t size);

#endif
