/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gru_real.h - the kernels of gru.c, for one type of number. */

#include "ops/recurrent_real.h"

struct FN(gru_work) {
    wg_recurrent s;
    const REAL *h0, *weight, *bias; /* the weight in panels, in the backward pass its transpose */
    const REAL *gx, *gy;            /* input, upstream gradient */
    REAL *kept;                     /* [T, N, 4H]: r's and z's brackets, q, n's bracket */
    REAL *y;
    REAL *dgx, *da, *dh; /* [T, N, 3H], [T, N, 3H], [N, H]; dh is carried from step to step */
    double *part;        /* [blocks, H]: a block's sums of dn r, or NULL */
    bool first;          /* is the gradient of h0 wanted? */
    wg_rooms rooms;
};

/* ---- One step of one sample ------------------------------------------------------------------------ */

/* k holds a_r, a_z, a_n and becomes what is kept; gates lie `step` apart. */
WG_INLINE void FN(gru_cell)(
    size_t step, const REAL *gx, const REAL *bias, REAL *k, const REAL *before, REAL *h)
{
#pragma omp simd
    for (size_t j = 0; j < LANES; j++) {
        REAL r = k[j] + gx[j], z = k[step + j] + gx[step + j], q = k[2 * step + j] + bias[j];
        REAL n = gx[2 * step + j] + FN(sigmoid)(r) * q;
        k[j] = r, k[step + j] = z, k[2 * step + j] = q, k[3 * step + j] = n;
        h[j] = FN(sigmoid)(-z) * tanh(n) + FN(sigmoid)(z) * before[j];
    }
}

WG_INLINE void FN(gru_row)(
    size_t hidden, const REAL *gx, const REAL *bias, REAL *k, const REAL *before, REAL *h)
{
    size_t j = 0, rest = hidden % LANES;
    for (; j + LANES <= hidden; j += LANES)
        FN(gru_cell)(hidden, gx + j, bias + j, k + j, before + j, h + j);
    if (rest) {
        REAL pgx[3 * LANES] = {0}, pk[4 * LANES] = {0}, p[3][LANES] = {{0}};
        FN(move)(3, rest, gx + j, hidden, pgx, LANES);
        FN(move)(3, rest, k + j, hidden, pk, LANES);
        FN(copy)(rest, bias + j, p[0]);
        FN(copy)(rest, before + j, p[1]);
        FN(gru_cell)(LANES, pgx, p[0], pk, p[1], p[2]);
        FN(move)(4, rest, pk, LANES, k + j, hidden);
        FN(copy)(rest, p[2], h + j);
    }
}

/* dh becomes the part of step t - 1 that does not go through the product. */
WG_INLINE void FN(gru_cell_back)(
    size_t step, const REAL *k, const REAL *before, REAL *dh, REAL *dgx, REAL *da)
{
#pragma omp simd
    for (size_t j = 0; j < LANES; j++) {
        REAL r = k[j], z = k[step + j], q = k[2 * step + j], n = k[3 * step + j];
        REAL dn = dh[j] * FN(sigmoid)(-z) * FN(tanh_slope)(n);
        REAL dz = dh[j] * (before[j] - tanh(n)) * FN(bell)(FN(decay)(z));
        REAL dr = dn * q * FN(bell)(FN(decay)(r));
        dgx[j] = da[j] = dr;
        dgx[step + j] = da[step + j] = dz;
        dgx[2 * step + j] = dn;
        da[2 * step + j] = dn * FN(sigmoid)(r);
        dh[j] *= FN(sigmoid)(z);
    }
}

WG_INLINE void FN(gru_row_back)(
    size_t hidden, const REAL *k, const REAL *before, REAL *dh, REAL *dgx, REAL *da)
{
    size_t j = 0, rest = hidden % LANES;
    for (; j + LANES <= hidden; j += LANES)
        FN(gru_cell_back)(hidden, k + j, before + j, dh + j, dgx + j, da + j);
    if (rest) {
        REAL pk[4 * LANES] = {0}, pdgx[3 * LANES], pda[3 * LANES], p[2][LANES] = {{0}};
        FN(move)(4, rest, k + j, hidden, pk, LANES);
        FN(copy)(rest, before + j, p[0]);
        FN(copy)(rest, dh + j, p[1]);
        FN(gru_cell_back)(LANES, pk, p[0], p[1], pdgx, pda);
        FN(move)(3, rest, pdgx, LANES, dgx + j, hidden);
        FN(move)(3, rest, pda, LANES, da + j, hidden);
        FN(copy)(rest, p[1], dh + j);
    }
}

/* ---- A block of samples through all steps ---------------------------------------------------------- */

WG_CHUNK_LOOP(FN(gru_run))
{
    const struct FN(gru_work) *w = work;
    size_t hidden = w->s.hidden, gates = 3 * hidden;
    const REAL *h = w->h0 + begin * hidden;
    for (size_t t = 0; t < w->s.steps; t++) {
        size_t at = t * w->s.samples + begin;
        const REAL *gx = w->gx + at * gates;
        REAL *k = w->kept + at * 4 * hidden, *y = w->y + at * hidden;
        FN(step_product)
        (end - begin, gates, hidden, h, w->weight, 0, k, 4 * hidden, wg__room_of(&w->rooms, chunk));
        for (size_t i = 0; i < (end - begin) * hidden; i += hidden)
            FN(gru_row)(hidden, gx + 3 * i, w->bias, k + 4 * i, h + i, y + i);
        h = y;
    }
}

WG_CHUNK_LOOP(FN(gru_run_back))
{
    const struct FN(gru_work) *w = work;
    size_t hidden = w->s.hidden, gates = 3 * hidden, samples = w->s.samples, n = (end - begin) * hidden;
    REAL *dh = w->dh + begin * hidden;
    double *restrict sum = w->part ? w->part + begin / w->s.block * hidden : NULL;
    for (size_t j = 0; sum && j < hidden; j++)
        sum[j] = 0;
    memset(dh, 0, n * sizeof *dh);
    for (size_t t = w->s.steps; t-- > 0;) {
        size_t at = t * samples + begin;
        const REAL *k = w->kept + at * 4 * hidden;
        const REAL *before = t ? w->y + (at - samples) * hidden : w->h0 + begin * hidden;
        REAL *dgx = w->dgx + at * gates, *da = w->da + at * gates;
        FN(add_upstream)(n, w->gy + at * hidden, dh);
        for (size_t i = 0; i < n; i += hidden) {
            FN(gru_row_back)(hidden, k + 4 * i, before + i, dh + i, dgx + 3 * i, da + 3 * i);
            for (size_t j = 0; sum && j < hidden; j++)
                sum[j] += (double)da[3 * i + 2 * hidden + j];
        }
        if (t > 0 || w->first)
            FN(step_product)
        (end - begin, hidden, gates, da, w->weight, 1, dh, hidden, wg__room_of(&w->rooms, chunk));
    }
}

/* ---- The passes ------------------------------------------------------------------------------------ */

static wg_status FN(gru_forward)(wg_op_context *op)
{
    const wg_recurrent s = wg__recurrent_of(op);
    struct FN(gru_work) w = {.s = s,
        .gx = op->in[0],
        .h0 = op->in[1],
        .weight = FN(panels)(op, op->in[2], s.hidden, 3 * s.hidden, false),
        .bias = op->in[3],
        .kept = op->keep[0],
        .y = op->out[0]};
    if (!w.weight)
        return WG_OUT_OF_MEMORY;
    return FN(run_blocks)(op, &s, 3 * s.hidden, s.hidden, &w.rooms, FN(gru_run), &w);
}

static size_t FN(gru_workspace)(const wg_op_context *op)
{
    const wg_recurrent s = wg__recurrent_of(op);
    size_t state = s.samples * s.hidden, gates = 3 * s.hidden, blocks = wg__chunks(s.samples, s.block);
    size_t bytes = wg_op_scratch_size(FN(panels_bytes)(s.hidden, gates));
    if (!op->backward)
        return bytes + FN(blocks_workspace)(op, &s, gates, s.hidden);
    bytes += FN(gradient_workspace)(op, 0, s.steps * state * 3) + FN(gradient_workspace)(op, 1, state);
    bytes += wg_op_scratch_size(s.steps * state * 3 * sizeof(REAL));
    bytes += op->wanted[3] ? wg_op_scratch_size(blocks * s.hidden * sizeof(double)) : 0;
    bytes += op->wanted[2] ? FN(weight_slope_workspace)(op, &s, gates) : 0;
    return bytes + FN(blocks_workspace)(op, &s, s.hidden, gates);
}

/* The blocks' sums, in their order. */
static void FN(gru_bias_slope)(const double *part, size_t blocks, size_t hidden, REAL *out)
{
    for (size_t j = 0; j < hidden; j++) {
        double sum = 0;
        for (size_t block = 0; block < blocks; block++)
            sum += part[block * hidden + j];
        out[j] = (REAL)sum;
    }
}

static wg_status FN(gru_backward)(wg_op_context *op)
{
    struct FN(gru_work) w = {.s = wg__recurrent_of(op),
        .gy = op->upstream[0],
        .h0 = op->in[1],
        .kept = op->keep[0],
        .y = op->out[0],
        .first = op->grad_in[1] != NULL};
    size_t state = w.s.samples * w.s.hidden, gates = 3 * w.s.hidden;
    size_t blocks = wg__chunks(w.s.samples, w.s.block);
    w.weight = FN(panels)(op, op->in[2], w.s.hidden, gates, true);
    w.dgx = FN(gradient_or_scratch)(op, 0, w.s.steps * state * 3);
    w.dh = FN(gradient_or_scratch)(op, 1, state);
    w.da = wg_op_scratch(op, w.s.steps * state * 3 * sizeof *w.da);
    w.part = op->grad_in[3] ? wg_op_scratch(op, blocks * w.s.hidden * sizeof *w.part) : NULL;
    if (!w.weight || !w.dgx || !w.dh || !w.da || (op->grad_in[3] && !w.part))
        return WG_OUT_OF_MEMORY;
    wg_status status = FN(run_blocks)(op, &w.s, w.s.hidden, gates, &w.rooms, FN(gru_run_back), &w);
    if (status == WG_OK && op->grad_in[3])
        FN(gru_bias_slope)(w.part, blocks, w.s.hidden, op->grad_in[3]);
    if (status == WG_OK && op->grad_in[2])
        status = FN(weight_slope)(op, w.s, gates, w.y, w.da, op->grad_in[2]);
    return status;
}
