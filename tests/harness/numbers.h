/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* numbers.h - expected numbers beside a var: VALUES(x, 1e-8, -1, 2) and GRADS(x, 1e-8, -1, 2). */
#ifndef WG_TESTS_NUMBERS_H
#define WG_TESTS_NUMBERS_H

#include "vars.h"

static inline void numbers_are(
    const char *what, const double *is, const double *expected, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(is[i] - expected[i]) <= tolerance, "%s, element %zu: %.12g, not %.12g", what, i,
            is[i], expected[i]);
}

static inline void values_are(const char *what, wg_var x, const double *expected, size_t n, double tolerance)
{
    double is[64];
    ok(wg_tape_of(x));
    ck_assert_uint_le(n, 64);
    ck_assert_msg(wg_read(x, is, n) == WG_OK, "%s: %s", what, wg_tape_message(wg_tape_of(x)));
    numbers_are(what, is, expected, n, tolerance);
}

static inline void grads_are(const char *what, wg_var x, const double *expected, size_t n, double tolerance)
{
    double is[64];
    ck_assert_uint_le(n, 64);
    ck_assert_msg(wg_read_grad(x, is, n) == WG_OK, "%s: %s", what, wg_tape_message(wg_tape_of(x)));
    numbers_are(what, is, expected, n, tolerance);
}

#define LIST(...) (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double)
#define VALUES(x, tolerance, ...) values_are(#x, x, LIST(__VA_ARGS__), tolerance)
#define GRADS(x, tolerance, ...) grads_are("gradient of " #x, x, LIST(__VA_ARGS__), tolerance)

/* The sweep from a scalar with upstream gradient g. */
static inline void sweep_from(wg_var y, double g)
{
    ck_assert_int_eq(wg_backward_from(y, wg_array_of(&g, WG_F64, wg_shape_scalar())), WG_OK);
}

#endif
