/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A plan's life: the passes one after the other; asking it. */
#include "plan/plan.h"
#include "kernels/onednn.h"
#include "kernels/tuning.h"

#include <string.h>

static wg_status check(wg_var y, const wg_plan_options *o, wg_error *error)
{
    wg_engine *t = wg_engine_of(y.tape);
    if (error && error->status != WG_OK)
        return error->status;
    if (t && t->status != WG_OK)
        return wg_error_set(error, t->status, "plan: %s", t->message);
    if (!t || !wg_alive(t, y))
        return wg_error_set(error, WG_INVALID, "plan: there is no live var to plan for");
    if (t->plan)
        return wg_error_set(error, WG_INVALID, "plan: the tape is planned already");
    if (t->options.own_grads)
        return wg_error_set(error, WG_INVALID, "plan: gradients go to the store, and this tape has its own");
    if (wg_check_bounds(t, "plan") != WG_OK) {
        t->status = WG_OK; /* the recording is whole, though it can no longer be computed */
        wg_update_fast(t);
        return wg_error_set(error, WG_INVALID, "%s", t->message);
    }
    if (o->keep_count && !o->keep)
        return wg_error_set(error, WG_INVALID, "plan: keep_count is %zu, without vars", o->keep_count);
    for (size_t i = 0; i < o->keep_count; i++)
        if (o->keep[i].tape != y.tape || !wg_alive(t, o->keep[i]))
            return wg_error_set(error, WG_INVALID, "plan: var %zu to be kept is none of this tape", i);
    if (o->forward && o->optim)
        return wg_error_set(error, WG_INVALID, "plan: a forward pass has nothing for an optimiser");
    if (!o->forward && wg_count_of(y) != 1)
        return wg_error_set(error, WG_NOT_SCALAR,
            "plan: the result has %zu elements: seed it, sum it, or plan the forward pass", wg_count_of(y));
    if (o->bf16 && t->options.dtype != WG_F32)
        return wg_error_set(error, WG_BAD_DTYPE, "plan: bf16 is for a tape of floats, and this is one of %s",
            wg_dtype_name(t->options.dtype));
    if (o->optim && wg_optim_status(o->optim) != WG_OK)
        return wg_error_set(error, wg_optim_status(o->optim), "plan: %s", wg_optim_message(o->optim));
    return WG_OK;
}

bool wg_plan_passes_reserve(wg_plan_passes *p, size_t nodes)
{
    const wg_plan_passes old = *p;
    const wg_allocator *memory = &p->plan->memory;
    size_t each = 1 + 3 * sizeof(size_t);
    p->place = wg_mem_zero(memory, nodes * each);
    if (!p->place) {
        *p = old;
        return false;
    }
    p->buffers = p->place + nodes;
    p->runs_at = p->buffers + nodes;
    p->flags = (uint8_t *)(p->runs_at + nodes);
    p->room = nodes;
    for (size_t i = 0; i < old.room; i++) {
        p->place[i] = old.place[i];
        p->flags[i] = old.flags[i];
    }
    wg_mem_free(memory, old.place, old.room * each);
    return true;
}

static wg_status passes(wg_plan *plan, const wg_plan_options *options, wg_error *error)
{
    wg_engine *t = plan->tape;
    wg_plan_passes p = {.plan = plan, .options = options, .error = error};
    wg_status status = wg_plan_survey(&p);
    if (status == WG_OK && !options->forward)
        status = wg_plan_record_gradients(&p);
    if (status != WG_OK)
        return status;
    plan->end = t->head.count;
    if (!wg_plan_passes_reserve(&p, plan->end))
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "plan: no memory for the passes over %zu nodes", (size_t)plan->end);
    static wg_status (*const pass[])(wg_plan_passes *) = {wg_plan_choose, wg_plan_choose_lanes, wg_plan_fuse,
        wg_plan_fuse_updates, wg_plan_lay_out, wg_plan_take_block, wg_plan_compile_scalars};
    for (size_t i = 0; i < sizeof pass / sizeof pass[0] && status == WG_OK; i++) {
        wg_plan_show_turned(plan, true);
        status = pass[i](&p);
    }
    if (status == WG_OK)
        wg_plan_count_bytes(&p);
    wg_plan_show_turned(plan, false);
    wg_mem_free(&plan->memory, p.place, p.room * (1 + 3 * sizeof(size_t)));
    return status;
}

/* What the runs need beside the tensors' block. Without the library, our own loops do its work. */
static wg_status prepare(wg_plan *plan, const wg_plan_options *options, wg_error *error)
{
#ifdef WG_ONEDNN
    if (plan->bf16 && wg_onednn_has_bf16())
        plan->library = wg_onednn_new(&plan->memory);
#endif
    if (wg_plan_rehearse(plan) != WG_OK)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "plan: no memory for the operations' work");
    if (plan->optim && wg_optim_prepare(plan->optim) != WG_OK)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "plan: no memory for the optimiser's moments");
    if (plan->optim) {
        plan->arrays = wg_params_count(wg_optim_params(plan->optim));
        plan->sizes.moments = wg_optim_bytes(plan->optim);
    }
    return wg_plan_take_work(plan, options, error);
}

static void optim_gone(void *keeper)
{
    wg_plan *plan = keeper;
    plan->optim = NULL;
    plan->gone = "optimiser";
}

static void tuning_gone(void *keeper)
{
    wg_plan *plan = keeper;
    plan->tuning = NULL;
    plan->gone = "tuning table";
}

static void release(wg_plan *plan);

/* The plan's memory is counted by the tape, and goes with it. The struct stays for its owner to free. */
static void tape_gone(void *keeper)
{
    wg_plan *plan = keeper;
    const wg_allocator hook = plan->tape->hook;
    release(plan);
    *plan = (wg_plan){.memory = hook, .profile = plan->profile, .sizes = plan->sizes, .times = plan->times};
}

static void hold(wg_plan *plan)
{
    wg_hold(&plan->of_tape, &plan->tape->plans, tape_gone, plan);
    wg_hold(&plan->of_optim, wg_optim_holders(plan->optim), optim_gone, plan);
    wg_hold(&plan->of_tuning, plan->tuning ? &plan->tuning->holders : NULL, tuning_gone, plan);
}

wg_plan *wg_plan_new(wg_var y, const wg_plan_options *options, wg_error *error)
{
    wg_error own = {0};
    wg_plan_options o = options ? *options : (wg_plan_options){0};
    error = error ? error : &own;
    if (check(y, &o, error) != WG_OK)
        return NULL;
    wg_engine *t = wg_engine_of(y.tape);
    wg_plan *plan = wg_mem_zero(&t->memory, sizeof *plan);
    if (!plan) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "plan: out of memory");
        return NULL;
    }
    *plan = (wg_plan){.memory = t->memory,
        .tape = t,
        .y = y,
        .optim = o.optim,
        .profile = o.profile,
        .bf16 = o.bf16,
        .tuning = o.tuning,
        .gradients_stay = o.gradients};
    hold(plan);
    plan->start = plan->end = t->head.count;
    wg_release_gradients(t);
    t->plan = plan;
    wg_status status = passes(plan, &o, error);
    if (status == WG_OK) {
        wg_plan_attach(plan);
        t->changed = true; /* eager values are gone */
        t->changed_by = WG_NO_NODE;
        status = prepare(plan, &o, error);
    }
    if (status == WG_OK)
        return plan;
    wg_plan_free(plan);
    t->status = WG_OK; /* the step that was recorded is whole */
    wg_update_fast(t);
    return NULL;
}

static void rewind_to(wg_engine *t, uint32_t node)
{
    wg_mark mark = wg_tape_mark(&t->head);
    mark.node = node;
    wg_tape_rewind(&t->head, mark);
}

/* All but the struct. */
static void release(wg_plan *plan)
{
    wg_engine *t = plan->tape;
    const wg_allocator memory = plan->memory;
    wg_let_go(&plan->of_tape);
    wg_let_go(&plan->of_optim);
    wg_let_go(&plan->of_tuning);
    if (t->plan == plan) {
        bool whole = t->planned == plan->end && t->head.count == plan->end;
        if (plan->attached)
            wg_plan_detach(plan);
        if (whole || !plan->attached)
            rewind_to(t, plan->start);
        t->plan = NULL;
        t->hidden = NULL;
        t->planned = t->swept = t->swept_end = 0;
        wg_update_fast(t);
    }
    wg_mem_free(&memory, plan->inputs, (plan->input_count + 1) * sizeof *plan->inputs);
    for (wg_plan_chain *chain = plan->first_chain, *next; chain; chain = next) {
        next = chain->next;
        wg_mem_free(&memory, chain->chain.step, chain->capacity * sizeof *chain->chain.step);
        wg_mem_free(&memory, chain->nodes, chain->node_capacity * sizeof *chain->nodes);
        wg_mem_free(&memory, chain, sizeof *chain);
    }
    wg_mem_free(&memory, (void *)plan->chains, (plan->count + 1) * (2 * sizeof *plan->chains + 1));
    wg_mem_free(&memory, plan->turns, plan->turn_capacity * sizeof *plan->turns);
    wg_plan_free_scalars(plan);
    wg_mem_free(&memory, plan->gradients, plan->gradient_capacity * sizeof *plan->gradients);
    wg_mem_free(&memory, plan->updates, plan->update_capacity * sizeof *plan->updates);
    wg_mem_free(&memory, plan->buffers, plan->buffer_capacity * sizeof *plan->buffers);
    wg_plan_list_free(plan);
    wg_plan_give_block(plan);
#ifdef WG_ONEDNN
    wg_onednn_free(plan->library);
#endif
}

void wg_plan_free(wg_plan *plan)
{
    if (!plan)
        return;
    if (plan->tape)
        release(plan);
    const wg_allocator memory = plan->memory;
    wg_mem_free(&memory, plan, sizeof *plan);
}

wg_plan_memory wg_plan_memory_of(const wg_plan *plan)
{
    return plan ? plan->sizes : (wg_plan_memory){0};
}

size_t wg_plan_bytes(const wg_plan *plan)
{
    return plan ? plan->sizes.block + plan->sizes.workspace : 0;
}

size_t wg_plan_bytes_needed(wg_var y, const wg_plan_options *options, wg_error *error)
{
    wg_plan_options o = options ? *options : (wg_plan_options){0};
    o.block = NULL;
    o.block_bytes = 0;
    wg_plan *plan = wg_plan_new(y, &o, error);
    size_t bytes = wg_plan_bytes(plan);
    wg_plan_free(plan);
    return bytes;
}
