/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__gemm_avx2
#define VECTOR 32
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#include "kernels/gemm_kernels.h"
