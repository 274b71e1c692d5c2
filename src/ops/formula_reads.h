/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_reads.h - what the gradients of a row read: here the algebra joins sets. x and a are operand 0, b
 * is operand 1, y the result; the row named NAME gets an enum NAME_ignores, the rest of WG_IGNORES_..., and an
 * enum NAME_passes_on: bit i says that operand i's gradient is the upstream one as it is. */
#ifndef WG_OPS_FORMULA_READS_H
#define WG_OPS_FORMULA_READS_H

#include <wengert/math.h>
#include <wengert/op.h>

#define WG_FORMULA_UPSTREAM 8
#define WG_FORMULA_COMPUTED 16 /* something is done with what is in the set */

#define NUM(c) 0
#define SQRT_HALF 0
#define TWO_OVER_SQRT_PI 0
#define ONE_OVER_SQRT_2PI 0
#define TWO_SQRT_2_OVER_PI 0
#define GELU_CUBE 0

#define NEG(p) ((p) | WG_FORMULA_COMPUTED)
#define ADD(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define SUB(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define MUL(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define DIV(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define POW(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define POW_BY_BASE(p, q, r) ((p) | (q) | (r) | WG_FORMULA_COMPUTED)
#define POW_BY_EXPONENT(p, q, r) ((p) | (q) | (r) | WG_FORMULA_COMPUTED)
#define SQUARE(p) ((p) | WG_FORMULA_COMPUTED)
#define WITHIN(p, lo, hi) ((p) | WG_FORMULA_COMPUTED)
#define CLAMP(p, lo, hi) ((p) | WG_FORMULA_COMPUTED)
#define EXP(p) ((p) | WG_FORMULA_COMPUTED)
#define LOG(p) ((p) | WG_FORMULA_COMPUTED)
#define SIN(p) ((p) | WG_FORMULA_COMPUTED)
#define COS(p) ((p) | WG_FORMULA_COMPUTED)
#define ERFC(p) ((p) | WG_FORMULA_COMPUTED)
#define SIGMOID(p) ((p) | WG_FORMULA_COMPUTED)
#define SIGN(p) ((p) | WG_FORMULA_COMPUTED)
#define SELECT(condition, p, q) ((condition) | (p) | (q) | WG_FORMULA_COMPUTED)
#define GT(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define LT(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define GE(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define LE(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define EQ(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)
#define AND(p, q) ((p) | (q) | WG_FORMULA_COMPUTED)

#define x 1
#define a 1
#define b 2
#define y 4
#define g WG_FORMULA_UPSTREAM
#define c 0
#define d 0

/* Of a set of the above what is not in it. */
#define WG_FORMULA_IGNORES(set)                                                                              \
    (((set)&1 ? 0 : WG_IGNORES_OPERAND(0)) | ((set)&2 ? 0 : WG_IGNORES_OPERAND(1)) |                         \
        ((set)&4 ? 0 : WG_IGNORES_RESULT(0)))

/* Where the other operand is a plain number: the one that is left, a or b in the set, is operand 0. */
#define WG_FORMULA_IGNORES_WITH_NUMBER(set, left)                                                            \
    (((set) & (left) ? 0 : WG_IGNORES_OPERAND(0)) | ((set)&4 ? 0 : WG_IGNORES_RESULT(0)))

/* The set of what is g and nothing else. */
#define WG_FORMULA_PASSES(set) ((set) == WG_FORMULA_UPSTREAM)

enum {
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    name##_ignores = WG_FORMULA_IGNORES(gradient), name##_passes_on = WG_FORMULA_PASSES(gradient),
#define WG_UNARY1(name, v_, gradient, lo, hi, c_)                                                            \
    name##_ignores = WG_FORMULA_IGNORES(gradient), name##_passes_on = WG_FORMULA_PASSES(gradient),
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    name##_ignores = WG_FORMULA_IGNORES(gradient), name##_passes_on = WG_FORMULA_PASSES(gradient),
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    name##_ignores = WG_FORMULA_IGNORES((gradient_a) | (gradient_b)),                                        \
    name##c_ignores = WG_FORMULA_IGNORES_WITH_NUMBER(gradient_a, 1),                                         \
    c##name##_ignores = WG_FORMULA_IGNORES_WITH_NUMBER(gradient_b, 2),                                       \
    name##c_passes_on = WG_FORMULA_PASSES(gradient_a), c##name##_passes_on = WG_FORMULA_PASSES(gradient_b),  \
    name##_passes_on = name##c_passes_on | c##name##_passes_on << 1,
#define WG_STEP(name, v_) name##_ignores = 0, name##_passes_on = 0,
#define WG_STEP2(name, v_) WG_STEP(name, v_) WG_STEP(name##c, v_) WG_STEP(c##name, v_)
#include <wengert/formulas.def>
    WG_FORMULA_READS_END
};

#undef NUM
#undef SQRT_HALF
#undef TWO_OVER_SQRT_PI
#undef ONE_OVER_SQRT_2PI
#undef TWO_SQRT_2_OVER_PI
#undef GELU_CUBE
#undef NEG
#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef POW
#undef POW_BY_BASE
#undef POW_BY_EXPONENT
#undef SQUARE
#undef WITHIN
#undef CLAMP
#undef EXP
#undef LOG
#undef SIN
#undef COS
#undef ERFC
#undef SIGMOID
#undef SIGN
#undef SELECT
#undef GT
#undef LT
#undef GE
#undef LE
#undef EQ
#undef AND
#undef x
#undef a
#undef b
#undef y
#undef g
#undef c
#undef d

#endif
