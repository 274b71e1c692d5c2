/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Without what nothing needs: what a call reads is needed if the call is. Who reads a value comes after who
 * writes it, so one pass from the end to the beginning sees everything. Updates of state and guards are always
 * needed. */
#include "plan/plan.h"

#include <string.h>

typedef struct needs {
    const wg_passes *p;
    wg_program *program;
    uint8_t *value; /* [values]: is needed */
} needs;

static void need_value(void *user, uint32_t value)
{
    needs *n = user;
    n->value[value] = 1;
}

static void need_number(const needs *n, uint32_t node)
{
    n->program->numbers[node] |= WG_NUMBER_NEEDED;
}

/* From outside, after a run. */
static void ask(const needs *n, uint32_t node)
{
    uint32_t value = n->program->value_of[node];
    if (value == WG_NONE) {
        n->program->numbers[node] |= WG_NUMBER_NEEDED | WG_NUMBER_READ;
    } else {
        n->value[value] = 1;
        n->program->values[value].asked++;
    }
}

/* Results that are read by their vars. A parameter's gradient is needed, too, but read in the store. */
static void ask_all(const needs *n)
{
    const wg_plan *plan = n->p->plan;
    ask(n, plan->y);
    for (size_t i = 0; i < n->p->options->also_count; i++)
        ask(n, n->p->options->also[i].node);
    for (size_t i = 0; i < n->p->options->keep_count; i++)
        ask(n, n->p->options->keep[i].node);
    for (size_t i = 0; i < plan->gradient_count; i++)
        ask(n, plan->gradients[i].node);
}

static bool is_always_needed(const wg_call *call)
{
    return call->kind == WG_CALL_FORWARD && (call->op->traits & WG_OP_EFFECT || call->op == &wg__op_guard);
}

/* A gradient that nobody needs is not computed, though its neighbours are. */
static bool is_needed(const needs *n, wg_call *call)
{
    bool needed = is_always_needed(call);
    for (size_t r = 0; r < call->out_count; r++) {
        wg_use *out = &call->out[r];
        bool read = out->number ? n->program->numbers[out->node] & WG_NUMBER_NEEDED
                                : out->value != WG_NONE && n->value[out->value];
        if (!read && call->kind == WG_CALL_GRADIENT) {
            out->value = WG_NONE;
            out->number = false;
        }
        needed = needed || read;
    }
    for (size_t i = 0; call->kind == WG_CALL_FORWARD && i < WG_MAX_KEEP; i++)
        needed = needed || (call->kept[i] != WG_NONE && n->value[call->kept[i]]);
    return needed;
}

static void need_numbers(const needs *n, const wg_call *call)
{
    for (size_t i = 0; i < call->in_count; i++)
        if (call->in[i].number)
            need_number(n, call->in[i].node);
}

/* Of bare steps those that are needed; the others leave the list. */
static void look_at_steps(const needs *n, wg_call *call)
{
    uint32_t *steps = n->program->steps + call->first_step, kept = call->steps;
    for (uint32_t i = call->steps; i-- > 0;) {
        uint32_t node = steps[i], operand[2];
        const wg_engine *t = n->p->tape;
        const wg_record *record = wg__record_of(t, node);
        bool always = record && record->op == &wg__op_guard;
        if (!always && !(n->program->numbers[node] & WG_NUMBER_NEEDED))
            continue;
        steps[--kept] = node;
        size_t count = record ? record->arity : wg__operand_count(wg__code(t, node));
        operand[0] = t->head.steps[node].a;
        operand[1] = t->head.steps[node].b;
        for (size_t j = 0; j < count; j++)
            need_number(n, record ? record->args[j] : operand[j]);
    }
    call->first_step += kept;
    call->steps -= kept;
}

static void look_at_all(needs *n)
{
    wg_program *program = n->program;
    ask_all(n);
    for (size_t k = program->call_count; k-- > 0;) {
        wg_call *call = &program->calls[k];
        if (call->kind == WG_CALL_STEPS) {
            look_at_steps(n, call);
            if (call->steps == 0)
                call->kind = WG_CALL_GONE;
        } else if (is_needed(n, call)) {
            wg__call_reads(call, need_value, n);
            need_numbers(n, call);
        } else {
            call->kind = WG_CALL_GONE;
        }
    }
}

wg_status wg__pass_dead(wg_passes *p)
{
    needs n = {p, p->program, wg__mem_zero(&p->program->memory, p->program->value_count + 1)};
    if (!n.value)
        return wg__pass_no_memory(p);
    for (size_t v = 0; v < p->program->value_count; v++)
        p->program->values[v].asked = 0;
    for (size_t node = 0; node < p->program->nodes; node++)
        p->program->numbers[node] &= (uint8_t) ~(WG_NUMBER_NEEDED | WG_NUMBER_READ);
    look_at_all(&n);
    wg__mem_free(&p->program->memory, n.value, p->program->value_count + 1);
    wg__program_settle(p->program);
    return WG_OK;
}
