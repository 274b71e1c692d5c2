/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* moments_real.h - sums over a span of numbers, made in double: what normalisations and losses share. A
 * template of base/for_each_real.h. */

/* sum x */
WG_INLINE double FN(span_sum)(size_t n, const REAL *x)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

/* sum (x - mean)^2 */
WG_INLINE double FN(span_deviation)(size_t n, const REAL *x, double mean)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] - mean;
        sum += d * d;
    }
    return sum;
}

/* sum ((x - mean) scale)^2, where (x - mean)^2 may overflow. */
WG_INLINE double FN(span_scaled_deviation)(size_t n, const REAL *x, double mean, double scale)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        double d = (double)x[i] * scale - mean * scale;
        sum += d * d;
    }
    return sum;
}

/* sum g (x - mean) unit */
WG_INLINE double FN(span_covariance)(size_t n, const REAL *g, const REAL *x, double mean, double unit)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)g[i] * (((double)x[i] - mean) * unit);
    return sum;
}
