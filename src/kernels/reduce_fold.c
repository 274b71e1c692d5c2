/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/reduce.h"
#include "kernels/vector_math.h"

#include <math.h>
#include <string.h>

/* NaN for a part of a product that has lost digits near 0, and thus for the whole. One that overflows is
 * infinite, and the whole infinite or NaN. */
WG_INLINE double accurate_product(double p)
{
    return fabs(p) > 1e-290 ? p : (double)NAN;
}

#define TEMPLATE "kernels/reduce_fold_real.h"
#include "base/for_each_real.h"

#define FOLD(name, is_product)                                                                               \
    const wg_fold wg__fold_##name[2] = {                                                                     \
        {name##_row_f64, name##_lines_f64, sizeof(double), is_product},                                      \
        {name##_row_f32, name##_lines_f32, sizeof(float), is_product},                                       \
    }
FOLD(sum, false);
FOLD(product, true);
FOLD(deviation, false);
FOLD(scaled, false);
FOLD(exponentials, false);

struct work {
    const wg_fold *fold;
    const wg_runs *r;
    wg_cut cut;
    const char *x;
    const double *c;
    double *partial; /* [groups][parts][run, when columns] */
};

static double join(const wg_fold *fold, double a, double b)
{
    return fold->product ? accurate_product(a * b) : a + b;
}

static double fold_row_part(const struct work *w, size_t g, size_t part)
{
    const wg_runs *r = w->r;
    const wg_fold *fold = w->fold;
    double c = w->c ? w->c[g] : 0, result = fold->product ? 1 : 0;
    const char *x = w->x + wg__group_begin(r, g) * fold->size;
    if (w->cut.pieces > 1) {
        size_t begin = part % w->cut.pieces * w->cut.piece;
        size_t n = r->run - begin < w->cut.piece ? r->run - begin : w->cut.piece;
        return fold->row(x + (wg__line_begin(r, part / w->cut.pieces) + begin) * fold->size, n, c);
    }
    size_t end = (part + 1) * w->cut.lines < r->lines ? (part + 1) * w->cut.lines : r->lines;
    for (size_t t = part * w->cut.lines, distance; t < end;) {
        size_t n = wg__equal_lines(r, t, end, &distance), begin = wg__line_begin(r, t);
        for (size_t i = 0; i < n; i++)
            result = join(fold, result, fold->row(x + (begin + i * distance) * fold->size, r->run, c));
        t += n;
    }
    return result;
}

static void fold_rows(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    for (size_t task = begin; task < end; task++)
        w->partial[task] = fold_row_part(w, task / w->cut.parts, task % w->cut.parts);
}

/* Lines t .. end - 1 of `width` columns into acc. Narrow lines that touch each other are taken several at a
 * time, as one line of many columns, which are folded together at the end. */
static void fold_lines(
    const struct work *w, const char *x, const double *c, size_t t, size_t end, size_t width, double *acc)
{
    const wg_fold *fold = w->fold;
    double wide_c[WG_ABREAST];
    size_t abreast = width * 2 <= WG_ABREAST ? WG_ABREAST / width : 1, used = 1;
    while (t < end) {
        size_t distance, n = wg__equal_lines(w->r, t, end, &distance);
        const char *line = x + wg__line_begin(w->r, t) * fold->size;
        size_t bundles = distance == width && abreast > 1 ? n / abreast : 0;
        if (bundles > 0) {
            for (size_t k = 0; c && k < abreast; k++)
                memcpy(wide_c + k * width, c, width * sizeof *c);
            fold->lines(line, bundles, abreast * width, abreast * width, c ? wide_c : NULL, acc);
            used = abreast;
        }
        size_t done = bundles * abreast;
        fold->lines(line + done * distance * fold->size, n - done, distance, width, c, acc);
        t += n;
    }
    for (size_t k = 1; k < used; k++)
        for (size_t i = 0; i < width; i++)
            acc[i] = join(fold, acc[i], acc[k * width + i]);
}

static void fold_columns(void *data, size_t begin, size_t end)
{
    const struct work *w = data;
    const wg_runs *r = w->r;
    for (size_t task = begin; task < end; task++) {
        size_t tile = task % w->cut.tiles * WG_TILE, row = task / w->cut.tiles;
        size_t g = row / w->cut.parts, part = row % w->cut.parts;
        size_t width = r->run - tile < WG_TILE ? r->run - tile : WG_TILE;
        size_t last = (part + 1) * w->cut.lines < r->lines ? (part + 1) * w->cut.lines : r->lines;
        double acc[WG_TILE];
        for (size_t i = 0; i < width || i < WG_ABREAST; i++)
            acc[i] = w->fold->product ? 1 : 0;
        fold_lines(w, w->x + (wg__group_begin(r, g) + tile) * w->fold->size,
            w->c ? w->c + g * r->run + tile : NULL, part * w->cut.lines, last, width, acc);
        memcpy(w->partial + row * r->run + tile, acc, width * sizeof *acc);
    }
}

size_t wg__fold_scratch(const wg_runs *r)
{
    wg_cut cut = wg__runs_cut(r);
    return cut.parts > 1 ? cut.parts * r->outputs * sizeof(double) : 0;
}

/* Joins `parts` rows of `width` numbers as a balanced tree, into the first. */
static void join_parts(const wg_fold *fold, double *partial, size_t parts, size_t width)
{
    for (size_t step = 1; step < parts; step *= 2)
        for (size_t p = 0; p + step < parts; p += 2 * step) {
            double *a = partial + p * width, *b = a + step * width;
            for (size_t i = 0; i < width; i++)
                a[i] = join(fold, a[i], b[i]);
        }
}

void wg__reduce_fold(const wg_fold *fold, const wg_runs *r, const void *x, const double *c, double *result,
    void *scratch, int threads)
{
    if (r->outputs == 0 || r->terms == 0) {
        for (size_t o = 0; o < r->outputs; o++)
            result[o] = fold->product ? 1 : 0;
        return;
    }
    struct work w = {.fold = fold, .r = r, .cut = wg__runs_cut(r), .x = x, .c = c};
    size_t width = r->columns ? r->run : 1;
    w.partial = w.cut.parts > 1 ? scratch : result;
    wg__parallel_for(threads, w.cut.tasks, w.cut.grain, r->columns ? fold_columns : fold_rows, &w);
    if (w.cut.parts == 1)
        return;
    for (size_t g = 0; g < r->groups; g++) {
        double *partial = w.partial + g * w.cut.parts * width;
        join_parts(fold, partial, w.cut.parts, width);
        memcpy(result + g * width, partial, width * sizeof *result);
    }
}
