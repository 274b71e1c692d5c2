/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* w -= lr (g + decay w) */
WG_CLONES static void FN(plain)(size_t n, REAL *restrict w, const REAL *restrict g, REAL lr, REAL decay)
{
    for (size_t i = 0; i < n; i++)
        w[i] -= lr * (g[i] + decay * w[i]);
}

/* v = momentum v + (g + decay w);  w -= lr v */
WG_CLONES static void FN(polyak)(
    size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict v, REAL lr, REAL momentum, REAL decay)
{
    for (size_t i = 0; i < n; i++) {
        v[i] = momentum * v[i] + (g[i] + decay * w[i]);
        w[i] -= lr * v[i];
    }
}

/* v = momentum v + (g + decay w);  w -= lr (g + decay w + momentum v) */
WG_CLONES static void FN(nesterov)(
    size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict v, REAL lr, REAL momentum, REAL decay)
{
    for (size_t i = 0; i < n; i++) {
        REAL slope = g[i] + decay * w[i];
        v[i] = momentum * v[i] + slope;
        w[i] -= lr * (slope + momentum * v[i]);
    }
}

static void FN(update)(const void *options, const wg_optim_range *range)
{
    const wg_sgd_options *o = options;
    REAL *w = range->value, *v = range->slot[0];
    const REAL *g = range->gradient;
    REAL lr = (REAL)range->lr, decay = (REAL)range->weight_decay, momentum = (REAL)o->momentum;
    if (!v)
        FN(plain)(range->count, w, g, lr, decay);
    else if (o->nesterov)
        FN(nesterov)(range->count, w, g, v, lr, momentum, decay);
    else
        FN(polyak)(range->count, w, g, v, lr, momentum, decay);
}
