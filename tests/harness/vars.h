/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vars.h - tapes, leaves with numbers, and comparisons, for tests of operations. */
#ifndef WG_TESTS_VARS_H
#define WG_TESTS_VARS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

static inline wg_tape *new_tape(wg_dtype dtype, bool training, int threads)
{
    wg_tape *tape =
        wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = training, .threads = threads, .seed = 5});
    ck_assert_ptr_nonnull(tape);
    return tape;
}

static inline void ok(wg_tape *tape)
{
    ck_assert_msg(wg_tape_status(tape) == WG_OK, "%s", wg_tape_message(tape));
}

static inline void fails(wg_tape *tape, wg_status status, const char *part)
{
    ck_assert_msg(wg_tape_status(tape) == status, "%s: %s", wg_status_name(wg_tape_status(tape)),
        wg_tape_message(tape));
    ck_assert_msg(strstr(wg_tape_message(tape), part) != NULL, "%s", wg_tape_message(tape));
    wg_tape_free(tape);
}

/* Normal numbers around `mean`. */
static inline double *numbers(size_t count, uint64_t stream, double mean)
{
    wg_random r = {.seed = 17, .stream = stream};
    double *x = malloc((count + 1) * sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (double)(float)(mean + wg_random_normal(&r));
    return x;
}

static inline size_t count_of(wg_shape shape)
{
    size_t count = 0;
    ck_assert(wg_shape_count(&shape, &count));
    return count;
}

static inline wg_var leaf(wg_tape *tape, wg_shape shape, uint64_t stream, double mean)
{
    double *x = numbers(count_of(shape), stream, mean);
    wg_var v = wg_leaf(tape, wg_array_of(x, WG_F64, shape));
    free(x);
    return v;
}

/* Values as doubles; the caller's. */
static inline double *values(wg_var v)
{
    size_t count = wg_count_of(v);
    double *x = malloc((count + 1) * sizeof *x);
    ck_assert_ptr_nonnull(x);
    ck_assert_msg(wg_read(v, x, count) == WG_OK, "%s", wg_tape_message(wg_tape_of(v)));
    return x;
}

static inline void same(wg_var a, wg_var b, double tolerance, const char *what)
{
    wg_shape shape_a = wg_shape_of(a), shape_b = wg_shape_of(b);
    ck_assert(wg_shape_equal(&shape_a, &shape_b));
    double *x = values(a), *y = values(b);
    for (size_t i = 0; i < wg_count_of(a); i++)
        ck_assert_msg(fabs(x[i] - y[i]) <= tolerance * fmax(1, fabs(y[i])),
            "%s, element %zu: %.17g and %.17g", what, i, x[i], y[i]);
    free(x), free(y);
}

/* sum weights f(y), of a curved f, so that second derivatives do not vanish. */
static inline wg_var weigh(wg_var y, uint64_t stream)
{
    double *w = numbers(wg_count_of(y), stream, 0);
    wg_var weights = wg_const(wg_tape_of(y), wg_array_of(w, WG_F64, wg_shape_of(y)));
    free(w);
    return wg_sum(wg_mul(weights, wg_add(y, wg_mulc(wg_square(y), 0.5))));
}

#endif
