/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__conv_kernels_avx512
#define VECTOR 64
#define ROW_VECTORS 4
#define CHANNEL_VECTORS 4
#define TARGET WG_TARGET_AVX512
#include "kernels/conv_direct_kernels.h"
