/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scatter.h - adding numbers at indexed places.
 *
 * Numbers that go to one place are added in the order of the index by one thread: the result depends on no
 * thread count. Indices must have been checked. */
#ifndef WG_KERNELS_SCATTER_H
#define WG_KERNELS_SCATTER_H

#include <stddef.h>
#include <wengert/array.h>

/* to[.., index[e], ..] += from[e] for every element e of index: e's own place with the index in place of
 * `axis`. */
void wg__scatter_add_f64(int threads, const wg_shape *to_shape, size_t axis, const wg_shape *index_shape,
    const int32_t *index, const double *from, double *to);
void wg__scatter_add_f32(int threads, const wg_shape *to_shape, size_t axis, const wg_shape *index_shape,
    const int32_t *index, const float *from, float *to);

/* to[o, index[i], k] += from[o, i, k]; to is [outer, size, inner], from is [outer, n, inner]. */
void wg__index_add_f64(int threads, size_t outer, size_t size, size_t inner, size_t n, const int32_t *index,
    const double *from, double *to);
void wg__index_add_f32(int threads, size_t outer, size_t size, size_t inner, size_t n, const int32_t *index,
    const float *from, float *to);

#endif
