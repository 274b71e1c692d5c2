/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* recurrent.h - the operations lstm and gru behind one function, for tests of both. */
#ifndef WG_TESTS_RECURRENT_H
#define WG_TESTS_RECURRENT_H

#include "vars.h"

enum { LSTM, GRU };

/* A case: which cell, its sizes, and its operands gx, h0, (c0), weight, (bias) on a tape. */
typedef struct cell {
    int kind;
    size_t steps, samples, hidden;
    wg_var x[4], y, c;
} cell;

static inline wg_var small(wg_tape *tape, wg_shape shape, uint64_t stream)
{
    double *x = numbers(count_of(shape), stream, 0);
    for (size_t i = 0; i < count_of(shape); i++)
        x[i] = (double)(float)(0.4 * x[i]);
    wg_var v = wg_leaf(tape, wg_array_of(x, WG_F64, shape));
    free(x);
    return v;
}

static inline void operands(wg_tape *tape, cell *s)
{
    size_t t = s->steps, n = s->samples, h = s->hidden, gates = s->kind == LSTM ? 4 : 3;
    s->x[0] = small(tape, WG_SHAPE(t, n, gates * h), 1);
    s->x[1] = small(tape, WG_SHAPE(n, h), 2);
    s->x[2] = s->kind == LSTM ? small(tape, WG_SHAPE(n, h), 3) : small(tape, WG_SHAPE(h, gates * h), 4);
    s->x[3] = s->kind == LSTM ? small(tape, WG_SHAPE(h, gates * h), 4) : small(tape, WG_SHAPE(h), 5);
}

static inline void apply(cell *s)
{
    if (s->kind == LSTM)
        s->y = wg_lstm(s->x[0], s->x[1], s->x[2], s->x[3], &s->c);
    else
        s->y = wg_gru(s->x[0], s->x[1], s->x[2], s->x[3]);
}

/* One number from both results, curved. */
static inline wg_var loss_of(const cell *s)
{
    wg_var loss = weigh(s->y, 11);
    return s->kind == LSTM ? wg_add(loss, weigh(s->c, 12)) : loss;
}

#endif
