/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_rows.h - convolution of stride 1 without unfolding: a vector holds neighbouring pixels of a row.
 *
 * Forward and input gradient are one loop, the correlation of padded planes with packed weights. A tile is a
 * few filters times a few vectors of pixels, summed in registers over all taps; each tap costs a broadcast
 * per filter and a load per vector:
 *
 *      x, padded      . [a b c d] .  .  .  .        sum[k][v] += w[k, tap] * x[v shifted by the tap]
 *                     .  . [e f g h] .  .  .
 *
 * A row's last vector ends at the row's end and overlaps the one before it, so nothing is written past a row.
 * For the input gradient the planes are g's, the filters are turned round, and filters and channels change
 * places.
 *
 * The weight gradient sums products of a vector of g and a vector of x over the pixels. g's rows are copied
 * with zeros up to a whole number of vectors. (So an infinity in x can make a NaN of a neighbouring tap's
 * gradient, too.) A slice of the batch keeps one vector of sums per weight; at the end lanes, then slices,
 * are added in a fixed order. */
#ifndef WG_KERNELS_CONV_ROWS_H
#define WG_KERNELS_CONV_ROWS_H

#include <stdint.h>
#include "kernels/conv.h"

/* A correlation, per group: out[k, y, x] = sum_d,r,s in[d, y + r D - top, x + s D - left] w[k, d, r, s]. */
typedef struct wg_rows_plan {
    size_t images, groups, depth, filters; /* depth and filters of a group */
    size_t rows, columns, dilation_h, dilation_w;
    size_t in_height, in_width; /* as they lie in memory */
    ptrdiff_t top, left;        /* padding; negative: rows cut off */
    size_t height, width;       /* padded; 0 columns wider for the correlation, see row_stride */
    size_t row_stride;          /* of a padded row */
    size_t out_height, out_width;
    bool copied; /* the padded planes are a copy */

    size_t blocks, parts; /* blocks of filters; pieces that an image's blocks are cut into */
    size_t strip;         /* rows of y worked on while their input stays in the cache */
    size_t items, grain, chunks, chunk_numbers;

    size_t g_width; /* weight gradient: row of g, whole vectors */
    bool g_copied;
    size_t slices, slice_images, batch; /* partial sums; images in each; images of one pass over the sums */
    size_t weights;                     /* of all groups */
    bool flipped;                       /* weights turned round, for the input gradient */
} wg_rows_plan;

typedef struct wg_rows_job_f64 {
    const wg_rows_plan *plan;
    const double *a, *b;
    double *result, *packed, *chunks;
} wg_rows_job_f64;

typedef struct wg_rows_job_f32 {
    const wg_rows_plan *plan;
    const float *a, *b;
    float *result, *packed, *chunks;
} wg_rows_job_f32;

/* The loops for one kind of processor: functions for wg_parallel_for over a job. */
typedef struct wg_rows_kernels {
    size_t vector;  /* bytes */
    size_t filters; /* in a tile of the correlation */
    void (*correlate_f64)(void *job, size_t chunk, size_t begin, size_t end);
    void (*correlate_f32)(void *job, size_t chunk, size_t begin, size_t end);
    void (*weights_f64)(void *job, size_t chunk, size_t begin, size_t end);
    void (*weights_f32)(void *job, size_t chunk, size_t begin, size_t end);
    void (*add_f64)(void *job, size_t chunk, size_t begin, size_t end);
    void (*add_f32)(void *job, size_t chunk, size_t begin, size_t end);
} wg_rows_kernels;

extern const wg_rows_kernels wg_rows_avx512, wg_rows_avx2, wg_rows_plain;

/* Is this the algorithm for the pass? */
bool wg_conv_rows_fit(const wg_conv *conv, wg_conv_pass pass, size_t real);

bool wg_conv_rows_scratch(const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes);
void wg_conv_rows_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch);
void wg_conv_rows_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch);

#endif
