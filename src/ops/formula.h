/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula.h - what the files that expand formulas.def share.
 *
 *     formula_loops_*.c   numbers: the loops of all rows, for each kind of processor (formula_loops.h)
 *     formula_kernels.c   numbers: whole tensors and chains by these loops, forward and backward
 *     formula_text.c      text:    formula and rule of each row, for traces and drawings
 *     formula.c           vars:    the rule that records; and the records and public functions of all rows
 *
 * The tape's scalar path (tape/formula.c) is the fourth. */
#ifndef WG_OPS_FORMULA_H
#define WG_OPS_FORMULA_H

#include <wengert/math.h>
#include <wengert/op.h>

/* The rows' records, by code (scalar.h); the first codes, which are no formulas, are empty. */
extern const wg_op wg__formula_ops[WG_CODES];

typedef struct wg_formula_text {
    char formula[96]; /* an array, so that its address is a constant for the records */
    const char *rule[2];
} wg_formula_text;

extern const wg_formula_text wg__formula_texts[WG_CODES];

/* The scalar path's value of a code (tape/formula.c). */
double wg__formula_value(unsigned code, double x, double b, const double *numbers);

/* The kernels of a row of two operands, or of one: then b holds the row's plain numbers. n numbers each;
 * towards operand 0 or 1. */
void wg__formula_values(unsigned code, size_t n, const double *a, const double *b, double *y);
void wg__formula_gradients(unsigned code, int towards, size_t n, const double *a, const double *b,
    const double *y, const double *g, double *out);

wg_status wg__formula_forward_f64(wg_op_context *op);
wg_status wg__formula_forward_f32(wg_op_context *op);
wg_status wg__formula_backward_f64(wg_op_context *op);
wg_status wg__formula_backward_f32(wg_op_context *op);

#endif
