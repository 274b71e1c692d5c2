/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* rounded.h - bfloat16 by its definition, for tests: of the two neighbours the nearer one. */
#ifndef WG_TESTS_ROUNDED_H
#define WG_TESTS_ROUNDED_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* x is no NaN. What lies beyond the last finite number is compared as if the numbers went on: infinity is
 * 2^128. */
static inline float rounded(float x)
{
    uint32_t below = bits_of_float(fabsf(x)) >> 16, above = below + 1;
    if (isinf(x))
        return x;
    double low = (double)float_of_bits(below << 16);
    double high = above == 0x7f80u ? 0x1p128 : (double)float_of_bits(above << 16);
    double to_low = fabs((double)x) - low, to_high = high - fabs((double)x);
    uint32_t nearest = to_low < to_high || (to_low == to_high && below % 2 == 0) ? below : above;
    return copysignf(float_of_bits(nearest << 16), x);
}

#endif
