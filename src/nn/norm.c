/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <wengert/layers.h>
#include <wengert/norm.h>
#include "nn/layer.h"

static wg_var batch_norm(wg_params *p, wg_var x, const wg_layer_batch_norm_options *o)
{
    const wg_init zeros = wg_init_constant(0), ones = wg_init_constant(1);
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    if (shape.rank < 2)
        return wg__layer_misfit("batch_norm", x, "[N, C, ...]");
    wg_shape channels = WG_SHAPE(shape.dim[1]);
    wg_var gamma = wg_param(p, tape, "weight", channels, &ones),
           beta = wg_param(p, tape, "bias", channels, &zeros);
    wg_batch_norm_options options = {.momentum = o->momentum, .eps = o->eps};
    options.running_mean = wg_param_buffer(p, tape, "running_mean", channels, &zeros);
    options.running_var = wg_param_buffer(p, tape, "running_var", channels, &ones);
    if (!options.running_mean || !options.running_var)
        return (wg_var){.tape = tape};
    return wg_batch_norm(x, gamma, beta, &options);
}

wg_var wg_layer_batch_norm(
    wg_params *params, const char *name, wg_var x, const wg_layer_batch_norm_options *options)
{
    const wg_layer_batch_norm_options defaults = {0};
    if (!wg__layer_open("batch_norm", params, name, x))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_var y = batch_norm(params, x, options ? options : &defaults);
    wg_scope_pop(wg_tape_of(x));
    return y;
}

static wg_var layer_norm(wg_params *p, wg_var x, const wg_layer_layer_norm_options *o)
{
    const wg_init zeros = wg_init_constant(0), ones = wg_init_constant(1);
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    size_t axes = o->axes ? o->axes : 1;
    if (axes > shape.rank)
        return wg__layer_misfit("layer_norm", x, "of as many axes as are normalised, or more");
    wg_shape last = wg_shape_of_dims(shape.dim + (shape.rank - axes), axes);
    wg_var gamma = wg_param(p, tape, "weight", last, &ones), beta = wg_param(p, tape, "bias", last, &zeros);
    return wg_layer_norm(x, gamma, beta, &(wg_layer_norm_options){.eps = o->eps});
}

wg_var wg_layer_layer_norm(
    wg_params *params, const char *name, wg_var x, const wg_layer_layer_norm_options *options)
{
    const wg_layer_layer_norm_options defaults = {0};
    if (!wg__layer_open("layer_norm", params, name, x))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_var y = layer_norm(params, x, options ? options : &defaults);
    wg_scope_pop(wg_tape_of(x));
    return y;
}
