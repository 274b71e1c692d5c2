/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/lanes.h"

#include "kernels/lanes_loops.h"
#include "kernels/strided.h"

const wg_lanes_kernels *wg_lanes_kernels_of_processor(void)
{
#ifdef WG_X86_KERNELS
    if (__builtin_cpu_supports("avx512f"))
        return &wg_lanes_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &wg_lanes_avx2;
#endif
    return NULL;
}

size_t wg_lanes(void)
{
    const wg_lanes_kernels *kernels = wg_lanes_kernels_of_processor();
    return kernels ? kernels->lanes : 0;
}

/* Of each group a matrix [lanes, count] is turned round. */
void wg_lanes_from_rows_f32(int threads, size_t batch, size_t count, const float *rows, float *lanes)
{
    size_t l = wg_lanes();
    wg_walk walk = wg_walk_over(&WG_SHAPE(batch / l, count, l), 2);
    walk.step[1][0] = (ptrdiff_t)(l * count), walk.step[1][1] = 1, walk.step[1][2] = (ptrdiff_t)count;
    wg_strided_copy(threads, &walk, sizeof(float), rows, lanes);
}

void wg_rows_from_lanes_f32(int threads, size_t batch, size_t count, const float *lanes, float *rows)
{
    size_t l = wg_lanes();
    wg_walk walk = wg_walk_over(&WG_SHAPE(batch / l, l, count), 2);
    walk.step[1][0] = (ptrdiff_t)(l * count), walk.step[1][1] = 1, walk.step[1][2] = (ptrdiff_t)l;
    wg_strided_copy(threads, &walk, sizeof(float), lanes, rows);
}
