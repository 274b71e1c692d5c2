/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One rule with three forms: checkpoints know them by their slots. */
#include <float.h>
#include "base/option.h"
#include "kernels/isa.h"
#include "optim/optim.h"

static wg_status with_momentum(void *options, wg_error *error)
{
    const wg_sgd_options *o = options;
    return wg__optim_check(error, "momentum", o->momentum, 0, 1);
}

static wg_status with_nesterov(void *options, wg_error *error)
{
    const wg_sgd_options *o = options;
    return wg__optim_check(error, "momentum, with nesterov,", o->momentum, DBL_MIN, 1);
}

#define TEMPLATE "optim/sgd_real.h"
#include "base/for_each_real.h"

wg_optim *wg_sgd_new(wg_params *params, const wg_sgd_options *options)
{
    static const wg_optim_rule plain = {.name = "sgd",
        .elementwise = true,
        .lr = 0.01,
        .options_size = sizeof(wg_sgd_options),
        .update_f64 = plain_f64,
        .update_f32 = plain_f32};
    static const wg_optim_rule polyak = {.name = "sgd",
        .slots = {"v"},
        .elementwise = true,
        .lr = 0.01,
        .options_size = sizeof(wg_sgd_options),
        .settle = with_momentum,
        .update_f64 = polyak_f64,
        .update_f32 = polyak_f32};
    static const wg_optim_rule nesterov = {.name = "sgd",
        .slots = {"v"},
        .elementwise = true,
        .lr = 0.01,
        .options_size = sizeof(wg_sgd_options),
        .settle = with_nesterov,
        .update_f64 = nesterov_f64,
        .update_f32 = nesterov_f32};
    wg_sgd_options o = options ? *options : (wg_sgd_options){0};
    o.momentum = wg__option_or(o.momentum, 0);
    const wg_optim_rule *rule = o.nesterov ? &nesterov : o.momentum == 0 ? &plain : &polyak;
    return wg_optim_new(
        params, rule, &(wg_optim_options){.lr = o.lr, .weight_decay = o.weight_decay, .own = &o});
}
