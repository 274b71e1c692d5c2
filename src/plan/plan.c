/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A plan's life: the passes one after the other; asking it. */
#include "plan/plan.h"
#include "kernels/onednn.h"
#include "kernels/tuning.h"
#include "scalars/scalars.h"

#include <string.h>

/* Result i, from 0: has it a seed of its shape, or one element? */
static wg_status check_result(wg_var y, const wg_plan_options *o, size_t i, wg_error *error)
{
    wg_var result = i ? o->also[i - 1] : y, seed = o->seeds ? o->seeds[i] : (wg_var){0};
    char ours[192], theirs[192];
    if (wg_dtype_of(result) == WG_I32)
        return wg_error_set(
            error, WG_BAD_DTYPE, "plan: result %zu is of integers, which have no gradient", i);
    if (!seed.tape && wg_count_of(result) != 1)
        return wg_error_set(error, WG_NOT_SCALAR,
            "plan: result %zu has %zu elements: seed it, sum it, or plan the forward pass", i,
            wg_count_of(result));
    if (seed.tape && (seed.tape != y.tape || !wg_is_valid(seed)))
        return wg_error_set(error, WG_INVALID, "plan: seed %zu is no live var of this tape", i);
    wg_shape of_result = wg_shape_of(result), of_seed = wg_shape_of(seed);
    if (seed.tape && (!wg_shape_equal(&of_result, &of_seed) || wg_dtype_of(seed) != wg_dtype_of(result)))
        return wg_error_set(error, WG_BAD_SHAPE, "plan: seed %zu is %s, its result %s", i,
            wg_shape_text(&of_seed, theirs, sizeof theirs), wg_shape_text(&of_result, ours, sizeof ours));
    return WG_OK;
}

static wg_status check(wg_var y, const wg_plan_options *o, wg_error *error)
{
    wg_engine *t = wg__engine_of(y.tape);
    if (error && error->status != WG_OK)
        return error->status;
    if (t && t->status != WG_OK)
        return wg_error_set(error, t->status, "plan: %s", t->message);
    if (!t || !wg__alive(t, y))
        return wg_error_set(error, WG_INVALID, "plan: there is no live var to plan for");
    if (t->options.own_grads && o->optim)
        return wg_error_set(error, WG_INVALID,
            "plan: an optimiser takes gradients from the store, and this tape has its own");
    if (o->keep_count && !o->keep)
        return wg_error_set(error, WG_INVALID, "plan: keep_count is %zu, without vars", o->keep_count);
    if (o->also_count && !o->also)
        return wg_error_set(error, WG_INVALID, "plan: also_count is %zu, without vars", o->also_count);
    for (size_t i = 0; i < o->also_count; i++)
        if (o->also[i].tape != y.tape || !wg__alive(t, o->also[i]))
            return wg_error_set(error, WG_INVALID, "plan: result %zu is no live var of this tape", i + 1);
    for (size_t i = 0; i < o->keep_count; i++)
        if (o->keep[i].tape != y.tape || !wg__alive(t, o->keep[i]))
            return wg_error_set(error, WG_INVALID, "plan: var %zu to be kept is none of this tape", i);
    if (o->forward && o->optim)
        return wg_error_set(error, WG_INVALID, "plan: a forward pass has nothing for an optimiser");
    if (o->bf16 && t->options.dtype != WG_F32)
        return wg_error_set(error, WG_BAD_DTYPE, "plan: bf16 is for a tape of floats, and this is one of %s",
            wg_dtype_name(t->options.dtype));
    if (o->optim && wg_optim_status(o->optim) != WG_OK)
        return wg_error_set(error, wg_optim_status(o->optim), "plan: %s", wg_optim_message(o->optim));
    wg_status status = WG_OK;
    for (size_t i = 0; i <= o->also_count && !o->forward && status == WG_OK; i++)
        status = check_result(y, o, i, error);
    return status;
}

/* What the runs need beside the program. Without the library, our own loops do its work. */
static wg_status prepare(wg_passes *p)
{
    wg_plan *plan = p->plan;
    if (plan->optim && !wg__buffers_keep(&plan->statistics, wg_optim_params(plan->optim)))
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for a copy of the buffers");
    if (plan->optim && wg_optim_prepare(plan->optim) != WG_OK)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for the optimiser's moments");
    if (plan->optim)
        plan->arrays = wg_params_count(wg_optim_params(plan->optim));
#ifdef WG_ONEDNN
    if (plan->hints.bf16 && wg__onednn_has_bf16())
        plan->hints.library = wg__onednn_new(&plan->memory);
#endif
    wg__blocks_trim(&plan->tape->blocks);
    return WG_OK;
}

/* What can be read: what was given, always; what is kept, after a good run. */
static void find_known(const wg_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    for (uint32_t node = 0; node < plan->start; node++) {
        const wg_record *record = wg__record_of(t, node);
        plan->known[node] = record ? record->arity == 0 : wg__operand_count(wg__code(t, node)) == 0;
    }
    plan->known[plan->y] = 1;
    for (size_t i = 0; i < p->options->also_count; i++)
        plan->known[p->options->also[i].node] = 1;
    for (size_t i = 0; i < p->options->keep_count; i++)
        plan->known[p->options->keep[i].node] = 1;
}

/* What a run reads, and may find without a value. */
static wg_status find_inputs(wg_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < plan->tape->record_count; i++) {
        const wg_record *record = plan->tape->records[i];
        uint32_t value = plan->program.value_of[record->node];
        bool read = value == WG_NONE
                        ? plan->program.numbers[record->node] & WG_NUMBER_NEEDED
                        : plan->program.values[value].readers || plan->program.values[value].asked;
        if (record->op != &wg__op_input || !read)
            continue;
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->inputs, &plan->input_capacity,
                plan->input_count + 1, sizeof *plan->inputs))
            return wg__pass_no_memory(p);
        plan->inputs[plan->input_count++] = record->node;
    }
    return WG_OK;
}

static wg_status make(wg_plan *plan, const wg_plan_options *options, wg_error *error)
{
    wg_passes p = {plan, &plan->program, plan->tape, options, error};
    wg_status status = wg__check_bounds(plan->tape, "plan");
    if (status != WG_OK)
        return wg_error_set(error, status, "%s", plan->tape->message);
    status = prepare(&p);
    if (status == WG_OK)
        status = wg__passes_run(&p);
    if (status == WG_OK)
        status = find_inputs(&p);
    if (status == WG_OK)
        find_known(&p);
    return status;
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
        .own_grads = t->options.own_grads,
        .profile = o->profile,
        .hints = {.bf16 = o->bf16, .tuning = o->tuning},
        .gradients_stay = o->gradients,
        .start = t->head.count,
        .tape = copy_of(t),
        .known = wg__mem_zero(&t->hook, t->head.count)};
    plan->program.memory = plan->memory;
    plan->program.arena.memory = &plan->program.memory;
    plan->statistics.memory = plan->memory;
    plan->frame.tape = plan->tape;
    wg__hold(&plan->of_optim, wg__optim_holders(plan->optim), optim_gone, plan);
    wg__hold(&plan->of_tuning, o->tuning ? &o->tuning->holders : NULL, tuning_gone, plan);
    if (!plan->tape || !plan->known) {
        wg_plan_free(plan);
        return NULL;
    }
    plan->y = y->node;
    plan->hints.work = &plan->work;
    plan->frame.op.hints = &plan->hints;
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
    wg_status status = make(plan, &o, error);
    if (status == WG_OK)
        return plan;
    wg_plan_free(plan);
    return NULL;
}

static void free_scalars(wg_plan *plan)
{
    for (size_t k = 0; k < plan->program.call_count; k++)
        if (plan->program.calls[k].kind == WG_CALL_STEPS)
            wg__scalars_free(plan->program.calls[k].scalars);
}

void wg_plan_free(wg_plan *plan)
{
    if (!plan)
        return;
    const wg_allocator memory = plan->memory;
    wg__let_go(&plan->of_optim);
    wg__let_go(&plan->of_tuning);
    free_scalars(plan);
    wg__program_free(&plan->program, plan->tape);
    wg__buffers_free(&plan->statistics);
    wg__mem_free(&memory, plan->inputs, plan->input_capacity * sizeof *plan->inputs);
    wg__mem_free(&memory, plan->gradients, plan->gradient_capacity * sizeof *plan->gradients);
    wg__mem_free(&memory, plan->updates, plan->update_capacity * sizeof *plan->updates);
    wg__mem_free(&memory, (void *)plan->stores, plan->store_capacity * sizeof *plan->stores);
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
