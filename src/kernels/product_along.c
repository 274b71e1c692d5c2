/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/product_along.h"

#include <stdint.h>
#include "kernels/isa.h"
#include "kernels/wide_product.h"

/* In doubles, abreast; or one at a time as wide products. */
static size_t work_of_set(size_t abreast)
{
    return abreast > 1 ? abreast * sizeof(double) : sizeof(wg_wide_product);
}

size_t wg__products_room(size_t n, size_t k, size_t abreast)
{
    const size_t most = SIZE_MAX / 4 / work_of_set(abreast);
    if (k >= sizeof k * 8 || n >= most >> k)
        return 0;
    size_t bytes = (((n + 1) * work_of_set(abreast)) << k) + (k + 2) * n * abreast * sizeof(double) + 64;
    return (bytes + 63) / 64 * 64;
}

wg_products wg__products_in(void *room, size_t n, size_t k, size_t abreast)
{
    wg_products p = {.n = n, .k = k, .sets = (size_t)1 << k, .abreast = abreast, .work = room};
    p.in = p.work + (((n + 1) * work_of_set(abreast)) << k) / sizeof(double);
    p.out = p.in + (k + 1) * n * abreast;
    return p;
}

/* ---- In doubles ------------------------------------------------------------------------------------ */

typedef int64_t marks[WG_PRODUCTS_ABREAST]; /* not 0: this lane is to be done with exponents apart */

/* One set. Marks lanes where it comes near the ends of the range. A product that is lost in a sum that does
 * not was nothing to it; a sum that is 0 must be so because of zeros. */
WG_INLINE void set_near(
    const wg_products *p, size_t k, size_t w, size_t t, size_t s, double *restrict now, int64_t *restrict far)
{
    const double *restrict x = p->in + t * w;
    double sum[WG_PRODUCTS_ABREAST], made[WG_PRODUCTS_ABREAST]; /* made: of the parts, in any way but 0 */
#pragma omp simd
    for (size_t i = 0; i < w; i++) {
        sum[i] = now[s * w + i] * x[i];
        made[i] = now[s * w + i] != 0 && x[i] != 0 ? 1 : 0;
    }
    for (size_t a = 0; a < k; a++)
        if (s >> a & 1) {
            const double *restrict part = now + (s - ((size_t)1 << a)) * w;
            const double *restrict v = p->in + ((a + 1) * p->n + t) * w;
#pragma omp simd
            for (size_t i = 0; i < w; i++) {
                sum[i] += part[i] * v[i];
                made[i] = part[i] != 0 && v[i] != 0 ? 1 : made[i];
            }
        }
#pragma omp simd
    for (size_t i = 0; i < w; i++) {
        const double size = fabs(sum[i]);
        now[s * w + i] = sum[i];
        far[i] |= !((size > 0x1p-480 && size < 0x1p480) || (size == 0 && made[i] == 0));
    }
}

/* Term t. Larger sets are made of smaller ones, so these are the last. */
WG_INLINE void take_near(const wg_products *p, size_t k, size_t w, size_t t, double *now, int64_t *far)
{
    for (size_t s = (size_t)1 << k; s-- > 0;)
        set_near(p, k, w, t, s, now, far);
}

WG_INLINE void begin_near(size_t k, size_t w, double *now)
{
    for (size_t i = 0; i < w << k; i++)
        now[i] = i < w;
}

WG_INLINE void slopes_near(const wg_products *p, size_t k, size_t w, const double *g, int64_t *far)
{
    const size_t all = w << k;
    double *now = p->work + p->n * all;
    begin_near(k, w, now);
    for (size_t t = 0; t < p->n; t++) {
        for (size_t i = 0; i < all; i++)
            p->work[t * all + i] = now[i];
        take_near(p, k, w, t, now, far);
    }
    begin_near(k, w, now);
    for (size_t t = p->n; t-- > 0;) {
        const double *before = p->work + t * all;
#pragma omp simd
        for (size_t i = 0; i < w; i++) {
            double sum = 0;
            for (size_t s = 0; s < (size_t)1 << k; s++)
                sum += before[s * w + i] * now[all - (s + 1) * w + i];
            p->out[t * w + i] = g[i] * sum;
        }
        take_near(p, k, w, t, now, far);
    }
}

/* With loops over sets whose ends the compiler sees. */
WG_KERNEL(slopes_abreast, (const wg_products *p, const double *g, int64_t *far), (p, g, far))
{
    enum { W = WG_PRODUCTS_ABREAST };
    switch (p->k) {
    case 1:
        slopes_near(p, 1, W, g, far);
        break;
    case 2:
        slopes_near(p, 2, W, g, far);
        break;
    case 3:
        slopes_near(p, 3, W, g, far);
        break;
    default:
        slopes_near(p, p->k, W, g, far);
    }
}

static void slopes_of_one(const wg_products *p, const double *g, int64_t *far)
{
    switch (p->k) {
    case 1:
        slopes_near(p, 1, 1, g, far);
        break;
    case 2:
        slopes_near(p, 2, 1, g, far);
        break;
    default:
        slopes_near(p, p->k, 1, g, far);
    }
}

WG_INLINE void near_along(const wg_products *p, size_t w, int64_t *far)
{
    double *now = p->work + (p->n * w << p->k);
    begin_near(p->k, w, now);
    for (size_t t = 0; t < p->n; t++)
        take_near(p, p->k, w, t, now, far);
    for (size_t i = 0; i < w; i++)
        p->out[i] = now[(w << p->k) - w + i];
}

WG_KERNEL(along_abreast, (const wg_products *p, int64_t *far), (p, far))
{
    near_along(p, WG_PRODUCTS_ABREAST, far);
}

/* ---- With exponents apart -------------------------------------------------------------------------- */

/* Are there more v in the set than terms? Nothing is made of them then: a 0 that no infinity turns into NaN.
 */
static bool too_many(size_t set, size_t terms)
{
    size_t members = 0;
    for (; set; set &= set - 1)
        members++;
    return members > terms;
}

static void begin_far(const wg_products *p, wg_wide_product *now)
{
    for (size_t s = 0; s < p->sets; s++)
        now[s] = (wg_wide_product){s == 0, 0};
}

/* Term t, when `seen` others were taken. */
static void take_far(const wg_products *p, size_t lane, size_t t, size_t seen, wg_wide_product *now)
{
    const double *in = p->in + t * p->abreast + lane;
    for (size_t s = p->sets; s-- > 0;) {
        wg_wide_product sum = {0, 0};
        if (!too_many(s, seen))
            sum = wg__wide_product_times(now[s], in[0]);
        for (size_t a = 0; a < p->k && !too_many(s, seen + 1); a++)
            if (s >> a & 1) {
                const double v = in[(a + 1) * p->n * p->abreast];
                sum = wg__wide_product_plus(sum, wg__wide_product_times(now[s - ((size_t)1 << a)], v));
            }
        now[s] = sum;
    }
}

static void far_along(const wg_products *p, size_t lane)
{
    wg_wide_product *now = (wg_wide_product *)(void *)p->work;
    begin_far(p, now);
    for (size_t t = 0; t < p->n; t++)
        take_far(p, lane, t, t, now);
    p->out[lane] = wg__wide_product_value(now[p->sets - 1]);
}

static void far_slopes(const wg_products *p, size_t lane, double g)
{
    wg_wide_product *before = (wg_wide_product *)(void *)p->work, *now = before + p->n * p->sets;
    begin_far(p, now);
    for (size_t t = 0; t < p->n; t++) {
        for (size_t s = 0; s < p->sets; s++)
            before[t * p->sets + s] = now[s];
        take_far(p, lane, t, t, now);
    }
    begin_far(p, now);
    for (size_t t = p->n; t-- > 0;) {
        wg_wide_product sum = {0, 0};
        const size_t behind = p->n - 1 - t, all = p->sets - 1;
        for (size_t s = 0; s <= all; s++)
            if (!too_many(s, t) && !too_many(all - s, behind))
                sum =
                    wg__wide_product_plus(sum, wg__wide_product_join(before[t * p->sets + s], now[all - s]));
        p->out[t * p->abreast + lane] = wg__wide_product_value(wg__wide_product_times(sum, g));
        take_far(p, lane, t, behind, now);
    }
}

/* ---- Either ---------------------------------------------------------------------------------------- */

void wg__products_along(const wg_products *p, size_t count)
{
    marks far = {0};
    if (p->abreast == 1)
        near_along(p, 1, far);
    else
        along_abreast(p, far);
    for (size_t lane = 0; lane < count; lane++)
        if (far[lane])
            far_along(p, lane);
}

void wg__products_slopes(const wg_products *p, size_t count, const double *g)
{
    marks far = {0};
    if (p->k >= p->n) { /* no place for all v, whatever g is */
        for (size_t i = 0; i < p->n * p->abreast; i++)
            p->out[i] = 0;
        return;
    }
    if (p->abreast == 1)
        slopes_of_one(p, g, far);
    else
        slopes_abreast(p, g, far);
    for (size_t lane = 0; lane < count; lane++)
        if (far[lane])
            far_slopes(p, lane, g[lane]);
}
