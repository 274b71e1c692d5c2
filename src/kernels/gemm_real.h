/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_real.h - a template, see gemm_kernels.h: the matrix product of any size by tiles.
 *
 * B is copied, a slab of DEPTH x COLUMNS at a time that stays in the second-level cache, into panels that a
 * tile reads from front to back; a transposed A likewise in slices of ROWS; a plain A is read where it lies:
 *
 *          B (k x n)                    panels, WIDTH = 2
 *          0 1 2 3 4 5 6 7     ->       0 1 8 9 g h    2 3 a b i j    4 5 c d k l    6 7 e f m n
 *          8 9 a b c d e f
 *          g h i j k l m n */
#include "kernels/gemm_tile_real.h"

/* Behind it: it takes its vectors. */
#include "kernels/gemm_thin_real.h"

enum { FN(DEPTH) = 256, FN(COLUMNS) = 1024 / sizeof(REAL), FN(FEW_ROWS) = 24 };

/* The rows of the next tile when `left` are left. One of fewer than four rows waits for its own sums most of
 * the time, so the last two share their rows. */
static inline size_t FN(rows_of_tile)(size_t left)
{
    return left <= ROWS ? left : left < ROWS + 4 ? (left + 1) / 2 : ROWS;
}

/* About the processor's cycles for the product: tiles, copies, and the writing of C. */
static double FN(cost)(const FN(wg_product) * x, bool swap)
{
    double m = (double)x->m, n = (double)x->n, k = (double)x->k, lanes = FN(LANES);
    double panels = (double)(x->n / FN(WIDTH) + (x->n % FN(WIDTH) != 0));
    double latency = x->m < 4 ? 4 - m : 0;
    double slabs = ceil(k / FN(DEPTH));
    double copy_b = x->transpose_b ? 2 / lanes + 0.2 : x->m <= FN(FEW_ROWS) ? 0 : 2 / lanes;
    return panels * k * (m + latency) + n * k * copy_b + (x->transpose_a ? m * k * 0.3 : 0) +
           m * n * slabs * (swap ? 0.7 : 2 / lanes);
}

/* C^T = op(B)^T op(A)^T is the same product with other parts to be copied; a tile is then written transposed.
 */
static FN(wg_product) FN(turned)(const FN(wg_product) * x)
{
    FN(wg_product) y = *x;
    y.transpose_a = !x->transpose_b, y.transpose_b = !x->transpose_a;
    y.m = x->n, y.n = x->m;
    y.a = x->b, y.b = x->a;
    y.lda = x->ldb, y.ldb = x->lda;
    return y;
}

static way FN(way_of)(const FN(wg_product) * x)
{
    if (x->n == 1 && !x->transpose_a && (x->transpose_b || x->ldb == 1))
        return DOTS;
    if (x->m == 1 && x->transpose_b && (!x->transpose_a || x->lda == 1))
        return DOTS_TURNED;
    if (x->m == 1 && !x->transpose_b)
        return ROW_SUMS;
    if (x->n == 1 && x->transpose_a && x->ldc == 1)
        return ROW_SUMS_TURNED;
    if (x->k == 1 && x->beta == 0 && (!x->transpose_b || x->ldb == 1))
        return OUTER;
    const FN(wg_product) y = FN(turned)(x);
    return FN(cost)(&y, true) < FN(cost)(x, false) ? TILES_TURNED : TILES;
}

/* ---- Tiles ------------------------------------------------------------------------------------------ */

/* Where tiles work, in numbers, each part of whole lines: panels of B, a slice of A, a row of tiles. */
typedef struct FN(room) {
    REAL *memory;
    size_t panels, slice, done;
} FN(room);

static size_t FN(lines)(size_t numbers)
{
    enum { LINE = WG_ALIGNMENT / sizeof(REAL) };
    return (numbers + LINE - 1) / LINE * LINE;
}

/* The columns of a plain B that are read where they lie: for few rows the copy would cost more than it saves;
 * only a narrow last panel then needs one. */
static size_t FN(direct)(const FN(wg_product) * x, size_t columns)
{
    return !x->transpose_b && x->m <= FN(FEW_ROWS) ? columns - columns % FN(WIDTH) : 0;
}

static bool FN(copies_a)(const FN(wg_product) * x, size_t columns)
{
    return x->transpose_a && columns > 2 * FN(WIDTH);
}

/* A tile that is written transposed is no run of rows, and sums that wait in C for the next slab are not
 * done: neither is handed over. */
static bool FN(hands_over)(const FN(wg_product) * x, way how)
{
    return how == OUTER || (how == TILES && x->k <= FN(DEPTH));
}

/* Of a product that is turned already. */
static FN(room) FN(room_of)(const FN(wg_product) * x, bool transient, REAL *memory)
{
    size_t depth = x->k < FN(DEPTH) ? x->k : FN(DEPTH), columns = x->n < FN(COLUMNS) ? x->n : FN(COLUMNS);
    size_t copied = FN(direct)(x, x->n) ? x->n % FN(WIDTH) : columns;
    return (FN(room)){.memory = memory,
        .panels = FN(lines)(depth * ((copied + FN(WIDTH) - 1) / FN(WIDTH) * FN(WIDTH))),
        .slice = FN(copies_a)(x, columns) ? FN(lines)(depth * ROWS) : 0,
        .done = transient ? ROWS * FN(COLUMNS) : 0};
}

/* So little is copied for a small product that it works on the stack: to ask for memory would take as long as
 * the product does. A bound for both ways to turn it. */
static bool FN(is_small)(const FN(wg_product) * x)
{
    size_t columns = (x->m > x->n ? x->m : x->n) + FN(WIDTH) + ROWS;
    return columns < SMALL && x->k <= SMALL / sizeof(REAL) / columns;
}

static size_t FN(scratch)(const FN(wg_product) * p, bool transient)
{
    if (!transient && FN(is_small)(p))
        return 0;
    way how = FN(way_of)(p);
    transient = transient && FN(hands_over)(p, how);
    if (how < TILES)
        return transient ? FN(PIECE) * sizeof(REAL) : 0;
    FN(wg_product) x = how == TILES ? *p : FN(turned)(p);
    FN(room) room = FN(room_of)(&x, transient, NULL);
    return (room.panels + room.slice + room.done) * sizeof(REAL);
}

/* DEPTH values of k from p0, COLUMNS columns from j0. With `transient`, rows of tiles are handed over. */
TARGET static void FN(slab)(const FN(wg_product) * x, const FN(room) * room, bool swap, size_t p0,
    size_t depth, size_t j0, size_t columns, const wg_epilogue *transient, size_t first)
{
    REAL *panels = room->memory, *slice = panels + room->panels, *done = slice + room->slice;
    REAL beta = p0 == 0 ? x->beta : 1;
    size_t direct = FN(direct)(x, columns);
    const REAL *b = x->b + (x->transpose_b ? (j0 + direct) * x->ldb + p0 : p0 * x->ldb + j0 + direct);
    (x->transpose_b ? FN(pack_columns) : FN(pack_rows))(depth, columns - direct, b, x->ldb, panels);

    bool copy_a = FN(copies_a)(x, columns);
    for (size_t i = 0, rows; i < x->m; i += rows) {
        rows = FN(rows_of_tile)(x->m - i);
        const REAL *a = x->a + (x->transpose_a ? p0 * x->lda + i : i * x->lda + p0);
        size_t row_step = x->transpose_a ? 1 : x->lda, k_step = x->transpose_a ? x->lda : 1;
        if (copy_a) {
            FN(pack_slice)(depth, rows, a, x->lda, slice);
            a = slice, k_step = ROWS;
        }
        for (size_t j = 0; j < columns; j += FN(WIDTH)) {
            size_t width = columns - j < FN(WIDTH) ? columns - j : FN(WIDTH);
            REAL *c = transient ? done + j : swap ? x->c + (j0 + j) * x->ldc + i : x->c + i * x->ldc + j0 + j;
            const REAL *from = j < direct ? x->b + p0 * x->ldb + j0 + j : panels + (j - direct) * depth;
            size_t step = j < direct ? x->ldb : FN(WIDTH);
            FN(tile_of)
            (rows, depth, a, row_step, k_step, from, step, width, x->alpha, beta, swap, c,
                transient ? (size_t)FN(COLUMNS) : x->ldc);
        }
        for (size_t r = 0; transient && r < rows; r++)
            transient->run(transient->user, first + (i + r) * x->ldc + j0, columns, done + r * FN(COLUMNS));
    }
}

TARGET static void FN(tiles)(
    const FN(wg_product) * x, bool swap, const wg_epilogue *transient, size_t first, void *scratch)
{
    const FN(room) room = FN(room_of)(x, transient != NULL, scratch);
    size_t slabs = x->k / FN(DEPTH) + (x->k % FN(DEPTH) != 0);
    for (size_t j = 0; j < x->n; j += FN(COLUMNS)) {
        size_t columns = x->n - j < FN(COLUMNS) ? x->n - j : FN(COLUMNS);
        for (size_t s = 0, p = 0; s < slabs; s++) {
            size_t depth = (x->k - p + slabs - s - 1) / (slabs - s); /* about equal ones */
            FN(slab)(x, &room, swap, p, depth, j, columns, transient, first);
            p += depth;
        }
    }
}

TARGET static bool FN(product)(
    const FN(wg_product) * x, const wg_epilogue *transient, size_t first, void *scratch)
{
    _Alignas(WG_ALIGNMENT) char small[SMALL + 2 * WG_ALIGNMENT]; /* two parts, rounded up */
    const FN(wg_product) y = FN(turned)(x);
    way how = FN(way_of)(x);
    if (!transient && FN(is_small)(x))
        scratch = small;
    if (!FN(hands_over)(x, how))
        transient = NULL;
    switch (how) {
    case DOTS:
        FN(dots)(x->m, x->k, x->alpha, x->a, x->lda, x->b, x->beta, x->c, x->ldc);
        break;
    case DOTS_TURNED:
        FN(dots)(x->n, x->k, x->alpha, x->b, x->ldb, x->a, x->beta, x->c, 1);
        break;
    case ROW_SUMS:
        FN(row_sums)
        (x->n, x->k, x->alpha, x->a, x->transpose_a ? x->lda : 1, x->b, x->ldb, x->beta, x->c);
        break;
    case ROW_SUMS_TURNED:
        FN(row_sums)
        (x->m, x->k, x->alpha, x->b, x->transpose_b ? 1 : x->ldb, x->a, x->lda, x->beta, x->c);
        break;
    case OUTER:
        FN(outer)(x, transient, first, scratch);
        break;
    default:
        FN(tiles)(how == TILES ? x : &y, how == TILES_TURNED, transient, first, scratch);
    }
    return transient != NULL;
}
