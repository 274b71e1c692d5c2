/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_spread_real.h - what goes back to the terms of a reduction; see base/for_each_real.h and
 * reduce_spread.c. */

WG_KERNEL(FN(copy_row), (const void *x, size_t n, double p, double q, void *out), (x, n, p, q, out))
{
    REAL *y = out;
    (void)x;
    (void)q;
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p;
}

WG_KERNEL(
    FN(copy_line), (const void *x, size_t n, const double *p, const double *q, void *out), (x, n, p, q, out))
{
    REAL *restrict y = out;
    (void)x;
    (void)q;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p[i];
}

WG_KERNEL(FN(linear_row), (const void *in, size_t n, double p, double q, void *out), (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p * ((double)x[i] - q));
}

WG_KERNEL(FN(linear_line), (const void *in, size_t n, const double *p, const double *q, void *out),
    (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p[i] * ((double)x[i] - q[i]));
}

WG_KERNEL(FN(exponential_row), (const void *in, size_t n, double p, double q, void *out), (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out, c = (REAL)q, scale = (REAL)p;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = scale * exp(x[i] - c);
}

WG_KERNEL(FN(exponential_line), (const void *in, size_t n, const double *p, const double *q, void *out),
    (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)p[i] * exp(x[i] - (REAL)q[i]);
}

WG_KERNEL(FN(quotient_row), (const void *in, size_t n, double p, double q, void *out), (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p * ((double)x[i] / q));
}

WG_KERNEL(FN(quotient_line), (const void *in, size_t n, const double *p, const double *q, void *out),
    (in, n, p, q, out))
{
    const REAL *x = in;
    REAL *restrict y = out;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (REAL)(p[i] * ((double)x[i] / q[i]));
}

/* Forward over the terms for the product of those before, backward for the product of those after. False, and
 * no matter what y is, where one of these products comes near the ends of the range of doubles, or is 0. */
static bool FN(near_products)(const struct products_work *w, size_t o, size_t begin, size_t n)
{
    const wg_runs *r = w->r;
    const REAL *x = w->x;
    REAL *y = w->y;
    double product = 1;
    int64_t outside = 0;
    for (size_t t = 0; t < r->lines; t++) {
        size_t at = begin + wg__line_begin(r, t);
        for (size_t i = 0; i < n; i++, at++) {
            w->before[at].m = product;
            product *= (double)x[at];
            outside |= is_far(product);
        }
    }
    product = 1;
    for (size_t t = r->lines; t-- > 0;) {
        size_t at = begin + wg__line_begin(r, t) + n;
        for (size_t i = 0; i < n; i++) {
            at--;
            y[at] = (REAL)(w->p[o] * (w->before[at].m * product));
            product *= (double)x[at];
            outside |= is_far(product);
        }
    }
    return outside >= 0;
}

/* The same with their exponents apart. */
static void FN(far_products)(const struct products_work *w, size_t o, size_t begin, size_t n)
{
    const wg_runs *r = w->r;
    const REAL *x = w->x;
    REAL *y = w->y;
    wg_wide_product product = {1, 0};
    for (size_t t = 0; t < r->lines; t++) {
        size_t at = begin + wg__line_begin(r, t);
        for (size_t i = 0; i < n; i++, at++) {
            w->before[at] = product;
            product = wg__wide_product_times(product, (double)x[at]);
        }
    }
    product = (wg_wide_product){1, 0};
    for (size_t t = r->lines; t-- > 0;) {
        size_t at = begin + wg__line_begin(r, t) + n;
        for (size_t i = 0; i < n; i++) {
            at--;
            wg_wide_product others = wg__wide_product_times(w->before[at], product.m);
            others.e += product.e;
            y[at] = (REAL)wg__wide_product_value(wg__wide_product_times(others, w->p[o]));
            product = wg__wide_product_times(product, (double)x[at]);
        }
    }
}

static void FN(products_of_outputs)(void *data, size_t begin, size_t end)
{
    const struct products_work *w = data;
    for (size_t o = begin; o < end; o++) {
        const wg_runs *r = w->r;
        size_t first = r->columns ? wg__group_begin(r, o / r->run) + o % r->run : wg__group_begin(r, o);
        if (!FN(near_products)(w, o, first, r->columns ? 1 : r->run))
            FN(far_products)(w, o, first, r->columns ? 1 : r->run);
    }
}
