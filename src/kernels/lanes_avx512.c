/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__lanes_avx512
#define VECTOR 64
#define SUMS 24
#define TARGET __attribute__((target("avx512f")))
#include "kernels/lanes_kernels.h"
