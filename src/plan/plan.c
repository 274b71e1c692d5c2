/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A plan's life: the passes one after the other; asking it. */
#include "plan/plan.h"
#include "kernels/onednn.h"
#include "kernels/tuning.h"

#include <string.h>

static wg_status check(wg_var y, const wg_plan_options *o, wg_error *error)
{
    wg_engine *t = wg__engine_of(y.tape);
    if (error && error->status != WG_OK)
        return error->status;
    if (t && t->status != WG_OK)
        return wg_error_set(error, t->status, "plan: %s", t->message);
    if (!t || !wg__alive(t, y))
        return wg_error_set(error, WG_INVALID, "plan: there is no live var to plan for");
    if (t->options.own_grads && !o->forward)
        return wg_error_set(error, WG_INVALID, "plan: gradients go to the store, and this tape has its own");
    if (o->keep_count && !o->keep)
        return wg_error_set(error, WG_INVALID, "plan: keep_count is %zu, without vars", o->keep_count);
    for (size_t i = 0; i < o->keep_count; i++)
        if (o->keep[i].tape != y.tape || !wg__alive(t, o->keep[i]))
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

bool wg__plan_passes_reserve(wg_plan_passes *p, size_t nodes)
{
    const wg_allocator *memory = &p->plan->memory;
    wg_plan_value *values = wg__mem_new(memory, nodes * sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < nodes; i++)
        values[i] = i < p->value_count ? p->values[i] : (wg_plan_value){.call = SIZE_MAX, .buffer = SIZE_MAX};
    wg__mem_free(memory, p->values, p->value_count * sizeof *p->values);
    p->values = values;
    p->value_count = nodes;
    return true;
}

static wg_status passes(wg_plan *plan, const wg_plan_options *options, wg_error *error)
{
    wg_engine *t = plan->tape;
    wg_plan_passes p = {.plan = plan, .options = options, .error = error};
    wg_status status = wg__plan_survey(&p);
    if (status == WG_OK && !options->forward)
        status = wg__plan_record_gradients(&p);
    if (status != WG_OK)
        return status;
    plan->end = t->head.count;
    if (!wg__plan_passes_reserve(&p, plan->end))
        return wg_error_set(
            error, WG_OUT_OF_MEMORY, "plan: no memory for the passes over %zu nodes", (size_t)plan->end);
    static wg_status (*const pass[])(wg_plan_passes *) = {wg__plan_choose, wg__plan_choose_updates,
        wg__plan_choose_lanes, wg__plan_fuse, wg__plan_lay_out, wg__plan_place_buffers, wg__plan_take_block,
        wg__plan_compile_scalars};
    for (size_t i = 0; i < sizeof pass / sizeof pass[0] && status == WG_OK; i++)
        status = pass[i](&p);
    if (status == WG_OK)
        status = wg__plan_count_bytes(&p);
    wg__mem_free(&plan->memory, p.values, p.value_count * sizeof *p.values);
    return status;
}

/* What the runs need beside the tensors' block. Without the library, our own loops do its work. */
static wg_status prepare(wg_plan *plan, const wg_plan_options *options, wg_error *error)
{
#ifdef WG_ONEDNN
    if (plan->hints.bf16 && wg__onednn_has_bf16())
        plan->hints.library = wg__onednn_new(&plan->memory);
#endif
    plan->tape->hints = &plan->hints;
    if (wg__plan_rehearse(plan) != WG_OK)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "plan: no memory for the operations' work");
    if (plan->optim && !wg__buffers_keep(&plan->statistics, wg_optim_params(plan->optim)))
        return wg_error_set(error, WG_OUT_OF_MEMORY, "plan: no memory for a copy of the buffers");
    if (plan->optim && wg_optim_prepare(plan->optim) != WG_OK)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "plan: no memory for the optimiser's moments");
    if (plan->optim) {
        plan->arrays = wg_params_count(wg_optim_params(plan->optim));
        plan->sizes.moments = wg_optim_bytes(plan->optim);
    }
    return wg__plan_take_work(plan, options, error);
}

/* A tape of the plan's own with a copy of the recording: no error handler of its own but the recording's. */
static wg_engine *copy_of(const wg_engine *t)
{
    wg_tape_options options = t->options;
    options.allocator = t->hook;
    options.threads = t->threads;
    options.own_grads = false;
    options.keep_grads = false;
    wg_tape *tape = wg_tape_new(&options);
    wg_engine *own = tape ? wg__engine_of(tape) : NULL;
    if (own && wg__copy_recording(own, t) == WG_OK)
        return own;
    wg_tape_free(tape);
    return NULL;
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
    plan->hints.tuning = NULL;
    plan->gone = "tuning table";
}

static wg_plan *new_plan(const wg_engine *t, const wg_var *y, const wg_plan_options *o)
{
    wg_plan *plan = wg__mem_zero(&t->hook, sizeof *plan);
    if (!plan)
        return NULL;
    *plan = (wg_plan){.memory = t->hook,
        .recorded = &t->head,
        .optim = o->optim,
        .forward = o->forward,
        .profile = o->profile,
        .hints = {.bf16 = o->bf16, .tuning = o->tuning},
        .gradients_stay = o->gradients,
        .start = t->head.count,
        .end = t->head.count,
        .tape = copy_of(t),
        .known = wg__mem_zero(&t->hook, t->head.count)};
    plan->hints.work = &plan->work;
    plan->arena.memory = &plan->memory;
    plan->statistics.memory = plan->memory;
    wg__hold(&plan->of_optim, wg__optim_holders(plan->optim), optim_gone, plan);
    wg__hold(&plan->of_tuning, o->tuning ? &o->tuning->holders : NULL, tuning_gone, plan);
    if (!plan->tape || !plan->known) {
        wg_plan_free(plan);
        return NULL;
    }
    plan->y = wg__var_of(plan->tape, y->node);
    return plan;
}

wg_plan *wg_plan_new(wg_var y, const wg_plan_options *options, wg_error *error)
{
    wg_error own = {0};
    wg_plan_options o = options ? *options : (wg_plan_options){0};
    error = error ? error : &own;
    if (check(y, &o, error) != WG_OK)
        return NULL;
    wg_plan *plan = new_plan(wg__engine_of(y.tape), &y, &o);
    if (!plan) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "plan: out of memory");
        return NULL;
    }
    wg_status status = wg__check_bounds(plan->tape, "plan");
    if (status == WG_OK)
        status = passes(plan, &o, error);
    else
        wg_error_set(error, status, "%s", plan->tape->message);
    if (status == WG_OK)
        status = prepare(plan, &o, error);
    if (status == WG_OK)
        return plan;
    wg_plan_free(plan);
    return NULL;
}

void wg_plan_free(wg_plan *plan)
{
    if (!plan)
        return;
    const wg_allocator memory = plan->memory;
    wg__let_go(&plan->of_optim);
    wg__let_go(&plan->of_tuning);
    wg__mem_free(&memory, plan->inputs, (plan->input_count + 1) * sizeof *plan->inputs);
    wg__arena_free(&plan->arena);
    wg__buffers_free(&plan->statistics);
    wg__plan_free_scalars(plan);
    wg__mem_free(&memory, plan->gradients, plan->gradient_capacity * sizeof *plan->gradients);
    wg__mem_free(&memory, plan->updates, plan->update_capacity * sizeof *plan->updates);
    wg__mem_free(&memory, plan->buffers, plan->buffer_capacity * sizeof *plan->buffers);
    wg__plan_list_free(plan);
    wg__mem_free(&memory, plan->known, plan->start);
    wg__plan_give_block(plan);
#ifdef WG_ONEDNN
    wg__onednn_free(plan->hints.library);
#endif
    if (plan->tape)
        wg_tape_free(&plan->tape->head);
    wg__mem_free(&memory, plan, sizeof *plan);
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
