/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Poor data, from a data set of none, one or equal samples to a prediction; and the numbers and files of data
 * and pictures that have no meaning. */

#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wengert/fit.h>
#include <wengert/wengert.h>

#include "harness.h"

#define COUNT(list) (sizeof list / sizeof list[0])

/* ---- Poor data ------------------------------------------------------------------------------------- */

static const double features[6] = {0.5, -1, 2, 0, 1, 3};
static const int32_t classes[3] = {0, 0, 0};

static wg_var model(wg_params *params, wg_var x, void *user)
{
    return wg_layer_dense(params, "out", x, *(const size_t *)user, NULL);
}

/* No sample: there is nothing to train on or to test, and the words say so; but it can be cut.
 */
START_TEST(no_samples)
{
    wg_dataset *none = wg_dataset_from_arrays(WG_DOUBLES(NULL, 0, 2), WG_INTS(NULL, 0), NULL);
    wg_params *params = wg_params_new(NULL);
    size_t outputs = 2, count[2] = {9, 9};
    wg_error error = {0};
    ck_assert_uint_eq(wg_dataset_count(none), 0);
    ck_assert_int_eq(wg_dataset_split_rows(none, (double[]){0.5, 0.5}, 2,
                         &(wg_dataset_split_options){.stratified = true}, NULL, count, &error),
        WG_OK);
    ck_assert(count[0] == 0 && count[1] == 0);
    wg_batches *batches = wg_batches_new(none, NULL, &error);
    wg_batch batch = {0};
    ck_assert(batches && !wg_batches_next(batches, &batch) && wg_batches_status(batches) == WG_OK);
    wg_batches_free(batches);
    ck_assert_int_eq(wg_fit(model, &outputs, params, none, NULL, &error), WG_INVALID);
    ck_assert_msg(strstr(error.message, "samples"), "%s", error.message);
    wg_error_clear(&error);
    ck_assert(
        isnan(wg_accuracy(model, &outputs, params, none, &error)) && strstr(error.message, "no samples"));
    wg_error_clear(&error);
    float out[1];
    wg_error_clear(&error);
    wg_status status = wg_predict(model, &outputs, params, WG_DOUBLES(NULL, 0, 2), out, 0, &error);
    ck_assert_msg(status == WG_BAD_SHAPE && strstr(error.message, "[0, 2]"), "%s", error.message);
    wg_params_free(params);
    wg_dataset_free(none);
}
END_TEST

/* One class, and a model of one output: its softmax is 1, its loss 0, every guess right. */
START_TEST(one_class)
{
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(features, 3, 2), WG_INTS(classes, 3), NULL);
    wg_params *params = wg_params_new(NULL);
    size_t outputs = 1, matrix[1];
    wg_error error = {0};
    wg_score score;
    ck_assert_uint_eq(wg_dataset_class_count(data), 1);
    wg_fit_options options = {.epochs = 2, .validation = 0.34, .stratified = true, .patience = 1};
    ck_assert_msg(wg_fit(model, &outputs, params, data, &options, &error) == WG_OK, "%s", error.message);
    ck_assert_int_eq(wg_evaluate(model, &outputs, params, data, NULL, &score, &error), WG_OK);
    ck_assert(score.loss == 0 && score.metric == 1 && score.samples == 3);
    ck_assert_int_eq(wg_confusion(model, &outputs, params, data, matrix, 1, &error), WG_OK);
    ck_assert_uint_eq(matrix[0], 3);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

/* Samples that are all alike have no spread: standardised they are 0, not NaN. */
START_TEST(equal_samples)
{
    static const double same[6] = {7, -2, 7, -2, 7, -2};
    wg_params *params = wg_params_new(NULL);
    wg_error error = {0};
    wg_array x = WG_DOUBLES(same, 3, 2);
    ck_assert_int_eq(wg_layer_standardise_fit(params, "scale", x, &error), WG_OK);
    wg_tape *tape = wg_tape_new(NULL);
    wg_var y = wg_layer_standardise(params, "scale", wg_input(tape, x));
    double out[6];
    ck_assert_int_eq(wg_read(y, out, 6), WG_OK);
    for (size_t i = 0; i < 6; i++)
        ck_assert_double_eq(out[i], 0);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

START_TEST(samples_without_features)
{
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(NULL, 3, 0), WG_INTS(classes, 3), NULL);
    wg_params *params = wg_params_new(NULL);
    size_t outputs = 2;
    wg_error error = {0};
    ck_assert_msg(wg_fit(model, &outputs, params, data, &(wg_fit_options){.epochs = 2}, &error) == WG_OK,
        "%s", error.message);
    ck_assert_uint_eq(wg_params_element_count(params), 2);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

/* ---- Numbers without a meaning --------------------------------------------------------------------- */

START_TEST(loaders)
{
    wg_error error = {0};
    ck_assert_ptr_null(wg_mnist_load(".", (wg_split)7, NULL, &error));
    ck_assert(error.status == WG_INVALID && strstr(error.message, "7"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_cifar10_load(".", (wg_split)-1, NULL, &error));
    ck_assert(error.status == WG_INVALID && strstr(error.message, "-1"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_cifar10_load_files(NULL, 2, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_digits_make(SIZE_MAX, 0, &error));
    ck_assert_int_eq(error.status, WG_OVERFLOW);
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_digits_make(SIZE_MAX / 4096, 0, &error));
    ck_assert_int_eq(error.status, WG_OUT_OF_MEMORY);
    wg_dataset_free(wg_digits_make(0, UINT64_MAX, NULL));
}
END_TEST

START_TEST(sheets)
{
    static const float grey[4] = {0, 1, NAN, 2};
    const wg_tile good = {.grey = grey, .rows = 2, .columns = 2};
    static const struct {
        wg_sheet_options options;
        wg_status status;
        const char *named;
    } refused[] = {
        {{.low = HUGE_VAL}, WG_INVALID, "black at inf"},
        {{.low = -HUGE_VAL, .high = 1}, WG_INVALID, "black at -inf"},
        {{.high = (double)NAN}, WG_INVALID, "white at"},
        {{.zoom = 1025}, WG_OVERFLOW, "too large"},
        {{.zoom = SIZE_MAX}, WG_OVERFLOW, "too large"},
    };
    char folder[] = "wengert-options-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sheet.ppm", folder);
    for (size_t i = 0; i < COUNT(refused); i++) {
        wg_error error = {0};
        wg_status status = wg_sheet_write(path, &good, 1, &refused[i].options, &error);
        ck_assert_msg(status == refused[i].status && strstr(error.message, refused[i].named), "row %zu: %s",
            i, error.message);
        ck_assert_int_ne(access(path, F_OK), 0);
    }
    static const wg_sheet_options accepted[] = {{0}, {.per_row = SIZE_MAX}, {.low = 1e308, .high = -1e308},
        {.title = ""}, {.title = "a title that is wider than the sheet by far, and then some \n\xFF"}};
    for (size_t i = 0; i < COUNT(accepted); i++) {
        wg_error error = {0};
        ck_assert_msg(
            wg_sheet_write(path, &good, 1, &accepted[i], &error) == WG_OK, "row %zu: %s", i, error.message);
    }
    ck_assert(unlink(path) == 0 && rmdir(folder) == 0);
}
END_TEST

TEST_MAIN("options_data", no_samples, one_class, equal_samples, samples_without_features, loaders, sheets)
