/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/reduce.h"

#include <math.h>
#include <stdbool.h>

struct work {
    const wg_runs *r;
    wg_cut cut;
    const void *x;
    double sign;
    double *value; /* [groups][parts][run, when columns] */
    size_t *index;
};

/* Does `a` beat the earlier `b`? */
static inline bool beats(double a, double b)
{
    return a > b || (a != a && b == b);
}

#define TEMPLATE "kernels/reduce_extremum_real.h"
#include "base/for_each_real.h"

size_t wg__extremum_scratch(const wg_runs *r)
{
    wg_cut cut = wg__runs_cut(r);
    return cut.parts > 1 ? cut.parts * r->outputs * (sizeof(double) + sizeof(size_t)) : 0;
}

void wg__reduce_extremum(const wg_runs *r, wg_dtype dtype, const void *x, double sign, double *value,
    size_t *index, void *scratch, int threads)
{
    struct work w = {.r = r, .cut = wg__runs_cut(r), .x = x, .sign = sign, .value = value, .index = index};
    size_t width = r->columns ? r->run : 1;
    if (w.cut.parts > 1) {
        w.value = scratch;
        w.index = (size_t *)(w.value + w.cut.parts * r->outputs);
    }
    wg_loop_function *const run[2][2] = {{rows_f64, rows_f32}, {columns_f64, columns_f32}};
    wg__parallel_for(threads, w.cut.tasks, w.cut.grain, run[r->columns][dtype == WG_F32], &w);
    for (size_t o = 0; o < r->outputs; o++) {
        size_t first = o / width * w.cut.parts * width + o % width;
        double best = w.value[first];
        size_t at = w.index[first];
        for (size_t p = 1; p < w.cut.parts; p++)
            if (beats(w.value[first + p * width], best)) {
                best = w.value[first + p * width];
                at = w.index[first + p * width];
            }
        value[o] = sign * best;
        index[o] = at;
    }
}
