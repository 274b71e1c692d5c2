/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Named arrays and notes in memory. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wengert/archive.h>

#include "alloc.h"
#include "harness.h"

static const float floats[6] = {1, 2, 3, 4, 5, 6};

START_TEST(arrays_by_name_and_number)
{
    wg_archive *archive = wg_archive_new(NULL);
    wg_error error = {0};
    wg_archive_add(archive, "borrowed", WG_FLOATS(floats, 2, 3), &error);
    wg_archive_add_copy(archive, "copied", WG_FLOATS(floats, 3, 2), &error);
    wg_archive_add(archive, "\xC3\xA4 \"/\n", wg_array_of(floats, WG_F32, wg_shape_scalar()), &error);
    wg_archive_add(archive, "empty", wg_array_of(NULL, WG_F64, WG_SHAPE(0, 3)), &error);
    wg_archive_add_copy(archive, "empty too", wg_array_of(NULL, WG_I32, WG_SHAPE(0)), &error);
    ck_assert_msg(error.status == WG_OK, "%s", error.message);
    ck_assert_uint_eq(wg_archive_count(archive), 5);
    ck_assert_uint_eq(wg_archive_index(archive, "copied"), 1);
    ck_assert_uint_eq(wg_archive_index(archive, "nothing"), SIZE_MAX);
    ck_assert_str_eq(wg_archive_name(archive, 2), "\xC3\xA4 \"/\n");
    wg_array borrowed = wg_archive_at(archive, 0), copied = wg_archive_at(archive, 1);
    ck_assert_ptr_eq(borrowed.data, floats);
    ck_assert_ptr_ne(copied.data, floats);
    ck_assert(wg_shape_equal(&copied.shape, &WG_SHAPE(3, 2)) && copied.dtype == WG_F32);
    ck_assert_mem_eq(copied.data, floats, sizeof floats);
    ck_assert_ptr_null(wg_archive_name(archive, 5));
    ck_assert_ptr_null(wg_archive_at(archive, 5).data);
    wg_archive_free(archive);
}
END_TEST

START_TEST(what_an_archive_refuses)
{
    wg_archive *archive = wg_archive_new(NULL);
    const wg_array good = WG_FLOATS(floats, 6);
    ck_assert_int_eq(wg_archive_add(archive, "a", good, NULL), WG_OK);
    const struct {
        const char *name;
        wg_array array;
        wg_status status;
        const char *text;
    } cases[] = {{"a", good, WG_NAME, "a: the archive holds an array of this name already"},
        {"", good, WG_INVALID, "empty name"}, {NULL, good, WG_INVALID, "empty name"},
        {"\xFF", good, WG_NAME, "no UTF-8"},
        {"b", wg_array_of(floats, (wg_dtype)7, WG_SHAPE(1)), WG_BAD_DTYPE, "b: numbers of no known dtype"},
        {"b", wg_array_of(floats, WG_F32, (wg_shape){.rank = 9}), WG_BAD_SHAPE, "b: rank over 8"},
        {"b", wg_array_of(floats, WG_F32, WG_SHAPE(SIZE_MAX, 3)), WG_OVERFLOW, "overflows"},
        {"b", wg_array_of(floats, WG_F32, WG_SHAPE(SIZE_MAX / 2)), WG_OVERFLOW, "overflows"},
        {"b", wg_array_of(NULL, WG_F32, WG_SHAPE(1)), WG_INVALID, "b: no numbers were given"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int copy = 0; copy < 2; copy++) {
            wg_error error = {0};
            ck_assert_int_eq(
                (copy ? wg_archive_add_copy : wg_archive_add)(archive, cases[i].name, cases[i].array, &error),
                cases[i].status);
            ck_assert_msg(strstr(error.message, cases[i].text), "%s", error.message);
            ck_assert_int_eq(wg_archive_add(archive, "fine", good, &error), cases[i].status); /* it stays */
        }
    ck_assert_uint_eq(wg_archive_count(archive), 1);
    wg_archive_free(archive);
}
END_TEST

START_TEST(nothing_takes_nothing)
{
    wg_error error = {0};
    ck_assert_int_eq(wg_archive_add(NULL, "a", WG_FLOATS(floats, 6), NULL), WG_INVALID);
    ck_assert_int_eq(wg_archive_add_copy(NULL, "a", WG_FLOATS(floats, 6), NULL), WG_INVALID);
    ck_assert_int_eq(wg_archive_note(NULL, "a", "b", &error), WG_INVALID);
    ck_assert_str_eq(error.message, "no archive");
    ck_assert(wg_archive_count(NULL) == 0 && wg_archive_note_count(NULL) == 0);
    ck_assert(wg_archive_index(NULL, "a") == SIZE_MAX && !wg_archive_name(NULL, 0) &&
              !wg_archive_note_of(NULL, "a"));
    ck_assert(!wg_archive_at(NULL, 0).data && !wg_archive_note_key(NULL, 0));
    wg_archive_free(NULL);
}
END_TEST

START_TEST(notes)
{
    wg_archive *archive = wg_archive_new(NULL);
    wg_error error = {0};
    wg_archive_note(archive, "one", "1", &error);
    wg_archive_note(archive, "two", "", &error);
    wg_archive_note(archive, "one", "uno", &error);
    ck_assert_int_eq(error.status, WG_OK);
    ck_assert_uint_eq(wg_archive_note_count(archive), 2);
    ck_assert_str_eq(wg_archive_note_of(archive, "one"), "uno");
    ck_assert_str_eq(wg_archive_note_of(archive, "two"), "");
    ck_assert_str_eq(wg_archive_note_key(archive, 1), "two");
    ck_assert_ptr_null(wg_archive_note_key(archive, 2));
    ck_assert_ptr_null(wg_archive_note_of(archive, "three"));
    ck_assert_int_eq(wg_archive_note(archive, "three", "\xC3", NULL), WG_INVALID);
    ck_assert_int_eq(wg_archive_note(archive, "three", NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_archive_note(archive, "", "x", NULL), WG_INVALID);
    ck_assert_int_eq(wg_archive_note(archive, "\xC3", "x", NULL), WG_NAME);
    ck_assert_uint_eq(wg_archive_note_count(archive), 2);
    wg_archive_free(archive);
}
END_TEST

/* Exact, in any locale: with a comma for a point, if this machine has such a locale. */
START_TEST(numbers_as_notes)
{
    static const double reals[] = {0, -0.0, 1, -1, 0.1, -1e300, 5e-324, 2.2250738585072014e-308, HUGE_VAL,
        -HUGE_VAL, 1.7976931348623157e308};
    static const uint64_t integers[] = {0, 1, 4294967296, UINT64_MAX};
    wg_archive *archive = wg_archive_new(NULL);
    for (int comma = 0; comma < 2; comma++) {
        if (comma)
            setlocale(LC_NUMERIC, "de_DE.UTF-8");
        for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
            double x = (double)NAN;
            ck_assert_int_eq(wg_archive_note_real(archive, "x", reals[i], NULL), WG_OK);
            ck_assert(wg_archive_real_of(archive, "x", &x));
            ck_assert_mem_eq(&x, &reals[i], sizeof x);
        }
        setlocale(LC_NUMERIC, "C");
    }
    double x = 1;
    wg_archive_note_real(archive, "x", (double)NAN, NULL);
    ck_assert(wg_archive_real_of(archive, "x", &x) && isnan(x));
    wg_archive_note_real(archive, "x", 0.75, NULL);
    ck_assert_str_eq(wg_archive_note_of(archive, "x"), "0x18000000000000p-53");
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        uint64_t n = 7;
        ck_assert_int_eq(wg_archive_note_integer(archive, "n", integers[i], NULL), WG_OK);
        ck_assert(wg_archive_integer_of(archive, "n", &n) && n == integers[i]);
    }
    wg_archive_free(archive);
}
END_TEST

START_TEST(notes_that_are_no_numbers)
{
    static const char *const texts[] = {
        "", " 1", "1 ", "-1", "+1", "x", "18446744073709551616", "1.5", "0x10", "1e3"};
    wg_archive *archive = wg_archive_new(NULL);
    uint64_t n = 7;
    double x = 7;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wg_archive_note(archive, "n", texts[i], NULL);
        ck_assert_msg(!wg_archive_integer_of(archive, "n", &n), "%s", texts[i]);
    }
    static const char *const odd[] = {"", " 1", "1 ", "x", "0x", "1,5", "0x1p", "nano"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        wg_archive_note(archive, "x", odd[i], NULL);
        ck_assert_msg(!wg_archive_real_of(archive, "x", &x), "%s", odd[i]);
    }
    ck_assert(!wg_archive_integer_of(archive, "none", &n) && !wg_archive_real_of(archive, "none", &x));
    ck_assert(n == 7 && x > 6.9 && x < 7.1);
    wg_archive_free(archive);
}
END_TEST

START_TEST(no_memory)
{
    bool failed = true;
    for (size_t fail_at = 1; failed; fail_at++) {
        test_heap heap = {.fail_at = fail_at};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0};
        wg_archive *archive = wg_archive_new(&hook);
        for (int i = 0; archive && i < 20; i++) {
            char name[16];
            snprintf(name, sizeof name, "%d", i);
            wg_archive_add_copy(archive, name, WG_FLOATS(floats, 6), &error);
            wg_archive_note(archive, name, "first", &error);
            wg_archive_note(archive, name, "second, which is longer", &error);
        }
        failed = heap.failures > 0;
        ck_assert_int_eq(error.status, failed && archive ? WG_OUT_OF_MEMORY : WG_OK);
        wg_archive_free(archive);
        test_heap_check(&heap);
    }
}
END_TEST

TEST_MAIN("archive", arrays_by_name_and_number, what_an_archive_refuses, nothing_takes_nothing, notes,
    numbers_as_notes, notes_that_are_no_numbers, no_memory)
