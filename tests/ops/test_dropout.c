/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Dropout: the mask as documented, the same in the derivative, anew in each run. */

#include "vars.h"

enum { MANY = 40000 };

static wg_var ones(wg_tape *tape, size_t n)
{
    return wg_full(tape, WG_SHAPE(n), 1);
}

/* Element i of the operation with this ordinal, in this run. */
static bool is_dropped(uint64_t seed, uint64_t ordinal, uint64_t run, uint64_t i, double p)
{
    uint64_t key = seed + (ordinal + 1) * 0x9E3779B97F4A7C15u;
    const uint32_t counter[4] = {
        (uint32_t)(i / 4), (uint32_t)(i / 4 >> 32), (uint32_t)run, (uint32_t)(run >> 32)};
    const uint32_t half[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    uint32_t words[4];
    wg_philox4x32(counter, half, words);
    return words[i % 4] < p * 4294967296.0;
}

static void is_mask(const double *y, size_t n, uint64_t ordinal, uint64_t run, double p)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(y[i], is_dropped(5, ordinal, run, i, p) ? 0 : 1 / (1 - p), 1e-6);
}

START_TEST(documented_mask)
{
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        wg_tape *tape = new_tape(dtype, true, 1);
        for (uint64_t run = 0; run < 3; run++) {
            wg_var x = ones(tape, 1003), a = wg_dropout(x, 0.25), b = wg_dropout(x, 0.5);
            double *a_is = values(a), *b_is = values(b);
            is_mask(a_is, 1003, 0, run, 0.25);
            is_mask(b_is, 1003, 1, run, 0.5);
            free(a_is), free(b_is);
            wg_tape_reset(tape);
        }
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(fraction_and_scale)
{
    const double ps[] = {0.1, 0.5, 0.9};
    for (size_t k = 0; k < 3; k++) {
        wg_tape *tape = new_tape(WG_F64, true, 2);
        double *y = values(wg_dropout(ones(tape, MANY), ps[k])), dropped = 0, sum = 0;
        for (size_t i = 0; i < MANY; i++) {
            ck_assert(y[i] == 0 || y[i] == 1 / (1 - ps[k]));
            dropped += y[i] == 0, sum += y[i];
        }
        double sigma = sqrt(ps[k] * (1 - ps[k]) / MANY);
        ck_assert_double_eq_tol(dropped / MANY, ps[k], 4 * sigma);
        ck_assert_double_eq_tol(sum / MANY, 1, 4 * sigma / (1 - ps[k]));
        free(y);
        wg_tape_free(tape);
    }
}
END_TEST

/* y = m x, so dy/dx = m: the mask of the forward pass, also where the gradient is recorded. */
START_TEST(derivative_has_the_same_mask)
{
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var other = wg_dropout(ones(tape, 100), 0.3); /* takes ordinal 0 */
    wg_var x = leaf(tape, WG_SHAPE(100), 1, 0), y = wg_dropout(x, 0.5);
    wg_var recorded = wg_grad1(wg_sum(y), x);
    wg_var curved = wg_grad1(wg_sum(wg_mul(y, wg_square(y))), x); /* 3 m^3 x^2 */
    wg_var second = wg_grad1(wg_sum(curved), x);                  /* 6 m^3 x */
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    double gradient[100], *x_is = values(x), *y_is = values(y), *r = values(recorded), *s = values(second);
    ck_assert_int_eq(wg_read_grad(x, gradient, 100), WG_OK);
    is_mask(gradient, 100, 1, 0, 0.5);
    for (size_t i = 0; i < 100; i++) {
        double m = gradient[i];
        ck_assert_double_eq(y_is[i], m * x_is[i]);
        ck_assert_double_eq(r[i], m);
        ck_assert_double_eq_tol(s[i], 6 * m * m * m * x_is[i], 1e-12);
    }
    ck_assert(wg_is_valid(other));
    free(x_is), free(y_is), free(r), free(s);
    wg_tape_free(tape);
}
END_TEST

START_TEST(replay_draws_anew)
{
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var x = leaf(tape, WG_SHAPE(200), 1, 0), y = wg_dropout(x, 0.5), g = wg_grad1(wg_sum(y), x);
    double *before = values(g);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    double *after = values(g), *y_is = values(y), *x_is = values(x);
    ck_assert_int_ne(memcmp(before, after, 200 * sizeof *after), 0);
    is_mask(after, 200, 0, 1, 0.5);
    for (size_t i = 0; i < 200; i++)
        ck_assert_double_eq(y_is[i], after[i] * x_is[i]);
    free(before), free(after), free(y_is), free(x_is);
    wg_tape_free(tape);
}
END_TEST

START_TEST(same_bits_on_any_threads)
{
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        void *first = NULL;
        for (int threads = 1; threads <= 3; threads++) {
            wg_tape *tape = new_tape(dtype, true, threads);
            wg_var y = wg_dropout(leaf(tape, WG_SHAPE(MANY + 7), 1, 0), 0.4);
            size_t bytes = (MANY + 7) * wg_dtype_size(dtype);
            if (!first)
                first = memcpy(malloc(bytes), wg_data(y), bytes);
            ck_assert_mem_eq(first, wg_data(y), bytes);
            wg_tape_free(tape);
        }
        free(first);
    }
}
END_TEST

START_TEST(identity)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(10), 1, 0);
    ck_assert_uint_eq(wg_node_of(wg_dropout(x, 0.5)), wg_node_of(x));
    wg_tape_set_training(tape, true);
    ck_assert_uint_eq(wg_node_of(wg_dropout(x, 0)), wg_node_of(x));
    ck_assert_uint_ne(wg_node_of(wg_dropout(x, 0.5)), wg_node_of(x));
    ok(tape);
    wg_tape_free(tape);
}
END_TEST

/* What is dropped is 0 whatever it was; scalars and empty tensors are dropped too. */
START_TEST(special_operands)
{
    wg_tape *tape = new_tape(WG_F64, true, 1);
    double *y = values(wg_dropout(wg_divc(ones(tape, 300), 0), 0.5));
    for (size_t i = 0; i < 300; i++)
        ck_assert_double_eq(y[i], is_dropped(5, 0, 0, i, 0.5) ? 0 : (double)INFINITY);
    wg_var s = wg_dropout(wg_scalar(tape, 3), 0.5);
    ck_assert_double_eq(wg_item(s), is_dropped(5, 1, 0, 0, 0.5) ? 0 : 6);
    ck_assert_uint_eq(wg_count_of(wg_dropout(ones(tape, 0), 0.5)), 0);
    ok(tape);
    free(y);
    wg_tape_free(tape);
}
END_TEST

START_TEST(errors)
{
    const double ps[] = {1, -0.1, 1.5, (double)NAN};
    const int32_t integers[2] = {1, 2};
    for (int training = 0; training < 2; training++) {
        for (size_t i = 0; i < 4; i++) {
            wg_tape *tape = new_tape(WG_F64, training, 1);
            ck_assert(!wg_is_valid(wg_dropout(ones(tape, 3), ps[i])));
            fails(tape, WG_INVALID, "dropout: the probability of dropping");
        }
        wg_tape *tape = new_tape(WG_F64, training, 1);
        wg_dropout(wg_input(tape, WG_INTS(integers, 2)), 0.5);
        fails(tape, WG_BAD_DTYPE, "is not floating");
    }
}
END_TEST

/* Rules run as their node was recorded, in training or not; the tape's own way is as it was afterwards. */
START_TEST(sweeps_leave_the_mode)
{
    for (int all = 0; all < 8; all++) {
        bool recorded = all & 1, now = all & 2, in_vars = all & 4;
        wg_tape *tape = new_tape(WG_F64, recorded, 1);
        wg_var x = leaf(tape, WG_SHAPE(100), 1, 0), y = wg_sum(wg_dropout(x, 0.5));
        wg_tape_set_training(tape, now);
        double slope[100];
        if (in_vars)
            wg_read(wg_grad1(y, x), slope, 100);
        else if (wg_backward(y) == WG_OK)
            wg_read_grad(x, slope, 100);
        ck_assert_msg(wg_tape_status(tape) == WG_OK, "%s", wg_tape_message(tape));
        for (size_t i = 0; i < 100; i++)
            ck_assert(recorded ? slope[i] == 0 || slope[i] == 2 : slope[i] == 1);
        ck_assert(wg_tape_training(tape) == now);
        wg_tape_free(tape);
    }
}
END_TEST

TEST_MAIN("dropout", documented_mask, fraction_and_scale, derivative_has_the_same_mask, replay_draws_anew,
    same_bits_on_any_threads, identity, sweeps_leave_the_mode, special_operands, errors)
