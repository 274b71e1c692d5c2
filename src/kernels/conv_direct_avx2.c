/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__conv_kernels_avx2
#define VECTOR 32
#define ROW_VECTORS 2
#define CHANNEL_VECTORS 2
#define TARGET WG_TARGET_AVX2
#include "kernels/conv_direct_kernels.h"
