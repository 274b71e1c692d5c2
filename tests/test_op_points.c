/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Structured operations at special points: zeros, ones, ties, edges, +-100, +-1000 and large and small
 * numbers.
 *
 * Along directions v the derivatives d^k/dt^k f(x + t v) of f = sum w y, k = 0 .. 4, are compared with power
 * series in long double (op_series.h, jets.h): the first one by the sweep, all of them by vars that are
 * differentiated again, eager and replayed, in double within 1e-12 and in float within 1e-5 of the sum of the
 * terms' magnitudes. Where a magnitude is beyond the type, a result may be infinite or NaN; a finite wrong
 * one is an error anywhere. */

#include <float.h>
#include <string.h>

#include "op_series.h"
#include "vars.h"

/* ---- Points and directions: operand 0, and operand 1 where there is one */

static const double points[][2 * N] = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {0, 1, 0, -1, 0, 0.5, 0, 0, 1, -2, 1, 1.5},
    {2, -2, 2, -2, 0.25, 2, 1, -1, 2, -3, 1.25, 3},
    {0, 2, 0, 0, 1, 3, 1, 1, 0, 0, 0, 2},
    {100, -100, 100, 1, 0, 99, 100, 100, 99, 0, 1, -100},
    {1000, 1000, 999, -1000, 0, 1, 1000, 999, 1000, 1000, 0.5, 2},
    {1001, 1000, 999, 1001, 1000, 1000, 1, 1, 1, 1, 1, 1},
    {-1000, -1000.5, -999, -1001, -1000, -1000, 0, 1, -1, 2, -2, 1000},
    {-100, 100, -100, -1, -0.5, -99, 1, 0, 0, 0, 0, -98},
    {1e10, -1e10, 1, 0, 3e9, 1e10, 1, 1e10, -1e10, 2, 3e9, 0},
    {1e18, -2e18, 3e18, 1e18, 0, 1, 1e18, 1e18, 1, 0, 0, -1},
    {3e25, 1e25, -1e25, 2e25, 3e25, 1e24, 0, 0, 1e25, 2e25, -3e25, 0},
    {3e30, 1, 1e30, 0, 1e29, -1e30, 2e30, 1, 1e29, 0, 3, 1},
    {1e37, -1e37, 3e37, 1, 2e37, 0, 0, 1, 1, 2, 0, 1e36},
    {1e-5, 1e-6, -1e-5, 0, 1e-5, 1e-7, 0, 0, 0, 1e-5, 0, 0},
    {1e-20, 1e-21, -1e-20, 0, 2e-20, 1e-20, 0, 0, 1e-20, 0, 1e-20, 0},
    {1e-30, 3e-30, -1e-30, 0, 2e-30, 1e-30, 0, 1e-30, 0, 0, 0, 0},
    {1e20, 1e20, 1e-20, 1e-20, 1, 2, 1, 1, 1, 1, 1, 1},
    {1e-30, 1e20, 1e25, 1e-30, 1e20, 1e20, 1, 1, 1, 1, 1, 1},
    {1e-30, 1e30, 1, 1e-25, 1e30, 2, 1, 0, 1, 0, 1, 0},
    /* doubles only */
    {1e100, -1e100, 2e100, 0, 1e99, 1, 0, 0, 1e100, 0, 0, 0},
    {1e160, 2e160, -1e160, 1e160, 3e160, 1e159, 1e160, 0, 0, 1, 0, 1e159},
    {1e200, 1, 1e-200, 1e200, 3, 1e-200, 1, 1, 1, 1, 1, 1},
    {1e-200, 1e150, 1e150, 1e-200, 1e150, 1e100, 1, 1, 1, 1, 1, 1},
    {1e-200, 1e200, 1, 1e-190, 1e200, 2, 1, 0, 1, 0, 1, 0},
    {1e250, -3e250, 1e250, 1, 0, 2e250, 1, 1e250, 1, 0, 0, 0},
    {1e300, -1e300, 3e300, 2e300, 1, 0, 0, 0, 0, 1e300, 0, 0},
    {1e-100, 2e-100, -1e-100, 0, 3e-100, 1e-101, 0, 0, 0, 0, 0, 0},
    {1e-200, 2e-200, -1e-200, 0, 3e-200, 1e-201, 0, 0, 0, 0, 0, 0},
};

enum { POINTS = sizeof points / sizeof points[0], FLOAT_POINTS = 21 };

static const double directions[][2 * N] = {
    {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {1, -2, 0.5, 3, -1, 0.25, 0, 0, 0, 0, 0, 0},
    {0, 1, 0, 0, 2, 0, 1, -1, 2, 0.5, -0.25, 1},
};

enum { DIRECTIONS = sizeof directions / sizeof directions[0] };

static const double weight[N] = {1, -0.5, 2, 0.25, -1, 1.5};

/* ---- The comparison */

typedef struct derivatives {
    wg_tape *tape;
    wg_var x[2], order[JET_ORDER + 1];
} derivatives;

static wg_var dot(wg_var x, const double *numbers)
{
    wg_var c = wg_const(wg_tape_of(x), wg_array_of(numbers, WG_F64, wg_shape_of(x)));
    return wg_sum(wg_mul(x, c));
}

/* Column 1 of three: a zero before it, an infinity or a masked column after it must not matter. */
static wg_var make_column(const subject *s, wg_var x)
{
    wg_var zeros = wg_const_like(x, 0), infinities = wg_const_like(x, (double)-INFINITY);
    wg_var y = s->make((wg_var[]){wg_stack((wg_var[]){zeros, x, infinities}, 3, 1)});
    return wg_slice(y, -1, 1, 2, 1);
}

static derivatives record(const subject *s, bool columns, wg_dtype dtype, const double *x, const double *v)
{
    derivatives d = {.tape = new_tape(dtype, true, 1)};
    for (int i = 0; i < s->operands; i++)
        d.x[i] = wg_leaf(d.tape, WG_DOUBLES(x + i * N, N));
    wg_var y = columns ? make_column(s, d.x[0]) : s->make(d.x), slope[2];
    size_t count = wg_count_of(y);
    d.order[0] = wg_sum(wg_mul(wg_reshape(y, WG_SHAPE(count)), wg_const(d.tape, WG_DOUBLES(weight, count))));
    for (int k = 1; k <= JET_ORDER; k++) {
        ck_assert_msg(wg_grad(&d.order[k - 1], 1, NULL, d.x, (size_t)s->operands, slope) == WG_OK, "%s: %s",
            s->name, wg_tape_message(d.tape));
        d.order[k] = dot(slope[0], v);
        if (s->operands > 1)
            d.order[k] = wg_add(d.order[k], dot(slope[1], v + N));
    }
    ok(d.tape);
    return d;
}

static jet expected(const subject *s, const double *x, const double *v)
{
    jet lines[2 * N], y[N], sum = jet_number(0);
    for (int i = 0; i < 2 * N; i++)
        lines[i] = jet_line((long double)x[i], (long double)v[i]);
    int count = s->jets(lines, y);
    for (int i = 0; i < count; i++)
        sum = jet_add(sum, jet_times(y[i], (long double)weight[i]));
    for (int k = 2, factorial = 2; k <= JET_ORDER; k++, factorial *= k)
        sum.c[k] *= factorial, sum.m[k] *= factorial;
    return sum;
}

static int wrong;

/* Some derivative up to this order is beyond the type: towards any operands, since what the direction leaves
 * out is computed all the same. */
static bool overflows(const jet *all, wg_dtype dtype, int order)
{
    for (int k = 0; k <= order; k++)
        if (all->m[k] * 16 > (dtype == WG_F32 ? (long double)FLT_MAX : (long double)DBL_MAX))
            return true;
    return false;
}

/* What is lost below the smallest normal number is multiplied with operand 1 (a gamma, a target) afterwards.
 */
static long double underflow(const double *x, wg_dtype dtype, int order)
{
    long double factor = 1;
    for (int i = N; i < 2 * N && order > 1; i++)
        factor = fmaxl(factor, fabsl((long double)x[i]));
    return 64 * factor * (dtype == WG_F32 ? (long double)FLT_MIN : (long double)DBL_MIN);
}

static void compare(const subject *s, wg_dtype dtype, const char *way, int point, int direction, int k,
    double is, const jet *want, const jet *all)
{
    long double allowed =
        (dtype == WG_F32 ? 1e-5L : 1e-12L) * want->m[k] + underflow(points[point], dtype, k);
    if (fabsl((long double)is - want->c[k]) <= allowed || (!isfinite(is) && overflows(all, dtype, k)))
        return;
    wrong++;
    fprintf(stderr, "%s %s, point %d, direction %d, order %d, %s: %.10g, not %.10Lg (of %.3Lg)\n", s->name,
        dtype == WG_F32 ? "float" : "double", point, direction, k, way, is, want->c[k], want->m[k]);
}

/* Numbers that both types have. */
static void point_of(int i, wg_dtype dtype, double *x)
{
    for (int k = 0; k < 2 * N; k++)
        x[k] = dtype == WG_F32 ? (double)(float)points[i][k] : points[i][k];
}

static void check(const subject *s, bool columns, wg_dtype dtype, int point, int direction)
{
    static const double everywhere[2 * N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const double elsewhere[2 * N] = {0.5, -1, 2, 0.75, 1.5, -0.25, 1, 2, 0.5, -1, -2, 0.1};
    const double *v = directions[direction];
    double x[2 * N], slope[2 * N] = {0}, sweep = 0;
    point_of(point, dtype, x);
    jet want = expected(s, x, v), all = expected(s, x, everywhere);
    derivatives eager = record(s, columns, dtype, x, v), again = record(s, columns, dtype, elsewhere, v);
    for (int i = 0; i < s->operands; i++)
        ck_assert_int_eq(wg_set(again.x[i], WG_DOUBLES(x + i * N, N)), WG_OK);
    ck_assert_int_eq(wg_replay(again.tape), WG_OK);
    for (int k = 0; k <= JET_ORDER; k++) {
        double is = wg_item(eager.order[k]), replayed = wg_item(again.order[k]);
        compare(s, dtype, "by vars", point, direction, k, is, &want, &all);
        ck_assert_msg(is == replayed || (isnan(is) && isnan(replayed)),
            "%s, point %d, order %d: %.17g and %.17g", s->name, point, k, is, replayed);
    }
    ck_assert_int_eq(wg_backward(eager.order[0]), WG_OK);
    for (int i = 0; i < s->operands; i++)
        ck_assert_int_eq(wg_read_grad(eager.x[i], slope + i * N, N), WG_OK);
    for (int i = 0; i < 2 * N; i++)
        sweep += v[i] == 0 ? 0 : v[i] * slope[i];
    compare(s, dtype, "by the sweep", point, direction, 1, sweep, &want, &all);
    wg_tape_free(eager.tape), wg_tape_free(again.tape);
}

START_TEST(derivatives_along_lines)
{
    const subject *s = &subjects[_i];
    volatile long double square = 1e300L; /* valgrind's is a double */
    int count = square * square / square == square ? POINTS : FLOAT_POINTS;
    for (int i = 0; i < count * DIRECTIONS * 2; i++) {
        int point = i / 2 / DIRECTIONS, direction = i / 2 % DIRECTIONS;
        bool columns = i % 2;
        if (columns && !s->columns)
            continue;
        check(s, columns, WG_F64, point, direction);
        if (point < FLOAT_POINTS)
            check(s, columns, WG_F32, point, direction);
    }
    ck_assert_msg(wrong == 0, "%s: %d derivatives are wrong", s->name, wrong);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{derivatives_along_lines, SUBJECTS}};
    return harness_run("op points", tests, sizeof tests / sizeof tests[0]);
}
