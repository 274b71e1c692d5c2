/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/lanes.h"

#include "kernels/lanes_loops.h"
#include "kernels/parallel.h"

const wg_lanes_kernels *wg__lanes_kernels(void)
{
#ifdef WG_X86_KERNELS
    const wg_isa_level isa = wg__isa();
    return isa == WG_ISA_AVX512 ? &wg__lanes_avx512 : isa == WG_ISA_AVX2 ? &wg__lanes_avx2 : NULL;
#else
    return NULL;
#endif
}

/* Of each group a matrix [L, count] is turned round. */
static void turn(
    int threads, wg_loop_function *loop, size_t batch, size_t count, const float *from, float *to)
{
    size_t lanes = wg__lanes();
    wg_lanes_turn_job job = {count, from, to};
    if (batch > 0)
        wg__parallel_for(
            threads, batch / lanes * wg__chunks(count, lanes), (1 << 14) / (lanes * lanes), loop, &job);
}

void wg__lanes_from_rows_f32(int threads, size_t batch, size_t count, const float *rows, float *lanes)
{
    turn(threads, wg__lanes_kernels()->to_lanes, batch, count, rows, lanes);
}

void wg__rows_from_lanes_f32(int threads, size_t batch, size_t count, const float *lanes, float *rows)
{
    turn(threads, wg__lanes_kernels()->to_rows, batch, count, lanes, rows);
}
