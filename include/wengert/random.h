/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* random.h - counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011).
 *
 * A number is a pure function of (seed, stream, position): no state, no order, the same on any number of
 * threads. */
#ifndef WENGERT_RANDOM_H
#define WENGERT_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* The generator itself: ten rounds of a 128-bit counter under a 64-bit key. */
WG_API void wg_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream of numbers; copy it freely. Zeroed but for its seed it is a good stream. */
typedef struct wg_random {
    uint64_t seed, stream; /* which numbers */
    uint64_t position;     /* of the next one */
} wg_random;

/* A stream of its own for a name, e.g. "fc1.weight". */
WG_API wg_random wg_random_named(uint64_t seed, const char *name);

WG_API uint32_t wg_random_u32(wg_random *r);           /* 32 bits, all alike */
WG_API double wg_random_uniform(wg_random *r);         /* [0, 1), 53 bits */
WG_API double wg_random_normal(wg_random *r);          /* mean 0, variance 1, by Box and Muller */
WG_API size_t wg_random_below(wg_random *r, size_t n); /* 0 .. n - 1, unbiased; 0 for n = 0 */
WG_API void wg_random_shuffle(wg_random *r, size_t *items, size_t n); /* by Fisher and Yates */

WG_END_DECLS
#endif
