/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* state.c - a tape's life, its memory, its error. */

#include "tape/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/format.h"
#include "kernels/parallel.h"

/* Counts, and passes on to the caller's hook. */
static void *counted(void *user, void *memory, size_t old_size, size_t new_size)
{
    wg_engine *t = user;
    void *result = t->hook.resize(t->hook.user, memory, old_size, new_size);
    if (result || new_size == 0)
        t->bytes += new_size - old_size;
    return result;
}

static bool good_options(const wg_tape_options *options)
{
    return (options->dtype == WG_F64 || options->dtype == WG_F32) && options->threads >= 0;
}

wg_tape *wg_tape_new(const wg_tape_options *options)
{
    wg_tape_options chosen = options ? *options : (wg_tape_options){0};
    if (!good_options(&chosen))
        return NULL;
    wg_allocator hook = wg__allocator_or_default(&chosen.allocator);
    wg_engine *t = wg__mem_zero(&hook, sizeof *t);
    if (!t)
        return NULL;
    t->hook = hook;
    t->bytes = sizeof *t;
    t->memory = (wg_allocator){counted, t};
    t->options = chosen;
    t->threads = wg__threads_of(chosen.threads);
    t->training = chosen.training;
    t->frozen = chosen.frozen;
    t->arena.memory = t->texts.arena.memory = t->blocks.memory = &t->memory;
    t->epoch = t->first_epoch = 1;
    wg__update_fast(t);
    return &t->head;
}

void wg_tape_free(wg_tape *tape)
{
    if (!tape)
        return;
    wg_engine *t = wg__engine_of(tape);
    const wg_allocator *memory = &t->memory;
    wg__forget(t, 0);
    wg__bounds_free(t);
    wg__blocks_trim(&t->blocks);
    wg__arena_free(&t->arena);
    wg__arena_free(&t->texts.arena);
    wg__mem_free(memory, t->records, t->record_capacity * sizeof *t->records);
    wg__mem_free(memory, t->rewound, t->rewound_capacity * sizeof *t->rewound);
    wg__mem_free(memory, t->names, t->name_capacity * sizeof *t->names);
    wg__mem_free(memory, t->scopes, t->scope_capacity * sizeof *t->scopes);
    wg__mem_free(memory, t->adjoints, t->sweep_capacity * sizeof *t->adjoints);
    wg__mem_free(memory, t->reached, t->sweep_capacity);
    wg__mem_free(memory, t->head.steps, t->head.capacity * sizeof *t->head.steps);
    wg__mem_free(memory, t->head.codes, t->head.capacity);
    wg__mem_free(memory, t->head.numbers, t->head.number_capacity * sizeof *t->head.numbers);
    wg_allocator hook = t->hook;
    wg__mem_free(&hook, t, sizeof *t);
}

void wg_tape_reset(wg_tape *tape)
{
    if (!tape)
        return;
    wg_engine *t = wg__engine_of(tape);
    wg__names_reset(t);
    wg__forget(t, 0);
    t->rewound_count = 0;
    t->epoch = t->epoch == WG_SLOW - 2 ? 1 : t->epoch + 1; /* stale vars are told apart over 2^31 resets */
    t->first_epoch = t->epoch;
    t->status = WG_OK;
    t->message[0] = 0;
    t->unstuck.status = WG_OK;
    t->no_grad = 0;
    t->ordinals = 0;
    t->changed = t->missed = false;
    t->bound_next = 0;
    t->run += !t->frozen;
    wg__update_fast(t);
}

/* The inline path is open while nothing unusual is going on. */
void wg__update_fast(wg_engine *t)
{
    bool usual = t->status == WG_OK && t->no_grad == 0;
    t->head.fast = usual ? t->epoch : WG_NO_EPOCH;
}

wg_status wg__fail(wg_engine *t, wg_status status, const char *format, ...)
{
    if (!t)
        return status;
    if (t->status == WG_OK && status != WG_OK) {
        va_list arguments;
        va_start(arguments, format);
        wg__format_list(t->message, sizeof t->message, format, arguments);
        va_end(arguments);
        t->status = status;
        wg__update_fast(t);
        if (t->options.on_error)
            t->options.on_error(t->options.on_error_user, status, t->message);
    }
    return t->status;
}

wg_status wg_tape_fail(wg_tape *tape, wg_status status, const char *format, ...)
{
    char message[WG_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    wg__format_list(message, sizeof message, format, arguments);
    va_end(arguments);
    return wg__fail(wg__engine_of(tape), status, "%s", message);
}

wg_status wg_tape_status(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->status : WG_INVALID;
}

const char *wg_tape_message(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->message : "";
}

void wg_tape_set_training(wg_tape *tape, bool training)
{
    if (tape)
        wg__engine_of(tape)->training = training;
}

bool wg_tape_training(const wg_tape *tape)
{
    return tape && wg__engine_of(tape)->training;
}

uint64_t wg_tape_run_number(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->run : 0;
}

void wg_tape_set_run_number(wg_tape *tape, uint64_t run)
{
    if (tape)
        wg__engine_of(tape)->run = run;
}

wg_dtype wg_tape_dtype(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->options.dtype : WG_F64;
}

int wg_tape_threads(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->threads : 1;
}

size_t wg_tape_node_count(const wg_tape *tape)
{
    return tape ? tape->count : 0;
}

size_t wg_tape_bytes(const wg_tape *tape)
{
    return tape ? wg__engine_of(tape)->bytes : 0;
}

/* Steps and codes grow together, by new arrays: when there is no memory for one of them, nothing has changed.
 */
bool wg__reserve_steps(wg_engine *t, size_t more)
{
    wg_tape *head = &t->head;
    size_t needed = head->count + more;
    if (needed <= head->capacity)
        return true;
    size_t capacity = head->capacity < WG_NO_NODE / 2 ? (size_t)head->capacity * 2 : WG_NO_NODE - 1;
    capacity = capacity < 256 ? 256 : capacity;
    capacity = capacity < needed ? needed : capacity;
    if (capacity >= WG_NO_NODE)
        return false;
    wg_step *steps = wg__mem_new(&t->memory, capacity * sizeof *steps);
    uint8_t *codes = wg__mem_new(&t->memory, capacity);
    if (!steps || !codes) {
        wg__mem_free(&t->memory, steps, capacity * sizeof *steps);
        wg__mem_free(&t->memory, codes, capacity);
        return false;
    }
    if (head->count) {
        memcpy(steps, head->steps, head->count * sizeof *steps);
        memcpy(codes, head->codes, head->count);
    }
    wg__mem_free(&t->memory, head->steps, head->capacity * sizeof *steps);
    wg__mem_free(&t->memory, head->codes, head->capacity);
    head->steps = steps;
    head->codes = codes;
    head->capacity = (uint32_t)capacity;
    return true;
}

bool wg__reserve_numbers(wg_engine *t, size_t more)
{
    size_t capacity = t->head.number_capacity, needed = t->head.number_count + more;
    void *numbers = t->head.numbers;
    if (needed >= WG_NO_NODE || !wg__mem_reserve(&t->memory, &numbers, &capacity, needed, sizeof(double)))
        return false;
    t->head.numbers = numbers;
    t->head.number_capacity = (uint32_t)capacity;
    return true;
}
