/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_loops.h - what stands behind formula_kernels.c: the loops of all rows, for one kind of processor.
 *
 * They know n numbers, not tensors, broadcasting or chains, so a row is three loops of a few instructions
 * (value and two slopes) for each type and kind. That is what a row adds to every program that has the
 * library inside: the tape names all rows. */
#ifndef WG_OPS_FORMULA_LOOPS_H
#define WG_OPS_FORMULA_LOOPS_H

#include <stddef.h>
#include "kernels/isa.h"

/* The rows of formulas.def, counted. */
enum {
#define WG_UNARY(name, v_, gradient, lo, hi) WG_ROW_##name,
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_ROW_##name,
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_ROW_##name,
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b) WG_ROW_##name,
#define WG_STEP(name, v_) WG_ROW_##name,
#define WG_STEP2(name, v_) WG_ROW_##name,
#include <wengert/formulas.def>
    WG_ROWS
};

/* What a row's loop computes. */
enum { WG_LOOP_VALUE, WG_LOOP_SLOPE_A, WG_LOOP_SLOPE_B, WG_LOOPS };

/* Where a loop reads and writes; out may be one of the others. An operand that does not run (step 0, else 1)
 * is one number; one of the two runs. Of one operand, a is x, and b has the numbers c and d. */
typedef struct wg_formula_streams {
    const void *a, *b, *y, *g; /* y and g: of a slope */
    void *out;
    size_t step_a, step_b;
} wg_formula_streams;

/* Loops work in whole blocks of LANES numbers, a multiple of every vector: n is one of LANES, and not 0. What
 * is left over goes through a block that is padded, so that an element's position never changes its value:
 * the last n numbers, less than LANES, from number `at` on. */
enum { WG_FORMULA_LANES = 16 };

typedef void wg_formula_loop(size_t n, const wg_formula_streams *s);
typedef void wg_formula_rest(wg_formula_loop *loop, size_t at, size_t n, const wg_formula_streams *s);

/* The loop WG_LOOPS * row + WG_LOOP_...; NULL: a step has no slope. */
typedef wg_formula_loop *wg_formula_find(unsigned loop);

typedef struct wg_formula_loops {
    wg_formula_find *find_f64, *find_f32;
    wg_formula_rest *rest_f64, *rest_f32;
} wg_formula_loops;

extern const wg_formula_loops wg__formula_loops_plain; /* the processor of the build */
#ifdef WG_X86_KERNELS
extern const wg_formula_loops wg__formula_loops_avx2, wg__formula_loops_avx512;
#endif

const wg_formula_loops *wg__formula_loops_of(wg_isa_level isa);

#endif
