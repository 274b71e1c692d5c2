/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The backward pass, recorded behind the step without being computed. */
#include "plan/plan.h"

#include <string.h>

/* The parameters of the step that want a gradient. */
static wg_status find_parameters(wg_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < p->tape->bound_count; i++) {
        char text[WG_NODE_TEXT];
        wg_bound *bound = p->tape->bounds[i];
        if (!wg_is_valid(bound->var) || !bound->binding.gradient)
            continue;
        if (plan->optim && bound->binding.owner != (const void *)wg_optim_params(plan->optim))
            return wg_error_set(p->error, WG_INVALID, "plan: %s is no parameter of the optimiser's store",
                wg__node_text(p->tape, bound->var.node, text));
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->gradients, &plan->gradient_capacity,
                plan->gradient_count + 1, sizeof *plan->gradients))
            return wg__pass_no_memory(p);
        plan->gradients[plan->gradient_count++] = (wg_plan_gradient){.bound = bound, .node = bound->var.node};
    }
    return WG_OK;
}

static wg_status record(wg_passes *p, wg_var *xs, wg_var *out)
{
    wg_plan *plan = p->plan;
    wg_engine *t = p->tape;
    size_t n = plan->gradient_count;
    const wg_plan_options *o = p->options;
    size_t ny = 1 + o->also_count;
    wg_var *ys = xs + 2 * n, *seeds = ys + ny;
    for (size_t i = 0; i < ny; i++) {
        ys[i] = wg__var_of(t, i ? o->also[i - 1].node : plan->y);
        seeds[i] =
            o->seeds && wg_is_valid(o->seeds[i]) ? wg__var_of(t, o->seeds[i].node) : wg__invalid(&t->head);
    }
    for (size_t i = 0; i < n; i++)
        xs[i] =
            plan->gradients[i].bound ? plan->gradients[i].bound->var : wg__var_of(t, plan->gradients[i].leaf);
    t->planning = true;
    wg_status status = wg__grad_vars(t, ys, ny, seeds, xs, n, out);
    t->planning = false;
    for (size_t i = 0; i < n && status == WG_OK; i++)
        plan->gradients[i].node = out[i].node;
    return status == WG_OK ? WG_OK : wg_error_set(p->error, status, "plan: %s", t->message);
}

wg_status wg__pass_gradients(wg_passes *p)
{
    wg_plan *plan = p->plan;
    wg_status status = wg__plan_survey(p);
    if (status == WG_OK && !plan->forward)
        status = find_parameters(p);
    if (status == WG_OK)
        status = wg__stores_find(p);
    size_t n = plan->gradient_count, bytes = 2 * (n + 1 + p->options->also_count) * sizeof(wg_var);
    if (status != WG_OK || n == 0 || plan->only_scalars)
        return status;
    wg_var *xs = wg__mem_new(&plan->memory, bytes);
    status = xs ? record(p, xs, xs + n) : wg__pass_no_memory(p);
    wg__mem_free(&plan->memory, xs, bytes);
    return status;
}
