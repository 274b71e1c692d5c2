/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

typedef struct FN(adam_numbers) {
    REAL beta1, beta2, rest1, rest2, keep, decay, rate, root, eps;
} FN(adam_numbers);

WG_KERNEL(FN(adam),
    (size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict m, REAL *restrict v,
        const FN(adam_numbers) * k),
    (n, w, g, m, v, k))
{
    const REAL beta1 = k->beta1, beta2 = k->beta2, rest1 = k->rest1, rest2 = k->rest2, keep = k->keep;
    const REAL decay = k->decay, rate = k->rate, root = k->root, eps = k->eps;
    for (size_t i = 0; i < n; i++) {
        REAL slope = g[i] + decay * w[i];
        m[i] = beta1 * m[i] + rest1 * slope;
        v[i] = beta2 * v[i] + rest2 * (slope * slope);
        w[i] = keep * w[i] - rate * m[i] / (sqrt(v[i]) * root + eps);
    }
}

static void FN(update)(const void *options, const wg_optim_range *range)
{
    const wg_adam_options *o = options;
    FN(adam_numbers)
    k = {.beta1 = (REAL)o->beta1,
        .beta2 = (REAL)o->beta2,
        .rest1 = (REAL)(1 - o->beta1),
        .rest2 = (REAL)(1 - o->beta2),
        .keep = (REAL)range->number[KEEP],
        .decay = (REAL)range->number[DECAY],
        .rate = (REAL)range->number[RATE],
        .root = (REAL)range->number[ROOT],
        .eps = (REAL)o->eps};
    FN(adam)(range->count, range->value, range->gradient, range->slot[0], range->slot[1], &k);
}
