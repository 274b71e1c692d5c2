/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The optimiser's step. Nothing is updated before every gradient is known to be finite, so there is nothing
 * to be put back when one is not:
 *
 *     calls   [ the step, its backward pass | finite? | gradients that update their parameters ]
 *
 *     gradient of matmul x, W, g  ->  dW       each tile of dW updates its part of W while it is in cache,
 * with the optimiser's own kernel, and is forgotten
 *
 * An update is made so where the gradient is a contraction's result that nothing else reads. Whether that
 * will be finite is seen from what it multiplies: |dW| <= terms max|x| max|g|. Where this is too large, the
 * gradients are written first, and looked at. */
#include "plan/plan.h"
#include "kernels/finite.h"
#include "kernels/parallel.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which ------------------------------------------------------------------------------------------ */

static bool is_parameter(const wg_engine *t, uint32_t node)
{
    uint32_t source;
    size_t index;
    wg__plan_source(t, node, &source, &index);
    const wg_record *record = wg__record_of(t, source);
    return record && record->bound;
}

/* Is operand i a factor of the gradient? The operand that it is towards is none: a product is linear in it. */
static bool is_factor(const wg_record *record, size_t i)
{
    return wg__plan_reads(record, i) && (int)i != wg__gradient_towards(record);
}

/* Is a factor the numbers of a parameter, which might be updated before, or meanwhile? */
static bool reads_parameters(const wg_engine *t, const wg_record *record)
{
    for (size_t i = 0; i < record->arity; i++)
        if (is_factor(record, i) && is_parameter(t, record->args[i]))
            return true;
    return false;
}

/* How often each node is read by nodes that are computed, and by the world. */
static void count_reads(const wg_plan *plan, const wg_plan_passes *p)
{
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        for (size_t i = 0; record && i < record->arity; i++)
            p->values[record->args[i]].reads++;
        p->values[plan->calls[k].node].reads += plan->calls[k].kept;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        p->values[plan->gradients[i].node].reads++;
}

/* The node whose one result is the parameter's gradient, where that may update it; else WG_NO_NODE. */
static uint32_t updating(const wg_plan_passes *p, const wg_plan_gradient *g)
{
    const wg_engine *t = p->plan->tape;
    uint32_t node = g->node;
    const wg_record *record = wg__record_of(t, node);
    if (!g->bound)
        return WG_NO_NODE;
    for (; record && p->values[node].reads == 1 && wg__plan_is_alias(t, record);
         record = wg__record_of(t, node))
        node = record->args[0]; /* another name of it */
    bool may = record && p->values[node].reads == 1 && p->values[node].call != SIZE_MAX &&
               record->op == &wg__op_gradient && record->results == 1 && !record->result[0].scalar &&
               record->result[0].count && wg__plan_finishes(t, record) && !reads_parameters(t, record);
    return may ? node : WG_NO_NODE;
}

static int by_index(const void *a, const void *b)
{
    const wg_plan_update *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* Calls that update go to the end, the others keep their order. `last`: by call. */
static wg_status move_last(wg_plan_passes *p, const bool *last)
{
    wg_plan *plan = p->plan, old = *plan;
    if (!wg__plan_list_new(plan, old.count)) {
        plan->calls = old.calls;
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    }
    for (size_t pass = 0, place = 0; pass < 2; pass++)
        for (size_t k = 0; k < old.count; k++)
            if (last[k] == (pass == 1)) {
                p->values[old.calls[k].node].call = place;
                plan->calls[place] = old.calls[k];
                plan->calls[place++].updates = last[k];
            }
    wg__plan_list_free(&old);
    return WG_OK;
}

static wg_status find_updates(wg_plan_passes *p, bool *last)
{
    wg_plan *plan = p->plan;
    count_reads(plan, p);
    for (size_t i = 0; i < plan->gradient_count; i++) {
        wg_plan_gradient *g = &plan->gradients[i];
        uint32_t node = updating(p, g);
        if (node == WG_NO_NODE)
            continue;
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->updates, &plan->update_capacity,
                plan->update_count + 1, sizeof *plan->updates))
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
        g->updates = last[p->values[node].call] = true;
        plan->updates[plan->update_count++] = (wg_plan_update){.plan = plan,
            .node = node,
            .index = g->bound->binding.index,
            .gradient = g->bound->binding.gradient};
    }
    if (plan->update_count)
        qsort(plan->updates, plan->update_count, sizeof *plan->updates, by_index);
    return WG_OK;
}

wg_status wg__plan_choose_updates(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    if (!wg__optim_is_tiled(plan->optim) || plan->gradients_stay)
        return WG_OK;
    bool *last = wg__mem_zero(&plan->memory, plan->count + 1);
    wg_status status =
        last ? find_updates(p, last) : wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    if (status == WG_OK && plan->update_count)
        status = move_last(p, last);
    wg__mem_free(&plan->memory, last, plan->count + 1);
    return status;
}

/* ---- Are they finite? ------------------------------------------------------------------------------- */

/* The largest number of the factors of a gradient, multiplied; infinite when one is not finite. */
static double bound_of(const wg_engine *t, const wg_record *record)
{
    double bound = 1;
    for (size_t i = 0; i < record->arity; i++) {
        wg_view v = wg__view_of(t, record->args[i]);
        if (!is_factor(record, i) || v.scalar || v.dtype == WG_I32)
            continue;
        size_t count = 0;
        wg_shape_count(v.shape, &count);
        bound *= wg__largest(v.dtype, v.data, count) * (double)count; /* more than there are terms */
    }
    return bound;
}

static bool surely_finite(const wg_plan *plan, const wg_plan_update *u)
{
    const wg_record *record = wg__record_of(plan->tape, u->node);
    double most = record->result[0].dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    return bound_of(plan->tape, record) < most / 4;
}

/* Writes the gradients that would have updated at once. */
static wg_status write_gradients(wg_plan *plan)
{
    wg_status status = WG_OK;
    for (size_t i = 0; i < plan->update_count && status == WG_OK; i++) {
        wg_record *record = wg__record_of(plan->tape, plan->updates[i].node);
        record->epilogue = NULL;
        status = wg__compute_now(plan->tape, record);
        record->epilogue = &plan->updates[i].epilogue;
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

wg_status wg__plan_updates_begin(wg_plan *plan)
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
    wg_view y = wg__view_of(t, plan->y.node);
    if (!(wg__largest(y.scalar ? WG_F64 : y.dtype, y.scalar ? &t->head.steps[plan->y.node].value : y.data,
              1) <= DBL_MAX))
        return wg__fail(t, WG_NUMBER, "plan: the result is not finite, so nothing is updated");
    status = wg__optim_begin(plan->optim);
    if (status != WG_OK)
        return wg__fail(t, status, "plan: %s", wg_optim_message(plan->optim));
    for (size_t i = 0; i < plan->update_count && !plan->written; i++)
        plan->updates[i].array = wg__optim_array(plan->optim, plan->updates[i].index);
    return WG_OK;
}
