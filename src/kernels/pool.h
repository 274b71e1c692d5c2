/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool.h - pooling over raw pointers. A plane is one channel of one image; planes lie one behind the other.
 * What follows a result (`epilogue`, or NULL) is done plane by plane. */
#ifndef WG_KERNELS_POOL_H
#define WG_KERNELS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kernels/epilogue.h"

typedef struct wg_pool {
    size_t planes, height, width, out_height, out_width;
    size_t size_h, size_w, stride_h, stride_w, padding_h, padding_w;
    bool exclude_padding; /* a mean divides by the numbers there are, not by the window's size */
} wg_pool;

/* y: each window's first maximum, a NaN counting as the largest; index: its place in the plane. */
void wg__max_pool_f64(int threads, const wg_pool *pool, const double *x, double *y, int32_t *index,
    const wg_epilogue *epilogue);
void wg__max_pool_f32(
    int threads, const wg_pool *pool, const float *x, float *y, int32_t *index, const wg_epilogue *epilogue);

/* dx, whole: g added at the places of the maxima. The indices are wg_max_pool's for the same geometry. */
void wg__max_pool_backward_f64(int threads, const wg_pool *pool, const double *g, const int32_t *index,
    double *dx, const wg_epilogue *epilogue);
void wg__max_pool_backward_f32(int threads, const wg_pool *pool, const float *g, const int32_t *index,
    float *dx, const wg_epilogue *epilogue);

/* out [planes, size] = zeros with x [planes, count] added at index; out [planes, count] = x [planes, size] at
 * index. The indices are in range. */
void wg__scatter_planes_f64(int threads, size_t planes, size_t count, size_t size, const double *x,
    const int32_t *index, double *out);
void wg__scatter_planes_f32(
    int threads, size_t planes, size_t count, size_t size, const float *x, const int32_t *index, float *out);
void wg__gather_planes_f64(int threads, size_t planes, size_t count, size_t size, const double *x,
    const int32_t *index, double *out);
void wg__gather_planes_f32(
    int threads, size_t planes, size_t count, size_t size, const float *x, const int32_t *index, float *out);

/* Each window's mean; and back: every number of a window gets its share of g, dx is written whole. */
void wg__avg_pool_f64(
    int threads, const wg_pool *pool, const double *x, double *y, const wg_epilogue *epilogue);
void wg__avg_pool_f32(
    int threads, const wg_pool *pool, const float *x, float *y, const wg_epilogue *epilogue);
void wg__avg_pool_backward_f64(
    int threads, const wg_pool *pool, const double *g, double *dx, const wg_epilogue *epilogue);
void wg__avg_pool_backward_f32(
    int threads, const wg_pool *pool, const float *g, float *dx, const wg_epilogue *epilogue);

#endif
