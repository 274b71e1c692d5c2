/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where reductions are delicate: derivatives at ties and zeros, large exponents, long sums, threads. */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/linalg.h>
#include <wengert/math.h>
#include <wengert/op.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>

#include "reduce_checks.h"

/* ---- Special cases of derivatives ------------------------------------------------------------------ */

START_TEST(first_extremum_gets_the_gradient)
{
    set_up();
    wg_var x = leaf((const double[]){1, 7, 7, -2, -2, 0}, WG_SHAPE(2, 3));
    ck_assert_int_eq(wg_backward(wg_max(x)), WG_OK);
    CHECK_GRAD(x, 0, 0, 1, 0, 0, 0, 0);
    ck_assert_int_eq(wg_backward(wg_min(x)), WG_OK);
    CHECK_GRAD(x, 0, 0, 0, 0, 1, 0, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_square(wg_max_over(x, WG_AXES(1), false)))), WG_OK);
    CHECK_GRAD(x, 0, 0, 14, 0, 0, 0, 0);
    CHECK_VALUE(wg_grad1(wg_sum(wg_square(wg_min_over(x, WG_AXES(1), false))), x), WG_SHAPE(2, 3), 0, 2, 0, 0,
        -4, 0, 0);
    tear_down();
}
END_TEST

START_TEST(extrema_pass_nan_on)
{
    set_up();
    wg_var x = leaf((const double[]){1, NOT_A_NUMBER, 9, 3, 2, NOT_A_NUMBER}, WG_SHAPE(3, 2));
    CHECK_VALUE(wg_max_over(x, WG_AXES(0), false), WG_SHAPE(2), 0, 9, NOT_A_NUMBER);
    CHECK_VALUE(wg_min_over(x, WG_AXES(1), false), WG_SHAPE(3), 0, NOT_A_NUMBER, 3, NOT_A_NUMBER);
    CHECK_VALUE(wg_argmax(x, 0), WG_SHAPE(2), 0, 1, 0);
    CHECK_VALUE(wg_argmax(x, 1), WG_SHAPE(3), 0, 1, 0, 1);
    ck_assert_int_eq(wg_backward(wg_max(x)), WG_OK);
    CHECK_GRAD(x, 0, 0, 1, 0, 0, 0, 0);
    CHECK_ITEM(wg_max(VECTOR(-INF, -INF)), -INF, 0);
    CHECK_ITEM(wg_sum(x), NOT_A_NUMBER, 0);
    CHECK_ITEM(wg_logsumexp(x), NOT_A_NUMBER, 0);
    CHECK_ITEM(wg_norm(x), NOT_A_NUMBER, 0);
    tear_down();
}
END_TEST

/* The place of the maximum is found anew by a replay, by the kernel and by the recorded rule. */
START_TEST(extrema_move_in_a_replay)
{
    set_up();
    wg_var x = VECTOR(3, 1, 2);
    wg_var y = wg_max(x), slope = wg_grad1(y, x);
    CHECK_VALUE(slope, WG_SHAPE(3), 0, 1, 0, 0);
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(((const double[]){0, 1, 5}), 3)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    CHECK_ITEM(y, 5, 0);
    CHECK_VALUE(slope, WG_SHAPE(3), 0, 0, 0, 1);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    CHECK_GRAD(x, 0, 0, 0, 1);
    tear_down();
}
END_TEST

/* d2/dx_i dx_j of a product is the product of the others, 0 on the diagonal; with `zeros` zeros among five.
 */
START_TEST(product_with_zeros)
{
    set_up();
    double x[5] = {2, -3, 0.5, 4, -1.5}, want[5], hessian[25];
    for (int k = 0; k < _i; k++)
        x[2 * k % 5] = 0;
    for (int i = 0; i < 5; i++) {
        want[i] = 1;
        for (int k = 0; k < 5; k++)
            want[i] *= k == i ? 1 : x[k];
        for (int j = 0; j < 5; j++) {
            hessian[5 * i + j] = i != j;
            for (int k = 0; k < 5; k++)
                hessian[5 * i + j] *= k == i || k == j ? 1 : x[k];
        }
    }
    wg_var v = leaf(x, WG_SHAPE(5)), y = wg_prod(v);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    check_grad("gradient", v, want, 1e-15);
    wg_var gradient = wg_grad1(y, v);
    check_value("recorded gradient", gradient, WG_SHAPE(5), want, 1e-15);
    for (size_t i = 0; i < 5; i++) {
        double unit[5] = {0};
        unit[i] = 1;
        wg_var row = wg_grad1(wg_sum(wg_mul(gradient, wg_const(tape, WG_DOUBLES(unit, 5)))), v);
        check_value("row of the Hessian", row, WG_SHAPE(5), hessian + 5 * i, 1e-15);
    }
    tear_down();
}
END_TEST

START_TEST(norm_at_zero)
{
    set_up();
    wg_var x = leaf((const double[]){0, 0, 3, 4}, WG_SHAPE(2, 2));
    wg_var y = wg_norm_over(x, WG_AXES(1), false);
    CHECK_VALUE(y, WG_SHAPE(2), 0, 0, 5);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    CHECK_GRAD(x, 1e-15, 0, 0, 0.6, 0.8);
    wg_var gradient = wg_grad1(wg_sum(y), x);
    CHECK_VALUE(gradient, WG_SHAPE(2, 2), 1e-15, 0, 0, 0.6, 0.8);
    ck_assert_int_eq(wg_backward(wg_sum(gradient)), WG_OK); /* (1 - u u^T) / 5 times ones */
    CHECK_GRAD(x, 1e-15, 0, 0, (1 - 0.6 * 1.4) / 5, (1 - 0.8 * 1.4) / 5);
    tear_down();
}
END_TEST

START_TEST(norm_of_extremes)
{
    set_up();
    CHECK_ITEM(wg_norm(VECTOR(3e200, -4e200)), 5e200, 1e-15);
    CHECK_ITEM(wg_norm(VECTOR(3e-200, 4e-200)), 5e-200, 0);
    ck_assert_double_lt(fabs(wg_item(wg_norm(VECTOR(3e-200, 4e-200))) / 5e-200 - 1), 1e-15);
    CHECK_ITEM(wg_norm(VECTOR(1, -INF)), INF, 0);
    CHECK_ITEM(wg_norm(VECTOR(1e-310, 0)), 1e-310, 0);
    CHECK_VALUE(wg_norm_over(leaf((const double[]){3e200, 4e200, 3, 4}, WG_SHAPE(2, 2)), WG_AXES(1), false),
        WG_SHAPE(2), 1e-15, 5e200, 5);
    tear_down();
}
END_TEST

/* Large, small and missing exponents. */
START_TEST(stable_exponentials)
{
    set_up();
    wg_var x = leaf((const double[]){1000, 1001, -1000, -1001, -INF, 2}, WG_SHAPE(3, 2));
    double l = log1p(exp(-1)), p = 1 / (1 + exp(-1));
    CHECK_VALUE(wg_logsumexp_over(x, WG_AXES(1), false), WG_SHAPE(3), 1e-15, 1001 + l, -1000 + l, 2);
    CHECK_VALUE(wg_softmax(x, 1), WG_SHAPE(3, 2), 1e-15, 1 - p, p, p, 1 - p, 0, 1);
    CHECK_VALUE(wg_log_softmax(x, 1), WG_SHAPE(3, 2), 1e-15, -1 - l, -l, -l, -1 - l, -INF, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_logsumexp_over(x, WG_AXES(1), false))), WG_OK);
    CHECK_GRAD(x, 1e-13, 1 - p, p, p, 1 - p, 0, 1);
    CHECK_ITEM(wg_logsumexp(VECTOR(DBL_MAX, DBL_MAX)), DBL_MAX, 0);
    CHECK_ITEM(wg_logsumexp(VECTOR(INF, 1)), INF, 0);
    CHECK_VALUE(wg_softmax(VECTOR(-DBL_MAX, DBL_MAX), 0), WG_SHAPE(2), 0, 0, 1);
    CHECK_VALUE(wg_softmax(VECTOR(-INF, -INF), 0), WG_SHAPE(2), 0, 0, 0);
    CHECK_VALUE(wg_log_softmax(VECTOR(-INF, -INF), 0), WG_SHAPE(2), 0, -INF, -INF);
    CHECK_VALUE(wg_softmax(VECTOR(1, NOT_A_NUMBER), 0), WG_SHAPE(2), 0, NOT_A_NUMBER, NOT_A_NUMBER);
    tear_down();
}
END_TEST

START_TEST(logsumexp_of_minus_infinity)
{
    set_up();
    wg_var x = VECTOR(-INF, -INF), y = wg_logsumexp(x);
    CHECK_ITEM(y, -INF, 0);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    CHECK_GRAD(x, 0, 0, 0);
    CHECK_VALUE(wg_grad1(y, x), WG_SHAPE(2), 0, 0, 0);
    tear_down();
}
END_TEST

/* Scores of three queries, the second one masked as a whole: it attends to nothing, its derivatives of all
 * orders are 0, and the others have the bits that they have without it. `axis` is the keys'. */
static void attend(wg_dtype dtype, int axis, int masked, double *out)
{
    static const double q[] = {0.3, -1, 2, 0.5, 1, -0.25};
    const double no = (double)-INFINITY, mask[] = {0, no, 0, 0, masked ? no : 0, masked ? no : 0,
                                             masked ? no : 0, masked ? no : 0, 0, 0, no, 0};
    wg_tape *t = wg_tape_new(&(wg_tape_options){.dtype = dtype});
    wg_var x = wg_leaf(t, WG_DOUBLES(q, 3, 2)),
           keys = wg_const(t, WG_DOUBLES(((double[]){1, 2, -1, 0, 3, 1, 0.5, 2}), 2, 4));
    wg_var scores = wg_add(wg_matmul(x, keys), wg_const(t, WG_DOUBLES(mask, 3, 4)));
    scores = axis ? scores : wg_transpose(scores);
    wg_var y = wg_softmax(scores, axis), l = wg_exp(wg_log_softmax(scores, axis));
    wg_var each = wg_sum_over(wg_add(wg_square(y), wg_mul(l, y)), WG_AXES(axis), false);
    wg_var total = wg_sum(wg_mul(each, wg_const(t, WG_DOUBLES(((double[]){1, 2, 3}), 3))));
    ck_assert_int_eq(wg_backward(total), WG_OK);
    ck_assert_int_eq(wg_read(each, out, 3), WG_OK);
    ck_assert_int_eq(wg_read_grad(x, out + 3, 6), WG_OK);
    for (int order = 0; order < 3; order++) {
        wg_var g = wg_grad1(total, x);
        ck_assert_int_eq(wg_read(g, out + 9 + order * 6, 6), WG_OK);
        total = wg_sum(wg_square(g));
    }
    wg_tape_free(t);
}

START_TEST(masked_rows)
{
    for (int axis = 0; axis < 2; axis++) {
        double with[27], without[27];
        attend(_i ? WG_F32 : WG_F64, axis, 1, with);
        attend(_i ? WG_F32 : WG_F64, axis, 0, without);
        for (int i = 0; i < 27; i++) {
            bool masked = i < 3 ? i == 1 : (i - 3) % 6 / 2 == 1;
            ck_assert_msg(with[i] == (masked ? 0 : without[i]), "axis %d, number %d: %g, without the mask %g",
                axis, i, with[i], without[i]);
        }
    }
}
END_TEST

/* Floats that differ by little, far from 0: a mean that is rounded to a float must not be what they are
 * measured from. */
START_TEST(small_spread_of_floats)
{
    const float x[4] = {8192, 8192 + 3 / 1024.f, 8192 + 1 / 1024.f, 8192 + 2 / 1024.f};
    const double g[4] = {-1.5 / 2048, 1.5 / 2048, -0.5 / 2048, 0.5 / 2048}; /* 2 (x - mean) / 4 */
    wg_tape *t = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_var v = wg_leaf(t, WG_FLOATS(x, 4)), y = wg_variance(v, 0);
    double sweep[4], vars[4], second[4];
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_read_grad(v, sweep, 4), WG_OK);
    wg_var slope = wg_grad1(y, v);
    ck_assert_int_eq(wg_read(slope, vars, 4), WG_OK);
    ck_assert_int_eq(wg_read(wg_grad1(wg_sum(wg_square(slope)), v), second, 4), WG_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(sweep[i], g[i], 1e-10);
        ck_assert_double_eq_tol(vars[i], g[i], 1e-10);
        ck_assert_double_eq_tol(second[i], g[i], 1e-10); /* 2 (1/2) of the slopes, which add up to 0 */
    }
    wg_tape_free(t);
}
END_TEST

/* Parts of these products leave the range of doubles, on either side; the products and their slopes do not.
 */
START_TEST(products_with_far_parts)
{
    enum { COUNT = 400 };
    wg_dtype dtype = _i % 2 ? WG_F32 : WG_F64;
    double x[2 * COUNT], slope[2 * COUNT];
    for (size_t i = 0; i < COUNT; i++) /* two columns; the second one is the first from its end */
        x[2 * i] = x[2 * (COUNT - 1 - i) + 1] = ldexp(i % 3 == 2 ? -1 : 1, i < COUNT / 2 ? -20 : 20);
    wg_tape *t = wg_tape_new(&(wg_tape_options){.dtype = dtype});
    wg_var v = wg_leaf(t, WG_DOUBLES(x, COUNT, 2));
    wg_var y = _i < 2 ? wg_prod_over(v, WG_AXES(0), false) : wg_prod_over(wg_transpose(v), WG_AXES(1), false);
    double found[2], sign = (COUNT / 3) % 2 ? -1 : 1;
    ck_assert_int_eq(wg_read(y, found, 2), WG_OK);
    ck_assert(found[0] == sign && found[1] == sign);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    ck_assert_int_eq(wg_read_grad(v, slope, 2 * COUNT), WG_OK);
    for (size_t i = 0; i < 2 * COUNT; i++)
        ck_assert_double_eq(slope[i], sign / x[i]);
    wg_tape_free(t);
}
END_TEST

START_TEST(cumsum_goes_back_from_the_end)
{
    set_up();
    wg_var x = leaf((const double[]){1, 2, 3, 4, 5, 6}, WG_SHAPE(3, 2));
    wg_var y = wg_cumsum(x, 0);
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(((const double[]){1, 10, 2, 20, 3, 30}), 3, 2)), WG_OK);
    CHECK_GRAD(x, 0, 6, 60, 5, 50, 3, 30);
    wg_var g = wg_grad1(wg_sum(wg_square(y)), x); /* 2 C^T C x, whose derivative is 2 C^T C */
    ck_assert_int_eq(wg_backward(wg_sum(g)), WG_OK);
    CHECK_GRAD(x, 0, 12, 12, 10, 10, 6, 6);
    tear_down();
}
END_TEST

/* A sum of one term is that term; the largest of one number is at place 0 and is all of the sum of
 * exponentials. */
START_TEST(an_axis_of_one)
{
    static const struct {
        wg_shape shape;
        int axis;
    } cases[] = {{{1, {1}}, 0}, {{2, {1, 1}}, 1}, {{2, {1, 6}}, 0}, {{2, {6, 1}}, 1}, {{3, {2, 1, 3}}, 1},
        {{3, {1, 2, 3}}, 0}, {{3, {2, 3, 1}}, -1}, {{4, {1, 6, 1, 1}}, 2}};
    static const double numbers[] = {3, -0.5, 7, 1e30, -2, 0.25}, upstream[] = {1, 10, -2, 20, 0.5, 30},
                        zeros[6] = {0}, ones[] = {1, 1, 1, 1, 1, 1};
    tape = wg_tape_new(&(wg_tape_options){.dtype = _i ? WG_F32 : WG_F64});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const wg_shape shape = cases[i].shape;
        const int axis = cases[i].axis;
        wg_var x = leaf(numbers, shape), sums = wg_cumsum(x, axis), shares = wg_softmax(x, axis);
        double places[6] = {1, 1, 1, 1, 1, 1};
        check_value("cumsum", sums, shape, numbers, 1e-7);
        check_value("softmax", shares, shape, ones, 0);
        check_value("log_softmax", wg_log_softmax(x, axis), shape, zeros, 0);
        ck_assert_int_eq(wg_read(wg_argmax(x, axis), places, wg_count_of(x)), WG_OK);
        check("argmax", places, wg_count_of(x), zeros, 0);
        ck_assert_int_eq(wg_backward_from(sums, wg_array_of(upstream, WG_F64, shape)), WG_OK);
        check_grad("cumsum", x, upstream, 0);
        check_value("its rule", wg_grad1(wg_sum(wg_square(sums)), x), shape,
            (const double[]){6, -1, 14, 2e30, -4, 0.5}, 1e-7);
        ck_assert_int_eq(wg_backward_from(shares, wg_array_of(upstream, WG_F64, shape)), WG_OK);
        check_grad("softmax", x, zeros, 0);
    }
    tear_down();
}
END_TEST

START_TEST(sum_to_undoes_a_broadcast)
{
    set_up();
    wg_var x = leaf((const double[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, WG_SHAPE(2, 3, 2));
    wg_var same = wg_sum_to(x, WG_SHAPE(2, 3, 2));
    ck_assert_uint_eq(wg_node_of(same), wg_node_of(x));
    CHECK_VALUE(wg_sum_to(x, WG_SHAPE(2)), WG_SHAPE(2), 0, 36, 42);
    CHECK_VALUE(wg_sum_to(x, WG_SHAPE(3, 1)), WG_SHAPE(3, 1), 0, 18, 26, 34);
    CHECK_VALUE(wg_sum_to(x, WG_SHAPE(2, 1, 2)), WG_SHAPE(2, 1, 2), 0, 9, 12, 27, 30);
    CHECK_ITEM(wg_sum_to(x, wg_shape_scalar()), 78, 0);
    wg_var bias = VECTOR(0, 0), y = wg_add(x, bias);
    ck_assert_int_eq(wg_backward(wg_sum(wg_square(y))), WG_OK);
    CHECK_GRAD(bias, 0, 72, 84);
    tear_down();
}
END_TEST

/* ---- Accuracy and threads -------------------------------------------------------------------------- */

enum { MANY = 1000006 };

/* Floats are summed in double; the sum of a scalar result keeps it. */
START_TEST(accurate_sums)
{
    set_up();
    float *x = malloc(MANY * sizeof *x);
    double *d = malloc(MANY * sizeof *d);
    ck_assert(x && d);
    for (size_t i = 0; i < MANY; i++) {
        x[i] = 0.1f;
        d[i] = 0.1;
    }
    wg_tape *floats = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_var v = wg_leaf(floats, WG_FLOATS(x, MANY)), w = leaf(d, WG_SHAPE(MANY));
    double exact = (double)0.1f * MANY;
    ck_assert_double_lt(fabs(wg_item(wg_sum(v)) / exact - 1), 1e-14);
    ck_assert_double_lt(fabs(wg_item(wg_sum(w)) / (0.1 * MANY) - 1), 1e-14);
    float columns[7];
    wg_var over = wg_sum_over(wg_leaf(floats, WG_FLOATS(x, MANY / 7, 7)), WG_AXES(0), false);
    ck_assert_int_eq(wg_read_f32(over, columns, 7), WG_OK);
    for (size_t i = 0; i < 7; i++)
        ck_assert(columns[i] == (float)((double)0.1f * (MANY / 7)));
    for (size_t i = 0; i < MANY; i++)
        d[i] = 1e8 + (double)(i % 2);
    ck_assert_double_lt(fabs(wg_item(wg_variance(leaf(d, WG_SHAPE(MANY)), 0)) - 0.25), 1e-10);
    wg_tape_free(floats);
    free(x);
    free(d);
    tear_down();
}
END_TEST

/* All reductions of x [n, 65, 3] over the axes, and their gradients, in one list of numbers. */
static size_t everything(wg_dtype dtype, int threads, size_t n, wg_axes axes, double *out, size_t room)
{
    wg_tape *t = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = threads});
    double *data = malloc(n * 195 * sizeof *data);
    ck_assert(t && data);
    for (size_t i = 0; i < n * 195; i++)
        data[i] = 1 + 1e-3 * sin((double)i * 12.9898);
    wg_var x = wg_leaf(t, WG_DOUBLES(data, n, 65, 3));
    wg_var results[] = {wg_sum_over(x, axes, false), wg_mean_over(x, axes, true),
        wg_variance_over(x, axes, 1, false), wg_norm_over(x, axes, false), wg_logsumexp_over(x, axes, true),
        wg_prod_over(x, axes, false), wg_max_over(x, axes, false), wg_min_over(x, axes, false),
        wg_softmax(x, axes.axis[0]), wg_log_softmax(x, axes.axis[0]), wg_cumsum(x, axes.axis[0]),
        wg_argmax(x, axes.axis[0])};
    size_t used = 0, last = sizeof results / sizeof *results - 1;
    for (size_t i = 0; i <= last; i++) {
        ck_assert_msg(wg_is_valid(results[i]), "%zu: %s", i, wg_tape_message(t));
        ck_assert_uint_le(used + wg_count_of(results[i]) + n * 195, room);
        ck_assert_int_eq(wg_read(results[i], out + used, wg_count_of(results[i])), WG_OK);
        used += wg_count_of(results[i]);
        if (i == last)
            break;
        ck_assert_int_eq(wg_backward(wg_sum(wg_square(results[i]))), WG_OK);
        ck_assert_int_eq(wg_read_grad(x, out + used, n * 195), WG_OK);
        used += n * 195;
    }
    wg_tape_free(t);
    free(data);
    return used;
}

START_TEST(same_bits_on_any_threads)
{
    const wg_axes axes[] = {WG_AXES(0, 1, 2), WG_AXES(0), WG_AXES(2), WG_AXES(0, 2), WG_AXES(1)};
    wg_dtype dtype = _i % 2 ? WG_F32 : WG_F64;
    size_t n = 1400, room = 30 * n * 195, one, more;
    double *a = malloc(room * sizeof *a), *b = malloc(room * sizeof *b);
    ck_assert(a && b);
    one = everything(dtype, 1, n, axes[_i / 2], a, room);
    for (int threads = 2; threads <= 3; threads++) {
        more = everything(dtype, threads, n, axes[_i / 2], b, room);
        ck_assert_uint_eq(one, more);
        ck_assert_msg(memcmp(a, b, one * sizeof *a) == 0, "%d threads, list %d", threads, _i);
    }
    free(a);
    free(b);
}
END_TEST

/* Rows whose products go the long way beside those that do not, and norms of all sizes. */
static void far_results(int threads, double *out)
{
    enum { ROWS = 600, COLUMNS = 70 };
    static double x[ROWS * COLUMNS];
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        double near = 1 + 0.1 * sin((double)i * 12.9898);
        int size = i / COLUMNS % 3 == 0 ? 0 : i % 2 ? 900 : -900;
        x[i] = i % 997 == 0 ? 0 : ldexp(near, size);
    }
    wg_tape *t = wg_tape_new(&(wg_tape_options){.threads = threads});
    wg_var v = wg_leaf(t, WG_DOUBLES(x, ROWS, COLUMNS));
    for (int axis = 0; axis < 2; axis++)
        for (int norm = 0; norm < 2; norm++, out += ROWS * COLUMNS) {
            wg_var y = norm ? wg_norm_over(v, WG_AXES(axis), false) : wg_prod_over(v, WG_AXES(axis), false);
            ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
            ck_assert_int_eq(wg_read_grad(v, out, ROWS * COLUMNS), WG_OK);
        }
    wg_tape_free(t);
}

START_TEST(far_numbers_on_any_threads)
{
    enum { COUNT = 4 * 600 * 70 };
    double *one = malloc(COUNT * sizeof *one), *more = malloc(COUNT * sizeof *more);
    ck_assert(one && more);
    far_results(1, one);
    for (int threads = 2; threads <= 3; threads++) {
        far_results(threads, more);
        ck_assert_mem_eq(one, more, COUNT * sizeof *one);
    }
    free(one);
    free(more);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {first_extremum_gets_the_gradient, 0},
        {extrema_pass_nan_on, 0},
        {extrema_move_in_a_replay, 0},
        {product_with_zeros, 4},
        {norm_at_zero, 0},
        {norm_of_extremes, 0},
        {stable_exponentials, 0},
        {logsumexp_of_minus_infinity, 0},
        {masked_rows, 2},
        {small_spread_of_floats, 0},
        {products_with_far_parts, 4},
        {cumsum_goes_back_from_the_end, 0},
        {an_axis_of_one, 2},
        {sum_to_undoes_a_broadcast, 0},
        {accurate_sums, 0},
        {same_bits_on_any_threads, 10},
        {far_numbers_on_any_threads, 0},
    };
    return harness_run("reduce_edges", tests, sizeof tests / sizeof tests[0]);
}
