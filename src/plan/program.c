/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The program's arrays, and what can be asked of one call. */
#include "plan/program.h"

#include <string.h>
#include "kernels/lanes.h"

/* ---- The arrays ------------------------------------------------------------------------------------- */

uint32_t wg__program_value(wg_program *p, const wg_value *value)
{
    if (p->value_count >= WG_NONE || !wg__mem_reserve(&p->memory, (void **)&p->values, &p->value_capacity,
                                         p->value_count + 1, sizeof *p->values))
        return WG_NONE;
    wg_value *v = &p->values[p->value_count];
    *v = *value;
    v->maker = v->over = WG_NONE;
    return (uint32_t)p->value_count++;
}

uint32_t wg__program_call(wg_program *p, const wg_call *call)
{
    if (p->call_count >= WG_NONE || !wg__mem_reserve(&p->memory, (void **)&p->calls, &p->call_capacity,
                                        p->call_count + 1, sizeof *p->calls))
        return WG_NONE;
    wg_call *c = &p->calls[p->call_count];
    *c = *call;
    c->sums = WG_NONE;
    memset(c->kept, 0xff, sizeof c->kept);
    return (uint32_t)p->call_count++;
}

bool wg__program_step(wg_program *p, uint32_t node)
{
    if (!wg__mem_reserve(
            &p->memory, (void **)&p->steps, &p->step_capacity, p->step_count + 1, sizeof *p->steps))
        return false;
    p->steps[p->step_count++] = node;
    p->calls[p->call_count - 1].steps++;
    return true;
}

wg_use *wg__program_uses(wg_program *p, size_t count)
{
    wg_use *uses = wg__arena_take(&p->arena, count * sizeof *uses);
    for (size_t i = 0; uses && i < count; i++)
        uses[i] = (wg_use){.value = WG_NONE, .node = WG_NO_NODE};
    return uses;
}

void wg__program_free(wg_program *p, wg_engine *t)
{
    for (size_t i = 0; t && i < p->value_count; i++)
        wg__block_give(&t->blocks, p->values[i].block);
    wg__mem_free(&p->memory, p->values, p->value_capacity * sizeof *p->values);
    wg__mem_free(&p->memory, p->calls, p->call_capacity * sizeof *p->calls);
    wg__mem_free(&p->memory, p->steps, p->step_capacity * sizeof *p->steps);
    wg__mem_free(&p->memory, p->value_of, p->nodes * sizeof *p->value_of);
    wg__mem_free(&p->memory, p->numbers, p->nodes);
    wg__arena_free(&p->arena);
}

/* ---- Readers and makers ----------------------------------------------------------------------------- */

void wg__call_reads(const wg_call *call, void (*visit)(void *user, uint32_t value), void *user)
{
    for (size_t i = 0; i < call->in_count; i++)
        if (call->in[i].value != WG_NONE)
            visit(user, call->in[i].value);
    for (size_t s = 0; call->maps && s < call->maps->chain.steps; s++) {
        const wg_map *m = &call->maps->map[s];
        const uint32_t read[] = {m->in[0].value, m->in[1].value, m->y.value, m->g.value};
        for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
            if (read[i] != WG_NONE)
                visit(user, read[i]);
    }
    for (size_t i = 0; call->kind == WG_CALL_GRADIENT && i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE)
            visit(user, call->kept[i]);
    if (call->sums != WG_NONE)
        visit(user, call->sums);
}

static void count_reader(void *user, uint32_t value)
{
    wg_program *p = user;
    p->values[value].readers++;
}

static void set_makers(wg_program *p, uint32_t k)
{
    const wg_call *call = &p->calls[k];
    for (size_t r = 0; r < call->out_count; r++)
        if (call->out[r].value != WG_NONE)
            p->values[call->out[r].value].maker = k;
    for (size_t i = 0; call->kind == WG_CALL_FORWARD && i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE)
            p->values[call->kept[i]].maker = k;
    if (call->maps && call->maps->pieces)
        p->values[call->maps->sums].maker = k;
}

void wg__program_settle(wg_program *p)
{
    size_t count = 0;
    for (size_t k = 0; k < p->call_count; k++)
        if (p->calls[k].kind != WG_CALL_GONE)
            p->calls[count++] = p->calls[k];
    p->call_count = count;
    for (size_t v = 0; v < p->value_count; v++) {
        p->values[v].readers = 0;
        p->values[v].maker = WG_NONE;
    }
    for (uint32_t k = 0; k < count; k++) {
        wg__call_reads(&p->calls[k], count_reader, p);
        set_makers(p, k);
    }
}

/* ---- One call --------------------------------------------------------------------------------------- */

wg_use *wg__call_result(const wg_call *call)
{
    size_t r = 0;
    while (call->kind == WG_CALL_GRADIENT && r + 1 < call->out_count && !wg__use_reads(&call->out[r]))
        r++;
    return &call->out[r];
}

int wg__call_towards(const wg_call *call)
{
    int towards = -1;
    for (size_t i = 0; call->kind == WG_CALL_GRADIENT && i < call->out_count; i++)
        if (wg__use_reads(&call->out[i])) {
            if (towards >= 0)
                return -1;
            towards = (int)i;
        }
    return towards;
}

unsigned wg__call_in_bit(const wg_call *call, size_t i)
{
    if (i < call->arity)
        return i < 8 ? WG_LANES_OPERAND(i) : 0;
    if (i == call->arity + 2 * (size_t)call->results)
        return WG_LANES_OPERAND(0); /* the sum so far */
    return WG_LANES_RESULT((i - call->arity) % call->results);
}

unsigned wg__call_out_bit(const wg_call *call, size_t r)
{
    if (call->kind == WG_CALL_GRADIENT)
        return r < 8 ? WG_LANES_OPERAND(r) : 0;
    return WG_LANES_RESULT(r);
}

wg_shape wg__call_shape(const wg_call *call, unsigned bit, const wg_shape *shape)
{
    size_t lanes = wg__lanes();
    if (!(call->lanes & WG_LANES_FOLDED) || !(call->lanes & bit))
        return *shape;
    return WG_SHAPE(shape->dim[0] / lanes, shape->dim[1], shape->dim[2], shape->dim[3] * lanes);
}

bool wg__call_produces(const wg_program *p, const wg_call *call)
{
    bool forward = call->kind == WG_CALL_FORWARD;
    if (!forward && call->kind != WG_CALL_GRADIENT)
        return false;
    for (size_t r = 0; r < call->out_count; r++)
        if (call->out[r].number)
            return false;
    const wg_use *result = wg__call_result(call);
    if (result->value == WG_NONE || p->values[result->value].dtype == WG_I32)
        return false;
    if (forward)
        return call->op->finishes & WG_FINISHES_RESULT;
    return (call->op->finishes & WG_FINISHES_GRADIENT(0) && call->out[0].value != WG_NONE) ||
           (wg__finishes_several(call->op) && wg__call_towards(call) >= 0);
}
