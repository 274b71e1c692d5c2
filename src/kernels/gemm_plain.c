/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define KERNELS wg__gemm_plain
#define VECTOR 16
#define ROWS 6
#define TARGET
#include "kernels/gemm_kernels.h"
