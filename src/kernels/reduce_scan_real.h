/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_scan_real.h - running sums along one axis, in double; see base/for_each_real.h and reduce_scan.c. */

static void FN(scan_rows)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    size_t n = w->r->run;
    for (size_t g = begin; g < end; g++) {
        const REAL *x = (const REAL *)w->x + wg__group_begin(w->r, g);
        REAL *y = (REAL *)w->y + wg__group_begin(w->r, g);
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            size_t at = w->reverse ? n - 1 - i : i;
            sum += (double)x[at];
            y[at] = (REAL)sum;
        }
    }
}

static void FN(scan_columns)(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    const wg_runs *r = w->r;
    size_t tiles = wg__chunks(r->run, WG_TILE);
    for (size_t task = begin; task < end; task++) {
        size_t tile = task % tiles * WG_TILE, width = r->run - tile < WG_TILE ? r->run - tile : WG_TILE;
        double sum[WG_TILE] = {0};
        for (size_t t = 0; t < r->lines; t++) {
            size_t at = wg__group_begin(r, task / tiles) +
                        wg__line_begin(r, w->reverse ? r->lines - 1 - t : t) + tile;
            const REAL *x = (const REAL *)w->x + at;
            REAL *restrict y = (REAL *)w->y + at;
#pragma omp simd
            for (size_t i = 0; i < width; i++) {
                sum[i] += (double)x[i];
                y[i] = (REAL)sum[i];
            }
        }
    }
}
