/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which gradients update their parameters as they are made. Nothing is updated before every gradient is known
 * to be finite, so there is nothing to be put back when one is not:
 *
 *     calls   [ the step, its backward pass | finite? | gradients that update their parameters ]
 *
 *     gradient of matmul x, W, g  ->  dW       each tile of dW updates its part of W while it is in cache,
 *                                              with the optimiser's own kernel, and is forgotten
 *
 * An update is made so where the gradient is a product's result that nothing else reads. */
#include "plan/plan.h"

#include <stdlib.h>

/* The operand that a gradient is towards is no factor of it: a product is linear in each operand. */
bool wg__update_is_factor(const wg_call *call, size_t i)
{
    return wg__use_reads(&call->in[i]) && (int)i != wg__call_towards(call);
}

/* Is a factor the numbers of a parameter, which might be updated before, or meanwhile? */
static bool reads_parameters(const wg_program *program, const wg_call *call)
{
    for (size_t i = 0; i < call->in_count; i++)
        if (call->in[i].value != WG_NONE && wg__update_is_factor(call, i) &&
            program->values[call->in[i].value].parameter)
            return true;
    return false;
}

/* The call whose result is the parameter's gradient, where that may update it; else WG_NONE. */
static uint32_t updating(const wg_passes *p, const wg_plan_gradient *g)
{
    const wg_program *program = p->program;
    uint32_t value = g->bound ? program->value_of[g->node] : WG_NONE;
    if (value == WG_NONE || program->values[value].readers || program->values[value].asked != 1 ||
        program->values[value].maker == WG_NONE || !program->values[value].count)
        return WG_NONE;
    const wg_call *call = &program->calls[program->values[value].maker];
    bool may = call->kind == WG_CALL_GRADIENT && wg__call_towards(call) >= 0 &&
               wg__call_produces(program, call) && !reads_parameters(program, call);
    return may ? program->values[value].maker : WG_NONE;
}

static int by_index(const void *a, const void *b)
{
    const wg_plan_update *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* Calls that update go to the end, the others keep their order. */
static wg_status move_last(wg_passes *p)
{
    wg_program *program = p->program;
    size_t bytes = program->call_count * sizeof(wg_call), place = 0;
    wg_call *moved = wg__mem_new(&program->memory, bytes);
    if (!moved)
        return wg__pass_no_memory(p);
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < program->call_count; k++)
            if (program->calls[k].updates == (pass == 1))
                moved[place++] = program->calls[k];
    for (size_t k = 0; k < program->call_count; k++)
        program->calls[k] = moved[k];
    wg__mem_free(&program->memory, moved, bytes);
    wg__program_settle(program);
    return WG_OK;
}

static wg_status find(wg_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < plan->gradient_count; i++) {
        wg_plan_gradient *g = &plan->gradients[i];
        uint32_t call = updating(p, g);
        if (call == WG_NONE)
            continue;
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->updates, &plan->update_capacity,
                plan->update_count + 1, sizeof *plan->updates))
            return wg__pass_no_memory(p);
        g->updates = p->program->calls[call].updates = true;
        plan->updates[plan->update_count++] = (wg_plan_update){.plan = plan,
            .value = p->program->value_of[g->node],
            .index = g->bound->binding.index,
            .gradient = g->bound->binding.gradient};
    }
    if (plan->update_count)
        qsort(plan->updates, plan->update_count, sizeof *plan->updates, by_index);
    return WG_OK;
}

wg_status wg__pass_updates(wg_passes *p)
{
    wg_plan *plan = p->plan;
    if (!wg__optim_is_tiled(plan->optim) || plan->gradients_stay)
        return WG_OK;
    wg_status status = find(p);
    return status == WG_OK && plan->update_count ? move_last(p) : status;
}
