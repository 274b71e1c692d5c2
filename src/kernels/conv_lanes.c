/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_lanes.h"

#include "base/alloc.h"
#include "kernels/lanes.h"
#include "kernels/lanes_loops.h"
#include "kernels/parallel.h"

enum {
    ENOUGH_ITEMS = 16,       /* fewer groups are cut by rows, too */
    STRIP_NUMBERS = 1 << 16, /* of the input: half of a second-level cache */
    ROW_NUMBERS = 8 << 10,   /* of a tile of the weight gradient: a first-level cache */
    MOST_SUMS = 1 << 16      /* in all slices, unless one slice has more */
};

bool wg__conv_lanes_takes(const wg_conv *conv, wg_conv_pass pass)
{
    size_t lanes = wg__lanes();
    (void)pass;
    return lanes > 0 && conv->batch % lanes == 0 && conv->batch > 0 && conv->channels > 0 &&
           conv->filters > 0 && conv->height > 0 && conv->width > 0 && conv->out_height > 0 &&
           conv->out_width > 0 && conv->groups == 1 && conv->stride_h == 1 && conv->stride_w == 1 &&
           conv->dilation_h == 1 && conv->dilation_w == 1 && conv->padding_h < conv->rows &&
           conv->padding_w < conv->columns && conv->rows * conv->columns > 1;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static wg_conv_lanes_plan correlation_of(const wg_conv *conv, wg_conv_pass pass)
{
    wg_conv_lanes_plan p = {.lanes = wg__lanes(),
        .groups = conv->batch / wg__lanes(),
        .depth = conv->channels,
        .filters = conv->filters,
        .rows = conv->rows,
        .columns = conv->columns,
        .top = conv->padding_h,
        .left = conv->padding_w,
        .in_height = conv->height,
        .in_width = conv->width,
        .out_height = conv->out_height,
        .out_width = conv->out_width};
    if (pass == WG_CONV_INPUT) {
        p.flipped = true;
        p.depth = conv->filters, p.filters = conv->channels;
        p.top = conv->rows - 1 - conv->padding_h, p.left = conv->columns - 1 - conv->padding_w;
        p.in_height = conv->out_height, p.in_width = conv->out_width;
        p.out_height = conv->height, p.out_width = conv->width;
    }
    p.weights = p.filters * p.depth * p.rows * p.columns;
    return p;
}

/* Groups, and parts of them when they are few; strips of their rows. Planes lie an odd number of cache lines
 * apart, so that the same pixel of all of them does not fall into the same few sets of the cache. */
static void cut_correlation(wg_conv_lanes_plan *p, const wg_lanes_kernels *kernels)
{
    const size_t line = 64 / sizeof(float);
    p->packed = wg__chunks(p->weights, p->lanes) * p->lanes;
    p->blocks = wg__chunks(p->filters, kernels->filters);
    p->row = (p->out_width - 1 + p->columns) * p->lanes;
    size_t rows = STRIP_NUMBERS / (p->depth * p->row);
    p->strip = rows > p->rows ? rows - p->rows + 1 : 1;
    p->parts = min(wg__chunks(p->out_height, p->rows), wg__chunks(ENOUGH_ITEMS, p->groups));
    p->strip = min(p->strip, wg__chunks(p->out_height, p->parts));
    p->plane = (wg__chunks((p->strip + p->rows - 1) * p->row, line) | 1) * line;
    p->copy_numbers = p->depth * p->plane;
    p->items = p->groups * p->parts;
    p->copies = min(p->items, ENOUGH_ITEMS);
}

/* Slices of the batch, as long as their sums are few, and parts of the filters. */
static void cut_weight_gradient(wg_conv_lanes_plan *p, const wg_lanes_kernels *kernels)
{
    size_t runs = wg__chunks(p->columns, kernels->taps), taps = wg__chunks(p->columns, runs);
    size_t filters = min(kernels->sums / taps, kernels->sum_filters);
    p->taps = kernels->taps;
    p->packed = p->weights * p->lanes;
    p->blocks = wg__chunks(p->filters, filters);
    size_t rows = ROW_NUMBERS / ((filters * p->out_width + p->in_width) * p->lanes);
    p->strip = min(rows > 0 ? rows : 1, p->out_height);
    for (p->slices = 1;
         2 * p->slices <= min(p->groups, ENOUGH_ITEMS) && 2 * p->slices * p->packed <= MOST_SUMS;)
        p->slices *= 2;
    p->slice_groups = wg__chunks(p->groups, p->slices);
    p->slices = wg__chunks(p->groups, p->slice_groups);
    p->parts = min(p->blocks, wg__chunks(ENOUGH_ITEMS, p->slices));
    p->items = p->slices * p->parts;
}

static wg_conv_lanes_plan plan_of(const wg_conv *conv, wg_conv_pass pass)
{
    wg_conv_lanes_plan p = correlation_of(conv, pass);
    if (pass == WG_CONV_WEIGHT)
        cut_weight_gradient(&p, wg__lanes_kernels());
    else
        cut_correlation(&p, wg__lanes_kernels());
    return p;
}

bool wg__conv_lanes_scratch(const wg_conv *conv, wg_conv_pass pass, size_t *bytes)
{
    wg_conv_lanes_plan p = plan_of(conv, pass);
    size_t copies, packed;
    if (!wg__mul_size(p.copies, p.copy_numbers, &copies) ||
        !wg__mul_size(p.packed, pass == WG_CONV_WEIGHT ? p.slices : 1, &packed) || copies + packed < copies)
        return false;
    return wg__mul_size(copies + packed, sizeof(float), bytes);
}

/* For each block of filters, in the order in which a tile reads them, [depth][rows][columns][filters of the
 * block]. Flipped, filter and channel change places and the taps are turned round. */
static void pack(void *work, size_t begin, size_t end)
{
    const wg_conv_lanes_job *job = work;
    const wg_conv_lanes_plan *p = job->plan;
    size_t taps = p->rows * p->columns;
    for (size_t b = begin; b < end; b++) {
        size_t first = p->filters * b / p->blocks, last = p->filters * (b + 1) / p->blocks;
        float *packed = job->packed + first * p->depth * taps;
        for (size_t d = 0; d < p->depth; d++)
            for (size_t tap = 0; tap < taps; tap++)
                for (size_t k = first; k < last; k++)
                    *packed++ = p->flipped ? job->b[(d * p->filters + k + 1) * taps - 1 - tap]
                                           : job->b[(k * p->depth + d) * taps + tap];
    }
}

void wg__conv_lanes_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch, const wg_epilogue *epilogue)
{
    const wg_lanes_kernels *kernels = wg__lanes_kernels();
    wg_conv_lanes_plan p = plan_of(conv, pass);
    wg_conv_lanes_job job = {&p, a, b, result, scratch, (float *)scratch + p.packed, epilogue};
    if (pass == WG_CONV_WEIGHT) {
        wg__parallel_for(threads, p.items, 1, kernels->weights, &job);
        wg__parallel_for(threads, p.weights, 4096, kernels->add, &job);
    } else {
        wg__parallel_for(threads, p.blocks,
            wg__chunks(1 << 14, p.depth * p.rows * p.columns * kernels->filters), pack, &job);
        size_t chunks = min(threads > 1 ? (size_t)threads : 1, p.copies);
        wg__parallel_chunks(threads, p.items, wg__chunks(p.items, chunks), kernels->correlate, &job);
    }
}
