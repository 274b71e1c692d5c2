/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_fold_real.h - the folds of one type of number; see base/for_each_real.h and reduce_fold.c. */

#define NAME(part) FN(sum_##part)
#define TERM(x, c) (x)
#define JOIN(a, b) ((a) + (b))
#define IDENTITY 0
#include "kernels/reduce_fold_term.h"

#define NAME(part) FN(product_##part)
#define TERM(x, c) (x)
#define JOIN(a, b) accurate_product((a) * (b))
#define IDENTITY 1
#include "kernels/reduce_fold_term.h"

#define NAME(part) FN(deviation_##part)
#define TERM(x, c) (((x) - (c)) * ((x) - (c)))
#define JOIN(a, b) ((a) + (b))
#define IDENTITY 0
#include "kernels/reduce_fold_term.h"

#define NAME(part) FN(scaled_##part)
#define TERM(x, c) (((x) * (c)) * ((x) * (c)))
#define JOIN(a, b) ((a) + (b))
#define IDENTITY 0
#include "kernels/reduce_fold_term.h"

enum { FN(BLOCK) = 256 };

WG_KERNEL(FN(exponentials), (const REAL *restrict x, size_t n, REAL c, REAL *restrict y), (x, n, c, y))
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = exp(x[i] - c);
}

static double FN(exponentials_row)(const void *data, size_t n, double c)
{
    const REAL *x = data;
    REAL block[FN(BLOCK)];
    double sum = 0;
    for (size_t i = 0; i < n; i += FN(BLOCK)) {
        size_t m = n - i < FN(BLOCK) ? n - i : FN(BLOCK);
        FN(exponentials)(x + i, m, (REAL)c, block);
        sum += FN(sum_row)(block, m, 0);
    }
    return sum;
}

WG_KERNEL(FN(exponentials_lines),
    (const void *data, size_t lines, size_t distance, size_t width, const double *c, double *restrict result),
    (data, lines, distance, width, c, result))
{
    const REAL *x = data;
    for (size_t t = 0; t < lines; t++, x += distance)
#pragma omp simd
        for (size_t i = 0; i < width; i++)
            result[i] += (double)exp(x[i] - (REAL)c[i]);
}
