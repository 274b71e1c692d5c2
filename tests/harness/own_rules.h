/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* own_rules.h - update rules as a user of the library writes them: Lion (Chen et al. 2023), number by number, whose rate
 * here rises with t; and LARS (You et al. 2017), with norms of each array. */
#ifndef WG_TESTS_OWN_RULES_H
#define WG_TESTS_OWN_RULES_H

#include <math.h>
#include <wengert/optim.h>

typedef struct lion_options {
    double beta1, beta2; /* 0: 0.9 and 0.99 */
} lion_options;

static inline wg_status lion_settle(void *options, wg_error *error)
{
    lion_options *o = options;
    o->beta1 = o->beta1 == 0 ? 0.9 : o->beta1;
    o->beta2 = o->beta2 == 0 ? 0.99 : o->beta2;
    if (!(o->beta1 > 0 && o->beta1 < 1))
        return wg_error_set(error, WG_INVALID, "beta1 is %g", o->beta1);
    return o->beta2 > 0 && o->beta2 < 1 ? WG_OK : WG_OVERFLOW; /* without words */
}

static inline void lion_prepare(const void *options, wg_optim_range *range)
{
    const lion_options *o = options;
    range->number[3] = range->lr * (1 - pow(o->beta2, range->t));
}

/* v = momentum v + lr trust (g + decay w), w = w - v, with trust = 0.02 |w| / (|g| + decay |w|) */
typedef struct lars_options {
    double momentum;
} lars_options;

#define OWN_RULES(type, REAL)                                                                                \
    static inline void own_lion_##type(const void *options, const wg_optim_range *r)                         \
    {                                                                                                        \
        const lion_options *o = options;                                                                     \
        const REAL beta1 = (REAL)o->beta1, beta2 = (REAL)o->beta2;                                           \
        const REAL lr = (REAL)r->number[3], decay = (REAL)r->weight_decay, *g = r->gradient;                 \
        REAL *w = r->value, *m = r->slot[0];                                                                 \
        for (size_t i = 0; i < r->count; i++) {                                                              \
            REAL u = beta1 * m[i] + (1 - beta1) * g[i];                                                      \
            w[i] -= lr * ((REAL)((u > 0) - (u < 0)) + decay * w[i]);                                         \
            m[i] = beta2 * m[i] + (1 - beta2) * g[i];                                                        \
        }                                                                                                    \
    }                                                                                                        \
    static inline void own_lars_##type(const void *options, const wg_optim_range *r)                         \
    {                                                                                                        \
        const lars_options *o = options;                                                                     \
        const REAL *g = r->gradient;                                                                         \
        REAL *w = r->value, *v = r->slot[0];                                                                 \
        double ww = 0, gg = 0;                                                                               \
        for (size_t i = 0; i < r->count; i++)                                                                \
            ww += (double)w[i] * (double)w[i], gg += (double)g[i] * (double)g[i];                            \
        double below = sqrt(gg) + r->weight_decay * sqrt(ww);                                                \
        const REAL rate = (REAL)(r->lr * (ww > 0 && below > 0 ? 0.02 * sqrt(ww) / below : 1));               \
        const REAL momentum = (REAL)o->momentum, decay = (REAL)r->weight_decay;                              \
        for (size_t i = 0; i < r->count; i++) {                                                              \
            v[i] = momentum * v[i] + rate * (g[i] + decay * w[i]);                                           \
            w[i] -= v[i];                                                                                    \
        }                                                                                                    \
    }

OWN_RULES(f64, double)
OWN_RULES(f32, float)

static const wg_optim_rule lion_rule = {.name = "lion",
    .slots = {"momentum"},
    .elementwise = true,
    .options_size = sizeof(lion_options),
    .settle = lion_settle,
    .prepare = lion_prepare,
    .update_f64 = own_lion_f64,
    .update_f32 = own_lion_f32};

static const wg_optim_rule lars_rule = {.name = "lars",
    .slots = {"velocity"},
    .lr = 0.5,
    .weight_decay = 0.01,
    .options_size = sizeof(lars_options),
    .update_f64 = own_lars_f64,
    .update_f32 = own_lars_f32};

static inline wg_optim *lion_new(wg_params *params)
{
    return wg_optim_new(params, &lion_rule,
        &(wg_optim_options){.lr = 0.01, .weight_decay = 0.1, .own = &(lion_options){.beta1 = 0.8}});
}

static inline wg_optim *lars_new(wg_params *params)
{
    return wg_optim_new(params, &lars_rule, &(wg_optim_options){.own = &(lars_options){0.9}});
}

#endif
