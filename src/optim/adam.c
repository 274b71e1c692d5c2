/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include "base/option.h"
#include "kernels/clones.h"
#include "optim/optim.h"

typedef struct adam_options {
    double beta1, beta2, eps;
    bool decoupled;
} adam_options;

/* lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) */
static void begin(const void *options, wg_optim_range *range)
{
    const adam_options *o = options;
    range->number[0] = range->lr / (1 - pow(o->beta1, range->t));
    range->number[1] = sqrt(1 / (1 - pow(o->beta2, range->t)));
}

#define TEMPLATE "optim/adam_real.h"
#include "base/for_each_real.h"

static wg_optim *adam_new(
    wg_params *params, const wg_optim_rule *rule, const wg_adam_options *options, bool decoupled)
{
    wg_adam_options o = options ? *options : (wg_adam_options){0};
    adam_options own = {.beta1 = wg__option_or(o.beta1, 0.9),
        .beta2 = wg__option_or(o.beta2, 0.999),
        .eps = wg__option_or(o.eps, 1e-8),
        .decoupled = decoupled};
    double decay = decoupled ? wg__option_or(o.weight_decay, 0.01) : wg__option_or(o.weight_decay, 0);
    wg_optim *optim = wg__optim_new(params, rule, 2, &own, wg__option_or(o.lr, 0.001), decay);
    wg__optim_range(optim, "beta1", own.beta1, 0, 1);
    wg__optim_range(optim, "beta2", own.beta2, 0, 1);
    wg__optim_range(optim, "eps", own.eps, 0, HUGE_VAL);
    return optim;
}

wg_optim *wg_adam_new(wg_params *params, const wg_adam_options *options)
{
    static const wg_optim_rule rule = {.name = "adam",
        .options_size = sizeof(adam_options),
        .begin = begin,
        .update_f64 = update_f64,
        .update_f32 = update_f32};
    return adam_new(params, &rule, options, false);
}

wg_optim *wg_adamw_new(wg_params *params, const wg_adam_options *options)
{
    static const wg_optim_rule rule = {.name = "adamw",
        .options_size = sizeof(adam_options),
        .begin = begin,
        .update_f64 = update_f64,
        .update_f32 = update_f32};
    return adam_new(params, &rule, options, true);
}
