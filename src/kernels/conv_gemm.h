/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_gemm.h - convolution of any geometry as a matrix product.
 *
 * The image's patches are unfolded into the columns of a matrix, one row per tap (channel, row, column of the
 * filter), a block of pixels at a time so that it stays in the cache:
 *
 *     forward            y [filters, pixels]    = w [filters, taps] @ unfold(x) [taps, pixels]
 *     input gradient     dx                     = fold(w^T @ g [filters, pixels])
 *     weight gradient    dw [filters, taps]     = sum over images and blocks of g @ unfold(x)^T
 *
 * A 1 x 1 filter of stride 1 without padding has the image itself as its matrix. */
#ifndef WG_KERNELS_CONV_GEMM_H
#define WG_KERNELS_CONV_GEMM_H

#include "kernels/conv.h"

bool wg__conv_gemm_scratch(int threads, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes);
void wg__conv_gemm_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch);
void wg__conv_gemm_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch);

#endif
