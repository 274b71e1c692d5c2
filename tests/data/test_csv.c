/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "alloc.h"
#include "csv.h"

static const char iris[] = "sepal length,sepal width,species\n"
                           "5.1,3.5,setosa\n"
                           "5.9,3.0,virginica\n"
                           "5.7,2.8,versicolor\n"
                           "5.0,3.25,setosa\n";
static const double iris_x[8] = {5.1, 3.5, 5.9, 3.0, 5.7, 2.8, 5.0, 3.25};
static const int32_t iris_y[4] = {0, 2, 1, 0};

START_TEST(classes_and_names)
{
    wg_dataset *d = csv_load(iris, NULL);
    csv_check_x(d, 4, 2, iris_x);
    csv_check_labels(d, 4, iris_y);
    ck_assert_uint_eq(wg_dataset_class_count(d), 3);
    ck_assert_str_eq(wg_dataset_class_name(d, 0), "setosa");
    ck_assert_str_eq(wg_dataset_class_name(d, 2), "virginica");
    ck_assert_ptr_null(wg_dataset_class_name(d, 3));
    ck_assert_str_eq(wg_dataset_column_name(d, 1), "sepal width");
    ck_assert_ptr_null(wg_dataset_column_name(d, 2));
    ck_assert_str_eq(wg_dataset_target_name(d), "species");

    wg_dataset *part = wg_dataset_select(d, (const size_t[]){1}, 1, NULL);
    wg_dataset_free(d); /* the names were copied */
    ck_assert_str_eq(wg_dataset_class_name(part, 1), "versicolor");
    ck_assert_str_eq(wg_dataset_column_name(part, 0), "sepal length");
    ck_assert_uint_eq(wg_dataset_class_count(part), 3);
    wg_dataset_free(part);
}
END_TEST

START_TEST(numbers_as_targets)
{
    wg_dataset *d = csv_load("a;b\n1;2\n3;-4e-1\n", &(wg_csv_options){.dtype = WG_F32});
    csv_check_x(d, 2, 1, (const double[]){1, 3});
    wg_array y = wg_dataset_y(d);
    ck_assert(y.dtype == WG_F32 && ((const float *)y.data)[1] == -0.4f);
    ck_assert_uint_eq(wg_dataset_class_count(d), 0);
    ck_assert_ptr_null(wg_dataset_class_name(d, 0));
    wg_dataset_free(d);
    d = csv_load("1,2\n3,4\n", NULL);
    ck_assert(((const double *)wg_dataset_y(d).data)[1] == 4);
    ck_assert_ptr_null(wg_dataset_column_name(d, 0));
    ck_assert_ptr_null(wg_dataset_target_name(d));
    wg_dataset_free(d);
}
END_TEST

/* Numbers by value before words; "1" and "1.0" are two classes. */
START_TEST(numbers_as_classes)
{
    wg_dataset *d =
        csv_load("0,10\n0,9\n0,x\n0,1.0\n0,1\n0,-3\n0,9\n0,N/A\n", &(wg_csv_options){.labels = true});
    csv_check_labels(d, 8, (const int32_t[]){4, 3, 6, 2, 1, 0, 3, 5});
    const char *const names[7] = {"-3", "1", "1.0", "9", "10", "N/A", "x"};
    for (size_t i = 0; i < 7; i++)
        ck_assert_str_eq(wg_dataset_class_name(d, i), names[i]);
    wg_dataset_free(d);
    d = csv_load("0,only\n1,only\n", NULL);
    ck_assert_uint_eq(wg_dataset_class_count(d), 1);
    wg_dataset_free(d);
}
END_TEST

START_TEST(headers)
{
    const char *year = "2019,2020\n1,2\n";
    wg_dataset *d = csv_load(year, NULL);
    ck_assert_uint_eq(wg_dataset_count(d), 2);
    wg_dataset_free(d);
    d = csv_load(year, &(wg_csv_options){.header = WG_CSV_HEADER_YES});
    ck_assert_uint_eq(wg_dataset_count(d), 1);
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "2019");
    wg_dataset_free(d);
    d = csv_load(
        ",weight\n1,2\n", &(wg_csv_options){.target = "weight"}); /* a name says that there is a header */
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "");
    wg_dataset_free(d);
    csv_refuse("height,weight\n1,2\n", &(wg_csv_options){.header = WG_CSV_HEADER_NO}, WG_FORMAT,
        "t.csv, line 1, column 1: \"height\" is no number");
    csv_refuse("5.1,NA,setosa\n5.1,2,setosa\n", NULL, WG_FORMAT, /* a gap makes no header */
        "t.csv, line 1, column 2: a missing value (\"NA\")");
    csv_refuse("height,weight\n", NULL, WG_FORMAT, "has a header and no sample");
}
END_TEST

START_TEST(target_and_ignored_columns)
{
    const char *text = "id,y,u,v\n1,10,100,1000\n2,20,200,2000\n";
    const char *const by_name[] = {"id"}, *const by_number[] = {"1"}, *const twice[] = {"1", "id"};
    const wg_csv_options options[] = {
        {.target = "y", .ignore = by_name, .ignore_count = 1},
        {.target = "2", .ignore = by_number, .ignore_count = 1},
        {.target = "y", .ignore = twice, .ignore_count = 2},
    };
    for (size_t i = 0; i < 3; i++) {
        wg_dataset *d = csv_load(text, &options[i]);
        csv_check_x(d, 2, 2, (const double[]){100, 1000, 200, 2000});
        ck_assert(((const double *)wg_dataset_y(d).data)[1] == 20);
        ck_assert_str_eq(wg_dataset_column_name(d, 1), "v");
        ck_assert_str_eq(wg_dataset_target_name(d), "y");
        wg_dataset_free(d);
    }
    const char *const all[] = {"id", "u", "v"}, *const y[] = {"y"}, *const nowhere[] = {"w"};
    csv_refuse(text, &(wg_csv_options){.target = "y", .ignore = all, .ignore_count = 3}, WG_INVALID,
        "no column is left for x");
    csv_refuse(text, &(wg_csv_options){.target = "y", .ignore = y, .ignore_count = 1}, WG_INVALID,
        "column 2 is both the target and to be ignored");
    csv_refuse(text, &(wg_csv_options){.ignore = nowhere, .ignore_count = 1}, WG_NAME, "\"w\" (ignore)");
    csv_refuse(text, &(wg_csv_options){.target = "z"}, WG_NAME, "has no column \"z\" (target) among its 4");
    csv_refuse(text, &(wg_csv_options){.target = "5"}, WG_NAME, "has no column \"5\"");
    csv_refuse(text, &(wg_csv_options){.target = "0"}, WG_NAME, "has no column \"0\"");
    csv_refuse(text, &(wg_csv_options){.target = "99999999999999999999999"}, WG_NAME, "has no column");
    csv_refuse("1,2\n", &(wg_csv_options){.target = "3"}, WG_NAME, "which have no names");
    csv_refuse("a,a,b\n1,2,3\n", &(wg_csv_options){.target = "a"}, WG_NAME, "2 columns are named \"a\"");
    /* A column whose name is a number is found by it before that number's column. */
    wg_dataset *d = csv_load("a,1,b\n7,8,9\n", &(wg_csv_options){.target = "1", .header = WG_CSV_HEADER_YES});
    ck_assert_str_eq(wg_dataset_target_name(d), "1");
    wg_dataset_free(d);
}
END_TEST

START_TEST(a_test_file_like_the_training_file)
{
    wg_dataset *train = csv_load(iris, &(wg_csv_options){.dtype = WG_F32});
    const wg_csv_options like = {.like = train};
    /* Other columns, another order, only one of the classes. */
    wg_dataset *d =
        csv_load("note,species,sepal width,sepal length\nok,virginica,3,6\nbad,virginica,4,7\n", &like);
    ck_assert_int_eq(wg_dataset_x(d).dtype, WG_F32);
    csv_check_x(d, 2, 2, (const double[]){6, 3, 7, 4});
    csv_check_labels(d, 2, (const int32_t[]){2, 2});
    ck_assert_uint_eq(wg_dataset_class_count(d), 3);
    ck_assert_str_eq(wg_dataset_class_name(d, 0), "setosa");
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "sepal length");
    wg_dataset_free(d);
    d = csv_load("1,2,setosa\n", &like); /* without a header: by place */
    csv_check_x(d, 1, 2, (const double[]){1, 2});
    ck_assert_str_eq(wg_dataset_column_name(d, 1), "sepal width");
    wg_dataset_free(d);
    d = csv_load(
        "sepal length,sepal width,kind\n1,2,setosa\n", &(wg_csv_options){.like = train, .target = "kind"});
    ck_assert_str_eq(wg_dataset_target_name(d), "kind");
    wg_dataset_free(d);
    csv_refuse("1,2,rosa\n", &like, WG_FORMAT, "t.csv, line 1, column 3: \"rosa\" is none of the 3 classes");
    csv_refuse(
        "1,2,3,setosa\n", &like, WG_FORMAT, "3 columns for x, where the data set that it must be like has 2");
    csv_refuse("sepal length,species\n1,setosa\n", &like, WG_FORMAT, "has no column \"sepal width\"");
    csv_refuse("sepal length,sepal length,sepal width,species\n1,1,1,setosa\n", &like, WG_FORMAT,
        "more than one column \"sepal length\"");
    csv_refuse("sepal length,sepal width,kind\n1,2,setosa\n", &like, WG_FORMAT, "has no column \"species\"");
    csv_refuse(iris, &(wg_csv_options){.like = train, .target = "sepal width"}, WG_INVALID,
        "column 2 is both the target and a column of x");
    wg_dataset_free(train);

    wg_dataset *numbers = csv_load("a,b\n1,2\n", NULL), *digits = wg_digits_make(1, 1, NULL);
    d = csv_load("b,a\n1,2\n", &(wg_csv_options){.like = numbers});
    csv_check_x(d, 1, 1, (const double[]){2});
    wg_dataset_free(d);
    csv_refuse("a,b\n1,x\n", &(wg_csv_options){.like = numbers}, WG_FORMAT,
        "line 2, column 2 (b): \"x\" is no number");
    csv_refuse("1,2\n", &(wg_csv_options){.like = numbers, .labels = true}, WG_INVALID, "are numbers");
    csv_refuse("1,2\n", &(wg_csv_options){.like = digits}, WG_INVALID, "x [N, columns]");
    const double x[1] = {0};
    const int32_t y[1] = {0};
    wg_dataset *nameless = wg_dataset_from_arrays(WG_DOUBLES(x, 1, 1), WG_INTS(y, 1), NULL);
    csv_refuse("1,2\n", &(wg_csv_options){.like = nameless}, WG_INVALID, "have no names");
    wg_dataset_free(numbers);
    wg_dataset_free(digits);
    wg_dataset_free(nameless);
}
END_TEST

START_TEST(options_out_of_range)
{
    const char *const nothing[1] = {NULL};
    csv_refuse(iris, &(wg_csv_options){.separator = '"'}, WG_INVALID, "separator is the character 34");
    csv_refuse(iris, &(wg_csv_options){.separator = '\n'}, WG_INVALID, "separator");
    csv_refuse(iris, &(wg_csv_options){.separator = '5'}, WG_INVALID, "separator");
    csv_refuse(iris, &(wg_csv_options){.separator = '.'}, WG_INVALID, "separator");
    csv_refuse(iris, &(wg_csv_options){.header = (wg_csv_header)3}, WG_INVALID, "header is 3");
    csv_refuse(iris, &(wg_csv_options){.dtype = WG_I32}, WG_BAD_DTYPE, "f64 or f32");
    csv_refuse(iris, &(wg_csv_options){.dtype = (wg_dtype)9}, WG_BAD_DTYPE, "f64 or f32");
    csv_refuse(iris, &(wg_csv_options){.ignore_count = 2}, WG_INVALID, "ignore[0] is NULL");
    csv_refuse(
        iris, &(wg_csv_options){.ignore = nothing, .ignore_count = 1}, WG_INVALID, "ignore[0] is NULL");
    csv_refuse(iris, &(wg_csv_options){.target = ""}, WG_NAME, "has no column \"\"");
}
END_TEST

START_TEST(every_allocation_fails_once)
{
    files_enter("csv");
    files_write("t.csv", iris, sizeof iris - 1);
    wg_dataset *like = wg_csv_load("t.csv", NULL, NULL);
    for (int with_like = 0; with_like < 2; with_like++) {
        size_t failures = 0;
        for (size_t k = 1;; k++) {
            test_heap heap = {.fail_at = k};
            wg_error error = {0};
            wg_dataset *d = wg_csv_load("t.csv",
                &(wg_csv_options){.like = with_like ? like : NULL, .allocator = test_heap_hook(&heap)},
                &error);
            ck_assert_int_eq(error.status, d ? WG_OK : WG_OUT_OF_MEMORY);
            if (d)
                csv_check_labels(d, 4, iris_y);
            wg_dataset_free(d);
            test_heap_check(&heap);
            if (!heap.failures)
                break;
            failures++;
        }
        ck_assert_uint_ge(failures, 10);
    }
    wg_dataset_free(like);
    files_leave();
}
END_TEST

/* The parts of a data set come from its allocator. */
START_TEST(every_allocation_of_a_split_fails_once)
{
    files_enter("csv");
    files_write("t.csv", iris, sizeof iris - 1);
    for (size_t k = 1;; k++) {
        test_heap heap = {0};
        wg_error error = {0};
        wg_dataset *parts[2];
        wg_dataset *d = wg_csv_load("t.csv", &(wg_csv_options){.allocator = test_heap_hook(&heap)}, &error);
        ck_assert_msg(d, "%s", error.message);
        heap.fail_at = heap.requests + k;
        wg_status status = wg_dataset_split(
            d, (const double[]){0.5, 0.5}, 2, &(wg_dataset_split_options){.stratified = true}, parts, &error);
        ck_assert_int_eq(status, heap.failures ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert(status == error.status && !parts[0] == !!heap.failures && !parts[1] == !!heap.failures);
        wg_dataset_free(parts[0]);
        wg_dataset_free(parts[1]);
        wg_dataset_free(d);
        test_heap_check(&heap);
        if (!heap.failures)
            break;
    }
    files_leave();
}
END_TEST

TEST_MAIN("csv", classes_and_names, numbers_as_targets, numbers_as_classes, headers,
    target_and_ignored_columns, a_test_file_like_the_training_file, options_out_of_range,
    every_allocation_fails_once, every_allocation_of_a_split_fails_once)
