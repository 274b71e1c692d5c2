/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Equal calls once: who reads the result of the second of two reads that of the first. */
#include "plan/plan.h"

#include <string.h>

/* A function of its operands alone. What a gradient looks up in its operation (what that keeps) is of that
 * operation. */
static bool may_share(const wg_call *call)
{
    if (call->kind != WG_CALL_FORWARD || call->out_count != 1 || call->out[0].number ||
        call->op->traits & (WG_OP_RANDOM | WG_OP_EFFECT))
        return false;
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE)
            return false;
    return call->op->attr_size == 0 || call->op->traits & WG_OP_PLAIN_ATTR;
}

static bool equal_use(const wg_use *a, const wg_use *b)
{
    return a->number ? b->number && a->node == b->node
                     : a->value == b->value && wg_shape_equal(a->shape, b->shape);
}

static bool equal(const wg_call *a, const wg_call *b)
{
    bool same = a->op == b->op && a->in_count == b->in_count && a->trained == b->trained &&
                (a->op->attr_size == 0 || memcmp(a->attr, b->attr, a->op->attr_size) == 0);
    for (size_t i = 0; same && i < a->in_count; i++)
        same = equal_use(&a->in[i], &b->in[i]);
    return same;
}

static uint64_t hash_of(const wg_call *call)
{
    uint64_t hash = (uint64_t)(uintptr_t)call->op;
    for (size_t i = 0; i < call->in_count; i++)
        hash = (hash ^ (call->in[i].number ? ~(uint64_t)call->in[i].node : call->in[i].value)) *
               0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < call->op->attr_size; i++)
        hash = (hash ^ ((const unsigned char *)call->attr)[i]) * 0x100000001B3u;
    return hash ^ hash >> 29;
}

/* The table is of calls, in open addressing; `same` says for each value which one stands for it. */
static void share(wg_program *program, uint32_t *table, size_t places, uint32_t *same)
{
    for (uint32_t v = 0; v < program->value_count; v++)
        same[v] = v;
    for (uint32_t k = 0; k < program->call_count; k++) {
        wg_call *call = &program->calls[k];
        for (size_t i = 0; i < call->in_count; i++)
            if (call->in[i].value != WG_NONE)
                call->in[i].value = same[call->in[i].value];
        if (!may_share(call))
            continue;
        size_t place = hash_of(call) & (places - 1);
        while (table[place] != WG_NONE && !equal(&program->calls[table[place]], call))
            place = (place + 1) & (places - 1);
        if (table[place] == WG_NONE) {
            table[place] = k;
        } else {
            same[call->out[0].value] = program->calls[table[place]].out[0].value;
            call->kind = WG_CALL_GONE;
        }
    }
    for (size_t node = 0; node < program->nodes; node++)
        if (program->value_of[node] != WG_NONE)
            program->value_of[node] = same[program->value_of[node]];
}

wg_status wg__pass_share(wg_passes *p)
{
    wg_program *program = p->program;
    size_t places = 16;
    while (places < 2 * program->call_count)
        places *= 2;
    size_t bytes = (places + program->value_count) * sizeof(uint32_t);
    uint32_t *table = wg__mem_new(&program->memory, bytes);
    if (!table)
        return wg__pass_no_memory(p);
    memset(table, 0xff, places * sizeof *table);
    share(program, table, places, table + places);
    wg__mem_free(&program->memory, table, bytes);
    wg__program_settle(program);
    return WG_OK;
}
