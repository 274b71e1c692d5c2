/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_lanes.h - convolution over batch lanes (lanes.h): how it is cut.
 *
 * Forward and input gradient are one loop, the correlation of padded planes with packed weights:
 *
 *     out[k, y, x] = sum_d,r,s  in[d, y + r - top, x + s - left]  w[k, d, r, s]
 *
 * where every in and out is a vector of L images. (For the input gradient the planes are g's, the filters are
 * turned round, and filters and channels change places.) A tile of filters times neighbouring pixels is
 * summed in registers over all taps: a tap is a load per pixel and a broadcast per filter. Taps that meet
 * nothing but padding are left out. Strips of rows are copied beforehand, with zeros left and right, so that
 * a strip's planes lie close together and stay in the second-level cache, whatever the image's size.
 *
 * The weight gradient sums vectors g[k, y, x] in[d, y + r - top, x + s - left] over the pixels, for a tile of
 * filters times taps of one row at a time, over as many rows as the first-level cache holds. Each weight has
 * a vector of sums; lanes, and slices of the batch, are added in order at the end. */
#ifndef WG_KERNELS_CONV_LANES_H
#define WG_KERNELS_CONV_LANES_H

#include "kernels/conv.h"

/* How a pass is cut; a function of the geometry and L. */
typedef struct wg_conv_lanes_plan {
    size_t lanes, groups;  /* L; N / L */
    size_t depth, filters; /* of the correlation, or of the one whose derivative it is */
    size_t rows, columns, top, left;
    size_t in_height, in_width, out_height, out_width;
    bool flipped; /* the weights are turned round, for the input gradient */

    size_t blocks, parts; /* blocks of filters; parts of a group: rows, or blocks for the weight gradient */
    size_t strip;         /* rows of the result worked on at a time */
    size_t row, plane;    /* numbers from row to row, and plane to plane, of a strip's copy */
    size_t taps;          /* of a row, in a tile of the weight gradient, at most */
    size_t slices, slice_groups; /* its partial sums; groups in each */

    size_t weights, packed;             /* numbers of them; of the packed ones, or of a slice's sums */
    size_t items, copies, copy_numbers; /* copies of strips: the most that are worked on at once */
} wg_conv_lanes_plan;

typedef struct wg_conv_lanes_job {
    const wg_conv_lanes_plan *plan;
    const float *a, *b;
    float *result, *packed, *copies;
    const wg_epilogue *epilogue;
} wg_conv_lanes_job;

#endif
