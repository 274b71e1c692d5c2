/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes.h - images side by side: the layout in which a batch fills vectors, whatever the number of channels.
 *
 *     rows     x [N, C, H, W]           lanes     x [N / L, C, H, W, L]
 *
 * Image n is lane n % L of group n / L, so an array has the same count of numbers either way. L is the number
 * of floats in a vector. A convolution's weight then meets L images at once, and nothing is unfolded, packed
 * or shuffled. Floats only; weights stay as they are, [K, C, R, S].
 *
 * What treats all images and pixels alike (maps, a channel's sums) needs no kernels of its own: it runs on
 * [N / L, C, H, W L]. */
#ifndef WG_KERNELS_LANES_H
#define WG_KERNELS_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernels/conv.h"
#include "kernels/isa.h"
#include "kernels/pool.h"

/* L, of this processor: 8 with AVX2, 16 with AVX-512, 0 where there are no kernels. */
static inline size_t wg__lanes(void)
{
    const wg_isa_level isa = wg__isa();
    return isa == WG_ISA_AVX512 ? 16 : isa == WG_ISA_AVX2 ? 8 : 0;
}

/* Can the pass be computed in lanes, and not slower than in rows? The batch is a multiple of L and nothing is
 * empty; one group, stride and dilation 1, padding less than the filter, and a filter of more than 1 x 1,
 * which is a matrix product. Measured with AVX2 on batches of 8 to 64: forward and input gradient take 0.75
 * to 1, the weight gradient 0.5 to 0.95 of the time in rows; few channels and odd widths gain most. */
bool wg__conv_lanes_takes(const wg_conv *conv, wg_conv_pass pass);

/* The rest is for what it takes. As wg__conv_scratch and wg__conv_f32, with x, y and g in lanes; `epilogue` gets
 * stretches of y as it lies. */
bool wg__conv_lanes_scratch(const wg_conv *conv, wg_conv_pass pass, size_t *bytes);
void wg__conv_lanes_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch, const wg_epilogue *epilogue);

/* As the functions of pool.h, in lanes: a plane is one channel of a group, so there are N / L C of them.
 * index has y's layout; a number in it is still the place in one image's plane. */
void wg__max_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, int32_t *index, const wg_epilogue *epilogue);
void wg__max_pool_lanes_backward_f32(int threads, const wg_pool *pool, const float *g, const int32_t *index,
    float *dx, const wg_epilogue *epilogue);
void wg__avg_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, const wg_epilogue *epilogue);
void wg__avg_pool_lanes_backward_f32(
    int threads, const wg_pool *pool, const float *g, float *dx, const wg_epilogue *epilogue);

/* [batch, count] to and from [batch / L, count, L]. */
void wg__lanes_from_rows_f32(int threads, size_t batch, size_t count, const float *rows, float *lanes);
void wg__rows_from_lanes_f32(int threads, size_t batch, size_t count, const float *lanes, float *rows);

#endif
