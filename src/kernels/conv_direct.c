/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_direct.h"

#include <stdint.h>
#include "base/alloc.h"
#include "kernels/parallel.h"

enum {
    MOST_CHUNKS = 32,      /* each has planes of its own */
    ENOUGH_ITEMS = 16,     /* fewer images are cut by filters, too, */
    ENOUGH_SLICES = 4,     /* and fewer slices of the weight gradient; each part has planes of its own */
    STRIP_BYTES = 1 << 17, /* input of a strip: part of the second-level cache */
    MOST_SLICES = 16,
    MOST_SUMS = 1 << 22, /* numbers in all slices' sums */
    ENOUGH_PIXELS = 256  /* steps of a pass over the sums, so that loading them does not count */
};

const wg_conv_kernels *wg__conv_kernels_of(wg_isa_level isa)
{
    return WG_OF_ISA(isa, wg__conv_kernels);
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The correlation that the pass is (for the weight gradient: whose derivative it is). The dilation of a
 * single row or column means nothing, and may be huge. */
static wg_conv_plan correlation_of(const wg_conv *conv, wg_conv_pass pass)
{
    wg_conv_plan p = {.images = conv->batch,
        .groups = conv->groups,
        .rows = conv->rows,
        .columns = conv->columns,
        .stride_h = conv->stride_h,
        .stride_w = conv->stride_w,
        .dilation_h = conv->rows > 1 ? conv->dilation_h : 1,
        .dilation_w = conv->columns > 1 ? conv->dilation_w : 1};
    size_t reach_h = conv->dilation_h * (conv->rows - 1), reach_w = conv->dilation_w * (conv->columns - 1);
    if (pass == WG_CONV_INPUT) {
        p.flipped = true;
        p.depth = conv->filters / conv->groups, p.filters = conv->channels / conv->groups;
        p.in_height = conv->out_height, p.in_width = conv->out_width;
        p.out_height = conv->height, p.out_width = conv->width;
        p.top = (ptrdiff_t)reach_h - (ptrdiff_t)conv->padding_h;
        p.left = (ptrdiff_t)reach_w - (ptrdiff_t)conv->padding_w;
    } else {
        p.depth = conv->channels / conv->groups, p.filters = conv->filters / conv->groups;
        p.in_height = conv->height, p.in_width = conv->width;
        p.out_height = conv->out_height, p.out_width = conv->out_width;
        p.top = (ptrdiff_t)conv->padding_h;
        p.left = (ptrdiff_t)conv->padding_w;
    }
    p.height = (p.out_height - 1) * p.stride_h + 1 + reach_h;
    p.width = p.row_stride = (p.out_width - 1) * p.stride_w + 1 + reach_w;
    p.copied = p.top != 0 || p.left != 0 || p.height != p.in_height || p.width != p.in_width;
    p.weights = p.groups * p.filters * p.depth * p.rows * p.columns;
    return p;
}

/* Slices of the batch, each with its own sums. */
static void cut_weight_gradient(wg_conv_plan *p, size_t lanes)
{
    size_t steps = p->out_height * p->out_width;
    if (p->channels) {
        p->g_copied = true;
        p->g_numbers = wg__chunks(p->filters, lanes) * lanes * steps;
        p->packed = p->groups * wg__chunks(p->filters, lanes) * lanes * p->depth * p->rows * p->columns;
    } else {
        p->g_width = wg__chunks(p->out_width, lanes) * lanes;
        p->g_copied = p->g_width != p->out_width;
        p->g_numbers = p->filters * p->out_height * p->g_width;
        p->copied |= p->g_copied;
        p->row_stride += p->g_width - p->out_width;
        p->packed = p->weights * lanes;
        steps = p->out_height * (p->g_width / lanes);
    }
    p->slices = min(min(p->images, MOST_SLICES), MOST_SUMS / p->packed);
    p->slices = p->slices ? p->slices : 1;
    p->slice_images = wg__chunks(p->images, p->slices);
    p->slices = wg__chunks(p->images, p->slice_images);
    p->batch =
        p->groups > 1 ? 1 : min(wg__chunks(ENOUGH_PIXELS, steps), p->slice_images); /* groups lie apart */
    p->parts = min(p->blocks, wg__chunks(ENOUGH_SLICES, p->slices));
    p->items = p->chunks = p->copies = p->slices * p->parts;
    p->grain = 1;
}

/* Images, and parts of them when they are few. */
static void cut_correlation(wg_conv_plan *p, size_t lanes, size_t real)
{
    size_t step = min(p->stride_h, p->height); /* a larger one is never taken */
    size_t row_bytes = p->depth * p->row_stride * real * step, rows = STRIP_BYTES / row_bytes;
    size_t reach = p->dilation_h * (p->rows - 1) / p->stride_h;
    size_t filters = p->channels ? wg__chunks(p->filters, lanes) * lanes : p->filters;
    p->packed = wg__chunks(p->groups * filters * p->depth * p->rows * p->columns, lanes) * lanes;
    p->strip = rows > reach ? rows - reach : 1;
    p->parts = min(p->blocks, wg__chunks(ENOUGH_ITEMS, p->images * p->groups));
    p->batch = 1;
    p->items = p->images * p->groups * p->parts;
    p->grain = wg__chunks(p->items, MOST_CHUNKS);
    p->chunks = wg__chunks(p->items, p->grain);
    p->shared = p->parts > 1;
    p->copies = p->shared ? p->images * p->groups : p->chunks;
}

static wg_conv_plan plan_of(
    const wg_conv_kernels *kernels, bool channels, const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    wg_conv_plan p = correlation_of(conv, pass);
    size_t lanes = kernels->vector / real;
    p.channels = channels;
    size_t row_filters = pass == WG_CONV_WEIGHT ? kernels->weight_filters : kernels->row_filters;
    p.blocks = wg__chunks(p.filters, channels ? kernels->channel_vectors * lanes : row_filters);
    if (pass == WG_CONV_WEIGHT)
        cut_weight_gradient(&p, lanes);
    else
        cut_correlation(&p, lanes, real);
    p.copy_numbers = (p.copied ? p.batch * p.depth * p.height * p.row_stride : 0) +
                     (p.g_copied ? p.batch * p.g_numbers : 0);
    p.copy_numbers = wg__chunks(p.copy_numbers, lanes) * lanes;
    return p;
}

/* Padding or dilation may be as large as it likes; then the padded planes are not worth having. */
static bool planes_are_moderate(const wg_conv *conv)
{
    const size_t most = SIZE_MAX >> 12;
    size_t reach_h = conv->dilation_h * (conv->rows - 1), reach_w = conv->dilation_w * (conv->columns - 1);
    if (reach_h > most || reach_w > most || conv->padding_h > most || conv->padding_w > most)
        return false;
    size_t height = conv->height + reach_h + conv->padding_h, width = conv->width + reach_w + conv->padding_w;
    size_t plane, own = conv->height * conv->width + conv->out_height * conv->out_width;
    return height < most && width < most && wg__mul_size(height, width, &plane) && plane / 8 <= own + 512;
}

bool wg__conv_direct_can(
    const wg_conv_kernels *kernels, bool channels, const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    bool unit = conv->stride_h == 1 && conv->stride_w == 1;
    if (!planes_are_moderate(conv) || (!unit && (pass == WG_CONV_INPUT || !channels)))
        return false;
    size_t width = pass == WG_CONV_INPUT ? conv->width : conv->out_width;
    return channels || pass == WG_CONV_WEIGHT || width >= kernels->vector / real;
}

/* Which share of a vector is put to use, in percent. */
static size_t use_of(size_t count, size_t lanes)
{
    return 100 * count / (wg__chunks(count, lanes) * lanes);
}

typedef enum choice { NEITHER, ROWS, CHANNELS } choice;

/* The fuller vectors; neither when the matrix product does better. The shares are what measurements suggest.
 */
static choice choose(const wg_conv_kernels *kernels, const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    size_t lanes = kernels->vector / real, rows = 0, channels = 0;
    if (conv->way == WG_CONV_BY_PRODUCT)
        return NEITHER;
    if (conv->way == WG_CONV_BY_ROWS && wg__conv_direct_can(kernels, false, conv, pass, real))
        return ROWS;
    if (conv->way == WG_CONV_BY_CHANNELS && wg__conv_direct_can(kernels, true, conv, pass, real))
        return CHANNELS;
    size_t filters = (pass == WG_CONV_INPUT ? conv->channels : conv->filters) / conv->groups;
    size_t depth = (pass == WG_CONV_INPUT ? conv->filters : conv->channels) / conv->groups;
    size_t width = pass == WG_CONV_INPUT ? conv->width : conv->out_width;
    if (conv->rows * conv->columns == 1 && depth >= 16 && filters >= 16)
        return NEITHER;
    size_t taps = depth * conv->rows * conv->columns;
    if (wg__conv_direct_can(kernels, false, conv, pass, real))
        rows = use_of(width, lanes) * (pass == WG_CONV_WEIGHT ? 85 : 100) / 100;
    if (wg__conv_direct_can(kernels, true, conv, pass, real))
        channels = use_of(filters, lanes) * taps / (taps + 24);
    if (rows < 40 && channels < 40)
        return NEITHER;
    return rows >= channels ? ROWS : CHANNELS;
}

bool wg__conv_direct_fits(const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    return choose(wg__conv_kernels_of(wg__isa()), conv, pass, real) != NEITHER;
}

bool wg__conv_direct_scratch_of(const wg_conv_kernels *kernels, bool channels, const wg_conv *conv,
    wg_conv_pass pass, size_t real, size_t *bytes)
{
    wg_conv_plan p = plan_of(kernels, channels, conv, pass, real);
    size_t copies, packed;
    if (!wg__mul_size(p.copies, p.copy_numbers, &copies) ||
        !wg__mul_size(p.packed, pass == WG_CONV_WEIGHT ? p.slices : 1, &packed) || copies + packed < copies)
        return false;
    return wg__mul_size(copies + packed, real, bytes);
}

bool wg__conv_direct_scratch(const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes)
{
    const wg_conv_kernels *kernels = wg__conv_kernels_of(wg__isa());
    return wg__conv_direct_scratch_of(
        kernels, choose(kernels, conv, pass, real) == CHANNELS, conv, pass, real, bytes);
}

#define TEMPLATE "kernels/conv_direct_pack_real.h"
#include "base/for_each_real.h"
