/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__lanes_avx2
#define VECTOR 32
#define SUMS 12
#define TARGET WG_TARGET_AVX2
#include "kernels/lanes_kernels.h"
