/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* algebra_number.h - the algebra of formulas.def, for numbers of type REAL: plain C. */
#ifndef WG_BASE_ALGEBRA_NUMBER_H
#define WG_BASE_ALGEBRA_NUMBER_H

#include <tgmath.h>

#define NUM(c) ((REAL)(c))
#define SQRT_HALF NUM(0.70710678118654752440)
#define TWO_OVER_SQRT_PI NUM(1.12837916709551257390)
#define ONE_OVER_SQRT_2PI NUM(0.39894228040143267794)
#define TWO_SQRT_2_OVER_PI NUM(1.59576912160573071176)
#define GELU_CUBE NUM(0.044715)

#define NEG(a) (-(a))
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define DIV(a, b) ((a) / (b))
#define POW(a, b) pow(a, b)
/* The slopes of y = a^b. That of a^0 is 0 whatever a is; at a = 0 that in b is 0. The power b - 1 has the
 * sign of y / a, which an odd b - 1 loses when it is too large for REAL and is rounded to an even one. */
#define POW_BY_BASE(a, b, y)                                                                                 \
    SELECT(EQ(b, NUM(0)), NUM(0), MUL(b, copysign(pow(a, SUB(b, NUM(1))), MUL(a, y))))
#define POW_BY_EXPONENT(a, b, y) SELECT(AND(EQ(a, NUM(0)), GE(b, NUM(0))), NUM(0), MUL(y, LOG(a)))
#define SQUARE(a) ((a) * (a))
#define WITHIN(a, lo, hi) (a)
#define CLAMP(a, lo, hi) ((a) < (lo) ? (lo) : (a) > (hi) ? (hi) : (a))
#define EXP(a) exp(a)
#define LOG(a) log(a)
#define SIN(a) sin(a)
#define COS(a) cos(a)
#define ERFC(a) erfc(a)
#define SIGMOID(a) (NUM(1) / (NUM(1) + exp(-(a))))
#define SIGN(a) NUM(((a) > 0) - ((a) < 0))
#define SELECT(condition, a, b) ((condition) ? (a) : (b))
#define GT(a, b) ((a) > (b))
#define LT(a, b) ((a) < (b))
#define GE(a, b) ((a) >= (b))
#define LE(a, b) ((a) <= (b))
#define EQ(a, b) ((a) == (b))
#define AND(a, b) ((a) && (b))

#endif
