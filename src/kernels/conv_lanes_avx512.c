/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg_conv_lanes_avx512
#define VECTOR 64
#define SUMS 24
#define TARGET __attribute__((target("avx512f")))
#include "kernels/conv_lanes_kernels.h"
