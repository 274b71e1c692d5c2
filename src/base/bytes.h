/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bytes.h - integers of so many bytes in a file's order, on any machine. */
#ifndef WG_BASE_BYTES_H
#define WG_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this machine's lowest byte the first? */
static inline bool wg__host_is_little(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* `size` bytes, at most 8. */
static inline uint64_t wg__bytes_little(const unsigned char *byte, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
        value = value << 8 | byte[i];
    return value;
}

static inline uint64_t wg__bytes_big(const unsigned char *byte, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | byte[i];
    return value;
}

static inline void wg__bytes_put_little(unsigned char *byte, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        byte[i] = (unsigned char)value;
}

#endif
