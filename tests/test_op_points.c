/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Structured operations at special points: zeros, ones, ties, edges, +-100, +-1000 and large and small
 * numbers.
 *
 * Along directions v the derivatives d^k/dt^k f(x + t v) of f = sum w y, k = 0 .. 4, are compared with power
 * series in long double (jets.h): the first one by the sweep, all of them by vars that are differentiated
 * again, eager and replayed, in double within 1e-12 and in float within 1e-5 of the sum of the terms'
 * magnitudes. Where a magnitude is beyond the type, a result may be infinite or NaN; a finite wrong one is an
 * error anywhere. */

#include <float.h>
#include <string.h>

#include "jets.h"
#include "vars.h"

enum { N = 6, MAX = 12 };

/* One operation: `make` records it for x [1 or 2 operands of N numbers], `jets` says what it is. Results:
 * count numbers. */
typedef struct subject {
    const char *name;
    int operands;
    wg_var (*make)(const wg_var *x);
    int (*jets)(const jet *x, jet *y);
    bool columns; /* also over the first axis of a matrix, whose other columns are other numbers */
} subject;

#define AXIS WG_AXES(0)

/* ---- Reductions */

static wg_var make_sum(const wg_var *x)
{
    return wg_sum_over(x[0], AXIS, false);
}
static wg_var make_mean(const wg_var *x)
{
    return wg_mean_over(x[0], AXIS, false);
}
static wg_var make_variance(const wg_var *x)
{
    return wg_variance_over(x[0], AXIS, 1, false);
}
static wg_var make_norm(const wg_var *x)
{
    return wg_norm_over(x[0], AXIS, false);
}
static wg_var make_logsumexp(const wg_var *x)
{
    return wg_logsumexp_over(x[0], AXIS, false);
}
static wg_var make_prod(const wg_var *x)
{
    return wg_prod_over(x[0], AXIS, false);
}
static wg_var make_max(const wg_var *x)
{
    return wg_max_over(x[0], AXIS, false);
}
static wg_var make_min(const wg_var *x)
{
    return wg_min_over(x[0], AXIS, false);
}
static wg_var make_cumsum(const wg_var *x)
{
    return wg_cumsum(x[0], 0);
}
static wg_var make_softmax(const wg_var *x)
{
    return wg_softmax(x[0], 0);
}
static wg_var make_log_softmax(const wg_var *x)
{
    return wg_log_softmax(x[0], 0);
}

static int sum_jets(const jet *x, jet *y)
{
    y[0] = jet_sum(x, N);
    return 1;
}

static int mean_jets(const jet *x, jet *y)
{
    y[0] = jet_times(jet_sum(x, N), 1.0L / N);
    return 1;
}

static jet variance_of(const jet *x, jet *centred, int divisor)
{
    jet mean = jet_times(jet_sum(x, N), 1.0L / N), square[N];
    for (int i = 0; i < N; i++)
        centred[i] = jet_sub(x[i], mean), square[i] = jet_square(centred[i]);
    return jet_times(jet_sum(square, N), 1.0L / divisor);
}

static int variance_jets(const jet *x, jet *y)
{
    jet centred[N];
    y[0] = variance_of(x, centred, N - 1);
    return 1;
}

static int norm_jets(const jet *x, jet *y)
{
    jet square[N];
    for (int i = 0; i < N; i++)
        square[i] = jet_square(x[i]);
    y[0] = jet_sum(square, N);
    if (y[0].c[0] == 0)
        y[0] = jet_number(0); /* at zero all derivatives are 0 */
    else
        y[0] = jet_sqrt(y[0]);
    return 1;
}

/* m, the largest one as a number, and log sum e^(x - m): the largest adds e^0 = 1, and the others to it. */
static jet log_sum(const jet *x, jet *m)
{
    int top = 0;
    jet sum = jet_number(-1);
    for (int i = 1; i < N; i++)
        top = x[i].c[0] > x[top].c[0] ? i : top;
    *m = jet_number(x[top].c[0]);
    for (int pass = 0; pass < 2; pass++) /* -1 + 1 first: the others are not lost in it */
        for (int i = 0; i < N; i++)
            if ((i == top) == (pass == 0))
                sum = jet_add(sum, jet_exp(jet_sub(x[i], *m)));
    return jet_log1p(sum);
}

static int logsumexp_jets(const jet *x, jet *y)
{
    jet m, l = log_sum(x, &m);
    y[0] = jet_add(m, l);
    return 1;
}

static int log_softmax_jets(const jet *x, jet *y)
{
    jet m, l = log_sum(x, &m);
    for (int i = 0; i < N; i++)
        y[i] = jet_sub(jet_sub(x[i], m), l);
    return N;
}

static int softmax_jets(const jet *x, jet *y)
{
    log_softmax_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_exp(y[i]);
    return N;
}

static int prod_jets(const jet *x, jet *y)
{
    y[0] = x[0];
    for (int i = 1; i < N; i++)
        y[0] = jet_mul(y[0], x[i]);
    return 1;
}

static int extremum_jets(const jet *x, jet *y, int sign)
{
    y[0] = x[0];
    for (int i = 1; i < N; i++)
        y[0] = sign * x[i].c[0] > sign * y[0].c[0] ? x[i] : y[0];
    return 1;
}

static int max_jets(const jet *x, jet *y)
{
    return extremum_jets(x, y, 1);
}
static int min_jets(const jet *x, jet *y)
{
    return extremum_jets(x, y, -1);
}

static int cumsum_jets(const jet *x, jet *y)
{
    for (int i = 0; i < N; i++)
        y[i] = i ? jet_add(y[i - 1], x[i]) : x[i];
    return N;
}

/* ---- Normalisations: x is [1, N] for rows, [N, 1] for channels; gamma and beta are numbers of the test */

static const double gamma_of[N] = {0.5, -1.5, 2, 1, 0.25, -1};

static wg_var make_layer_norm(const wg_var *x)
{
    wg_tape *t = wg_tape_of(x[0]);
    wg_var gamma = wg_const(t, WG_DOUBLES(gamma_of, N)), beta = wg_const_like(gamma, 0.5);
    return wg_layer_norm(x[0], gamma, beta, &(wg_layer_norm_options){.eps = 1e-3});
}

static wg_var make_batch_norm(const wg_var *x)
{
    wg_tape *t = wg_tape_of(x[0]);
    wg_var gamma = wg_const(t, WG_DOUBLES(gamma_of, 1)), beta = wg_const_like(gamma, 0.5);
    return wg_batch_norm(
        wg_reshape(x[0], WG_SHAPE(N, 1)), gamma, beta, &(wg_batch_norm_options){.eps = 1e-3});
}

static void normal_jets(const jet *x, jet *y)
{
    jet centred[N], deviation = jet_sqrt(jet_add(variance_of(x, centred, N), jet_number(1e-3)));
    for (int i = 0; i < N; i++)
        y[i] = jet_div(centred[i], deviation);
}

static int layer_norm_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_add(jet_times(y[i], (long double)gamma_of[i]), jet_number(0.5));
    return N;
}

static int batch_norm_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_add(jet_times(y[i], (long double)gamma_of[0]), jet_number(0.5));
    return N;
}

/* ---- Losses */

static const wg_loss_options each = {.reduction = WG_NONE, .delta = 1},
                             total = {.reduction = WG_SUM, .delta = 1};

static wg_var make_mse(const wg_var *x)
{
    return wg_mse(x[0], x[1], &total);
}
static wg_var make_l1(const wg_var *x)
{
    return wg_l1(x[0], x[1], &each);
}
static wg_var make_huber(const wg_var *x)
{
    return wg_huber(x[0], x[1], &each);
}
static wg_var half_of(wg_var x)
{
    return wg_mulc(wg_addc(wg_sign(x), 1), 0.5);
}
static wg_var make_bce(const wg_var *x)
{
    return wg_bce_with_logits(x[0], half_of(x[0]), &each);
}
static wg_var make_bce_missed(const wg_var *x)
{
    return wg_bce_with_logits(x[0], wg_csub(1, half_of(x[0])), &total);
}
static const int32_t classes_of[2] = {1, 0};
static wg_var labels_of(const wg_var *x)
{
    return wg_input(wg_tape_of(x[0]), WG_INTS(classes_of, 1));
}
static wg_var make_cross_entropy(const wg_var *x)
{
    return wg_cross_entropy(wg_reshape(x[0], WG_SHAPE(1, N)), labels_of(x), &each);
}
static wg_var make_soft_cross_entropy(const wg_var *x)
{
    static const double y[N] = {0.25, 0, 0.5, 0, 0.25, 0};
    wg_shape row = WG_SHAPE(1, N);
    return wg_cross_entropy(wg_reshape(x[0], row), wg_const(wg_tape_of(x[0]), WG_DOUBLES(y, 1, N)), &total);
}
static wg_var make_hinge(const wg_var *x)
{
    return wg_hinge(wg_reshape(x[0], WG_SHAPE(1, N)), labels_of(x), &each);
}
static wg_var make_square_hinge(const wg_var *x)
{
    return wg_hinge(wg_reshape(x[0], WG_SHAPE(1, N)), labels_of(x), &(wg_loss_options){.power = 2});
}

static int mse_jets(const jet *x, jet *y)
{
    y[0] = jet_number(0);
    for (int i = 0; i < N; i++)
        y[0] = jet_add(y[0], jet_square(jet_sub(x[i], x[N + i])));
    return 1;
}

static int l1_jets(const jet *x, jet *y)
{
    for (int i = 0; i < N; i++) {
        jet d = jet_sub(x[i], x[N + i]);
        y[i] = jet_times(d, d.c[0] > 0 ? 1 : d.c[0] < 0 ? -1 : 0);
    }
    return N;
}

static int huber_jets(const jet *x, jet *y)
{
    for (int i = 0; i < N; i++) {
        jet d = jet_sub(x[i], x[N + i]);
        if (fabsl(d.c[0]) <= 1)
            y[i] = jet_times(jet_square(d), 0.5L);
        else
            y[i] = jet_sub(jet_times(d, d.c[0] > 0 ? 1 : -1), jet_number(0.5L));
    }
    return N;
}

static long double target_of(jet z)
{
    return z.c[0] > 0 ? 1 : z.c[0] < 0 ? 0 : 0.5L;
}

/* softplus(z) - z y, as y softplus(-z) + (1 - y) softplus(z) */
static int bce_jets_of(const jet *x, jet *y, bool missed)
{
    for (int i = 0; i < N; i++) {
        long double target = missed ? 1 - target_of(x[i]) : target_of(x[i]);
        y[i] = jet_add(
            jet_times(jet_softplus(jet_times(x[i], -1)), target), jet_times(jet_softplus(x[i]), 1 - target));
    }
    return N;
}

static int bce_jets(const jet *x, jet *y)
{
    return bce_jets_of(x, y, false);
}
static int bce_missed_jets(const jet *x, jet *y)
{
    jet losses[N];
    bce_jets_of(x, losses, true);
    y[0] = jet_sum(losses, N);
    return 1;
}

static int cross_entropy_jets(const jet *x, jet *y)
{
    jet l[N];
    log_softmax_jets(x, l);
    y[0] = jet_times(l[1], -1);
    return 1;
}

static int soft_cross_entropy_jets(const jet *x, jet *y)
{
    jet l[N];
    log_softmax_jets(x, l);
    y[0] = jet_add(jet_add(jet_times(l[0], -0.25L), jet_times(l[2], -0.5L)), jet_times(l[4], -0.25L));
    return 1;
}

static int hinge_jets_of(const jet *x, jet *y, bool squared)
{
    y[0] = jet_number(0);
    for (int i = 0; i < N; i++) {
        jet excess = jet_add(jet_sub(x[i], x[1]), jet_number(1));
        if (i != 1 && excess.c[0] > 0)
            y[0] = jet_add(y[0], squared ? jet_square(excess) : excess);
    }
    return 1;
}

static int hinge_jets(const jet *x, jet *y)
{
    return hinge_jets_of(x, y, false);
}
static int square_hinge_jets(const jet *x, jet *y)
{
    return hinge_jets_of(x, y, true);
}

static const subject subjects[] = {
    {"sum", 1, make_sum, sum_jets, true},
    {"mean", 1, make_mean, mean_jets, true},
    {"variance", 1, make_variance, variance_jets, true},
    {"norm", 1, make_norm, norm_jets, true},
    {"logsumexp", 1, make_logsumexp, logsumexp_jets, true},
    {"prod", 1, make_prod, prod_jets, true},
    {"max", 1, make_max, max_jets, true},
    {"min", 1, make_min, min_jets, true},
    {"cumsum", 1, make_cumsum, cumsum_jets, true},
    {"softmax", 1, make_softmax, softmax_jets, true},
    {"log_softmax", 1, make_log_softmax, log_softmax_jets, true},
    {"layer_norm", 1, make_layer_norm, layer_norm_jets, false},
    {"batch_norm", 1, make_batch_norm, batch_norm_jets, false},
    {"mse", 2, make_mse, mse_jets, false},
    {"l1", 2, make_l1, l1_jets, false},
    {"huber", 2, make_huber, huber_jets, false},
    {"bce_with_logits", 1, make_bce, bce_jets, false},
    {"bce_with_logits", 1, make_bce_missed, bce_missed_jets, false},
    {"cross_entropy", 1, make_cross_entropy, cross_entropy_jets, false},
    {"cross_entropy", 1, make_soft_cross_entropy, soft_cross_entropy_jets, false},
    {"hinge", 1, make_hinge, hinge_jets, false},
    {"hinge", 1, make_square_hinge, square_hinge_jets, false},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

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
    /* doubles only */
    {1e100, -1e100, 2e100, 0, 1e99, 1, 0, 0, 1e100, 0, 0, 0},
    {1e160, 2e160, -1e160, 1e160, 3e160, 1e159, 1e160, 0, 0, 1, 0, 1e159},
    {1e200, 1, 1e-200, 1e200, 3, 1e-200, 1, 1, 1, 1, 1, 1},
    {1e250, -3e250, 1e250, 1, 0, 2e250, 1, 1e250, 1, 0, 0, 0},
    {1e300, -1e300, 3e300, 2e300, 1, 0, 0, 0, 0, 1e300, 0, 0},
    {1e-100, 2e-100, -1e-100, 0, 3e-100, 1e-101, 0, 0, 0, 0, 0, 0},
    {1e-200, 2e-200, -1e-200, 0, 3e-200, 1e-201, 0, 0, 0, 0, 0, 0},
};

enum { POINTS = sizeof points / sizeof points[0], FLOAT_POINTS = 19 };

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

static void compare(const subject *s, wg_dtype dtype, const char *way, int point, int direction, int k,
    double is, const jet *want, const jet *all)
{
    long double tiny = dtype == WG_F32 ? (long double)FLT_MIN : (long double)DBL_MIN;
    long double allowed = (dtype == WG_F32 ? 1e-5L : 1e-12L) * want->m[k] + 64 * tiny;
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
    for (int i = 0; i < POINTS * DIRECTIONS * 2; i++) {
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
