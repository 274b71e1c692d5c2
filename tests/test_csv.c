/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wengert/load.h>

#include "alloc.h"
#include "files.h"
#include "gzip.h"
#include "harness.h"

/* Every test reads the file "t.csv" of a fresh folder. */
static wg_dataset *try_bytes(const void *bytes, size_t size, const wg_csv_options *options, wg_error *error)
{
    files_enter("csv");
    files_write("t.csv", bytes, size);
    wg_dataset *dataset = wg_csv_load("t.csv", options, error);
    files_leave();
    return dataset;
}

static wg_dataset *load(const char *text, const wg_csv_options *options)
{
    wg_error error = {0};
    wg_dataset *dataset = try_bytes(text, strlen(text), options, &error);
    ck_assert_msg(dataset, "%s", error.message);
    return dataset;
}

static void refuse_bytes(
    const void *bytes, size_t size, const wg_csv_options *options, wg_status status, const char *message)
{
    wg_error error = {0};
    ck_assert_ptr_null(try_bytes(bytes, size, options, &error));
    ck_assert_msg(error.status == status && strstr(error.message, message), "expected \"%s\", got %s: %s",
        message, wg_status_name(error.status), error.message);
}

static void refuse(const char *text, const wg_csv_options *options, wg_status status, const char *message)
{
    refuse_bytes(text, strlen(text), options, status, message);
}

/* x [rows, columns] in double, or f32 of the same values. */
static void check_x(const wg_dataset *dataset, size_t rows, size_t columns, const double *expected)
{
    wg_array x = wg_dataset_x(dataset);
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(rows, columns)));
    for (size_t i = 0; i < rows * columns; i++) {
        double value = x.dtype == WG_F64 ? ((const double *)x.data)[i] : (double)((const float *)x.data)[i];
        ck_assert_msg(value == expected[i], "x[%zu] is %.17g, not %.17g", i, value, expected[i]);
    }
}

static void check_labels(const wg_dataset *dataset, size_t rows, const int32_t *expected)
{
    wg_array y = wg_dataset_y(dataset);
    ck_assert(y.dtype == WG_I32 && wg_shape_equal(&y.shape, &WG_SHAPE(rows)));
    ck_assert_mem_eq(y.data, expected, rows * sizeof *expected);
}

static const char iris[] = "sepal length,sepal width,species\n"
                           "5.1,3.5,setosa\n"
                           "5.9,3.0,virginica\n"
                           "5.7,2.8,versicolor\n"
                           "5.0,3.25,setosa\n";
static const double iris_x[8] = {5.1, 3.5, 5.9, 3.0, 5.7, 2.8, 5.0, 3.25};
static const int32_t iris_y[4] = {0, 2, 1, 0};

START_TEST(classes_and_names)
{
    wg_dataset *d = load(iris, NULL);
    check_x(d, 4, 2, iris_x);
    check_labels(d, 4, iris_y);
    ck_assert_uint_eq(wg_dataset_classes(d), 3);
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
    ck_assert_uint_eq(wg_dataset_classes(part), 3);
    wg_dataset_free(part);
}
END_TEST

START_TEST(numbers_as_targets)
{
    wg_dataset *d = load("a;b\n1;2\n3;-4e-1\n", &(wg_csv_options){.dtype = WG_F32});
    check_x(d, 2, 1, (const double[]){1, 3});
    wg_array y = wg_dataset_y(d);
    ck_assert(y.dtype == WG_F32 && ((const float *)y.data)[1] == -0.4f);
    ck_assert_uint_eq(wg_dataset_classes(d), 0);
    ck_assert_ptr_null(wg_dataset_class_name(d, 0));
    wg_dataset_free(d);
    d = load("1,2\n3,4\n", NULL);
    ck_assert(((const double *)wg_dataset_y(d).data)[1] == 4);
    ck_assert_ptr_null(wg_dataset_column_name(d, 0));
    ck_assert_ptr_null(wg_dataset_target_name(d));
    wg_dataset_free(d);
}
END_TEST

/* Numbers by value before words; "1" and "1.0" are two classes. */
START_TEST(numbers_as_classes)
{
    wg_dataset *d = load("0,10\n0,9\n0,x\n0,1.0\n0,1\n0,-3\n0,9\n0,N/A\n", &(wg_csv_options){.labels = true});
    check_labels(d, 8, (const int32_t[]){4, 3, 6, 2, 1, 0, 3, 5});
    const char *const names[7] = {"-3", "1", "1.0", "9", "10", "N/A", "x"};
    for (size_t i = 0; i < 7; i++)
        ck_assert_str_eq(wg_dataset_class_name(d, i), names[i]);
    wg_dataset_free(d);
    d = load("0,only\n1,only\n", NULL);
    ck_assert_uint_eq(wg_dataset_classes(d), 1);
    wg_dataset_free(d);
}
END_TEST

START_TEST(the_form_of_rfc_4180)
{
    static const char text[] = "\xEF\xBB\xBF\"a\",\"b \"\"quoted\"\"\", c ,\"d\r\n2nd line\"\r\n"
                               "\r\n"
                               " 1 ,\"2\",\t3\t,\"with, comma\"\r\n"
                               "   \n"
                               "4, \"5\" ,6,\"with \"\"quotes\"\"\"\r"
                               "7,8,9,\"\"\"\"";
    wg_dataset *d = load(text, NULL);
    check_x(d, 3, 3, (const double[]){1, 2, 3, 4, 5, 6, 7, 8, 9});
    check_labels(d, 3, (const int32_t[]){2, 1, 0});
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "a");
    ck_assert_str_eq(wg_dataset_column_name(d, 1), "b \"quoted\"");
    ck_assert_str_eq(wg_dataset_column_name(d, 2), "c");
    ck_assert_str_eq(wg_dataset_target_name(d), "d\r\n2nd line");
    ck_assert_str_eq(wg_dataset_class_name(d, 0), "\"");
    ck_assert_str_eq(wg_dataset_class_name(d, 1), "with \"quotes\"");
    ck_assert_str_eq(wg_dataset_class_name(d, 2), "with, comma");
    wg_dataset_free(d);
}
END_TEST

START_TEST(separators)
{
    static const char *const texts[] = {"1,2\n", "1;2\n", "1\t2\n", "1|2\n", "\n\n\"1\"|2", "1|2\n,,,\n"};
    for (size_t i = 0; i < 5; i++) {
        wg_dataset *d = load(texts[i], NULL);
        check_x(d, 1, 1, (const double[]){1});
        wg_dataset_free(d);
    }
    refuse(texts[5], NULL, WG_FORMAT, "t.csv, line 2: 1 fields, where line 1 has 2");
    wg_dataset *d = load("1:2\n", &(wg_csv_options){.separator = ':'});
    wg_dataset_free(d);
    d = load("1 2\n3 4\n", &(wg_csv_options){.separator = ' '});
    check_x(d, 2, 1, (const double[]){1, 3});
    wg_dataset_free(d);
    d = load("\"a,b\";c\n1;2\n", NULL);
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "a,b");
    wg_dataset_free(d);
}
END_TEST

START_TEST(headers)
{
    const char *year = "2019,2020\n1,2\n";
    wg_dataset *d = load(year, NULL);
    ck_assert_uint_eq(wg_dataset_count(d), 2);
    wg_dataset_free(d);
    d = load(year, &(wg_csv_options){.header = WG_CSV_HEADER_YES});
    ck_assert_uint_eq(wg_dataset_count(d), 1);
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "2019");
    wg_dataset_free(d);
    d = load(
        ",weight\n1,2\n", &(wg_csv_options){.target = "weight"}); /* a name says that there is a header */
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "");
    wg_dataset_free(d);
    refuse("height,weight\n1,2\n", &(wg_csv_options){.header = WG_CSV_HEADER_NO}, WG_FORMAT,
        "t.csv, line 1, column 1: \"height\" is no number");
    refuse("5.1,NA,setosa\n5.1,2,setosa\n", NULL, WG_FORMAT, /* a gap makes no header */
        "t.csv, line 1, column 2: a missing value (\"NA\")");
    refuse("height,weight\n", NULL, WG_FORMAT, "has a header and no sample");
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
        wg_dataset *d = load(text, &options[i]);
        check_x(d, 2, 2, (const double[]){100, 1000, 200, 2000});
        ck_assert(((const double *)wg_dataset_y(d).data)[1] == 20);
        ck_assert_str_eq(wg_dataset_column_name(d, 1), "v");
        ck_assert_str_eq(wg_dataset_target_name(d), "y");
        wg_dataset_free(d);
    }
    const char *const all[] = {"id", "u", "v"}, *const y[] = {"y"}, *const nowhere[] = {"w"};
    refuse(text, &(wg_csv_options){.target = "y", .ignore = all, .ignore_count = 3}, WG_INVALID,
        "no column is left for x");
    refuse(text, &(wg_csv_options){.target = "y", .ignore = y, .ignore_count = 1}, WG_INVALID,
        "column 2 is both the target and to be ignored");
    refuse(text, &(wg_csv_options){.ignore = nowhere, .ignore_count = 1}, WG_NAME, "\"w\" (ignore)");
    refuse(text, &(wg_csv_options){.target = "z"}, WG_NAME, "has no column \"z\" (target) among its 4");
    refuse(text, &(wg_csv_options){.target = "5"}, WG_NAME, "has no column \"5\"");
    refuse(text, &(wg_csv_options){.target = "0"}, WG_NAME, "has no column \"0\"");
    refuse(text, &(wg_csv_options){.target = "99999999999999999999999"}, WG_NAME, "has no column");
    refuse("1,2\n", &(wg_csv_options){.target = "3"}, WG_NAME, "which have no names");
    refuse("a,a,b\n1,2,3\n", &(wg_csv_options){.target = "a"}, WG_NAME, "2 columns are named \"a\"");
    /* A column whose name is a number is found by it before that number's column. */
    wg_dataset *d = load("a,1,b\n7,8,9\n", &(wg_csv_options){.target = "1", .header = WG_CSV_HEADER_YES});
    ck_assert_str_eq(wg_dataset_target_name(d), "1");
    wg_dataset_free(d);
}
END_TEST

START_TEST(a_test_file_like_the_training_file)
{
    wg_dataset *train = load(iris, &(wg_csv_options){.dtype = WG_F32});
    const wg_csv_options like = {.like = train};
    /* Other columns, another order, only one of the classes. */
    wg_dataset *d =
        load("note,species,sepal width,sepal length\nok,virginica,3,6\nbad,virginica,4,7\n", &like);
    ck_assert_int_eq(wg_dataset_x(d).dtype, WG_F32);
    check_x(d, 2, 2, (const double[]){6, 3, 7, 4});
    check_labels(d, 2, (const int32_t[]){2, 2});
    ck_assert_uint_eq(wg_dataset_classes(d), 3);
    ck_assert_str_eq(wg_dataset_class_name(d, 0), "setosa");
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "sepal length");
    wg_dataset_free(d);
    d = load("1,2,setosa\n", &like); /* without a header: by place */
    check_x(d, 1, 2, (const double[]){1, 2});
    ck_assert_str_eq(wg_dataset_column_name(d, 1), "sepal width");
    wg_dataset_free(d);
    d = load(
        "sepal length,sepal width,kind\n1,2,setosa\n", &(wg_csv_options){.like = train, .target = "kind"});
    ck_assert_str_eq(wg_dataset_target_name(d), "kind");
    wg_dataset_free(d);
    refuse("1,2,rosa\n", &like, WG_FORMAT, "t.csv, line 1, column 3: \"rosa\" is none of the 3 classes");
    refuse(
        "1,2,3,setosa\n", &like, WG_FORMAT, "3 columns for x, where the data set that it must be like has 2");
    refuse("sepal length,species\n1,setosa\n", &like, WG_FORMAT, "has no column \"sepal width\"");
    refuse("sepal length,sepal length,sepal width,species\n1,1,1,setosa\n", &like, WG_FORMAT,
        "more than one column \"sepal length\"");
    refuse("sepal length,sepal width,kind\n1,2,setosa\n", &like, WG_FORMAT, "has no column \"species\"");
    refuse(iris, &(wg_csv_options){.like = train, .target = "sepal width"}, WG_INVALID,
        "column 2 is both the target and a column of x");
    wg_dataset_free(train);

    wg_dataset *numbers = load("a,b\n1,2\n", NULL), *digits = wg_digits_draw(1, 1, NULL);
    d = load("b,a\n1,2\n", &(wg_csv_options){.like = numbers});
    check_x(d, 1, 1, (const double[]){2});
    wg_dataset_free(d);
    refuse("a,b\n1,x\n", &(wg_csv_options){.like = numbers}, WG_FORMAT,
        "line 2, column 2 (b): \"x\" is no number");
    refuse("1,2\n", &(wg_csv_options){.like = numbers, .labels = true}, WG_INVALID, "are numbers");
    refuse("1,2\n", &(wg_csv_options){.like = digits}, WG_INVALID, "x [N, columns]");
    const double x[1] = {0};
    const int32_t y[1] = {0};
    wg_dataset *nameless = wg_dataset_from_arrays(WG_DOUBLES(x, 1, 1), WG_INTS(y, 1), NULL);
    refuse("1,2\n", &(wg_csv_options){.like = nameless}, WG_INVALID, "have no names");
    wg_dataset_free(numbers);
    wg_dataset_free(digits);
    wg_dataset_free(nameless);
}
END_TEST

/* Correctly rounded: as the compiler reads the same text. */
START_TEST(numbers)
{
#define NUMBER(text)                                                                                         \
    {                                                                                                        \
#text, text                                                                                          \
    }
    static const struct {
        const char *text;
        double value;
    } cases[] = {NUMBER(0.1), NUMBER(-0.0), NUMBER(123456789012345678.), NUMBER(0.30000000000000004),
        NUMBER(9007199254740993.0), NUMBER(9007199254740993.00000000000000000001), NUMBER(1e22), NUMBER(1e23),
        NUMBER(8.5e-23), NUMBER(2.2250738585072011e-308), NUMBER(4.9e-324), {"-1e-400", -0.0},
        NUMBER(1.7976931348623157e308), NUMBER(.5), NUMBER(5.), NUMBER(1E+2),
        NUMBER(0000000000000000000000012.5), NUMBER(0.000000000000000000000000000000000000125),
        NUMBER(3.14159265358979323846264338327950288419716939937)};
#undef NUMBER
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s,+1\n", cases[i].text);
        wg_dataset *d = load(text, NULL);
        ck_assert_msg(memcmp(wg_dataset_x(d).data, &cases[i].value, sizeof(double)) == 0, "%s: %.17g",
            cases[i].text, *(const double *)wg_dataset_x(d).data);
        wg_dataset_free(d);
    }
}
END_TEST

START_TEST(what_is_no_number)
{
    static const char *const texts[] = {"inf", "-inf", "infinity", "0x10", "1e", "1e+", ".", "+", "-", "--1",
        "1.2.3", "1,5", "1 2", "1e5.0", "1_000", "0b1", "1f",
        "\xC2\xA0"
        "1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "1,2\n\"%s\",3\n", texts[i]);
        refuse(text, NULL, WG_FORMAT, "t.csv, line 2, column 1: \"");
        snprintf(text, sizeof text, "1,2\n3,\"%s\"\n", texts[i]);
        refuse(text, NULL, WG_FORMAT, "\" is no number");
    }
    static const char *const missing[] = {"", "?", "NA", "n/a", "NaN", "NULL", "nan"};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "a,b\n1,2\n\n1,\"%s\"\n", missing[i]);
        refuse(text, NULL, WG_FORMAT, "t.csv, line 4, column 2 (b): a missing value (\"");
        snprintf(text, sizeof text, "1,\"%s\"\n1,2\n", missing[i]); /* does not make y classes */
        refuse(text, NULL, WG_FORMAT, "t.csv, line 1, column 2: a missing value (\"");
    }
    refuse("1,\n2,x\n", &(wg_csv_options){.labels = true}, WG_FORMAT, "line 1, column 2: a missing value");
    refuse("1,1e309\n", NULL, WG_FORMAT, "the number 1e309 is too large for f64");
    refuse("1,-1e99999999999999999999999\n", NULL, WG_FORMAT, "is too large for f64");
    refuse("1e39,1\n", &(wg_csv_options){.dtype = WG_F32}, WG_FORMAT, "the number 1e39 is too large for f32");
    refuse("1,1e39\n", &(wg_csv_options){.dtype = WG_F32}, WG_FORMAT, "too large for f32");
    char digits[1100] = "1,";
    memset(digits + 2, '7', 1001);
    refuse(
        digits, NULL, WG_FORMAT, "the number 7777777777777777777777777777777777777777... has more than 1000");
    digits[2 + 300] = 0; /* 300 sevens */
    wg_dataset *d = load(digits, NULL);
    ck_assert(*(const double *)wg_dataset_y(d).data > 7.7e299);
    wg_dataset_free(d);
}
END_TEST

START_TEST(damaged_files)
{
    refuse("", NULL, WG_FORMAT, "t.csv: is empty");
    refuse("\n\r\n  \n", NULL, WG_FORMAT, "t.csv: is empty");
    refuse("\xEF\xBB\xBF", NULL, WG_FORMAT, "t.csv: is empty");
    refuse("1\n2\n", NULL, WG_FORMAT, "has one column only");
    refuse("1,2\n3\n", NULL, WG_FORMAT, "t.csv, line 2: 1 fields, where line 1 has 2");
    refuse("\n1,2\n3,4,\n", NULL, WG_FORMAT, "t.csv, line 3: 3 fields, where line 2 has 2");
    refuse("1,\"2\n3,4\n", NULL, WG_FORMAT, "t.csv, line 1, column 2: the quote that opens here");
    refuse("1,\"", NULL, WG_FORMAT, "never closed");
    refuse("\"", NULL, WG_FORMAT, "never closed");
    refuse("1,\"2\"\"", NULL, WG_FORMAT, "never closed");
    refuse("1,\"2\"3\n", NULL, WG_FORMAT, "line 1, column 2: something follows the closing quote");
    refuse("1,2\"3\n", NULL, WG_FORMAT, "line 1, column 2: a quote in a field that is not quoted");
    refuse("1,\"a\nb\"\n1,\"a\r\nb\"\n1,\"a\rb\"\nx,c\n", NULL, WG_FORMAT, "t.csv, line 7, column 1: \"x\"");
    refuse("1,2\n1,a\x1B[31mred\n", NULL, WG_FORMAT, "\"a?[31mred\" is no number");
    refuse_bytes("1,2\n1,\0\n", 8, NULL, WG_FORMAT, "t.csv, line 2, column 2: a byte 0 is no text");
    refuse_bytes("1,2\n1,\"\0\"\n", 10, NULL, WG_FORMAT, "t.csv, line 2, column 2: a byte 0 is no text");
    refuse_bytes("\xFF\xFE"
                 "1\0,\0"
                 "2\0",
        8, NULL, WG_FORMAT, "UTF-16");
    refuse_bytes("1,2\n\0", 5, NULL, WG_FORMAT, "byte 0");
    char wide[300] = "1,2\n1,";
    for (size_t i = 6; i < 100; i += 2)
        memcpy(wide + i, "\xC3\xA9", 3);
    refuse(wide, NULL, WG_FORMAT, "\xC3\xA9...\" is no number");
    wide[5] = 'x';
    refuse(wide, NULL, WG_FORMAT, "1 fields");
}
END_TEST

/* Whatever the first bytes of a file are, it is read or refused. */
START_TEST(cut_after_every_byte)
{
    static const char text[] = "\xEF\xBB\xBF\"a\";b\r\n1;\"\"\"2\"\r\n3 ; \"x\ny\"\n";
    for (size_t size = 0; size < sizeof text; size++) {
        wg_error error = {0};
        wg_dataset *d = try_bytes(text, size, NULL, &error);
        ck_assert(d ? wg_dataset_count(d) > 0 : error.status == WG_FORMAT);
        wg_dataset_free(d);
    }
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
    files_enter("csv");
    wg_error error = {0};
    ck_assert_ptr_null(wg_csv_load("none.csv", NULL, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "none.csv: No such file"));
    ck_assert_ptr_null(wg_csv_load("t.csv", NULL, &error)); /* an error that is set stays */
    ck_assert_ptr_nonnull(strstr(error.message, "none.csv"));
    wg_error_clear(&error);
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert_ptr_null(wg_csv_load("folder", NULL, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "folder: not a regular file"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_csv_load(NULL, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    ck_assert_ptr_null(wg_csv_load(NULL, NULL, NULL));
    files_write("t.csv", iris, sizeof iris - 1);
    ck_assert_int_eq(chmod("t.csv", 0), 0);
    wg_error_clear(&error);
    if (geteuid() != 0) {
        ck_assert_ptr_null(wg_csv_load("t.csv", NULL, &error));
        ck_assert(error.status == WG_FILE && strstr(error.message, "t.csv: Permission denied"));
    }
    files_leave();
}
END_TEST

START_TEST(options_out_of_range)
{
    const char *const nothing[1] = {NULL};
    refuse(iris, &(wg_csv_options){.separator = '"'}, WG_INVALID, "separator is the character 34");
    refuse(iris, &(wg_csv_options){.separator = '\n'}, WG_INVALID, "separator");
    refuse(iris, &(wg_csv_options){.separator = '5'}, WG_INVALID, "separator");
    refuse(iris, &(wg_csv_options){.separator = '.'}, WG_INVALID, "separator");
    refuse(iris, &(wg_csv_options){.header = (wg_csv_header)3}, WG_INVALID, "header is 3");
    refuse(iris, &(wg_csv_options){.dtype = WG_I32}, WG_BAD_DTYPE, "f64 or f32");
    refuse(iris, &(wg_csv_options){.dtype = (wg_dtype)9}, WG_BAD_DTYPE, "f64 or f32");
    refuse(iris, &(wg_csv_options){.ignore_count = 2}, WG_INVALID, "ignore[0] is NULL");
    refuse(iris, &(wg_csv_options){.ignore = nothing, .ignore_count = 1}, WG_INVALID, "ignore[0] is NULL");
    refuse(iris, &(wg_csv_options){.target = ""}, WG_NAME, "has no column \"\"");
}
END_TEST

START_TEST(packed_files)
{
    unsigned char packed[sizeof iris + GZIP_EXTRA];
    size_t size = gzip_pack(packed, (const unsigned char *)iris, sizeof iris - 1);
    for (size_t cut = 0; cut <= size; cut++) {
        wg_error error = {0};
        wg_dataset *d = try_bytes(packed, cut, NULL, &error);
        if (d) {
            ck_assert_uint_eq(cut, size);
            check_x(d, 4, 2, iris_x);
            wg_dataset_free(d);
        } else {
            ck_assert_msg(
                error.status == WG_FORMAT || strstr(error.message, "without zlib"), "%s", error.message);
            ck_assert(cut < size || error.status == WG_FILE);
        }
    }
}
END_TEST

/* More than any first guess of the buffers' sizes: 20,000 samples, plain and packed into 60,000 bytes. */
START_TEST(larger_files)
{
    static char text[60000];
    for (size_t i = 0; i < sizeof text; i += 4)
        memcpy(text + i, "1,2\n", 4);
    static unsigned char packed[sizeof text + GZIP_EXTRA];
    size_t size = gzip_pack(packed, (const unsigned char *)text, sizeof text);
    wg_error error = {0};
    wg_dataset *plain = try_bytes(text, sizeof text, NULL, &error),
               *unpacked = try_bytes(packed, size, NULL, NULL);
    ck_assert_uint_eq(wg_dataset_count(plain), 15000);
    if (unpacked)
        ck_assert_uint_eq(wg_dataset_count(unpacked), 15000);
    wg_dataset_free(plain);
    wg_dataset_free(unpacked);
}
END_TEST

/* A comma is the decimal point in many locales; a test can only try those that are installed. */
START_TEST(any_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C"};
    for (size_t i = 0; i < 3 && !setlocale(LC_ALL, names[i]); i++)
        ;
    char before[16], after[16];
    snprintf(before, sizeof before, "%.1f", 0.5);
    wg_dataset *d = load("0.30000000000000004,1.5\n", NULL);
    check_x(d, 1, 1, (const double[]){0.30000000000000004});
    wg_dataset_free(d);
    snprintf(after, sizeof after, "%.1f", 0.5);
    ck_assert_str_eq(before, after);
    setlocale(LC_ALL, "C");
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
                check_labels(d, 4, iris_y);
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
            d, (const double[]){0.5, 0.5}, 2, &(wg_split_options){.stratified = true}, parts, &error);
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

TEST_MAIN("csv", classes_and_names, numbers_as_targets, numbers_as_classes, the_form_of_rfc_4180, separators,
    headers, target_and_ignored_columns, a_test_file_like_the_training_file, numbers, what_is_no_number,
    damaged_files, cut_after_every_byte, files_that_cannot_be_read, options_out_of_range, packed_files,
    larger_files, any_locale, every_allocation_fails_once, every_allocation_of_a_split_fails_once)
