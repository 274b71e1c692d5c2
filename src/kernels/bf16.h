/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bf16.h - bfloat16, the upper half of a float: its sign, its eight bits of exponent, and seven of its 23
 * bits of fraction. So the range is float's, and a number is rounded by at most 1 part in 256.
 *
 * Rounding is to the nearest, and of two equally near to the one whose last bit is 0. A float beyond the
 * largest bfloat16, 3.39e38, by half a step or more becomes an infinity; denormals are rounded like all
 * others; a NaN stays one, made quiet. */
#ifndef WG_KERNELS_BF16_H
#define WG_KERNELS_BF16_H

#include <stddef.h>

/* y[i] = x[i] rounded to bfloat16, as a float; y may be x. */
void wg__bf16_round(int threads, size_t count, const float *x, float *y);

#endif
