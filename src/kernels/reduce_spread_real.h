/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_spread_real.h - what goes back to the terms of a reduction; see base/for_each_real.h and
 * reduce_spread.c. */

WG_CLONES static void FN(copy_row)(const void *x, size_t n, double p, double q, void *out)
{
    REAL *y = out;
    (void)x;
    (void)q;
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p;
}

WG_CLONES static void FN(copy_line)(const void *x, size_t n, const double *p, const double *q, void *out)
{
    REAL *restrict y = out;
    (void)x;
    (void)q;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p[i];
}

WG_CLONES static void FN(linear_row)(const void *in, size_t n, double p, double q, void *out)
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p * ((double)x[i] - q));
}

WG_CLONES static void FN(linear_line)(const void *in, size_t n, const double *p, const double *q, void *out)
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p[i] * ((double)x[i] - q[i]));
}

WG_CLONES static void FN(exponential_row)(const void *in, size_t n, double p, double q, void *out)
{
    const REAL *x = in;
    REAL *restrict y = out, c = (REAL)q, scale = (REAL)p;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = scale * exp(x[i] - c);
}

WG_CLONES static void FN(exponential_line)(
    const void *in, size_t n, const double *p, const double *q, void *out)
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p[i] * exp(x[i] - (REAL)q[i]);
}

/* Forward over the terms for the product of those before, backward for the product of those after. */
static void FN(products_of_output)(const struct products_work *w, size_t o)
{
    const wg_runs *r = w->r;
    const REAL *x = w->x;
    REAL *y = w->y;
    size_t n = r->columns ? 1 : r->run;
    size_t begin = r->columns ? wg_group_begin(r, o / r->run) + o % r->run : wg_group_begin(r, o);
    double product = 1;
    for (size_t t = 0; t < r->lines; t++) {
        size_t at = begin + wg_line_begin(r, t);
        for (size_t i = 0; i < n; i++, at++) {
            w->before[at] = product;
            product *= (double)x[at];
        }
    }
    product = 1;
    for (size_t t = r->lines; t-- > 0;) {
        size_t at = begin + wg_line_begin(r, t) + n;
        for (size_t i = 0; i < n; i++) {
            at--;
            y[at] = (REAL)(w->p[o] * (w->before[at] * product));
            product *= (double)x[at];
        }
    }
}

static void FN(products_of_outputs)(void *data, size_t chunk, size_t begin, size_t end)
{
    (void)chunk;
    for (size_t o = begin; o < end; o++)
        FN(products_of_output)(data, o);
}
