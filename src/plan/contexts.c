/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every call made ready to run: what its functions see, and where everything lies. */
#include <string.h>
#include "kernels/lanes.h"
#include "plan/ready.h"

/* ---- What is known without memory -------------------------------------------------------------------- */

static bool has_numbers(const wg_call *call)
{
    bool some = false;
    for (size_t i = 0; i < call->in_count; i++)
        some = some || call->in[i].number;
    for (size_t i = 0; i < call->out_count; i++)
        some = some || call->out[i].number;
    return some;
}

/* The arrays of a context, in one piece. */
static wg_ready *new_ready(wg_plan *plan, const wg_call *call)
{
    wg_arena *arena = &plan->program.arena;
    size_t n = call->arity, m = call->results,
           uses = has_numbers(call) ? call->in_count + call->out_count : 0;
    wg_ready *r = wg__arena_take(arena, sizeof *r);
    char *at = wg__arena_take(arena, n * (sizeof(wg_var) + sizeof(wg_shape *) + 2 * sizeof(void *)) +
                                         m * (sizeof(wg_var) + 2 * sizeof(void *)) +
                                         uses * (sizeof(wg_slot) + 2 * sizeof(wg_passed)) +
                                         (n + m) * sizeof(wg_dtype) + n);
    if (!r || !at)
        return NULL;
    *r = (wg_ready){0};
    r->op.arg = (wg_var *)(void *)at;
    r->result = (wg_var *)(void *)(at += n * sizeof(wg_var));
    r->op.in_shape = (const wg_shape *const *)(void *)(at += m * sizeof(wg_var));
    r->op.in = (const void *const *)(void *)(at += n * sizeof(wg_shape *));
    r->op.grad_in = (void *const *)(void *)(at += n * sizeof(void *));
    r->op.out = (void *const *)(void *)(at += n * sizeof(void *));
    r->op.upstream = (const void *const *)(void *)(at += m * sizeof(void *));
    r->slots = (wg_slot *)(void *)(at += m * sizeof(void *));
    r->loaded = (wg_passed *)(void *)(at += uses * sizeof(wg_slot));
    r->stored = (wg_passed *)(void *)(at += uses * sizeof(wg_passed));
    r->op.in_dtype = (wg_dtype *)(void *)(at += uses * sizeof(wg_passed));
    r->op.out_dtype = (wg_dtype *)(void *)(at += n * sizeof(wg_dtype));
    r->op.wanted = (bool *)(void *)(at + m * sizeof(wg_dtype));
    return r;
}

/* The arrays are the plan's own, and constant only for operations. */
#define OWN(type, pointer) ((type *)(uintptr_t)(pointer))

static bool set_operands(wg_plan *plan, const wg_call *call, wg_ready *r)
{
    wg_engine *t = plan->tape;
    const wg_shape **in_shape = OWN(const wg_shape *, r->op.in_shape);
    if (call->lanes & WG_LANES_FOLDED && !r->folded &&
        !(r->folded = wg__arena_take(&plan->program.arena, call->arity * sizeof *r->folded)))
        return false;
    r->op.dtype = t->options.dtype;
    for (size_t i = call->arity; i-- > 0;) {
        const wg_use *use = &call->in[i];
        wg_view v = wg__view_of(t, use->node);
        OWN(wg_var, r->op.arg)[i] = wg__var_of(t, use->node);
        OWN(wg_dtype, r->op.in_dtype)[i] = v.dtype;
        OWN(bool, r->op.wanted)[i] = call->kind == WG_CALL_GRADIENT && wg__use_reads(&call->out[i]);
        in_shape[i] = use->shape;
        if (call->lanes & WG_LANES_FOLDED) {
            r->folded[i] = wg__call_shape(call, WG_LANES_OPERAND(i), use->shape);
            in_shape[i] = &r->folded[i];
        }
        if (!v.scalar && v.dtype != WG_I32)
            r->op.dtype = v.dtype; /* of the first one in the end */
    }
    return true;
}

/* The shapes of one result that lies as everybody sees it are the record's. */
static bool set_shapes(wg_plan *plan, const wg_call *call, wg_ready *r, wg_record *record)
{
    r->op.out_shape = &record->result[0].shape;
    if (call->results == 1 && !(call->lanes & WG_LANES_FOLDED))
        return true;
    if (!r->shapes && !(r->shapes = wg__arena_take(&plan->program.arena, call->results * sizeof *r->shapes)))
        return false;
    for (size_t i = 0; i < call->results; i++)
        r->shapes[i] = wg__call_shape(call, WG_LANES_RESULT(i), &record->result[i].shape);
    r->op.out_shape = r->shapes;
    return true;
}

static bool set_results(wg_plan *plan, const wg_call *call, wg_ready *r)
{
    wg_record *record = wg__record_of(plan->tape, call->node);
    for (size_t i = 0; i < call->results; i++) {
        uint32_t node = (uint32_t)(call->node + (call->results > 1 ? 1 + i : 0));
        r->op.out_dtype[i] = record->result[i].dtype;
        r->result[i] = node < plan->tape->head.count
                           ? wg__var_of(plan->tape, node)
                           : (wg_var){.tape = &plan->tape->head, .node = WG_NO_NODE};
    }
    r->op.result = r->result;
    r->op.count = record->result[0].count;
    r->op.random.ordinal = record->ordinal;
    memcpy(r->op.keep_bytes, record->keep_bytes, sizeof r->op.keep_bytes);
    return set_shapes(plan, call, r, record);
}

/* Stands for sums that have no memory yet: an operation that finds them there works in less. */
static const double made_elsewhere;

wg_op_context *wg__call_context(wg_plan *plan, wg_call *call)
{
    if (!call->ready && !(call->ready = new_ready(plan, call)))
        return NULL;
    wg_ready *r = call->ready;
    r->op.op = call->op;
    r->op.tape = &plan->tape->head;
    r->op.attr = call->attr;
    r->op.arity = call->arity;
    r->op.results = call->results;
    r->op.training = call->trained;
    r->op.threads = plan->tape->threads;
    r->op.random.seed = plan->tape->options.seed;
    r->op.backward = call->kind == WG_CALL_GRADIENT;
    r->op.engine = &plan->frame;
    r->hints = plan->hints;
    r->hints.lanes = call->lanes ? wg__lanes() : 0;
    r->hints.epilogue = call->maps ? &call->maps->epilogue : NULL;
    r->hints.sums = call->sums != WG_NONE ? &made_elsewhere : NULL;
    r->op.hints = &r->hints;
    return set_operands(plan, call, r) && set_results(plan, call, r) ? &r->op : NULL;
}

/* ---- Where things lie --------------------------------------------------------------------------------- */

/* Of a number that is loaded or stored: its step, or a slot that stands for it. */
static void *number(wg_plan *plan, wg_ready *r, const wg_use *use, size_t which, bool stored)
{
    bool wide = stored && r->op.op->traits & WG_OP_WIDE_RESULT && !r->op.backward;
    if (r->op.dtype != WG_F32 || wide)
        return &plan->tape->head.steps[use->node].value;
    wg_slot *slot = &r->slots[which];
    if (stored)
        r->stored[r->stored_count++] = (wg_passed){use->node, slot};
    else
        r->loaded[r->loaded_count++] = (wg_passed){use->node, slot};
    return slot;
}

/* What is not read is somewhere, too: kernels may reckon with its address. */
static void *place(wg_plan *plan, wg_ready *r, const wg_use *use, size_t which, bool stored)
{
    if (use->number)
        return number(plan, r, use, which, stored);
    return use->value != WG_NONE ? plan->program.values[use->value].data : plan->block;
}

static void point(wg_plan *plan, const wg_call *call, wg_ready *r)
{
    size_t n = call->arity, m = call->results;
    const void **in = OWN(const void *, r->op.in), **upstream = OWN(const void *, r->op.upstream);
    void **out = OWN(void *, r->op.out), **grad_in = OWN(void *, r->op.grad_in);
    r->loaded_count = r->stored_count = 0;
    for (size_t i = 0; i < n; i++)
        in[i] = place(plan, r, &call->in[i], i, false);
    for (size_t j = 0; j < m && call->kind == WG_CALL_FORWARD; j++) {
        out[j] = place(plan, r, &call->out[j], n + j, true);
        upstream[j] = NULL;
    }
    if (call->kind == WG_CALL_FORWARD)
        return;
    for (size_t j = 0; j < m; j++) {
        const wg_use *g = &call->in[n + m + j];
        out[j] = place(plan, r, &call->in[n + j], n + j, false);
        upstream[j] = wg__use_reads(g) ? place(plan, r, g, n + m + j, false) : NULL;
    }
    for (size_t i = 0; i < n; i++)
        grad_in[i] = wg__use_reads(&call->out[i]) ? place(plan, r, &call->out[i], n + 2 * m + i, true) : NULL;
}

/* ---- Maps --------------------------------------------------------------------------------------------- */

static void point_operand(const wg_program *p, wg_chain_operand *operand, const wg_use *use)
{
    if (use->value != WG_NONE && operand->kind != WG_CHAIN_VALUE)
        operand->data = p->values[use->value].data;
}

static void point_maps(const wg_plan *plan, wg_call *call)
{
    wg_maps *maps = call->maps;
    const wg_program *p = &plan->program;
    for (size_t s = 0; s < maps->chain.steps; s++) {
        wg_chain_step *step = &maps->chain.step[s];
        const wg_map *map = &maps->map[s];
        point_operand(p, &step->in[0], &map->in[0]);
        point_operand(p, &step->in[1], &map->in[1]);
        point_operand(p, &step->y, &map->y);
        point_operand(p, &step->g, &map->g);
    }
    const wg_value *result = &p->values[wg__call_result(call)->value];
    maps->result = result->data;
    if (maps->pieces) {
        maps->sum = p->values[maps->sums].data;
        maps->done = (bool *)(maps->sum + maps->pieces->count * maps->pieces->width);
    }
}

bool wg__call_prepare(wg_plan *plan, wg_call *call)
{
    const wg_program *p = &plan->program;
    if (call->maps)
        point_maps(plan, call);
    if (call->kind != WG_CALL_FORWARD && call->kind != WG_CALL_GRADIENT)
        return true;
    if (!call->ready && !wg__call_context(plan, call)) /* of a constant; for others it is filled in */
        return false;
    wg_ready *r = call->ready;
    point(plan, call, r);
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        r->op.keep[i] = call->kept[i] != WG_NONE ? p->values[call->kept[i]].data : NULL;
    if (call->sums != WG_NONE)
        r->hints.sums = p->values[call->sums].data;
    return true;
}

/* ---- The pass ----------------------------------------------------------------------------------------- */

static bool is_operation(const wg_call *call)
{
    return call->kind == WG_CALL_FORWARD || call->kind == WG_CALL_GRADIENT;
}

static bool fill_in(wg_plan *plan)
{
    for (size_t k = 0; k < plan->program.call_count; k++)
        if (is_operation(&plan->program.calls[k]) && !wg__call_context(plan, &plan->program.calls[k]))
            return false;
    wg__updates_attach(plan);
    return true;
}

/* The most that a call works in. */
static void measure_work(wg_plan *plan)
{
    for (size_t k = 0; k < plan->program.call_count; k++) {
        const wg_call *call = &plan->program.calls[k];
        size_t bytes = wg__maps_work(plan, call);
        if (is_operation(call) && call->op->workspace)
            bytes = call->op->workspace(&call->ready->op);
        if (bytes > plan->sizes.workspace)
            plan->sizes.workspace = bytes;
    }
}

static void place_values(wg_plan *plan)
{
    wg_program *p = &plan->program;
    for (uint32_t i = 0; i < p->value_count; i++) {
        wg_value *v = &p->values[i];
        if (v->kind != WG_VALUE_GIVEN)
            v->data = v->outside ? v->outside : plan->block + p->values[wg__value_root(p, i)].offset;
    }
}

/* What may be read after a run is what the tape's functions read. */
static void publish(wg_plan *plan)
{
    const wg_program *p = &plan->program;
    for (uint32_t node = 0; node < p->nodes; node++) {
        uint32_t value = p->value_of[node];
        wg_record *record = wg__record_of(plan->tape, node);
        if (!record)
            continue;
        if (value != WG_NONE && p->values[value].asked)
            record->result[0].data = p->values[value].data;
        if (record->arity &&
            (value != WG_NONE ? p->values[value].asked != 0 : (p->numbers[node] & WG_NUMBER_READ) != 0))
            record->valued = true; /* plan->good says when */
    }
}

wg_status wg__pass_contexts(wg_passes *p)
{
    wg_plan *plan = p->plan;
    if (!fill_in(plan))
        return wg__pass_no_memory(p);
    measure_work(plan);
    wg_status status = wg__plan_take_block(p);
    if (status != WG_OK)
        return status;
    place_values(plan);
    for (size_t k = 0; k < p->program->call_count; k++)
        if (!wg__call_prepare(plan, &p->program->calls[k]))
            return wg__pass_no_memory(p);
    publish(plan);
    return wg__plan_count_bytes(p);
}
