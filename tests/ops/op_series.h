/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* op_series.h - structured operations, each as it is recorded and as power series: what test_op_points.c
 * compares. */
#ifndef WG_TESTS_OP_SERIES_H
#define WG_TESTS_OP_SERIES_H

#include "mixed.h"

enum { N = 6 };

/* One operation: `make` records it for x [1 or 2 operands of N numbers], `series_of` says what it is.
 * Results: count numbers. */
typedef struct subject {
    const char *name;
    int operands;
    wg_var (*make)(const wg_var *x);
    int (*series_of)(const mixed *x, mixed *y);
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

/* A sum over the six numbers, as the library records it: prod differentiated along the second operand, and
 * the slopes of that. */
static const struct {
    wg_axes axes;
    size_t keep;
} over_all = {{.count = SIZE_MAX}, false};

static wg_var make_prod_along(const wg_var *x)
{
    return wg_apply(wg_op_find("prod_along"), x, 2, &over_all);
}
static wg_var make_prod_slope(const wg_var *x)
{
    wg_var g = wg_scalar(wg_tape_of(x[0]), 1);
    return wg_apply(wg_op_find("prod_slope"), (wg_var[]){x[0], g, x[1]}, 3, &over_all);
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

static int sum_series(const mixed *x, mixed *y)
{
    y[0] = sum_of(x, N);
    return 1;
}

static int mean_series(const mixed *x, mixed *y)
{
    y[0] = scaled(sum_of(x, N), 1.0L / N);
    return 1;
}

static mixed variance_of(const mixed *x, mixed *centred, int divisor)
{
    static mixed square[N];
    const mixed mean = scaled(sum_of(x, N), 1.0L / N);
    for (int i = 0; i < N; i++)
        centred[i] = minus(x[i], mean), square[i] = square_of(centred[i]);
    return scaled(sum_of(square, N), 1.0L / divisor);
}

static int variance_series(const mixed *x, mixed *y)
{
    static mixed centred[N];
    y[0] = variance_of(x, centred, N - 1);
    return 1;
}

static int norm_series(const mixed *x, mixed *y)
{
    static mixed square[N];
    for (int i = 0; i < N; i++)
        square[i] = square_of(x[i]);
    y[0] = sum_of(square, N);
    if (AT(y[0]) == 0)
        y[0] = constant(0); /* at zero all derivatives are 0 */
    else
        y[0] = mixed_sqrt(y[0]);
    return 1;
}

/* m, the largest one as a number, and log sum e^(x - m): the largest adds e^0 = 1, and the others to it. */
static mixed log_sum(const mixed *x, mixed *m)
{
    int top = 0;
    mixed sum = constant(-1);
    for (int i = 1; i < N; i++)
        top = AT(x[i]) > AT(x[top]) ? i : top;
    *m = constant(AT(x[top]));
    for (int pass = 0; pass < 2; pass++) /* -1 + 1 first: the others are not lost in it */
        for (int i = 0; i < N; i++)
            if ((i == top) == (pass == 0))
                sum = plus(sum, exp_of_sum(minus(x[i], *m)));
    return log1p_of_sum(sum);
}

static int logsumexp_series(const mixed *x, mixed *y)
{
    mixed m, l = log_sum(x, &m);
    y[0] = plus(m, l);
    return 1;
}

static int log_softmax_series(const mixed *x, mixed *y)
{
    mixed m, l = log_sum(x, &m);
    for (int i = 0; i < N; i++)
        y[i] = minus(minus(x[i], m), l);
    return N;
}

static int softmax_series(const mixed *x, mixed *y)
{
    log_softmax_series(x, y);
    for (int i = 0; i < N; i++)
        y[i] = exp_of_sum(y[i]);
    return N;
}

static int prod_series(const mixed *x, mixed *y)
{
    y[0] = x[0];
    for (int i = 1; i < N; i++)
        y[0] = times(y[0], x[i]);
    return 1;
}

/* The sum over i of v_i times the others but x_skipped. */
static mixed prod_along_without(const mixed *x, int skipped)
{
    mixed sum = constant(0);
    for (int i = 0; i < N; i++) {
        mixed term = i == skipped ? constant(0) : x[N + i];
        for (int j = 0; j < N && i != skipped; j++)
            term = j == i || j == skipped ? term : times(term, x[j]);
        sum = plus(sum, term);
    }
    return sum;
}

static int prod_along_series(const mixed *x, mixed *y)
{
    y[0] = prod_along_without(x, N);
    return 1;
}
static int prod_slope_series(const mixed *x, mixed *y)
{
    for (int i = 0; i < N; i++)
        y[i] = prod_along_without(x, i);
    return N;
}

static int extremum_series(const mixed *x, mixed *y, int sign)
{
    y[0] = x[0];
    for (int i = 1; i < N; i++)
        y[0] = sign * AT(x[i]) > sign * AT(y[0]) ? x[i] : y[0];
    return 1;
}

static int max_series(const mixed *x, mixed *y)
{
    return extremum_series(x, y, 1);
}
static int min_series(const mixed *x, mixed *y)
{
    return extremum_series(x, y, -1);
}

static int cumsum_series(const mixed *x, mixed *y)
{
    for (int i = 0; i < N; i++)
        y[i] = i ? plus(y[i - 1], x[i]) : x[i];
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

/* With gamma as an operand; batch norm's is its first number. */
static wg_var make_layer_norm_by(const wg_var *x)
{
    return wg_layer_norm(x[0], x[1], wg_const_like(x[1], 0), &(wg_layer_norm_options){.eps = 1e-3});
}

static wg_var make_batch_norm_by(const wg_var *x)
{
    wg_var gamma = wg_slice(x[1], 0, 0, 1, 1), image = wg_reshape(x[0], WG_SHAPE(N / 2, 1, 2, 1));
    return wg_batch_norm(image, gamma, wg_const_like(gamma, 0), &(wg_batch_norm_options){.eps = 1e-3});
}

static void normal_series(const mixed *x, mixed *y)
{
    static mixed centred[N];
    const mixed deviation = mixed_sqrt(plus(variance_of(x, centred, N), constant((long double)1e-3)));
    for (int i = 0; i < N; i++)
        y[i] = over(centred[i], deviation);
}

static int layer_norm_series(const mixed *x, mixed *y)
{
    normal_series(x, y);
    for (int i = 0; i < N; i++)
        y[i] = plus(scaled(y[i], (long double)gamma_of[i]), constant(0.5L));
    return N;
}

static int batch_norm_series(const mixed *x, mixed *y)
{
    normal_series(x, y);
    for (int i = 0; i < N; i++)
        y[i] = plus(scaled(y[i], (long double)gamma_of[0]), constant(0.5L));
    return N;
}

static int layer_norm_by_series(const mixed *x, mixed *y)
{
    normal_series(x, y);
    for (int i = 0; i < N; i++)
        y[i] = times(y[i], x[N + i]);
    return N;
}

static int batch_norm_by_series(const mixed *x, mixed *y)
{
    normal_series(x, y);
    for (int i = 0; i < N; i++)
        y[i] = times(y[i], x[N]);
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

/* The targets as an operand; labels at the second of three positions. */
static wg_var make_bce_towards(const wg_var *x)
{
    return wg_bce_with_logits(x[0], x[1], &each);
}
static wg_var make_cross_entropy_towards(const wg_var *x)
{
    wg_shape row = WG_SHAPE(1, N);
    return wg_cross_entropy(wg_reshape(x[0], row), wg_reshape(x[1], row), &each);
}
static wg_var make_cross_entropy_at(const wg_var *x)
{
    static const int32_t labels[3] = {0, 1, 2};
    wg_var others = wg_const_like(x[0], 1), z = wg_stack((wg_var[]){others, x[0], others}, 3, 1);
    wg_var l = wg_cross_entropy(
        wg_reshape(z, WG_SHAPE(1, N, 3)), wg_input(wg_tape_of(z), WG_INTS(labels, 1, 3)), &each);
    return wg_slice(l, 1, 1, 2, 1);
}

static int bce_towards_series(const mixed *x, mixed *y)
{
    for (int i = 0; i < N; i++)
        y[i] = plus(times(softplus_of_sum(scaled(x[i], -1)), x[N + i]),
            times(softplus_of_sum(x[i]), minus(constant(1), x[N + i])));
    return N;
}

static int cross_entropy_towards_series(const mixed *x, mixed *y)
{
    static mixed l[N];
    log_softmax_series(x, l);
    y[0] = constant(0);
    for (int i = 0; i < N; i++)
        y[0] = minus(y[0], times(l[i], x[N + i]));
    return 1;
}

static int mse_series(const mixed *x, mixed *y)
{
    y[0] = constant(0);
    for (int i = 0; i < N; i++)
        y[0] = plus(y[0], square_of(minus(x[i], x[N + i])));
    return 1;
}

static int l1_series(const mixed *x, mixed *y)
{
    for (int i = 0; i < N; i++) {
        mixed d = minus(x[i], x[N + i]);
        y[i] = scaled(d, AT(d) > 0 ? 1 : AT(d) < 0 ? -1 : 0);
    }
    return N;
}

static int huber_series(const mixed *x, mixed *y)
{
    for (int i = 0; i < N; i++) {
        mixed d = minus(x[i], x[N + i]);
        if (fabsl(AT(d)) <= 1)
            y[i] = scaled(square_of(d), 0.5L);
        else
            y[i] = minus(scaled(d, AT(d) > 0 ? 1 : -1), constant(0.5L));
    }
    return N;
}

static long double target_of(mixed z)
{
    return AT(z) > 0 ? 1 : AT(z) < 0 ? 0 : 0.5L;
}

/* softplus(z) - z y, as y softplus(-z) + (1 - y) softplus(z) */
static int bce_series_of(const mixed *x, mixed *y, bool missed)
{
    for (int i = 0; i < N; i++) {
        long double target = missed ? 1 - target_of(x[i]) : target_of(x[i]);
        y[i] = plus(
            scaled(softplus_of_sum(scaled(x[i], -1)), target), scaled(softplus_of_sum(x[i]), 1 - target));
    }
    return N;
}

static int bce_series(const mixed *x, mixed *y)
{
    return bce_series_of(x, y, false);
}
static int bce_missed_series(const mixed *x, mixed *y)
{
    static mixed losses[N];
    bce_series_of(x, losses, true);
    y[0] = sum_of(losses, N);
    return 1;
}

static int cross_entropy_series(const mixed *x, mixed *y)
{
    static mixed l[N];
    log_softmax_series(x, l);
    y[0] = scaled(l[1], -1);
    return 1;
}

static int soft_cross_entropy_series(const mixed *x, mixed *y)
{
    static mixed l[N];
    log_softmax_series(x, l);
    y[0] = plus(plus(scaled(l[0], -0.25L), scaled(l[2], -0.5L)), scaled(l[4], -0.25L));
    return 1;
}

static int hinge_series_of(const mixed *x, mixed *y, bool squared)
{
    y[0] = constant(0);
    for (int i = 0; i < N; i++) {
        mixed excess = plus(minus(x[i], x[1]), constant(1));
        if (i != 1 && AT(excess) > 0)
            y[0] = plus(y[0], squared ? square_of(excess) : excess);
    }
    return 1;
}

static int hinge_series(const mixed *x, mixed *y)
{
    return hinge_series_of(x, y, false);
}
static int square_hinge_series(const mixed *x, mixed *y)
{
    return hinge_series_of(x, y, true);
}

static const subject subjects[] = {
    {"sum", 1, make_sum, sum_series, true},
    {"mean", 1, make_mean, mean_series, true},
    {"variance", 1, make_variance, variance_series, true},
    {"norm", 1, make_norm, norm_series, true},
    {"logsumexp", 1, make_logsumexp, logsumexp_series, true},
    {"prod", 1, make_prod, prod_series, true},
    {"prod_along", 2, make_prod_along, prod_along_series, false},
    {"prod_slope", 2, make_prod_slope, prod_slope_series, false},
    {"max", 1, make_max, max_series, true},
    {"min", 1, make_min, min_series, true},
    {"cumsum", 1, make_cumsum, cumsum_series, true},
    {"softmax", 1, make_softmax, softmax_series, true},
    {"log_softmax", 1, make_log_softmax, log_softmax_series, true},
    {"layer_norm", 1, make_layer_norm, layer_norm_series, false},
    {"batch_norm", 1, make_batch_norm, batch_norm_series, false},
    {"layer_norm", 2, make_layer_norm_by, layer_norm_by_series, false},
    {"batch_norm", 2, make_batch_norm_by, batch_norm_by_series, false},
    {"mse", 2, make_mse, mse_series, false},
    {"l1", 2, make_l1, l1_series, false},
    {"huber", 2, make_huber, huber_series, false},
    {"bce_with_logits", 1, make_bce, bce_series, false},
    {"bce_with_logits", 1, make_bce_missed, bce_missed_series, false},
    {"bce_with_logits", 2, make_bce_towards, bce_towards_series, false},
    {"cross_entropy", 1, make_cross_entropy, cross_entropy_series, false},
    {"cross_entropy", 1, make_cross_entropy_at, cross_entropy_series, false},
    {"cross_entropy", 2, make_cross_entropy_towards, cross_entropy_towards_series, false},
    {"cross_entropy", 1, make_soft_cross_entropy, soft_cross_entropy_series, false},
    {"hinge", 1, make_hinge, hinge_series, false},
    {"hinge", 1, make_square_hinge, square_hinge_series, false},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

#endif
