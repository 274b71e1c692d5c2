/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define LOOPS wg__formula_loops_avx2
#define VECTOR 32
#define TARGET WG_TARGET_AVX2
#include "ops/formula_loops_of.h"
