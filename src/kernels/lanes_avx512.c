/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__lanes_avx512
#define VECTOR 64
#define SUMS 24
#define TARGET WG_TARGET_AVX512
#include "kernels/lanes_kernels.h"
