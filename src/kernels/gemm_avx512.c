/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__gemm_avx512
#define VECTOR 64
#define ROWS 12
#define TARGET __attribute__((target("avx512f")))
#include "kernels/gemm_kernels.h"
