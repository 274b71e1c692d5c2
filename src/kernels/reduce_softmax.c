/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/reduce.h"
#include "kernels/vector_math.h"

#include <string.h>

enum { GRAIN = 16384 };

struct work {
    const wg_runs *r;
    const void *x; /* forward: the operand; backward: the result */
    const void *g;
    void *y;
    bool log;
    const wg_epilogue *epilogue;
};

#define TEMPLATE "kernels/reduce_softmax_real.h"
#include "base/for_each_real.h"

/* Rows, or columns by tiles. */
static void run(
    const wg_runs *r, wg_loop_function *rows, wg_loop_function *columns, struct work *w, int threads)
{
    if (r->outputs == 0 || r->terms == 0)
        return;
    size_t width = r->run < WG_TILE ? r->run : WG_TILE;
    if (r->columns)
        wg__parallel_for(threads, r->groups * wg__chunks(r->run, WG_TILE),
            wg__chunks(GRAIN, r->lines * width), columns, w);
    else
        wg__parallel_for(threads, r->groups, wg__chunks(GRAIN, r->run), rows, w);
}

void wg__softmax_forward(const wg_runs *r, wg_dtype dtype, const void *x, bool log, void *y, int threads,
    const wg_epilogue *epilogue)
{
    struct work w = {.r = r, .x = x, .y = y, .log = log, .epilogue = epilogue};
    if (dtype == WG_F32)
        run(r, forward_rows_f32, forward_columns_f32, &w, threads);
    else
        run(r, forward_rows_f64, forward_columns_f64, &w, threads);
}

void wg__softmax_backward(const wg_runs *r, wg_dtype dtype, const void *y, const void *g, bool log,
    void *grad, int threads, const wg_epilogue *epilogue)
{
    struct work w = {.r = r, .x = y, .g = g, .y = grad, .log = log, .epilogue = epilogue};
    if (dtype == WG_F32)
        run(r, backward_rows_f32, backward_columns_f32, &w, threads);
    else
        run(r, backward_rows_f64, backward_columns_f64, &w, threads);
}
