/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* op_cases.h - the points at which the loops over the op table look: an operation, one of its samples, and
 * numbers for the operands. An operation without samples is taken for a map and gets a few shapes that
 * broadcast.
 *
 * Numbers are floats in value, so that a float tape and a double tape see the same. All floating operands of
 * a case share one shuffled grid: no two numbers are near each other, and no maximum or tie is near a kink.
 */
#ifndef WG_TESTS_OP_CASES_H
#define WG_TESTS_OP_CASES_H

#include <wengert/op.h>

typedef struct op_case {
    const wg_op *op;
    wg_op_sample sample;
    size_t count; /* operands */
    size_t results;
    size_t size[WG_MAX_SAMPLE_ARGS];  /* elements */
    double *real[WG_MAX_SAMPLE_ARGS]; /* NULL for an integer operand */
    int32_t *integer[WG_MAX_SAMPLE_ARGS];
} op_case;

/* The operations under test: the library's table, then those defined in op_custom.c. */
size_t op_case_ops(void);
const wg_op *op_case_op(size_t i);
extern const wg_op *const op_custom[];
extern const size_t op_custom_count;

/* How many cases an op has, and case i. Freed by op_case_free. */
size_t op_case_count(const wg_op *op);
op_case op_case_new(const wg_op *op, size_t i);
void op_case_free(op_case *c);

/* A tape for the case: its mode, one thread, a fixed seed. */
wg_tape *op_case_tape(const op_case *c, wg_dtype dtype);

/* The array of operand i, and the operands on a tape: leaves, or inputs where no gradient is checked. */
wg_array op_case_array(const op_case *c, size_t i);
bool op_case_differentiable(const op_case *c, size_t i);
void op_case_operands(const op_case *c, wg_tape *tape, wg_var *x);

/* Applies `op` (the case's, or a variant of it); the results are invalid on failure. */
wg_status op_case_apply(const op_case *c, const wg_op *op, const wg_var *x, wg_var *results);

/* The op, its sample and what the tape says, for messages. */
const char *op_case_name(const op_case *c, const wg_tape *tape);

/* sum over all floating vars and elements of w[i] v[i], with fixed weights w in 0.5 .. 1.5 (of either sign):
 * a scalar whose gradient reaches every element. `stream` chooses the weights. Invalid when no var is a
 * floating one. */
wg_var op_case_project(const wg_var *vars, size_t count, uint64_t stream);

#endif
