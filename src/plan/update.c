/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The optimiser's step at the end of a run; for some parameters, where their gradient is made:
 *
 *     gradient of matmul x, W, g  ->  dW       each tile of dW updates its part of W while it is in cache,
 * with the optimiser's own kernel, and is forgotten
 *
 * That is so where the gradient is a contraction's result that nothing else reads, and where whatever else
 * reads W, or could make the run fail, has been run before. */
#include "plan/plan.h"
#include "kernels/parallel.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which ------------------------------------------------------------------------------------------ */

enum { UNREAD, CLAIMED, FIRST, BY_THE_WORLD = -1 };

/* Who reads each node last: FIRST + its place in the list, and who asks for it as a gradient. */
static void find_readers(const wg_plan_passes *p, size_t *last)
{
    const wg_plan *plan = p->plan;
    uint32_t source;
    size_t index;
    memset(last, 0, plan->end * sizeof *last);
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg_record_of(plan->tape, plan->nodes[k]);
        bool shows = wg_plan_is_alias(plan->tape, record) || (record && record->op == &wg_op_projection);
        for (size_t i = 0; record && !shows && i < record->arity; i++)
            if (wg_plan_reads(record, i) && wg_plan_source(plan->tape, record->args[i], &source, &index) &&
                last[source] < FIRST + p->runs_at[k])
                last[source] = FIRST + p->runs_at[k];
        if (plan->kept[k] && wg_plan_source(plan->tape, plan->nodes[k], &source, &index))
            last[source] = (size_t)BY_THE_WORLD;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        if (wg_plan_source(plan->tape, plan->gradients[i].node, &source, &index))
            last[source] = last[source] == UNREAD ? CLAIMED : (size_t)BY_THE_WORLD;
}

static bool is_ours(const wg_op *op)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    while (count-- > 0)
        if (table[count] == op)
            return true;
    return op == &wg_op_projection || op == &wg_op_identity;
}

/* A guard, an effect, an operation of the caller's own. What else could fail has done so by the end of the
 * forward pass: our backward kernels only lack memory, and that the rehearsal made. */
static bool may_fail(const wg_engine *t, const wg_record *record)
{
    if (record && record->op == &wg_op_gradient)
        record = wg_record_of(t, wg_gradient_node(record));
    return record && (!is_ours(record->op) || record->op->traits & WG_OP_EFFECT);
}

/* The place from which on a run cannot fail. */
static size_t safe_from(const wg_plan_passes *p)
{
    const wg_plan *plan = p->plan;
    size_t from = 0;
    for (size_t k = 0; k < plan->count; k++) {
        bool forward = plan->nodes[k] < plan->start;
        if ((forward || may_fail(plan->tape, wg_record_of(plan->tape, plan->nodes[k]))) &&
            p->runs_at[k] >= from)
            from = p->runs_at[k] + 1;
    }
    return from;
}

/* The place of the node that may update a parameter; SIZE_MAX: none. */
static size_t updating(const wg_plan_passes *p, const wg_plan_gradient *g, const size_t *last, size_t safe)
{
    const wg_plan *plan = p->plan;
    uint32_t source;
    size_t index;
    if (!g->bound || !wg_plan_source(plan->tape, g->node, &source, &index) || last[source] != CLAIMED)
        return SIZE_MAX;
    size_t k = p->place[source];
    const wg_record *record = wg_record_of(plan->tape, source);
    if (k == SIZE_MAX || k < safe || plan->chains[k] || record->results != 1 ||
        !wg_plan_finishes(plan->tape, record) || last[g->bound->var.node] > FIRST + k)
        return SIZE_MAX;
    return k;
}

static int by_index(const void *a, const void *b)
{
    const wg_plan_update *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

wg_status wg_plan_fuse_updates(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    if (!plan->optim || plan->gradients_stay)
        return WG_OK;
    size_t *last = p->buffers, safe = safe_from(p); /* there are no buffers yet */
    find_readers(p, last);
    for (size_t i = 0; i < plan->gradient_count; i++) {
        wg_plan_gradient *g = &plan->gradients[i];
        size_t k = updating(p, g, last, safe);
        if (k == SIZE_MAX)
            continue;
        if (!wg_mem_reserve(&plan->memory, (void **)&plan->updates, &plan->update_capacity,
                plan->update_count + 1, sizeof *plan->updates))
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
        g->updates = true;
        plan->updates[plan->update_count++] = (wg_plan_update){.plan = plan,
            .node = plan->nodes[k],
            .index = g->bound->binding.index,
            .gradient = g->bound->binding.gradient};
    }
    if (plan->update_count)
        qsort(plan->updates, plan->update_count, sizeof *plan->updates, by_index);
    return WG_OK;
}

/* ---- Runs ------------------------------------------------------------------------------------------- */

static void update_stretch(void *user, size_t first, size_t count, const void *values)
{
    const wg_plan_update *u = user;
    size_t size = wg_dtype_size(u->plan->tape->options.dtype);
    if (u->array.count)
        wg_optim_update(
            u->plan->optim, &u->array, first, count, values ? values : (char *)u->gradient + first * size);
}

void wg_plan_updates_attach(wg_plan *plan)
{
    for (size_t i = 0; i < plan->update_count; i++) {
        wg_plan_update *u = &plan->updates[i];
        u->finish = (wg_finish){.run = update_stretch, .user = u, .transient = true};
        wg_record_of(plan->tape, u->node)->finish = &u->finish;
    }
}

const wg_plan_update *wg_plan_update_by(const wg_plan *plan, uint32_t node)
{
    for (size_t i = 0; i < plan->update_count; i++)
        if (plan->updates[i].node == node)
            return &plan->updates[i];
    return NULL;
}

wg_status wg_plan_updates_begin(wg_plan *plan)
{
    wg_status status = plan->optim ? wg_optim_begin(plan->optim) : WG_OK;
    for (size_t i = 0; i < plan->update_count && status == WG_OK; i++)
        plan->updates[i].array = wg_optim_array(plan->optim, plan->updates[i].index);
    return status;
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
    wg_optim_update(w->optim, &w->array, begin, end - begin, w->gradient + begin * w->size);
}

/* Every array of the store that has not been updated, also one that is not in the step. */
static void update_rest(const wg_plan *plan)
{
    enum { GRAIN = 1 << 14 };
    wg_params *params = wg_optim_params(plan->optim);
    int threads = wg_params_threads(params);
    for (size_t i = 0, u = 0; i < wg_params_count(params); i++) {
        if (u < plan->update_count && plan->updates[u].index == i) {
            u++;
            continue;
        }
        whole w = {.optim = plan->optim, .array = wg_optim_array(plan->optim, i)};
        if (!w.array.count)
            continue;
        w.gradient = wg_params_gradient(params, i);
        w.size = wg_dtype_size(wg_params_dtype(params));
        wg_parallel_for(threads, w.array.count, GRAIN, update_part, &w);
    }
}

wg_status wg_plan_updates_end(wg_plan *plan)
{
    if (!plan->optim)
        return WG_OK;
    if (plan->update_count == 0)
        return wg_optim_step(plan->optim);
    update_rest(plan);
    wg_optim_end(plan->optim);
    return WG_OK;
}
