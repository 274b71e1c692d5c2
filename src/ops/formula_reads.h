/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_reads.h - what the gradients of a row read: here the algebra joins sets. x and a are operand 0, b
 * is operand 1, y the result; the row named NAME gets an enum NAME_ignores, the rest of WG_IGNORES_... */
#ifndef WG_OPS_FORMULA_READS_H
#define WG_OPS_FORMULA_READS_H

#include <wengert/math.h>
#include <wengert/op.h>

#define NUM(c) 0
#define SQRT_HALF 0
#define TWO_OVER_SQRT_PI 0
#define ONE_OVER_SQRT_2PI 0
#define TWO_SQRT_2_OVER_PI 0
#define GELU_CUBE 0

#define NEG(p) (p)
#define ADD(p, q) ((p) | (q))
#define SUB(p, q) ((p) | (q))
#define MUL(p, q) ((p) | (q))
#define DIV(p, q) ((p) | (q))
#define POW(p, q) ((p) | (q))
#define POW_BY_BASE(p, q, r) ((p) | (q) | (r))
#define POW_BY_EXPONENT(p, q, r) ((p) | (q) | (r))
#define SQUARE(p) (p)
#define WITHIN(p, lo, hi) (p)
#define CLAMP(p, lo, hi) (p)
#define EXP(p) (p)
#define LOG(p) (p)
#define SIN(p) (p)
#define COS(p) (p)
#define ERFC(p) (p)
#define SIGMOID(p) (p)
#define SIGN(p) (p)
#define SELECT(condition, p, q) ((condition) | (p) | (q))
#define GT(p, q) ((p) | (q))
#define LT(p, q) ((p) | (q))
#define GE(p, q) ((p) | (q))
#define LE(p, q) ((p) | (q))
#define EQ(p, q) ((p) | (q))
#define AND(p, q) ((p) | (q))

#define x 1
#define a 1
#define b 2
#define y 4
#define g 0
#define c 0
#define d 0

/* Of a set of the above what is not in it. */
#define WG_FORMULA_IGNORES(set)                                                                              \
    (((set)&1 ? 0 : WG_IGNORES_OPERAND(0)) | ((set)&2 ? 0 : WG_IGNORES_OPERAND(1)) |                         \
        ((set)&4 ? 0 : WG_IGNORES_RESULT(0)))

/* Where the other operand is a plain number: the one that is left, a or b in the set, is operand 0. */
#define WG_FORMULA_IGNORES_WITH_NUMBER(set, left)                                                            \
    (((set) & (left) ? 0 : WG_IGNORES_OPERAND(0)) | ((set)&4 ? 0 : WG_IGNORES_RESULT(0)))

enum {
#define WG_UNARY(name, v_, gradient, lo, hi) name##_ignores = WG_FORMULA_IGNORES(gradient),
#define WG_UNARY1(name, v_, gradient, lo, hi, c_) name##_ignores = WG_FORMULA_IGNORES(gradient),
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_) name##_ignores = WG_FORMULA_IGNORES(gradient),
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    name##_ignores = WG_FORMULA_IGNORES((gradient_a) | (gradient_b)),                                        \
    name##c_ignores = WG_FORMULA_IGNORES_WITH_NUMBER(gradient_a, 1),                                         \
    c##name##_ignores = WG_FORMULA_IGNORES_WITH_NUMBER(gradient_b, 2),
#define WG_STEP(name, v_) name##_ignores = 0,
#define WG_STEP2(name, v_) name##_ignores = 0, name##c_ignores = 0, c##name##_ignores = 0,
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
