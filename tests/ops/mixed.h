/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* mixed.h - derivatives for tests, without a tape: Taylor series in two variables s and t, to order 4,
 *
 *     f(a + s, b + t)   = sum c[i][j] s^i t^j + ..,    d^(i+j) f / da^i db^j = i! j! c[i][j]
 *     f(x + s v + t w)  of several operands, along two directions
 *
 * in long double. Beside each coefficient goes the sum of the magnitudes of the terms that it was added up
 * from, which is what rounding errors are measured by. */
#ifndef WG_TESTS_MIXED_H
#define WG_TESTS_MIXED_H

#include "formula_rows.h"

enum { ORDER = 4 };

typedef struct mixed {
    number c[ORDER + 1][ORDER + 1], size[ORDER + 1][ORDER + 1];
} mixed;

#define FOR_ORDERS(i, j)                                                                                     \
    for (int i = 0; i <= ORDER; i++)                                                                         \
        for (int j = 0; i + j <= ORDER; j++)

static inline mixed constant(number c)
{
    mixed y = {.c = {{c}}, .size = {{fabsl(c)}}};
    return y;
}

/* The variable whose step is s, or t. */
static inline mixed variable(number x, bool first)
{
    mixed y = constant(x);
    y.c[first][!first] = y.size[first][!first] = 1;
    return y;
}

/* The value. */
#define AT(u) ((u).c[0][0])

/* Operand x of several, which goes along the two directions. */
static inline mixed on_plane(number x, number v, number w)
{
    mixed y = constant(x);
    y.c[1][0] = v, y.c[0][1] = w;
    y.size[1][0] = fabsl(v), y.size[0][1] = fabsl(w);
    return y;
}

/* A coefficient that is 0 is not there: 0 * inf is 0. */
static inline number product(number a, number b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static inline mixed plus(mixed a, mixed b)
{
    FOR_ORDERS(i, j)
    {
        a.c[i][j] += b.c[i][j];
        a.size[i][j] += b.size[i][j];
    }
    return a;
}

static inline mixed scaled(mixed a, number by)
{
    FOR_ORDERS(i, j)
    {
        a.c[i][j] = product(a.c[i][j], by);
        a.size[i][j] = product(a.size[i][j], fabsl(by));
    }
    return a;
}

static inline mixed times(mixed a, mixed b)
{
    mixed y = {0};
    FOR_ORDERS(i, j)
    for (int k = 0; k <= i; k++)
        for (int l = 0; l <= j; l++) {
            y.c[i][j] += product(a.c[k][l], b.c[i - k][j - l]);
            y.size[i][j] += product(a.size[k][l], b.size[i - k][j - l]);
        }
    return y;
}

/* A function's own series at u: f(u + h) = sum c[k] h^k. */
typedef struct series {
    number c[ORDER + 1], size[ORDER + 1];
} series;

static inline mixed composed(const series *f, mixed u)
{
    mixed y = {0};
    u.c[0][0] = u.size[0][0] = 0;
    for (int k = ORDER; k >= 0; k--) {
        y = times(y, u);
        y.c[0][0] += f->c[k];
        y.size[0][0] += f->size[k];
    }
    return y;
}

/* Of coefficients that are one term each. */
static inline mixed of_terms(series f, mixed u)
{
    for (int k = 0; k <= ORDER; k++)
        f.size[k] = fabsl(f.c[k]);
    return composed(&f, u);
}

/* f itself, and coefficients that are `rate` times the one before, over k. */
#define SERIES(name, first, second, rate)                                                                    \
    static inline mixed name(mixed u)                                                                        \
    {                                                                                                        \
        const number x = u.c[0][0];                                                                          \
        series f = {.c = {first, second}};                                                                   \
        for (int k = 2; k <= ORDER; k++)                                                                     \
            f.c[k] = f.c[k - 1] * (rate) / k;                                                                \
        return of_terms(f, u);                                                                               \
    }

SERIES(mixed_exp, expl(x), expl(x), 1 + 0 * x)
SERIES(mixed_expm1, expm1l(x), expl(x), 1 + 0 * x)
SERIES(mixed_log, logl(x), 1 / x, -(k - 1) / x)
SERIES(mixed_log1p, log1pl(x), 1 / (1 + x), -(k - 1) / (1 + x))
SERIES(mixed_reciprocal, 1 / x, -1 / x / x, -k / x)
SERIES(mixed_sqrt, sqrtl(x), 0.5L / sqrtl(x), (1.5L - k) / x)

static inline mixed mixed_sin(mixed u)
{
    const number s = sinl(u.c[0][0]), c = cosl(u.c[0][0]);
    return of_terms((series){.c = {s, c, -s / 2, -c / 6, s / 24}}, u);
}

static inline mixed mixed_cos(mixed u)
{
    const number s = sinl(u.c[0][0]), c = cosl(u.c[0][0]);
    return of_terms((series){.c = {c, -s, -c / 2, s / 6, c / 24}}, u);
}

/* Of a function with this value whose slope is scale e^(-x^2): by the Hermite polynomials
 * 1, 2 x, 4 x^2 - 2, 8 x^3 - 12 x. */
static inline mixed mixed_bell(mixed u, number value, number scale)
{
    const number x = u.c[0][0], e = scale * expl(-x * x), r = fabsl(x);
    const number even = product(4 * x * x, e), odd = product(8 * x * x * x, e);
    series f = {
        .c = {value, e, -product(2 * x, e) / 2, (even - 2 * e) / 6, -(odd - product(12 * x, e)) / 24}};
    const number n = fabsl(e);
    f.size[0] = fabsl(value), f.size[1] = n, f.size[2] = product(r, n);
    f.size[3] = (product(4 * r * r, n) + 2 * n) / 6;
    f.size[4] = (product(8 * r * r * r, n) + product(12 * r, n)) / 24;
    return composed(&f, u);
}

static inline mixed mixed_erf(mixed u)
{
    return mixed_bell(u, erfl(u.c[0][0]), 1.128379167095512573896L);
}

static inline mixed mixed_erfc(mixed u)
{
    return mixed_bell(u, erfcl(u.c[0][0]), -1.128379167095512573896L);
}

/* 1 / (1 + e^-u); e is of what cannot overflow. */
static inline mixed mixed_sigmoid(mixed u)
{
    bool right = u.c[0][0] >= 0;
    mixed e = mixed_exp(right ? scaled(u, -1) : u), r = mixed_reciprocal(plus(constant(1), e));
    return right ? r : times(e, r);
}

/* ---- Of operands that are sums themselves, and rounded: an error of theirs is one of the result ---- */

static inline mixed minus(mixed a, mixed b)
{
    return plus(a, scaled(b, -1));
}

static inline mixed square_of(mixed a)
{
    return times(a, a);
}

static inline mixed over(mixed a, mixed b)
{
    return times(a, mixed_reciprocal(b));
}

static inline mixed sum_of(const mixed *x, int n)
{
    mixed y = constant(0);
    for (int i = 0; i < n; i++)
        y = plus(y, x[i]);
    return y;
}

static inline mixed exp_of_sum(mixed u)
{
    mixed y = mixed_exp(u);
    FOR_ORDERS(i, j)
    y.size[i][j] = product(y.size[i][j], 1 + fabsl(AT(u)));
    return y;
}

static inline mixed log1p_of_sum(mixed u)
{
    mixed y = mixed_log1p(u);
    y.size[0][0] = u.size[0][0] / (1 + AT(u));
    return y;
}

/* log(1 + e^u), without an exponential that overflows */
static inline mixed softplus_of_sum(mixed u)
{
    mixed tail = log1p_of_sum(exp_of_sum(scaled(u, AT(u) > 0 ? -1 : 1)));
    return AT(u) > 0 ? plus(u, tail) : tail;
}

/* (a + s)^(b + t): the coefficient of s^k is a^(b - k) e^(t L) times the binomial of b + t over k, a
 * polynomial in t; L = log(a).
 *
 * At a = 0 it is the limit from the right, which exists where b > k. Elsewhere a slope in b is infinite, but
 * that of 0^b at b = 0 is 0 by what math.h says. */
static inline number pow_term(number a, number b, int k, int j, number *size)
{
    number q[ORDER + 1] = {1}, magnitude[ORDER + 1] = {1}, sum = 0, l = logl(a), power = powl(a, b - k);
    if (a < 0) /* whether b is an integer, and even, b - k may have lost */
        power = b != floorl(b) ? (number)NAN : powl(-a, b - k) * ((fmodl(b, 2) != 0) != (k % 2) ? -1 : 1);
    for (int i = 0; i < k; i++)
        for (int r = ORDER; r >= 0; r--) {
            q[r] = ((b - i) * q[r] + (r ? q[r - 1] : 0)) / (i + 1);
            magnitude[r] = (fabsl(b - i) * magnitude[r] + (r ? magnitude[r - 1] : 0)) / (i + 1);
        }
    *size = 0;
    if (a <= 0 && j > 0)
        return a == 0 && (b > k || (b == 0 && k == 0)) ? 0 : (number)NAN;
    for (int r = 0; r <= j; r++) {
        number of_l = 1;
        for (int i = 1; i <= j - r; i++)
            of_l *= l / i;
        sum += product(q[r], of_l);
        *size += product(magnitude[r], fabsl(of_l));
    }
    *size = product(*size, fabsl(power));
    return product(sum, power);
}

static inline mixed mixed_pow(number a, number b)
{
    mixed y;
    FOR_ORDERS(k, j)
    y.c[k][j] = pow_term(a, b, k, j, &y.size[k][j]);
    return y;
}

#endif
