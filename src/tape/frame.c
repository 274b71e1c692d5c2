/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* frame.c - an operation's context, filled in for its functions.
 *
 * Rank-0 numbers are doubles on the tape, and numbers of the kernel's type to the kernel: they pass through
 * slots. */

#include "tape/engine.h"
#include "base/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts n things of `size` bytes, aligned to 16, off the memory at *at. */
static void *cut(char **at, size_t n, size_t size)
{
    void *piece = *at;
    *at += (n * size + 15) / 16 * 16;
    return piece;
}

/* The arrays with an entry for each operand: in the frame itself, or in a block when there are many. */
static bool lay_out(wg_frame *f, size_t n)
{
    char *at = f->bytes;
    size_t each = 2 * sizeof(wg_var) + sizeof(bool) + sizeof(wg_shape *) + sizeof(wg_dtype) +
                  3 * sizeof(void *) + 2 * sizeof(wg_slot);
    size_t bytes = n * each + 10 * 16;
    if (n <= WG_FRAME_ARGS) {
        at += (16 - (uintptr_t)at % 16) % 16;
    } else {
        f->wide = wg__block_take(&f->tape->blocks, bytes);
        if (!f->wide)
            return false;
        at = wg__block_data(f->wide);
    }
    f->arg = cut(&at, n, sizeof *f->arg);
    f->grad_var = cut(&at, n, sizeof *f->grad_var);
    f->wanted = cut(&at, n, sizeof *f->wanted);
    f->in_shape = cut(&at, n, sizeof *f->in_shape);
    f->in_dtype = cut(&at, n, sizeof *f->in_dtype);
    f->in = cut(&at, n, sizeof *f->in);
    f->grad_in = cut(&at, n, sizeof *f->grad_in);
    f->grad_block = cut(&at, n, sizeof *f->grad_block);
    f->in_slot = cut(&at, n, sizeof *f->in_slot);
    f->grad_slot = cut(&at, n, sizeof *f->grad_slot);
    return true;
}

/* The type of the kernel: that of the floating tensors; of the tape when there are none. */
static wg_dtype kernel_dtype(const wg_frame *f, const uint32_t *args, size_t arity)
{
    for (size_t i = 0; i < arity; i++) {
        wg_view v = wg__view_of(f->tape, args[i]);
        if (!v.scalar && v.dtype != WG_I32)
            return v.dtype;
    }
    return f->tape->options.dtype;
}

bool wg__frame_open(wg_frame *f, wg_engine *t, const wg_op *op, const void *attr, const uint32_t *args,
    size_t arity, size_t results)
{
    memset(&f->op, 0, sizeof f->op);
    f->tape = t;
    f->record = NULL;
    f->node = WG_NO_NODE;
    f->scratch = f->wide = NULL;
    f->texts = 0;
    if (!lay_out(f, arity))
        return false;
    for (size_t i = 0; i < arity; i++) {
        wg_view v = wg__view_of(t, args[i]);
        f->arg[i] = wg__var_of(t, args[i]);
        f->in_shape[i] = v.shape;
        f->in_dtype[i] = v.dtype;
        f->wanted[i] = false;
        f->grad_in[i] = NULL;
        f->grad_block[i] = NULL;
        f->grad_var[i] = wg__invalid(&t->head);
    }
    wg_dtype dtype = kernel_dtype(f, args, arity);
    for (size_t r = 0; r < results; r++) {
        f->out_shape[r] = arity ? *f->in_shape[0] : (wg_shape){0};
        f->out_dtype[r] = dtype;
        f->upstream[r] = NULL;
    }
    f->op = (wg_op_context){.op = op,
        .tape = &t->head,
        .attr = attr,
        .arity = arity,
        .results = results,
        .arg = f->arg,
        .result = f->result,
        .wanted = f->wanted,
        .in_shape = f->in_shape,
        .in_dtype = f->in_dtype,
        .dtype = dtype,
        .out_shape = f->out_shape,
        .out_dtype = f->out_dtype,
        .in = f->in,
        .out = f->out,
        .upstream = f->upstream,
        .grad_in = f->grad_in,
        .training = t->training,
        .threads = t->threads,
        .engine = f};
    f->op.random.seed = t->options.seed;
    f->op.random.run = t->run;
    return true;
}

void wg__frame_record(wg_frame *f, wg_record *record)
{
    wg_engine *t = f->tape;
    f->record = record;
    f->node = record->node;
    f->op.training = record->training;
    f->op.random.ordinal = record->ordinal;
    f->op.count = record->result[0].count;
    for (size_t r = 0; r < record->results; r++) {
        f->out_shape[r] = record->result[r].shape;
        f->out_dtype[r] = record->result[r].dtype;
        f->out[r] = record->result[r].scalar ? (void *)&f->out_slot[r] : record->result[r].data;
        f->result[r] = record->results == 1 ? wg__var_of(t, record->node)
                       : record->node + 1 + r < t->head.count
                           ? wg__var_of(t, (uint32_t)(record->node + 1 + r))
                           : wg__invalid(&t->head);
    }
    for (size_t k = 0; k < WG_MAX_KEEP; k++) {
        f->op.keep_bytes[k] = record->keep_bytes[k];
        f->op.keep[k] = record->keep[k];
    }
}

void wg__frame_load(wg_frame *f)
{
    for (size_t i = 0; i < f->op.arity; i++) {
        uint32_t node = f->arg[i].node;
        wg_view v = wg__view_of(f->tape, node);
        if (v.scalar)
            wg__frame_slot_set(f, &f->in_slot[i], f->tape->head.steps[node].value);
        f->in[i] = v.scalar ? (const void *)&f->in_slot[i] : v.data;
    }
}

void wg__frame_slot_set(const wg_frame *f, wg_slot *slot, double value)
{
    if (f->op.dtype == WG_F32)
        slot->f = (float)value;
    else
        slot->d = value;
}

double wg__frame_slot_get(const wg_frame *f, const wg_slot *slot)
{
    return f->op.dtype == WG_F32 ? (double)slot->f : slot->d;
}

static void give_list(wg_engine *t, wg_block *block)
{
    while (block) {
        wg_block *next = block->next;
        wg__block_give(&t->blocks, block);
        block = next;
    }
}

void wg__frame_close(wg_frame *f)
{
    give_list(f->tape, f->scratch);
    wg__block_give(&f->tape->blocks, f->wide);
    f->scratch = f->wide = NULL;
    if (f->op.hints)
        f->op.hints->work->used = 0;
}

/* ---- What an operation may ask of its context ------------------------------------------------------ */

void wg_op_finish(const wg_op_context *op, size_t first, size_t count)
{
    wg__epilogue_run(wg__op_epilogue(op), first, count);
}

size_t wg_op_lanes(const wg_op_context *op)
{
    return op->hints ? op->hints->lanes : 0;
}

size_t wg_op_scratch_size(size_t bytes)
{
    return wg__work_size(bytes);
}

void *wg_op_scratch(wg_op_context *op, size_t bytes)
{
    wg_frame *f = op->engine;
    void *memory = wg__work_take(op->hints ? op->hints->work : NULL, bytes);
    if (memory)
        return memory;
    wg_block *block = wg__block_take(&f->tape->blocks, bytes);
    if (!block)
        return NULL;
    block->next = f->scratch;
    f->scratch = block;
    return wg__block_data(block);
}

const char *wg_op_operand(wg_op_context *op, size_t i)
{
    wg_frame *f = op->engine;
    if (i >= op->arity)
        return "no operand";
    char *text = f->text[f->texts++ % 4], shape[192];
    const char *name = wg__name_at(f->tape, f->arg[i].node);
    wg_shape_text(op->in_shape[i], shape, sizeof shape);
    if (name[0])
        snprintf(text, sizeof f->text[0], "%.60s %s", name, shape);
    else
        snprintf(text, sizeof f->text[0], "operand %zu %s", i, shape);
    return text;
}

wg_status wg_op_fail(wg_op_context *op, wg_status status, const char *format, ...)
{
    wg_frame *f = op->engine;
    char message[WG_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    wg__format_list(message, sizeof message, format, arguments);
    va_end(arguments);
    const char *scope =
        f->node != WG_NO_NODE ? wg_scope_of(wg__var_of(f->tape, f->node)) : wg__scope_now(f->tape);
    wg__fail(
        f->tape, status, "%s%s%s: %s", scope, scope[0] ? ": " : "", wg__title(op->op, op->attr), message);
    return status;
}
