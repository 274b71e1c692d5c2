/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_rows.h"

#include <stdint.h>
#include "base/alloc.h"
#include "kernels/parallel.h"

enum {
    MOST_CHUNKS = 32,
    ENOUGH_ITEMS = 16,     /* fewer images are cut by filters, too */
    STRIP_BYTES = 1 << 17, /* input of a strip: part of the second-level cache */
    MOST_SLICES = 16,
    MOST_WEIGHTS = 1 << 16, /* more are left to the matrix product, whose sums are not vectors */
    MOST_SUMS = 1 << 22,    /* numbers in all slices' sums */
    ENOUGH_VECTORS = 512    /* pixels of a pass over the sums, so that loading them does not count */
};

static const wg_rows_kernels *kernels_of_processor(void)
{
#ifdef WG_X86_KERNELS
    if (__builtin_cpu_supports("avx512f"))
        return &wg_rows_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &wg_rows_avx2;
#endif
    return &wg_rows_plain;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The correlation that a forward pass or an input gradient is. */
static wg_rows_plan correlation_of(const wg_conv *conv, wg_conv_pass pass)
{
    wg_rows_plan p = {.images = conv->batch,
        .groups = conv->groups,
        .rows = conv->rows,
        .columns = conv->columns,
        .dilation_h = conv->dilation_h,
        .dilation_w = conv->dilation_w};
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
    p.height = p.out_height + reach_h;
    p.width = p.row_stride = p.out_width + reach_w;
    p.copied = p.top != 0 || p.left != 0 || p.height != p.in_height || p.width != p.in_width;
    p.weights = conv->filters * (conv->channels / conv->groups) * conv->rows * conv->columns;
    return p;
}

static wg_rows_plan plan_of(
    const wg_conv *conv, wg_conv_pass pass, size_t real, const wg_rows_kernels *kernels)
{
    wg_rows_plan p = correlation_of(conv, pass);
    size_t lanes = kernels->vector / real;
    if (pass == WG_CONV_WEIGHT) {
        p.g_width = wg_chunks(p.out_width, lanes) * lanes;
        p.g_copied = p.g_width != p.out_width;
        p.copied |= p.g_copied;
        p.row_stride += p.g_width - p.out_width;
        p.slices = min(min(p.images, MOST_SLICES), MOST_SUMS / (p.weights * lanes));
        p.slices = p.slices ? p.slices : 1;
        p.slice_images = wg_chunks(p.images, p.slices);
        p.slices = wg_chunks(p.images, p.slice_images);
        p.batch = min(wg_chunks(ENOUGH_VECTORS, p.out_height * (p.g_width / lanes)), p.slice_images);
        if (p.groups > 1) /* an image's groups lie apart */
            p.batch = 1;
        p.items = p.chunks = p.slices;
        p.grain = 1;
    } else {
        p.blocks = wg_chunks(p.filters, kernels->filters);
        p.parts = min(p.blocks, wg_chunks(ENOUGH_ITEMS, p.images * p.groups));
        size_t row_bytes = p.depth * p.row_stride * real;
        p.strip = STRIP_BYTES / row_bytes > p.height - p.out_height
                      ? STRIP_BYTES / row_bytes - (p.height - p.out_height)
                      : 1;
        p.batch = 1;
        p.items = p.images * p.groups * p.parts;
        p.grain = wg_chunks(p.items, MOST_CHUNKS);
        p.chunks = wg_chunks(p.items, p.grain);
    }
    p.chunk_numbers = (p.copied ? p.batch * p.depth * p.height * p.row_stride : 0) +
                      (p.g_copied ? p.batch * p.filters * p.out_height * p.g_width : 0);
    p.chunk_numbers = wg_chunks(p.chunk_numbers, lanes) * lanes;
    return p;
}

/* Padding or dilation may be as large as it likes; then the padded planes are not worth having. */
static bool planes_are_moderate(const wg_conv *conv)
{
    const size_t most = SIZE_MAX >> 12;
    size_t reach_h = conv->dilation_h * (conv->rows - 1), reach_w = conv->dilation_w * (conv->columns - 1);
    size_t height = conv->height + reach_h + conv->padding_h, width = conv->width + reach_w + conv->padding_w;
    size_t plane, own = conv->height * conv->width + conv->out_height * conv->out_width;
    return height < most && width < most && wg_mul_size(height, width, &plane) && plane / 8 <= own + 512;
}

bool wg_conv_rows_fit(const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    const wg_rows_kernels *kernels = kernels_of_processor();
    size_t lanes = kernels->vector / real;
    if (conv->stride_h != 1 || conv->stride_w != 1 || !planes_are_moderate(conv))
        return false;
    size_t width = pass == WG_CONV_INPUT ? conv->width : conv->out_width;
    if (width < lanes)
        return false;
    size_t weights = conv->filters * (conv->channels / conv->groups) * conv->rows * conv->columns;
    return pass != WG_CONV_WEIGHT || weights <= MOST_WEIGHTS;
}

/* Numbers for packed weights, or for the slices' sums. */
static size_t packed_numbers(const wg_rows_plan *p, wg_conv_pass pass, size_t lanes)
{
    return wg_chunks(pass == WG_CONV_WEIGHT ? p->slices * p->weights * lanes : p->weights, lanes) * lanes;
}

bool wg_conv_rows_scratch(const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes)
{
    const wg_rows_kernels *kernels = kernels_of_processor();
    wg_rows_plan p = plan_of(conv, pass, real, kernels);
    size_t chunks, packed = packed_numbers(&p, pass, kernels->vector / real);
    if (!wg_mul_size(p.chunks, p.chunk_numbers, &chunks) || chunks + packed < chunks)
        return false;
    return wg_mul_size(chunks + packed, real, bytes);
}

#define TEMPLATE "kernels/conv_rows_pack_real.h"
#include "base/for_each_real.h"
