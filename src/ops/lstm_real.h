/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lstm_real.h - the kernels of lstm.c, for one type of number. */

#include "ops/recurrent_real.h"

struct FN(lstm_work) {
    wg_recurrent s;
    const REAL *h0, *c0, *weight; /* the weight in panels, in the backward pass its transpose */
    const REAL *gx, *gy, *gc;     /* input; upstream gradients of y and c, or NULL */
    REAL *z, *c;                  /* [T, N, 4H], [T, N, H]: kept */
    REAL *y, *last;               /* results */
    REAL *dz, *dh, *dc;           /* gradients of gx, h0, c0; dh and dc are carried from step to step */
    bool first;                   /* is the gradient of h0 wanted? */
    wg_rooms rooms;
};

/* ---- One step of one sample ------------------------------------------------------------------------ */

/* z holds the state's share and becomes the sum; gates lie `step` apart. */
WG_INLINE void FN(lstm_cell)(size_t step, const REAL *gx, REAL *z, const REAL *before, REAL *c, REAL *h)
{
#pragma omp simd
    for (size_t j = 0; j < LANES; j++) {
        REAL i = z[j] + gx[j], f = z[step + j] + gx[step + j];
        REAL g = z[2 * step + j] + gx[2 * step + j], o = z[3 * step + j] + gx[3 * step + j];
        REAL now = FN(sigmoid)(f) * before[j] + FN(sigmoid)(i) * tanh(g);
        z[j] = i, z[step + j] = f, z[2 * step + j] = g, z[3 * step + j] = o;
        c[j] = now;
        h[j] = FN(sigmoid)(o) * tanh(now);
    }
}

WG_INLINE void FN(lstm_row)(size_t hidden, const REAL *gx, REAL *z, const REAL *before, REAL *c, REAL *h)
{
    size_t j = 0, rest = hidden % LANES;
    for (; j + LANES <= hidden; j += LANES)
        FN(lstm_cell)(hidden, gx + j, z + j, before + j, c + j, h + j);
    if (rest) {
        REAL pgx[4 * LANES] = {0}, pz[4 * LANES] = {0}, p[3 * LANES] = {0};
        FN(move)(4, rest, gx + j, hidden, pgx, LANES);
        FN(move)(4, rest, z + j, hidden, pz, LANES);
        FN(copy)(rest, before + j, p);
        FN(lstm_cell)(LANES, pgx, pz, p, p + LANES, p + 2 * LANES);
        FN(move)(4, rest, pz, LANES, z + j, hidden);
        FN(copy)(rest, p + LANES, c + j);
        FN(copy)(rest, p + 2 * LANES, h + j);
    }
}

/* dc comes in from step t + 1 and goes out to step t - 1. */
WG_INLINE void FN(lstm_cell_back)(
    size_t step, const REAL *z, const REAL *before, const REAL *c, const REAL *dh, REAL *dc, REAL *dz)
{
#pragma omp simd
    for (size_t j = 0; j < LANES; j++) {
        REAL i = z[j], f = z[step + j], g = z[2 * step + j], o = z[3 * step + j];
        REAL d = dc[j] + dh[j] * FN(sigmoid)(o) * FN(tanh_slope)(c[j]);
        dz[j] = d * tanh(g) * FN(bell)(FN(decay)(i));
        dz[step + j] = d * before[j] * FN(bell)(FN(decay)(f));
        dz[2 * step + j] = d * FN(sigmoid)(i) * FN(tanh_slope)(g);
        dz[3 * step + j] = dh[j] * tanh(c[j]) * FN(bell)(FN(decay)(o));
        dc[j] = d * FN(sigmoid)(f);
    }
}

WG_INLINE void FN(lstm_row_back)(
    size_t hidden, const REAL *z, const REAL *before, const REAL *c, const REAL *dh, REAL *dc, REAL *dz)
{
    size_t j = 0, rest = hidden % LANES;
    for (; j + LANES <= hidden; j += LANES)
        FN(lstm_cell_back)(hidden, z + j, before + j, c + j, dh + j, dc + j, dz + j);
    if (rest) {
        REAL pz[4 * LANES] = {0}, pdz[4 * LANES], p[4][LANES] = {{0}};
        FN(move)(4, rest, z + j, hidden, pz, LANES);
        FN(copy)(rest, before + j, p[0]);
        FN(copy)(rest, c + j, p[1]);
        FN(copy)(rest, dh + j, p[2]);
        FN(copy)(rest, dc + j, p[3]);
        FN(lstm_cell_back)(LANES, pz, p[0], p[1], p[2], p[3], pdz);
        FN(move)(4, rest, pdz, LANES, dz + j, hidden);
        FN(copy)(rest, p[3], dc + j);
    }
}

/* ---- A block of samples through all steps ---------------------------------------------------------- */

WG_CHUNK_LOOP(FN(lstm_run))
{
    const struct FN(lstm_work) *w = work;
    size_t hidden = w->s.hidden, gates = 4 * hidden, samples = w->s.samples, n = (end - begin) * hidden;
    const REAL *h = w->h0 + begin * hidden, *c = w->c0 + begin * hidden;
    for (size_t t = 0; t < w->s.steps; t++) {
        size_t at = t * samples + begin;
        const REAL *gx = w->gx + at * gates;
        REAL *z = w->z + at * gates, *c_t = w->c + at * hidden, *y = w->y + at * hidden;
        FN(step_product)
        (end - begin, gates, hidden, h, w->weight, 0, z, gates, wg__room_of(&w->rooms, chunk));
        for (size_t i = 0; i < n; i += hidden)
            FN(lstm_row)(hidden, gx + 4 * i, z + 4 * i, c + i, c_t + i, y + i);
        h = y, c = c_t;
    }
    memcpy(w->last + begin * hidden, c, n * sizeof *c);
}

WG_CHUNK_LOOP(FN(lstm_run_back))
{
    const struct FN(lstm_work) *w = work;
    size_t hidden = w->s.hidden, gates = 4 * hidden, samples = w->s.samples, n = (end - begin) * hidden;
    REAL *dh = w->dh + begin * hidden, *dc = w->dc + begin * hidden;
    memset(dh, 0, n * sizeof *dh);
    if (w->gc)
        memcpy(dc, w->gc + begin * hidden, n * sizeof *dc);
    else
        memset(dc, 0, n * sizeof *dc);
    for (size_t t = w->s.steps; t-- > 0;) {
        size_t at = t * samples + begin;
        const REAL *z = w->z + at * gates, *c = w->c + at * hidden;
        const REAL *before = t ? c - samples * hidden : w->c0 + begin * hidden;
        REAL *dz = w->dz + at * gates;
        if (w->gy)
            FN(add_upstream)(n, w->gy + at * hidden, dh);
        for (size_t i = 0; i < n; i += hidden)
            FN(lstm_row_back)(hidden, z + 4 * i, before + i, c + i, dh + i, dc + i, dz + 4 * i);
        if (t > 0 || w->first)
            FN(step_product)
        (end - begin, hidden, gates, dz, w->weight, 0, dh, hidden, wg__room_of(&w->rooms, chunk));
    }
}

/* ---- The passes ------------------------------------------------------------------------------------ */

static wg_status FN(lstm_forward)(wg_op_context *op)
{
    const wg_recurrent s = wg__recurrent_of(op);
    struct FN(lstm_work) w = {.s = s,
        .gx = op->in[0],
        .h0 = op->in[1],
        .c0 = op->in[2],
        .weight = FN(panels)(op, op->in[3], s.hidden, 4 * s.hidden, false),
        .z = op->keep[0],
        .c = op->keep[1],
        .y = op->out[0],
        .last = op->out[1]};
    if (!w.weight)
        return WG_OUT_OF_MEMORY;
    return FN(run_blocks)(op, &s, 4 * s.hidden, s.hidden, &w.rooms, FN(lstm_run), &w);
}

static size_t FN(lstm_workspace)(const wg_op_context *op)
{
    const wg_recurrent s = wg__recurrent_of(op);
    size_t state = s.samples * s.hidden, gates = 4 * s.hidden;
    size_t bytes = wg_op_scratch_size(FN(panels_bytes)(s.hidden, gates));
    if (!op->backward)
        return bytes + FN(blocks_workspace)(op, &s, gates, s.hidden);
    bytes += FN(gradient_workspace)(op, 0, s.steps * state * 4);
    bytes += FN(gradient_workspace)(op, 1, state) + FN(gradient_workspace)(op, 2, state);
    bytes += op->wanted[3] ? FN(weight_slope_workspace)(op, &s, gates) : 0;
    return bytes + FN(blocks_workspace)(op, &s, s.hidden, gates);
}

static wg_status FN(lstm_backward)(wg_op_context *op)
{
    struct FN(lstm_work) w = {.s = wg__recurrent_of(op),
        .gy = op->upstream[0],
        .gc = op->upstream[1],
        .c0 = op->in[2],
        .z = op->keep[0],
        .c = op->keep[1],
        .first = op->grad_in[1] != NULL};
    size_t state = w.s.samples * w.s.hidden, gates = 4 * w.s.hidden;
    w.weight = FN(panels)(op, op->in[3], w.s.hidden, gates, true);
    w.dz = FN(gradient_or_scratch)(op, 0, w.s.steps * state * 4);
    w.dh = FN(gradient_or_scratch)(op, 1, state);
    w.dc = FN(gradient_or_scratch)(op, 2, state);
    if (!w.weight || !w.dz || !w.dh || !w.dc)
        return WG_OUT_OF_MEMORY;
    wg_status status = FN(run_blocks)(op, &w.s, w.s.hidden, gates, &w.rooms, FN(lstm_run_back), &w);
    if (status == WG_OK && op->grad_in[3])
        status = FN(weight_slope)(op, w.s, gates, op->out[0], w.dz, op->grad_in[3]);
    return status;
}
