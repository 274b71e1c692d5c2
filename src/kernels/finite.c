/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/finite.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/isa.h"

/* Without its sign, a larger number has larger bits, infinity larger ones than all that are finite, and NaN
 * still larger ones: integers are compared, which takes no care of the floating-point state. */
WG_KERNEL_OF(uint32_t, largest_f32, (const float *x, size_t n), (x, n))
{
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= UINT32_C(0x7fffffff);
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

WG_KERNEL_OF(uint64_t, largest_f64, (const double *x, size_t n), (x, n))
{
    uint64_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bits &= UINT64_C(0x7fffffffffffffff);
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

double wg__largest(wg_dtype dtype, const void *x, size_t n)
{
    double y;
    if (dtype == WG_F32) {
        float narrow;
        uint32_t bits = largest_f32(x, n);
        memcpy(&narrow, &bits, sizeof narrow);
        y = (double)narrow;
    } else {
        uint64_t bits = largest_f64(x, n);
        memcpy(&y, &bits, sizeof y);
    }
    return isnan(y) ? (double)INFINITY : y;
}
