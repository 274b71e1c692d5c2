/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <wengert/conv.h>
#include <wengert/layers.h>
#include <wengert/math.h>
#include <wengert/shaping.h>
#include "nn/layer.h"

/* x [N, C, H, W], weight [K, C / groups, R, S]; the bias [K]. */
static wg_var conv2d(wg_params *p, wg_var x, size_t filters, size_t kernel, const wg_layer_conv2d_options *o)
{
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    size_t groups = o->conv.groups ? o->conv.groups : 1;
    if (shape.rank != 4 || shape.dim[1] % groups || filters % groups)
        return wg__layer_misfit("conv2d", x, "[N, C, H, W], with C and the filters multiples of the groups");
    size_t rows = o->kernel_h ? o->kernel_h : kernel, columns = o->kernel_w ? o->kernel_w : kernel;
    if (rows == 0 || columns == 0)
        return wg__layer_misfit("conv2d", x, "under a filter of one row and column, or more");
    wg_shape weight_shape = WG_SHAPE(filters, shape.dim[1] / groups, rows, columns);
    size_t fan_in = weight_shape.dim[1] * rows * columns;
    wg_init weight = wg__layer_init(o->weight, fan_in), bias = wg__layer_init(o->bias, fan_in);
    wg_var w = wg_param(p, tape, "weight", weight_shape, &weight);
    if (o->no_bias)
        return wg_conv2d(x, w, &o->conv);
    return wg_conv2d_bias(x, w, wg_param(p, tape, "bias", WG_SHAPE(filters), &bias), &o->conv);
}

wg_var wg_layer_conv2d(wg_params *params, const char *name, wg_var x, size_t filters, size_t kernel,
    const wg_layer_conv2d_options *options)
{
    const wg_layer_conv2d_options defaults = {0};
    if (!wg__layer_open("conv2d", params, name, x))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_var y = conv2d(params, x, filters, kernel, options ? options : &defaults);
    wg_scope_pop(wg_tape_of(x));
    return y;
}
