/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The sum of squares in double, in eight lanes, so that it vectorises without changing its order; n is a
 * multiple of 8, as every run's count is. */
WG_KERNEL_OF(double, FN(squares), (size_t n, const REAL *g), (n, g))
{
    double lane[8] = {0};
    for (size_t i = 0; i < n; i += 8)
        for (size_t k = 0; k < 8; k++)
            lane[k] += (double)g[i + k] * (double)g[i + k];
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

/* The same of g scale. */
WG_KERNEL_OF(double, FN(scaled_squares), (size_t n, const REAL *g, double scale), (n, g, scale))
{
    double lane[8] = {0};
    for (size_t i = 0; i < n; i += 8)
        for (size_t k = 0; k < 8; k++)
            lane[k] += ((double)g[i + k] * scale) * ((double)g[i + k] * scale);
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

WG_KERNEL(FN(scale), (size_t n, REAL *g, REAL factor), (n, g, factor))
{
    for (size_t i = 0; i < n; i++)
        g[i] *= factor;
}

/* A NaN fails both comparisons. */
WG_KERNEL(FN(clamp), (size_t n, REAL *g, REAL limit), (n, g, limit))
{
    for (size_t i = 0; i < n; i++) {
        REAL x = g[i] > limit ? limit : g[i];
        g[i] = x < -limit ? -limit : x;
    }
}
