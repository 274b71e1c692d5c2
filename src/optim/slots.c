/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Moments beside the store's chunks, and how old they are. */
#include "optim/state.h"

#include <string.h>

/* t goes into the rules as a double, which counts by ones up to here. */
#define MOST_STEPS ((uint64_t)1 << 53)

static bool grow(wg_optim *o, wg_beside *b, const wg_params_chunk_info *chunk)
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
    b->ages[b->age_count++] = (wg_age){.end = b->used, .born = o->steps};
    return true;
}

bool wg__optim_settle(wg_optim *o)
{
    size_t arrays = wg_params_count(o->params);
    if (arrays > o->turn_count &&
        !wg__mem_reserve(&o->memory, (void **)&o->turns, &o->turn_capacity, arrays, sizeof *o->turns))
        return false;
    o->turn_count = arrays;
    for (size_t i = 0; i < wg_params_chunk_count(o->params); i++) {
        wg_params_chunk_info chunk = wg_params_chunk_at(o->params, i);
        if (!chunk.buffers && chunk.used > o->beside[i].used && !grow(o, &o->beside[i], &chunk))
            return false;
    }
    return true;
}

/* An array has one age: moments are made for whole arrays. */
uint64_t wg__optim_age(const wg_optim *o, const wg_param_info *array)
{
    const wg_beside *b = &o->beside[array->chunk];
    size_t i = b->age_count;
    while (i > 1 && b->ages[i - 2].end > array->offset)
        i--;
    return o->steps + 1 - (i ? b->ages[i - 1].born : 0);
}

wg_status wg_optim_prepare(wg_optim *optim)
{
    return !optim || !optim->params ? WG_INVALID : wg__optim_settle(optim) ? WG_OK : WG_OUT_OF_MEMORY;
}

size_t wg_optim_bytes(const wg_optim *optim)
{
    size_t bytes = 0;
    for (size_t i = 0; optim && i < WG_PARAMS_MAX_CHUNKS; i++)
        bytes += optim->beside[i].capacity * optim->size * optim->slots;
    return bytes;
}

uint64_t wg_optim_step_count(const wg_optim *optim)
{
    return optim ? optim->steps : 0;
}

wg_status wg_optim_set_step_count(wg_optim *optim, uint64_t steps)
{
    if (!optim || !optim->params || steps > MOST_STEPS)
        return WG_INVALID;
    if (!wg__optim_settle(optim))
        return WG_OUT_OF_MEMORY;
    for (size_t i = 0; i < WG_PARAMS_MAX_CHUNKS; i++)
        for (size_t k = 0; k < optim->beside[i].age_count; k++)
            optim->beside[i].ages[k].born = 0;
    optim->steps = steps;
    return WG_OK;
}

size_t wg_optim_slot_count(const wg_optim *optim)
{
    return optim ? optim->slots : 0;
}

const char *wg_optim_slot_name(const wg_optim *optim, size_t slot)
{
    return optim && slot < optim->slots ? optim->rule->slots[slot] : NULL;
}

void *wg_optim_state(wg_optim *optim, size_t slot, size_t index)
{
    wg_param_info a = wg_params_at(optim ? optim->params : NULL, index);
    if (!a.name || a.buffer || slot >= optim->slots || !wg__optim_settle(optim))
        return NULL;
    return optim->beside[a.chunk].slot[slot] + a.offset * optim->size;
}
