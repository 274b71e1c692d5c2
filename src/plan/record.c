/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The backward pass, recorded behind the step without being computed. */
#include "plan/plan.h"

#include <string.h>

static wg_status no_memory(wg_plan_passes *p)
{
    return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
}

/* The parameters of the step that want a gradient. */
static wg_status find_parameters(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    for (size_t i = 0; i < t->bound_count; i++) {
        char text[WG_NODE_TEXT];
        wg_bound *bound = t->bounds[i];
        if (!wg_is_valid(bound->var) || !bound->binding.gradient)
            continue;
        if (plan->optim && bound->binding.owner != (const void *)wg_optim_params(plan->optim))
            return wg_error_set(p->error, WG_INVALID, "plan: %s is no parameter of the optimiser's store",
                wg__node_text(t, bound->var.node, text));
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->gradients, &plan->gradient_capacity,
                plan->gradient_count + 1, sizeof *plan->gradients))
            return no_memory(p);
        plan->gradients[plan->gradient_count++] = (wg_plan_gradient){.bound = bound, .node = bound->var.node};
    }
    return WG_OK;
}

wg_status wg__plan_record_gradients(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    wg_status status = find_parameters(p);
    size_t n = plan->gradient_count;
    if (status != WG_OK || n == 0 || plan->only_scalars)
        return status;
    wg_var *xs = wg__mem_new(&plan->memory, 2 * n * sizeof *xs);
    if (!xs)
        return no_memory(p);
    wg_var *out = xs + n;
    for (size_t i = 0; i < n; i++)
        xs[i] =
            plan->gradients[i].bound ? plan->gradients[i].bound->var : wg__var_of(t, plan->gradients[i].leaf);
    t->planning = true;
    status = wg__grad_vars(t, &plan->y, 1, NULL, xs, n, out);
    t->planning = false;
    for (size_t i = 0; i < n && status == WG_OK; i++)
        plan->gradients[i].node = out[i].node;
    wg__mem_free(&plan->memory, xs, 2 * n * sizeof *xs);
    return status == WG_OK ? WG_OK : wg_error_set(p->error, status, "plan: %s", t->message);
}
