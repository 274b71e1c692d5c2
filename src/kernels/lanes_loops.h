/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes_loops.h - the loops over batch lanes (lanes.h) for one kind of processor, and what they work on. */
#ifndef WG_KERNELS_LANES_LOOPS_H
#define WG_KERNELS_LANES_LOOPS_H

#include <stdint.h>
#include "kernels/conv_lanes.h"
#include "kernels/parallel.h"
#include "kernels/pool.h"

typedef struct wg_pool_lanes_job {
    const wg_pool *pool;
    const float *x;
    const int32_t *in_index;
    float *y;
    int32_t *index;
} wg_pool_lanes_job;

typedef struct wg_lanes_turn_job {
    size_t count; /* numbers of an image */
    const float *from;
    float *to;
} wg_lanes_turn_job;

/* The loops, over a job. */
typedef struct wg_lanes_kernels {
    size_t lanes;
    size_t filters;                 /* in a tile of the correlation */
    size_t sums, sum_filters, taps; /* in a tile of the weight gradient, at most: taps of a row */
    wg_chunk_function *correlate;   /* items: group, part */
    wg_loop_function *weights;      /* items: slice, part */
    wg_loop_function *add;          /* items: weights */
    wg_loop_function *max_pool[2], *max_back[2]; /* items: planes; [1] windows of 2 x 2 */
    wg_loop_function *avg_pool[2], *avg_back[2];
    wg_loop_function *to_lanes, *to_rows; /* items: squares of L x L numbers */
} wg_lanes_kernels;

extern const wg_lanes_kernels wg__lanes_avx512, wg__lanes_avx2;

/* NULL: none. */
const wg_lanes_kernels *wg__lanes_kernels(void);

#endif
