/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* custom - an operation that the library does not have, as three plain functions: the value, its slope, and
 * the slope's, so that it can be differentiated twice. Swish, x sigmoid(x) (Ramachandran et al. 2017), is
 * then checked, seen in a trace, and trained with: sixteen of it, bent into a sine. (One with loops and a
 * rule of its own is in the demo gradcheck.) */

#include <math.h>
#include <wengert/wengert.h>

#include "options.h"

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double value(double x)
{
    return x * sigmoid(x);
}

/* s' = s (1 - s), with 1 - s = sigmoid(-x). */
static double slope(double x)
{
    double s = sigmoid(x), r = sigmoid(-x);
    return s + x * s * r;
}

static double second(double x)
{
    double s = sigmoid(x), r = sigmoid(-x);
    return s * r * (2 + x * (r - s));
}

static wg_var swish(wg_var x)
{
    static const wg_map1 map = {.name = "swish", .value = value, .slope = slope, .second = second};
    return wg_apply_map1(&map, x);
}

/* A neuron, for the trace. */
static void show(void)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var w = wg_scalar(tape, 0.5), x = wg_scalar(tape, 3), b = wg_scalar(tape, -1);
    WG_NAME(w), WG_NAME(x), WG_NAME(b);
    wg_var y = swish(wg_add(wg_mul(w, x), b));
    WG_NAME(y);
    wg_backward(y);
    wg_trace_print(y, stdout);
    wg_tape_free(tape);
}

static wg_var function(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return swish(in[0]);
}

static wg_var network(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "out", swish(wg_layer_dense(p, "hidden", x, 16, NULL)), 1, NULL);
}

/* The mean squared error of a network fitted to a period of the sine, in float. */
static double fit_sine(wg_error *error)
{
    enum { POINTS = 64 };
    float x[POINTS], y[POINTS];
    for (int i = 0; i < POINTS; i++)
        x[i] = -3.2f + 6.4f * (float)i / (POINTS - 1), y[i] = sinf(x[i]);
    wg_dataset *sine = wg_dataset_from_arrays(WG_FLOATS(x, POINTS, 1), WG_FLOATS(y, POINTS, 1), error);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.01});
    wg_score score = {0};
    wg_fit(network, NULL, params, sine, &(wg_fit_options){.optim = adam, .epochs = 500, .batch = 16}, error);
    wg_evaluate(network, NULL, params, sine, NULL, &score, error);
    wg_optim_free(adam);
    wg_params_free(params);
    wg_dataset_free(sine);
    return score.loss;
}

int main(int argc, char **argv)
{
    enum options_result result = read_options(argc, argv, "an operation of one's own", NULL, 0);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;
    wg_gradcheck_report first, second;
    const wg_shape shape = WG_SHAPE(4, 5);
    wg_gradcheck_shapes(function, NULL, &shape, 1, NULL, &first);
    wg_gradcheck_shapes(function, NULL, &shape, 1, &(wg_gradcheck_options){.order = 2}, &second);
    wg_error error = {0};
    show();
    printf("\nfirst derivatives    %s\nsecond derivatives   %s\n", first.message, second.message);
    double loss = fit_sine(&error);
    printf("sixteen of it, fitted to a sine: mean squared error %.5f\n", loss);
    if (error.status != WG_OK)
        fprintf(stderr, "custom: %s\n", error.message);
    return !(first.status == WG_OK && second.status == WG_OK && error.status == WG_OK && loss < 0.01);
}
