/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_fold_term.h - one fold: TERM(x, c) of every number, in double, joined by JOIN. Included by
 * reduce_fold_real.h with NAME, TERM, JOIN and IDENTITY. */

/* Eight lanes, four numbers at a time into each; then the lanes as a tree. */
WG_KERNEL_OF(double, NAME(row), (const void *data, size_t n, double c), (data, n, c))
{
    const REAL *restrict x = data;
    double lane[8] = {IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY, IDENTITY};
    (void)c;
    for (; n >= 32; n -= 32, x += 32) {
#pragma omp simd
        for (size_t k = 0; k < 8; k++) {
            double ab = JOIN(TERM((double)x[k], c), TERM((double)x[k + 8], c));
            double cd = JOIN(TERM((double)x[k + 16], c), TERM((double)x[k + 24], c));
            lane[k] = JOIN(lane[k], JOIN(ab, cd));
        }
    }
    for (; n >= 8; n -= 8, x += 8) {
#pragma omp simd
        for (size_t k = 0; k < 8; k++)
            lane[k] = JOIN(lane[k], TERM((double)x[k], c));
    }
    for (size_t k = 0; k < n; k++)
        lane[k] = JOIN(lane[k], TERM((double)x[k], c));
    return JOIN(JOIN(JOIN(lane[0], lane[1]), JOIN(lane[2], lane[3])),
        JOIN(JOIN(lane[4], lane[5]), JOIN(lane[6], lane[7])));
}

/* Four lines at a time, so that the results are loaded and stored a quarter as often. */
WG_KERNEL(NAME(lines),
    (const void *data, size_t lines, size_t distance, size_t width, const double *c, double *restrict result),
    (data, lines, distance, width, c, result))
{
    const REAL *x = data;
    (void)c;
    for (; lines >= 4; lines -= 4, x += 4 * distance) {
        const REAL *x1 = x + distance, *x2 = x1 + distance, *x3 = x2 + distance;
#pragma omp simd
        for (size_t i = 0; i < width; i++) {
            double ab = JOIN(TERM((double)x[i], c[i]), TERM((double)x1[i], c[i]));
            double cd = JOIN(TERM((double)x2[i], c[i]), TERM((double)x3[i], c[i]));
            result[i] = JOIN(result[i], JOIN(ab, cd));
        }
    }
    for (; lines > 0; lines--, x += distance) {
#pragma omp simd
        for (size_t i = 0; i < width; i++)
            result[i] = JOIN(result[i], TERM((double)x[i], c[i]));
    }
}

#undef NAME
#undef TERM
#undef JOIN
#undef IDENTITY
