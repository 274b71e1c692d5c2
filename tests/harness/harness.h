/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* harness.h - what every test file shares. One executable per file:
 *
 *     START_TEST(adds)
 *     {
 *         ck_assert_int_eq(1 + 1, 2);
 *     }
 *     END_TEST
 *
 *     TEST_MAIN("array", adds, subtracts)
 *
 * Check runs each test in a process of its own, so a crash is one failed test. The last line printed is
 * "array: 2 passed, 0 failed", which tests/run.sh adds up.
 *
 * With HARNESS_STACK set, a test runs on a thread whose stack has so many kB; see harness_thread.h. */
#ifndef WG_TESTS_HARNESS_H
#define WG_TESTS_HARNESS_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness_thread.h"

/* The largest sizes in words, for messages. */
#if SIZE_MAX > UINT32_MAX
#define SIZE_MAX_TEXT "18446744073709551615"
#define PTRDIFF_MAX_TEXT "9223372036854775807"
#else
#define SIZE_MAX_TEXT "4294967295"
#define PTRDIFF_MAX_TEXT "2147483647"
#endif

/* An assertion that holds would write its line to a file, for the report of a crash later on: a microsecond,
 * in loops over every element of an array. Without that a crash is reported by its test's name only. */
#define _mark_point(file, line) ((void)0)

static inline int harness_run(const char *name, const harness_test *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TTest *on_threads = calloc(count, sizeof *on_threads);
    bool small = harness_threads_begin(tests);
    for (size_t i = 0; i < count; i++) {
        TCase *unit = tcase_create(tests[i].test->name);
        int first = small ? (int)i * HARNESS_LOOP : 0;
        on_threads[i] = *tests[i].test;
        if (small)
            on_threads[i].fn = harness_on_thread;
        tcase_set_timeout(unit, 60);
        tcase_add_loop_test(unit, &on_threads[i], first, first + (tests[i].times > 0 ? tests[i].times : 1));
        suite_add_tcase(suite, unit);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    free(on_threads);
    harness_threads_end(name);
    printf("%s: %d passed, %d failed\n", name, run - failed, failed);
    return run == 0 || failed != 0;
}

/* Tests by name, and tests run several times as {name, times}. */
#define TEST_MAIN(name, ...)                                                                                 \
    int main(void)                                                                                           \
    {                                                                                                        \
        const TTest *const tests[] = {__VA_ARGS__};                                                          \
        harness_test list[sizeof tests / sizeof tests[0]];                                                   \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)                                          \
            list[i] = (harness_test){.test = tests[i]};                                                      \
        return harness_run(name, list, sizeof tests / sizeof tests[0]);                                      \
    }

#endif
