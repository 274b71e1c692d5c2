/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* y += x */
static void FN(add)(REAL *restrict y, const REAL *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}
