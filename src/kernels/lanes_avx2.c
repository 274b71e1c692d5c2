/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__lanes_avx2
#define VECTOR 32
#define SUMS 12
#define TARGET __attribute__((target("avx2,fma")))
#include "kernels/lanes_kernels.h"
