/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <sys/stat.h>

#include "csv.h"
#include "gzip.h"

static const char table[] = "sepal length,sepal width,species\n5.1,3.5,setosa\n5.9,3.0,virginica\n";
static const double table_x[4] = {5.1, 3.5, 5.9, 3.0};

START_TEST(the_form_of_rfc_4180)
{
    static const char text[] = "\xEF\xBB\xBF\"a\",\"b \"\"quoted\"\"\", c ,\"d\r\n2nd line\"\r\n"
                               "\r\n"
                               " 1 ,\"2\",\t3\t,\"with, comma\"\r\n"
                               "   \n"
                               "4, \"5\" ,6,\"with \"\"quotes\"\"\"\r"
                               "7,8,9,\"\"\"\"";
    wg_dataset *d = csv_load(text, NULL);
    csv_check_x(d, 3, 3, (const double[]){1, 2, 3, 4, 5, 6, 7, 8, 9});
    csv_check_labels(d, 3, (const int32_t[]){2, 1, 0});
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
        wg_dataset *d = csv_load(texts[i], NULL);
        csv_check_x(d, 1, 1, (const double[]){1});
        wg_dataset_free(d);
    }
    csv_refuse(texts[5], NULL, WG_FORMAT, "t.csv, line 2: 1 fields, where line 1 has 2");
    wg_dataset *d = csv_load("1:2\n", &(wg_csv_options){.separator = ':'});
    wg_dataset_free(d);
    d = csv_load("1 2\n3 4\n", &(wg_csv_options){.separator = ' '});
    csv_check_x(d, 2, 1, (const double[]){1, 3});
    wg_dataset_free(d);
    d = csv_load("\"a,b\";c\n1;2\n", NULL);
    ck_assert_str_eq(wg_dataset_column_name(d, 0), "a,b");
    wg_dataset_free(d);
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
        wg_dataset *d = csv_load(text, NULL);
        ck_assert_msg(memcmp(wg_dataset_x(d).data, &cases[i].value, sizeof(double)) == 0, "%s: %.17g",
            cases[i].text, *(const double *)wg_dataset_x(d).data);
        wg_dataset_free(d);
    }
}
END_TEST

START_TEST(what_is_no_number)
{
    static const char *const texts[] = {"inf", "-inf", "infinity", "0x10", "1e", "1e+", ".", "+", "-", "--1",
        "1.2.3", "1,5,0", "1 2", "1e5.0", "1_000", "0b1", "1f", "\302\2401"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "1,2\n\"%s\",3\n", texts[i]);
        csv_refuse(text, NULL, WG_FORMAT, "t.csv, line 2, column 1: \"");
        snprintf(text, sizeof text, "1,2\n3,\"%s\"\n", texts[i]);
        csv_refuse(text, NULL, WG_FORMAT, "\" is no number");
    }
    static const char *const missing[] = {"", "?", "NA", "n/a", "NaN", "NULL", "nan"};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "a,b\n1,2\n\n1,\"%s\"\n", missing[i]);
        csv_refuse(text, NULL, WG_FORMAT, "t.csv, line 4, column 2 (b): a missing value (\"");
        snprintf(text, sizeof text, "1,\"%s\"\n1,2\n", missing[i]); /* does not make y classes */
        csv_refuse(text, NULL, WG_FORMAT, "t.csv, line 1, column 2: a missing value (\"");
    }
    csv_refuse(
        "1,\n2,x\n", &(wg_csv_options){.labels = true}, WG_FORMAT, "line 1, column 2: a missing value");
    csv_refuse("1,1e309\n", NULL, WG_FORMAT, "the number 1e309 is too large for f64");
    csv_refuse("1,-1e99999999999999999999999\n", NULL, WG_FORMAT, "is too large for f64");
    csv_refuse(
        "1e39,1\n", &(wg_csv_options){.dtype = WG_F32}, WG_FORMAT, "the number 1e39 is too large for f32");
    csv_refuse("1,1e39\n", &(wg_csv_options){.dtype = WG_F32}, WG_FORMAT, "too large for f32");
    char digits[1100] = "1,";
    memset(digits + 2, '7', 1001);
    csv_refuse(
        digits, NULL, WG_FORMAT, "the number 7777777777777777777777777777777777777777... has more than 1000");
    digits[2 + 300] = 0; /* 300 sevens */
    wg_dataset *d = csv_load(digits, NULL);
    ck_assert(*(const double *)wg_dataset_y(d).data > 7.7e299);
    wg_dataset_free(d);
}
END_TEST

START_TEST(damaged_files)
{
    csv_refuse("", NULL, WG_FORMAT, "t.csv: is empty");
    csv_refuse("\n\r\n  \n", NULL, WG_FORMAT, "t.csv: is empty");
    csv_refuse("\xEF\xBB\xBF", NULL, WG_FORMAT, "t.csv: is empty");
    csv_refuse("1\n2\n", NULL, WG_FORMAT, "has one column only");
    csv_refuse("1,2\n3\n", NULL, WG_FORMAT, "t.csv, line 2: 1 fields, where line 1 has 2");
    csv_refuse("\n1,2\n3,4,\n", NULL, WG_FORMAT, "t.csv, line 3: 3 fields, where line 2 has 2");
    csv_refuse("1,\"2\n3,4\n", NULL, WG_FORMAT, "t.csv, line 1, column 2: the quote that opens here");
    csv_refuse("1,\"", NULL, WG_FORMAT, "never closed");
    csv_refuse("\"", NULL, WG_FORMAT, "never closed");
    csv_refuse("1,\"2\"\"", NULL, WG_FORMAT, "never closed");
    csv_refuse("1,\"2\"3\n", NULL, WG_FORMAT, "line 1, column 2: something follows the closing quote");
    csv_refuse("1,2\"3\n", NULL, WG_FORMAT, "line 1, column 2: a quote in a field that is not quoted");
    csv_refuse(
        "1,\"a\nb\"\n1,\"a\r\nb\"\n1,\"a\rb\"\nx,c\n", NULL, WG_FORMAT, "t.csv, line 7, column 1: \"x\"");
    csv_refuse("1,2\n1,a\x1B[31mred\n", NULL, WG_FORMAT, "\"a?[31mred\" is no number");
    csv_refuse_bytes("1,2\n1,\0\n", 8, NULL, WG_FORMAT, "t.csv, line 2, column 2: a byte 0 is no text");
    csv_refuse_bytes("1,2\n1,\"\0\"\n", 10, NULL, WG_FORMAT, "t.csv, line 2, column 2: a byte 0 is no text");
    csv_refuse_bytes("\xFF\xFE"
                     "1\0,\0"
                     "2\0",
        8, NULL, WG_FORMAT, "UTF-16");
    csv_refuse_bytes("1,2\n\0", 5, NULL, WG_FORMAT, "byte 0");
    char wide[300] = "1,2\n1,";
    for (size_t i = 6; i < 100; i += 2)
        memcpy(wide + i, "\xC3\xA9", 3);
    csv_refuse(wide, NULL, WG_FORMAT, "\xC3\xA9...\" is no number");
    wide[5] = 'x';
    csv_refuse(wide, NULL, WG_FORMAT, "1 fields");
}
END_TEST

/* Whatever the first bytes of a file are, it is read or refused. */
START_TEST(cut_after_every_byte)
{
    static const char text[] = "\xEF\xBB\xBF\"a\";b\r\n1;\"\"\"2\"\r\n3 ; \"x\ny\"\n";
    for (size_t size = 0; size < sizeof text; size++) {
        wg_error error = {0};
        wg_dataset *d = csv_try(text, size, NULL, &error);
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
    ck_assert(error.status == WG_FILE && strstr(error.message, "folder: a folder, not a regular file"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_csv_load(NULL, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    ck_assert_ptr_null(wg_csv_load(NULL, NULL, NULL));
    files_write("t.csv", table, sizeof table - 1);
    ck_assert_int_eq(chmod("t.csv", 0), 0);
    wg_error_clear(&error);
    if (geteuid() != 0) {
        ck_assert_ptr_null(wg_csv_load("t.csv", NULL, &error));
        ck_assert(error.status == WG_FILE && strstr(error.message, "t.csv: Permission denied"));
    }
    files_leave();
}
END_TEST

START_TEST(packed_files)
{
    unsigned char packed[sizeof table + GZIP_EXTRA];
    size_t size = gzip_pack(packed, (const unsigned char *)table, sizeof table - 1);
    for (size_t cut = 0; cut <= size; cut++) {
        wg_error error = {0};
        wg_dataset *d = csv_try(packed, cut, NULL, &error);
        if (d) {
            ck_assert_uint_eq(cut, size);
            csv_check_x(d, 2, 2, table_x);
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
    wg_dataset *plain = csv_try(text, sizeof text, NULL, &error),
               *unpacked = csv_try(packed, size, NULL, NULL);
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
    wg_dataset *d = csv_load("0.30000000000000004,1.5\n", NULL);
    csv_check_x(d, 1, 1, (const double[]){0.30000000000000004});
    wg_dataset_free(d);
    snprintf(after, sizeof after, "%.1f", 0.5);
    ck_assert_str_eq(before, after);
    setlocale(LC_ALL, "C");
}
END_TEST

TEST_MAIN("csv_edges", the_form_of_rfc_4180, separators, numbers, what_is_no_number, damaged_files,
    cut_after_every_byte, files_that_cannot_be_read, packed_files, larger_files, any_locale)
