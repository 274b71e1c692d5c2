/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_direct.h - convolution without unfolding, two ways round.
 *
 * Forward and input gradient (of stride 1) are one loop, the correlation of padded planes with packed
 * weights:
 *
 *     out[k, y, x] = sum_d,r,s  in[d, y S + r D - top, x S + s D - left]  w[k, d, r, s]
 *
 * For the input gradient the planes are g's, the filters are turned round, and filters and channels change
 * places. A tile of the result is summed in registers over all taps. Which numbers share a vector:
 *
 *     rows        neighbouring pixels; a tap is a broadcast per filter and a load per vector. Stride 1. A row's
 *                 last vector ends at the row's end and overlaps the one before it, so nothing is written past
 *                 a row.
 *     channels    neighbouring filters; a tap is a load per vector of filters and a broadcast per pixel. Any
 *                 stride, any width; the tile is turned round when it is written.
 *
 * The weight gradient sums products of g and x over the pixels, also two ways round:
 *
 *     rows        a vector of g times a vector of x. g's rows are copied with zeros up to a whole number of
 *                 vectors. (So an infinity in x can make a NaN of a neighbouring tap's gradient, too.) A slice
 *                 of the batch keeps a vector of sums per weight.
 *     channels    a vector of filters' g, which is copied with the filters innermost, times a broadcast x.
 *
 * Slices are added in order at the end. Where there are few, parts of their filters are computed side by
 * side. */
#ifndef WG_KERNELS_CONV_DIRECT_H
#define WG_KERNELS_CONV_DIRECT_H

#include "kernels/conv.h"
#include "kernels/isa.h"
#include "kernels/parallel.h"

/* How a pass is cut; a function of the geometry and of the kernels. */
typedef struct wg_conv_plan {
    bool channels;                         /* which way round */
    size_t images, groups, depth, filters; /* depth and filters of a group */
    size_t rows, columns, stride_h, stride_w, dilation_h, dilation_w;
    size_t in_height, in_width; /* of a plane as it lies in memory */
    ptrdiff_t top, left;        /* padding; negative: numbers cut off */
    size_t height, width;       /* of a padded plane, and */
    size_t row_stride;          /* from row to row in it */
    size_t out_height, out_width;
    bool copied;  /* the padded planes are a copy: */
    bool shared;  /* one of each image, made beforehand; or one of each chunk, made on the way */
    bool flipped; /* the weights are turned round, for the input gradient */

    size_t blocks, parts; /* blocks of filters of a group; pieces that an image's or a slice's are cut into */
    size_t packed;        /* numbers of the packed weights, or of one slice's sums */
    size_t strip;         /* rows of the result worked on while their input stays in the cache */

    bool g_copied;
    size_t g_width, g_numbers;          /* weight gradient: a row of g's copy; a group of an image's g */
    size_t slices, slice_images, batch; /* partial sums; images in each; images of one pass over the sums */

    size_t weights; /* of all groups */
    size_t items, grain, chunks;
    size_t copies, copy_numbers; /* in the working memory; numbers in each */
} wg_conv_plan;

typedef struct wg_conv_job_f64 {
    const wg_conv_plan *plan;
    const double *a, *b;
    double *result, *packed, *copies;
    const wg_epilogue *epilogue;
} wg_conv_job_f64;

typedef struct wg_conv_job_f32 {
    const wg_conv_plan *plan;
    const float *a, *b;
    float *result, *packed, *copies;
    const wg_epilogue *epilogue;
} wg_conv_job_f32;

/* The loops over a job for one kind of processor: [0] rows, [1] channels. */
typedef struct wg_conv_kernels {
    size_t vector;                                          /* bytes */
    size_t row_filters;                                     /* in a tile of rows */
    size_t channel_vectors;                                 /* of filters in a tile of channels */
    size_t weight_filters;                                  /* in a tile of the weight gradient by rows */
    wg_loop_function *pad_f64, *pad_f32;                    /* items: planes of shared copies */
    wg_chunk_function *correlate_f64[2], *correlate_f32[2]; /* items: image, group, part of the blocks */
    wg_chunk_function *weights_f64[2], *weights_f32[2];     /* items: slice, part of the blocks */
    wg_loop_function *add_f64[2], *add_f32[2];              /* items: weights */
} wg_conv_kernels;

extern const wg_conv_kernels wg__conv_kernels_avx512, wg__conv_kernels_avx2, wg__conv_kernels_plain;

const wg_conv_kernels *wg__conv_kernels_of(wg_isa_level isa);

/* Is this the algorithm for the pass? */
bool wg__conv_direct_fits(const wg_conv *conv, wg_conv_pass pass, size_t real);

bool wg__conv_direct_scratch(const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes);
void wg__conv_direct_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a,
    const double *b, double *result, void *scratch, const wg_epilogue *epilogue);
void wg__conv_direct_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch, const wg_epilogue *epilogue);

/* The same with the processor and the way round given, for tests. */
bool wg__conv_direct_scratch_of(const wg_conv_kernels *kernels, bool channels, const wg_conv *conv,
    wg_conv_pass pass, size_t real, size_t *bytes);
void wg__conv_direct_of_f64(const wg_conv_kernels *kernels, bool channels, int threads, const wg_conv *conv,
    wg_conv_pass pass, const double *a, const double *b, double *result, void *scratch,
    const wg_epilogue *epilogue);
void wg__conv_direct_of_f32(const wg_conv_kernels *kernels, bool channels, int threads, const wg_conv *conv,
    wg_conv_pass pass, const float *a, const float *b, float *result, void *scratch,
    const wg_epilogue *epilogue);

/* Can it be computed so at all? */
bool wg__conv_direct_can(
    const wg_conv_kernels *kernels, bool channels, const wg_conv *conv, wg_conv_pass pass, size_t real);

#endif
