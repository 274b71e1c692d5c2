/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* program.h - the scalars of a plan, as a program of their own.
 *
 * A step of the tape says which two numbers it takes, and which of forty operations it is: a loop over steps
 * spends its time on finding that out, and on results that only the next step reads. The program has three
 * kinds of node instead:
 *
 *      sum         s = v0 w0 + v1 w1 + ...     all of + - * of one's own: 1 and -1 are numbers as others are
 *      product     p = p * v, p * v' ...       a long chain of them, with every p between
 *      row         y[i] = f(a[i], b[i])        the other formulas, many alike at a time, by the row's kernel
 *
 * The sweep is a list of "adjoint a += g v". A sum's terms that are added as they are pass their adjoint on
 * by having the same place.
 *
 *      values      [ inputs | constants | results, in the order of the program ]
 *      adjoints    [ what several windows share: inputs, ... | those of one window ]
 *
 * The order is that of the tape, but for rows: they are put off until those of a window of the tape that are
 * alike can be run together. Streams are read from their beginning to their end. */
#ifndef WG_SCALARS_PROGRAM_H
#define WG_SCALARS_PROGRAM_H

#include "scalars/scalars.h"

/* A term v[a] v[b]; in the sweep adjoint[a] += g v[b]. */
typedef struct wg_scalar_pair {
    uint32_t a, b;
} wg_scalar_pair;

/* In the sweep: the adjoint g of a sum, and how many pairs read it. */
typedef struct wg_scalar_fan {
    uint32_t slot, count;
} wg_scalar_fan;

/* Neighbouring nodes of one kind. What they take from the stream:
 *
 *                 forward                             sweep
 *      SUMS       count lengths, their pairs          count fans, their pairs
 *      EVEN       their pairs, `length` each          count slots, their pairs, `length` each
 *      PRODUCT    first, factors[count]               its slot, first's slot (or none), pairs (slot, factor)
 *                                                     from the last to the first
 *      ROWS       a[count], b[count] of two operands  slots[count], a[count], b[count],
 *                                                     slots of a and of b, where they want a gradient
 *      CLEAR      -                                   sets the window's adjoints to zero */
typedef struct wg_scalar_piece {
    enum { WG_SCALAR_SUMS, WG_SCALAR_EVEN, WG_SCALAR_PRODUCT, WG_SCALAR_ROWS, WG_SCALAR_CLEAR } kind;
    unsigned code, towards; /* of rows; in the sweep bit 0: a's gradient, bit 1: b's */
    uint32_t count;
    uint32_t first;  /* the place of the first result */
    uint32_t before; /* of a sweep's PRODUCT: what it begins with */
    uint32_t length;
    double numbers[2];
} wg_scalar_piece;

typedef struct wg_scalar_stream {
    wg_scalar_piece *pieces;
    wg_scalar_pair *pairs;
    uint32_t *numbers;
    wg_scalar_fan *fans;
    size_t piece_count, piece_capacity, pair_count, pair_capacity, number_count, number_capacity, fan_count,
        fan_capacity;
} wg_scalar_stream;

/* A node of the tape, and its place in the program. */
typedef struct wg_scalar_link {
    uint32_t node, place;
} wg_scalar_link;

typedef struct wg_scalar_links {
    wg_scalar_link *link;
    size_t count, capacity;
} wg_scalar_links;

struct wg_scalars {
    wg_allocator memory;
    wg_scalar_stream forward, sweep;
    wg_scalar_links inputs, outputs, guards; /* places of values */
    wg_scalar_links gradients;               /* of leaves and parameters: places of adjoints */
    double *values, *adjoints;
    size_t value_count, adjoint_count;
    uint32_t shared; /* of the adjoints; behind them those of the window */
    uint32_t seed;   /* the result's adjoint; WG_NO_NODE: no sweep */
    size_t steps;    /* of the tape that a run computes */
    double seconds[2];
};

enum {
    WG_SCALAR_BLOCK = 192, /* rows at a time, gathered from where their operands lie */
    WG_SCALAR_FEW = 4      /* so many rows are worth a vector kernel */
};

static inline void wg__scalar_gather(
    const uint32_t *places, uint32_t count, const double *values, double *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = values[places[i]];
}

/* sweep.c: adjoints of everything, with 1 as the result's. */
void wg__scalars_sweep(wg_scalars *s);

#endif
