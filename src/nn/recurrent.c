/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <wengert/layers.h>
#include <wengert/linalg.h>
#include <wengert/math.h>
#include <wengert/recurrent.h>
#include <wengert/shaping.h>
#include "nn/layer.h"

enum { MOST_GATES = 4 };

/* What both layers' options have. */
typedef struct plan {
    size_t gates, hidden;
    bool time_major, reverse;
    wg_init weight_x, weight_h, bias;
    double forget_bias;
} plan;

/* The default is by H for all of them, as PyTorch's; other rules see the fans of one gate. */
static wg_init init_of(wg_init init, size_t in, size_t hidden)
{
    if (!init.fan_in)
        init.fan_in = init.rule == WG_INIT_DEFAULT ? hidden : in;
    if (!init.fan_out)
        init.fan_out = hidden;
    return init;
}

/* The bias of all gates. When it is made now, the second gate's part gets forget_bias on top. */
static wg_var gate_bias(wg_params *p, wg_tape *tape, const plan *l)
{
    wg_init init = init_of(l->bias, l->hidden, l->hidden);
    size_t before = wg_params_count(p);
    wg_var bias = wg_param(p, tape, "bias", WG_SHAPE(l->gates * l->hidden), &init);
    if (l->forget_bias != 0 && wg_params_count(p) > before) {
        double *d = wg_params_value(p, before);
        float *f = wg_params_value(p, before);
        for (size_t j = l->hidden; j < 2 * l->hidden; j++)
            if (wg_params_dtype(p) == WG_F64)
                d[j] += l->forget_bias;
            else
                f[j] = (float)((double)f[j] + l->forget_bias);
    }
    return bias;
}

/* x as [T, N, D], the first step first; and y back. */
static wg_var into_time(wg_var x, const plan *l)
{
    wg_var y = l->time_major ? x : wg_permute(x, WG_AXES(1, 0, 2));
    return l->reverse ? wg_flip(y, WG_AXES(0)) : y;
}

static wg_var out_of_time(wg_var y, const plan *l)
{
    wg_var x = l->reverse ? wg_flip(y, WG_AXES(0)) : y;
    return l->time_major ? x : wg_permute(x, WG_AXES(1, 0, 2));
}

/* The input's share of all steps, gx [T, N, GH] = x weight_x + bias, and the state's weight; false, with an
 * error on the tape, when x is no sequence. */
static bool project(const char *kind, wg_params *p, wg_var x, const plan *l, wg_var *gx, wg_var *weight_h)
{
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    if (shape.rank != 3) {
        wg__layer_misfit(kind, x, l->time_major ? "[T, N, D]" : "[N, T, D]");
        return false;
    }
    if (l->hidden > SIZE_MAX / MOST_GATES) {
        wg_tape_fail(
            tape, WG_OVERFLOW, "%s: %s: a state of %zu is too large", wg_tape_scope(tape), kind, l->hidden);
        return false;
    }
    if (!isfinite(l->forget_bias)) {
        wg_tape_fail(
            tape, WG_INVALID, "%s: %s: forget_bias is %g", wg_tape_scope(tape), kind, l->forget_bias);
        return false;
    }
    size_t in = shape.dim[2], width = l->gates * l->hidden;
    wg_init init_x = init_of(l->weight_x, in, l->hidden), init_h = init_of(l->weight_h, l->hidden, l->hidden);
    wg_var weight_x = wg_param(p, tape, "weight_x", WG_SHAPE(in, width), &init_x);
    *weight_h = wg_param(p, tape, "weight_h", WG_SHAPE(l->hidden, width), &init_h);
    wg_var bias = gate_bias(p, tape, l);
    *gx = wg_add(wg_matmul(into_time(x, l), weight_x), bias);
    return wg_tape_status(tape) == WG_OK;
}

/* A state before the first step of gx [T, N, GH]: the one given, or zeros. */
static wg_var start_of(wg_var given, wg_var gx, const plan *l)
{
    if (given.tape)
        return given;
    return wg_full(wg_tape_of(gx), WG_SHAPE(wg_shape_of(gx).dim[1], l->hidden), 0);
}

/* The last of y [T, N, H]; h0 when there is none. */
static wg_var last_of(wg_var y, wg_var h0)
{
    wg_shape shape = wg_shape_of(y);
    if (wg_is_valid(y) && shape.dim[0] == 0)
        return h0;
    return wg_reshape(wg_slice(y, 0, -1, WG_END, 1), wg_shape_of(h0));
}

static wg_var lstm(wg_params *p, wg_var x, size_t hidden, const wg_layer_lstm_options *o)
{
    const plan l = {.gates = 4,
        .hidden = hidden,
        .time_major = o->time_major,
        .reverse = o->reverse,
        .weight_x = o->weight_x,
        .weight_h = o->weight_h,
        .bias = o->bias,
        .forget_bias = o->forget_bias};
    wg_var gx, weight_h;
    if (!project("lstm", p, x, &l, &gx, &weight_h))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_var h0 = start_of(o->h0, gx, &l), c0 = start_of(o->c0, gx, &l);
    wg_var y = wg_lstm(gx, h0, c0, weight_h, o->last_c);
    if (o->last_h)
        *o->last_h = last_of(y, h0);
    return out_of_time(y, &l);
}

wg_var wg_layer_lstm(
    wg_params *params, const char *name, wg_var x, size_t hidden, const wg_layer_lstm_options *options)
{
    const wg_layer_lstm_options defaults = {0}, *o = options ? options : &defaults;
    const wg_var none = {.tape = wg_tape_of(x)};
    if (o->last_h)
        *o->last_h = none;
    if (o->last_c)
        *o->last_c = none;
    if (!wg__layer_open("lstm", params, name, x))
        return none;
    wg_var y = lstm(params, x, hidden, o);
    wg_scope_pop(wg_tape_of(x));
    return y;
}

static wg_var gru(wg_params *p, wg_var x, size_t hidden, const wg_layer_gru_options *o)
{
    const plan l = {.gates = 3,
        .hidden = hidden,
        .time_major = o->time_major,
        .reverse = o->reverse,
        .weight_x = o->weight_x,
        .weight_h = o->weight_h,
        .bias = o->bias};
    wg_var gx, weight_h;
    if (!project("gru", p, x, &l, &gx, &weight_h))
        return (wg_var){.tape = wg_tape_of(x)};
    wg_init init_n = init_of(o->bias_n, hidden, hidden);
    wg_var bias_n = wg_param(p, wg_tape_of(x), "bias_n", WG_SHAPE(hidden), &init_n);
    wg_var h0 = start_of(o->h0, gx, &l), y = wg_gru(gx, h0, weight_h, bias_n);
    if (o->last_h)
        *o->last_h = last_of(y, h0);
    return out_of_time(y, &l);
}

wg_var wg_layer_gru(
    wg_params *params, const char *name, wg_var x, size_t hidden, const wg_layer_gru_options *options)
{
    const wg_layer_gru_options defaults = {0}, *o = options ? options : &defaults;
    const wg_var none = {.tape = wg_tape_of(x)};
    if (o->last_h)
        *o->last_h = none;
    if (!wg__layer_open("gru", params, name, x))
        return none;
    wg_var y = gru(params, x, hidden, o);
    wg_scope_pop(wg_tape_of(x));
    return y;
}
