/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The operations lstm and gru: bits, shut gates, floats, zero sizes, errors. */

#include "recurrent.h"

/* ---- Bits ------------------------------------------------------------------------------------------ */

static void same_bytes(wg_var a, const void *x, wg_var b, const void *y)
{
    size_t bytes = wg_count_of(a) * wg_dtype_size(wg_dtype_of(a));
    ck_assert(x && y && wg_count_of(a) == wg_count_of(b));
    ck_assert_int_eq(memcmp(x, y, bytes), 0);
}

START_TEST(the_same_bits_on_any_threads)
{
    for (int threads = 2; threads <= 3; threads++) {
        wg_dtype dtype = _i / 2 ? WG_F32 : WG_F64;
        wg_tape *one = new_tape(dtype, false, 1), *many = new_tape(dtype, false, threads);
        cell a = {.kind = _i % 2, .steps = 5, .samples = 71, .hidden = 33}, b = a;
        operands(one, &a), operands(many, &b);
        apply(&a), apply(&b);
        same_bytes(a.y, wg_data(a.y), b.y, wg_data(b.y));
        ck_assert_int_eq(wg_backward(loss_of(&a)), WG_OK);
        ck_assert_int_eq(wg_backward(loss_of(&b)), WG_OK);
        for (int i = 0; i < 4; i++)
            same_bytes(a.x[i], wg_grad_data(a.x[i]), b.x[i], wg_grad_data(b.x[i]));
        wg_tape_free(one), wg_tape_free(many);
    }
}
END_TEST

/* All units see the same numbers, so all get the same bits, in whole vectors and in the rest. */
START_TEST(a_units_place_does_not_matter)
{
    enum { H = 21, T = 3 };
    size_t gates = _i % 2 == LSTM ? 4 : 3;
    wg_tape *tape = new_tape(_i / 2 ? WG_F32 : WG_F64, false, 1);
    double gx[T * 4 * H], zeros[4 * H * H] = {0};
    for (size_t i = 0; i < T * gates * H; i++)
        gx[i] = sin(3 * (double)(i / H) + 0.3);
    wg_var x = wg_leaf(tape, WG_DOUBLES(gx, T, 1, gates * H)), h0 = wg_leaf(tape, WG_DOUBLES(zeros, 1, H));
    wg_var weight = wg_leaf(tape, WG_DOUBLES(zeros, H, gates * H));
    wg_var y = _i % 2 == LSTM ? wg_lstm(x, h0, h0, weight, NULL)
                              : wg_gru(x, h0, weight, wg_leaf(tape, WG_DOUBLES(zeros, H)));
    ok(tape);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    double *is = values(y), slope[T * 4 * H];
    ck_assert_int_eq(wg_read_grad(x, slope, T * gates * H), WG_OK);
    for (size_t i = 0; i < T * H; i++)
        ck_assert(is[i] == is[i / H * H]);
    for (size_t i = 0; i < T * gates * H; i++)
        ck_assert(slope[i] == slope[i / H * H]);
    free(is);
    wg_tape_free(tape);
}
END_TEST

/* ---- Floats and doubles ---------------------------------------------------------------------------- */

/* Where a gate is all but open or shut its slope is small, not 0, in float too. */
START_TEST(slopes_of_shut_gates)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        double g[2][4] = {{0}}, at = 15.0 * sign;
        for (int f32 = 0; f32 < 2; f32++) {
            wg_tape *tape = new_tape(f32 ? WG_F32 : WG_F64, false, 1);
            double gx[4] = {at, at, _i == LSTM ? 8 : at, at}, half = 0.5, zeros[4] = {0};
            size_t gates = _i == LSTM ? 4 : 3;
            wg_var x = wg_leaf(tape, WG_DOUBLES(gx, 1, 1, gates)), h = wg_leaf(tape, WG_DOUBLES(&half, 1, 1));
            wg_var weight = wg_leaf(tape, WG_DOUBLES(zeros, 1, gates));
            wg_var y = _i == LSTM ? wg_lstm(x, h, h, weight, NULL)
                                  : wg_gru(x, h, weight, wg_leaf(tape, WG_DOUBLES(&half, 1)));
            ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
            ck_assert_int_eq(wg_read_grad(x, g[f32], gates), WG_OK);
            for (size_t i = 0; i < gates; i++)
                ck_assert_msg(g[0][i] != 0 && fabs(g[f32][i] / g[0][i] - 1) < 1e-5,
                    "gate %zu at %g: %g and %g", i, gx[i], g[f32][i], g[0][i]);
            wg_tape_free(tape);
        }
    }
}
END_TEST

START_TEST(floats_beside_doubles)
{
    wg_tape *d = new_tape(WG_F64, false, 1), *f = new_tape(WG_F32, false, 1);
    cell a = {.kind = _i, .steps = 20, .samples = 9, .hidden = 24}, b = a;
    operands(d, &a), operands(f, &b);
    apply(&a), apply(&b);
    same(b.y, a.y, 3e-6, "y");
    ck_assert_int_eq(wg_backward(loss_of(&a)), WG_OK);
    ck_assert_int_eq(wg_backward(loss_of(&b)), WG_OK);
    for (int i = 0; i < 4; i++) {
        size_t n = wg_count_of(a.x[i]);
        double *x = calloc(2 * n, sizeof *x), *y = x + n;
        ck_assert(wg_read_grad(a.x[i], x, n) == WG_OK && wg_read_grad(b.x[i], y, n) == WG_OK);
        for (size_t j = 0; j < n; j++)
            ck_assert_msg(fabs(x[j] - y[j]) < 3e-5 * fmax(1, fabs(x[j])), "%g, %g", x[j], y[j]);
        free(x);
    }
    wg_tape_free(d), wg_tape_free(f);
}
END_TEST

/* ---- Edges ----------------------------------------------------------------------------------------- */

/* No steps: the last state is the first one, and its gradient goes there. Also to the second order. */
START_TEST(zero_sizes)
{
    for (int zero = 0; zero < 8; zero++) {
        wg_tape *tape = new_tape(WG_F64, false, 1);
        cell s = {.kind = _i, .steps = zero & 1 ? 0 : 3, .samples = zero & 2 ? 0 : 2};
        s.hidden = zero & 4 ? 0 : 5;
        operands(tape, &s);
        apply(&s);
        ok(tape);
        ck_assert_uint_eq(wg_count_of(s.y), s.steps * s.samples * s.hidden);
        wg_var loss = loss_of(&s), g[4], h[4];
        ck_assert_int_eq(wg_grad(&loss, 1, NULL, s.x, 4, g), WG_OK);
        if (s.kind == LSTM && s.steps == 0) {
            same(s.c, s.x[2], 0, "c");
            wg_var direct = wg_grad1(weigh(s.x[2], 12), s.x[2]);
            same(g[2], direct, 0, "gradient of c0");
        }
        wg_var again = wg_add(weigh(g[0], 1), wg_add(weigh(g[1], 2), wg_add(weigh(g[2], 3), weigh(g[3], 4))));
        ck_assert_int_eq(wg_grad(&again, 1, NULL, s.x, 4, h), WG_OK);
        for (int i = 0; i < 4; i++)
            ck_assert_uint_eq(wg_count_of(h[i]), wg_count_of(s.x[i]));
        ck_assert_int_eq(wg_replay(tape), WG_OK);
        wg_tape_free(tape);
    }
}
END_TEST

static wg_var zeros_of(wg_tape *tape, wg_shape shape)
{
    return wg_full(tape, shape, 0);
}

START_TEST(shapes_that_do_not_fit)
{
    static const struct {
        wg_shape in[4]; /* of an LSTM with T, N, H = 3, 2, 5 */
        const char *named;
    } wrong[] = {
        {{{3, {3, 2, 20}}, {2, {2, 5}}, {2, {2, 5}}, {2, {5, 15}}}, "[5, 15] must be [H, 4 H]"},
        {{{3, {3, 2, 20}}, {2, {2, 5}}, {2, {2, 5}}, {1, {20}}}, "[20] must be [H, 4 H]"},
        {{{3, {3, 2, 15}}, {2, {2, 5}}, {2, {2, 5}}, {2, {5, 20}}}, "[3, 2, 15] must be [T, N, 20]"},
        {{{2, {2, 20}}, {2, {2, 5}}, {2, {2, 5}}, {2, {5, 20}}}, "[2, 20] must be [T, N, 20]"},
        {{{3, {3, 2, 20}}, {2, {3, 5}}, {2, {2, 5}}, {2, {5, 20}}}, "operand 1 [3, 5] must be [2, 5]"},
        {{{3, {3, 2, 20}}, {2, {2, 5}}, {1, {5}}, {2, {5, 20}}}, "operand 2 [5] must be [2, 5]"},
    };
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x[4], c;
    for (int i = 0; i < 4; i++)
        x[i] = zeros_of(tape, wrong[_i].in[i]);
    ck_assert(!wg_is_valid(wg_lstm(x[0], x[1], x[2], x[3], &c)) && !wg_is_valid(c));
    fails(tape, WG_BAD_SHAPE, wrong[_i].named);
}
END_TEST

START_TEST(a_bias_that_does_not_fit)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var gx = zeros_of(tape, WG_SHAPE(3, 2, 15)), h0 = zeros_of(tape, WG_SHAPE(2, 5));
    wg_gru(gx, h0, zeros_of(tape, WG_SHAPE(5, 15)), zeros_of(tape, WG_SHAPE(15)));
    fails(tape, WG_BAD_SHAPE, "[15] must be [5]");
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {the_same_bits_on_any_threads, 4},
        {a_units_place_does_not_matter, 4},
        {slopes_of_shut_gates, 2},
        {floats_beside_doubles, 2},
        {zero_sizes, 2},
        {shapes_that_do_not_fit, 6},
        {a_bias_that_does_not_fit, 1},
    };
    return harness_run("recurrent_edges", tests, sizeof tests / sizeof tests[0]);
}
