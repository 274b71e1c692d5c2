/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* jets.h - Taylor coefficients c[k] of t -> f(x + t v) at t = 0, in long double, by the rules of the power
 * series; and beside each the sum m[k] of the magnitudes of the terms that it is made of, to which errors are
 * compared. */
#ifndef WG_TESTS_JETS_H
#define WG_TESTS_JETS_H

#include <math.h>

enum { JET_ORDER = 4 };

typedef struct jet {
    long double c[JET_ORDER + 1], m[JET_ORDER + 1];
} jet;

static inline jet jet_line(long double x, long double v)
{
    return (jet){{x, v}, {fabsl(x), fabsl(v)}};
}

static inline jet jet_number(long double x)
{
    return jet_line(x, 0);
}

static inline jet jet_add(jet a, jet b)
{
    for (int k = 0; k <= JET_ORDER; k++)
        a.c[k] += b.c[k], a.m[k] += b.m[k];
    return a;
}

static inline jet jet_times(jet a, long double s)
{
    for (int k = 0; k <= JET_ORDER; k++)
        a.c[k] *= s, a.m[k] *= fabsl(s);
    return a;
}

static inline jet jet_sub(jet a, jet b)
{
    return jet_add(a, jet_times(b, -1));
}

static inline jet jet_mul(jet a, jet b)
{
    jet y = {{0}, {0}};
    for (int k = 0; k <= JET_ORDER; k++)
        for (int j = 0; j <= k; j++)
            y.c[k] += a.c[j] * b.c[k - j], y.m[k] += a.m[j] * b.m[k - j];
    return y;
}

/* y b = a */
static inline jet jet_div(jet a, jet b)
{
    jet y = a;
    for (int k = 0; k <= JET_ORDER; k++) {
        for (int j = 0; j < k; j++)
            y.c[k] -= y.c[j] * b.c[k - j], y.m[k] += y.m[j] * b.m[k - j];
        y.c[k] /= b.c[0], y.m[k] /= fabsl(b.c[0]);
    }
    return y;
}

/* y^2 = a */
static inline jet jet_sqrt(jet a)
{
    jet y = {{sqrtl(a.c[0])}, {sqrtl(a.c[0])}};
    for (int k = 1; k <= JET_ORDER; k++) {
        y.c[k] = a.c[k], y.m[k] = a.m[k];
        for (int j = 1; j < k; j++)
            y.c[k] -= y.c[j] * y.c[k - j], y.m[k] += y.m[j] * y.m[k - j];
        y.c[k] /= 2 * y.c[0], y.m[k] /= 2 * y.c[0];
    }
    return y;
}

/* y' = a' y; an exponent that is rounded moves y by its share */
static inline jet jet_exp(jet a)
{
    long double y0 = expl(a.c[0]);
    jet y = {{y0}, {y0 == 0 ? 0 : y0 * (1 + fabsl(a.c[0]))}};
    for (int k = 1; k <= JET_ORDER; k++)
        for (int j = 1; j <= k; j++)
            y.c[k] += j * a.c[j] * y.c[k - j] / k, y.m[k] += j * a.m[j] * y.m[k - j] / k;
    return y;
}

/* y = log(1 + a): y' (1 + a) = a' */
static inline jet jet_log1p(jet a)
{
    jet y = {{log1pl(a.c[0])}, {a.m[0] / (1 + a.c[0])}};
    for (int k = 1; k <= JET_ORDER; k++) {
        y.c[k] = a.c[k], y.m[k] = a.m[k];
        for (int j = 1; j < k; j++)
            y.c[k] -= j * y.c[j] * a.c[k - j] / k, y.m[k] += j * y.m[j] * a.m[k - j] / k;
        y.c[k] /= 1 + a.c[0], y.m[k] /= 1 + a.c[0];
    }
    return y;
}

/* log(1 + e^a), without an exponential that overflows */
static inline jet jet_softplus(jet a)
{
    jet tail = jet_log1p(jet_exp(jet_times(a, a.c[0] > 0 ? -1 : 1)));
    return a.c[0] > 0 ? jet_add(a, tail) : tail;
}

static inline jet jet_square(jet a)
{
    return jet_mul(a, a);
}

static inline jet jet_sum(const jet *x, int n)
{
    jet y = {{0}, {0}};
    for (int i = 0; i < n; i++)
        y = jet_add(y, x[i]);
    return y;
}

#endif
