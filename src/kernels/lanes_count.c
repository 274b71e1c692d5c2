/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes_count.c - how many lanes, apart from the kernels: all operations ask, few programs have images. */

#include "kernels/lanes.h"

size_t wg__lanes(void)
{
#ifdef WG_X86_KERNELS
    if (__builtin_cpu_supports("avx512f"))
        return 16;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 8;
#endif
    return 0;
}
