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

START_TEST(targets_may_be_numbers)
{
    double x[3] = {1, 2, 3}, y[3][2] = {{1, 2}, {3, 4}, {5, 6}};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, 3), WG_DOUBLES(y, 3, 2), NULL);
    ck_assert_uint_eq(wg_dataset_class_count(dataset), 0);
    wg_batches *batches = wg_batches_new(dataset, &(wg_batches_options){.size = 2, .in_order = true}, NULL);
    wg_batch batch = {0};
    ck_assert(wg_batches_next(batches, &batch) && wg_batches_next(batches, &batch));
    ck_assert(wg_shape_equal(&batch.y.shape, &WG_SHAPE(1, 2)) && batch.y.dtype == WG_F64);
    ck_assert(((const double *)batch.y.data)[1] == 6);
    wg_batches_free(batches);
    wg_dataset_free(dataset);
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
        for (wg_batch batch = {0}; wg_batches_next(batches, &batch);) {
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
    ck_assert(wg_batches_next(a, &one) && wg_batches_next(a, &two) && wg_batches_next(a, &three));
    wg_batches_set_epoch(b, 2);
    ck_assert_uint_eq(wg_batches_epoch(b), 2);
    ck_assert(wg_batches_next(b, &other));
    ck_assert_uint_eq(other.epoch, 3);
    ck_assert_mem_eq(three.rows, other.rows, 10 * sizeof *other.rows);
    ck_assert(!wg_batches_next(a, &two));
    ck_assert_int_eq(wg_batches_status(a), WG_STALE);
    ck_assert(!wg_batches_next(a, &three));
    ck_assert_int_eq(wg_batches_status(a), WG_OK);
    wg_batches_free(a);
    wg_batches_free(b);
    wg_dataset_free(dataset);
}
END_TEST

/* The rows of a whole epoch, from the batch after `cursor` on. */
static size_t rest_of_epoch(wg_batches *batches, wg_batch cursor, size_t *rows)
{
    size_t count = 0;
    while (wg_batches_next(batches, &cursor))
        for (size_t i = 0; i < cursor.count; i++)
            rows[count++] = cursor.rows[i];
    ck_assert_int_eq(wg_batches_status(batches), WG_OK);
    return count;
}

/* From every batch of every epoch on, by wg_batches_seek and by set_epoch with a cursor made by hand. */
START_TEST(an_epoch_goes_on_in_the_middle)
{
    wg_dataset *dataset = ten_samples();
    const double weights[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const wg_batches_options options = {.size = 3, .seed = 11, .weights = _i ? weights : NULL};
    wg_batches *whole = wg_batches_new(dataset, &options, NULL), *b = wg_batches_new(dataset, &options, NULL);
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        size_t expected[10], rows[10];
        ck_assert_uint_eq(rest_of_epoch(whole, (wg_batch){0}, expected), 10);
        for (size_t number = 0; number <= 4; number++) {
            size_t left = number < 4 ? 10 - 3 * number : 0;
            wg_batch cursor = {.count = 77};
            ck_assert_int_eq(wg_batches_seek(b, epoch, number, &cursor), WG_OK);
            ck_assert_uint_eq(wg_batches_epoch(b), epoch - 1);
            ck_assert_uint_eq(rest_of_epoch(b, cursor, rows), left);
            ck_assert_mem_eq(rows, expected + 10 - left, left * sizeof *rows);
            ck_assert_uint_eq(wg_batches_epoch(b), epoch);
            if (number) {
                wg_batches_set_epoch(b, epoch - 1);
                ck_assert_uint_eq(rest_of_epoch(b, (wg_batch){.number = number, .epoch = epoch}, rows), left);
                ck_assert_mem_eq(rows, expected + 10 - left, left * sizeof *rows);
            }
        }
    }
    wg_batches_free(whole);
    wg_batches_free(b);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(cursors_that_lead_nowhere)
{
    wg_dataset *dataset = ten_samples();
    wg_batches *b = wg_batches_new(dataset, &(wg_batches_options){.size = 3}, NULL);
    wg_batch batch = {.count = 7};
    ck_assert_int_eq(wg_batches_seek(NULL, 1, 1, &batch), WG_INVALID);
    ck_assert_int_eq(wg_batches_seek(b, 1, 1, NULL), WG_INVALID);
    ck_assert_int_eq(wg_batches_seek(b, 0, 1, &batch), WG_BAD_INDEX);
    ck_assert_int_eq(wg_batches_seek(b, 1, 5, &batch), WG_BAD_INDEX);
    ck_assert(batch.count == 7 && wg_batches_epoch(b) == 0);
    wg_batches_set_epoch(b, 4);
    const uint64_t stale[] = {1, 3, 6, UINT64_MAX};
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++) {
        batch = (wg_batch){.number = 1, .epoch = stale[i]};
        ck_assert(!wg_batches_next(b, &batch));
        ck_assert_int_eq(wg_batches_status(b), WG_STALE);
    }
    batch = (wg_batch){.number = SIZE_MAX, .epoch = 4};
    ck_assert(!wg_batches_next(b, &batch) && wg_batches_status(b) == WG_OK);
    batch = (wg_batch){.number = 1, .epoch = 4}; /* the epoch that set_epoch calls begun: its order is made */
    ck_assert(wg_batches_next(b, &batch) && batch.number == 2);
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
    ck_assert_uint_eq(wg_batches_sample_count(batches), 6);
    wg_batch batch = {0};
    ck_assert(wg_batches_next(batches, &batch));
    const float expected[6] = {-1, 49, -0.5f, 49.5f, 0, 50};
    ck_assert_mem_eq(batch.x.data, expected, sizeof expected);
    ck_assert(wg_batches_next(batches, &batch) && batch.rows[2] == 7 && !wg_batches_next(batches, &batch));
    wg_batches_free(batches);

    wg_dataset_free(dataset);
}
END_TEST

/* (x - mean) / std, with each alone and with both, of floats and doubles. */
START_TEST(inputs_are_standardised)
{
    static const double x[4] = {-3, 0.5, 2, 7},
                        options[][2] = {{0, 1}, {1, 1}, {-2.5, 1}, {0, 2}, {0, 0.5}, {4, 2}};
    const float floats[4] = {-3, 0.5f, 2, 7};
    const int32_t labels[4] = {0};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        for (int dtype = 0; dtype < 2; dtype++) {
            double mean = options[i][0], std = options[i][1];
            wg_dataset *dataset = wg_dataset_from_arrays(
                dtype == WG_F32 ? WG_FLOATS(floats, 4) : WG_DOUBLES(x, 4), WG_INTS(labels, 4), NULL);
            wg_batches *batches = wg_batches_new(
                dataset, &(wg_batches_options){.size = 4, .in_order = true, .mean = mean, .std = std}, NULL);
            wg_batch batch = {0};
            ck_assert(wg_batches_next(batches, &batch) && batch.x.dtype == (wg_dtype)dtype);
            for (size_t k = 0; k < 4; k++)
                ck_assert_double_eq(dtype == WG_F32 ? (double)((const float *)batch.x.data)[k]
                                                    : ((const double *)batch.x.data)[k],
                    (x[k] - mean) / std);
            wg_batches_free(batches);
            wg_dataset_free(dataset);
        }
}
END_TEST

START_TEST(options_out_of_range)
{
    wg_dataset *dataset = ten_samples();
    const size_t beyond[3] = {0, 9, 10};
    const double nan_at_3[10] = {1, 1, 1, (double)NAN, 1, 1, 1, 1, 1, 1}, negative[10] = {[8] = -1e-300},
                 infinite[10] = {(double)INFINITY}, none[10] = {0}, one[10] = {[4] = 1};
    const struct {
        wg_batches_options options;
        wg_status status;
        const char *text;
    } bad[] = {
        {{.first = 11}, WG_INVALID, "0 samples from 11 on"},
        {{.first = 4, .count = 7}, WG_INVALID, "7 samples from 4 on, of a data set of 10"},
        {{.count = SIZE_MAX}, WG_INVALID, "of a data set of 10"},
        {{.first = SIZE_MAX, .count = SIZE_MAX}, WG_INVALID, "of a data set of 10"},
        {{.std = -1}, WG_INVALID, "standard deviation -1"},
        {{.std = (double)NAN}, WG_INVALID, "standard deviation"},
        {{.std = (double)INFINITY}, WG_INVALID, "standard deviation inf"},
        {{.mean = (double)INFINITY}, WG_INVALID, "mean inf"},
        {{.row_count = 3}, WG_INVALID, "row_count is 3, but rows is NULL"},
        {{.rows = beyond, .row_count = 3}, WG_BAD_INDEX, "rows[2] is 10, of a data set of 10 samples"},
        {{.rows = beyond, .row_count = 2, .first = 1}, WG_INVALID, "not both"},
        {{.rows = beyond, .row_count = 2, .count = 1}, WG_INVALID, "not both"},
        {{.weights = nan_at_3}, WG_INVALID, "sample 3 is nan"},
        {{.weights = negative}, WG_INVALID, "sample 8 is -1e-300"},
        {{.weights = infinite}, WG_INVALID, "sample 0 is inf"},
        {{.weights = none}, WG_INVALID, "all 10 samples are 0"},
        {{.weights = one, .first = 5}, WG_INVALID, "all 5 samples are 0"},
        {{.weights = one, .in_order = true}, WG_INVALID, "not in order"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        ck_assert_ptr_null(wg_batches_new(dataset, &bad[i].options, &error));
        ck_assert_msg(error.status == bad[i].status && strstr(error.message, bad[i].text), "case %zu: %s: %s",
            i, wg_status_name(error.status), error.message);
    }
    wg_dataset_free(dataset);
}
END_TEST

/* The list is copied, may repeat a sample, and may be empty. */
START_TEST(an_explicit_list)
{
    wg_dataset *dataset = ten_samples();
    size_t list[5] = {7, 2, 2, 9, 0}, rows[5], seen[10] = {0};
    wg_batches *in_order = wg_batches_new(
        dataset, &(wg_batches_options){.size = 2, .rows = list, .row_count = 5, .in_order = true}, NULL);
    wg_batches *shuffled =
        wg_batches_new(dataset, &(wg_batches_options){.size = 2, .rows = list, .row_count = 5}, NULL);
    wg_batches *empty = wg_batches_new(dataset, &(wg_batches_options){.rows = list}, NULL);
    memset(list, 0xFF, sizeof list);
    const size_t expected[5] = {7, 2, 2, 9, 0};
    ck_assert_uint_eq(rest_of_epoch(in_order, (wg_batch){0}, rows), 5);
    ck_assert_mem_eq(rows, expected, sizeof expected);
    ck_assert_uint_eq(rest_of_epoch(shuffled, (wg_batch){0}, rows), 5);
    for (size_t i = 0; i < 5; i++)
        seen[rows[i]]++;
    ck_assert(seen[7] == 1 && seen[2] == 2 && seen[9] == 1 && seen[0] == 1);
    ck_assert_uint_eq(wg_batches_sample_count(empty), 0);
    ck_assert_uint_eq(rest_of_epoch(empty, (wg_batch){0}, rows), 0);
    wg_batches_free(in_order);
    wg_batches_free(shuffled);
    wg_batches_free(empty);
    wg_dataset_free(dataset);
}
END_TEST

/* n draws of probability p: the count is within five standard deviations, sqrt(n p (1 - p)), of n p. */
static void expect_share(size_t count, double n, double p)
{
    ck_assert_msg(
        fabs((double)count - n * p) <= 5 * sqrt(n * p * (1 - p)), "%zu of %g, expected %g", count, n, n * p);
}

/* 1,000 epochs of ten draws each. Scaled by 1e300 the weights' sum would overflow: the draws are the same. */
START_TEST(weights_are_probabilities)
{
    wg_dataset *dataset = ten_samples();
    const double scale = _i ? 2.5e307 : 1;
    double weights[10] = {0, 1, 2, 3, 0, 4, 5, 0, 7, 0};
    for (size_t i = 0; i < 10; i++)
        weights[i] *= scale;
    wg_batches *b = wg_batches_new(dataset, &(wg_batches_options){.weights = weights, .seed = 3}, NULL);
    const double expected[10] = {0, 1, 2, 3, 0, 4, 5, 0, 7, 0};
    memset(weights, 0, sizeof weights); /* they were copied */
    size_t rows[10], seen[10] = {0};
    for (size_t epoch = 0; epoch < 1000; epoch++) {
        ck_assert_uint_eq(rest_of_epoch(b, (wg_batch){0}, rows), 10);
        for (size_t i = 0; i < 10; i++)
            seen[rows[i]]++;
    }
    for (size_t i = 0; i < 10; i++)
        expect_share(seen[i], 10000, expected[i] / 22);
    wg_batches_free(b);
    wg_dataset_free(dataset);
}
END_TEST

/* Weights belong to samples of the data set, also where only some of these are gone through. */
START_TEST(weights_of_a_list)
{
    wg_dataset *dataset = ten_samples();
    const double weights[10] = {(double)NAN, 0, 3, 0, 0, 1, 0, 0, 0, -1};
    const size_t list[3] = {5, 1, 2};
    wg_batches *b = wg_batches_new(
        dataset, &(wg_batches_options){.weights = weights, .rows = list, .row_count = 3, .size = 2}, NULL);
    ck_assert_uint_eq(wg_batches_per_epoch(b), 2);
    size_t rows[3], seen[10] = {0};
    for (size_t epoch = 0; epoch < 1000; epoch++) {
        ck_assert_uint_eq(rest_of_epoch(b, (wg_batch){0}, rows), 3);
        for (size_t i = 0; i < 3; i++)
            seen[rows[i]]++;
    }
    expect_share(seen[2], 3000, 0.75);
    ck_assert_uint_eq(seen[2] + seen[5], 3000);
    wg_batches_free(b);
    wg_dataset_free(dataset);
}
END_TEST

/* Larger than the data: one batch of all samples; with drop_last none, at no cost of memory. */
START_TEST(huge_batches_and_empty_sets)
{
    wg_dataset *dataset = ten_samples(), *empty = wg_digits_make(0, 1, NULL);
    for (int drop = 0; drop < 2; drop++) {
        wg_batches *batches =
            wg_batches_new(dataset, &(wg_batches_options){.size = SIZE_MAX, .drop_last = drop}, NULL);
        wg_batch batch = {0};
        ck_assert_int_eq(wg_batches_next(batches, &batch), !drop);
        ck_assert_uint_eq(batch.count, drop ? 0 : 10);
        wg_batches_free(batches);
    }
    wg_batches *none = wg_batches_new(empty, NULL, NULL);
    wg_batch batch = {0};
    ck_assert(none && !wg_batches_next(none, &batch));
    ck_assert_int_eq(wg_batches_status(none), WG_OK);
    wg_batches_free(none);
    wg_dataset_free(empty);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(every_allocation_of_batches_fails_once)
{
    wg_dataset *dataset = ten_samples();
    const double weights[10] = {[3] = 1};
    const size_t rows[2] = {3, 4};
    size_t failures = 0;
    for (size_t k = 1;; k++) {
        test_heap heap = {.fail_at = k};
        wg_error error = {0};
        wg_batches *batches = wg_batches_new(dataset,
            &(wg_batches_options){
                .weights = weights, .rows = rows, .row_count = 2, .allocator = test_heap_hook(&heap)},
            &error);
        ck_assert_int_eq(error.status, batches ? WG_OK : WG_OUT_OF_MEMORY);
        for (wg_batch batch = {0}; wg_batches_next(batches, &batch);)
            ck_assert(batch.rows[0] == 3 && batch.rows[1] == 3);
        wg_batches_free(batches);
        test_heap_check(&heap);
        if (!heap.failures)
            break;
        failures++;
    }
    ck_assert_uint_eq(failures, 6);
    wg_dataset_free(dataset);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {targets_may_be_numbers, 0},
        {an_epoch_has_each_sample_once, 0},
        {an_order_depends_on_seed_and_epoch_alone, 0},
        {an_epoch_goes_on_in_the_middle, 2},
        {cursors_that_lead_nowhere, 0},
        {the_options_of_batches, 0},
        {inputs_are_standardised, 0},
        {options_out_of_range, 0},
        {an_explicit_list, 0},
        {weights_are_probabilities, 2},
        {weights_of_a_list, 0},
        {huge_batches_and_empty_sets, 0},
        {every_allocation_of_batches_fails_once, 0},
    };
    return harness_run("batches", tests, sizeof tests / sizeof tests[0]);
}
