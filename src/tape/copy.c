/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* copy.c - a recording on another tape, node by node and with the same numbers of nodes: what a plan is made
 * of.
 *
 * Structure is copied (operations, attributes, shapes, names, random ordinals), and the numbers of leaves and
 * constants. A parameter's numbers stay where they were bound. What operations computed is not copied. */

#include "tape/engine.h"

#include <string.h>

/* Epochs as well: a var of the recording names the node of its number here as long as it would have there. */
static bool copy_epochs(wg_engine *to, const wg_engine *from)
{
    if (!wg__mem_reserve(&to->memory, (void **)&to->rewound, &to->rewound_capacity, from->rewound_count,
            sizeof *to->rewound))
        return false;
    if (from->rewound_count)
        memcpy(to->rewound, from->rewound, from->rewound_count * sizeof *to->rewound);
    to->rewound_count = from->rewound_count;
    to->epoch = from->epoch;
    to->first_epoch = from->first_epoch;
    return true;
}

/* Bare steps as they are; those of records are made anew. */
static bool copy_steps(wg_engine *to, const wg_engine *from)
{
    const wg_tape *old = &from->head;
    if (!wg__reserve_steps(to, old->count) || !wg__reserve_numbers(to, old->number_count))
        return false;
    if (old->count) {
        memcpy(to->head.steps, old->steps, old->count * sizeof *old->steps);
        memcpy(to->head.codes, old->codes, old->count);
    }
    if (old->number_count)
        memcpy(to->head.numbers, old->numbers, old->number_count * sizeof *old->numbers);
    to->head.number_count = old->number_count;
    to->head.count = old->count;
    return true;
}

static wg_bound *copy_bound(wg_engine *to, const wg_bound *old)
{
    if (!wg__mem_reserve(
            &to->memory, (void **)&to->bounds, &to->bound_capacity, to->bound_count + 1, sizeof *to->bounds))
        return NULL;
    wg_bound *bound = wg__mem_zero(&to->memory, sizeof *bound);
    if (!bound)
        return NULL;
    bound->binding = old->binding;
    bound->seen = old->seen;
    bound->gone = old->gone;
    bound->var = (wg_var){.tape = &to->head, .node = old->var.node, .epoch = old->var.epoch};
    wg__bound_hold(bound);
    to->bounds[to->bound_count++] = bound;
    return bound;
}

/* Numbers that were given, not computed. */
static bool copy_numbers(wg_engine *to, wg_result *result)
{
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    const void *numbers = result->data;
    if (result->scalar)
        return true; /* they are in the step */
    result->block = wg__block_take(&to->blocks, bytes);
    if (!result->block)
        return false;
    result->data = wg__block_data(result->block);
    if (bytes)
        memcpy(result->data, numbers, bytes);
    return true;
}

static bool copy_results(wg_engine *to, const wg_record *old, wg_record *record)
{
    for (size_t r = 0; r < old->results; r++) {
        const wg_result *o = &old->result[r];
        record->result[r] = (wg_result){
            .shape = o->shape, .dtype = o->dtype, .scalar = o->scalar, .count = o->count, .data = o->data};
        if (old->arity == 0 && !old->bound && !copy_numbers(to, &record->result[r]))
            return false;
        if (old->arity > 0)
            record->result[r].data = NULL;
    }
    return true;
}

static wg_record *copy_record(wg_engine *to, const wg_record *old)
{
    wg_record *record = wg__record_new(to, old->op, old->arity, old->results, old->attr);
    if (!record)
        return NULL;
    to->records[to->record_count] = record; /* from here on it is freed with the tape */
    to->head.steps[old->node].a = (uint32_t)to->record_count++;
    record->node = old->node;
    if (old->arity)
        memcpy(record->args, old->args, old->arity * sizeof *old->args);
    memcpy(record->keep_bytes, old->keep_bytes, sizeof record->keep_bytes);
    record->ordinal = old->ordinal;
    record->tracked = old->tracked;
    record->cut = old->cut;
    record->settable = old->settable;
    record->training = old->training;
    record->valued = old->arity == 0 && old->valued;
    record->bound = old->bound ? copy_bound(to, old->bound) : NULL;
    return copy_results(to, old, record) && (record->bound || !old->bound) ? record : NULL;
}

static bool copy_records(wg_engine *to, const wg_engine *from)
{
    if (!wg__mem_reserve(&to->memory, (void **)&to->records, &to->record_capacity, from->record_count,
            sizeof *to->records))
        return false;
    for (size_t i = 0; i < from->record_count; i++)
        if (!copy_record(to, from->records[i]))
            return false;
    return true;
}

wg_status wg__copy_recording(wg_engine *to, const wg_engine *from)
{
    to->training = from->training;
    to->frozen = from->frozen;
    to->run = from->run;
    to->ordinals = from->ordinals;
    bool done =
        copy_epochs(to, from) && copy_steps(to, from) && copy_records(to, from) && wg__names_copy(to, from);
    wg__update_fast(to);
    return done ? WG_OK : WG_OUT_OF_MEMORY;
}
