/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* From the tape to the program: a value for each tensor, a call for each operation. Names for what is there
 * already (reshape, one of several results) are resolved here, once. */
#include "plan/plan.h"

#include <string.h>

typedef struct lowering {
    wg_passes *p;
    wg_program *program;
    wg_engine *tape;
    uint32_t *call_of; /* [nodes]: the call of an operation's node */
    bool good;
} lowering;

/* ---- Values ----------------------------------------------------------------------------------------- */

static uint32_t new_value(lowering *l, uint32_t node, const wg_result *result, wg_value_kind kind)
{
    uint32_t value = wg__program_value(l->program, &(wg_value){.kind = kind,
                                                       .dtype = result->dtype,
                                                       .shape = &result->shape,
                                                       .count = result->count,
                                                       .bytes = result->count * wg_dtype_size(result->dtype),
                                                       .node = node,
                                                       .data = result->data});
    l->good = l->good && value != WG_NONE;
    return value;
}

static void lower_leaf(lowering *l, uint32_t node, const wg_record *record)
{
    const wg_result *result = &record->result[0];
    bool constant = record->op == &wg__op_const;
    l->program->numbers[node] |= constant ? WG_NUMBER_CONSTANT : 0;
    if (result->scalar)
        return;
    uint32_t value = l->program->value_of[node] = new_value(l, node, result, WG_VALUE_GIVEN);
    if (value == WG_NONE)
        return;
    l->program->values[value].constant = constant;
    l->program->values[value].parameter = record->bound != NULL;
}

/* ---- Uses ------------------------------------------------------------------------------------------- */

static wg_use use_of(const lowering *l, uint32_t node)
{
    wg_view v = wg__view_of(l->tape, node);
    return (wg_use){.value = v.scalar ? WG_NONE : l->program->value_of[node],
        .node = node,
        .shape = v.shape,
        .number = v.scalar};
}

/* The node of result r: of several, each is one of its own, behind the operation's. */
static uint32_t node_of_result(const wg_record *record, size_t r)
{
    return record->results == 1 ? record->node : (uint32_t)(record->node + 1 + r);
}

static wg_use result_of(lowering *l, const wg_record *record, size_t r)
{
    const wg_result *result = &record->result[r];
    uint32_t node = node_of_result(record, r);
    wg_use use = {.value = WG_NONE, .node = node, .shape = &result->shape, .number = result->scalar};
    if (!result->scalar)
        use.value = l->program->value_of[node] = new_value(l, node, result, WG_VALUE_RESULT);
    return use;
}

/* ---- Calls ------------------------------------------------------------------------------------------ */

/* A call with room for its uses; false, and nothing, when there is no memory. */
static bool begin(lowering *l, wg_call *call, const wg_record *record, uint32_t in, uint32_t out)
{
    call->node = record->node;
    call->op = record->op;
    call->attr = record->attr;
    call->arity = (uint32_t)record->arity;
    call->results = (uint32_t)record->results;
    call->in = wg__program_uses(l->program, in);
    call->out = wg__program_uses(l->program, out);
    call->in_count = in;
    call->out_count = out;
    call->trained = record->training;
    l->good = l->good && call->in && call->out;
    return l->good;
}

static wg_call *end(lowering *l, const wg_call *call)
{
    uint32_t k = wg__program_call(l->program, call);
    l->good = l->good && k != WG_NONE;
    return l->good ? &l->program->calls[k] : NULL;
}

static bool all_numbers(const wg_call *call)
{
    for (size_t i = 0; i < call->in_count; i++)
        if (!call->in[i].number)
            return false;
    return call->out_count == 1 && call->out[0].number;
}

static void lower_forward(lowering *l, const wg_record *record)
{
    wg_call call = {.kind = WG_CALL_FORWARD};
    if (!begin(l, &call, record, (uint32_t)record->arity, (uint32_t)record->results))
        return;
    for (size_t i = 0; i < record->arity; i++)
        call.in[i] = use_of(l, record->args[i]);
    for (size_t r = 0; r < record->results; r++)
        call.out[r] = result_of(l, record, r);
    if (record->op->traits & WG_OP_ALIAS)
        call.kind = WG_CALL_COPY;
    else if (record->op->scalar && record->arity <= 3 && all_numbers(&call))
        call.kind = WG_CALL_NUMBER;
    wg_call *made = end(l, &call);
    if (made)
        l->call_of[record->node] = (uint32_t)(made - l->program->calls);
    for (size_t i = 0; made && i < WG_MAX_KEEP; i++)
        if (record->keep_bytes[i]) {
            made->kept[i] = wg__program_value(l->program,
                &(wg_value){.kind = WG_VALUE_KEPT, .bytes = record->keep_bytes[i], .node = record->node});
            l->good = l->good && made->kept[i] != WG_NONE;
        }
}

/* "Gradient of X": operands x, y and g of the record in the order of a gradient's call. */
static void lower_gradient(lowering *l, const wg_record *record)
{
    const wg_record *of = wg__record_of(l->tape, wg__gradient_node(record));
    size_t n = of->arity, m = of->results;
    wg_call call = {.kind = WG_CALL_GRADIENT};
    bool sum = wg__gradient_sum(record) != SIZE_MAX;
    if (!begin(l, &call, of, (uint32_t)(n + 2 * m + sum), (uint32_t)n))
        return;
    for (size_t i = 0; i < record->arity; i++) {
        size_t at = wg__gradient_place(record, i);
        call.in[at] = use_of(l, record->args[i]);
        if (!wg__gradient_reads(record, i)) {
            call.in[at].value = WG_NONE;
            call.in[at].number = false;
        }
    }
    for (size_t i = 0, r = 0; i < n; i++)
        if (wg__gradient_wants(record, i))
            call.out[i] = result_of(l, record, r++);
    call.trained = record->training;
    wg_call *made = end(l, &call);
    const uint32_t forward = l->call_of[of->node];
    if (made && forward != WG_NONE)
        memcpy(made->kept, l->program->calls[forward].kept, sizeof made->kept);
}

/* A node that is one more step of the program of numbers that the last call is. */
static void lower_step(lowering *l, uint32_t node)
{
    wg_program *p = l->program;
    bool open = p->call_count && p->calls[p->call_count - 1].kind == WG_CALL_STEPS;
    if (!open)
        end(l, &(wg_call){.kind = WG_CALL_STEPS, .node = node, .first_step = (uint32_t)p->step_count});
    l->good = l->good && wg__program_step(p, node);
}

static bool is_alias(const wg_engine *t, const wg_record *record)
{
    return record->op->traits & WG_OP_ALIAS && !record->result[0].scalar &&
           !wg__view_of(t, record->args[0]).scalar;
}

static void lower_node(lowering *l, uint32_t node)
{
    wg_program *p = l->program;
    const wg_record *record = wg__record_of(l->tape, node);
    bool computed = record ? record->arity > 0 : wg__operand_count(wg__code(l->tape, node)) > 0;
    if (record && !computed)
        lower_leaf(l, node, record);
    else if (!computed)
        p->numbers[node] |= wg__code(l->tape, node) == WG_CODE_const ? WG_NUMBER_CONSTANT : 0;
    else if (!record || l->p->plan->only_scalars)
        lower_step(l, node);
    else if (record->op == &wg__op_projection)
        return; /* its operation made it */
    else if (is_alias(l->tape, record))
        p->value_of[node] = p->value_of[record->args[0]];
    else if (record->op == &wg__op_gradient)
        lower_gradient(l, record);
    else
        lower_forward(l, record);
}

/* Room for all at once, rather than twice as much again and again. */
static bool reserve(wg_program *p, const wg_engine *t)
{
    size_t values = 0;
    for (size_t i = 0; i < t->record_count; i++) {
        values += t->records[i]->results;
        for (size_t k = 0; k < WG_MAX_KEEP; k++)
            values += t->records[i]->keep_bytes[k] != 0;
    }
    return wg__mem_reserve(&p->memory, (void **)&p->values, &p->value_capacity, values, sizeof *p->values) &&
           wg__mem_reserve(
               &p->memory, (void **)&p->calls, &p->call_capacity, t->record_count + 1, sizeof *p->calls);
}

wg_status wg__pass_lower(wg_passes *p)
{
    wg_program *program = p->program;
    size_t nodes = p->tape->head.count;
    program->value_of = wg__mem_new(&program->memory, nodes * sizeof *program->value_of);
    program->nodes = program->value_of ? nodes : 0;
    program->numbers = program->value_of ? wg__mem_zero(&program->memory, nodes) : NULL;
    lowering l = {p, program, p->tape, wg__mem_new(&program->memory, nodes * sizeof(uint32_t)), true};
    l.good = program->numbers && l.call_of && reserve(program, p->tape);
    if (l.good) {
        memset(program->value_of, 0xff, nodes * sizeof *program->value_of);
        memset(l.call_of, 0xff, nodes * sizeof *l.call_of);
    }
    for (uint32_t node = 0; l.good && node < nodes; node++)
        lower_node(&l, node);
    wg__mem_free(&program->memory, l.call_of, nodes * sizeof(uint32_t));
    if (!l.good)
        return wg__pass_no_memory(p);
    wg__program_settle(program);
    return WG_OK;
}
