/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce.h - reductions over any axes, seen as runs of neighbouring numbers.
 *
 * Axes of size 1 are dropped and neighbours of one kind (kept, reduced) are merged, so that the kinds
 * alternate. The innermost axis left is the `run`. If it is reduced, every number of a run goes to one
 * output: rows. If it is kept, each goes to an output of its own: columns.
 *
 *     [128, 512] over 0        1 group  of 128 lines, run 512, columns
 *     [128, 512] over 1      128 groups of   1 line,  run 512, rows
 *     [N, C, H, W] over 0 2 3  C groups of   N lines, run H W, rows
 *
 * A group is what the outputs of one run draw from; its lines are the runs in it. With g a group and t a
 * line,
 *
 *     output               g (rows), or g run + position (columns)
 *     term of an output    t run + position (rows), or t (columns)
 *     the number's place   group_begin(g) + line_begin(t) + position
 *
 * Sums are cut into parts by size alone; a part is summed by one thread in a fixed order, in double, and
 * parts are added as a balanced tree: the bits do not depend on the number of threads, and the error grows
 * like log n. */
#ifndef WG_KERNELS_REDUCE_H
#define WG_KERNELS_REDUCE_H

#include <wengert/array.h>
#include "kernels/epilogue.h"

typedef struct wg_loops {
    size_t count; /* of axes; the innermost is first */
    size_t size[WG_MAX_RANK], stride[WG_MAX_RANK];
} wg_loops;

typedef struct wg_runs {
    size_t groups, lines, run;
    bool columns;
    size_t outputs, terms; /* numbers that come out; numbers that go into each */
    wg_loops group, line;
} wg_runs;

/* The loops of a reduction of `shape` over the axes for which `reduced` holds. The shape's count must fit in
 * size_t. */
void wg__runs_init(wg_runs *r, const wg_shape *shape, const bool reduced[WG_MAX_RANK]);

size_t wg__group_begin(const wg_runs *r, size_t g);
size_t wg__line_begin(const wg_runs *r, size_t t);
size_t wg__term_place(const wg_runs *r, size_t output, size_t term);

/* Lines t .. end - 1 that lie at equal distances: their number and distance. */
size_t wg__equal_lines(const wg_runs *r, size_t t, size_t end, size_t *distance);

/* How a reduction is cut: a part is `lines` lines, or one of the `pieces` of a line. Columns are cut in
 * `tiles` too. */
typedef struct wg_cut {
    size_t lines, pieces, piece, parts, tiles, tasks, grain;
} wg_cut;

/* Columns in a tile; columns that several narrow lines make together. */
enum { WG_TILE = 256, WG_ABREAST = 128 };

wg_cut wg__runs_cut(const wg_runs *r);

/* ---- Folds: result[o] = sum (or product) over the terms x of output o of F(x, c[o]) ---------------- */

typedef double wg_fold_row(const void *x, size_t n, double c);
typedef void wg_fold_lines(
    const void *x, size_t lines, size_t distance, size_t width, const double *c, double *result);

typedef struct wg_fold {
    wg_fold_row *row;
    wg_fold_lines *lines;
    size_t size; /* of a number, in bytes */
    bool product;
} wg_fold;

/* Each for WG_F64 and WG_F32, the enum's order. */
extern const wg_fold wg__fold_sum[2];       /* x; c may be NULL */
extern const wg_fold wg__fold_product[2];   /* x; c may be NULL. not finite where a part is 0, or overflows */
extern const wg_fold wg__fold_deviation[2]; /* (x - c)^2 */
extern const wg_fold wg__fold_scaled[2];    /* (x c)^2 */
extern const wg_fold wg__fold_exponentials[2]; /* exp(x - c) */

/* Bytes of working memory for the parts of wg__reduce_fold; may be 0. */
size_t wg__fold_scratch(const wg_runs *r);

void wg__reduce_fold(const wg_fold *fold, const wg_runs *r, const void *x, const double *c, double *result,
    void *scratch, int threads);

/* ---- Sums of numbers that are made on the way ------------------------------------------------------ */

/* The operand of a sum as pieces that lie one behind the other, so that each can be summed as soon as it is
 * there, in any order and on any thread: the sums of all pieces, joined, have the bits of wg__reduce_fold.
 *
 *     rows         a piece is a run, or a part of one when it is long
 *     columns      a piece is a part: some lines, with a sum for each column */
typedef struct wg_pieces {
    wg_runs runs;
    wg_cut cut;
    size_t count, largest; /* of pieces; numbers in the largest */
    size_t width;          /* sums of each: 1, or the columns */
} wg_pieces;

/* False when the parts of the sum do not lie together, or there is nothing to sum. */
bool wg__pieces_init(wg_pieces *p, const wg_runs *r);

/* The first number of piece i; of the piece behind the last, the count of all. Which piece a number is in. */
size_t wg__piece_begin(const wg_pieces *p, size_t i);
size_t wg__piece_at(const wg_pieces *p, size_t number);

/* sums[i width ..] of piece i, whose numbers begin at x. */
void wg__piece_sum(const wg_pieces *p, wg_dtype dtype, size_t i, const void *x, double *sums);

/* The result; scratch as for wg__reduce_fold. */
void wg__pieces_join(const wg_pieces *p, const double *sums, double *result, double *scratch);

/* ---- Extrema --------------------------------------------------------------------------------------- */

size_t wg__extremum_scratch(const wg_runs *r);

/* The largest (sign 1) or smallest (sign -1) term of each output and the number of the first such term; NaN
 * counts as larger and as smaller than everything. There must be terms. */
void wg__reduce_extremum(const wg_runs *r, wg_dtype dtype, const void *x, double sign, double *value,
    size_t *index, void *scratch, int threads);

/* ---- Spreads, the way back: y = F(x, p[o], q[o]) for every term x of output o ---------------------- */

typedef void wg_spread_row(const void *x, size_t n, double p, double q, void *y);
typedef void wg_spread_line(const void *x, size_t n, const double *p, const double *q, void *y);

typedef struct wg_spread {
    wg_spread_row *row;
    wg_spread_line *line;
    size_t size;
} wg_spread;

extern const wg_spread wg__spread_copy[2];        /* p; x and q may be NULL */
extern const wg_spread wg__spread_linear[2];      /* p (x - q) */
extern const wg_spread wg__spread_exponential[2]; /* p exp(x - q) */
extern const wg_spread wg__spread_quotient[2];    /* p (x / q) */

void wg__reduce_spread(const wg_spread *spread, const wg_runs *r, const void *x, const double *p,
    const double *q, void *y, int threads);

/* y[i] = product of all terms of x's output but x[i] itself, times p[o]: no division, so zeros are like other
 * numbers. `scratch` holds count products (kernels/wide_product.h). */
void wg__spread_products(
    const wg_runs *r, wg_dtype dtype, const void *x, const double *p, void *y, void *scratch, int threads);

/* ---- Along one axis: the reduction's lines and runs must come from a single axis ------------------- */

/* y[i] = x[0] + .. + x[i], or from the other end. */
void wg__scan_sum(const wg_runs *r, wg_dtype dtype, const void *x, bool reverse, void *y, int threads);

/* exp(x - max) / sum, or x - max - log(sum). */
void wg__softmax_forward(const wg_runs *r, wg_dtype dtype, const void *x, bool log, void *y, int threads,
    const wg_epilogue *epilogue);

/* y (g - sum(g y)), or with y the logarithms g - exp(y) sum(g). */
void wg__softmax_backward(const wg_runs *r, wg_dtype dtype, const void *y, const void *g, bool log,
    void *grad, int threads, const wg_epilogue *epilogue);

#endif
