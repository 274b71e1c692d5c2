/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <string.h>
#include <wengert/data.h>

#include "harness.h"

START_TEST(arrays_are_copied)
{
    float x[3][2] = {{1, 2}, {3, 4}, {5, 6}};
    int32_t y[3] = {0, 4, 1};
    wg_error error = {0};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_FLOATS(x, 3, 2), WG_INTS(y, 3), &error);
    ck_assert_msg(dataset, "%s", error.message);
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    ck_assert_uint_eq(wg_dataset_count(dataset), 3);
    ck_assert_uint_eq(wg_dataset_class_count(dataset), 5);
    wg_array x_view = wg_dataset_x(dataset), y_view = wg_dataset_y(dataset);
    ck_assert(wg_shape_equal(&x_view.shape, &WG_SHAPE(3, 2)) && x_view.dtype == WG_F32);
    ck_assert(wg_shape_equal(&y_view.shape, &WG_SHAPE(3)) && y_view.dtype == WG_I32);
    ck_assert(((const float *)x_view.data)[5] == 6);
    ck_assert_int_eq(((const int32_t *)y_view.data)[1], 4);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(bad_arrays)
{
    float x[4] = {0};
    int32_t y[4] = {0, 1, -7, 0};
    const struct {
        wg_array x, y;
        wg_status status;
        const char *text;
    } cases[] = {
        {WG_FLOATS(x, 4), WG_INTS(y, 3), WG_BAD_SHAPE, "[4]"},
        {wg_array_of(x, WG_F32, wg_shape_scalar()), WG_INTS(y, 4), WG_BAD_SHAPE, "first size"},
        {WG_INTS(y, 4), WG_INTS(y, 4), WG_BAD_DTYPE, "i32"},
        {WG_FLOATS(x, 4), wg_array_of(y, (wg_dtype)9, WG_SHAPE(4)), WG_BAD_DTYPE, "y"},
        {WG_FLOATS(x, 4), WG_INTS(y, 4), WG_BAD_INDEX, "-7 of sample 2"},
        {WG_FLOATS(NULL, 4), WG_INTS(y, 4), WG_INVALID, "without data"},
        {WG_FLOATS(x, 1, SIZE_MAX / 2), WG_INTS(y, 1), WG_OVERFLOW, "size_t"},
        {WG_FLOATS(x, 1, SIZE_MAX / 8), WG_INTS(y, 1), WG_OUT_OF_MEMORY, "memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_error error = {0};
        ck_assert_ptr_null(wg_dataset_from_arrays(cases[i].x, cases[i].y, &error));
        ck_assert_msg(error.status == cases[i].status && strstr(error.message, cases[i].text),
            "case %zu: %s: %s", i, wg_status_name(error.status), error.message);
    }
}
END_TEST

/* Everything takes NULL; an error that is set stays, and nothing is made. */
START_TEST(nothing_in_nothing_out)
{
    ck_assert_uint_eq(wg_dataset_count(NULL) + wg_dataset_class_count(NULL) + wg_batches_per_epoch(NULL), 0);
    ck_assert_ptr_null(wg_dataset_x(NULL).data);
    ck_assert_ptr_null(wg_dataset_class_name(NULL, 0));
    ck_assert_ptr_null(wg_dataset_column_name(NULL, 0));
    ck_assert_ptr_null(wg_dataset_target_name(NULL));
    ck_assert_int_eq(wg_batches_status(NULL), WG_INVALID);
    wg_batch batch = {0};
    ck_assert(!wg_batches_next(NULL, &batch));
    wg_dataset_free(NULL);
    wg_batches_free(NULL);
    wg_error error = {0};
    ck_assert_ptr_null(wg_batches_new(NULL, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    wg_error first = {.status = WG_FILE, .message = "first"};
    ck_assert_ptr_null(wg_digits_make(3, 1, &first));
    ck_assert_ptr_null(wg_mnist_load(".", WG_TEST_SPLIT, NULL, &first));
    ck_assert_str_eq(first.message, "first");
}
END_TEST

TEST_MAIN("data", arrays_are_copied, bad_arrays, nothing_in_nothing_out)
