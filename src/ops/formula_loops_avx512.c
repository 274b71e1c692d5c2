/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define LOOPS wg__formula_loops_avx512
#define VECTOR 64
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,bmi2")))
#include "ops/formula_loops_of.h"
