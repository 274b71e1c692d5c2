/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The optimiser's step of a run, when all gradients are known to be finite: tile by tile, and of what is
 * left. */
#include "plan/plan.h"
#include "kernels/parallel.h"

static void update_range(void *user, size_t first, size_t count, const void *values)
{
    const wg_plan_update *u = user;
    size_t size = wg_dtype_size(u->plan->tape->options.dtype);
    if (u->array.count)
        wg__optim_update(
            u->plan->optim, &u->array, first, count, values ? values : (char *)u->gradient + first * size);
}

void wg__plan_updates_attach(wg_plan *plan)
{
    for (size_t i = 0; i < plan->update_count; i++) {
        wg_plan_update *u = &plan->updates[i];
        u->finish = (wg_finish){.run = update_range, .user = u, .transient = true};
        wg__record_of(plan->tape, u->node)->finish = &u->finish;
    }
}

const wg_plan_update *wg__plan_update_by(const wg_plan *plan, uint32_t node)
{
    for (size_t i = 0; i < plan->update_count; i++)
        if (plan->updates[i].node == node)
            return &plan->updates[i];
    return NULL;
}

typedef struct whole {
    const wg_optim *optim;
    wg_optim_run array;
    const char *gradient;
    size_t size;
} whole;

static void update_part(void *work, size_t part, size_t begin, size_t end)
{
    const whole *w = work;
    (void)part;
    wg__optim_update(w->optim, &w->array, begin, end - begin, w->gradient + begin * w->size);
}

/* Every array of the store that has not been updated, also one that is not in the step. */
static void update_rest(const wg_plan *plan)
{
    enum { GRAIN = 1 << 14 };
    wg_params *params = wg_optim_params(plan->optim);
    int threads = wg_params_threads(params);
    for (size_t i = 0, u = 0; i < wg_params_count(params); i++) {
        bool updates = u < plan->update_count && plan->updates[u].index == i;
        u += updates;
        whole w = {.optim = plan->optim, .array = wg__optim_array(plan->optim, i)};
        if (!w.array.count || (updates && !plan->written))
            continue;
        w.gradient = wg_params_gradient(params, i);
        w.size = wg_dtype_size(wg_params_dtype(params));
        wg__parallel_for(threads, w.array.count, GRAIN, update_part, &w);
    }
}

wg_status wg__plan_updates_end(wg_plan *plan)
{
    if (plan->update_count == 0)
        return wg_optim_step(plan->optim);
    update_rest(plan);
    wg__optim_end(plan->optim);
    return WG_OK;
}
