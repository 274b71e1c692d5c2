/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__gemm_avx512
#define VECTOR 64
#define ROWS 12
#define TARGET WG_TARGET_AVX512
#include "kernels/gemm_kernels.h"
