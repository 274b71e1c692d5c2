/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A step. There is one way through it, for all of a store or what a plan leaves of it:
 *
 *     begin    each array's turn: where its numbers lie, and what the rule prepares
 *     array    taken out, by who has its gradient piece by piece: it is theirs to update
 *     end      the others, with the store's gradients; then the step counts */
#include "optim/state.h"
#include "kernels/parallel.h"

#include <string.h>

enum { LEAST_GRAIN = 16384, MOST_PARTS = 256 };

/* ---- Each array's turn ------------------------------------------------------------------------------ */

/* Exactly the same? Then what the rule prepared of the one is right for the other. */
static bool same(double a, double b)
{
    return a >= b && a <= b;
}

static bool alike(const wg_optim_range *a, const wg_optim_range *b)
{
    return a->count && same(a->lr, b->lr) && same(a->weight_decay, b->weight_decay) && same(a->t, b->t);
}

static wg_optim_range range_of(const wg_optim *o, size_t index)
{
    const wg_param_info a = wg_params_at(o->params, index);
    if (a.buffer || a.frozen)
        return (wg_optim_range){0};
    wg_optim_range range = {.value = wg_params_value(o->params, index),
        .count = a.count,
        .lr = o->lr * a.lr_scale,
        .weight_decay = o->weight_decay * a.decay_scale,
        .t = (double)wg__optim_age(o, &a)};
    for (size_t s = 0; s < o->slots; s++)
        range.slot[s] = o->beside[a.chunk].slot[s] + a.offset * o->size;
    return range;
}

/* A rule may compute powers and roots here: once for all arrays that are alike. */
static void prepare(const wg_optim *o, wg_optim_range *range, const wg_optim_range *before)
{
    wg_optim_range numbers = {.lr = range->lr, .weight_decay = range->weight_decay, .t = range->t};
    if (before && alike(before, range))
        numbers = *before;
    else
        o->rule->prepare(o->options, &numbers);
    memcpy(range->number, numbers.number, sizeof range->number);
}

wg_status wg__optim_begin(wg_optim *optim)
{
    if (!optim)
        return WG_INVALID;
    if (optim->error.status != WG_OK)
        return optim->error.status;
    if (!wg__optim_settle(optim))
        return WG_OUT_OF_MEMORY;
    const wg_optim_range *before = NULL;
    for (size_t i = 0; i < optim->turn_count; i++) {
        wg_optim_range *range = &optim->turns[i].range;
        *range = range_of(optim, i);
        if (optim->rule->prepare && range->count)
            prepare(optim, range, before);
        before = range->count ? range : before;
    }
    return WG_OK;
}

wg_optim_range wg__optim_array(wg_optim *optim, size_t index)
{
    wg_optim_range range = {0};
    if (index < optim->turn_count) {
        range = optim->turns[index].range;
        optim->turns[index].range.count = 0;
    }
    return range;
}

void wg__optim_update(
    const wg_optim *optim, const wg_optim_range *array, size_t first, size_t count, const void *gradient)
{
    wg_optim_range part = *array;
    part.value = (char *)part.value + first * optim->size;
    part.gradient = gradient;
    part.count = count;
    for (size_t s = 0; s < optim->slots; s++)
        part.slot[s] = (char *)part.slot[s] + first * optim->size;
    (optim->size == sizeof(float) ? optim->rule->update_f32 : optim->rule->update_f64)(optim->options, &part);
}

/* ---- What is left ----------------------------------------------------------------------------------- */

/* The last turn that starts at `begin` or before: that of the element there. */
static size_t turn_at(const wg_optim *o, size_t begin)
{
    size_t low = 0, high = o->turn_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (o->turns[middle].start <= begin)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void update_part(void *work, size_t begin, size_t end)
{
    const wg_optim *o = work;
    for (size_t i = turn_at(o, begin); i < o->turn_count && o->turns[i].start < end; i++) {
        const wg_optim_range *range = &o->turns[i].range;
        size_t start = o->turns[i].start, first = begin > start ? begin - start : 0, stop = end - start;
        if (stop > range->count)
            stop = range->count;
        if (first < stop)
            wg__optim_update(o, range, first, stop - first, (const char *)range->gradient + first * o->size);
    }
}

static void update_whole(void *work, size_t begin, size_t end)
{
    const wg_optim *o = work;
    for (size_t i = begin; i < end; i++) {
        const wg_optim_range *range = &o->turns[i].range;
        if (range->count)
            wg__optim_update(o, range, 0, range->count, range->gradient);
    }
}

/* The arrays that nobody took, as if they lay one behind the other, and cut on lines; or one by one. */
static void update_rest(wg_optim *o)
{
    size_t line = WG_ALIGNMENT / o->size, total = 0;
    for (size_t i = 0; i < o->turn_count; i++) {
        wg_turn *turn = &o->turns[i];
        turn->start = total;
        total += (turn->range.count + line - 1) / line * line;
        if (turn->range.count)
            turn->range.gradient = wg_params_grad(o->params, i);
    }
    size_t grain = (total / MOST_PARTS + line) / line * line;
    int threads = wg_params_threads(o->params);
    if (o->rule->elementwise)
        wg__parallel_for(threads, total, grain < LEAST_GRAIN ? LEAST_GRAIN : grain, update_part, o);
    else
        wg__parallel_for(total < LEAST_GRAIN ? 1 : threads, o->turn_count, 1, update_whole, o);
}

void wg__optim_end(wg_optim *optim)
{
    update_rest(optim);
    for (size_t i = 0; i < optim->turn_count; i++)
        if (optim->turns[i].range.value) /* taken or not */
            wg_params_changed_at(optim->params, i);
    optim->steps++;
}

wg_status wg_optim_step(wg_optim *optim)
{
    wg_status status = wg__optim_begin(optim);
    if (status == WG_OK)
        wg__optim_end(optim);
    return status;
}
