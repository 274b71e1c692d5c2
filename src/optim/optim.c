/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The part of an optimiser that is the same for all rules: moments beside the store's chunks, and the pass.
 */
#include "optim/optim.h"

#include <math.h>
#include <string.h>

/* t goes into the rules as a double, which counts by ones up to here. */
#define MOST_STEPS ((uint64_t)1 << 53)

/* Elements up to `end` (from the previous age's end on) got their moments after `born` steps. */
typedef struct age {
    size_t end;
    uint64_t born;
} age;

/* Moments beside one chunk: as large as it can become, zeroed as far as arrays are there. */
typedef struct beside {
    char *slot[WG_OPTIM_SLOTS];
    size_t capacity, used;
    age *ages;
    size_t age_count, age_capacity;
} beside;

struct wg_optim {
    const wg_optim_rule *rule;
    wg_allocator memory;
    wg_params *params; /* NULL: it was freed, and `error` says so */
    wg_holder store;
    void *options;
    double lr, weight_decay;
    size_t slots, size;
    uint64_t steps;
    wg_error error;
    wg_holders holders;
    beside beside[WG_PARAMS_MAX_CHUNKS];
};

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
        beside *b = &optim->beside[i];
        for (size_t s = 0; s < optim->slots; s++)
            wg__mem_aligned_free(&memory, b->slot[s], b->capacity * optim->size);
        wg__mem_free(&memory, b->ages, b->age_capacity * sizeof *b->ages);
    }
    wg__mem_free(&memory, optim->options, optim->rule->options_size);
    wg__mem_free(&memory, optim, sizeof *optim);
}

wg_holders *wg__optim_holders(wg_optim *optim)
{
    return optim ? &optim->holders : NULL;
}

/* ---- Moments --------------------------------------------------------------------------------------- */

static bool grow(wg_optim *o, beside *b, const wg_params_chunk_info *chunk)
{
    if (!wg__mem_reserve(&o->memory, (void **)&b->ages, &b->age_capacity, b->age_count + 1, sizeof *b->ages))
        return false;
    b->capacity = chunk->capacity;
    for (size_t s = 0; s < o->slots; s++)
        if (!b->slot[s] && !(b->slot[s] = wg__mem_aligned_new(&o->memory, b->capacity * o->size)))
            return false;
    for (size_t s = 0; s < o->slots; s++)
        memset(b->slot[s] + b->used * o->size, 0, (chunk->used - b->used) * o->size);
    b->used = chunk->used;
    b->ages[b->age_count++] = (age){.end = b->used, .born = o->steps};
    return true;
}

/* Moments for every parameter there is. */
static bool settle(wg_optim *o)
{
    for (size_t i = 0; i < wg_params_chunks(o->params); i++) {
        wg_params_chunk_info chunk = wg_params_chunk_at(o->params, i);
        if (!chunk.buffers && chunk.used > o->beside[i].used && !grow(o, &o->beside[i], &chunk))
            return false;
    }
    return true;
}

/* ---- Steps ----------------------------------------------------------------------------------------- */

static void update(const wg_optim *o, const wg_optim_run *run)
{
    (o->size == sizeof(float) ? o->rule->update_f32 : o->rule->update_f64)(o->options, run);
}

/* A run of the store, cut where elements of another age begin. */
static void visit(void *user, const wg_params_run *run)
{
    const wg_optim *o = user;
    const beside *b = &o->beside[run->chunk];
    size_t begin = run->offset, end = run->offset + run->count;
    for (size_t i = 0; i < b->age_count && begin < end; i++) {
        if (b->ages[i].end <= begin)
            continue;
        size_t stop = b->ages[i].end < end ? b->ages[i].end : end, skip = (begin - run->offset) * o->size;
        wg_optim_run part = {.value = (char *)run->value + skip,
            .gradient = (const char *)run->gradient + skip,
            .count = stop - begin,
            .lr = o->lr * run->lr_scale,
            .weight_decay = o->weight_decay * run->decay_scale,
            .t = (double)(o->steps + 1 - b->ages[i].born)};
        for (size_t s = 0; s < o->slots; s++)
            part.slot[s] = b->slot[s] + begin * o->size;
        if (o->rule->begin)
            o->rule->begin(o->options, &part);
        update(o, &part);
        begin = stop;
    }
}

wg_status wg_optim_prepare(wg_optim *optim)
{
    return !optim || !optim->params ? WG_INVALID : settle(optim) ? WG_OK : WG_OUT_OF_MEMORY;
}

size_t wg_optim_bytes(const wg_optim *optim)
{
    size_t bytes = 0;
    for (size_t i = 0; optim && i < WG_PARAMS_MAX_CHUNKS; i++)
        bytes += optim->beside[i].capacity * optim->size * optim->slots;
    return bytes;
}

wg_status wg__optim_begin(wg_optim *optim)
{
    if (!optim)
        return WG_INVALID;
    if (optim->error.status != WG_OK)
        return optim->error.status;
    return settle(optim) ? WG_OK : WG_OUT_OF_MEMORY;
}

void wg__optim_end(wg_optim *optim)
{
    for (size_t i = 0; i < wg_params_count(optim->params); i++) {
        const wg_param_info a = wg_params_at(optim->params, i);
        if (!a.buffer && !a.frozen)
            wg_params_changed_at(optim->params, i);
    }
    optim->steps++;
}

wg_status wg_optim_step(wg_optim *optim)
{
    wg_status status = wg__optim_begin(optim);
    if (status != WG_OK)
        return status;
    wg_params_pass(optim->params, visit, optim);
    wg__optim_end(optim);
    return WG_OK;
}

/* ---- Steps in pieces ------------------------------------------------------------------------------- */

wg_optim_run wg__optim_array(wg_optim *optim, size_t index)
{
    const wg_param_info a = wg_params_at(optim->params, index);
    if (!a.name || a.buffer || a.frozen)
        return (wg_optim_run){0};
    const beside *b = &optim->beside[a.chunk];
    wg_optim_run run = {.value = wg_params_value(optim->params, index),
        .count = a.count,
        .lr = optim->lr * a.lr_scale,
        .weight_decay = optim->weight_decay * a.decay_scale};
    for (size_t i = b->age_count; i-- > 0 && b->ages[i].end > a.offset;)
        run.t = (double)(optim->steps + 1 - b->ages[i].born);
    for (size_t s = 0; s < optim->slots; s++)
        run.slot[s] = b->slot[s] + a.offset * optim->size;
    if (optim->rule->begin)
        optim->rule->begin(optim->options, &run);
    return run;
}

void wg__optim_update(
    const wg_optim *optim, const wg_optim_run *array, size_t first, size_t count, const void *gradient)
{
    wg_optim_run part = *array;
    part.value = (char *)part.value + first * optim->size;
    part.gradient = gradient;
    part.count = count;
    for (size_t s = 0; s < optim->slots; s++)
        part.slot[s] = (char *)part.slot[s] + first * optim->size;
    update(optim, &part);
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

uint64_t wg_optim_steps(const wg_optim *optim)
{
    return optim ? optim->steps : 0;
}

wg_status wg_optim_set_steps(wg_optim *optim, uint64_t steps)
{
    if (!optim || !optim->params || steps > MOST_STEPS)
        return WG_INVALID;
    if (!settle(optim))
        return WG_OUT_OF_MEMORY;
    for (size_t i = 0; i < WG_PARAMS_MAX_CHUNKS; i++)
        for (size_t k = 0; k < optim->beside[i].age_count; k++)
            optim->beside[i].ages[k].born = 0;
    optim->steps = steps;
    return WG_OK;
}

size_t wg_optim_slots(const wg_optim *optim)
{
    return optim ? optim->slots : 0;
}

void *wg_optim_state(wg_optim *optim, size_t slot, size_t index)
{
    wg_param_info a = wg_params_at(optim ? optim->params : NULL, index);
    if (!a.name || a.buffer || slot >= optim->slots || !settle(optim))
        return NULL;
    return optim->beside[a.chunk].slot[slot] + a.offset * optim->size;
}
