/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* product_along.h - a product x_0 x_1 .. x_(n - 1) differentiated along v_1 .. v_k, and the slopes of that.
 *
 * The derivative is a sum over all ways to put each v in the place of a factor, no two in the same. It is
 * made term by term: with p[S] what the terms so far give for a set S of the v,
 *
 *     p[S] <- p[S] x_t + sum over a in S of p[S - a] v_a,t
 *
 * and what x_t multiplies is the sum over S of p[S] of the terms before t times p[all - S] of those behind
 * it. Where some p comes near the ends of the range of doubles, exponents are kept apart (wide_product.h). */
#ifndef WG_KERNELS_PRODUCT_ALONG_H
#define WG_KERNELS_PRODUCT_ALONG_H

#include <stddef.h>

/* `abreast` products side by side, WG_PRODUCTS_ABREAST or 1. To be filled in, for the one in `lane`:
 * in[t abreast + lane] is x_t, in[((a + 1) n + t) abreast + lane] is v_a,t. There are 2^k sets. */
typedef struct wg_products {
    size_t n, k, sets, abreast;
    double *in, *out; /* [k + 1][n][abreast], [n][abreast] */
    double *work;     /* of the sets: before each term, and now */
} wg_products;

enum { WG_PRODUCTS_ABREAST = 8 };

/* The bytes that these take to work in; 0: more than there are. */
size_t wg__products_room(size_t n, size_t k, size_t abreast);

wg_products wg__products_in(void *room, size_t n, size_t k, size_t abreast);

/* out[lane]: the derivatives, of the first `count` lanes. */
void wg__products_along(const wg_products *p, size_t count);

/* out[t abreast + lane]: what x_t multiplies in it, times g[lane]. */
void wg__products_slopes(const wg_products *p, size_t count, const double *g);

#endif
