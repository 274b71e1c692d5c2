/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <string.h>
#include <wengert/data.h>

#include "harness.h"

/* Ten samples [10, 2]: sample i is {i, 100 + i}, its label i % 3. */
static wg_dataset *ten_samples(void)
{
    float x[10][2];
    int32_t y[10];
    for (int i = 0; i < 10; i++)
        x[i][0] = (float)i, x[i][1] = (float)(100 + i), y[i] = i % 3;
    wg_error error = {0};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_FLOATS(x, 10, 2), WG_INTS(y, 10), &error);
    ck_assert_msg(dataset, "%s", error.message);
    return dataset;
}

START_TEST(arrays_are_copied)
{
    wg_dataset *dataset = ten_samples();
    ck_assert_uint_eq(wg_dataset_count(dataset), 10);
    ck_assert_uint_eq(wg_dataset_classes(dataset), 3);
    wg_array x = wg_dataset_x(dataset), y = wg_dataset_y(dataset);
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(10, 2)) && x.dtype == WG_F32);
    ck_assert(wg_shape_equal(&y.shape, &WG_SHAPE(10)) && y.dtype == WG_I32);
    ck_assert(((const float *)x.data)[19] == 109.0f);
    ck_assert_int_eq(((const int32_t *)y.data)[8], 2);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(targets_may_be_numbers)
{
    double x[3] = {1, 2, 3}, y[3][2] = {{1, 2}, {3, 4}, {5, 6}};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, 3), WG_DOUBLES(y, 3, 2), NULL);
    ck_assert_uint_eq(wg_dataset_classes(dataset), 0);
    wg_batches *batches = wg_batches_new(dataset, &(wg_batches_options){.size = 2, .in_order = true}, NULL);
    wg_batch batch = {0};
    ck_assert(wg_next_batch(batches, &batch) && wg_next_batch(batches, &batch));
    ck_assert(wg_shape_equal(&batch.y.shape, &WG_SHAPE(1, 2)) && batch.y.dtype == WG_F64);
    ck_assert(((const double *)batch.y.data)[1] == 6);
    wg_batches_free(batches);
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
    ck_assert_uint_eq(wg_dataset_count(NULL) + wg_dataset_classes(NULL) + wg_batches_per_epoch(NULL), 0);
    ck_assert_ptr_null(wg_dataset_x(NULL).data);
    ck_assert_int_eq(wg_batches_status(NULL), WG_INVALID);
    wg_batch batch = {0};
    ck_assert(!wg_next_batch(NULL, &batch));
    wg_dataset_free(NULL);
    wg_batches_free(NULL);
    wg_error error = {0};
    ck_assert_ptr_null(wg_batches_new(NULL, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    wg_error first = {.status = WG_FILE, .message = "first"};
    ck_assert_ptr_null(wg_digits_draw(3, 1, &first));
    ck_assert_ptr_null(wg_mnist_load(".", WG_TEST_SPLIT, &first));
    ck_assert_str_eq(first.message, "first");
}
END_TEST

TEST_MAIN("data", arrays_are_copied, targets_may_be_numbers, bad_arrays, nothing_in_nothing_out)
