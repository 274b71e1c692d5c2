/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* accuracy.h - the rows of formulas.def with their true values, in long double, and the bounds that are
 * promised. */
#ifndef WG_TESTS_ACCURACY_H
#define WG_TESTS_ACCURACY_H

#include "formula_rows.h"

/* An error is allowed that is below `ulps` + `squares` x^2 units in the last place of the true value, or
 * below `floor` times the type's smallest normal number. (x^2 is the condition of a function that falls like
 * e^(-x^2 / 2): a rounded argument costs that much.) */
typedef struct accuracy_row {
    const char *name;
    long double (*truth)(long double a, long double b);
    double ulps, squares, floor;
    double attr[2]; /* the numbers c and d of rows that have some: the same in float and double */
} accuracy_row;

/* ---- True values ----------------------------------------------------------------------------------- */

#define TRUTH(name, expression)                                                                              \
    static number name##_truth(number a, number b)                                                           \
    {                                                                                                        \
        (void)b;                                                                                             \
        return expression;                                                                                   \
    }

/* erfc(-a / sqrt(2)), with what the rounding of the argument lost. */
static inline number twice_normal_tail(number a)
{
    const number half = 0xB.504F333F9DE6484p-4L, rest = 1.8950325588932570796551e-20L;
    number t = -a * half, lost = fmal(-a, half, -t) - a * rest;
    return fabsl(a) < 1000 ? erfcl(t) - 1.128379167095512573896L * expl(-t * t) * lost : erfcl(t);
}

TRUTH(neg, -a)
TRUTH(square, a *a)
TRUTH(sqrt, sqrtl(a))
TRUTH(rsqrt, 1 / sqrtl(a))
TRUTH(reciprocal, 1 / a)
TRUTH(exp, expl(a))
TRUTH(expm1, expm1l(a))
TRUTH(log, logl(a))
TRUTH(log1p, log1pl(a))
TRUTH(sin, sinl(a))
TRUTH(cos, cosl(a))
TRUTH(tanh, tanhl(a))
TRUTH(sigmoid, 1 / (1 + expl(-a)))
TRUTH(erf, erfl(a))
TRUTH(erfc, erfcl(a))
TRUTH(abs, fabsl(a))
TRUTH(relu, a > 0 || isnan(a) ? a : 0)
TRUTH(softplus, a > 0 ? a + log1pl(expl(-a)) : log1pl(expl(a)))
TRUTH(silu, a / (1 + expl(-a)))
TRUTH(gelu, a / 2 * twice_normal_tail(a))
TRUTH(gelu_tanh, a / (1 + expl(-1.595769121605730711759L * a * (1 + 0.044715L * a * a))))
TRUTH(sign, isnan(a) ? a : (number)((a > 0) - (a < 0)))
TRUTH(leaky_relu, a > 0 ? a : 0.125L * a)
TRUTH(elu, (a > 0 ? a : 0) + 1.5L * expm1l(a > 0 ? 0 : a))
TRUTH(clamp, a<-0.875L ? -0.875L : a> 1.125L ? 1.125L : a)

TRUTH(add, a + b)
TRUTH(sub, a - b)
TRUTH(mul, a *b)
TRUTH(div, a / b)
TRUTH(pow, powl(a, b))
TRUTH(maximum, a > b || isnan(a) ? a : b)
TRUTH(minimum, a < b || isnan(a) ? a : b)
TRUTH(eq, a == b)
TRUTH(ne, a != b)
TRUTH(lt, a < b)
TRUTH(le, a <= b)
TRUTH(gt, a > b)
TRUTH(ge, a >= b)

/* ---- Bounds ---------------------------------------------------------------------------------------- */

#define EXACT 0.51 /* half a unit, and the rounding of the true value */
#define ROW(name, ...)                                                                                       \
    {                                                                                                        \
#name, name##_truth, __VA_ARGS__                                                                     \
    }

static const accuracy_row unary_rows[] = {
    /* ulps, squares, floor, numbers */
    ROW(neg, EXACT, 0, 0, {0}),
    ROW(square, EXACT, 0, 0, {0}),
    ROW(sqrt, EXACT, 0, 0, {0}),
    ROW(rsqrt, 1.5, 0, 0, {0}),
    ROW(reciprocal, EXACT, 0, 0, {0}),
    ROW(exp, 4, 0, 0, {0}),
    ROW(expm1, 4, 0, 0, {0}),
    ROW(log, 4, 0, 0, {0}),
    ROW(log1p, 4, 0, 0, {0}),
    ROW(sin, 4, 0, 0, {0}),
    ROW(cos, 4, 0, 0, {0}),
    ROW(tanh, 4, 0, 0, {0}),
    ROW(sigmoid, 6, 0, 1, {0}),
    ROW(erf, 4, 0, 0, {0}),
    ROW(erfc, 4, 0, 0, {0}),
    ROW(abs, EXACT, 0, 0, {0}),
    ROW(relu, EXACT, 0, 0, {0}),
    ROW(softplus, 6, 0, 0, {0}),
    ROW(silu, 6, 0, 1024, {0}),
    ROW(gelu, 6, 2, 64, {0}),
    ROW(gelu_tanh, 6, 3, 64, {0}),
    ROW(sign, EXACT, 0, 0, {0}),
    ROW(leaky_relu, EXACT, 0, 0, {0.125}),
    ROW(elu, 6, 0, 0, {1.5}),
    ROW(clamp, EXACT, 0, 0, {-0.875, 1.125}),
};

static const accuracy_row binary_rows[] = {
    ROW(add, EXACT, 0, 0, {0}),
    ROW(sub, EXACT, 0, 0, {0}),
    ROW(mul, EXACT, 0, 0, {0}),
    ROW(div, EXACT, 0, 0, {0}),
    ROW(pow, 4, 0, 1, {0}),
    ROW(maximum, EXACT, 0, 0, {0}),
    ROW(minimum, EXACT, 0, 0, {0}),
    ROW(eq, EXACT, 0, 0, {0}),
    ROW(ne, EXACT, 0, 0, {0}),
    ROW(lt, EXACT, 0, 0, {0}),
    ROW(le, EXACT, 0, 0, {0}),
    ROW(gt, EXACT, 0, 0, {0}),
    ROW(ge, EXACT, 0, 0, {0}),
};

enum {
    UNARY_ROWS = sizeof unary_rows / sizeof unary_rows[0],
    BINARY_ROWS = sizeof binary_rows / sizeof binary_rows[0]
};

/* ---- Comparing ------------------------------------------------------------------------------------- */

/* A unit in the last place of a number of the type, near the true value t. */
static inline long double ulp_of(wg_dtype dtype, long double t)
{
    int digits = dtype == WG_F32 ? FLT_MANT_DIG : DBL_MANT_DIG,
        least = dtype == WG_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    int exponent = 0;
    frexpl(t, &exponent);
    return ldexpl(1, (exponent > least ? exponent : least) - digits);
}

/* Is `is` what the row promises for the true value t at x? */
static inline bool accurate(const accuracy_row *row, wg_dtype dtype, double x, double is, long double t)
{
    long double unit = ulp_of(dtype, t), top = largest_of(dtype), least = least_of(dtype);
    long double bound =
        ((long double)row->ulps + (long double)row->squares * (long double)x * (long double)x) * unit;
    if (isnan(t) || isinf(t))
        return isnan(t) ? isnan(is) : (long double)is == t;
    if (isnan(is))
        return false;
    if (t == 0 && is == 0)
        return x != 0 || signbit(t) == signbit((long double)is);
    if (isinf(is)) /* the true value rounds to infinity, or might */
        return fabsl(t) + bound >= top && signbit((long double)is) == signbit(t);
    if (fabsl(t) > top)
        return fabsl((long double)is) + bound >= top && signbit((long double)is) == signbit(t);
    long double error = fabsl((long double)is - t);
    return error <= bound || error <= (long double)row->floor * least;
}

/* ---- Points ---------------------------------------------------------------------------------------- */

enum { MOST = 1 << 17 };

typedef struct points {
    double *x;
    size_t n;
    wg_dtype dtype;
} points;

static inline void put(points *p, double x)
{
    double rounded = p->dtype == WG_F32 ? (double)(float)x : x;
    if (p->n == MOST)
        ck_abort_msg("too many points");
    if (!isinf(rounded) || isinf(x))
        p->x[p->n++] = rounded;
}

static inline void put_both(points *p, double x)
{
    put(p, x), put(p, -x);
}

static inline void put_around(points *p, double x)
{
    double step = p->dtype == WG_F32 ? 0x1p-23 : 0x1p-52;
    for (int k = -3; k <= 3; k++)
        put_both(p, x + k * x * step);
}

/* Zero and its neighbours, the ends of the range and of the functions' ranges, infinity, NaN. */
static inline void put_special(points *p)
{
    static const double edges[] = {1, 2, 0.5, 87.33654, 88.72284, 103.97208, 708.3964, 709.7827128933841,
        745.1332191019, 16.63553, 36.7368, 13.2, 38.5, 9.2, 26.5, 5.6, 0.875, 1.125, 1e-3};
    put_both(p, 0), put_both(p, HUGE_VAL), put(p, nan(""));
    put_both(p, p->dtype == WG_F32 ? (double)FLT_TRUE_MIN : DBL_TRUE_MIN);
    put_around(p, p->dtype == WG_F32 ? (double)FLT_MIN : DBL_MIN);
    put_both(p, (double)largest_of(p->dtype));
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        put_around(p, edges[i]);
}

/* Every power of two, `each` numbers above it. */
static inline void put_range(points *p, wg_random *r, int each, int stride)
{
    int least = p->dtype == WG_F32 ? -149 : -1074, most = p->dtype == WG_F32 ? 127 : 1023;
    for (int e = least; e <= most; e += stride)
        for (int i = 0; i < each; i++)
            put_both(p, ldexp(1 + wg_random_uniform(r), e));
}

static inline points all_points(wg_dtype dtype)
{
    points p = {.x = malloc(MOST * sizeof(double)), .dtype = dtype};
    wg_random r = {.seed = 3};
    ck_assert_ptr_nonnull(p.x);
    put_special(&p);
    put_range(&p, &r, dtype == WG_F32 ? 30 : 4, 1);
    for (int i = 0; i < 12000; i++) {
        put(&p, (dtype == WG_F32 ? 240 : 1600) * (wg_random_uniform(&r) - 0.5));
        put(&p, 20 * (wg_random_uniform(&r) - 0.5));
        put(&p, 3 * wg_random_uniform(&r));
    }
    for (int i = 0; i < 2000; i++) { /* where e^x is denormal, and where it is the last finite number */
        bool small = dtype == WG_F32;
        put(&p, small ? -87 - 17.5 * wg_random_uniform(&r) : -708 - 38 * wg_random_uniform(&r));
        put_both(&p, small ? 88.7 + 0.03 * wg_random_uniform(&r) : 709.7 + 0.1 * wg_random_uniform(&r));
        put(&p, small ? 9.1 + wg_random_uniform(&r) : 26.5 + wg_random_uniform(&r)); /* the same of erfc */
    }
    for (int k = 1; k < 2000; k++)
        put_both(&p, k * 1.5707963267948966);
    return p;
}

#endif
