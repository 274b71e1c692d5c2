/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_checks.h - one tape per test, and values and gradients on it against numbers; shared by the tests of
 * reductions. */
#ifndef WG_TESTS_REDUCE_CHECKS_H
#define WG_TESTS_REDUCE_CHECKS_H

#include <math.h>
#include <wengert/tape.h>

#include "harness.h"

#define INF ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)

static wg_tape *tape;

static inline void set_up(void)
{
    tape = wg_tape_new(NULL);
    ck_assert_ptr_nonnull(tape);
}

static inline void tear_down(void)
{
    wg_tape_free(tape);
}

static inline wg_var leaf(const double *data, wg_shape shape)
{
    return wg_leaf(tape, wg_array_of(data, WG_F64, shape));
}

#define VECTOR(...)                                                                                          \
    leaf((const double[]){__VA_ARGS__}, WG_SHAPE(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))

static inline void check(const char *what, const double *got, size_t n, const double *want, double tolerance)
{
    for (size_t i = 0; i < n; i++) {
        bool near = got[i] == want[i] || (isnan(got[i]) && isnan(want[i])) ||
                    fabs(got[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]));
        ck_assert_msg(near, "%s, number %zu: %.17g, not %.17g", what, i, got[i], want[i]);
    }
}

static inline void check_value(
    const char *what, wg_var x, wg_shape shape, const double *want, double tolerance)
{
    double got[64];
    wg_shape is = wg_shape_of(x);
    char a[192], b[192];
    ck_assert_msg(wg_is_valid(x), "%s: %s", what, wg_tape_message(tape));
    ck_assert_msg(wg_shape_equal(&is, &shape), "%s: %s, not %s", what, wg_shape_text(&is, a, sizeof a),
        wg_shape_text(&shape, b, sizeof b));
    ck_assert_int_eq(wg_read(x, got, wg_count_of(x)), WG_OK);
    check(what, got, wg_count_of(x), want, tolerance);
}

static inline void check_grad(const char *what, wg_var x, const double *want, double tolerance)
{
    double got[64];
    ck_assert_msg(wg_read_grad(x, got, wg_count_of(x)) == WG_OK, "%s: %s", what, wg_tape_message(tape));
    check(what, got, wg_count_of(x), want, tolerance);
}

#define CHECK_VALUE(x, shape, tolerance, ...)                                                                \
    check_value(#x, x, shape, (const double[]){__VA_ARGS__}, tolerance)
#define CHECK_GRAD(x, tolerance, ...)                                                                        \
    check_grad("gradient of " #x, x, (const double[]){__VA_ARGS__}, tolerance)
#define CHECK_ITEM(x, want, tolerance) CHECK_VALUE(x, wg_shape_scalar(), tolerance, want)

#endif
