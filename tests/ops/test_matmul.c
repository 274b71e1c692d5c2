/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The matrix product on a tape: worked numbers, shapes, messages. That its gradients are right at every kind
 * of operands is seen by the loops of test_ops.c. */

#include <stdlib.h>
#include <string.h>
#include <wengert/linalg.h>
#include <wengert/shaping.h>

#include "harness.h"

static wg_var zeros(wg_tape *tape, wg_shape shape, const char *name)
{
    return wg_set_name(wg_full(tape, shape, 0), name);
}

static void check_numbers(wg_var x, bool gradient, const double *expected, size_t count)
{
    double got[16] = {0};
    ck_assert_int_eq(gradient ? wg_read_grad(x, got, count) : wg_read(x, got, count), WG_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_double_eq(got[i], expected[i]);
}

/* A @ B = Y, and for the gradient G of Y: G B^T and A^T G.
 *
 *     [1 2 3]   [1  0]   [ 7 -4]         [1 -1]           [1 -1  4]            [1 7]
 *     [4 5 6] @ [0  1] = [16 -7]     G = [0  2]   G B^T = [0  2 -4]    A^T G = [2 8]
 *               [2 -2]                                                         [3 9] */
START_TEST(worked_numbers)
{
    static const double a[] = {1, 2, 3, 4, 5, 6}, a_t[] = {1, 4, 2, 5, 3, 6}, b[] = {1, 0, 0, 1, 2, -2};
    static const double b_t[] = {1, 0, 2, 0, 1, -2}, seed[] = {1, -1, 0, 2}, y[] = {7, -4, 16, -7};
    static const double da[] = {1, -1, 4, 0, 2, -4}, da_t[] = {1, 0, -1, 2, 4, -4};
    static const double db[] = {1, 7, 2, 8, 3, 9}, db_t[] = {1, 2, 3, 7, 8, 9};
    for (int flags = 0; flags < 4; flags++) {
        bool ta = flags & 1, tb = flags & 2;
        wg_tape *tape = wg_tape_new(NULL);
        wg_var left = wg_leaf(tape, ta ? WG_DOUBLES(a_t, 3, 2) : WG_DOUBLES(a, 2, 3));
        wg_var right = wg_leaf(tape, tb ? WG_DOUBLES(b_t, 2, 3) : WG_DOUBLES(b, 3, 2));
        wg_var product = wg_matmul_t(left, right, ta, tb);
        check_numbers(product, false, y, 4);
        ck_assert_int_eq(wg_backward_from(product, WG_DOUBLES(seed, 2, 2)), WG_OK);
        check_numbers(left, true, ta ? da_t : da, 6);
        check_numbers(right, true, tb ? db_t : db, 6);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(shapes_are_numpys)
{
    static const struct {
        wg_shape a, b, y;
        bool ta, tb;
    } of[] = {
        {{2, {2, 3}}, {2, {3, 4}}, {2, {2, 4}}, false, false},
        {{2, {3, 2}}, {2, {4, 3}}, {2, {2, 4}}, true, true},
        {{1, {3}}, {1, {3}}, {0, {0}}, false, false},
        {{1, {3}}, {2, {3, 4}}, {1, {4}}, true, false},
        {{2, {2, 3}}, {1, {3}}, {1, {2}}, false, true},
        {{1, {3}}, {3, {5, 4, 3}}, {2, {5, 4}}, false, true},
        {{3, {5, 2, 3}}, {1, {3}}, {2, {5, 2}}, false, false},
        {{4, {7, 1, 2, 3}}, {3, {5, 3, 4}}, {4, {7, 5, 2, 4}}, false, false},
        {{3, {0, 2, 3}}, {3, {1, 3, 4}}, {3, {0, 2, 4}}, false, false},
        {{2, {2, 0}}, {2, {0, 4}}, {2, {2, 4}}, false, false},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_var y = wg_matmul_t(wg_full(tape, of[i].a, 1), wg_full(tape, of[i].b, 2), of[i].ta, of[i].tb);
        wg_shape got = wg_shape_of(y);
        ck_assert_msg(
            wg_is_valid(y) && wg_shape_equal(&got, &of[i].y), "case %zu: %s", i, wg_tape_message(tape));
        double sum = 2 * (double)of[i].a.dim[of[i].a.rank - 1 - (of[i].ta && of[i].a.rank > 1)];
        for (size_t j = 0; j < wg_count_of(y); j++) {
            double numbers[280];
            ck_assert_int_eq(wg_read(y, numbers, wg_count_of(y)), WG_OK);
            ck_assert_double_eq(numbers[j], sum);
        }
        wg_tape_free(tape);
    }
}
END_TEST

static void check_message(wg_tape *tape, wg_var y, wg_status status, const char *message)
{
    ck_assert(!wg_is_valid(y));
    ck_assert_int_eq(wg_tape_status(tape), status);
    ck_assert_str_eq(wg_tape_message(tape), message);
    wg_tape_reset(tape);
}

START_TEST(misfits_are_named)
{
    static const int labels[] = {1, 2};
    wg_tape *tape = wg_tape_new(NULL);
    wg_shape x = WG_SHAPE(128, 784), w = WG_SHAPE(512, 256);
    check_message(tape, wg_matmul(zeros(tape, x, "x"), zeros(tape, w, "W")), WG_BAD_SHAPE,
        "matmul: inner dimensions differ: x [128, 784] @ W [512, 256]");
    check_message(tape, wg_matmul_t(zeros(tape, x, "x"), zeros(tape, w, "W"), false, true), WG_BAD_SHAPE,
        "matmul: inner dimensions differ: x [128, 784] @ W [512, 256] transposed");
    check_message(tape, wg_matmul(zeros(tape, WG_SHAPE(2, 3, 4), "a"), zeros(tape, WG_SHAPE(5, 4, 3), "b")),
        WG_BAD_SHAPE, "matmul: batch dimensions do not broadcast: a [2, 3, 4] @ b [5, 4, 3]");
    check_message(tape, wg_matmul(zeros(tape, WG_SHAPE(3), "v"), zeros(tape, WG_SHAPE(4, 3), "b")),
        WG_BAD_SHAPE, "matmul: inner dimensions differ: v [3] @ b [4, 3]");
    check_message(tape, wg_matmul(wg_set_name(wg_scalar(tape, 1), "s"), zeros(tape, w, "W")), WG_BAD_SHAPE,
        "matmul: a scalar is no matrix: s [] @ W [512, 256]");
    check_message(tape,
        wg_matmul(
            wg_set_name(wg_input(tape, WG_INTS(labels, 1, 2)), "labels"), zeros(tape, WG_SHAPE(2, 2), "W")),
        WG_BAD_DTYPE, "matmul: labels [1, 2] is i32; floats or doubles are needed");
    wg_tape_free(tape);
}
END_TEST

/* A layer's three products, each cut into blocks, and a batch of small ones, on 1, 2 and 3 threads. */
enum { BATCH = 96, IN = 333, OUT = 260, MOST = BATCH * IN + IN * OUT };

static void train(wg_dtype dtype, int threads, wg_shape a, wg_shape b, double *gradients)
{
    static double numbers[MOST];
    for (size_t i = 0; i < MOST; i++)
        numbers[i] = (double)(i * 2654435761u % 1000) / 999 - 0.5;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = threads});
    wg_var x = wg_leaf(tape, wg_array_of(numbers, WG_F64, a)),
           w = wg_leaf(tape, wg_array_of(numbers, WG_F64, b));
    wg_var y = wg_matmul(x, w);
    ck_assert_int_eq(wg_backward_from(y, wg_array_of(numbers, WG_F64, wg_shape_of(y))), WG_OK);
    ck_assert_int_eq(wg_read_grad(x, gradients, wg_count_of(x)), WG_OK);
    ck_assert_int_eq(wg_read_grad(w, gradients + wg_count_of(x), wg_count_of(w)), WG_OK);
    wg_tape_free(tape);
}

START_TEST(threads_do_not_change_a_bit)
{
    static double one[MOST], many[MOST];
    for (int i = 0; i < 4; i++) {
        wg_shape a = i < 2 ? WG_SHAPE(BATCH, IN) : WG_SHAPE(30, 20, 30);
        wg_shape b = i < 2 ? WG_SHAPE(IN, OUT) : WG_SHAPE(30, 30, 40);
        wg_dtype dtype = i % 2 ? WG_F32 : WG_F64;
        train(dtype, 1, a, b, one);
        for (int threads = 2; threads <= 3; threads++) {
            train(dtype, threads, a, b, many);
            ck_assert_msg(memcmp(one, many, sizeof one) == 0, "case %d, %d threads", i, threads);
        }
    }
}
END_TEST

/* y = x w^T + b: PyTorch's linear([[1, 2]], [[1, 0], [2, 1], [0, 3]], [10, 20, 30]). */
START_TEST(linear)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2}), 1, 2));
    wg_var w = wg_leaf(tape, WG_DOUBLES(((double[]){1, 0, 2, 1, 0, 3}), 3, 2));
    wg_var b = wg_leaf(tape, WG_DOUBLES(((double[]){10, 20, 30}), 3));
    wg_var y = wg_linear(x, w, b);
    check_numbers(y, false, (const double[]){11, 24, 36}, 3);
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(((double[]){1, 2, 3}), 1, 3)), WG_OK);
    check_numbers(x, true, (const double[]){5, 11}, 2);
    check_numbers(w, true, (const double[]){1, 2, 2, 4, 3, 6}, 6);
    check_numbers(b, true, (const double[]){1, 2, 3}, 3);
    wg_var many = wg_linear(wg_full(tape, WG_SHAPE(4, 5, 2), 1), w, b);
    wg_shape shape = wg_shape_of(many), wanted = WG_SHAPE(4, 5, 3);
    ck_assert(wg_shape_equal(&shape, &wanted));
    ck_assert(!wg_is_valid(wg_linear(x, wg_transpose(w), b)));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_SHAPE);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("matmul", worked_numbers, shapes_are_numpys, linear, misfits_are_named, threads_do_not_change_a_bit)
