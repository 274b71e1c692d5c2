/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/wide_product.h"
#include "kernels/reduce.h"
#include "kernels/vector_math.h"

#include <stdint.h>
#include <string.h>

/* Numbers worth a thread, in scalar loops. */
enum { GRAIN = 4096 };

struct products_work {
    const wg_runs *r;
    const void *x;
    const double *p;
    void *y;
    wg_wide_product *before; /* of every number, the product of the terms before it */
};

/* Negative where |p| is not in 2^-480 .. 2^480: numbers are in the order of their bits. The products of two
 * that are not far are in the range of doubles. */
static inline int64_t is_far(double p)
{
    const int64_t low = INT64_C(0x21f0000000000000), high = INT64_C(0x5df0000000000000);
    int64_t bits;
    memcpy(&bits, &p, sizeof bits);
    bits &= INT64_MAX;
    return (bits - low) | (high - bits);
}

#define TEMPLATE "kernels/reduce_spread_real.h"
#include "base/for_each_real.h"

#define SPREAD(name)                                                                                         \
    const wg_spread wg__spread_##name[2] = {                                                                 \
        {name##_row_f64, name##_line_f64, sizeof(double)},                                                   \
        {name##_row_f32, name##_line_f32, sizeof(float)},                                                    \
    }
SPREAD(copy);
SPREAD(linear);
SPREAD(exponential);
SPREAD(quotient);

struct spread_work {
    const wg_spread *spread;
    const wg_runs *r;
    wg_cut cut;
    const char *x;
    const double *p, *q;
    char *y;
};

/* One line, or what lies of it between `from` and from + n; `place` is where that begins. */
static void spread_line(
    const struct spread_work *w, size_t place, size_t n, size_t o, const double *p, const double *q)
{
    const char *x = w->x ? w->x + place * w->spread->size : NULL;
    char *y = w->y + place * w->spread->size;
    if (w->r->columns)
        w->spread->line(x, n, p + o, q ? q + o : NULL, y);
    else
        w->spread->row(x, n, p[o], q ? q[o] : 0, y);
}

/* Lines t .. end - 1 of one group. Narrow columns that touch each other are taken several lines at a time, as
 * in fold_lines. */
static void spread_lines(const struct spread_work *w, size_t g, size_t t, size_t end, size_t from, size_t n)
{
    const wg_runs *r = w->r;
    size_t o = r->columns ? g * r->run + from : g, base = wg__group_begin(r, g) + from;
    size_t abreast = r->columns && n * 2 <= WG_ABREAST ? WG_ABREAST / n : 1;
    double wide_p[WG_ABREAST], wide_q[WG_ABREAST];
    for (size_t k = 0; abreast > 1 && end - t >= abreast && k < abreast; k++) {
        memcpy(wide_p + k * n, w->p + o, n * sizeof *wide_p);
        if (w->q)
            memcpy(wide_q + k * n, w->q + o, n * sizeof *wide_q);
    }
    while (t < end) {
        size_t distance, equal = wg__equal_lines(r, t, end, &distance), line = base + wg__line_begin(r, t),
                         i = 0;
        for (; abreast > 1 && distance == n && equal - i >= abreast; i += abreast)
            spread_line(w, line + i * distance, abreast * n, 0, wide_p, w->q ? wide_q : NULL);
        for (; i < equal; i++)
            spread_line(w, line + i * distance, n, o, w->p, w->q);
        t += equal;
    }
}

static void spread_parts(void *data, size_t begin, size_t end)
{
    const struct spread_work *w = data;
    const wg_runs *r = w->r;
    for (size_t task = begin; task < end; task++) {
        size_t row = task / w->cut.tiles, part = row % w->cut.parts;
        size_t t = part / w->cut.pieces * w->cut.lines;
        size_t last = r->lines - t < w->cut.lines ? r->lines : t + w->cut.lines;
        size_t from = (r->columns ? task % w->cut.tiles : part % w->cut.pieces) * w->cut.piece;
        size_t n = r->run - from < w->cut.piece ? r->run - from : w->cut.piece;
        spread_lines(w, row / w->cut.parts, t, last, from, n);
    }
}

void wg__reduce_spread(const wg_spread *spread, const wg_runs *r, const void *x, const double *p,
    const double *q, void *y, int threads)
{
    if (r->outputs == 0 || r->terms == 0)
        return;
    struct spread_work w = {.spread = spread, .r = r, .cut = wg__runs_cut(r), .x = x, .p = p, .q = q, .y = y};
    wg__parallel_for(threads, w.cut.tasks, w.cut.grain, spread_parts, &w);
}

void wg__spread_products(
    const wg_runs *r, wg_dtype dtype, const void *x, const double *p, void *y, void *scratch, int threads)
{
    if (r->outputs == 0 || r->terms == 0)
        return;
    struct products_work w = {.r = r, .x = x, .p = p, .y = y, .before = scratch};
    wg__parallel_for(threads, r->outputs, wg__chunks(GRAIN, r->terms),
        dtype == WG_F32 ? products_of_outputs_f32 : products_of_outputs_f64, &w);
}
