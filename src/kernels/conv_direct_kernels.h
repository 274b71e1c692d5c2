/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_direct_kernels.h - a template: the loops of conv_direct.h for one kind of processor.
 *
 *     KERNELS            the record's name
 *     TARGET             the attribute that allows such vectors
 *     VECTOR             bytes in a vector
 *     ROW_VECTORS        of pixels in a tile of rows
 *     CHANNEL_VECTORS    of filters in a tile of channels */

#include "kernels/conv_direct.h"

#include <string.h>
#include "kernels/parallel.h"

enum {
    ROW_FILTERS = 6,       /* in a tile of rows */
    CHANNEL_PIXELS = 6,    /* in a tile of channels; or taps */
    ONE_VECTOR_PIXELS = 8, /* the same when the block is one vector of filters */
    WEIGHT_FILTERS = 4,    /* in a tile of the weight gradient by rows, */
    WEIGHT_TAPS = 3
};

/* The rows of taps that meet the image somewhere in output rows first .. last: the others would multiply
 * zeros. */
typedef struct tap_rows {
    size_t begin, end;
} tap_rows;

static inline size_t steps_over(ptrdiff_t distance, size_t step)
{
    return distance <= 0 ? 0 : step == 1 ? (size_t)distance : wg__chunks((size_t)distance, step);
}

static inline tap_rows tap_rows_of(const wg_conv_plan *p, size_t first, size_t last)
{
    tap_rows taps = {0, p->rows};
    if (!p->copied)
        return taps;
    taps.begin = steps_over(p->top - (ptrdiff_t)(last * p->stride_h), p->dilation_h);
    taps.end = steps_over(p->top + (ptrdiff_t)p->in_height - (ptrdiff_t)(first * p->stride_h), p->dilation_h);
    if (taps.end > p->rows)
        taps.end = p->rows;
    if (taps.begin > taps.end)
        taps.begin = taps.end;
    return taps;
}

#define TEMPLATE "kernels/conv_planes_real.h"
#include "base/for_each_real.h"
#define TEMPLATE "kernels/conv_rows_real.h"
#include "base/for_each_real.h"
#define TEMPLATE "kernels/conv_channels_real.h"
#include "base/for_each_real.h"

const wg_conv_kernels KERNELS = {
    .vector = VECTOR,
    .row_filters = ROW_FILTERS,
    .channel_vectors = CHANNEL_VECTORS,
    .weight_filters = WEIGHT_FILTERS,
    .pad_f64 = pad_f64,
    .pad_f32 = pad_f32,
    .correlate_f64 = {rows_correlate_f64, channels_correlate_f64},
    .correlate_f32 = {rows_correlate_f32, channels_correlate_f32},
    .weights_f64 = {rows_weights_f64, channels_weights_f64},
    .weights_f32 = {rows_weights_f32, channels_weights_f32},
    .add_f64 = {rows_add_f64, channels_add_f64},
    .add_f32 = {rows_add_f32, channels_add_f32},
};
