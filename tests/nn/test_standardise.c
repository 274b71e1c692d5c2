/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "alloc.h"
#include "numbers.h"

static wg_params *new_params(wg_dtype dtype)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype});
}

START_TEST(features_of_rows)
{
    const double x[8] = {1, 10, 2, 10, 3, 10, 6, 10}; /* the second feature is the same everywhere */
    wg_params *params = new_params(WG_F64);
    wg_error error = {0};
    ck_assert_int_eq(wg_layer_standardise_fit(params, "input", WG_DOUBLES(x, 4, 2), &error), WG_OK);
    double mean[2], std[2];
    ck_assert_int_eq(wg_params_read(params, "input.mean", mean, 2), WG_OK);
    ck_assert_int_eq(wg_params_read(params, "input.std", std, 2), WG_OK);
    numbers_are("mean", mean, (double[]){3, 10}, 2, 1e-15);
    numbers_are("std", std, (double[]){sqrt(3.5), 1}, 2, 1e-15);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var v = wg_leaf(tape, WG_DOUBLES(x, 4, 2)), y = wg_layer_standardise(params, "input", v);
    const double s = sqrt(3.5);
    values_are("y", y, (double[]){-2 / s, 0, -1 / s, 0, 0, 0, 3 / s, 0}, 8, 1e-15);
    values_are("back", wg_layer_unstandardise(params, "input", y), x, 8, 1e-14);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    grads_are("x", v, (double[]){1 / s, 1, 1 / s, 1, 1 / s, 1, 1 / s, 1}, 8, 1e-15);
    ck_assert_uint_eq(wg_params_element_count(params), 0); /* buffers: nothing to train */
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* Squares of the deviations leave the range of doubles here; the deviation does not. */
START_TEST(features_of_any_size)
{
    const double sizes[] = {1e300, 1e200, 1e150, 1, 1e-150, 1e-200, 1e-300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const double s = sizes[i], x[4] = {1 * s, 2 * s, 3 * s, 6 * s};
        wg_params *params = new_params(WG_F64);
        ck_assert_int_eq(wg_layer_standardise_fit(params, "input", WG_DOUBLES(x, 4), NULL), WG_OK);
        double mean, std;
        ck_assert_int_eq(wg_params_read(params, "input.mean", &mean, 1), WG_OK);
        ck_assert_int_eq(wg_params_read(params, "input.std", &std, 1), WG_OK);
        ck_assert_double_eq_tol(mean / s, 3, 1e-14);
        ck_assert_double_eq_tol(std / s, sqrt(3.5), 1e-14);
        wg_params_free(params);
    }
}
END_TEST

START_TEST(channels_of_images_and_plain_lists)
{
    double image[16], list[3] = {4, 4, 7};
    for (int i = 0; i < 16; i++)
        image[i] = (i / 4 % 2 ? 100 : 0) + i % 4; /* [2, 2, 2, 2]: channel 1 is 100 higher */
    wg_params *params = new_params(WG_F32);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "a", WG_DOUBLES(image, 2, 2, 2, 2), NULL), WG_OK);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "b", WG_DOUBLES(list, 3), NULL), WG_OK);
    wg_tape *tape = new_tape(WG_F32, false, 1);
    const double d = sqrt(1.25);
    double expected[16];
    for (int i = 0; i < 16; i++)
        expected[i] = (i % 4 - 1.5) / d;
    values_are("image", wg_layer_standardise(params, "a", wg_input(tape, WG_DOUBLES(image, 2, 2, 2, 2))),
        expected, 16, 1e-6);
    const double e = sqrt(2);
    values_are("list", wg_layer_standardise(params, "b", wg_input(tape, WG_DOUBLES(list, 3))),
        (double[]){-1 / e, -1 / e, 2 / e}, 3, 1e-6);
    values_are("column", wg_layer_unstandardise(params, "b", wg_input(tape, WG_DOUBLES(list, 3, 1))),
        (double[]){5 + 4 * e, 5 + 4 * e, 5 + 7 * e}, 3, 1e-5);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* x of rank 1 is one feature. Its mean is 4 and its deviation 4, so that all numbers are exact. */
START_TEST(a_list_is_one_feature)
{
    const double x[5] = {2, 2, 2, 2, 12}, y[5] = {-0.5, -0.5, -0.5, -0.5, 2}, slopes[5] = {1, 10, -2, 20, 4};
    wg_params *params = new_params(_i ? WG_F32 : WG_F64);
    wg_tape *tape = new_tape(_i ? WG_F32 : WG_F64, false, 1);
    wg_var list = wg_leaf(tape, WG_DOUBLES(x, 5));
    values_are("not fitted", wg_layer_standardise(params, "x", list), x, 5, 0);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "x", WG_DOUBLES(x, 5), NULL), WG_OK);
    ck_assert_uint_eq(wg_params_count(params), 2);
    for (size_t i = 0; i < 2; i++) {
        double number = 0;
        const wg_shape shape = wg_params_at(params, i).shape, one = WG_SHAPE(1);
        ck_assert(wg_shape_equal(&shape, &one));
        ck_assert_int_eq(wg_params_read(params, i ? "x.std" : "x.mean", &number, 1), WG_OK);
        ck_assert_double_eq(number, 4);
    }
    wg_tape_reset(tape);
    list = wg_leaf(tape, WG_DOUBLES(x, 5));
    wg_var there = wg_layer_standardise(params, "x", list), back = wg_layer_unstandardise(params, "x", there);
    const wg_shape as_x = WG_SHAPE(5), is = wg_shape_of(there), was = wg_shape_of(back);
    ck_assert(wg_shape_equal(&is, &as_x) && wg_shape_equal(&was, &as_x));
    values_are("there", there, y, 5, 0);
    values_are("back", back, x, 5, 0);
    ck_assert_int_eq(wg_backward_from(there, WG_DOUBLES(slopes, 5)), WG_OK);
    grads_are("there", list, (double[]){0.25, 2.5, -0.5, 5, 1}, 5, 0);
    ck_assert_int_eq(wg_backward_from(back, WG_DOUBLES(slopes, 5)), WG_OK);
    grads_are("back", list, slopes, 5, 0);
    values_are("one", wg_layer_standardise(params, "x", wg_leaf(tape, WG_DOUBLES(x, 1))), y, 1, 0);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* Sums of 0.1 are no multiple of it: a std of 1e-17 would blow up the first number that differs. */
START_TEST(a_constant_feature_is_left_alone)
{
    double x[1000];
    for (int i = 0; i < 1000; i++)
        x[i] = 0.1;
    wg_params *params = new_params(WG_F64);
    double mean, std;
    ck_assert_int_eq(wg_layer_standardise_fit(params, "x", WG_DOUBLES(x, 1000), NULL), WG_OK);
    ck_assert_int_eq(wg_params_read(params, "x.mean", &mean, 1), WG_OK);
    ck_assert_int_eq(wg_params_read(params, "x.std", &std, 1), WG_OK);
    ck_assert_double_eq(mean, 0.1);
    ck_assert_double_eq(std, 1);
    wg_params_free(params);
}
END_TEST

START_TEST(before_it_is_fitted_it_is_the_identity)
{
    const double x[3] = {1, -2, 3};
    wg_params *params = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_scope_push(tape, "encoder");
    values_are("y", wg_layer_standardise(params, "in", wg_leaf(tape, WG_DOUBLES(x, 1, 3))), x, 3, 0);
    wg_scope_pop(tape);
    ck_assert_uint_ne(wg_params_index(params, "encoder.in.mean"), SIZE_MAX);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "encoder.in", WG_DOUBLES(x, 1, 3), NULL), WG_OK);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

static void refused(wg_params *params, const char *name, wg_array x, wg_status status, const char *text)
{
    wg_error error = {0};
    ck_assert_int_eq(wg_layer_standardise_fit(params, name, x, &error), status);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
    ck_assert_int_eq(wg_layer_standardise_fit(params, name, x, NULL), status);
}

START_TEST(bad_input)
{
    double x[6] = {1, 2, 3, 4, (double)NAN, 6};
    wg_params *params = new_params(WG_F64);
    refused(params, "x", WG_DOUBLES(x, 3, 2), WG_NUMBER, "nan in sample 2, feature 0");
    refused(params, "x", WG_DOUBLES(x, 1, 3, 2), WG_NUMBER, "nan in sample 0, feature 2");
    refused(params, "x", WG_DOUBLES(x, 6), WG_NUMBER, "nan in sample 4, feature 0");
    refused(params, "x", WG_DOUBLES(x, 0, 2), WG_BAD_SHAPE, "[0, 2]");
    refused(params, "x", wg_array_of(x, WG_F64, wg_shape_scalar()), WG_BAD_SHAPE, "[]");
    refused(params, "x", WG_DOUBLES(NULL, 2), WG_INVALID, "without data");
    refused(params, "", WG_DOUBLES(x, 2), WG_INVALID, "name");
    refused(NULL, "x", WG_DOUBLES(x, 2), WG_INVALID, "parameter store");
    ck_assert_uint_eq(wg_params_count(params), 0);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "x", WG_DOUBLES(x, 2, 2), NULL), WG_OK);
    refused(params, "x", WG_DOUBLES(x, 1, 3), WG_NAME, "x.mean");
    wg_tape *tape = new_tape(WG_F64, false, 1);
    ck_assert(!wg_is_valid(wg_layer_standardise(params, "x", wg_scalar(tape, 1))));
    fails(tape, WG_BAD_SHAPE, "standardise");
    wg_params_free(params);
}
END_TEST

START_TEST(no_memory)
{
    const double x[4] = {1, 2, 3, 4};
    for (size_t k = 1;; k++) {
        test_heap heap = {.fail_at = k};
        wg_params *params = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
        wg_error error = {0};
        wg_status status =
            params ? wg_layer_standardise_fit(params, "x", WG_DOUBLES(x, 2, 2), &error) : WG_OUT_OF_MEMORY;
        wg_params_free(params);
        test_heap_check(&heap);
        ck_assert_int_eq(status, heap.failures ? WG_OUT_OF_MEMORY : WG_OK);
        if (!heap.failures)
            break;
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{features_of_rows, 0}, {features_of_any_size, 0},
        {channels_of_images_and_plain_lists, 0}, {a_list_is_one_feature, 2},
        {a_constant_feature_is_left_alone, 0}, {before_it_is_fitted_it_is_the_identity, 0}, {bad_input, 0},
        {no_memory, 0}};
    return harness_run("standardise", tests, sizeof tests / sizeof tests[0]);
}
