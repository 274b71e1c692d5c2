/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* stretch.h - NumPy's broadcast of two operands, seen as rows of the result.
 *
 * Neighbouring axes along which each operand goes on as before are merged; the last one left is the row,
 * along which an operand either runs (step 1) or stands still (step 0):
 *
 *     [64, 6, 28, 28] + [6, 1, 1]    384 rows of 784; a runs, b stands still at number (row mod 6)
 *     [128, 512] + [512]             128 rows of 512; both run, b begins anew in each row */
#ifndef WG_OPS_STRETCH_H
#define WG_OPS_STRETCH_H

#include <wengert/array.h>

typedef struct wg_stretch {
    size_t rows, inner;
    size_t step[2]; /* along a row: 0 or 1 */
    size_t rank;    /* of the axes over the rows */
    size_t dim[WG_MAX_RANK];
    size_t stride[2][WG_MAX_RANK]; /* 0 where the operand is stretched */
} wg_stretch;

/* `out` is the broadcast of a and b, with at least one element. */
void wg__stretch_set(wg_stretch *s, const wg_shape *out, const wg_shape *a, const wg_shape *b);

/* Where the operands begin in a row. */
void wg__stretch_row(const wg_stretch *s, size_t row, size_t at[2]);

#endif
