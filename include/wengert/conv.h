/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv.h - convolution and pooling of images [N, C, H, W]: images, channels, rows, columns.
 *
 * A filter of F rows sees, at dilation D, D (F - 1) + 1 rows. It is put at every S-th row of an image with P
 * rows of zeros above and below:
 *
 *     out = floor((N + 2 P - D (F - 1) - 1) / S) + 1        (with D = 1: (N + 2P - F) / S + 1)
 *
 * and the same for columns. Rows that no filter reaches are left out, or are an error with `exact`. A filter
 * larger than the padded image is WG_BAD_SHAPE.
 *
 *           P                                   S = 1: the filter, F = 3, moves by one
 *         . . . . . . .                        [# # #]. . . .      . [# # #]. . .
 *       P . x x x x x .
 *         . x x x x x .                        out = (5 + 2 - 3) / 1 + 1 = 5
 *         . . . . . . .
 *
 * In the options zero means the default, also for the pairs: stride_h and stride_w, when not zero, replace
 * `stride` for rows and for columns. (A padding of rows alone is padding_h with padding = 0.) */
#ifndef WENGERT_CONV_H
#define WENGERT_CONV_H

#include <wengert/tape.h>

WG_BEGIN_DECLS

typedef struct wg_conv2d_options {
    size_t stride;   /* 0 means 1 */
    size_t padding;  /* zeros on each side */
    size_t dilation; /* distance of a filter's neighbouring taps; 0 means 1 */
    size_t groups;   /* 0 means 1; C groups with K = C filters: depthwise */
    size_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w; /* 0: as above */
    bool exact; /* a stride that does not end at the border is an error */
    size_t output_padding, output_padding_h, output_padding_w; /* wg_conv_transpose2d only */
} wg_conv2d_options;

/* The cross-correlation that networks call convolution:
 *
 *     y[n, k, i, j] = sum_c,r,s  x[n, c, i S - P + r D, j S - P + s D]  w[k, c, r, s]
 *
 * x [N, C, H, W], w [K, C / groups, R, S] -> y [N, K, out(H), out(W)]; numbers outside x count as 0. With
 * groups, filter k sees the channels of group k / (K / groups) only, and both C and K are multiples of
 * `groups`. As PyTorch's conv2d. options NULL: stride 1, no padding. Errors: WG_BAD_SHAPE
 * (ranks, channels, a filter that does not fit, a misfit with `exact`), WG_OVERFLOW. */
WG_API wg_var wg_conv2d(wg_var x, wg_var w, const wg_conv2d_options *options);

/* With a bias b [K]: y[n, k, i, j] + b[k]. dL/db[k] is the sum of g[n, k, i, j] over n, i and j. A b of
 * another shape is WG_BAD_SHAPE. */
WG_API wg_var wg_conv2d_bias(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);

/* The transposed map: what wg_conv2d's rule sends back to x, as an operation. x [N, K, H, W], w [K, C /
 * groups, R, S] -> [N, C, S (H - 1) + D (R - 1) + 1 - 2 P + output_padding, ...]: every number of x adds a
 * copy of its filter. As PyTorch's conv_transpose2d. output_padding, less than the stride, tells apart the
 * images that a stride of more than one makes equally small; `exact` has nothing to say here. */
WG_API wg_var wg_conv_transpose2d(wg_var x, wg_var w, const wg_conv2d_options *options);

/* With a bias b [C], a number for each channel of the result, as in wg_conv2d_bias. */
WG_API wg_var wg_conv_transpose2d_bias(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options);

/* The two derivatives of y = wg_conv2d(x, w, options), for g of y's shape:
 *
 *     input gradient    dx[n, c, p, q] = sum of g[n, k, i, j] w[k, c, r, s]
 *                                        over all k, i, j, r, s that read x[n, c, p, q]
 *     weight gradient   dw[k, c, r, s] = sum_n,i,j  g[n, k, i, j] x[n, c, i S - P + r D, j S - P + s D]
 *
 * height and width are x's (the input gradient), rows and columns the filter's (the weight gradient); they
 * must give g's size, or the result is WG_BAD_SHAPE. Each of the three is linear in both operands, and its
 * derivatives are the other two. */
WG_API wg_var wg_conv2d_input_gradient(
    wg_var g, wg_var w, size_t height, size_t width, const wg_conv2d_options *options);
WG_API wg_var wg_conv2d_weight_gradient(
    wg_var x, wg_var g, size_t rows, size_t columns, const wg_conv2d_options *options);

typedef struct wg_pool2d_options {
    size_t size_h, size_w;                /* 0: the argument `size` */
    size_t stride, stride_h, stride_w;    /* 0: the window's size */
    size_t padding, padding_h, padding_w; /* at most half the window */
    bool exact;                           /* a stride that does not end at the border is an error */
    bool exclude_padding; /* wg_avg_pool2d: divide by the numbers in the window, not by its size
                             (PyTorch's count_include_pad = False) */
} wg_pool2d_options;

/* The largest number of each window of size x size: [N, C, H, W] -> [N, C, out(H), out(W)]. Of equal numbers
 * the first (by rows) is the one, and alone gets the gradient; a NaN is larger than any number. The padding
 * is minus infinity: it never wins. Errors: WG_BAD_SHAPE, WG_INVALID (a window of size 0, padding over half
 * the window), WG_OVERFLOW. */
WG_API wg_var wg_max_pool2d(wg_var x, size_t size, const wg_pool2d_options *options);

/* The same; *indices (i32, of the result's shape; invalid on failure) gets the place of each maximum in its
 * plane, row * W + column. */
WG_API wg_var wg_max_pool2d_indices(wg_var x, size_t size, const wg_pool2d_options *options, wg_var *indices);

/* The inverse: puts x [N, C, h, w] at the places `indices` (i32, the same shape) of a plane of zeros, [N, C,
 * height, width]; what meets at one place is summed. Its derivative reads at the same places:
 * wg_max_pool_gather2d, from x [N, C, H, W] and indices [N, C, h, w] to [N, C, h, w]. Errors: WG_BAD_SHAPE,
 * WG_BAD_DTYPE, WG_BAD_INDEX. */
WG_API wg_var wg_max_unpool2d(wg_var x, wg_var indices, size_t height, size_t width);
WG_API wg_var wg_max_pool_gather2d(wg_var x, wg_var indices);

/* The mean of each window: its sum, the padding counting as zeros, divided by the window's size (as PyTorch;
 * see exclude_padding). Errors as wg_max_pool2d. */
WG_API wg_var wg_avg_pool2d(wg_var x, size_t size, const wg_pool2d_options *options);

WG_END_DECLS
#endif
