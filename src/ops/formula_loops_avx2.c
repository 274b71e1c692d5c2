/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define LOOPS wg__formula_loops_avx2
#define VECTOR 32
#define TARGET __attribute__((target("avx2,fma,bmi2")))
#include "ops/formula_loops_of.h"
