/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv_rows.h"

#define KERNELS wg_rows_plain
#define VECTOR 16
#define FILTERS 6
#define VECTORS 2
#define TARGET
#include "kernels/conv_rows_kernels.h"
