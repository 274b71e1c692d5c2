/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* philox.h - Philox4x32-10 for many counters at once, the same words as wg_philox4x32: a loop over lanes that
 * compilers vectorise, inlined into the kernel that uses the words (see isa.h). */
#ifndef WG_KERNELS_PHILOX_H
#define WG_KERNELS_PHILOX_H

#include <stddef.h>
#include <stdint.h>
#include "kernels/isa.h"

enum { WG_PHILOX_LANES = 16, WG_PHILOX_WORDS = 4 * WG_PHILOX_LANES };

/* words[4 j + w] = word w of counter (first + j, high), each 64 bits, low word first, for j = 0 .. 15. */
WG_INLINE void wg__philox_words(uint64_t key, uint64_t high, uint64_t first, uint32_t words[WG_PHILOX_WORDS])
{
    uint32_t c0[WG_PHILOX_LANES], c1[WG_PHILOX_LANES], c2[WG_PHILOX_LANES], c3[WG_PHILOX_LANES];
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (size_t j = 0; j < WG_PHILOX_LANES; j++) {
        c0[j] = (uint32_t)(first + j), c1[j] = (uint32_t)((first + j) >> 32);
        c2[j] = (uint32_t)high, c3[j] = (uint32_t)(high >> 32);
    }
    for (int round = 0; round < 10; round++) {
#pragma omp simd
        for (size_t j = 0; j < WG_PHILOX_LANES; j++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0[j], p1 = (uint64_t)0xCD9E8D57u * c2[j];
            c0[j] = (uint32_t)(p1 >> 32) ^ c1[j] ^ k0;
            c1[j] = (uint32_t)p1;
            c2[j] = (uint32_t)(p0 >> 32) ^ c3[j] ^ k1;
            c3[j] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (size_t j = 0; j < WG_PHILOX_LANES; j++) {
        words[4 * j] = c0[j], words[4 * j + 1] = c1[j];
        words[4 * j + 2] = c2[j], words[4 * j + 3] = c3[j];
    }
}

#endif
