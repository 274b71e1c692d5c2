/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/pool.h"

#include <string.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/pool_window.h"

/* Planes of one chunk: enough numbers that a fork is worth it. */
static size_t grain_of(size_t numbers)
{
    const size_t enough = 1 << 14;
    return numbers >= enough ? 1 : wg__chunks(enough, numbers ? numbers : 1);
}

/* Rows are worked through in pieces of 8, or of 4, or a short row at once. */
static inline size_t piece_of(size_t count)
{
    return count >= 8 ? 8 : count >= 4 ? 4 : count;
}

#define TEMPLATE "kernels/pool_real.h"
#include "base/for_each_real.h"
