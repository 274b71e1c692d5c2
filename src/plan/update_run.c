/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The optimiser's step of a run, when all gradients are known to be finite: tile by tile; then the optimiser does what
 * is left. */
#include "plan/plan.h"

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
        u->epilogue = (wg_epilogue){.run = update_range, .user = u, .transient = true};
        wg__record_of(plan->tape, u->node)->epilogue = &u->epilogue;
    }
}

const wg_plan_update *wg__plan_update_by(const wg_plan *plan, uint32_t node)
{
    for (size_t i = 0; i < plan->update_count; i++)
        if (plan->updates[i].node == node)
            return &plan->updates[i];
    return NULL;
}

wg_status wg__plan_updates_end(wg_plan *plan)
{
    wg__optim_end(plan->optim);
    return WG_OK;
}
