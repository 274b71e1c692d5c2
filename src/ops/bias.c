/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bias.c - products and convolutions with a bias.
 *
 * They are two operations, the second of which a plan computes in the tile of the first. */

#include <wengert/conv.h>
#include <wengert/linalg.h>
#include <wengert/math.h>
#include <wengert/shaping.h>
#include "ops/ops.h"

wg_var wg_linear(wg_var x, wg_var w, wg_var b)
{
    return wg_add(wg_matmul_t(x, w, false, true), b);
}

/* y [N, K, H, W] + b [K], one number for each channel. */
static wg_var add_to_channels(const char *name, wg_var y, wg_var b)
{
    wg_shape shape = wg_shape_of(y), bias = wg_shape_of(b);
    if (!wg_is_valid(y) || !wg_is_valid(b))
        return wg_add(y, b);
    if (bias.rank == 1 && bias.dim[0] == shape.dim[1])
        return wg_add(y, wg_reshape(b, WG_SHAPE(shape.dim[1], 1, 1)));
    char text[192];
    wg_tape *tape = wg_tape_of(y);
    wg_tape_fail(tape, WG_BAD_SHAPE,
        "%s: the bias %s%s%s must be [%zu], a number for each channel of the result", name, wg_name_of(b),
        *wg_name_of(b) ? " " : "", wg_shape_text(&bias, text, sizeof text), shape.dim[1]);
    return (wg_var){.tape = tape};
}

wg_var wg_conv2d_bias(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options)
{
    return add_to_channels("conv2d_bias", wg_conv2d(x, w, options), b);
}

wg_var wg_conv_transpose2d_bias(wg_var x, wg_var w, wg_var b, const wg_conv2d_options *options)
{
    return add_to_channels("conv_transpose2d_bias", wg_conv_transpose2d(x, w, options), b);
}
