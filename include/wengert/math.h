/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* math.h - the operations that are a formula.
 *
 * All of them work element by element on scalars and tensors, broadcast as NumPy does (sizes are aligned at
 * the last axis; a size of 1, or a missing axis, stretches), and can be differentiated to any order. Tensors
 * must be of one floating type; a scalar goes with either. Each operation of two operands is there three
 * times:
 *
 *     wg_sub(a, b)     two vars
 *     wg_subc(x, c)    x - c, a plain number on the right
 *     wg_csub(c, x)    c - x, a plain number on the left
 *
 * Errors (left on the tape): WG_BAD_SHAPE when shapes do not broadcast, WG_BAD_DTYPE for integers or two
 * floating types, WG_TWO_TAPES, WG_DEAD_VAR, WG_OUT_OF_MEMORY.
 *
 * ACCURACY. The scalar path uses the C library's functions in double. Vector kernels use our own exp, expm1
 * and log, and else the vector versions of the C library's functions where the compiler has them (glibc's
 * libmvec). Over the whole range of float and double, in units in the last place of the true value:
 *
 *     arithmetic, sqrt, reciprocal, choices, comparisons       correctly rounded
 *     rsqrt                                                     1.5
 *     exp expm1 log log1p sin cos tanh erf erfc pow             4
 *     sigmoid softplus silu elu                                 6
 *     gelu, which falls like e^(-x^2 / 2)                       6 + 2 x^2
 *     gelu_tanh                                                 6 + 3 x^2
 *
 * This holds for denormal results, too, but those of sigmoid and pow (and of silu below 1024 times, gelu and
 * gelu_tanh 64 times the smallest normal number) may be flushed to 0. A kernel takes about as long for one
 * argument as for another; ten times as long take pow at zeros, denormal, infinite and negative numbers and
 * near the ends of its range, sin and cos beyond 1e4 in float and 1e7 in double, and log1p beyond 1e38 in
 * float. An element's value does not depend on its position. Infinities and NaN come out as C's own
 * functions would have them, but silu, gelu and gelu_tanh are NaN at minus infinity. Comparisons give 1 or 0
 * in the operands' type, 0 where an operand is NaN (1 for wg_ne). tests/ops/test_accuracy.c checks all of this.
 *
 * DERIVATIVES, swept or recorded, are right at every finite operand: in double within 1e-12, in float within
 * 1e-5 of the sum of the magnitudes of their terms, or else within 1024 times the smallest normal number.
 * tests/ops/test_derivatives.c checks those of order one to four, mixed in every way, with these special values:
 *
 *     at a kink or an edge     those of the piece that the function's comment names
 *     at a tie                 half of each operand's
 *     where the function is NaN
 *                              anything: log goes on with 1 / x
 *     a / b at b = 0; sqrt, rsqrt, reciprocal, log at 0; log1p at -1
 *                              infinite or NaN
 *     a^b at a < 0             in a those of an integer power, else NaN
 *     a^b at a = 0             0 where a constant power is used up, as for the third derivative of a^2;
 *                              in b 0, where b is larger than the order in a, and for 0^0 in b alone; else
 *                              infinite
 *     a term beyond the largest number of the type
 *                              infinite or NaN, even if other terms would cancel it; so are derivatives of
 *                              a / b where b^-n, and of a^b where a^(b - n) is too large, n being the order
 *
 * A finite derivative is never wrong. With an infinite operand, NaN may stand for the limit.
 */
#ifndef WENGERT_MATH_H
#define WENGERT_MATH_H

#include <wengert/tape.h>

#ifndef WG_FAST
/* Arithmetic on scalars is recorded inline (scalar.h); the functions are exported too, for callers from
 * elsewhere. */
#define WG_FAST WG_API inline
#endif

WG_BEGIN_DECLS

/* ---- Arithmetic ------------------------------------------------------------------------------------ */

/* a + b; the gate that distributes: both operands get g. */
WG_FAST wg_var wg_add(wg_var a, wg_var b);
WG_FAST wg_var wg_addc(wg_var x, double c);
WG_FAST wg_var wg_cadd(double c, wg_var x);

/* a - b */
WG_FAST wg_var wg_sub(wg_var a, wg_var b);
WG_FAST wg_var wg_subc(wg_var x, double c);
WG_FAST wg_var wg_csub(double c, wg_var x);

/* a * b; the gate that swaps: a gets g b, b gets g a. */
WG_FAST wg_var wg_mul(wg_var a, wg_var b);
WG_FAST wg_var wg_mulc(wg_var x, double c);
WG_FAST wg_var wg_cmul(double c, wg_var x);

/* a / b; a gets g / b, b gets -g y / b. */
WG_FAST wg_var wg_div(wg_var a, wg_var b);
WG_FAST wg_var wg_divc(wg_var x, double c);
WG_FAST wg_var wg_cdiv(double c, wg_var x);

/* a to the power b, as C's pow. At a = 0 the slope in b is 0 (for b >= 0); at b = 0 the slope in a is 0. It
 * is differentiated to order 31 in b, to any in a. */
WG_API wg_var wg_pow(wg_var a, wg_var b);
WG_API wg_var wg_powc(wg_var x, double c);
WG_API wg_var wg_cpow(double c, wg_var x);

/* -x */
WG_FAST wg_var wg_neg(wg_var x);

/* x^2 */
WG_FAST wg_var wg_square(wg_var x);

/* The square root. Its slope at 0 is infinite: g / 0. */
WG_API wg_var wg_sqrt(wg_var x);

/* 1 / sqrt(x) */
WG_API wg_var wg_rsqrt(wg_var x);

/* 1 / x */
WG_API wg_var wg_reciprocal(wg_var x);

/* |x|; its slope at 0 is 0. */
WG_API wg_var wg_abs(wg_var x);

/* -1, 0 or 1; NaN stays NaN. No gradient. */
WG_API wg_var wg_sign(wg_var x);

/* ---- Exponentials and their kin -------------------------------------------------------------------- */

WG_API wg_var wg_exp(wg_var x);   /* e^x */
WG_API wg_var wg_expm1(wg_var x); /* e^x - 1, accurate near 0 */
WG_API wg_var wg_log(wg_var x);   /* natural logarithm */
WG_API wg_var wg_log1p(wg_var x); /* log(1 + x), accurate near 0 */
WG_API wg_var wg_sin(wg_var x);   /* radians */
WG_API wg_var wg_cos(wg_var x);   /* radians */
WG_API wg_var wg_tanh(wg_var x);  /* (e^x - e^-x) / (e^x + e^-x), by the C library */
WG_API wg_var wg_erf(wg_var x);   /* 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x */
WG_API wg_var wg_erfc(wg_var x);  /* 1 - erf(x), accurate in the upper tail */

/* ---- Activations ----------------------------------------------------------------------------------- */

/* 1 / (1 + e^-x); dy/dx = s(x) s(-x). */
WG_API wg_var wg_sigmoid(wg_var x);

/* max(x, 0); its slope at 0 is 0; NaN stays NaN. */
WG_API wg_var wg_relu(wg_var x);

/* x for x > 0, else slope x (at 0: slope). The lectures use 0.1 and 0.01. */
WG_API wg_var wg_leaky_relu(wg_var x, double slope);

/* x for x > 0, else alpha (e^x - 1). */
WG_API wg_var wg_elu(wg_var x, double alpha);

/* log(1 + e^x), finite for every finite x. */
WG_API wg_var wg_softplus(wg_var x);

/* x s(x), also called swish. NaN at minus infinity, as in PyTorch. */
WG_API wg_var wg_silu(wg_var x);

/* x P(X <= x) for a standard normal X, exact (Hendrycks and Gimpel 2016). */
WG_API wg_var wg_gelu(wg_var x);

/* The same by x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
WG_API wg_var wg_gelu_tanh(wg_var x);

/* ---- Choosing -------------------------------------------------------------------------------------- */

/* The larger one, NaN if one is NaN; the gate that routes: the larger operand gets g, at a tie each gets g
 * / 2. */
WG_API wg_var wg_maximum(wg_var a, wg_var b);
WG_API wg_var wg_maximumc(wg_var x, double c);
WG_API wg_var wg_cmaximum(double c, wg_var x);

/* The smaller one; otherwise like wg_maximum. */
WG_API wg_var wg_minimum(wg_var a, wg_var b);
WG_API wg_var wg_minimumc(wg_var x, double c);
WG_API wg_var wg_cminimum(double c, wg_var x);

/* x held between lo and hi; the gradient passes within and at the edges. lo > hi gives lo where x < lo, else
 * hi. */
WG_API wg_var wg_clamp(wg_var x, double lo, double hi);

/* condition ? a : b, element by element, where a condition holds that is not 0; broadcasts all three. The
 * gradient goes to the operand that was taken, 0 to the other one, and none to the condition.
 *
 * Both operands are computed for every element, and 0 goes on into what made the one that was not taken:
 * where its slope is infinite or NaN, 0 times that is NaN, in all derivatives. Give such a function an
 * argument that is good for it there, by a choice of its own:
 *
 *     wg_var good = wg_gtc(x, 0);
 *     wg_where(good, wg_sqrt(x), x)                            slope at -4: NaN
 *     wg_where(good, wg_sqrt(wg_wherec(good, x, 1)), x)        slope at -4: 1 */
WG_API wg_var wg_where(wg_var condition, wg_var a, wg_var b);
WG_API wg_var wg_wherec(wg_var condition, wg_var a, double b);
WG_API wg_var wg_cwhere(wg_var condition, double a, wg_var b);

/* a == b: 1 or 0, no gradient */
WG_API wg_var wg_eq(wg_var a, wg_var b);
WG_API wg_var wg_eqc(wg_var x, double c);
WG_API wg_var wg_ceq(double c, wg_var x);

/* a != b */
WG_API wg_var wg_ne(wg_var a, wg_var b);
WG_API wg_var wg_nec(wg_var x, double c);
WG_API wg_var wg_cne(double c, wg_var x);

/* a < b */
WG_API wg_var wg_lt(wg_var a, wg_var b);
WG_API wg_var wg_ltc(wg_var x, double c);
WG_API wg_var wg_clt(double c, wg_var x);

/* a <= b */
WG_API wg_var wg_le(wg_var a, wg_var b);
WG_API wg_var wg_lec(wg_var x, double c);
WG_API wg_var wg_cle(double c, wg_var x);

/* a > b */
WG_API wg_var wg_gt(wg_var a, wg_var b);
WG_API wg_var wg_gtc(wg_var x, double c);
WG_API wg_var wg_cgt(double c, wg_var x);

/* a >= b */
WG_API wg_var wg_ge(wg_var a, wg_var b);
WG_API wg_var wg_gec(wg_var x, double c);
WG_API wg_var wg_cge(double c, wg_var x);

WG_END_DECLS

#include <wengert/scalar.h>
#endif
