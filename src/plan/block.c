/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* In which memory a plan's tensors lie and its operations work, how much of what it is, and the records
 * that point there.
 *
 *      [ tensors, in places that they share | what operations work in ]       a block of the caller's
 *
 * How much operations work in is known when they have been run once: the rehearsal works in what is left of
 * the caller's block, and for the rest in the tape's cache, and counts. */
#include "plan/plan.h"

#include <string.h>

/* ---- Bytes ------------------------------------------------------------------------------------------ */

/* The most of the block that is in use at once. */
static bool find_most_live(const wg_plan *plan, size_t *result)
{
    size_t live = 0, most = 0, bytes = (plan->count + 1) * sizeof(size_t);
    size_t *change = wg__mem_zero(&plan->memory, bytes);
    if (!change)
        return false;
    for (size_t i = 0; i < plan->buffer_count; i++) {
        const wg_plan_buffer *b = &plan->buffers[i];
        if (b->outside || b->over != SIZE_MAX)
            continue;
        change[b->first] += b->bytes;
        if (b->last < plan->count)
            change[b->last + 1] -= b->bytes; /* sums wrap around, and back */
    }
    for (size_t k = 0; k < plan->count; k++) {
        live += change[k];
        most = live > most ? live : most;
    }
    wg__mem_free(&plan->memory, change, bytes);
    *result = most;
    return true;
}

static size_t array_bytes(const wg_binding *b)
{
    size_t count = 0;
    wg_shape_count(&b->shape, &count);
    return count * wg_dtype_size(b->dtype);
}

/* Leaves and constants that a run reads. */
static size_t input_bytes(const wg_plan_passes *p)
{
    const wg_engine *t = p->plan->tape;
    size_t bytes = 0;
    for (uint32_t node = 0; node < p->plan->end; node++) {
        const wg_record *record = wg__record_of(t, node);
        bool given =
            record && (record->arity == 0 || p->values[node].flags & WG_PLAN_CONSTANT) && !record->bound;
        if (given && p->values[node].flags & WG_PLAN_NEEDED && !record->result[0].scalar &&
            !wg__plan_is_alias(t, record))
            bytes += record->result[0].count * wg_dtype_size(record->result[0].dtype);
    }
    return bytes;
}

wg_status wg__plan_count_bytes(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_plan_memory *sizes = &plan->sizes;
    const wg_engine *t = plan->tape;
    for (size_t i = 0; i < plan->buffer_count; i++) {
        const wg_plan_buffer *b = &plan->buffers[i];
        if (!b->outside)
            *(b->node < plan->start ? &sizes->activations : &sizes->gradients) += b->bytes;
    }
    for (size_t i = 0; i < t->bound_count; i++)
        if (wg_is_valid(t->bounds[i]->var) && p->values[t->bounds[i]->var.node].flags & WG_PLAN_NEEDED)
            sizes->parameters += array_bytes(&t->bounds[i]->binding);
    for (size_t i = 0; i < plan->gradient_count; i++)
        if (plan->gradients[i].bound && !plan->gradients[i].updates)
            sizes->parameter_gradients += array_bytes(&plan->gradients[i].bound->binding);
    sizes->inputs = input_bytes(p);
    return find_most_live(plan, &sizes->live)
               ? WG_OK
               : wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
}

/* ---- Memory ----------------------------------------------------------------------------------------- */

static wg_status check_block(const wg_plan_options *o, wg_error *error)
{
    if (!o->block && o->block_bytes)
        return wg_error_set(error, WG_INVALID, "plan: block_bytes is %zu, without a block", o->block_bytes);
    if ((uintptr_t)o->block % WG_PLAN_ALIGNMENT)
        return wg_error_set(error, WG_INVALID, "plan: the block must start at a multiple of %d bytes",
            (int)WG_PLAN_ALIGNMENT);
    return WG_OK;
}

wg_status wg__plan_take_block(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_plan_options *o = p->options;
    wg_status status = check_block(o, p->error);
    if (status != WG_OK)
        return status;
    size_t tensors = plan->sizes.block;
    if (o->block && o->block_bytes >= tensors) {
        plan->block = o->block;
        plan->work = (wg_work){.memory = plan->block + tensors, .bytes = o->block_bytes - tensors};
        return WG_OK;
    }
    plan->own_block = true; /* one that is too small is refused when it is known what would be enough */
    plan->block = wg__mem_aligned_new(&plan->memory, tensors + 1);
    if (plan->block)
        return WG_OK;
    if (!o->block)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for %zu bytes of tensors", tensors);
    return wg_error_set(p->error, WG_OUT_OF_MEMORY,
        "plan: the block has %zu bytes, and tensors alone take %zu", o->block_bytes, tensors);
}

wg_status wg__plan_take_work(wg_plan *plan, const wg_plan_options *o, wg_error *error)
{
    wg_plan_memory *sizes = &plan->sizes;
    sizes->workspace = plan->work.most;
    if (o->block && o->block_bytes < sizes->block + sizes->workspace)
        return wg_error_set(error, WG_OUT_OF_MEMORY,
            "plan: the block has %zu bytes, and %zu are needed: %zu for tensors, %zu to work in",
            o->block_bytes, sizes->block + sizes->workspace, sizes->block, sizes->workspace);
    if (o->block || sizes->workspace == 0)
        return WG_OK;
    plan->work.memory = wg__mem_aligned_new(&plan->memory, sizes->workspace);
    if (!plan->work.memory)
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "plan: no memory for %zu bytes to work in", sizes->workspace);
    plan->own_work = true;
    plan->work.bytes = sizes->workspace;
    return WG_OK;
}

void wg__plan_give_block(wg_plan *plan)
{
    if (plan->own_block)
        wg__mem_aligned_free(&plan->memory, plan->block, plan->sizes.block + 1);
    if (plan->own_work)
        wg__mem_aligned_free(&plan->memory, plan->work.memory, plan->work.bytes);
}

/* ---- On the tape ------------------------------------------------------------------------------------ */

void wg__plan_attach(wg_plan *plan, void *instead)
{
    for (size_t i = 0; i < plan->buffer_count; i++) {
        const wg_plan_buffer *b = &plan->buffers[i];
        wg_record *record = wg__record_of(plan->tape, b->node);
        void *memory = !b->outside ? plan->block + plan->buffers[wg__plan_root(plan, i)].offset
                       : instead   ? instead
                                   : b->outside;
        if (b->index == WG_PLAN_SUMS)
            continue;
        if (b->index >= WG_MAX_RESULTS)
            record->keep[b->index - WG_MAX_RESULTS] = memory;
        else
            record->result[b->index].data = memory;
    }
    for (size_t k = 0; k < plan->count; k++) {
        wg_record *record = plan->calls[k].kept ? wg__record_of(plan->tape, plan->calls[k].node) : NULL;
        if (record)
            record->valued = true; /* `good` says when */
    }
    wg__plan_chain_attach(plan);
    wg__plan_updates_attach(plan);
}
