/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/conv.h>
#include <wengert/layers.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "harness.h"

typedef struct bench {
    wg_tape *tape;
    wg_params *params;
} bench;

static bench setup(wg_dtype dtype, bool training)
{
    return (bench){wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = training}),
        wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 1})};
}

static void teardown(bench b)
{
    wg_tape_free(b.tape);
    wg_params_free(b.params);
}

/* An input of small numbers that differ. */
static wg_var input(bench b, wg_shape shape)
{
    size_t n;
    ck_assert(wg_shape_count(&shape, &n));
    double *x = malloc((n + 1) * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = sin(1.7 * (double)i) + 0.1;
    wg_var var = wg_input(b.tape, wg_array_of(x, WG_F64, shape));
    free(x);
    ck_assert(wg_is_valid(var));
    return var;
}

static void check_shape(wg_var x, wg_shape expected)
{
    wg_shape is = wg_shape_of(x);
    char a[192], b[192];
    ck_assert_msg(wg_is_valid(x), "%s", wg_tape_message(wg_tape_of(x)));
    ck_assert_msg(wg_shape_equal(&is, &expected), "%s, not %s", wg_shape_text(&is, a, sizeof a),
        wg_shape_text(&expected, b, sizeof b));
}

/* ---- Parameter counts and names -------------------------------------------------------------------- */

static wg_var mlp(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_dense(p, "fc1", x, 512, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 256, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static wg_var lenet(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 84, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

/* 401,920 + 131,328 + 2,570 (lectures, task B). */
START_TEST(the_mlp_has_535818_parameters)
{
    bench b = setup(WG_F32, false);
    for (int i = 0; i < 2; i++) {
        wg_tape_reset(b.tape);
        check_shape(mlp(b.params, input(b, WG_SHAPE(3, 784))), WG_SHAPE(3, 10));
        ck_assert_uint_eq(wg_params_element_count(b.params), 535818);
        ck_assert_uint_eq(wg_params_count(b.params), 6);
    }
    const char *names[] = {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"};
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(wg_params_at(b.params, i).name, names[i]);
    wg_shape shape = wg_params_at(b.params, 0).shape, expected = WG_SHAPE(784, 512);
    ck_assert(wg_shape_equal(&shape, &expected));
    teardown(b);
}
END_TEST

/* 156 + 2,416 + 48,120 + 10,164 + 850 */
START_TEST(lenet_has_61706_parameters)
{
    bench b = setup(WG_F32, false);
    check_shape(lenet(b.params, input(b, WG_SHAPE(2, 1, 28, 28))), WG_SHAPE(2, 10));
    ck_assert_uint_eq(wg_params_element_count(b.params), 61706);
    teardown(b);
}
END_TEST

/* N16: ten 5x5 filters with padding 2 on 32x32x3; six 5x5 without, and ten on those. */
START_TEST(convolutions_of_the_lectures)
{
    bench b = setup(WG_F32, false);
    wg_var x = input(b, WG_SHAPE(1, 3, 32, 32));
    check_shape(wg_layer_conv2d(b.params, "a", x, 10, 5, &(wg_layer_conv2d_options){.conv.padding = 2}),
        WG_SHAPE(1, 10, 32, 32));
    ck_assert_uint_eq(wg_params_element_count(b.params), 760);
    wg_var y = wg_layer_conv2d(b.params, "b", x, 6, 5, NULL);
    check_shape(y, WG_SHAPE(1, 6, 28, 28));
    ck_assert_uint_eq(wg_params_element_count(b.params), 760 + 456);
    check_shape(wg_layer_conv2d(b.params, "c", y, 10, 5, NULL), WG_SHAPE(1, 10, 24, 24));
    ck_assert_uint_eq(wg_params_element_count(b.params), 760 + 456 + 1510);
    teardown(b);
}
END_TEST

/* ---- Initial values -------------------------------------------------------------------------------- */

static void check_bound(const wg_params *p, const char *name, double bound)
{
    wg_param_info a = wg_params_at(p, wg_params_index(p, name));
    double largest = 0;
    for (size_t i = 0; i < a.count; i++)
        largest = fmax(largest, fabs(((const double *)a.value)[i]));
    ck_assert_double_le(largest, bound);
    ck_assert_double_gt(largest, 0.8 * bound);
}

START_TEST(weights_and_biases_start_by_fan_in)
{
    bench b = setup(WG_F64, false);
    wg_layer_dense(b.params, "fc", input(b, WG_SHAPE(1, 100)), 50, NULL);
    check_bound(b.params, "fc.weight", 0.1);
    check_bound(b.params, "fc.bias", 0.1);
    const wg_init lectures = wg_init_fan_in(sqrt(5));
    wg_layer_dense(b.params, "task_b", input(b, WG_SHAPE(1, 784)), 512,
        &(wg_layer_dense_options){.weight = lectures, .bias = lectures});
    check_bound(b.params, "task_b.weight", 0.079860);
    check_bound(b.params, "task_b.bias", 0.079860);
    wg_layer_conv2d(b.params, "conv", input(b, WG_SHAPE(1, 16, 8, 8)), 32, 5,
        &(wg_layer_conv2d_options){.conv.groups = 4});
    check_bound(b.params, "conv.weight", 0.1);
    check_bound(b.params, "conv.bias", 0.1);
    wg_layer_conv2d(b.params, "zero", input(b, WG_SHAPE(1, 16, 8, 8)), 32, 5,
        &(wg_layer_conv2d_options){.bias = wg_init_constant(0), .weight = wg_init_he_uniform()});
    check_bound(b.params, "zero.weight", sqrt(6.0 / 400));
    double bias[32];
    ck_assert_int_eq(wg_params_read(b.params, "zero.bias", bias, 32), WG_OK);
    for (int i = 0; i < 32; i++)
        ck_assert_double_eq(bias[i], 0);
    ck_assert_int_eq(wg_tape_status(b.tape), WG_OK);
    teardown(b);
}
END_TEST

/* ---- Values ---------------------------------------------------------------------------------------- */

START_TEST(dense_is_x_times_w_plus_b)
{
    bench b = setup(WG_F64, false);
    const double w[6] = {1, 2, 3, 4, 5, 6}, bias[3] = {10, 20, 30}, x[4] = {1, -1, 2, 0.5};
    ck_assert(wg_is_valid(wg_layer_dense(b.params, "fc", wg_input(b.tape, WG_DOUBLES(x, 2, 2)), 3, NULL)));
    ck_assert_int_eq(wg_params_set(b.params, "fc.weight", WG_DOUBLES(w, 2, 3), NULL), WG_OK);
    ck_assert_int_eq(wg_params_set(b.params, "fc.bias", WG_DOUBLES(bias, 3), NULL), WG_OK);
    wg_tape_reset(b.tape);
    const double expected[6] = {7, 17, 27, 14, 26.5, 39};
    const wg_shape shapes[] = {WG_SHAPE(2, 2), WG_SHAPE(1, 2, 2), WG_SHAPE(2, 1, 2)};
    for (size_t i = 0; i < 3; i++) {
        double y[6];
        wg_var var =
            wg_layer_dense(b.params, "fc", wg_input(b.tape, wg_array_of(x, WG_F64, shapes[i])), 3, NULL);
        wg_shape shape = shapes[i];
        shape.dim[shape.rank - 1] = 3;
        check_shape(var, shape);
        ck_assert_int_eq(wg_read(var, y, 6), WG_OK);
        for (int k = 0; k < 6; k++)
            ck_assert_double_eq_tol(y[k], expected[k], 1e-14);
    }
    wg_var y = wg_layer_dense(b.params, "fc", wg_input(b.tape, WG_DOUBLES(x, 2)), 3, NULL);
    check_shape(y, WG_SHAPE(3));
    check_shape(
        wg_layer_dense(b.params, "fc", wg_input(b.tape, WG_DOUBLES(x, 0, 2)), 3, NULL), WG_SHAPE(0, 3));
    ck_assert_str_eq(wg_scope_of(y), "fc");
    teardown(b);
}
END_TEST

START_TEST(convolution_adds_a_bias_per_filter)
{
    bench b = setup(WG_F64, false);
    const double w[2] = {2, -1}, bias[2] = {0.5, 100}, x[4] = {1, 2, 3, 4};
    wg_var image = wg_input(b.tape, WG_DOUBLES(x, 1, 1, 2, 2));
    wg_layer_conv2d(b.params, "conv", image, 2, 1, NULL);
    ck_assert_int_eq(wg_params_set(b.params, "conv.weight", WG_DOUBLES(w, 2, 1, 1, 1), NULL), WG_OK);
    ck_assert_int_eq(wg_params_set(b.params, "conv.bias", WG_DOUBLES(bias, 2), NULL), WG_OK);
    wg_tape_reset(b.tape);
    image = wg_input(b.tape, WG_DOUBLES(x, 1, 1, 2, 2));
    double y[8];
    ck_assert_int_eq(wg_read(wg_layer_conv2d(b.params, "conv", image, 2, 1, NULL), y, 8), WG_OK);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(y[i], 2 * x[i] + 0.5);
        ck_assert_double_eq(y[4 + i], 100 - x[i]);
    }
    ck_assert_int_eq(
        wg_read(wg_layer_conv2d(b.params, "conv", image, 2, 1, &(wg_layer_conv2d_options){.no_bias = true}),
            y, 8),
        WG_OK);
    ck_assert_double_eq(y[7], -4);
    check_shape(
        wg_layer_conv2d(b.params, "wide", input(b, WG_SHAPE(2, 4, 9, 9)), 6, 3,
            &(wg_layer_conv2d_options){.kernel_w = 1, .conv = {.stride_h = 2, .padding_w = 1, .groups = 2}}),
        WG_SHAPE(2, 6, 4, 11));
    wg_shape shape = wg_params_at(b.params, wg_params_index(b.params, "wide.weight")).shape;
    ck_assert(wg_shape_equal(&shape, &WG_SHAPE(6, 2, 3, 1)));
    teardown(b);
}
END_TEST

/* N32 in training; then the running statistics, (1 - m) old + m new, in evaluation. */
START_TEST(batch_norm_learns_its_statistics)
{
    bench b = setup(WG_F64, true);
    const double x[4] = {1, 2, 4, 5};
    const double xhat[4] = {-1.2649085, -0.6324543, 0.6324543, 1.2649085};
    double y[4], mean, var;
    ck_assert_int_eq(
        wg_read(wg_layer_batch_norm(b.params, "bn", wg_input(b.tape, WG_DOUBLES(x, 4, 1)), NULL), y, 4),
        WG_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(y[i], xhat[i], 0.5e-7);
    ck_assert_int_eq(wg_params_read(b.params, "bn.running_mean", &mean, 1), WG_OK);
    ck_assert_int_eq(wg_params_read(b.params, "bn.running_var", &var, 1), WG_OK);
    ck_assert_double_eq_tol(mean, 0.3, 1e-15);
    ck_assert_double_eq_tol(var, 0.9 + 0.1 * 10.0 / 3, 1e-15); /* the unbiased variance is 10 / 3 */
    ck_assert_uint_eq(wg_params_element_count(b.params), 2);
    ck_assert_uint_eq(wg_params_count(b.params), 4);
    wg_tape_reset(b.tape);
    wg_tape_set_training(b.tape, false);
    ck_assert_int_eq(
        wg_read(wg_layer_batch_norm(b.params, "bn", wg_input(b.tape, WG_DOUBLES(x, 4, 1)), NULL), y, 4),
        WG_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(y[i], (x[i] - mean) / sqrt(var + 1e-5), 1e-14);
    ck_assert_int_eq(wg_params_read(b.params, "bn.running_mean", &mean, 1), WG_OK);
    ck_assert_double_eq_tol(mean, 0.3, 1e-15);
    teardown(b);
}
END_TEST

START_TEST(layer_norm_normalises_each_sample)
{
    bench b = setup(WG_F64, true);
    double y[24];
    wg_var x = input(b, WG_SHAPE(2, 3, 4));
    for (size_t axes = 1; axes <= 3; axes++) {
        char name[8];
        snprintf(name, sizeof name, "ln%zu", axes);
        wg_var out = wg_layer_layer_norm(
            b.params, name, x, &(wg_layer_layer_norm_options){.axes = axes, .eps = WG_ZERO});
        ck_assert_int_eq(wg_read(out, y, 24), WG_OK);
        size_t length = axes == 1 ? 4 : axes == 2 ? 12 : 24;
        for (size_t i = 0; i < 24; i += length) {
            double sum = 0, squares = 0;
            for (size_t k = i; k < i + length; k++)
                sum += y[k], squares += y[k] * y[k];
            ck_assert_double_eq_tol(sum, 0, 1e-12);
            ck_assert_double_eq_tol(squares, (double)length, 1e-12);
        }
    }
    ck_assert_uint_eq(wg_params_element_count(b.params), 2 * (4 + 12 + 24));
    teardown(b);
}
END_TEST

/* ---- Gradients of parameters: central differences over every element ------------------------------- */

static wg_var small_network(wg_params *p, wg_tape *tape)
{
    double x[2 * 2 * 5 * 5];
    for (int i = 0; i < 100; i++)
        x[i] = cos(0.7 * i * i);
    wg_var h = wg_layer_conv2d(p, "conv", wg_input(tape, WG_DOUBLES(x, 2, 2, 5, 5)), 3, 3, NULL);
    h = wg_tanh(wg_layer_batch_norm(p, "bn", h, NULL));
    h = wg_layer_layer_norm(p, "ln", wg_flatten(h), NULL);
    return wg_sum(wg_sin(wg_layer_dense(p, "fc", h, 2, NULL)));
}

START_TEST(parameters_have_the_gradient_of_finite_differences)
{
    bench b = setup(WG_F64, true);
    ck_assert_int_eq(wg_backward(small_network(b.params, b.tape)), WG_OK);
    size_t checked = 0;
    for (size_t i = 0; i < wg_params_count(b.params); i++) {
        wg_param_info a = wg_params_at(b.params, i);
        double *value = wg_params_value(b.params, i);
        const double *g = wg_params_grad(b.params, i);
        for (size_t k = 0; k < a.count && !a.buffer; k++, checked++) {
            double keep = value[k], h = 1e-5, f[2];
            for (int side = 0; side < 2; side++) {
                value[k] = keep + (side ? h : -h);
                wg_params_changed(b.params);
                wg_tape_reset(b.tape);
                f[side] = wg_item(small_network(b.params, b.tape));
            }
            value[k] = keep;
            ck_assert_double_eq_tol(g[k], (f[1] - f[0]) / (2 * h), 1e-8);
        }
    }
    ck_assert_uint_eq(checked, 57 + 6 + 54 + 56);
    teardown(b);
}
END_TEST

/* ---- Errors ---------------------------------------------------------------------------------------- */

static void fails(bench b, wg_var y, wg_status status, const char *words)
{
    ck_assert(!wg_is_valid(y));
    ck_assert_int_eq(wg_tape_status(b.tape), status);
    ck_assert_msg(strstr(wg_tape_message(b.tape), words) != NULL, "%s", wg_tape_message(b.tape));
    ck_assert_str_eq(wg_tape_scope(b.tape), "");
    wg_tape_reset(b.tape);
}

START_TEST(layers_refuse_what_does_not_fit)
{
    bench b = setup(WG_F64, true);
    wg_params *p = b.params;
    fails(b, wg_layer_dense(p, "fc", wg_scalar(b.tape, 1), 3, NULL), WG_BAD_SHAPE,
        "fc: dense: x [] must be [..., in]");
    fails(b, wg_layer_conv2d(p, "conv", input(b, WG_SHAPE(3, 8, 8)), 4, 3, NULL), WG_BAD_SHAPE,
        "conv: conv2d: x [3, 8, 8] must be [N, C, H, W]");
    fails(b,
        wg_layer_conv2d(
            p, "conv", input(b, WG_SHAPE(1, 3, 8, 8)), 4, 3, &(wg_layer_conv2d_options){.conv.groups = 2}),
        WG_BAD_SHAPE, "groups");
    fails(b, wg_layer_batch_norm(p, "bn", input(b, WG_SHAPE(3)), NULL), WG_BAD_SHAPE,
        "bn: batch_norm: x [3] must be");
    fails(b, wg_layer_layer_norm(p, "ln", input(b, WG_SHAPE(3)), &(wg_layer_layer_norm_options){.axes = 2}),
        WG_BAD_SHAPE, "ln: layer_norm: x [3]");
    fails(b, wg_layer_dense(p, "", input(b, WG_SHAPE(1, 2)), 3, NULL), WG_INVALID,
        "dense: a layer needs a name");
    fails(b, wg_layer_dense(NULL, "fc", input(b, WG_SHAPE(1, 2)), 3, NULL), WG_INVALID, "parameter store");
    ck_assert_uint_eq(wg_params_count(p), 0);
    wg_layer_dense(p, "fc", input(b, WG_SHAPE(1, 2)), 3, NULL);
    fails(b, wg_layer_dense(p, "fc", input(b, WG_SHAPE(1, 5)), 3, NULL), WG_NAME,
        "fc.weight has shape [2, 3], not [5, 3]");
    ck_assert_uint_eq(wg_params_count(p), 2);
    teardown(b);
}
END_TEST

/* ---- Names that are taken -------------------------------------------------------------------------- */

static wg_var dense(wg_params *p, wg_var x)
{
    return wg_layer_dense(p, "l", x, 3, NULL);
}

static wg_var conv2d(wg_params *p, wg_var x)
{
    return wg_layer_conv2d(p, "l", x, 3, 2, NULL);
}

static wg_var batch_norm(wg_params *p, wg_var x)
{
    return wg_layer_batch_norm(p, "l", x, NULL);
}

static wg_var layer_norm(wg_params *p, wg_var x)
{
    return wg_layer_layer_norm(p, "l", x, NULL);
}

/* Whichever of a layer's arrays has another shape already: its name is said, and there is no result. */
START_TEST(a_taken_name_of_any_array_fails)
{
    wg_var (*const layers[])(wg_params *, wg_var) = {dense, conv2d, batch_norm, layer_norm};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        bench whole = setup(WG_F64, true);
        ck_assert(wg_is_valid(layers[i](whole.params, input(whole, WG_SHAPE(2, 3, 4, 4)))));
        for (size_t k = 0; k < wg_params_count(whole.params); k++) {
            const wg_param_info info = wg_params_at(whole.params, k);
            bench b = setup(WG_F64, true);
            if (info.buffer)
                wg_params_add_buffer(b.params, info.name, WG_SHAPE(77), NULL, NULL);
            else
                wg_params_add(b.params, info.name, WG_SHAPE(77), NULL, NULL);
            ck_assert_uint_eq(wg_params_count(b.params), 1);
            fails(b, layers[i](b.params, input(b, WG_SHAPE(2, 3, 4, 4))), WG_NAME, info.name);
            teardown(b);
        }
        teardown(whole);
    }
}
END_TEST

START_TEST(an_invalid_var_creates_nothing)
{
    bench b = setup(WG_F64, true);
    wg_var bad = wg_add(input(b, WG_SHAPE(2)), input(b, WG_SHAPE(3)));
    ck_assert(!wg_is_valid(bad));
    ck_assert(!wg_is_valid(lenet(b.params, bad)));
    ck_assert(!wg_is_valid(wg_layer_batch_norm(b.params, "bn", bad, NULL)));
    ck_assert(!wg_is_valid(wg_layer_layer_norm(b.params, "ln", bad, NULL)));
    ck_assert(!wg_is_valid(wg_layer_dense(b.params, "fc", (wg_var){0}, 3, NULL)));
    ck_assert_uint_eq(wg_params_count(b.params), 0);
    ck_assert_int_eq(wg_tape_status(b.tape), WG_BAD_SHAPE);
    teardown(b);
}
END_TEST

TEST_MAIN("layers", the_mlp_has_535818_parameters, lenet_has_61706_parameters, convolutions_of_the_lectures,
    weights_and_biases_start_by_fan_in, dense_is_x_times_w_plus_b, convolution_adds_a_bias_per_filter,
    batch_norm_learns_its_statistics, layer_norm_normalises_each_sample,
    parameters_have_the_gradient_of_finite_differences, layers_refuse_what_does_not_fit,
    a_taken_name_of_any_array_fails, an_invalid_var_creates_nothing)
