/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__gemm_avx2
#define VECTOR 32
#define ROWS 6
#define TARGET WG_TARGET_AVX2
#include "kernels/gemm_kernels.h"
