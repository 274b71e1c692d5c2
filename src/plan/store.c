/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The stores whose parameters a plan reads and whose gradients it writes: what may have changed there, and what
 * goes there after a run. */
#include "plan/plan.h"

#include <string.h>

/* ---- What may have changed ----------------------------------------------------------------------------- */

/* A parameter that the optimiser would update, and that there was not when the plan was made: its name. */
const char *wg__store_late(wg_plan *plan)
{
    const wg_params *params = wg_optim_params(plan->optim);
    for (; plan->optim && plan->arrays < wg_params_count(params); plan->arrays++) {
        wg_param_info a = wg_params_at(params, plan->arrays);
        if (!a.buffer)
            return a.name;
    }
    return NULL;
}

/* A weight that was frozen when the plan was made, and wants a gradient now: its node, or WG_NO_NODE. */
uint32_t wg__store_thawed(const wg_plan *plan)
{
    const wg_engine *t = plan->tape;
    for (size_t i = 0; i < t->bound_count && !plan->forward; i++) {
        const wg_binding *b = &t->bounds[i]->binding;
        if (!b->gradient && b->frozen && !*b->frozen && wg_is_valid(t->bounds[i]->var))
            return t->bounds[i]->var.node;
    }
    return WG_NO_NODE;
}

/* ---- One writer at a time ------------------------------------------------------------------------------ */

wg_status wg__stores_find(wg_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < plan->gradient_count && !plan->own_grads; i++) {
        wg_holders *store = plan->gradients[i].bound ? plan->gradients[i].bound->binding.holders : NULL;
        bool known = !store;
        for (size_t j = 0; j < plan->store_count && !known; j++)
            known = plan->stores[j] == store;
        if (known)
            continue;
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->stores, &plan->store_capacity,
                plan->store_count + 1, sizeof *plan->stores))
            return wg__pass_no_memory(p);
        plan->stores[plan->store_count++] = store;
    }
    return WG_OK;
}

static void give(const wg_plan *plan, size_t count)
{
    for (size_t i = 0; i < count; i++)
        atomic_store(&plan->stores[i]->written, false);
}

bool wg__store_take(const wg_plan *plan)
{
    for (size_t i = 0; i < plan->store_count; i++)
        if (atomic_exchange(&plan->stores[i]->written, true)) {
            give(plan, i);
            return false;
        }
    return true;
}

void wg__store_give(const wg_plan *plan)
{
    give(plan, plan->store_count);
}

/* ---- Gradients ----------------------------------------------------------------------------------------- */

void wg__store_forget(const wg_plan *plan)
{
    for (size_t i = 0; i < plan->gradient_count && !plan->own_grads; i++) {
        const wg_bound *bound = plan->gradients[i].bound;
        if (bound && bound->binding.gradient_is_zero)
            *bound->binding.gradient_is_zero = true; /* the memory is garbage until the run is over */
    }
}

/* A number's gradient is in its node's step, or the program of numbers has swept it. */
static double number_of(const wg_plan *plan, const wg_plan_gradient *g)
{
    return plan->only_scalars ? plan->tape->adjoints[g->node] : plan->tape->head.steps[g->node].value;
}

static size_t bytes_of(const wg_binding *b)
{
    size_t count = 0;
    wg_shape_count(&b->shape, &count);
    return count * wg_dtype_size(b->dtype);
}

/* To `out`, which has the binding's dtype and shape. */
static void copy_gradient(const wg_plan *plan, const wg_plan_gradient *g, void *out)
{
    const wg_binding *b = &g->bound->binding;
    bool number = wg__view_of(plan->tape, g->node).scalar;
    if (number && b->dtype == WG_F32)
        *(float *)out = (float)number_of(plan, g);
    else if (number)
        *(double *)out = number_of(plan, g);
    else if (bytes_of(b))
        memcpy(out, plan->program.values[plan->program.value_of[g->node]].data, bytes_of(b));
}

/* Those that could not be written in place, and numbers. */
void wg__store_hand_over(const wg_plan *plan)
{
    for (size_t i = 0; i < plan->gradient_count; i++) {
        const wg_plan_gradient *g = &plan->gradients[i];
        if (!g->bound && !wg__record_of(plan->tape, g->leaf))
            plan->tape->adjoints[g->leaf] = number_of(plan, g);
        if (!g->bound || plan->own_grads || g->updates)
            continue;
        if (!g->in_place)
            copy_gradient(plan, g, g->bound->binding.gradient);
        if (g->bound->binding.gradient_is_zero)
            *g->bound->binding.gradient_is_zero = false;
    }
}

/* ---- Gradients of the plan's own ------------------------------------------------------------------------ */

const wg_plan_gradient *wg__store_own(const wg_plan *plan, uint32_t parameter)
{
    for (size_t i = 0; i < plan->gradient_count && plan->own_grads; i++)
        if (plan->gradients[i].bound && plan->gradients[i].bound->var.node == parameter)
            return &plan->gradients[i];
    return NULL;
}

static void add(const wg_plan *plan, const wg_plan_gradient *g)
{
    const wg_binding *b = &g->bound->binding;
    bool number = wg__view_of(plan->tape, g->node).scalar;
    if (b->gradient_is_zero && *b->gradient_is_zero)
        copy_gradient(plan, g, b->gradient);
    else if (number && b->dtype == WG_F32)
        *(float *)b->gradient += (float)number_of(plan, g);
    else if (number)
        *(double *)b->gradient += number_of(plan, g);
    else
        wg__add_numbers(b->dtype, b->gradient, plan->program.values[plan->program.value_of[g->node]].data,
            bytes_of(b) / wg_dtype_size(b->dtype));
    if (b->gradient_is_zero)
        *b->gradient_is_zero = false;
}

wg_status wg_plan_add_grads(wg_plan *plan, wg_params *params)
{
    if (!plan || !params)
        return WG_INVALID;
    if (wg__check_bounds(plan->tape, "plan") != WG_OK) {
        plan->tape->status = WG_OK;
        return WG_INVALID;
    }
    wg_status status = !plan->own_grads ? WG_INVALID : plan->good ? WG_OK : WG_NO_GRADIENT;
    if (status != WG_OK) {
        wg__fail(plan->tape, status,
            plan->own_grads ? "plan: there are no gradients to be added: no good run"
                            : "plan: its gradients are in the store already, since its tape was made without "
                              "own_grads");
        plan->tape->status = WG_OK;
        return status;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        if (plan->gradients[i].bound && plan->gradients[i].bound->binding.owner == (const void *)params)
            add(plan, &plan->gradients[i]);
    return WG_OK;
}
