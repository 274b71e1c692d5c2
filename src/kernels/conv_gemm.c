/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_gemm.h"

#include <string.h>
#include "base/alloc.h"
#include "kernels/gemm.h"
#include "kernels/parallel.h"

enum {
    BLOCK_NUMBERS = 1 << 15, /* of an unfolded block */
    MOST_CHUNKS = 32,
    MOST_SLICES = 16,       /* partial sums of the weight gradient */
    MOST_PARTIALS = 1 << 21 /* numbers in them */
};

/* How a pass is cut; a function of the geometry alone. */
typedef struct plan {
    size_t pixels, taps;   /* of one plane of y; of one filter */
    size_t depth, filters; /* channels and filters of a group */
    size_t block, blocks;  /* pixels in a block; blocks in a plane */
    size_t items, grain, chunks;
    size_t slices, images; /* weight gradient: partial sums; images in each */
    bool plain;            /* x is its own unfolded matrix */
} plan;

static plan plan_of(const wg_conv *conv, wg_conv_pass pass)
{
    plan p = {.pixels = conv->out_height * conv->out_width, .depth = conv->channels / conv->groups};
    p.filters = conv->filters / conv->groups;
    p.taps = p.depth * conv->rows * conv->columns;
    p.plain = conv->rows == 1 && conv->columns == 1 && conv->stride_h == 1 && conv->stride_w == 1 &&
              conv->padding_h == 0 && conv->padding_w == 0;
    p.block = BLOCK_NUMBERS / p.taps / 16 * 16;
    if (p.block < 64)
        p.block = 64;
    if (p.block > p.pixels)
        p.block = p.pixels;
    p.blocks = wg__chunks(p.pixels, p.block);

    size_t weights = conv->filters * p.taps;
    p.slices = conv->batch < MOST_SLICES ? conv->batch : MOST_SLICES;
    if (p.slices > MOST_PARTIALS / weights)
        p.slices = MOST_PARTIALS / weights;
    if (p.slices == 0)
        p.slices = 1;
    p.images = wg__chunks(conv->batch, p.slices);
    p.slices = wg__chunks(conv->batch, p.images);

    p.items = conv->groups * (pass == WG_CONV_WEIGHT ? p.slices : conv->batch);
    if (pass == WG_CONV_FORWARD)
        p.items *= p.blocks;
    p.grain = wg__chunks(p.items, MOST_CHUNKS);
    p.chunks = wg__chunks(p.items, p.grain);
    return p;
}

/* The outputs begin .. end - 1 of a row (or column) whose tap lies in the image: 0 <= i * stride + offset -
 * padding < size. */
typedef struct span {
    size_t begin, end;
} span;

static span inside(size_t size, size_t out, size_t stride, size_t padding, size_t offset)
{
    span s = {0, 0};
    if (offset >= padding + size)
        return s;
    s.begin = padding > offset ? wg__chunks(padding - offset, stride) : 0;
    s.end = wg__chunks(padding + size - offset, stride);
    if (s.end > out)
        s.end = out;
    if (s.begin > s.end)
        s.begin = s.end;
    return s;
}

static size_t clamp(size_t x, size_t low, size_t high)
{
    return x < low ? low : x > high ? high : x;
}

#define TEMPLATE "kernels/conv_gemm_real.h"
#include "base/for_each_real.h"

bool wg__conv_gemm_scratch(int threads, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes)
{
    plan p = plan_of(conv, pass);
    size_t partials = 0, room, rooms;
    if (!(real == sizeof(double) ? room_f64 : room_f32)(threads, &p, pass, &room) ||
        !wg__mul_size(room, wg__workers(threads, p.items, p.grain), &rooms) ||
        (pass == WG_CONV_WEIGHT && (!wg__mul_size(conv->filters * p.taps, p.slices, &partials) ||
                                       !wg__mul_size(partials, real, &partials))))
        return false;
    *bytes = rooms + partials;
    return *bytes >= rooms;
}
