/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/bf16.h"

#include <stdint.h>
#include <string.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"

enum { CHUNK = 1 << 14 };

/* The lower half, as a fraction of a step of the upper one, is below 1/2, 1/2 or above. Adding 1/2 less the
 * smallest fraction, and that too when the upper half is odd, carries into the upper half just when it must.
 * The carry runs from the fraction into the exponent, which is right: that is the next number, or infinity.
 * Only a NaN could run over into something else. */
WG_INLINE uint32_t round_bits(uint32_t bits)
{
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) & 0xffff0000u;
    uint32_t quiet = (bits & 0xffff0000u) | 0x00400000u;
    return (bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded;
}

typedef struct rounding {
    const float *x;
    float *y;
} rounding;

/* y may be x, but does not begin elsewhere in it. */
WG_LOOP(round_chunk)
{
    const rounding *r = work;
    const float *x = r->x;
    float *y = r->y;
#pragma omp simd
    for (size_t i = begin; i < end; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits = round_bits(bits);
        memcpy(y + i, &bits, sizeof bits);
    }
}

void wg__bf16_round(int threads, size_t count, const float *x, float *y)
{
    wg__parallel_for(threads, count, CHUNK, round_chunk, &(rounding){x, y});
}
