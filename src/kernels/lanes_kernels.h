/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes_kernels.h - a template: the loops of lanes_loops.h for one kind of processor.
 *
 *     KERNELS   the record's name                       VECTOR   bytes in a vector
 *     TARGET    the attribute that allows such vectors  SUMS     vectors of sums that fit its registers */

#include "kernels/lanes_loops.h"

#include <string.h>

#include "kernels/isa.h"
#include "kernels/parallel.h"

typedef float vector __attribute__((vector_size(VECTOR), aligned(sizeof(float)), may_alias));

enum { LANES = VECTOR / sizeof(float) };

typedef int32_t places __attribute__((vector_size(VECTOR), aligned(sizeof(int32_t)), may_alias));

/* The taps begin .. end - 1 of one axis that meet the image. */
typedef struct taps {
    size_t begin, end;
} taps;

/* For the outputs first .. last: tap t of output i meets number i + t - padding of `length`. */
static inline taps taps_of(size_t size, size_t padding, size_t length, size_t first, size_t last)
{
    taps t = {padding > last ? padding - last : 0, padding + length > first ? padding + length - first : 0};
    t.end = t.end < size ? t.end : size;
    t.begin = t.begin < t.end ? t.begin : t.end;
    return t;
}

#include "kernels/conv_lanes_correlate.h"
#include "kernels/conv_lanes_weights.h"
#include "kernels/lanes_turn_kernels.h"
#include "kernels/pool_lanes_kernels.h"

const wg_lanes_kernels KERNELS = {
    .lanes = LANES,
    .filters = MOST_FILTERS,
    .sums = SUMS,
    .sum_filters = MOST_SUM_FILTERS,
    .taps = MOST_TAPS,
    .correlate = correlate,
    .weights = weights,
    .add = add,
    .max_pool = {max_planes, max_two_by_two},
    .max_back = {max_planes_back, max_two_by_two_back},
    .avg_pool = {avg_planes, avg_two_by_two},
    .avg_back = {avg_planes_back, avg_two_by_two_back},
    .to_lanes = to_lanes,
    .to_rows = to_rows,
};
