/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__conv_kernels_plain
#define VECTOR 16
#define ROW_VECTORS 2
#define CHANNEL_VECTORS 2
#define TARGET
#include "kernels/conv_direct_kernels.h"
