/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include "base/option.h"
#include "kernels/isa.h"
#include "optim/optim.h"

static wg_status settle(void *options, wg_error *error)
{
    wg_adam_options *o = options;
    o->beta1 = wg__option_or(o->beta1, 0.9);
    o->beta2 = wg__option_or(o->beta2, 0.999);
    o->eps = wg__option_or(o->eps, 1e-8);
    wg__optim_check(error, "beta1", o->beta1, 0, 1);
    wg__optim_check(error, "beta2", o->beta2, 0, 1);
    wg__optim_check(error, "eps", o->eps, 0, HUGE_VAL);
    return error->status;
}

/* lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t), so that the corrected moments cost no division of their own; then
 * `keep`, which shrinks the parameter (decoupled decay), and `decay`, with which it joins its gradient (coupled). */
enum { RATE, ROOT, KEEP, DECAY };

static void correct(const void *options, wg_optim_range *range)
{
    const wg_adam_options *o = options;
    range->number[RATE] = range->lr / (1 - pow(o->beta1, range->t));
    range->number[ROOT] = sqrt(1 / (1 - pow(o->beta2, range->t)));
}

static void coupled(const void *options, wg_optim_range *range)
{
    correct(options, range);
    range->number[KEEP] = 1;
    range->number[DECAY] = range->weight_decay;
}

static void decoupled(const void *options, wg_optim_range *range)
{
    correct(options, range);
    range->number[KEEP] = 1 - range->lr * range->weight_decay;
}

#define TEMPLATE "optim/adam_real.h"
#include "base/for_each_real.h"

static wg_optim *adam_new(wg_params *params, const wg_optim_rule *rule, const wg_adam_options *options)
{
    wg_adam_options o = options ? *options : (wg_adam_options){0};
    return wg_optim_new(
        params, rule, &(wg_optim_options){.lr = o.lr, .weight_decay = o.weight_decay, .own = &o});
}

wg_optim *wg_adam_new(wg_params *params, const wg_adam_options *options)
{
    static const wg_optim_rule rule = {.name = "adam",
        .slots = {"m", "v"},
        .elementwise = true,
        .lr = 0.001,
        .options_size = sizeof(wg_adam_options),
        .settle = settle,
        .prepare = coupled,
        .update_f64 = update_f64,
        .update_f32 = update_f32};
    return adam_new(params, &rule, options);
}

wg_optim *wg_adamw_new(wg_params *params, const wg_adam_options *options)
{
    static const wg_optim_rule rule = {.name = "adamw",
        .slots = {"m", "v"},
        .elementwise = true,
        .lr = 0.001,
        .weight_decay = 0.01,
        .options_size = sizeof(wg_adam_options),
        .settle = settle,
        .prepare = decoupled,
        .update_f64 = update_f64,
        .update_f32 = update_f32};
    return adam_new(params, &rule, options);
}
