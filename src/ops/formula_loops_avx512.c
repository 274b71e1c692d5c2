/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define LOOPS wg__formula_loops_avx512
#define VECTOR 64
#define TARGET WG_TARGET_AVX512
#include "ops/formula_loops_of.h"
