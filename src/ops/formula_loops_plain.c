/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define LOOPS wg__formula_loops_plain
#if defined(__AVX512F__)
#define VECTOR 64
#elif defined(__AVX__)
#define VECTOR 32
#else
#define VECTOR 16
#endif
#define TARGET
#include "ops/formula_loops_of.h"
