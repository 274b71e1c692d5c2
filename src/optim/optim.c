/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* An optimiser: made, asked, freed. */
#include "optim/state.h"
#include "base/option.h"

#include <math.h>
#include <string.h>

static void store_gone(void *keeper)
{
    wg_optim *o = keeper;
    o->params = NULL;
    wg_error_set(&o->error, WG_INVALID, "%s: its parameter store was freed", wg_optim_name(o));
}

/* ---- Is the rule as it must be? --------------------------------------------------------------------- */

enum { SLOT_NAME = 31 };

static bool good_slot_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t length = strlen(name);
    return length > 0 && length <= SLOT_NAME && strspn(name, letters) == length &&
           !strchr("0123456789", name[0]);
}

static void check_slots(wg_optim *o)
{
    const char *const *names = o->rule->slots;
    for (size_t i = 0; i < o->slots; i++) {
        bool good = good_slot_name(names[i]);
        for (size_t k = 0; k < i; k++)
            good = good && strcmp(names[i], names[k]) != 0;
        if (!good)
            wg_error_set(&o->error, WG_INVALID, "%s: \"%.40s\" is no name for a slot, or taken",
                wg_optim_name(o), names[i]);
    }
}

static void check_rule(wg_optim *o)
{
    const wg_optim_rule *rule = o->rule;
    bool is_float = wg_params_dtype(o->params) == WG_F32;
    if (!rule->name || !rule->name[0])
        wg_error_set(&o->error, WG_INVALID, "an optimiser's rule has no name");
    if (!(is_float ? rule->update_f32 : rule->update_f64))
        wg_error_set(&o->error, WG_BAD_DTYPE, "%s: the rule has no update for a store of %s",
            wg_optim_name(o), wg_dtype_name(wg_params_dtype(o->params)));
    check_slots(o);
}

/* ---- Making ----------------------------------------------------------------------------------------- */

wg_status wg__optim_check(wg_error *error, const char *option, double value, double low, double high)
{
    if (value >= low && value < high)
        return WG_OK;
    return wg_error_set(error, WG_INVALID, "%s is %g, and must be in [%g, %g)", option, value, low, high);
}

/* Any status of a rule's own, with its name before the words. */
static void note(wg_optim *o, wg_status status, const wg_error *error)
{
    if (status != WG_OK)
        wg_error_set(&o->error, status, "%s: %s", wg_optim_name(o),
            error->message[0] ? error->message : wg_status_text(status));
}

static void settle_options(wg_optim *o, const wg_optim_options *options)
{
    const wg_optim_rule *rule = o->rule;
    wg_error error = {0};
    if (options->own && rule->options_size)
        memcpy(o->options, options->own, rule->options_size);
    o->lr = wg__option_or(options->lr, rule->lr);
    o->weight_decay = wg__option_or(options->weight_decay, rule->weight_decay);
    if (options->lr == 0 && rule->lr == 0)
        wg_error_set(&error, WG_INVALID, "lr is 0, and the rule has none of its own");
    wg__optim_check(&error, "lr", o->lr, 0, HUGE_VAL);
    wg__optim_check(&error, "weight_decay", o->weight_decay, 0, HUGE_VAL);
    if (error.status == WG_OK && rule->settle)
        note(o, rule->settle(o->options, &error), &error);
    note(o, error.status, &error);
}

wg_optim *wg_optim_new(wg_params *params, const wg_optim_rule *rule, const wg_optim_options *options)
{
    static const wg_optim_options defaults = {0};
    if (!params || !rule)
        return NULL;
    wg_allocator memory = *wg_params_allocator(params);
    wg_optim *o = wg__mem_zero(&memory, sizeof *o);
    void *copy = wg__mem_zero(&memory, rule->options_size);
    if (!o || (!copy && rule->options_size)) {
        wg__mem_free(&memory, o, sizeof *o);
        wg__mem_free(&memory, copy, rule->options_size);
        return NULL;
    }
    o->rule = rule;
    o->memory = memory;
    o->params = params;
    o->options = copy;
    o->size = wg_dtype_size(wg_params_dtype(params));
    while (o->slots < WG_OPTIM_SLOTS && rule->slots[o->slots])
        o->slots++;
    wg__hold(&o->store, wg_params_holders(params), store_gone, o);
    check_rule(o);
    settle_options(o, options ? options : &defaults);
    return o;
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

bool wg__optim_is_tiled(const wg_optim *optim)
{
    return optim && optim->rule->elementwise;
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
    return optim && optim->rule->name ? optim->rule->name : "";
}

wg_params *wg_optim_params(const wg_optim *optim)
{
    return optim ? optim->params : NULL;
}
