/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Structured operations at special points: zeros, ones, ties, edges, +-100, +-1000 and large and small
 * numbers.
 *
 * Along pairs of directions v and w all derivatives of f(x + s v + t w), f = sum c y, to the fourth order,
 * are compared with power series in long double (op_series.h, mixed.h): the first ones by the sweep, all of
 * them by vars that are differentiated again, eager and replayed, in double within 1e-12 and in float within
 * 1e-5 of the sum of the terms' magnitudes. Where a magnitude is beyond the type, a result may be infinite or
 * NaN; a finite wrong one is an error anywhere.
 *
 * The pairs are some dense ones, and those of coordinates: at each point another few of them, or, with
 * OP_POINTS=all, all (tests/derivatives.sh). */

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

static const double dense[][2 * N] = {
    {1, -2, 0.5, 3, -1, 0.25, 0, 0, 0, 0, 0, 0},
    {0, 1, 0, 0, 2, 0, 1, -1, 2, 0.5, -0.25, 1},
    {0.5, 0, -1, 0, 0, 2, 0, 0, 1, 0, -1, 0},
};

/* Pairs 0 .. DENSE - 1 are of dense directions, the others of coordinates, the order of each two alternating.
 * A few of those are tried at a point. */
enum { DENSE = 2, OF_COORDINATES = 2 * N * (2 * N - 1) / 2, PAIRS = DENSE + OF_COORDINATES, FEW = 1 };

static void pair_of(int pair, int operands, double *v, double *w)
{
    memset(v, 0, 2 * N * sizeof *v), memset(w, 0, 2 * N * sizeof *w);
    if (pair < DENSE) {
        memcpy(v, dense[pair], 2 * N * sizeof *v), memcpy(w, dense[pair + 1], 2 * N * sizeof *w);
        return;
    }
    int i = 1, place = (pair - DENSE) % (operands == 2 ? OF_COORDINATES : N * (N - 1) / 2);
    for (; place >= i; i++)
        place -= i;
    v[pair % 2 ? i : place] = 1, w[pair % 2 ? place : i] = 1;
}

static const double weight[N] = {1, -0.5, 2, 0.25, -1, 1.5};

/* ---- The comparison */

typedef struct derivatives {
    wg_tape *tape;
    wg_var x[2], of[ORDER + 1][ORDER + 1];
} derivatives;

/* The numbers that count alone: what others are, infinities too, does not matter then. */
static wg_var dot(wg_var x, const double *v)
{
    int count = 0, last = 0;
    for (int i = 0; i < N; i++)
        if (v[i] != 0)
            count++, last = i;
    if (count == 1)
        return wg_sum(wg_mulc(wg_slice(x, 0, last, last + 1, 1), v[last]));
    return wg_sum(wg_mul(x, wg_const(wg_tape_of(x), wg_array_of(v, WG_F64, wg_shape_of(x)))));
}

static bool is_zero(const double *v)
{
    bool zero = true;
    for (int i = 0; i < N; i++)
        zero = zero && v[i] == 0;
    return zero;
}

/* Column 1 of three: a zero before it, an infinity or a masked column after it must not matter. */
static wg_var make_column(const subject *s, wg_var x)
{
    wg_var zeros = wg_const_like(x, 0), infinities = wg_const_like(x, (double)-INFINITY);
    wg_var y = s->make((wg_var[]){wg_stack((wg_var[]){zeros, x, infinities}, 3, 1)});
    return wg_slice(y, -1, 1, 2, 1);
}

/* y differentiated along v. */
static wg_var along(const derivatives *d, int operands, wg_var y, const double *v)
{
    wg_var slope[2], sum = {0};
    ck_assert_msg(
        wg_grad(&y, 1, NULL, d->x, (size_t)operands, slope) == WG_OK, "%s", wg_tape_message(d->tape));
    for (int i = 0; i < operands; i++)
        if (!is_zero(v + i * N)) {
            wg_var part = dot(slope[i], v + i * N);
            sum = wg_is_valid(sum) ? wg_add(sum, part) : part;
        }
    return wg_is_valid(sum) ? sum : wg_mulc(wg_sum(slope[0]), 0);
}

static derivatives record(
    const subject *s, bool columns, wg_dtype dtype, const double *x, const double *v, const double *w)
{
    derivatives d = {.tape = new_tape(dtype, true, 1)};
    for (int i = 0; i < s->operands; i++)
        d.x[i] = wg_leaf(d.tape, WG_DOUBLES(x + i * N, N));
    wg_var y = columns ? make_column(s, d.x[0]) : s->make(d.x);
    size_t count = wg_count_of(y);
    d.of[0][0] = wg_sum(wg_mul(wg_reshape(y, WG_SHAPE(count)), wg_const(d.tape, WG_DOUBLES(weight, count))));
    FOR_ORDERS(i, j)
    if (i + j > 0)
        d.of[i][j] = along(&d, s->operands, j ? d.of[i][j - 1] : d.of[i - 1][j], j ? w : v);
    ok(d.tape);
    return d;
}

/* The derivatives of order i along v and j along w. */
static mixed expected(const subject *s, const double *x, const double *v, const double *w)
{
    static mixed plane[2 * N], y[N];
    mixed sum = constant(0);
    for (int i = 0; i < 2 * N; i++)
        plane[i] = on_plane((number)x[i], (number)v[i], (number)w[i]);
    int count = s->series_of(plane, y);
    for (int i = 0; i < count; i++)
        sum = plus(sum, scaled(y[i], (number)weight[i]));
    static const number factorial[ORDER + 1] = {1, 1, 2, 6, 24};
    FOR_ORDERS(i, j)
    {
        sum.c[i][j] *= factorial[i] * factorial[j];
        sum.size[i][j] *= factorial[i] * factorial[j];
    }
    return sum;
}

static int wrong;

/* Some derivative up to this order is beyond the type: towards any operands, since what the direction leaves
 * out is computed all the same. */
static bool overflows(const mixed *all, wg_dtype dtype, int order)
{
    for (int k = 0; k <= order; k++)
        if (all->size[k][0] * 16 > largest_of(dtype))
            return true;
    return false;
}

/* What is lost below the smallest normal number is multiplied with operand 1 (a gamma, a target) afterwards.
 */
static number underflow(const double *x, wg_dtype dtype, int order)
{
    number factor = 1;
    for (int i = N; i < 2 * N && order > 1; i++)
        factor = fmaxl(factor, fabsl((number)x[i]));
    return 64 * factor * least_of(dtype);
}

/* What is tried: subject, point, and pair of directions. */
typedef struct trial {
    const subject *s;
    wg_dtype dtype;
    bool columns;
    int point, pair;
    double x[2 * N], v[2 * N], w[2 * N];
    mixed want, all; /* all: along everything at once */
} trial;

static void compare(const trial *t, const char *way, int i, int j, double is)
{
    const number truth = t->want.c[i][j], size = t->want.size[i][j];
    number allowed = (t->dtype == WG_F32 ? 1e-5L : 1e-12L) * size + underflow(t->x, t->dtype, i + j);
    if (fabsl((number)is - truth) <= allowed || (!isfinite(is) && overflows(&t->all, t->dtype, i + j)))
        return;
    if (wrong++ < 20)
        fprintf(stderr, "%s %s, point %d, pair %d, orders %d %d, %s: %.10g, not %.10Lg (of %.3Lg)\n",
            t->s->name, wg_dtype_name(t->dtype), t->point, t->pair, i, j, way, is, truth, size);
}

/* Numbers that both types have. */
static void point_of(int i, wg_dtype dtype, double *x)
{
    for (int k = 0; k < 2 * N; k++)
        x[k] = dtype == WG_F32 ? (double)(float)points[i][k] : points[i][k];
}

static void check_sweep(const trial *t, derivatives *d)
{
    double slope[2 * N] = {0}, sweep[2] = {0};
    ck_assert_int_eq(wg_backward(d->of[0][0]), WG_OK);
    for (int i = 0; i < t->s->operands; i++)
        ck_assert_int_eq(wg_read_grad(d->x[i], slope + i * N, N), WG_OK);
    for (int i = 0; i < 2 * N; i++) {
        sweep[0] += t->v[i] == 0 ? 0 : t->v[i] * slope[i];
        sweep[1] += t->w[i] == 0 ? 0 : t->w[i] * slope[i];
    }
    compare(t, "by the sweep", 1, 0, sweep[0]);
    compare(t, "by the sweep", 0, 1, sweep[1]);
}

static void check(const subject *s, bool columns, wg_dtype dtype, int point, int pair)
{
    static const double everywhere[2 * N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, nowhere[2 * N] = {0};
    static const double elsewhere[2 * N] = {0.5, -1, 2, 0.75, 1.5, -0.25, 1, 2, 0.5, -1, -2, 0.1};
    static trial t;
    t = (trial){.s = s, .dtype = dtype, .columns = columns, .point = point, .pair = pair};
    point_of(point, dtype, t.x);
    pair_of(pair, s->operands, t.v, t.w);
    t.want = expected(s, t.x, t.v, t.w), t.all = expected(s, t.x, everywhere, nowhere);
    derivatives eager = record(s, columns, dtype, t.x, t.v, t.w);
    derivatives again = record(s, columns, dtype, elsewhere, t.v, t.w);
    for (int i = 0; i < s->operands; i++)
        ck_assert_int_eq(wg_set(again.x[i], WG_DOUBLES(t.x + i * N, N)), WG_OK);
    ck_assert_int_eq(wg_replay(again.tape), WG_OK);
    FOR_ORDERS(i, j)
    {
        double is = wg_item(eager.of[i][j]), replayed = wg_item(again.of[i][j]);
        compare(&t, "by vars", i, j, is);
        ck_assert_msg(is == replayed || (isnan(is) && isnan(replayed)),
            "%s, point %d, pair %d, orders %d %d: %.17g and %.17g", s->name, point, pair, i, j, is, replayed);
    }
    check_sweep(&t, &eager);
    wg_tape_free(eager.tape), wg_tape_free(again.tape);
}

static void check_types(const subject *s, int point, int pair)
{
    for (int columns = 0; columns <= s->columns; columns++) {
        check(s, columns, WG_F64, point, pair);
        if (point < FLOAT_POINTS)
            check(s, columns, WG_F32, point, pair);
    }
}

START_TEST(derivatives_in_planes)
{
    const subject *s = &subjects[_i];
    const char *asked = getenv("OP_POINTS");
    const bool every = asked && strcmp(asked, "all") == 0;
    const int count = truth_is_known() ? POINTS : FLOAT_POINTS; /* valgrind's long double is a double */
    for (int point = 0; point < count; point++)
        for (int pair = 0; pair < (every ? PAIRS : DENSE + FEW); pair++)
            check_types(s, point,
                every || pair < DENSE ? pair : DENSE + (point * FEW + pair + 5 * _i) % OF_COORDINATES);
    ck_assert_msg(wrong == 0, "%s: %d derivatives are wrong", s->name, wrong);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{derivatives_in_planes, SUBJECTS}};
    return harness_run("op points", tests, sizeof tests / sizeof tests[0]);
}
