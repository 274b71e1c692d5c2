/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* moves.h - for the tests of operations that move numbers: arrays of distinct whole numbers on a tape, and
 * results compared with index arithmetic done the naive way. */
#ifndef WG_TESTS_MOVES_H
#define WG_TESTS_MOVES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

/* A generator of the tests' own: what counts is variety. */
static inline size_t draw(uint64_t *state, size_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return below ? (size_t)(*state >> 33) % below : 0;
}

static inline wg_shape draw_shape(uint64_t *state, size_t min_rank, size_t max_rank, size_t max_size)
{
    wg_shape shape = {.rank = min_rank + draw(state, max_rank - min_rank + 1)};
    for (size_t i = 0; i < shape.rank; i++)
        shape.dim[i] = draw(state, 12) == 0 ? 0 : 1 + draw(state, max_size);
    return shape;
}

static inline size_t count_of(wg_shape shape)
{
    size_t count = 1;
    for (size_t i = 0; i < shape.rank; i++)
        count *= shape.dim[i];
    return count;
}

/* The indices of the k-th element, and back. */
static inline void indices_of(wg_shape shape, size_t k, size_t at[WG_MAX_RANK])
{
    for (size_t i = shape.rank; i-- > 0; k /= shape.dim[i])
        at[i] = k % shape.dim[i];
}

static inline size_t element_at(wg_shape shape, const size_t at[WG_MAX_RANK])
{
    size_t k = 0;
    for (size_t i = 0; i < shape.rank; i++)
        k = k * shape.dim[i] + at[i];
    return k;
}

static inline wg_tape *moves_tape(wg_dtype dtype)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = 2});
    ck_assert_ptr_nonnull(tape);
    return tape;
}

/* first, first + 1, ... in the given dtype: a leaf, or an input when it is i32. */
static inline wg_var numbered(wg_tape *tape, wg_dtype dtype, wg_shape shape, int32_t first)
{
    size_t count = count_of(shape);
    double *reals = malloc((count + 1) * sizeof *reals);
    int32_t *integers = malloc((count + 1) * sizeof *integers);
    ck_assert(reals && integers);
    for (size_t i = 0; i < count; i++) {
        integers[i] = first + (int32_t)i;
        reals[i] = first + (int32_t)i;
    }
    wg_var x = dtype == WG_I32 ? wg_input(tape, wg_array_of(integers, WG_I32, shape))
                               : wg_leaf(tape, wg_array_of(reals, WG_F64, shape));
    ck_assert_msg(wg_is_valid(x), "%s", wg_tape_message(tape));
    free(reals);
    free(integers);
    return x;
}

/* An index of random numbers below `limit`. */
static inline wg_var random_index(
    wg_tape *tape, uint64_t *state, wg_shape shape, size_t limit, int32_t *values)
{
    for (size_t i = 0; i < count_of(shape); i++)
        values[i] = (int32_t)draw(state, limit);
    return wg_input(tape, wg_array_of(values, WG_I32, shape));
}

static inline double *values_of(wg_var x)
{
    size_t count = wg_count_of(x);
    double *values = malloc((count + 1) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(wg_read(x, values, count), WG_OK);
    return values;
}

/* y has this shape, the dtype that x had, and at each place the number that `expected` says. */
typedef double expected_at(const size_t at[WG_MAX_RANK], const void *user);

static inline void check_moved(
    wg_var y, wg_dtype dtype, wg_shape shape, expected_at *expected, const void *user)
{
    ck_assert_msg(wg_is_valid(y), "%s", wg_tape_message(wg_tape_of(y)));
    wg_shape found = wg_shape_of(y);
    char a[192], b[192];
    ck_assert_msg(wg_shape_equal(&found, &shape), "%s, not %s", wg_shape_text(&found, a, sizeof a),
        wg_shape_text(&shape, b, sizeof b));
    ck_assert_int_eq(wg_dtype_of(y), shape.rank == 0 && dtype != WG_I32 ? WG_F64 : dtype);
    double *values = values_of(y);
    for (size_t k = 0; k < count_of(shape); k++) {
        size_t at[WG_MAX_RANK] = {0};
        indices_of(shape, k, at);
        ck_assert_msg(
            values[k] == expected(at, user), "element %zu: %g, not %g", k, values[k], expected(at, user));
    }
    free(values);
}

/* y is linear in the n leaves x, so <y(x), w> = sum of <x, dL/dx> with the seed w: exact in whole numbers.
 * The gradient that is recorded must be the same. */
static inline void check_adjoint(wg_var y, const wg_var *x, size_t n, uint64_t *state)
{
    size_t count = wg_count_of(y);
    double *values = values_of(y), *seed = malloc((count + 1) * sizeof *seed), left = 0, right = 0;
    for (size_t i = 0; i < count; i++) {
        seed[i] = (double)draw(state, 7) - 3;
        left += values[i] * seed[i];
    }
    wg_tape *tape = wg_tape_of(y);
    wg_var w = wg_const(tape, wg_array_of(seed, WG_F64, wg_shape_of(y))), g[4];
    ck_assert_int_eq(wg_backward_from(y, wg_array_of(seed, WG_F64, wg_shape_of(y))), WG_OK);
    ck_assert_msg(wg_grad(&y, 1, &w, x, n, g) == WG_OK, "%s", wg_tape_message(tape));
    for (size_t i = 0; i < n; i++) {
        size_t size = wg_count_of(x[i]);
        double *numbers = values_of(x[i]), *recorded = values_of(g[i]),
               *swept = malloc((size + 1) * sizeof *swept);
        ck_assert_int_eq(wg_read_grad(x[i], swept, size), WG_OK);
        for (size_t k = 0; k < size; k++) {
            ck_assert_msg(swept[k] == recorded[k], "operand %zu, element %zu: %g, recorded %g", i, k,
                swept[k], recorded[k]);
            right += numbers[k] * swept[k];
        }
        free(numbers);
        free(recorded);
        free(swept);
    }
    ck_assert_msg(left == right, "<y, w> = %g, <x, g> = %g", left, right);
    free(values);
    free(seed);
}

/* The call that made y failed, with this status and exactly this message. Resets the tape. */
static inline void check_refused(wg_var y, wg_status status, const char *message)
{
    wg_tape *tape = wg_tape_of(y);
    ck_assert(!wg_is_valid(y));
    ck_assert_str_eq(wg_tape_message(tape), message);
    ck_assert_int_eq(wg_tape_status(tape), status);
    wg_tape_reset(tape);
}

/* A named tensor for messages. */
static inline wg_var named(wg_tape *tape, const char *name, wg_dtype dtype, wg_shape shape)
{
    return wg_set_name(numbered(tape, dtype, shape, 0), name);
}

static const wg_dtype move_dtypes[] = {WG_F64, WG_F32, WG_I32};
enum { MOVE_DTYPES = 3, MOVE_ROUNDS = 60 };

#endif
