/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Products over axes: all partial derivatives to the fourth order where parts of a product leave the range of
 * the type, on either side, and the result does not. d^k y / dx_i dx_j .. is the product of the others, 0 if
 * an index comes twice. */

#include <float.h>

#include "vars.h"

enum { N = 6, ORDER = 4, OUTPUTS = 11 };

/* Each order has products in the range of its type whose halves, thirds or first terms are not. */
static const double points[][N] = {
    {2, -3, 0.5, 1, 4, -1.5},
    {2, 0, 0.5, 0, 4, -1.5},
    {1e-30, 1e20, 1e25, 1e-30, 1e20, -1e20},
    {1e-30, 1e30, 1, -1e-25, 1e30, 2},
    {1e-30, 1e-30, 1e-30, 1e30, 1e30, 1e30},
    {1e30, 0, 1e30, 1e-30, 1e-30, 1e20},
    {1e-200, 1e150, 1e150, 1e-200, -1e150, 1e100},
    {1e-200, 1e200, 1, 1e-190, 1e200, 2},
    {1e-300, 1e-300, 1e-300, 1e300, 1e300, 1e300},
    {1e200, 0, 1e200, -1e-200, 1e-200, 0},
    {0x1p-1074, 1e300, 0x1p-1074, 1e300, 1e20, 1e3},
};

enum { POINTS = sizeof points / sizeof points[0], FLOAT_POINTS = 6 };

static long double partial(const double *x, const int *index, int order)
{
    long double y = 1;
    for (int i = 0; i < N; i++) {
        int times = 0;
        for (int k = 0; k < order; k++)
            times += index[k] == i;
        y *= times == 0 ? (long double)x[i] : times == 1;
    }
    return y;
}

/* A finite wrong number is wrong anywhere; what leaves the range is infinite. */
static bool is_right(wg_dtype dtype, double is, long double truth)
{
    const long double top = dtype == WG_F32 ? (long double)FLT_MAX : (long double)DBL_MAX;
    const long double least = dtype == WG_F32 ? 0x1p-149L : 0x1p-1074L,
                      eps = dtype == WG_F32 ? 1e-6L : 1e-14L;
    if (fabsl(truth) > top)
        return isinf(is) && (is > 0) == (truth > 0);
    return fabsl((long double)is - truth) <= eps * fabsl(truth) + least;
}

/* y is the derivative towards index[0 .. order - 1] so far; those below the last one are tried from there. */
static void check_orders(wg_var y, wg_var x, const double *at, int *index, int order)
{
    double slope[N];
    wg_var next = wg_grad1(y, x);
    ck_assert_int_eq(wg_read(next, slope, N), WG_OK);
    for (int i = 0; i < N; i++) {
        index[order] = i;
        long double truth = partial(at, index, order + 1);
        if (!is_right(wg_dtype_of(x), slope[i], truth))
            ck_abort_msg("order %d at %g, %g, .. towards %d %d %d %d: %.17g, not %.17Lg", order + 1, at[0],
                at[1], index[0], order > 0 ? index[1] : -1, order > 1 ? index[2] : -1,
                order > 2 ? index[3] : -1, slope[i], truth);
    }
    for (int i = 0; i < N && order + 1 < ORDER; i++) {
        index[order] = i;
        check_orders(wg_slice(next, 0, i, i + 1, 1), x, at, index, order + 1);
    }
}

START_TEST(all_partial_derivatives)
{
    volatile long double square = 1e300L;
    if (square * square / square != square) /* valgrind's is a double */
        return;
    for (int f32 = 0; f32 < 2; f32++) {
        wg_tape *tape = new_tape(f32 ? WG_F32 : WG_F64, false, 1);
        double at[N];
        int index[ORDER];
        for (int i = 0; i < N; i++)
            at[i] = f32 ? (double)(float)points[_i][i] : points[_i][i];
        wg_var x = wg_leaf(tape, WG_DOUBLES(at, N));
        if (!f32 || _i < FLOAT_POINTS)
            check_orders(wg_prod(x), x, at, index, 0);
        ok(tape);
        wg_tape_free(tape);
    }
}
END_TEST

/* ---- Many outputs ----------------------------------------------------------------------------------- */

/* sum over o of c_o d^3 y_o / (along three directions), and the gradients of that. */
static void third(wg_var x, wg_axes axes, wg_shape outputs, wg_var *made, wg_var *gradient)
{
    wg_tape *tape = wg_tape_of(x);
    double c[OUTPUTS], v[OUTPUTS * N];
    for (int i = 0; i < OUTPUTS; i++)
        c[i] = 1 + 0.25 * i;
    wg_var y = wg_sum(wg_mul(wg_prod_over(x, axes, false), wg_const(tape, wg_array_of(c, WG_F64, outputs))));
    for (int k = 0; k < 3; k++) {
        bool rows = wg_shape_of(x).dim[0] == OUTPUTS;
        for (int o = 0; o < OUTPUTS; o++)
            for (int t = 0; t < N; t++)
                v[rows ? o * N + t : t * OUTPUTS + o] = ((o + 2 * t + 3 * k) % 7 - 3) * 0.5;
        y = wg_sum(wg_mul(wg_grad1(y, x), wg_const(tape, wg_array_of(v, WG_F64, wg_shape_of(x)))));
    }
    *made = y, *gradient = wg_grad1(y, x);
    ok(tape);
}

/* Rows and columns, near the ends of the range, at infinities and at zeros beside ordinary ones: the same
 * bits for each, whoever its neighbours are, and the infinity in one of them does not reach the others. */
START_TEST(rows_and_columns)
{
    wg_tape *tape = new_tape(WG_F64, false, 1 + _i);
    double x[OUTPUTS * N], turned[OUTPUTS * N];
    for (int o = 0; o < OUTPUTS; o++)
        for (int t = 0; t < N; t++) {
            x[o * N + t] = o == 5 && t == 2 ? HUGE_VAL : points[o == 5 ? 0 : o % POINTS][t];
            turned[t * OUTPUTS + o] = x[o * N + t];
        }
    wg_var rows = wg_leaf(tape, WG_DOUBLES(x, OUTPUTS, N)),
           columns = wg_leaf(tape, WG_DOUBLES(turned, N, OUTPUTS));
    wg_var y, z, g, h;
    third(rows, WG_AXES(1), WG_SHAPE(OUTPUTS), &y, &g);
    third(columns, WG_AXES(0), WG_SHAPE(OUTPUTS), &z, &h);
    double *of_rows = values(g), *of_columns = values(h);
    for (int o = 0; o < OUTPUTS; o++)
        for (int t = 0; t < N; t++) {
            double a = of_rows[o * N + t], b = of_columns[t * OUTPUTS + o];
            ck_assert_msg(a == b || (isnan(a) && isnan(b)), "%d, %d: %.17g and %.17g", o, t, a, b);
            ck_assert_msg(o == 5 || !isnan(a), "%d, %d", o, t);
        }
    free(of_rows), free(of_columns);
    wg_tape_free(tape);
}
END_TEST

/* How far they go. */
START_TEST(too_many_directions)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const struct {
        wg_axes axes;
        size_t keep;
    } over = {{.count = SIZE_MAX}, false};
    wg_var args[20];
    for (int i = 0; i < 20; i++)
        args[i] = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2, 3}), 3));
    ck_assert(wg_is_valid(wg_apply(wg_op_find("prod_along"), args, 17, &over)));
    ck_assert(!wg_is_valid(wg_apply(wg_op_find("prod_along"), args, 18, &over)));
    fails(tape, WG_INVALID, "18 operands; there must be 1, and at most 16 more");
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {all_partial_derivatives, POINTS}, {rows_and_columns, 2}, {too_many_directions, 1}};
    return harness_run("prod", tests, sizeof tests / sizeof tests[0]);
}
