/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* op_series.h - structured operations, each as it is recorded and as power series: what test_op_points.c
 * compares. */
#ifndef WG_TESTS_OP_SERIES_H
#define WG_TESTS_OP_SERIES_H

#include <stdbool.h>
#include <stdint.h>
#include <wengert/wengert.h>

#include "jets.h"

enum { N = 6 };

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

/* The sum over i of v_i times the others but x_skipped. */
static jet prod_along_without(const jet *x, int skipped)
{
    jet sum = jet_number(0);
    for (int i = 0; i < N; i++) {
        jet term = i == skipped ? jet_number(0) : x[N + i];
        for (int j = 0; j < N && i != skipped; j++)
            term = j == i || j == skipped ? term : jet_mul(term, x[j]);
        sum = jet_add(sum, term);
    }
    return sum;
}

static int prod_along_jets(const jet *x, jet *y)
{
    y[0] = prod_along_without(x, N);
    return 1;
}
static int prod_slope_jets(const jet *x, jet *y)
{
    for (int i = 0; i < N; i++)
        y[i] = prod_along_without(x, i);
    return N;
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

static void normal_jets(const jet *x, jet *y)
{
    jet centred[N], deviation = jet_sqrt(jet_add(variance_of(x, centred, N), jet_number((long double)1e-3)));
    for (int i = 0; i < N; i++)
        y[i] = jet_div(centred[i], deviation);
}

static int layer_norm_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_add(jet_times(y[i], (long double)gamma_of[i]), jet_number(0.5L));
    return N;
}

static int batch_norm_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_add(jet_times(y[i], (long double)gamma_of[0]), jet_number(0.5L));
    return N;
}

static int layer_norm_by_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_mul(y[i], x[N + i]);
    return N;
}

static int batch_norm_by_jets(const jet *x, jet *y)
{
    normal_jets(x, y);
    for (int i = 0; i < N; i++)
        y[i] = jet_mul(y[i], x[N]);
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

static int bce_towards_jets(const jet *x, jet *y)
{
    for (int i = 0; i < N; i++)
        y[i] = jet_add(jet_mul(jet_softplus(jet_times(x[i], -1)), x[N + i]),
            jet_mul(jet_softplus(x[i]), jet_sub(jet_number(1), x[N + i])));
    return N;
}

static int cross_entropy_towards_jets(const jet *x, jet *y)
{
    jet l[N];
    log_softmax_jets(x, l);
    y[0] = jet_number(0);
    for (int i = 0; i < N; i++)
        y[0] = jet_sub(y[0], jet_mul(l[i], x[N + i]));
    return 1;
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
    {"prod_along", 2, make_prod_along, prod_along_jets, false},
    {"prod_slope", 2, make_prod_slope, prod_slope_jets, false},
    {"max", 1, make_max, max_jets, true},
    {"min", 1, make_min, min_jets, true},
    {"cumsum", 1, make_cumsum, cumsum_jets, true},
    {"softmax", 1, make_softmax, softmax_jets, true},
    {"log_softmax", 1, make_log_softmax, log_softmax_jets, true},
    {"layer_norm", 1, make_layer_norm, layer_norm_jets, false},
    {"batch_norm", 1, make_batch_norm, batch_norm_jets, false},
    {"layer_norm", 2, make_layer_norm_by, layer_norm_by_jets, false},
    {"batch_norm", 2, make_batch_norm_by, batch_norm_by_jets, false},
    {"mse", 2, make_mse, mse_jets, false},
    {"l1", 2, make_l1, l1_jets, false},
    {"huber", 2, make_huber, huber_jets, false},
    {"bce_with_logits", 1, make_bce, bce_jets, false},
    {"bce_with_logits", 1, make_bce_missed, bce_missed_jets, false},
    {"bce_with_logits", 2, make_bce_towards, bce_towards_jets, false},
    {"cross_entropy", 1, make_cross_entropy, cross_entropy_jets, false},
    {"cross_entropy", 1, make_cross_entropy_at, cross_entropy_jets, false},
    {"cross_entropy", 2, make_cross_entropy_towards, cross_entropy_towards_jets, false},
    {"cross_entropy", 1, make_soft_cross_entropy, soft_cross_entropy_jets, false},
    {"hinge", 1, make_hinge, hinge_jets, false},
    {"hinge", 1, make_square_hinge, square_hinge_jets, false},
};

enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

#endif
