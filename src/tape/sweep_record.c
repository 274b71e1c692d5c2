/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sweep_record.c - the sweep's work at one node with a record: its fused kernel, or its rule. */

#include "base/float_state.h"
#include "tape/engine.h"

#include <string.h>

static void set_upstream(wg_frame *f, wg_record *record)
{
    wg_engine *t = f->tape;
    for (size_t r = 0; r < record->results; r++) {
        const wg_result *result = &record->result[r];
        bool one = record->results == 1;
        if (result->scalar) {
            wg__frame_slot_set(f, &f->out_slot[r], one ? t->head.steps[record->node].value : result->value);
            wg__frame_slot_set(f, &f->upstream_slot[r], one ? t->adjoints[record->node] : result->adjoint);
            f->upstream[r] = one || result->has_gradient ? (const void *)&f->upstream_slot[r] : NULL;
        } else {
            f->upstream[r] = result->has_gradient ? result->gradient : NULL;
        }
    }
}

/* Memory for an operand's gradient, which is to be written whole. A parameter that has none yet, and whose
 * store holds a zero, is written straight into the store; the store's flag is cleared only when the whole
 * sweep has succeeded. */
static bool new_memory(wg_frame *f, size_t i, wg_record *operand)
{
    wg_engine *t = f->tape;
    wg_result *result = &operand->result[0];
    const wg_binding *binding = operand->bound ? &operand->bound->binding : NULL;
    if (binding && !t->options.own_grads && !result->has_gradient && !operand->direct &&
        binding->gradient_is_zero && *binding->gradient_is_zero) {
        operand->direct = true;
        f->grad_in[i] = binding->gradient;
        return true;
    }
    f->grad_block[i] = wg__block_take(&t->blocks, result->count * wg_dtype_size(result->dtype));
    f->grad_in[i] = f->grad_block[i] ? wg__block_data(f->grad_block[i]) : NULL;
    return f->grad_block[i] != NULL;
}

/* Where a kernel that adds its part does so: the adjoint itself, which starts as zeros. */
static bool sum_memory(wg_frame *f, size_t i, wg_record *operand)
{
    wg_result *result = &operand->result[0];
    if (!result->has_gradient) {
        bool done = new_memory(f, i, operand);
        if (done)
            memset(f->grad_in[i], 0, result->count * wg_dtype_size(result->dtype));
        return done;
    }
    if (!wg__own_gradient(f->tape, result))
        return false;
    f->grad_in[i] = result->gradient;
    return true;
}

static bool gradient_memory(wg_frame *f, size_t i)
{
    wg_record *operand = wg__record_of(f->tape, f->arg[i].node);
    if (!operand || operand->result[0].scalar) {
        f->grad_in[i] = &f->grad_slot[i];
        wg__frame_slot_set(f, &f->grad_slot[i], 0); /* for who adds to it */
        return true;
    }
    bool adds = i == 0 && f->op.op->traits & WG_OP_ADDS_GRADIENT;
    return adds ? sum_memory(f, i, operand) : new_memory(f, i, operand);
}

/* Undoes gradient_memory for a kernel that did not run. */
static void return_memory(wg_frame *f)
{
    for (size_t i = 0; i < f->op.arity; i++) {
        wg_record *operand = wg__record_of(f->tape, f->arg[i].node);
        if (f->grad_in[i] && !f->grad_block[i] && operand && !operand->result[0].scalar &&
            !operand->result[0].has_gradient)
            operand->direct = false;
        wg__block_give(&f->tape->blocks, f->grad_block[i]);
        f->grad_block[i] = NULL;
        f->grad_in[i] = NULL;
    }
}

static wg_status take_gradients(wg_frame *f)
{
    wg_engine *t = f->tape;
    wg_status status = WG_OK;
    for (size_t i = 0; i < f->op.arity; i++) {
        if (!f->grad_in[i])
            continue;
        uint32_t node = f->arg[i].node;
        wg_record *operand = wg__record_of(t, node);
        t->reached[node] = 1;
        if (!operand || operand->result[0].scalar) {
            t->adjoints[node] += wg__frame_slot_get(f, &f->grad_slot[i]);
        } else if (!f->grad_block[i]) { /* direct, or the adjoint that it was added to */
            operand->result[0].gradient = f->grad_in[i];
            operand->result[0].has_gradient = true;
        } else {
            wg_status one = wg__contribute(t, &operand->result[0], f->grad_block[i], NULL);
            status = status == WG_OK ? one : status;
        }
        f->grad_block[i] = NULL;
    }
    return status;
}

static wg_status run_kernel(wg_frame *f, wg_record *record)
{
    const wg_op *op = record->op;
    wg_status (*kernel)(wg_op_context *) = f->op.dtype == WG_F32 ? op->backward_f32 : op->backward_f64;
    bool in_double = op->scalar && op->traits & WG_OP_MAP && record->result[0].scalar;
    if (!kernel || in_double) /* numbers of rank 0 are doubles, and stay so by the rule */
        return WG_DECLINED;
    for (size_t i = 0; i < record->arity; i++)
        if (f->wanted[i] && !gradient_memory(f, i)) {
            return_memory(f);
            return WG_OUT_OF_MEMORY;
        }
    wg__frame_load(f);
    set_upstream(f, record);
    f->op.backward = true;
    wg_float_state callers = wg__float_hold();
    wg_status status = kernel(&f->op);
    wg__float_restore(&callers);
    f->op.backward = false;
    if (status != WG_OK) {
        return_memory(f);
        return status;
    }
    return take_gradients(f);
}

/* The upstream gradients as vars past the end of the tape, sharing the adjoints' blocks. */
static wg_status upstream_vars(wg_frame *f, wg_record *record, wg_var *g)
{
    wg_engine *t = f->tape;
    for (size_t r = 0; r < record->results; r++) {
        wg_result *result = &record->result[r];
        g[r] = wg__invalid(&t->head);
        if (result->scalar && (record->results == 1 || result->has_gradient)) {
            g[r] =
                wg_const_scalar(&t->head, record->results == 1 ? t->adjoints[record->node] : result->adjoint);
        } else if (!result->scalar && result->has_gradient) {
            g[r] = wg__share_var(t, result->dtype, &result->shape, result->gradient_block, result->gradient);
        } else {
            continue;
        }
        if (g[r].node == WG_NO_NODE)
            return WG_OUT_OF_MEMORY;
    }
    return WG_OK;
}

static wg_status run_rule(wg_frame *f, wg_record *record)
{
    wg_engine *t = f->tape;
    uint32_t end = t->head.count;
    wg_var g[WG_MAX_RESULTS];
    wg_status status = upstream_vars(f, record, g);
    t->sweeping = true;
    if (status == WG_OK)
        status = wg__run_rule(f, g, f->grad_var);
    t->sweeping = false;
    for (size_t i = 0; i < record->arity && status == WG_OK; i++)
        if (f->wanted[i] && f->grad_var[i].node != WG_NO_NODE)
            status = wg__contribute_var(t, f->arg[i].node, f->grad_var[i]);
    wg__forget(t, end);
    return status;
}

/* A projection hands its adjoint to the node whose result it is. */
static void sweep_projection(wg_engine *t, wg_record *projection)
{
    wg_record *parent = wg__record_of(t, projection->args[0]);
    wg_result *to = &parent->result[*(const size_t *)projection->attr], *from = &projection->result[0];
    t->reached[parent->node] = 1;
    if (from->scalar) {
        to->adjoint = t->adjoints[projection->node];
    } else {
        to->gradient_block = wg__block_share(from->gradient_block);
        to->gradient = from->gradient;
    }
    to->has_gradient = true;
}

static void drop_gradient(wg_engine *t, wg_record *record)
{
    if (record->keep_gradient || t->options.keep_grads)
        return;
    for (size_t r = 0; r < record->results; r++) {
        wg__block_give(&t->blocks, record->result[r].gradient_block);
        record->result[r].gradient_block = NULL;
        record->result[r].gradient = NULL;
    }
}

wg_status wg__sweep_record(wg_engine *t, wg_record *record)
{
    if (record->arity == 0 || !record->tracked || record->cut)
        return WG_OK;
    if (record->op == &wg__op_projection) {
        sweep_projection(t, record);
        drop_gradient(t, record);
        return WG_OK;
    }
    wg_frame frame;
    wg_status status = WG_OUT_OF_MEMORY;
    if (wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg__frame_record(&frame, record);
        for (size_t i = 0; i < record->arity; i++)
            frame.wanted[i] = wg__tracked(t, record->args[i]) && frame.in_dtype[i] != WG_I32;
        status = run_kernel(&frame, record);
        if (status == WG_DECLINED)
            status = run_rule(&frame, record);
    }
    wg__frame_close(&frame);
    drop_gradient(t, record);
    return status;
}
