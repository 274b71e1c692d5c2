/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wide_product.h - a running product m 2^e: of numbers whose product is in the range of doubles, while parts
 * of it need not be; and sums of such products. */
#ifndef WG_KERNELS_WIDE_PRODUCT_H
#define WG_KERNELS_WIDE_PRODUCT_H

#include <math.h>
#include <stdbool.h>

typedef struct wg_wide_product {
    double m, e; /* e is whole, and 0 as long as nothing leaves 2^-500 .. 2^500 */
} wg_wide_product;

/* Moves an exponent from *m to *e, where it is large and *m no zero, infinity or NaN. */
static inline void wg__wide_product_settle(double *m, double *e)
{
    int exponent = 0;
    if ((fabs(*m) > 0x1p-500 && fabs(*m) < 0x1p500) || *m == 0 || !isfinite(*m))
        return;
    *m = frexp(*m, &exponent);
    *e += exponent;
}

static inline wg_wide_product wg__wide_product_times(wg_wide_product p, double x)
{
    wg__wide_product_settle(&x, &p.e);
    p.m *= x;
    wg__wide_product_settle(&p.m, &p.e);
    return p;
}

static inline wg_wide_product wg__wide_product_join(wg_wide_product p, wg_wide_product q)
{
    p.e += q.e;
    return wg__wide_product_times(p, q.m);
}

/* What the smaller one loses below the ends of the range is nothing to the larger one. */
static inline wg_wide_product wg__wide_product_plus(wg_wide_product p, wg_wide_product q)
{
    if (p.m == 0 || q.m == 0)
        return p.m == 0 ? q : p;
    wg_wide_product sum = p.e < q.e ? q : p, other = p.e < q.e ? p : q;
    sum.m += sum.e == other.e ? other.m : ldexp(other.m, (int)fmax(-4000, other.e - sum.e));
    wg__wide_product_settle(&sum.m, &sum.e);
    return sum;
}

static inline double wg__wide_product_value(wg_wide_product p)
{
    return p.e == 0 ? p.m : ldexp(p.m, (int)fmax(-4000, fmin(p.e, 4000)));
}

#endif
