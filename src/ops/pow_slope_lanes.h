/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pow_slope_lanes.h - the derivatives of a^b that are at most once in the exponent, for several numbers at
 * once. */
#ifndef WG_OPS_POW_SLOPE_LANES_H
#define WG_OPS_POW_SLOPE_LANES_H

#include <stdint.h>

enum { WG_POW_LANES = 16 };

/* To be filled in: a and b. */
typedef struct wg_pow_lanes {
    double a[WG_POW_LANES], b[WG_POW_LANES], y[WG_POW_LANES];
    int64_t left[WG_POW_LANES]; /* not 0: no ordinary numbers, and y is nothing */
} wg_pow_lanes;

/* k times in a and j times, 0 or 1, in b. */
void wg__pow_slope_lanes(wg_pow_lanes *lanes, int k, int j);

#endif
