/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_rows.h - what tests that loop over the rows of formulas.def share. */
#ifndef WG_TESTS_FORMULA_ROWS_H
#define WG_TESTS_FORMULA_ROWS_H

#include <float.h>

#include "vars.h"

typedef long double number;

/* The names of the rows; "addc" and "cadd" belong to "add". */
typedef struct formula_name {
    const char *name;
    int operands;
} formula_name;

static const formula_name formula_names[] = {
#define WG_UNARY(name, value, gradient, lo, hi) {#name, 1},
#define WG_UNARY1(name, value, gradient, lo, hi, c) {#name, 1},
#define WG_UNARY2(name, value, gradient, lo, hi, c, d) {#name, 1},
#define WG_BINARY(name, value, gradient_a, gradient_b, lo, hi, lo_b, hi_b) {#name, 2},
#define WG_STEP(name, value) {#name, 1},
#define WG_STEP2(name, value) {#name, 2},
#include <wengert/formulas.def>
};

enum { FORMULAS = sizeof formula_names / sizeof formula_names[0] };

/* How an operation uses its row. */
enum { AS_IT_IS, NUMBER_RIGHT, NUMBER_LEFT, NOT_THIS_ROW };

static inline int row_use(const formula_name *row, const char *op)
{
    size_t n = strlen(row->name);
    if (strcmp(op, row->name) == 0)
        return AS_IT_IS;
    if (row->operands == 2 && strncmp(op, row->name, n) == 0 && strcmp(op + n, "c") == 0)
        return NUMBER_RIGHT;
    return row->operands == 2 && op[0] == 'c' && strcmp(op + 1, row->name) == 0 ? NUMBER_LEFT : NOT_THIS_ROW;
}

static inline bool is_row(const wg_op *op)
{
    bool some = false;
    for (size_t i = 0; i < FORMULAS && !some; i++)
        some = row_use(&formula_names[i], op->name) != NOT_THIS_ROW;
    return some;
}

/* Where long double is no wider than double (some processors, valgrind) there are no true values. */
static inline bool truth_is_known(void)
{
    volatile number one = 1, little = 0x1p-60L;
    return one + little != one;
}

static inline number largest_of(wg_dtype dtype)
{
    return dtype == WG_F32 ? (number)FLT_MAX : (number)DBL_MAX;
}

static inline number least_of(wg_dtype dtype)
{
    return dtype == WG_F32 ? (number)FLT_MIN : (number)DBL_MIN;
}

#endif
