/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* An optimiser: made, asked, freed. */
#include "optim/state.h"

#include <math.h>
#include <string.h>

static void store_gone(void *keeper)
{
    wg_optim *o = keeper;
    o->params = NULL;
    wg_error_set(&o->error, WG_INVALID, "%s: its parameter store was freed", o->rule->name);
}

wg_optim *wg__optim_new(wg_params *params, const wg_optim_rule *rule, size_t slots, const void *options,
    double lr, double weight_decay)
{
    if (!params)
        return NULL;
    wg_allocator memory = *wg_params_allocator(params);
    wg_optim *o = wg__mem_zero(&memory, sizeof *o);
    void *copy = wg__mem_new(&memory, rule->options_size);
    if (!o || !copy) {
        wg__mem_free(&memory, o, sizeof *o);
        wg__mem_free(&memory, copy, rule->options_size);
        return NULL;
    }
    o->rule = rule;
    o->memory = memory;
    o->params = params;
    o->options = memcpy(copy, options, rule->options_size);
    o->lr = lr;
    o->weight_decay = weight_decay;
    o->slots = slots;
    o->size = wg_dtype_size(wg_params_dtype(params));
    wg__hold(&o->store, wg_params_holders(params), store_gone, o);
    wg__optim_range(o, "lr", lr, 0, HUGE_VAL);
    wg__optim_range(o, "weight_decay", weight_decay, 0, HUGE_VAL);
    return o;
}

void wg__optim_range(wg_optim *optim, const char *option, double value, double low, double high)
{
    if (optim && !(value >= low && value < high))
        wg_error_set(&optim->error, WG_INVALID, "%s: %s is %g, and must be in [%g, %g)", optim->rule->name,
            option, value, low, high);
}

void wg_optim_free(wg_optim *optim)
{
    if (!optim)
        return;
    const wg_allocator memory = optim->memory;
    wg__holders_end(&optim->holders);
    wg__let_go(&optim->store);
    for (size_t i = 0; i < WG_PARAMS_MAX_CHUNKS; i++) {
        wg_beside *b = &optim->beside[i];
        for (size_t s = 0; s < optim->slots; s++)
            wg__mem_aligned_free(&memory, b->slot[s], b->capacity * optim->size);
        wg__mem_free(&memory, b->ages, b->age_capacity * sizeof *b->ages);
    }
    wg__mem_free(&memory, optim->turns, optim->turn_capacity * sizeof *optim->turns);
    wg__mem_free(&memory, optim->options, optim->rule->options_size);
    wg__mem_free(&memory, optim, sizeof *optim);
}

wg_holders *wg__optim_holders(wg_optim *optim)
{
    return optim ? &optim->holders : NULL;
}

wg_status wg_optim_status(const wg_optim *optim)
{
    return optim ? optim->error.status : WG_INVALID;
}

const char *wg_optim_message(const wg_optim *optim)
{
    return optim ? optim->error.message : "no optimiser";
}

wg_status wg_optim_set_lr(wg_optim *optim, double lr)
{
    if (!optim || !optim->params || !(lr >= 0 && isfinite(lr)))
        return WG_INVALID;
    optim->lr = lr;
    return WG_OK;
}

double wg_optim_lr(const wg_optim *optim)
{
    return optim ? optim->lr : (double)NAN;
}

const char *wg_optim_name(const wg_optim *optim)
{
    return optim ? optim->rule->name : "";
}

wg_params *wg_optim_params(const wg_optim *optim)
{
    return optim ? optim->params : NULL;
}
