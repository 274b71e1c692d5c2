/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* recurrent_real.h - a template: what the kernels of lstm and gru share, for one type of number.
 *
 * A cell's function works on LANES units at once. The rest of a row is moved into LANES places and through
 * the same function, so that a unit's place never changes its value. */

/* e = exp(-|x|) lies in 0 .. 1: sigmoid and its slope without overflow, and without 1 - y. */
WG_INLINE REAL FN(decay)(REAL x)
{
    return exp(-fabs(x));
}

WG_INLINE REAL FN(sigmoid)(REAL x)
{
    REAL e = FN(decay)(x);
    return (x < 0 ? e : 1) / (1 + e);
}

/* e / (1 + e)^2 is sigmoid'(x) of e = exp(-|x|), and tanh'(x) / 4 of e = exp(-2 |x|). */
WG_INLINE REAL FN(bell)(REAL e)
{
    return e / ((1 + e) * (1 + e));
}

WG_INLINE REAL FN(tanh_slope)(REAL x)
{
    return 4 * FN(bell)(FN(decay)(2 * x));
}

/* `parts` runs of n numbers, `from_step` and `to_step` apart. */
WG_INLINE void FN(move)(size_t parts, size_t n, const REAL *from, size_t from_step, REAL *to, size_t to_step)
{
    for (size_t part = 0; part < parts; part++)
        memcpy(to + part * to_step, from + part * from_step, n * sizeof *to);
}

WG_INLINE void FN(copy)(size_t n, const REAL *from, REAL *to)
{
    memcpy(to, from, n * sizeof *to);
}

/* dh += g, the upstream gradient of a step; of many samples at once */
WG_INLINE void FN(add_upstream)(size_t n, const REAL *g, REAL *dh)
{
#pragma omp simd
    for (size_t j = 0; j < n; j++)
        dh[j] += g[j];
}

static size_t FN(panels_bytes)(size_t hidden, size_t gates)
{
    return hidden * gates * sizeof(REAL);
}

/* The weight [H, G], or its transpose [G, H], in scratch as panels of up to PANEL columns, each a matrix of
 * its own: a product of few rows reads it where it lies, and the numbers of a panel are neighbours, as they
 * are not in the weight. NULL: no memory. */
static const REAL *FN(panels)(
    wg_op_context *op, const REAL *weight, size_t hidden, size_t gates, bool transpose)
{
    size_t rows = transpose ? gates : hidden, columns = transpose ? hidden : gates;
    REAL *to = wg_op_scratch(op, FN(panels_bytes)(hidden, gates));
    for (size_t j = 0; to && j < columns; j += PANEL) {
        wg_shape shape = WG_SHAPE(rows, columns - j < PANEL ? columns - j : PANEL);
        wg_walk walk = wg__walk_over(&shape, 2);
        walk.step[1][0] = transpose ? 1 : (ptrdiff_t)gates;
        walk.step[1][1] = transpose ? (ptrdiff_t)gates : 1;
        wg__strided_copy(op->threads, &walk, sizeof *to, weight + (transpose ? j * gates : j), to + j * rows);
    }
    return to;
}

/* C = beta C + A B: A is [rows, k], B [k, n] in panels, of which this is for the one of column `panel`. Rows
 * of C lie `step` apart. */
static FN(wg_product) FN(panel_product)(size_t rows, size_t n, size_t k, REAL beta, size_t step, size_t panel)
{
    size_t columns = n - panel < PANEL ? n - panel : PANEL;
    return (FN(wg_product)){
        .m = rows, .n = columns, .k = k, .alpha = 1, .beta = beta, .lda = k, .ldb = columns, .ldc = step};
}

/* On this thread. */
static void FN(step_product)(size_t rows, size_t n, size_t k, const REAL *a, const REAL *b, REAL beta,
    REAL *c, size_t step, void *scratch)
{
    for (size_t j = 0; j < n; j += PANEL) {
        FN(wg_product) p = FN(panel_product)(rows, n, k, beta, step, j);
        p.a = a, p.b = b + j * k, p.c = c + j;
        FN(wg__gemm)(1, &p, NULL, 0, scratch);
    }
}

/* What step_product works in, for whole blocks of samples and a last one, whole panels and a last one. */
static size_t FN(step_room)(const wg_recurrent *s, size_t n, size_t k)
{
    size_t most = 0, rows[] = {s->block < s->samples ? s->block : s->samples, s->samples % s->block};
    size_t panels[] = {0, n ? (n - 1) / PANEL * PANEL : 0};
    for (size_t i = 0; i < 4; i++) {
        FN(wg_product) p = FN(panel_product)(rows[i / 2], n, k, 1, n, panels[i % 2]);
        size_t bytes = FN(wg__gemm_scratch)(1, &p, NULL);
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* Runs the blocks of samples; each worker has a room for the products [rows, k] by [k, n] of a step. */
static wg_status FN(run_blocks)(wg_op_context *op, const wg_recurrent *s, size_t n, size_t k, wg_rooms *rooms,
    wg_chunk_function *run, void *work)
{
    rooms->bytes = FN(step_room)(s, n, k);
    if (!wg__op_rooms(op, rooms, wg__workers(op->threads, s->samples, s->block)))
        return WG_OUT_OF_MEMORY;
    wg__parallel_workers(op->threads, s->samples, s->block, run, work);
    return WG_OK;
}

static size_t FN(blocks_workspace)(const wg_op_context *op, const wg_recurrent *s, size_t n, size_t k)
{
    wg_rooms rooms = {.bytes = FN(step_room)(s, n, k)};
    return wg__op_rooms_workspace(&rooms, wg__workers(op->threads, s->samples, s->block));
}

/* A product on all threads. */
static wg_status FN(multiply)(wg_op_context *op, const FN(wg_product) * p)
{
    wg_rooms rooms = {.bytes = FN(wg__gemm_scratch)(op->threads, p, NULL)};
    if (!wg__op_rooms(op, &rooms, 1))
        return WG_OUT_OF_MEMORY;
    FN(wg__gemm)(op->threads, p, NULL, 0, rooms.memory);
    return WG_OK;
}

/* Of the two products in dW below, the one of the first step, or that of the others; without pointers. */
static FN(wg_product) FN(slope_product)(const wg_recurrent *s, size_t gates, bool first)
{
    return (FN(wg_product)){.transpose_a = true,
        .m = s->hidden,
        .n = gates,
        .k = s->steps == 0 ? 0
             : first       ? s->samples
                           : (s->steps - 1) * s->samples,
        .alpha = 1,
        .beta = first ? 0 : 1,
        .lda = s->hidden,
        .ldb = gates,
        .ldc = gates};
}

/* dW = sum over steps of h_(t-1)^T d_t, with h_(-1) = h0 [N, H], h_t = y_t of y [T, N, H], d [T, N, G]. */
static wg_status FN(weight_slope)(
    wg_op_context *op, wg_recurrent s, size_t gates, const REAL *y, const REAL *d, REAL *out)
{
    FN(wg_product) p = FN(slope_product)(&s, gates, true), rest = FN(slope_product)(&s, gates, false);
    p.a = op->in[1], p.b = d, p.c = out;
    rest.a = y, rest.b = d + p.k * gates, rest.c = out;
    wg_status status = FN(multiply)(op, &p);
    return status != WG_OK || rest.k == 0 ? status : FN(multiply)(op, &rest);
}

static size_t FN(weight_slope_workspace)(const wg_op_context *op, const wg_recurrent *s, size_t gates)
{
    FN(wg_product) p = FN(slope_product)(s, gates, true), rest = FN(slope_product)(s, gates, false);
    wg_rooms rooms = {.bytes = FN(wg__gemm_scratch)(op->threads, &p, NULL)};
    size_t bytes = wg__op_rooms_workspace(&rooms, 1);
    rooms.bytes = FN(wg__gemm_scratch)(op->threads, &rest, NULL);
    return bytes + wg__op_rooms_workspace(&rooms, 1);
}

/* A gradient's memory, or scratch where it is not wanted. */
static REAL *FN(gradient_or_scratch)(wg_op_context *op, size_t operand, size_t count)
{
    return op->grad_in[operand] ? op->grad_in[operand] : wg_op_scratch(op, count * sizeof(REAL));
}

static size_t FN(gradient_workspace)(const wg_op_context *op, size_t operand, size_t count)
{
    return op->wanted[operand] ? 0 : wg_op_scratch_size(count * sizeof(REAL));
}
