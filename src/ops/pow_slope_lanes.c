/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/pow_slope_lanes.h"

#include "kernels/vector_math.h"

enum { LANES = WG_POW_LANES };

/* What pow_slope.c says, with c_0 and c_1 alone. A power that may leave the range is taken in two halves, as
 * there; beyond e^600 at the latest, which needs no power to be known. */
WG_KERNEL(slopes, (wg_pow_lanes * lanes, int k, int j), (lanes, k, j))
{
    double a[LANES], b[LANES], c0[LANES], c1[LANES];
#pragma omp simd
    for (int i = 0; i < LANES; i++) {
        const double x = lanes->a[i], p = lanes->b[i];
        const bool ordinary = x >= DBL_MIN && x <= DBL_MAX && fabs(p) <= DBL_MAX;
        lanes->left[i] = !ordinary;
        a[i] = ordinary ? x : 1;
        b[i] = ordinary ? p : 1;
        c0[i] = 1 - j;
        c1[i] = j;
    }
    for (int step = 0; step < k; step++) {
#pragma omp simd
        for (int i = 0; i < LANES; i++) {
            c0[i] = (b[i] - step) * c0[i] + c1[i];
            c1[i] = (b[i] - step) * c1[i];
        }
    }
#pragma omp simd
    for (int i = 0; i < LANES; i++) {
        const double l = log(a[i]), p = b[i] - k, sum = c0[i] + (l == 0 ? 0 : c1[i] * l);
        const bool far = fabs(p * l) > 600;
        const double power = pow(a[i], far ? p / 2 : p), rest = far ? power : 1;
        lanes->y[i] = power == 0 || sum == 0 ? 0 : sum * power * rest;
    }
}

void wg__pow_slope_lanes(wg_pow_lanes *lanes, int k, int j)
{
    slopes(lanes, k, j);
}
