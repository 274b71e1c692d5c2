/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_text.c - the rows as text: here the algebra of the gradients joins string literals. */

#include "ops/formula.h"

#define NUM(c) #c
#define SQRT_HALF "sqrt(1/2)"
#define TWO_OVER_SQRT_PI "2/sqrt(pi)"
#define ONE_OVER_SQRT_2PI "1/sqrt(2 pi)"
#define TWO_SQRT_2_OVER_PI "2 sqrt(2/pi)"
#define GELU_CUBE "0.044715"

#define NEG(a) "-" a
#define ADD(a, b) "(" a " + " b ")"
#define SUB(a, b) "(" a " - " b ")"
#define MUL(a, b) a " * " b
#define DIV(a, b) a " / (" b ")"
#define POW(a, b) "pow(" a ", " b ")"
#define POW_BY_BASE(a, b, y) b " * pow(" a ", " b " - 1)"
#define POW_BY_EXPONENT(a, b, y) y " * log(" a ")"
#define SQUARE(a) a " * " a
#define WITHIN(a, lo, hi) a
#define CLAMP(a, lo, hi) "clamp(" a ", " lo ", " hi ")"
#define EXP(a) "exp(" a ")"
#define LOG(a) "log(" a ")"
#define SIN(a) "sin(" a ")"
#define COS(a) "cos(" a ")"
#define ERFC(a) "erfc(" a ")"
#define SIGMOID(a) "sigmoid(" a ")"
#define SIGN(a) "sign(" a ")"
#define SELECT(condition, a, b) "(" condition " ? " a " : " b ")"
#define GT(a, b) a " > " b
#define LT(a, b) a " < " b
#define GE(a, b) a " >= " b
#define LE(a, b) a " <= " b
#define EQ(a, b) a " == " b
#define AND(a, b) a " and " b

#define x "x"
#define y "y"
#define g "g"
#define a "a"
#define b "b"
#define c "c"
#define d "d"

/* A row's name must not be taken for one of the letters above: none is one letter long. */
const wg_formula_text wg__formula_texts[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {#v_, {gradient, ""}},
#define WG_UNARY1(name, v_, gradient, lo, hi, c_) [WG_CODE_##name] = {#v_, {gradient, ""}},
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_) [WG_CODE_##name] = {#v_, {gradient, ""}},
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    [WG_CODE_##name] = {#v_, {gradient_a, gradient_b}}, [WG_CODE_##name##c] = {#v_, {gradient_a, ""}},       \
    [WG_CODE_c##name] = {#v_, {gradient_b, ""}},
#define WG_STEP(name, v_) [WG_CODE_##name] = {#v_, {"0", ""}},
#define WG_STEP2(name, v_)                                                                                   \
    [WG_CODE_##name] = {#v_, {"0", "0"}}, [WG_CODE_##name##c] = {#v_, {"0", ""}},                            \
    [WG_CODE_c##name] = {#v_, {"0", ""}},
#include <wengert/formulas.def>
};
