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

/* dh += g, the upstream gradient of a step; of many samples at once */
WG_INLINE void FN(add_upstream)(size_t n, const REAL *g, REAL *dh)
{
#pragma omp simd
    for (size_t j = 0; j < n; j++)
        dh[j] += g[j];
}

/* The weight [H, G], or its transpose [G, H], in scratch as panels of up to PANEL columns, each a matrix of
 * its own: a product of few rows reads it where it lies, and the numbers of a panel are neighbours, as they
 * are not in the weight. NULL: no memory. */
static const REAL *FN(panels)(
    wg_op_context *op, const REAL *weight, size_t hidden, size_t gates, bool transpose)
{
    size_t rows = transpose ? gates : hidden, columns = transpose ? hidden : gates;
    REAL *to = wg_op_scratch(op, hidden * gates * sizeof *to);
    for (size_t j = 0; to && j < columns; j += PANEL) {
        wg_shape shape = WG_SHAPE(rows, columns - j < PANEL ? columns - j : PANEL);
        wg_walk walk = wg_walk_over(&shape, 2);
        walk.step[1][0] = transpose ? 1 : (ptrdiff_t)gates;
        walk.step[1][1] = transpose ? (ptrdiff_t)gates : 1;
        wg_strided_copy(op->threads, &walk, sizeof *to, weight + (transpose ? j * gates : j), to + j * rows);
    }
    return to;
}

/* C = beta C + A B on this thread: A is [rows, k], B [k, n] in panels, and the rows of C lie `step` apart. */
static void FN(step_product)(
    size_t rows, size_t n, size_t k, const REAL *a, const REAL *b, REAL beta, REAL *c, size_t step)
{
    for (size_t j = 0; j < n; j += PANEL) {
        size_t columns = n - j < PANEL ? n - j : PANEL;
        FN(wg_gemm)(1, false, false, rows, columns, k, 1, a, k, b + j * k, columns, beta, c + j, step);
    }
}

/* dW = sum over steps of h_(t-1)^T d_t, with h_(-1) = h0 [N, H], h_t = y_t of y [T, N, H], d [T, N, G]. */
static void FN(weight_slope)(
    wg_op_context *op, wg_recurrent s, size_t gates, const REAL *y, const REAL *d, REAL *out)
{
    int threads = op->threads;
    size_t first = s.steps ? s.samples : 0, rest = s.steps ? (s.steps - 1) * s.samples : 0;
    const REAL *h0 = op->in[1], *later = d + first * gates;
    FN(wg_gemm)(threads, true, false, s.hidden, gates, first, 1, h0, s.hidden, d, gates, 0, out, gates);
    if (rest)
        FN(wg_gemm)(threads, true, false, s.hidden, gates, rest, 1, y, s.hidden, later, gates, 1, out, gates);
}

/* A gradient's memory, or scratch where it is not wanted. */
static REAL *FN(gradient_or_scratch)(wg_op_context *op, size_t operand, size_t count)
{
    return op->grad_in[operand] ? op->grad_in[operand] : wg_op_scratch(op, count * sizeof(REAL));
}
