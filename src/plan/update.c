/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The optimiser's step of a run: are all gradients finite? then tile by tile, and of what is left.
 *
 * Of a gradient that a product makes tile by tile it is known beforehand, from what is multiplied:
 * |dW| <= terms max|x| max|g|. Where this is too large, the gradients are written first, and looked at. */
#include "plan/plan.h"
#include "kernels/finite.h"
#include "plan/ready.h"

#include <float.h>

static wg_call *call_of(const wg_plan *plan, const wg_plan_update *u)
{
    return &plan->program.calls[plan->program.values[u->value].maker];
}

/* ---- Are they finite? ------------------------------------------------------------------------------- */

/* The largest number of the factors of a gradient, multiplied; infinite when one is not finite. */
static double bound_of(const wg_plan *plan, const wg_call *call)
{
    double bound = 1;
    for (size_t i = 0; i < call->in_count; i++) {
        uint32_t value = call->in[i].value;
        if (value == WG_NONE || !wg__update_is_factor(call, i))
            continue;
        const wg_value *v = &plan->program.values[value];
        if (v->dtype != WG_I32)
            bound *=
                wg__largest(v->dtype, v->data, v->count) * (double)v->count; /* more than there are terms */
    }
    return bound;
}

static bool surely_finite(const wg_plan *plan, const wg_plan_update *u)
{
    double most = plan->program.values[u->value].dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    return bound_of(plan, call_of(plan, u)) < most / 4;
}

/* Writes the gradients that would have updated at once. */
static wg_status write_gradients(wg_plan *plan)
{
    wg_status status = WG_OK;
    for (size_t i = 0; i < plan->update_count && status == WG_OK; i++) {
        wg_call *call = call_of(plan, &plan->updates[i]);
        call->ready->hints.epilogue = NULL;
        status = wg__call_run(plan, call);
        call->ready->hints.epilogue = &plan->updates[i].epilogue;
    }
    for (size_t i = 0; i < plan->gradient_count && status == WG_OK; i++) {
        const wg_plan_gradient *g = &plan->gradients[i];
        if (g->updates && g->bound->binding.gradient_is_zero)
            *g->bound->binding.gradient_is_zero = false; /* now it is there, for the optimiser to read */
    }
    return status;
}

/* A gradient of the step that is not finite, of those that are written: its number among the plan's;
 * SIZE_MAX: there is none. */
static size_t not_finite(const wg_plan *plan)
{
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_plan_gradient *g = &plan->gradients[i];
        size_t count = 0;
        if (!g->bound || (g->updates && !plan->written))
            continue;
        wg_shape_count(&g->bound->binding.shape, &count);
        if (!(wg__largest(g->bound->binding.dtype, g->bound->binding.gradient, count) <= DBL_MAX))
            return i;
    }
    return SIZE_MAX;
}

static bool result_is_finite(const wg_plan *plan)
{
    uint32_t value = plan->program.value_of[plan->y];
    const wg_value *v = value == WG_NONE ? NULL : &plan->program.values[value];
    return wg__largest(v ? v->dtype : WG_F64, v ? v->data : &plan->tape->head.steps[plan->y].value, 1) <=
           DBL_MAX;
}

wg_status wg__updates_begin(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    char text[WG_NODE_TEXT];
    plan->written = false;
    for (size_t i = 0; i < plan->update_count && !plan->written; i++)
        plan->written = !surely_finite(plan, &plan->updates[i]);
    wg_status status = plan->written ? write_gradients(plan) : WG_OK;
    if (status != WG_OK)
        return wg__fail(t, status, "plan: %s", wg_status_text(status));
    size_t bad = not_finite(plan);
    plan->computed = true;
    if (bad != SIZE_MAX)
        return wg__fail(t, WG_NUMBER, "plan: the gradient of %s is not finite, so nothing is updated",
            wg__node_text(t, plan->gradients[bad].bound->var.node, text));
    if (!result_is_finite(plan))
        return wg__fail(t, WG_NUMBER, "plan: the result is not finite, so nothing is updated");
    status = wg__optim_begin(plan->optim);
    if (status != WG_OK)
        return wg__fail(t, status, "plan: %s", wg_optim_message(plan->optim));
    for (size_t i = 0; i < plan->update_count && !plan->written; i++)
        plan->updates[i].array = wg__optim_array(plan->optim, plan->updates[i].index);
    return WG_OK;
}

/* ---- Tile by tile ------------------------------------------------------------------------------------ */

static void update_range(void *user, size_t first, size_t count, const void *values)
{
    const wg_plan_update *u = user;
    size_t size = wg_dtype_size(u->plan->tape->options.dtype);
    if (u->array.count)
        wg__optim_update(
            u->plan->optim, &u->array, first, count, values ? values : (char *)u->gradient + first * size);
}

void wg__updates_attach(wg_plan *plan)
{
    for (size_t i = 0; i < plan->update_count; i++) {
        wg_plan_update *u = &plan->updates[i];
        u->epilogue = (wg_epilogue){.run = update_range, .user = u, .transient = true};
        call_of(plan, u)->ready->hints.epilogue = &u->epilogue;
    }
}

wg_status wg__updates_end(wg_plan *plan)
{
    wg__optim_end(plan->optim); /* with all arrays that are left */
    return WG_OK;
}
