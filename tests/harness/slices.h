/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* slices.h - uses of one matrix [5, 3], most of which read a part of it: for tests of what adds up. */
#ifndef WG_TESTS_SLICES_H
#define WG_TESTS_SLICES_H

#include "vars.h"

enum { ROWS = 5, COLUMNS = 3, CELLS = ROWS * COLUMNS, USES = 8, ORDERS = USES * USES * USES };

/* Parts that overlap, with elements that are read twice, the whole, and the whole turned around. */
static inline wg_var use(wg_var x, int which)
{
    static const int32_t rows[4] = {2, 0, 2, 4}, cells[6] = {1, 1, 0, 2, 1, 0};
    wg_tape *tape = wg_tape_of(x);
    switch (which) {
    case 0:
        return wg_slice(x, 0, 1, 4, 1);
    case 1:
        return wg_slice(x, 0, WG_END, WG_END, -2);
    case 2:
        return wg_slice(x, 1, 1, 3, 1);
    case 3:
        return wg_select(x, 0, 2);
    case 4:
        return wg_index_select(x, 0, wg_const(tape, WG_INTS(rows, 4)));
    case 5:
        return wg_gather(x, 1, wg_const(tape, WG_INTS(cells, 2, 3)));
    case 6:
        return wg_slice(x, 0, WG_END, WG_END, -1);
    default:
        return x;
    }
}

/* The three uses of an order, of which there are ORDERS. */
static inline void uses_of(int order, int which[3])
{
    which[0] = order % USES, which[1] = order / USES % USES, which[2] = order / USES / USES;
}

/* Small integers: sums of them are exact. */
static inline wg_var weights_for(wg_var part, int stream)
{
    double w[CELLS];
    for (size_t i = 0; i < wg_count_of(part); i++)
        w[i] = (double)((i * 7 + (size_t)stream * 5) % 11) - 4;
    return wg_const(wg_tape_of(part), wg_array_of(w, WG_F64, wg_shape_of(part)));
}

#endif
