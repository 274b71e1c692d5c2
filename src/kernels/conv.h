/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv.h - convolution over raw pointers: the product itself and its two derivatives.
 *
 *     pass               a           b           result
 *     WG_CONV_FORWARD    x           w           y = x * w
 *     WG_CONV_INPUT      g (as y)    w           dL/dx
 *     WG_CONV_WEIGHT     x           g (as y)    dL/dw
 *
 * Two algorithms stand behind it (conv.c asks, and the answer depends on the geometry and the processor only):
 *
 *     conv_direct    tiles of the result summed in registers, straight from the images
 *     conv_gemm      any geometry: patches of the image are unfolded to a matrix, for a matrix product */
#ifndef WG_KERNELS_CONV_H
#define WG_KERNELS_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include "kernels/epilogue.h"

/* x [batch, channels, height, width], w [filters, channels / groups, rows, columns],
 * y [batch, filters, out_height, out_width]. All sizes fit: the operation's shape rule has checked their
 * products. */
typedef struct wg_conv {
    size_t batch, channels, height, width;
    size_t filters, rows, columns;
    size_t out_height, out_width;
    size_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w;
    size_t groups;
    size_t way; /* wg_conv_way, of images in rows; 0: see above */
} wg_conv;

/* Ways of computing it: wg_conv_direct's two, wg_conv_gemm, and wg_conv_lanes. What cannot compute a pass is
 * not taken for it. */
typedef enum wg_conv_way {
    WG_CONV_CHOSEN,
    WG_CONV_BY_ROWS,
    WG_CONV_BY_CHANNELS,
    WG_CONV_BY_PRODUCT,
    WG_CONV_IN_LANES,
    WG_CONV_WAYS
} wg_conv_way;

typedef enum wg_conv_pass { WG_CONV_FORWARD, WG_CONV_INPUT, WG_CONV_WEIGHT } wg_conv_pass;

/* The working memory in bytes that a pass over numbers of `real` bytes needs on so many threads; false when
 * it overflows. */
bool wg__conv_scratch(int threads, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes);

/* Computes the result, whole. `scratch` is aligned to 64 bytes. `epilogue` (NULL: nothing) is for
 * results that are images. */
void wg__conv_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch, const wg_epilogue *epilogue);
void wg__conv_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch, const wg_epilogue *epilogue);

#endif
