/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <string.h>
#include <wengert/data.h>

#include "harness.h"

enum { MOST = 1000 };

/* Sample i is {i}, its label is `labels[i]`, or i when there are none. */
static wg_dataset *numbered(size_t count, const int32_t *labels)
{
    double x[MOST];
    int32_t y[MOST];
    for (size_t i = 0; i < count; i++)
        x[i] = (double)i, y[i] = labels ? labels[i] : (int32_t)i;
    wg_error error = {0};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, count, 1), WG_INTS(y, count), &error);
    ck_assert_msg(dataset, "%s", error.message);
    return dataset;
}

/* Splits, and checks that each row is there once. */
static void split(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, size_t *rows, size_t *counts)
{
    wg_error error = {0};
    ck_assert_msg(wg_dataset_split_rows(dataset, fractions, parts, options, rows, counts, &error) == WG_OK,
        "%s", error.message);
    size_t n = wg_dataset_count(dataset), sum = 0, seen[MOST] = {0};
    for (size_t p = 0; p < parts; p++)
        sum += counts[p];
    ck_assert_uint_eq(sum, n);
    for (size_t i = 0; i < n; i++)
        ck_assert(rows[i] < n && seen[rows[i]]++ == 0);
}

START_TEST(selected_samples)
{
    wg_dataset *all = numbered(10, NULL);
    wg_error error = {0};
    wg_dataset *some = wg_dataset_select(all, (const size_t[]){7, 7, 0}, 3, &error);
    ck_assert_msg(some, "%s", error.message);
    const double x[3] = {7, 7, 0};
    const int32_t y[3] = {7, 7, 0};
    wg_array samples = wg_dataset_x(some);
    ck_assert(wg_shape_equal(&samples.shape, &WG_SHAPE(3, 1)));
    ck_assert_mem_eq(samples.data, x, sizeof x);
    ck_assert_mem_eq(wg_dataset_y(some).data, y, sizeof y);
    ck_assert_uint_eq(wg_dataset_class_count(some), 10); /* those of the whole */
    ck_assert_ptr_null(wg_dataset_class_name(some, 0));
    ck_assert_ptr_null(wg_dataset_column_name(some, 0));
    ck_assert_ptr_null(wg_dataset_target_name(some));
    wg_dataset *none = wg_dataset_select(some, NULL, 0, &error);
    ck_assert(none && wg_dataset_count(none) == 0 && wg_dataset_class_count(none) == 10);
    ck_assert_ptr_null(wg_dataset_select(all, (const size_t[]){1, 10}, 2, &error));
    ck_assert(error.status == WG_BAD_INDEX && strstr(error.message, "rows[1] is 10"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_dataset_select(NULL, NULL, 0, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_dataset_select(all, NULL, 1, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    ck_assert_ptr_null(wg_dataset_select(all, NULL, 0, &error)); /* an error that is set */
    wg_dataset_free(all);
    wg_dataset_free(some);
    wg_dataset_free(none);
}
END_TEST

START_TEST(counts_by_largest_remainders)
{
    static const struct {
        size_t samples, parts;
        double fractions[4];
        size_t counts[4];
    } cases[] = {
        {10, 3, {0.7, 0.15, 0.15}, {7, 2, 1}}, /* equal remainders: the first */
        {10, 2, {0.7, 0.3}, {7, 3}},
        {5, 3, {0.7, 0.2, 0.1}, {4, 1, 0}}, /* 3.5 1 0.5 */
        {3, 2, {0.5, 0.5}, {2, 1}},
        {1, 3, {0.3, 0.3, 0.4}, {0, 0, 1}},
        {7, 3, {0, 1, 0}, {0, 7, 0}},
        {100, 3, {1 / 3.0, 1 / 3.0, 1 / 3.0}, {34, 33, 33}},
        {0, 2, {0.5, 0.5}, {0, 0}},
        {11, 1, {1}, {11}},
        {10, 4, {0.33333333, 0.33333333, 0.33333333, 0}, {4, 3, 3, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_dataset *dataset = numbered(cases[i].samples, NULL);
        for (int stratified = 0; stratified < 2; stratified++) {
            size_t rows[MOST], counts[4];
            split(dataset, cases[i].fractions, cases[i].parts,
                &(wg_dataset_split_options){.stratified = stratified}, rows, counts);
            for (size_t p = 0; p < cases[i].parts; p++)
                ck_assert_msg(counts[p] == cases[i].counts[p], "case %zu, part %zu: %zu", i, p, counts[p]);
        }
        wg_dataset_free(dataset);
    }
}
END_TEST

START_TEST(in_order_and_shuffled)
{
    wg_dataset *dataset = numbered(100, NULL);
    const double fractions[2] = {0.5, 0.5};
    size_t a[100], b[100], counts[2];
    split(dataset, fractions, 2, &(wg_dataset_split_options){.in_order = true}, a, counts);
    for (size_t i = 0; i < 100; i++)
        ck_assert_uint_eq(a[i], i);
    split(dataset, fractions, 2, NULL, a, counts);
    split(dataset, fractions, 2, &(wg_dataset_split_options){.seed = 0}, b, counts);
    ck_assert_mem_eq(a, b, sizeof a);
    split(dataset, fractions, 2, &(wg_dataset_split_options){.seed = 1}, b, counts);
    ck_assert_mem_ne(a, b, sizeof a);
    wg_dataset_free(dataset);
}
END_TEST

/* Classes of 500, 100, 37, 5 and 1 samples, mixed: each part has its share of each, within 2. */
START_TEST(stratified_shares)
{
    static const size_t sizes[5] = {500, 100, 37, 5, 1};
    static const double fractions[4] = {0.6, 0.25, 0.1, 0.05};
    int32_t label[643];
    size_t n = 0, order[643];
    for (size_t class = 0; class < 5; class ++)
        for (size_t i = 0; i < sizes[class]; i++)
            label[n++] = (int32_t) class;
    for (size_t i = 0; i < n; i++) /* 643 is prime */
        order[i] = i * 100 % n;
    int32_t mixed[643];
    for (size_t i = 0; i < n; i++)
        mixed[i] = label[order[i]];
    wg_dataset *dataset = numbered(n, mixed);
    for (int in_order = 0; in_order < 2; in_order++) {
        size_t rows[643], counts[4], at = 0;
        split(dataset, fractions, 4, &(wg_dataset_split_options){.stratified = true, .in_order = in_order},
            rows, counts);
        for (size_t p = 0; p < 4; p++) {
            size_t of_class[5] = {0}, ascents = 0;
            for (size_t i = 0; i < counts[p]; i++, at++) {
                of_class[mixed[rows[at]]]++;
                ascents += i && rows[at] > rows[at - 1];
            }
            for (size_t class = 0; class < 5; class ++) {
                double share = fractions[p] * (double)sizes[class];
                ck_assert_msg(fabs((double)of_class[class] - share) < 2,
                    "part %zu has %zu of class %zu, not %g", p, of_class[class], class, share);
            }
            ck_assert_int_eq(ascents == counts[p] - 1, in_order);
        }
    }
    wg_dataset_free(dataset);
}
END_TEST

/* Ten classes of five samples: rounding each class by itself would leave no sample for the second part. */
START_TEST(many_small_classes)
{
    int32_t label[50];
    for (size_t i = 0; i < 50; i++)
        label[i] = (int32_t)(i % 10);
    wg_dataset *dataset = numbered(50, label);
    size_t rows[50], counts[2], of_class[10] = {0};
    split(dataset, (const double[]){0.9, 0.1}, 2, &(wg_dataset_split_options){.stratified = true}, rows,
        counts);
    ck_assert(counts[0] == 45 && counts[1] == 5);
    for (size_t i = 45; i < 50; i++)
        ck_assert_uint_eq(of_class[label[rows[i]]]++, 0);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(one_class)
{
    const int32_t label[10] = {0};
    wg_dataset *dataset = numbered(10, label);
    size_t rows[10], counts[3];
    split(dataset, (const double[]){0.5, 0.3, 0.2}, 3, &(wg_dataset_split_options){.stratified = true}, rows,
        counts);
    ck_assert(counts[0] == 5 && counts[1] == 3 && counts[2] == 2);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(parts_as_data_sets)
{
    wg_dataset *dataset = numbered(10, NULL), *parts[3], *one[1];
    wg_error error = {0};
    ck_assert_int_eq(wg_dataset_split(dataset, (const double[]){0.5, 0.5, 0}, 3,
                         &(wg_dataset_split_options){.in_order = true}, parts, &error),
        WG_OK);
    ck_assert(((const double *)wg_dataset_x(parts[1]).data)[4] == 9);
    ck_assert(((const int32_t *)wg_dataset_y(parts[0]).data)[4] == 4);
    ck_assert_uint_eq(wg_dataset_count(parts[2]), 0);
    wg_dataset *empty = parts[2];
    ck_assert_int_eq(wg_dataset_split(empty, (const double[]){1}, 1, NULL, one, &error), WG_OK);
    ck_assert_uint_eq(wg_dataset_count(one[0]), 0);
    wg_dataset_free(one[0]);
    for (size_t p = 0; p < 3; p++)
        wg_dataset_free(parts[p]);
    ck_assert_int_eq(
        wg_dataset_split(dataset, (const double[]){0.5, 0.6}, 2, NULL, parts, &error), WG_INVALID);
    ck_assert(parts[0] == NULL && parts[1] == NULL);
    ck_assert_int_eq(wg_dataset_split(dataset, (const double[]){1}, 1, NULL, one, &error), WG_INVALID);
    ck_assert_int_eq(wg_dataset_split(dataset, (const double[]){1}, 1, NULL, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_dataset_split(dataset, NULL, SIZE_MAX, NULL, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_dataset_split(dataset, NULL, 0, NULL, one, NULL), WG_INVALID);
    ck_assert_int_eq(wg_dataset_split(NULL, (const double[]){1}, 1, NULL, one, NULL), WG_INVALID);
    wg_dataset_free(dataset);
}
END_TEST

START_TEST(bad_fractions)
{
    wg_dataset *dataset = numbered(10, NULL);
    double y[10] = {0};
    wg_dataset *numbers = wg_dataset_from_arrays(WG_DOUBLES(y, 10), WG_DOUBLES(y, 10), NULL);
    static const double good[2] = {0.5, 0.5};
    const struct {
        const wg_dataset *dataset;
        const double *fractions;
        size_t parts;
        wg_dataset_split_options options;
        const char *text;
    } cases[] = {
        {NULL, good, 2, {0}, "no data set"},
        {dataset, NULL, 2, {0}, "no parts"},
        {dataset, good, 0, {0}, "no parts"},
        {dataset, good, 1, {0}, "add up to 0.5"},
        {dataset, (const double[]){0.5, 0.6}, 2, {0}, "add up to 1.1"},
        {dataset, (const double[]){1.5, -0.5}, 2, {0}, "part 1 is -0.5"},
        {dataset, (const double[]){(double)NAN, 1}, 2, {0}, "part 0 is nan"},
        {dataset, (const double[]){1, (double)INFINITY}, 2, {0}, "part 1 is inf"},
        {dataset, (const double[]){1e308, 1e308}, 2, {0}, "add up to inf"},
        {numbers, good, 2, {.stratified = true}, "no labels"},
    };
    size_t rows[10], counts[2];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_error error = {0};
        ck_assert_int_eq(wg_dataset_split_rows(cases[i].dataset, cases[i].fractions, cases[i].parts,
                             &cases[i].options, rows, counts, &error),
            WG_INVALID);
        ck_assert_msg(strstr(error.message, cases[i].text), "case %zu: %s", i, error.message);
    }
    ck_assert_int_eq(wg_dataset_split_rows(dataset, good, 2, NULL, NULL, counts, NULL), WG_INVALID);
    ck_assert_int_eq(wg_dataset_split_rows(dataset, good, 2, NULL, rows, NULL, NULL), WG_INVALID);
    wg_error first = {.status = WG_FILE};
    ck_assert_int_eq(wg_dataset_split_rows(dataset, good, 2, NULL, rows, counts, &first), WG_FILE);
    wg_dataset_free(dataset);
    wg_dataset_free(numbers);
}
END_TEST

TEST_MAIN("split", selected_samples, counts_by_largest_remainders, in_order_and_shuffled, stratified_shares,
    many_small_classes, one_class, parts_as_data_sets, bad_fractions)
