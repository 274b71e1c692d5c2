/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* harness_thread.h - each test on a small stack, painted before, so that it shows how deep it went:
 *
 *      [ guard: no access | 0xA5 0xA5 ..... 0xA5 | used ............... ]
 *                           HARNESS_STACK kB
 *
 * Of these the thread itself and what is local to threads take some. A frame that jumps over the painted part
 * lands in the guard and ends the test. The test's own frames are on the stack, too. */
#ifndef WG_TESTS_HARNESS_THREAD_H
#define WG_TESTS_HARNESS_THREAD_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/* A test that is run once for each i (Check's _i) in 0 .. times - 1; times 0 stands for a plain test. */
typedef struct harness_test {
    const TTest *test;
    int times;
} harness_test;

enum { HARNESS_LOOP = 100000 };

/* False where HARNESS_STACK is not set: tests run as they are. */
bool harness_threads_begin(const harness_test *tests);

/* A test function for Check, of test number / HARNESS_LOOP; the rest is its i. */
void harness_on_thread(int number);

/* Prints how deep the deepest test went. */
void harness_threads_end(const char *name);

#endif
