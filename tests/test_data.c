/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <string.h>
#include <wengert/data.h>

#include "alloc.h"
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

START_TEST(an_epoch_has_each_sample_once)
{
    wg_dataset *dataset = ten_samples();
    wg_batches *batches = wg_batches_new(dataset, &(wg_batches_options){.size = 4, .seed = 5}, NULL);
    ck_assert_uint_eq(wg_batches_per_epoch(batches), 3);
    size_t orders_that_differ = 0, previous[10] = {0};
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        size_t seen[10] = {0}, order[10], count = 0;
        for (wg_batch batch = {0}; wg_next_batch(batches, &batch);) {
            ck_assert_uint_eq(batch.epoch, epoch);
            ck_assert_uint_eq(batch.count, batch.number == 3 ? 2 : 4);
            ck_assert_uint_eq(batch.x.shape.dim[0], batch.count);
            for (size_t i = 0; i < batch.count; i++) {
                size_t row = batch.rows[i];
                ck_assert(((const float *)batch.x.data)[2 * i + 1] == (float)(100 + row));
                ck_assert_int_eq(((const int32_t *)batch.y.data)[i], (int)row % 3);
                seen[row]++;
                order[count++] = row;
            }
        }
        ck_assert_int_eq(wg_batches_status(batches), WG_OK);
        ck_assert_uint_eq(count, 10);
        for (size_t i = 0; i < 10; i++)
            ck_assert_uint_eq(seen[i], 1);
        orders_that_differ += memcmp(order, previous, sizeof order) != 0;
        memcpy(previous, order, sizeof order);
    }
    ck_assert_uint_eq(orders_that_differ, 3);
    wg_batches_free(batches);
    wg_dataset_free(dataset);
}
END_TEST

/* The order of epoch 3 is the same whether epochs 1 and 2 were run, cut short, or skipped. */
START_TEST(an_order_depends_on_seed_and_epoch_alone)
{
    wg_dataset *dataset = ten_samples();
    const wg_batches_options options = {.size = 10, .seed = 7};
    wg_batches *a = wg_batches_new(dataset, &options, NULL), *b = wg_batches_new(dataset, &options, NULL);
    wg_batch one = {0}, two = {0}, three = {0}, other = {0};
    ck_assert(wg_next_batch(a, &one) && wg_next_batch(a, &two) && wg_next_batch(a, &three));
    wg_batches_set_epoch(b, 2);
    ck_assert_uint_eq(wg_batches_epoch(b), 2);
    ck_assert(wg_next_batch(b, &other));
    ck_assert_uint_eq(other.epoch, 3);
    ck_assert_mem_eq(three.rows, other.rows, 10 * sizeof *other.rows);
    ck_assert(!wg_next_batch(a, &two));
    ck_assert_int_eq(wg_batches_status(a), WG_STALE);
    ck_assert(!wg_next_batch(a, &three));
    ck_assert_int_eq(wg_batches_status(a), WG_OK);
    wg_batches_free(a);
    wg_batches_free(b);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(the_options_of_batches)
{
    wg_dataset *dataset = ten_samples();
    wg_batches *batches = wg_batches_new(dataset,
        &(wg_batches_options){
            .size = 3, .first = 2, .count = 7, .in_order = true, .drop_last = true, .mean = 4, .std = 2},
        NULL);
    ck_assert_uint_eq(wg_batches_per_epoch(batches), 2);
    ck_assert_uint_eq(wg_batches_samples(batches), 6);
    wg_batch batch = {0};
    ck_assert(wg_next_batch(batches, &batch));
    const float expected[6] = {-1, 49, -0.5f, 49.5f, 0, 50};
    ck_assert_mem_eq(batch.x.data, expected, sizeof expected);
    ck_assert(wg_next_batch(batches, &batch) && batch.rows[2] == 7 && !wg_next_batch(batches, &batch));
    wg_batches_free(batches);

    const wg_batches_options bad[] = {{.first = 11}, {.first = 4, .count = 7}, {.count = SIZE_MAX},
        {.std = -1}, {.std = (double)NAN}, {.mean = (double)INFINITY}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        ck_assert_ptr_null(wg_batches_new(dataset, &bad[i], &error));
        ck_assert_int_eq(error.status, WG_INVALID);
    }
    wg_dataset_free(dataset);
}
END_TEST

/* Larger than the data: one batch of all samples; with drop_last none, at no cost of memory. */
START_TEST(huge_batches_and_empty_sets)
{
    wg_dataset *dataset = ten_samples(), *empty = wg_digits_draw(0, 1, NULL);
    for (int drop = 0; drop < 2; drop++) {
        wg_batches *batches =
            wg_batches_new(dataset, &(wg_batches_options){.size = SIZE_MAX, .drop_last = drop}, NULL);
        wg_batch batch = {0};
        ck_assert_int_eq(wg_next_batch(batches, &batch), !drop);
        ck_assert_uint_eq(batch.count, drop ? 0 : 10);
        wg_batches_free(batches);
    }
    wg_batches *none = wg_batches_new(empty, NULL, NULL);
    wg_batch batch = {0};
    ck_assert(none && !wg_next_batch(none, &batch));
    ck_assert_int_eq(wg_batches_status(none), WG_OK);
    wg_batches_free(none);
    wg_dataset_free(empty);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(every_allocation_of_batches_fails_once)
{
    wg_dataset *dataset = ten_samples();
    size_t failures = 0;
    for (size_t k = 1;; k++) {
        test_heap heap = {.fail_at = k};
        wg_error error = {0};
        wg_batches *batches =
            wg_batches_new(dataset, &(wg_batches_options){.allocator = test_heap_hook(&heap)}, &error);
        ck_assert_int_eq(error.status, batches ? WG_OK : WG_OUT_OF_MEMORY);
        wg_batches_free(batches);
        test_heap_check(&heap);
        if (!heap.failures)
            break;
        failures++;
    }
    ck_assert_uint_ge(failures, 4);
    wg_dataset_free(dataset);
}
END_TEST

/* A smaller set is the beginning of a larger one; another seed gives others; pixels are in [0, 1] and there
 * is ink. */
START_TEST(drawn_digits)
{
    wg_dataset *large = wg_digits_draw(300, 1, NULL), *small = wg_digits_draw(100, 1, NULL),
               *other = wg_digits_draw(100, 2, NULL);
    wg_array x = wg_dataset_x(large);
    const float *pixel = x.data;
    const int32_t *label = wg_dataset_y(large).data;
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(300, 1, 28, 28)) && x.dtype == WG_F32);
    ck_assert_mem_eq(pixel, wg_dataset_x(small).data, 100 * 784 * sizeof(float));
    ck_assert_mem_eq(label, wg_dataset_y(small).data, 100 * sizeof(int32_t));
    ck_assert_mem_ne(pixel, wg_dataset_x(other).data, 100 * 784 * sizeof(float));
    ck_assert_uint_eq(wg_dataset_classes(large), 10);
    size_t seen[10] = {0};
    for (size_t i = 0; i < 300; i++) {
        float ink = 0;
        for (size_t k = 0; k < 784; k++) {
            ck_assert(pixel[784 * i + k] >= 0 && pixel[784 * i + k] <= 1);
            ink += pixel[784 * i + k];
        }
        ck_assert_msg(ink > 20 && ink < 350, "image %zu has ink %g", i, (double)ink);
        ck_assert(label[i] >= 0 && label[i] < 10);
        seen[label[i]]++;
    }
    for (size_t digit = 0; digit < 10; digit++)
        ck_assert_uint_ge(seen[digit], 12);
    wg_dataset_free(large);
    wg_dataset_free(small);
    wg_dataset_free(other);
    wg_error error = {0};
    ck_assert_ptr_null(wg_digits_draw(SIZE_MAX / 16, 1, &error));
    ck_assert_int_eq(error.status, WG_OVERFLOW);
}
END_TEST

TEST_MAIN("data", arrays_are_copied, targets_may_be_numbers, bad_arrays, nothing_in_nothing_out,
    an_epoch_has_each_sample_once, an_order_depends_on_seed_and_epoch_alone, the_options_of_batches,
    huge_batches_and_empty_sets, every_allocation_of_batches_fails_once, drawn_digits)
