/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_rows.h"

#define KERNELS wg_rows_avx2
#define VECTOR 32
#define FILTERS 6
#define VECTORS 2
#define TARGET __attribute__((target("avx2,fma")))
#include "kernels/conv_rows_kernels.h"
