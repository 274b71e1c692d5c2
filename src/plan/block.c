/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* In which memory a plan's tensors lie and its operations work, and how much of what it is.
 *
 *      [ tensors, in places that they share | what operations work in ]       a block of the caller's
 *
 * How much operations work in is what they say of themselves (wg_op.workspace). */
#include "plan/plan.h"

/* ---- Bytes ------------------------------------------------------------------------------------------ */

static bool in_block(const wg_value *v)
{
    return v->maker != WG_NONE && !v->outside && !v->unwritten;
}

/* The most of the block that is in use at once. */
static bool find_most_live(const wg_program *p, size_t *result)
{
    size_t live = 0, most = 0, bytes = (p->call_count + 1) * sizeof(size_t);
    size_t *change = wg__mem_zero(&p->memory, bytes);
    if (!change)
        return false;
    for (size_t i = 0; i < p->value_count; i++) {
        const wg_value *v = &p->values[i];
        if (!in_block(v) || v->over != WG_NONE)
            continue;
        change[v->first] += v->bytes;
        if (v->last < p->call_count)
            change[v->last + 1] -= v->bytes; /* sums wrap around, and back */
    }
    for (size_t k = 0; k < p->call_count; k++) {
        live += change[k];
        most = live > most ? live : most;
    }
    wg__mem_free(&p->memory, change, bytes);
    *result = most;
    return true;
}

static size_t array_bytes(const wg_binding *b)
{
    size_t count = 0;
    wg_shape_count(&b->shape, &count);
    return count * wg_dtype_size(b->dtype);
}

wg_status wg__plan_count_bytes(wg_passes *p)
{
    const wg_plan *plan = p->plan;
    wg_plan_memory *sizes = &p->plan->sizes;
    for (size_t i = 0; i < p->program->value_count; i++) {
        const wg_value *v = &p->program->values[i];
        if (v->kind == WG_VALUE_GIVEN && (v->readers || v->asked))
            *(v->parameter ? &sizes->parameters : &sizes->inputs) += v->count * wg_dtype_size(v->dtype);
        else if (in_block(v))
            *(v->node < plan->start ? &sizes->activations : &sizes->gradients) += v->bytes;
    }
    for (size_t i = 0; i < plan->gradient_count; i++)
        if (plan->gradients[i].bound && !plan->gradients[i].updates)
            sizes->parameter_gradients += array_bytes(&plan->gradients[i].bound->binding);
    if (plan->optim)
        sizes->moments = wg_optim_bytes(plan->optim);
    return find_most_live(p->program, &sizes->live) ? WG_OK : wg__pass_no_memory(p);
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

static wg_status take_own(wg_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_plan_memory *sizes = &plan->sizes;
    plan->own_block = true;
    plan->block = wg__mem_aligned_new(&plan->memory, sizes->block + 1);
    if (!plan->block)
        return wg_error_set(
            p->error, WG_OUT_OF_MEMORY, "plan: no memory for %zu bytes of tensors", sizes->block);
    if (sizes->workspace == 0)
        return WG_OK;
    plan->work.memory = wg__mem_aligned_new(&plan->memory, sizes->workspace);
    if (!plan->work.memory)
        return wg_error_set(
            p->error, WG_OUT_OF_MEMORY, "plan: no memory for %zu bytes to work in", sizes->workspace);
    plan->own_work = true;
    return WG_OK;
}

wg_status wg__plan_take_block(wg_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_plan_memory *sizes = &plan->sizes;
    const wg_plan_options *o = p->options;
    wg_status status = check_block(o, p->error);
    if (status == WG_OK && o->block && o->block_bytes < sizes->block + sizes->workspace)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY,
            "plan: the block has %zu bytes, and %zu are needed: %zu for tensors, %zu to work in",
            o->block_bytes, sizes->block + sizes->workspace, sizes->block, sizes->workspace);
    plan->work.bytes = sizes->workspace;
    if (status != WG_OK || !o->block)
        return status == WG_OK ? take_own(p) : status;
    plan->block = o->block;
    plan->work.memory = plan->block + sizes->block;
    return WG_OK;
}

void wg__plan_give_block(wg_plan *plan)
{
    if (plan->own_block)
        wg__mem_aligned_free(&plan->memory, plan->block, plan->sizes.block + 1);
    if (plan->own_work)
        wg__mem_aligned_free(&plan->memory, plan->work.memory, plan->work.bytes);
}
