/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_rows.h"

#define KERNELS wg_rows_avx512
#define VECTOR 64
#define FILTERS 6
#define VECTORS 4
#define TARGET __attribute__((target("avx512f")))
#include "kernels/conv_rows_kernels.h"
