/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <wengert/layers.h>
#include <wengert/linalg.h>
#include <wengert/math.h>
#include <wengert/shaping.h>
#include "nn/layer.h"

/* x [..., in] W [in, out] + b [out]. More than two axes are seen as rows of one matrix: one product. */
static wg_var dense(wg_params *p, wg_var x, size_t out, const wg_layer_dense_options *o)
{
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    if (shape.rank == 0)
        return wg__layer_misfit("dense", x, "[..., in]");
    size_t in = shape.dim[shape.rank - 1], rows = 1;
    wg_init weight = wg__layer_init(o->weight, in), bias = wg__layer_init(o->bias, in);
    wg_var w = wg_param(p, tape, "weight", WG_SHAPE(in, out), &weight), y = x;
    for (size_t i = 0; i + 1 < shape.rank; i++)
        rows *= shape.dim[i];
    if (shape.rank != 2)
        y = wg_reshape(y, WG_SHAPE(rows, in));
    y = wg_matmul(y, w);
    if (!o->no_bias)
        y = wg_add(y, wg_param(p, tape, "bias", WG_SHAPE(out), &bias));
    if (shape.rank != 2) {
        shape.dim[shape.rank - 1] = out;
        y = wg_reshape(y, shape);
    }
    return y;
}

wg_var wg_layer_dense(
    wg_params *params, const char *name, wg_var x, size_t out, const wg_layer_dense_options *options)
{
    const wg_layer_dense_options defaults = {0};
    if (!wg__layer_open("dense", params, name, x))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_var y = dense(params, x, out, options ? options : &defaults);
    wg_scope_pop(wg_tape_of(x));
    return y;
}
