/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/reduce.h>

#include "reduce_checks.h"

/* ---- Values ---------------------------------------------------------------------------------------- */

START_TEST(by_hand)
{
    set_up();
    wg_var x = leaf((const double[]){1, 2, 3, 4, 5, 6}, WG_SHAPE(2, 3));
    CHECK_ITEM(wg_sum(x), 21, 0);
    CHECK_VALUE(wg_sum_over(x, WG_AXES(0), false), WG_SHAPE(3), 0, 5, 7, 9);
    CHECK_VALUE(wg_sum_over(x, WG_AXES(-1), true), WG_SHAPE(2, 1), 0, 6, 15);
    CHECK_VALUE(wg_sum_over(x, WG_ALL_AXES, true), WG_SHAPE(1, 1), 0, 21);
    CHECK_ITEM(wg_mean(x), 3.5, 0);
    CHECK_VALUE(wg_mean_over(x, WG_AXES(1), false), WG_SHAPE(2), 0, 2, 5);
    CHECK_ITEM(wg_variance(x, 0), 17.5 / 6, 1e-15);
    CHECK_ITEM(wg_variance(x, 1), 3.5, 1e-15);
    CHECK_VALUE(wg_variance_over(x, WG_AXES(0), 0, true), WG_SHAPE(1, 3), 0, 2.25, 2.25, 2.25);
    CHECK_ITEM(wg_norm(x), sqrt(91), 1e-15);
    CHECK_VALUE(wg_norm_over(x, WG_AXES(0), false), WG_SHAPE(3), 1e-15, sqrt(17), sqrt(29), sqrt(45));
    CHECK_ITEM(wg_prod(x), 720, 0);
    CHECK_VALUE(wg_prod_over(x, WG_AXES(-2), false), WG_SHAPE(3), 0, 4, 10, 18);
    CHECK_ITEM(wg_max(x), 6, 0);
    CHECK_ITEM(wg_min(x), 1, 0);
    CHECK_VALUE(wg_max_over(x, WG_AXES(1), true), WG_SHAPE(2, 1), 0, 3, 6);
    CHECK_VALUE(wg_min_over(x, WG_AXES(0), false), WG_SHAPE(3), 0, 1, 2, 3);
    CHECK_VALUE(wg_argmax(x, 1), WG_SHAPE(2), 0, 2, 2);
    CHECK_VALUE(wg_argmax(x, -2), WG_SHAPE(3), 0, 1, 1, 1);
    CHECK_VALUE(wg_cumsum(x, 0), WG_SHAPE(2, 3), 0, 1, 2, 3, 5, 7, 9);
    CHECK_VALUE(wg_cumsum(x, 1), WG_SHAPE(2, 3), 0, 1, 3, 6, 4, 9, 15);
    CHECK_VALUE(wg_argmin(x, 1), WG_SHAPE(2), 0, 0, 0);
    CHECK_VALUE(wg_argmin(wg_neg(x), -2), WG_SHAPE(3), 0, 1, 1, 1);
    const double odd[] = {2, -1, -1, (double)NAN, 0, 0, (double)INFINITY, 7, (double)INFINITY};
    CHECK_VALUE(wg_argmin(leaf(odd, WG_SHAPE(3, 3)), 1), WG_SHAPE(3), 0, 1, 0, 1);
    const double largest[] = {1.7e308, 1.5e308, -1.7e308, -1.5e308, 2e-323, 1e-323};
    CHECK_VALUE(wg_argmin(leaf(largest, WG_SHAPE(3, 2)), 1), WG_SHAPE(3), 0, 1, 0, 1);
    CHECK_VALUE(wg_argmax(leaf(largest, WG_SHAPE(3, 2)), 1), WG_SHAPE(3), 0, 0, 1, 0);
    ck_assert_int_eq(wg_dtype_of(wg_argmax(x, 1)), WG_I32);
    ck_assert_int_eq(wg_dtype_of(wg_argmin(x, 1)), WG_I32);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    tear_down();
}
END_TEST

/* A scalar has no axes: it is reduced to itself. */
START_TEST(of_a_scalar)
{
    set_up();
    wg_var x = wg_scalar(tape, -3);
    CHECK_ITEM(wg_sum(x), -3, 0);
    CHECK_ITEM(wg_mean(x), -3, 0);
    CHECK_ITEM(wg_prod(x), -3, 0);
    CHECK_ITEM(wg_max(x), -3, 0);
    CHECK_ITEM(wg_min(x), -3, 0);
    CHECK_ITEM(wg_logsumexp(x), -3, 0);
    CHECK_ITEM(wg_norm(x), 3, 0);
    CHECK_ITEM(wg_variance(x, 0), 0, 0);
    ck_assert_int_eq(wg_backward(wg_add(wg_norm(x), wg_max(x))), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 0);
    tear_down();
}
END_TEST

/* The order of the axes in the list does not matter, and negative ones are the same axes. */
START_TEST(axes_of_images)
{
    set_up();
    double x[2 * 3 * 2 * 2], want[3] = {0};
    for (size_t i = 0; i < 24; i++) {
        x[i] = (double)(i * i);
        want[i / 4 % 3] += x[i];
    }
    wg_var v = leaf(x, WG_SHAPE(2, 3, 2, 2));
    check_value("0 2 3", wg_sum_over(v, WG_AXES(0, 2, 3), false), WG_SHAPE(3), want, 0);
    check_value("-1 0 -2", wg_sum_over(v, WG_AXES(-1, 0, -2), true), WG_SHAPE(1, 3, 1, 1), want, 0);
    tear_down();
}
END_TEST

START_TEST(of_nothing)
{
    set_up();
    wg_var x = leaf(NULL, WG_SHAPE(2, 0));
    CHECK_ITEM(wg_sum(x), 0, 0);
    CHECK_ITEM(wg_prod(x), 1, 0);
    CHECK_ITEM(wg_norm(x), 0, 0);
    CHECK_ITEM(wg_mean(x), NOT_A_NUMBER, 0);
    CHECK_ITEM(wg_variance(x, 0), NOT_A_NUMBER, 0);
    CHECK_ITEM(wg_logsumexp(x), -INF, 0);
    CHECK_VALUE(wg_sum_over(x, WG_AXES(1), false), WG_SHAPE(2), 0, 0, 0);
    CHECK_VALUE(wg_mean_over(x, WG_AXES(1), false), WG_SHAPE(2), 0, NOT_A_NUMBER, NOT_A_NUMBER);
    CHECK_VALUE(wg_prod_over(x, WG_AXES(1), true), WG_SHAPE(2, 1), 0, 1, 1);
    CHECK_VALUE(wg_logsumexp_over(x, WG_AXES(1), false), WG_SHAPE(2), 0, -INF, -INF);
    CHECK_VALUE(wg_sum_to(x, WG_SHAPE(2, 1)), WG_SHAPE(2, 1), 0, 0, 0);
    const double none[1] = {0};
    check_value("sum over 0", wg_sum_over(x, WG_AXES(0), false), WG_SHAPE(0), none, 0);
    check_value("max over 0", wg_max_over(x, WG_AXES(0), false), WG_SHAPE(0), none, 0);
    check_value("argmax over 0", wg_argmax(x, 0), WG_SHAPE(0), none, 0);
    check_value("softmax", wg_softmax(x, 1), WG_SHAPE(2, 0), none, 0);
    check_value("cumsum", wg_cumsum(x, 1), WG_SHAPE(2, 0), none, 0);
    for (int axis = 0; axis < 2; axis++) {
        wg_axes axes = WG_AXES(axis);
        wg_var all = wg_add(wg_sum_over(x, axes, false), wg_mean_over(x, axes, false));
        all = wg_add(all, wg_add(wg_prod_over(x, axes, false), wg_norm_over(x, axes, false)));
        all = wg_add(all, wg_add(wg_variance_over(x, axes, 0, false), wg_logsumexp_over(x, axes, false)));
        if (axis == 0)
            all = wg_add(all, wg_add(wg_max_over(x, axes, false), wg_min_over(x, axes, false)));
        ck_assert_int_eq(wg_backward(wg_sum(all)), WG_OK);
        check_value("no gradient", wg_grad1(wg_sum(all), x), WG_SHAPE(2, 0), none, 0);
    }
    tear_down();
}
END_TEST

/* The divisor is never below 0, as in NumPy. */
START_TEST(variance_of_few)
{
    set_up();
    wg_var x = VECTOR(1, 2);
    CHECK_ITEM(wg_variance(x, 1), 0.5, 0);
    CHECK_ITEM(wg_variance(x, 2), INF, 0);
    CHECK_ITEM(wg_variance(x, 3), INF, 0);
    CHECK_ITEM(wg_variance(VECTOR(4), 1), NOT_A_NUMBER, 0);
    tear_down();
}
END_TEST

/* ---- The lectures' numbers ------------------------------------------------------------------------- */

/* N4: the squared norm of q = W x; N10: the norm with the root, of weights that give the same product. */
START_TEST(lecture_norms)
{
    set_up();
    wg_var q = VECTOR(0.22, 0.26);
    wg_var f = wg_square(wg_norm(q));
    CHECK_ITEM(f, 0.116, 1e-15);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    CHECK_GRAD(q, 1e-15, 0.44, 0.52);
    CHECK_ITEM(wg_norm(VECTOR(1, 0, 0, 0)), 1, 0);
    CHECK_ITEM(wg_norm(VECTOR(.25, .25, .25, .25)), 0.5, 0);
    tear_down();
}
END_TEST

/* N8: softmax of the scores of N5, and equal logits. */
START_TEST(lecture_softmax)
{
    set_up();
    wg_var s = leaf((const double[]){3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1}, WG_SHAPE(3, 3));
    wg_var first = leaf((const double[]){3.2, 5.1, -1.7}, WG_SHAPE(3));
    wg_var truth = wg_const(tape, WG_DOUBLES(((const double[]){1, 0, 0, 0, 1, 0, 0, 0, 1}), 3, 3));
    wg_var losses = wg_neg(wg_sum_over(wg_mul(truth, wg_log_softmax(s, 1)), WG_AXES(1), false));
    CHECK_VALUE(losses, WG_SHAPE(3), 5e-7, 2.040355, 0.079132, 6.156477);
    CHECK_ITEM(wg_mean(losses), 2.758655, 5e-7);
    CHECK_VALUE(wg_softmax(first, 0), WG_SHAPE(3), 5e-7, 0.129983, 0.869050, 0.000968);
    ck_assert_int_eq(wg_backward(wg_sum(losses)), WG_OK);
    double grad[9];
    ck_assert_int_eq(wg_read_grad(s, grad, 9), WG_OK);
    check("p - y", grad, 3, (const double[]){-0.870017, 0.869050, 0.000968}, 5e-7);
    CHECK_ITEM(wg_logsumexp(VECTOR(0, 0, 0)), log(3), 1e-15);
    CHECK_VALUE(wg_log_softmax(VECTOR(7, 7), 0), WG_SHAPE(2), 1e-15, -log(2), -log(2));
    tear_down();
}
END_TEST

/* N12: the distances of two images. */
START_TEST(lecture_distances)
{
    set_up();
    wg_var a = VECTOR(56, 32, 10, 18, 90, 23, 128, 133, 24, 26, 178, 200, 2, 0, 255, 220);
    wg_var b = VECTOR(10, 20, 24, 17, 8, 10, 89, 100, 12, 16, 178, 170, 4, 32, 233, 112);
    CHECK_ITEM(wg_sum(wg_abs(wg_sub(a, b))), 456, 0);
    CHECK_ITEM(wg_norm(wg_sub(a, b)), 162.111073, 1e-8);
    tear_down();
}
END_TEST

/* N32: batch normalisation from its parts. */
START_TEST(lecture_normalisation)
{
    set_up();
    wg_var x = VECTOR(1, 2, 4, 5), gamma = wg_scalar(tape, 2);
    wg_var variance = wg_variance(x, 0), mean = wg_mean(x);
    wg_var hat = wg_mul(wg_sub(x, mean), wg_rsqrt(wg_addc(variance, 1e-5)));
    wg_var y = wg_addc(wg_mul(gamma, hat), 0.5);
    CHECK_ITEM(mean, 3, 0);
    CHECK_ITEM(variance, 2.5, 0);
    CHECK_VALUE(hat, WG_SHAPE(4), 1e-7, -1.2649085, -.6324543, .6324543, 1.2649085);
    CHECK_VALUE(y, WG_SHAPE(4), 1e-7, -2.0298171, -.7649085, 1.7649085, 3.0298171);
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(((const double[]){1, 0, 0, -1}), 4)), WG_OK);
    CHECK_GRAD(x, 1e-8, .25298575, -.50596139, .50596139, -.25298575);
    CHECK_GRAD(gamma, 1e-7, -2.5298171);
    tear_down();
}
END_TEST

/* ---- Errors ---------------------------------------------------------------------------------------- */

static void check_error(wg_var x, wg_status status, const char *message)
{
    ck_assert(!wg_is_valid(x));
    ck_assert_int_eq(wg_tape_status(tape), status);
    ck_assert_msg(
        strstr(wg_tape_message(tape), message), "\"%s\" lacks \"%s\"", wg_tape_message(tape), message);
    wg_tape_reset(tape);
}

static wg_var matrix(void)
{
    return leaf((const double[]){1, 2, 3, 4, 5, 6}, WG_SHAPE(2, 3));
}

/* A list of axes that a program filled, and that came out empty, does not mean all of them. */
START_TEST(an_empty_list_of_axes_is_none)
{
    set_up();
    const wg_axes none = {0};
    const double x[6] = {1, 2, 3, 4, 5, 6};
    double y[6];
    wg_var (*const over[])(wg_var, wg_axes, bool) = {
        wg_sum_over, wg_mean_over, wg_max_over, wg_min_over, wg_norm_over, wg_logsumexp_over, wg_prod_over};
    for (size_t k = 0; k < sizeof over / sizeof *over; k++) {
        wg_var v = leaf(x, WG_SHAPE(2, 3)), r = over[k](v, none, k % 2);
        ck_assert_int_eq(wg_read(r, y, 6), WG_OK);
        ck_assert_int_eq(wg_backward(wg_sum(r)), WG_OK);
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq(y[i], x[i]);
        ck_assert_int_eq(wg_read_grad(v, y, 6), WG_OK);
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq(y[i], 1);
    }
    ck_assert_int_eq(wg_read(wg_variance_over(leaf(x, WG_SHAPE(2, 3)), none, 0, false), y, 6), WG_OK);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(y[i], 0);
    ck_assert_double_eq(wg_item(wg_sum_over(matrix(), WG_ALL_AXES, false)), 21);
    wg_tape_free(tape);
}
END_TEST

START_TEST(wrong_axes)
{
    set_up();
    const wg_axes too_many = {.count = 9};
    check_error(
        wg_sum_over(matrix(), WG_AXES(2), false), WG_BAD_SHAPE, "there is no axis 2 in operand 0 [2, 3]");
    check_error(wg_mean_over(matrix(), WG_AXES(-3), false), WG_BAD_SHAPE, "axis -3");
    check_error(wg_max_over(matrix(), WG_AXES(0, 5), false), WG_BAD_SHAPE, "axis 5");
    check_error(wg_sum_over(matrix(), WG_AXES(1, -1), false), WG_BAD_SHAPE,
        "axis -1 of operand 0 [2, 3] is named twice");
    check_error(wg_sum_over(matrix(), too_many, false), WG_BAD_SHAPE, "9 axes");
    check_error(wg_sum_over(wg_scalar(tape, 1), WG_AXES(0), false), WG_BAD_SHAPE, "axis 0");
    check_error(wg_softmax(matrix(), 2), WG_BAD_SHAPE, "softmax: there is no axis 2");
    check_error(wg_log_softmax(matrix(), -3), WG_BAD_SHAPE, "axis -3");
    check_error(wg_cumsum(matrix(), 7), WG_BAD_SHAPE, "axis 7");
    check_error(wg_argmax(wg_scalar(tape, 1), 0), WG_BAD_SHAPE, "axis 0");
    check_error(wg_variance(matrix(), -1), WG_INVALID, "ddof is -1");
    tear_down();
}
END_TEST

START_TEST(wrong_operands)
{
    set_up();
    const int32_t numbers[] = {1, 2};
    check_error(wg_max(leaf(NULL, WG_SHAPE(2, 0))), WG_BAD_SHAPE, "max: there is no extremum of nothing");
    check_error(wg_min_over(leaf(NULL, WG_SHAPE(2, 0)), WG_AXES(1), false), WG_BAD_SHAPE, "[2, 0]");
    check_error(
        wg_argmax(leaf(NULL, WG_SHAPE(0, 2)), 0), WG_BAD_SHAPE, "argmax: there is no extremum of nothing");
    check_error(
        wg_argmin(leaf(NULL, WG_SHAPE(0, 2)), 0), WG_BAD_SHAPE, "argmin: there is no extremum of nothing");
    check_error(wg_sum_to(matrix(), WG_SHAPE(2)), WG_BAD_SHAPE, "[2, 3] is no stretched [2]");
    check_error(wg_sum_to(matrix(), WG_SHAPE(1, 2, 3)), WG_BAD_SHAPE, "[1, 2, 3]");
    check_error(wg_sum(wg_input(tape, WG_INTS(numbers, 2))), WG_BAD_DTYPE, "i32");
    check_error(wg_softmax(wg_input(tape, WG_INTS(numbers, 2)), 0), WG_BAD_DTYPE, "i32");
    check_error(wg_argmax(wg_input(tape, WG_INTS(numbers, 2)), 0), WG_BAD_DTYPE, "i32");
    ck_assert(!wg_is_valid(wg_sum((wg_var){0})));
    ck_assert(!wg_is_valid(wg_sum_to((wg_var){0}, WG_SHAPE(2))));
    tear_down();
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {by_hand, 0},
        {of_a_scalar, 0},
        {axes_of_images, 0},
        {of_nothing, 0},
        {variance_of_few, 0},
        {lecture_norms, 0},
        {lecture_softmax, 0},
        {lecture_distances, 0},
        {lecture_normalisation, 0},
        {an_empty_list_of_axes_is_none, 0},
        {wrong_axes, 0},
        {wrong_operands, 0},
    };
    return harness_run("reduce", tests, sizeof tests / sizeof tests[0]);
}
