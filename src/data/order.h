/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* order.h - which samples an epoch goes through, and in which order. */
#ifndef WG_DATA_ORDER_H
#define WG_DATA_ORDER_H

#include "base/alloc.h"

#include <wengert/data.h>

/*      position    0    1    2   ...  count - 1
 *      chosen     r_0  r_1  r_2  ...              samples of the data set: a range or a list
 *      upto       w_0  w_0 + w_1  ...             sums of their weights, or NULL: each once
 *      rows                                       the epoch's samples, as they come */
typedef struct wg_order {
    uint64_t seed;
    bool in_order;
    size_t count;
    size_t first;   /* of the range */
    size_t *chosen; /* NULL: the range */
    double *upto;
    size_t *rows;
} wg_order;

/* Copies what `options` choose of a data set of `samples`. On failure *order may hold memory: free it. */
wg_status wg__order_init(wg_order *order, const wg_allocator *allocator, size_t samples,
    const wg_batches_options *options, wg_error *error);
void wg__order_free(wg_order *order, const wg_allocator *allocator);

/* Sets `rows` for an epoch: a function of (seed, epoch) alone, never of the epoch before, so that any epoch
 * can be had without running those before it. */
void wg__order_start(wg_order *order, uint64_t epoch);

#endif
