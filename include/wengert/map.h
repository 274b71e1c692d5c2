/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* map.h - an operation of one's own that works number by number: plain functions of doubles.
 *
 *     static double value(double x) { return log(1 + x * x); }
 *     static double slope(double x) { return 2 * x / (1 + x * x); }
 *     static double second(double x) { return 2 * (1 - x * x) / ((1 + x * x) * (1 + x * x)); }
 *     static const wg_map1 cauchy = {.name = "cauchy", .value = value, .slope = slope, .second = second};
 *
 *     wg_var y = wg_apply_map1(&cauchy, x);
 *     wg_gradcheck(...)                          finds a slope that is wrong, and says "cauchy"
 *
 * That is all: numbers and tensors, float and double, broadcasting of two operands, plans, traces and
 * gradient checks come with it. The functions compute in double. On tensors of float an element is
 * converted, computed and rounded once; scalars are double on any tape.
 *
 * WHAT IT COSTS. A call of each function for each element: there are no vectors, unless the functions have
 * them. One that must be as fast as the library's own is a row of formulas.def (CONTRIBUTING.md), or a wg_op
 * with loops of its own (op.h), which may also keep numbers for the backward pass.
 *
 * DERIVATIVES. The slopes give gradients (wg_backward, plans, wg_grad once). `second` gives derivatives of
 * second order: a Hessian, wg_backward through what wg_grad recorded. Where it is needed and NULL the sweep
 * fails with WG_INVALID, and the message says which function is missing; it is never taken for 0. Third
 * derivatives are refused in the same way: who needs them records the formula in the library's operations.
 *
 * THE FUNCTIONS must depend on their arguments alone, and may be called by several threads at once, in any
 * order, and in the default floating-point environment (see tape.h). They are called with whatever numbers
 * arrive, infinities and NaN too. The record is read as long as a tape has nodes of it: make it static. */
#ifndef WENGERT_MAP_H
#define WENGERT_MAP_H

#include <wengert/tape.h>

WG_BEGIN_DECLS

/* y = value(x), element by element. */
typedef struct wg_map1 {
    const char *name;           /* for messages, traces and drawings */
    double (*value)(double x);  /* y */
    double (*slope)(double x);  /* dy / dx */
    double (*second)(double x); /* d2y / dx2; NULL: there is none, see DERIVATIVES */
} wg_map1;

/* y = value(a, b), element by element of a and b broadcast to one shape. */
typedef struct wg_map2 {
    const char *name;                        /* for messages, traces and drawings */
    double (*value)(double a, double b);     /* y */
    double (*slope_a)(double a, double b);   /* dy / da */
    double (*slope_b)(double a, double b);   /* dy / db */
    double (*second_aa)(double a, double b); /* d2y / da2; NULL: there is none, see DERIVATIVES */
    double (*second_ab)(double a, double b); /* d2y / da db */
    double (*second_bb)(double a, double b); /* d2y / db2 */
} wg_map2;

/* Records a map and computes it. Errors, on the tape: WG_INVALID for a map that is NULL, or lacks a name, a
 * value or a slope; WG_BAD_DTYPE for integers; WG_BAD_SHAPE for shapes that do not broadcast. */
WG_API wg_var wg_apply_map1(const wg_map1 *map, wg_var x);
WG_API wg_var wg_apply_map2(const wg_map2 *map, wg_var a, wg_var b);

WG_END_DECLS
#endif
