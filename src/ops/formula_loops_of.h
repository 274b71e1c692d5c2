/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_loops_of.h - a template: the loops of all rows for one kind of processor.
 *
 *     LOOPS     the record's name        VECTOR  bytes in a vector
 *     TARGET    the attribute that allows such vectors
 *
 * Contraction (a * b + c in one instruction) must be allowed where it is compiled. */

#include "kernels/vector_math.h"

#include <string.h>
#include "base/algebra_number.h"
#include "ops/formula_loops.h"

enum { LANES = WG_FORMULA_LANES };

#define TEMPLATE "ops/formula_loops_real.h"
#include "base/for_each_real.h"

const wg_formula_loops LOOPS = {find_f64, find_f32, rest_f64, rest_f32};
