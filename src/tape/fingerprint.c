/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* fingerprint.c - is this recording the one of before? */

#include "tape/engine.h"

#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t bytes)
{
    uint64_t word;
    const char *at = data;
    for (; bytes >= sizeof word; bytes -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = mix(hash, word);
    }
    word = bytes;
    if (bytes)
        memcpy(&word, at, bytes);
    return mix(hash, word);
}

static uint64_t mix_number(uint64_t hash, double x)
{
    return mix_bytes(hash, &x, sizeof x);
}

/* A leaf: what it is, and its numbers, unless they are a parameter's. */
static uint64_t mix_leaf(const wg_engine *t, uint64_t hash, const wg_record *record)
{
    const wg_result *r = &record->result[0];
    hash = mix(hash, r->dtype);
    for (size_t d = 0; d < r->shape.rank; d++)
        hash = mix(hash, r->shape.dim[d]);
    if (record->bound) {
        hash = mix(hash, (uintptr_t)record->bound->binding.owner);
        hash = mix(hash, record->bound->binding.index);
        return mix(hash, record->tracked);
    }
    hash = mix(hash, record->valued);
    if (!record->valued)
        return hash;
    return r->scalar ? mix_number(hash, t->head.steps[record->node].value)
                     : mix_bytes(hash, r->data, r->count * wg_dtype_size(r->dtype));
}

static uint64_t mix_record(const wg_engine *t, uint64_t hash, const wg_record *record)
{
    hash = mix(hash, (uintptr_t)record->op);
    hash = mix(hash, record->arity | (uint64_t)record->training << 62 | (uint64_t)record->cut << 63);
    hash = mix(hash, record->ordinal);
    for (size_t i = 0; i < record->arity; i++)
        hash = mix(hash, record->args[i]);
    if (record->op->attr_size)
        hash = mix_bytes(hash, record->attr, record->op->attr_size);
    return record->arity ? hash : mix_leaf(t, hash, record);
}

static uint64_t mix_step(const wg_engine *t, uint64_t hash, uint32_t node)
{
    const wg_step *s = &t->head.steps[node];
    unsigned code = wg__code(t, node);
    size_t operands = wg__operand_count(code), numbers = wg__number_count(code);
    if (operands == 0)
        return mix_number(hash, s->value);
    hash = mix(hash, s->a);
    if (operands == 2)
        hash = mix(hash, s->b);
    for (size_t i = 0; i < numbers; i++)
        hash = mix_number(hash, t->head.numbers[s->b + i]);
    return hash;
}

/* Of an operation of the engine's own the attributes have no padding, but for a guard's, which is one byte.
 */
static bool comparable(const wg_op *op)
{
    return op->attr_size == 0 || op->traits & WG_OP_PLAIN_ATTR || op == &wg__op_projection ||
           op == &wg__op_guard;
}

uint64_t wg_tape_fingerprint(const wg_tape *tape)
{
    const wg_engine *t = wg__engine_of(tape);
    if (!t || t->status != WG_OK)
        return 0;
    uint64_t hash = mix(1, t->head.count);
    for (uint32_t node = 0; node < t->head.count; node++) {
        const wg_record *record = wg__record_of(t, node);
        if (record && !comparable(record->op))
            return 0;
        hash = mix(hash, t->head.codes[node]);
        hash = record ? mix_record(t, hash, record) : mix_step(t, hash, node);
    }
    return hash ? hash : 1;
}

bool wg_tape_missed(const wg_tape *tape)
{
    return tape && wg__engine_of(tape)->missed;
}
