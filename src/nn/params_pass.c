/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One pass over all parameters: a loop per chunk, cut into parts by the store's size. */
#include "nn/params.h"
#include "kernels/parallel.h"

typedef struct pass {
    wg_params *params;
    const wg_param_chunk *chunk;
    size_t number;     /* of the chunk */
    size_t first_part; /* number of its first part */
    wg_params_visit visit;
    void *user;
} pass;

/* The first of the chunk's arrays that ends after element `begin`. */
static size_t first_array(const wg_params *p, const wg_param_chunk *c, size_t begin)
{
    size_t low = 0, high = c->array_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const wg_param_array *a = p->arrays[c->arrays[middle]];
        if (a->offset + a->padded > begin)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool alike(const wg_param_array *a, const wg_param_array *b)
{
    return a->frozen == b->frozen && a->lr_scale >= b->lr_scale && a->lr_scale <= b->lr_scale &&
           a->decay_scale >= b->decay_scale && a->decay_scale <= b->decay_scale;
}

/* Elements begin .. end - 1 of the chunk, as the longest runs of arrays that are treated alike. */
static void visit_part(void *work, size_t part, size_t begin, size_t end)
{
    const pass *w = work;
    const wg_params *p = w->params;
    const wg_param_chunk *c = w->chunk;
    for (size_t i = first_array(p, c, begin); begin < end;) {
        const wg_param_array *a = p->arrays[c->arrays[i]], *last = a;
        while (++i < c->array_count && last->offset + last->padded < end && alike(a, p->arrays[c->arrays[i]]))
            last = p->arrays[c->arrays[i]];
        size_t stop = last->offset + last->padded < end ? last->offset + last->padded : end;
        if (!a->frozen)
            w->visit(w->user, &(wg_params_run){.value = c->value + begin * p->size,
                                  .gradient = c->gradient + begin * p->size,
                                  .count = stop - begin,
                                  .chunk = w->number,
                                  .offset = begin,
                                  .part = w->first_part + part,
                                  .lr_scale = a->lr_scale,
                                  .decay_scale = a->decay_scale});
        begin = stop;
    }
}

size_t wg_params_pass(wg_params *params, wg_params_visit visit, void *user)
{
    if (!params || !visit)
        return 0;
    size_t total = 0, parts = 0, line = wg__param_line(params);
    for (size_t i = 0; i < params->count; i++)
        if (!params->arrays[i]->frozen)
            wg__param_gradient_settle(params, params->arrays[i]);
    for (size_t i = 0; i < params->chunks; i++)
        total += params->chunk[i].gradient ? params->chunk[i].used : 0;
    size_t grain = (total / 256 + line) / line * line; /* at most 256 full parts, and a rest per chunk */
    if (grain < 16384)
        grain = 16384;
    int threads = wg_params_threads(params);
    for (size_t i = 0; i < params->chunks; i++) {
        const wg_param_chunk *c = &params->chunk[i];
        if (!c->gradient)
            continue;
        pass work = {params, c, i, parts, visit, user};
        wg__parallel_chunks(threads, c->used, grain, visit_part, &work);
        parts += wg__chunks(c->used, grain);
    }
    return parts;
}

size_t wg_params_chunk_count(const wg_params *params)
{
    return params ? params->chunks : 0;
}

wg_params_chunk_info wg_params_chunk_at(const wg_params *params, size_t chunk)
{
    if (!params || chunk >= params->chunks)
        return (wg_params_chunk_info){0};
    const wg_param_chunk *c = &params->chunk[chunk];
    return (wg_params_chunk_info){.used = c->used, .capacity = c->capacity, .buffers = !c->gradient};
}
