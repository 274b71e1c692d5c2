/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/parallel.h"
#include "kernels/reduce.h"

enum { GRAIN = 131072 };

struct work {
    const wg_runs *r;
    const void *x;
    void *y;
    bool reverse;
};

#define TEMPLATE "kernels/reduce_scan_real.h"
#include "base/for_each_real.h"

void wg__scan_sum(const wg_runs *r, wg_dtype dtype, const void *x, bool reverse, void *y, int threads)
{
    if (r->outputs == 0 || r->terms == 0)
        return;
    struct work w = {.r = r, .x = x, .y = y, .reverse = reverse};
    size_t width = r->run < WG_TILE ? r->run : WG_TILE;
    if (r->columns)
        wg__parallel_for(threads, r->groups * wg__chunks(r->run, WG_TILE),
            wg__chunks(GRAIN, r->lines * width), dtype == WG_F32 ? scan_columns_f32 : scan_columns_f64, &w);
    else
        wg__parallel_for(threads, r->groups, wg__chunks(GRAIN, r->run),
            dtype == WG_F32 ? scan_rows_f32 : scan_rows_f64, &w);
}
