/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <float.h>
#include "base/option.h"
#include "kernels/clones.h"
#include "optim/optim.h"

#define TEMPLATE "optim/sgd_real.h"
#include "base/for_each_real.h"

wg_optim *wg_sgd_new(wg_params *params, const wg_sgd_options *options)
{
    static const wg_optim_rule rule = {.name = "sgd",
        .options_size = sizeof(wg_sgd_options),
        .update_f64 = update_f64,
        .update_f32 = update_f32};
    wg_sgd_options o = options ? *options : (wg_sgd_options){0};
    o.momentum = wg__option_or(o.momentum, 0);
    o.weight_decay = wg__option_or(o.weight_decay, 0);
    size_t slots = o.momentum == 0 ? 0 : 1;
    wg_optim *optim = wg__optim_new(params, &rule, slots, &o, wg__option_or(o.lr, 0.01), o.weight_decay);
    wg__optim_range(optim, "momentum", o.momentum, 0, 1);
    if (o.nesterov)
        wg__optim_range(optim, "momentum, with nesterov,", o.momentum, DBL_MIN, 1);
    return optim;
}
