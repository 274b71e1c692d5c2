/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* algebra_var.h - the algebra of formulas.def for terms: a term is a var or a plain number, each name a
 * public operation. Numbers among themselves are computed at once. */
#ifndef WG_OPS_ALGEBRA_VAR_H
#define WG_OPS_ALGEBRA_VAR_H

#include <math.h>
#include <wengert/math.h>
#include "ops/pow_slope.h"

typedef struct wg_term {
    wg_var var;
    double number;
    bool is_number;
} wg_term;

static inline wg_term wg__term_var(wg_var v)
{
    return (wg_term){.var = v};
}

static inline wg_term wg__term_number(double number)
{
    return (wg_term){.number = number, .is_number = true};
}

/* A number as a var of the shape of `like`. */
static inline wg_var wg__var_of_term(wg_term p, wg_term like)
{
    return p.is_number ? wg_const_like(like.var, p.number) : p.var;
}

typedef wg_var wg_of_vars(wg_var a, wg_var b);
typedef wg_var wg_of_right(wg_var a, double b);
typedef wg_var wg_of_left(double a, wg_var b);

static inline wg_term wg__term2(
    wg_term p, wg_term q, wg_of_vars *vars, wg_of_right *right, wg_of_left *left, double number)
{
    if (p.is_number && q.is_number)
        return wg__term_number(number);
    return wg__term_var(q.is_number   ? right(p.var, q.number)
                        : p.is_number ? left(p.number, q.var)
                                      : vars(p.var, q.var));
}

static inline wg_term wg__term1(wg_term p, wg_var f(wg_var x), double number)
{
    return p.is_number ? wg__term_number(number) : wg__term_var(f(p.var));
}

/* condition ? p : q; the condition is a term of ones and zeros. Both choices being numbers, they become vars
 * of the condition's shape. */
static inline wg_term wg__term_select(wg_term condition, wg_term p, wg_term q)
{
    if (condition.is_number)
        return condition.number != 0 ? p : q;
    if (p.is_number && q.is_number)
        p = wg__term_var(wg__var_of_term(p, condition));
    return wg__term_var(q.is_number   ? wg_wherec(condition.var, p.var, q.number)
                        : p.is_number ? wg_cwhere(condition.var, p.number, q.var)
                                      : wg_where(condition.var, p.var, q.var));
}

#define NUM(c) wg__term_number(c)
#define SQRT_HALF wg__term_number(0.70710678118654752440)
#define TWO_OVER_SQRT_PI wg__term_number(1.12837916709551257390)
#define ONE_OVER_SQRT_2PI wg__term_number(0.39894228040143267794)
#define TWO_SQRT_2_OVER_PI wg__term_number(1.59576912160573071176)
#define GELU_CUBE wg__term_number(0.044715)

#define WG_TERM2(p, q, name, number) wg__term2(p, q, wg_##name, wg_##name##c, wg_c##name, number)

static inline wg_term NEG(wg_term p)
{
    return wg__term1(p, wg_neg, -p.number);
}
static inline wg_term ADD(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, add, p.number + q.number);
}
static inline wg_term SUB(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, sub, p.number - q.number);
}
static inline wg_term MUL(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, mul, p.number * q.number);
}
static inline wg_term DIV(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, div, p.number / q.number);
}
static inline wg_term POW(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, pow, pow(p.number, q.number));
}
static inline wg_term LOG(wg_term p)
{
    return wg__term1(p, wg_log, log(p.number));
}
/* A constant power loses one at each derivative, until a plain 0 ends it; not where c - 1 would be rounded,
 * in float, nor where c (c - 1) (c - 2) (c - 3) is so large, above 1024, that it would bring back into the
 * range what the power by itself had lost. A power that varies has derivatives of all orders even where this
 * slope is 0 - at b = 0 it is d2/da db = 1 / a -, so that it is one operation. */
static inline wg_term POW_BY_BASE(wg_term a, wg_term b, wg_term y)
{
    (void)y;
    if (b.is_number && b.number == 0)
        return b;
    if (b.is_number && fabs(b.number) > 0x1p-20 && b.number >= -4 && b.number <= 7)
        return MUL(b, POW(a, SUB(b, NUM(1))));
    return wg__term_var(wg__pow_slope(wg__var_of_term(a, b), wg__var_of_term(b, a), 1, 0));
}
static inline wg_term POW_BY_EXPONENT(wg_term a, wg_term b, wg_term y)
{
    if (a.is_number && a.number != 0)
        return MUL(y, LOG(a));
    return wg__term_var(wg__pow_slope(wg__var_of_term(a, b), wg__var_of_term(b, a), 0, 1));
}
static inline wg_term SQUARE(wg_term p)
{
    return wg__term1(p, wg_square, p.number * p.number);
}
static inline wg_term CLAMP(wg_term p, wg_term lo, wg_term hi)
{
    double x = p.number;
    return p.is_number ? wg__term_number(x < lo.number   ? lo.number
                                         : x > hi.number ? hi.number
                                                         : x)
                       : wg__term_var(wg_clamp(p.var, lo.number, hi.number));
}
static inline wg_term EXP(wg_term p)
{
    return wg__term1(p, wg_exp, exp(p.number));
}
static inline wg_term SIN(wg_term p)
{
    return wg__term1(p, wg_sin, sin(p.number));
}
static inline wg_term COS(wg_term p)
{
    return wg__term1(p, wg_cos, cos(p.number));
}
static inline wg_term ERFC(wg_term p)
{
    return wg__term1(p, wg_erfc, erfc(p.number));
}
static inline wg_term SIGMOID(wg_term p)
{
    return wg__term1(p, wg_sigmoid, 1 / (1 + exp(-p.number)));
}
static inline wg_term SIGN(wg_term p)
{
    return wg__term1(p, wg_sign, (p.number > 0) - (p.number < 0));
}
static inline wg_term GT(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, gt, p.number > q.number);
}
static inline wg_term LT(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, lt, p.number < q.number);
}
static inline wg_term GE(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, ge, p.number >= q.number);
}
static inline wg_term LE(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, le, p.number <= q.number);
}
static inline wg_term EQ(wg_term p, wg_term q)
{
    return WG_TERM2(p, q, eq, p.number == q.number);
}
/* Of ones and zeros, the product; a number decides at once. */
static inline wg_term AND(wg_term p, wg_term q)
{
    if (p.is_number)
        return p.number != 0 ? q : p;
    if (q.is_number)
        return q.number != 0 ? p : q;
    return wg__term_var(wg_mul(p.var, q.var));
}
#define WITHIN(p, lo, hi) CLAMP(p, lo, hi)
#define SELECT(condition, p, q) wg__term_select(condition, p, q)

#endif
