/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* w -= lr (g + decay w) */
WG_KERNEL(FN(plain_loop), (size_t n, REAL *restrict w, const REAL *restrict g, REAL lr, REAL decay),
    (n, w, g, lr, decay))
{
    for (size_t i = 0; i < n; i++)
        w[i] -= lr * (g[i] + decay * w[i]);
}

/* v = momentum v + (g + decay w);  w -= lr v */
WG_KERNEL(FN(polyak_loop),
    (size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict v, REAL lr, REAL momentum,
        REAL decay),
    (n, w, g, v, lr, momentum, decay))
{
    for (size_t i = 0; i < n; i++) {
        v[i] = momentum * v[i] + (g[i] + decay * w[i]);
        w[i] -= lr * v[i];
    }
}

/* v = momentum v + (g + decay w);  w -= lr (g + decay w + momentum v) */
WG_KERNEL(FN(nesterov_loop),
    (size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict v, REAL lr, REAL momentum,
        REAL decay),
    (n, w, g, v, lr, momentum, decay))
{
    for (size_t i = 0; i < n; i++) {
        REAL slope = g[i] + decay * w[i];
        v[i] = momentum * v[i] + slope;
        w[i] -= lr * (slope + momentum * v[i]);
    }
}

static void FN(plain)(const void *options, const wg_optim_range *r)
{
    (void)options;
    FN(plain_loop)(r->count, r->value, r->gradient, (REAL)r->lr, (REAL)r->weight_decay);
}

static void FN(polyak)(const void *options, const wg_optim_range *r)
{
    const wg_sgd_options *o = options;
    FN(polyak_loop)
    (r->count, r->value, r->gradient, r->slot[0], (REAL)r->lr, (REAL)o->momentum, (REAL)r->weight_decay);
}

static void FN(nesterov)(const void *options, const wg_optim_range *r)
{
    const wg_sgd_options *o = options;
    FN(nesterov_loop)
    (r->count, r->value, r->gradient, r->slot[0], (REAL)r->lr, (REAL)o->momentum, (REAL)r->weight_decay);
}
