/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* derivatives.h - the rows of formulas.def as mixed series: their true derivatives. The choices at ties and
 * edges are those that math.h states. */
#ifndef WG_TESTS_DERIVATIVES_H
#define WG_TESTS_DERIVATIVES_H

#include "mixed.h"

/* The numbers of rows that have some are the same in float and double. */
typedef struct derivative_row {
    const char *name;
    mixed (*truth)(mixed a, mixed b);
    double attr[2];
} derivative_row;

#define MIXED(name, expression)                                                                              \
    static mixed name##_mixed(mixed a, mixed b)                                                              \
    {                                                                                                        \
        (void)a, (void)a, (void)b;                                                                           \
        return expression;                                                                                   \
    }

static inline mixed tanh_of_size(mixed u) /* of |u|, where e^-2u does not overflow */
{
    mixed e = mixed_exp(scaled(u, -2));
    return plus(scaled(mixed_reciprocal(plus(constant(1), e)), 2), constant(-1));
}

static inline mixed half_of_both(mixed a, mixed b)
{
    return scaled(plus(a, b), 0.5L);
}

static inline mixed gelu_tanh_argument(mixed a)
{
    return scaled(plus(a, scaled(times(a, times(a, a)), 0.044715L)), 1.595769121605730711759L);
}

/* 1 / 0 is what the slopes in a have; 0 / 0 is nothing. */
static inline mixed divided_by_zero(number a)
{
    mixed y = constant(0);
    for (int j = 0; j <= ORDER; j++)
        y.c[0][j] = a * HUGE_VALL, y.c[1][j % ORDER] = HUGE_VALL;
    return y;
}

MIXED(neg, scaled(a, -1))
MIXED(square, times(a, a))
MIXED(sqrt, mixed_sqrt(a))
MIXED(rsqrt, mixed_reciprocal(mixed_sqrt(a)))
MIXED(reciprocal, mixed_reciprocal(a))
MIXED(exp, mixed_exp(a))
MIXED(expm1, mixed_expm1(a))
MIXED(log, mixed_log(a))
MIXED(log1p, mixed_log1p(a))
MIXED(sin, mixed_sin(a))
MIXED(cos, mixed_cos(a))
MIXED(tanh, AT(a) < 0 ? scaled(tanh_of_size(scaled(a, -1)), -1) : tanh_of_size(a))
MIXED(sigmoid, mixed_sigmoid(a))
MIXED(erf, mixed_erf(a))
MIXED(erfc, mixed_erfc(a))
MIXED(abs, scaled(a, (AT(a) > 0) - (AT(a) < 0)))
MIXED(relu, AT(a) > 0 ? a : constant(0))
MIXED(softplus, AT(a) > 0 ? plus(a, mixed_log1p(mixed_exp(scaled(a, -1)))) : mixed_log1p(mixed_exp(a)))
MIXED(silu, times(a, mixed_sigmoid(a)))
MIXED(gelu, times(scaled(a, 0.5L), mixed_erfc(scaled(a, -0xB.504F333F9DE6484p-4L))))
MIXED(gelu_tanh, times(a, mixed_sigmoid(gelu_tanh_argument(a))))
MIXED(sign, constant(0))
MIXED(leaky_relu, AT(a) > 0 ? a : scaled(a, 0.125L))
MIXED(elu, AT(a) > 0 ? a : scaled(mixed_expm1(a), 1.5L))
MIXED(clamp, AT(a) >= -0.875L && AT(a) <= 1.125L ? a : constant(0))

MIXED(add, plus(a, b))
MIXED(sub, plus(a, scaled(b, -1)))
MIXED(mul, times(a, b))
MIXED(div, AT(b) == 0 ? divided_by_zero(AT(a)) : times(a, mixed_reciprocal(b)))
MIXED(pow, mixed_pow(AT(a), AT(b)))
MIXED(maximum, AT(a) > AT(b) ? a : AT(a) < AT(b) ? b : half_of_both(a, b))
MIXED(minimum, AT(a) < AT(b) ? a : AT(a) > AT(b) ? b : half_of_both(a, b))
MIXED(eq, constant(0))
MIXED(ne, constant(0))
MIXED(lt, constant(0))
MIXED(le, constant(0))
MIXED(gt, constant(0))
MIXED(ge, constant(0))

#define ROW(name, ...)                                                                                       \
    {                                                                                                        \
#name, name##_mixed,                                                                                 \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

static const derivative_row derivative_rows[] = {ROW(neg, 0), ROW(square, 0), ROW(sqrt, 0), ROW(rsqrt, 0),
    ROW(reciprocal, 0), ROW(exp, 0), ROW(expm1, 0), ROW(log, 0), ROW(log1p, 0), ROW(sin, 0), ROW(cos, 0),
    ROW(tanh, 0), ROW(sigmoid, 0), ROW(erf, 0), ROW(erfc, 0), ROW(abs, 0), ROW(relu, 0), ROW(softplus, 0),
    ROW(silu, 0), ROW(gelu, 0), ROW(gelu_tanh, 0), ROW(sign, 0), ROW(leaky_relu, 0.125), ROW(elu, 1.5),
    ROW(clamp, -0.875, 1.125), ROW(add, 0), ROW(sub, 0), ROW(mul, 0), ROW(div, 0), ROW(pow, 0),
    ROW(maximum, 0), ROW(minimum, 0), ROW(eq, 0), ROW(ne, 0), ROW(lt, 0), ROW(le, 0), ROW(gt, 0), ROW(ge, 0)};

enum { DERIVATIVE_ROWS = sizeof derivative_rows / sizeof derivative_rows[0] };

#endif
