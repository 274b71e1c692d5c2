/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sweep.c - the reverse sweep in numbers: wg_backward.
 *
 * A loop over the tape from y down, over what was reached. Bare steps go through the generated loop of
 * formula.c. A node with a record runs its fused kernel, or else its rule: the rule's operations land past
 * the end of the tape, what they computed is added to the operands' adjoints, and the tape goes back. An
 * adjoint starts as the first contribution's own block; later ones are added into it. */

#include "tape/engine.h"

#include <string.h>

void wg_release_gradients(wg_engine *t)
{
    for (size_t i = 0; i < t->record_count; i++) {
        wg_record *record = t->records[i];
        record->direct = false;
        for (size_t r = 0; r < record->results; r++) {
            wg_result *result = &record->result[r];
            wg_block_give(&t->blocks, result->gradient_block);
            result->gradient_block = NULL;
            result->gradient = NULL;
            result->has_gradient = false;
            result->adjoint = 0;
        }
    }
    t->swept = 0;
}

static bool reserve_sweep(wg_engine *t)
{
    size_t capacity = t->head.capacity;
    if (t->sweep_capacity >= capacity)
        return true;
    wg_mem_free(&t->memory, t->adjoints, t->sweep_capacity * sizeof *t->adjoints);
    wg_mem_free(&t->memory, t->reached, t->sweep_capacity);
    t->sweep_capacity = 0;
    t->adjoints = wg_mem_new(&t->memory, capacity * sizeof *t->adjoints);
    t->reached = wg_mem_new(&t->memory, capacity);
    if (t->adjoints && t->reached) {
        t->sweep_capacity = capacity;
        return true;
    }
    wg_mem_free(&t->memory, t->adjoints, capacity * sizeof *t->adjoints);
    wg_mem_free(&t->memory, t->reached, capacity);
    t->adjoints = NULL;
    t->reached = NULL;
    return false;
}

/* ---- Adjoints
 * ------------------------------------------------------------------------------------------------ */

static void add_numbers(wg_dtype dtype, void *sum, const void *more, size_t n)
{
    if (dtype == WG_F32) {
        float *s = sum;
        const float *m = more;
        for (size_t i = 0; i < n; i++)
            s[i] += m[i];
    } else {
        double *s = sum;
        const double *m = more;
        for (size_t i = 0; i < n; i++)
            s[i] += m[i];
    }
}

/* The adjoint's own memory, before it is added to: a copy if somebody shares its block. */
static bool own_gradient(wg_engine *t, wg_result *result)
{
    if (!result->gradient_block || result->gradient_block->references == 1)
        return true;
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    wg_block *block = wg_block_take(&t->blocks, bytes);
    if (!block)
        return false;
    memcpy(wg_block_data(block), result->gradient, bytes);
    wg_block_give(&t->blocks, result->gradient_block);
    result->gradient_block = block;
    result->gradient = wg_block_data(block);
    return true;
}

/* Adds numbers of the result's shape to its adjoint; takes over the reference to `block`, if there is one. */
static wg_status contribute(wg_engine *t, wg_result *result, wg_block *block, const void *data)
{
    if (!result->has_gradient && block) {
        result->gradient_block = block;
        result->gradient = wg_block_data(block);
        result->has_gradient = true;
        return WG_OK;
    }
    wg_status status = WG_OK;
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    if (!result->has_gradient) { /* borrowed memory: keep a copy */
        result->gradient_block = wg_block_take(&t->blocks, bytes);
        if (!result->gradient_block)
            return WG_OUT_OF_MEMORY;
        result->gradient = wg_block_data(result->gradient_block);
        memcpy(result->gradient, data, bytes);
        result->has_gradient = true;
    } else if (own_gradient(t, result)) {
        add_numbers(result->dtype, result->gradient, block ? wg_block_data(block) : data, result->count);
    } else {
        status = WG_OUT_OF_MEMORY;
    }
    wg_block_give(&t->blocks, block);
    return status;
}

static wg_status contribute_var(wg_engine *t, uint32_t node, wg_var g)
{
    wg_record *record = wg_record_of(t, node);
    t->reached[node] = 1;
    if (!record || record->result[0].scalar) {
        t->adjoints[node] += t->head.steps[g.node].value;
        return WG_OK;
    }
    const wg_result *from = &wg_record_of(t, g.node)->result[0];
    return contribute(t, &record->result[0], wg_block_share(from->block), from->data);
}

/* ---- One node
 * ------------------------------------------------------------------------------------------------ */

/* Rank-0 results and their upstream gradients go to the kernel through slots. */
static void set_upstream(wg_frame *f, wg_record *record)
{
    wg_engine *t = f->tape;
    for (size_t r = 0; r < record->results; r++) {
        const wg_result *result = &record->result[r];
        bool one = record->results == 1;
        if (result->scalar) {
            wg_frame_slot_set(f, &f->out_slot[r], one ? t->head.steps[record->node].value : result->value);
            wg_frame_slot_set(f, &f->upstream_slot[r], one ? t->adjoints[record->node] : result->adjoint);
            f->upstream[r] = one || result->has_gradient ? (const void *)&f->upstream_slot[r] : NULL;
        } else {
            f->upstream[r] = result->has_gradient ? result->gradient : NULL;
        }
    }
}

/* Memory for an operand's gradient. A parameter that has none yet, and whose store holds a zero, is written
 * straight into the store; the store's flag is cleared only when the whole sweep has succeeded. */
static bool gradient_memory(wg_frame *f, size_t i)
{
    wg_engine *t = f->tape;
    wg_record *operand = wg_record_of(t, f->arg[i].node);
    if (!operand || operand->result[0].scalar) {
        f->grad_in[i] = &f->grad_slot[i];
        return true;
    }
    wg_result *result = &operand->result[0];
    const wg_binding *binding = operand->bound ? &operand->bound->binding : NULL;
    if (binding && !t->options.own_grads && !result->has_gradient && !operand->direct &&
        binding->gradient_is_zero && *binding->gradient_is_zero) {
        operand->direct = true;
        f->grad_in[i] = binding->gradient;
        return true;
    }
    f->grad_block[i] = wg_block_take(&t->blocks, result->count * wg_dtype_size(result->dtype));
    f->grad_in[i] = f->grad_block[i] ? wg_block_data(f->grad_block[i]) : NULL;
    return f->grad_block[i] != NULL;
}

/* Undoes gradient_memory for a kernel that did not run. */
static void return_memory(wg_frame *f)
{
    for (size_t i = 0; i < f->op.arity; i++) {
        wg_record *operand = wg_record_of(f->tape, f->arg[i].node);
        if (f->grad_in[i] && !f->grad_block[i] && operand && !operand->result[0].scalar)
            operand->direct = false;
        wg_block_give(&f->tape->blocks, f->grad_block[i]);
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
        wg_record *operand = wg_record_of(t, node);
        t->reached[node] = 1;
        if (!operand || operand->result[0].scalar) {
            t->adjoints[node] += wg_frame_slot_get(f, &f->grad_slot[i]);
        } else if (!f->grad_block[i]) { /* direct */
            operand->result[0].gradient = f->grad_in[i];
            operand->result[0].has_gradient = true;
        } else {
            wg_status one = contribute(t, &operand->result[0], f->grad_block[i], NULL);
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
    if (!kernel)
        return WG_DECLINED;
    for (size_t i = 0; i < record->arity; i++)
        if (f->wanted[i] && !gradient_memory(f, i)) {
            return_memory(f);
            return WG_OUT_OF_MEMORY;
        }
    wg_frame_load(f);
    set_upstream(f, record);
    wg_status status = kernel(&f->op);
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
        g[r] = wg_invalid(&t->head);
        if (result->scalar && (record->results == 1 || result->has_gradient)) {
            g[r] =
                wg_const_scalar(&t->head, record->results == 1 ? t->adjoints[record->node] : result->adjoint);
        } else if (!result->scalar && result->has_gradient) {
            g[r] = wg_share_var(t, result->dtype, &result->shape, result->gradient_block, result->gradient);
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
    if (status == WG_OK)
        status = wg_run_rule(f, g, f->grad_var);
    for (size_t i = 0; i < record->arity && status == WG_OK; i++)
        if (f->wanted[i] && f->grad_var[i].node != WG_NO_NODE)
            status = contribute_var(t, f->arg[i].node, f->grad_var[i]);
    wg_forget(t, end);
    return status;
}

/* A projection hands its adjoint to the node whose result it is. */
static void sweep_projection(wg_engine *t, wg_record *projection)
{
    wg_record *parent = wg_record_of(t, projection->args[0]);
    wg_result *to = &parent->result[*(const size_t *)projection->attr], *from = &projection->result[0];
    t->reached[parent->node] = 1;
    if (from->scalar) {
        to->adjoint = t->adjoints[projection->node];
    } else {
        to->gradient_block = wg_block_share(from->gradient_block);
        to->gradient = from->gradient;
    }
    to->has_gradient = true;
}

static void drop_gradient(wg_engine *t, wg_record *record)
{
    if (record->keep_gradient || t->options.keep_grads)
        return;
    for (size_t r = 0; r < record->results; r++) {
        wg_block_give(&t->blocks, record->result[r].gradient_block);
        record->result[r].gradient_block = NULL;
        record->result[r].gradient = NULL;
    }
}

static wg_status sweep_record(wg_engine *t, wg_record *record)
{
    if (record->arity == 0 || !record->tracked || record->cut)
        return WG_OK;
    if (record->op == &wg_op_projection) {
        sweep_projection(t, record);
        drop_gradient(t, record);
        return WG_OK;
    }
    wg_frame frame;
    wg_status status = WG_OUT_OF_MEMORY;
    if (wg_frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg_frame_record(&frame, record);
        for (size_t i = 0; i < record->arity; i++)
            frame.wanted[i] = wg_tracked(t, record->args[i]) && frame.in_dtype[i] != WG_I32;
        status = run_kernel(&frame, record);
        if (status == WG_DECLINED)
            status = run_rule(&frame, record);
    }
    wg_frame_close(&frame);
    drop_gradient(t, record);
    return status;
}

/* ---- The whole sweep
 * ----------------------------------------------------------------------------------------- */

static wg_status sweep(wg_engine *t, uint32_t y)
{
    for (uint32_t node = y; node != WG_NO_NODE; node--) {
        node = wg_sweep_steps(t, node);
        if (node == WG_NO_NODE)
            break;
        wg_status status = sweep_record(t, wg_record_of(t, node));
        if (status == WG_OK && t->status != WG_OK)
            status = t->status;
        if (status != WG_OK)
            return status;
    }
    return wg_bounds_accumulate(t, y);
}

static wg_status check(wg_engine *t, wg_var y)
{
    if (t->status != WG_OK)
        return t->status;
    if (!wg_alive(t, y))
        return wg_fail(t, y.epoch ? WG_DEAD_VAR : WG_INVALID, "backward: the var is dead, or never was one");
    if (!wg_view_of(t, y.node).valued)
        return wg_fail(t, WG_NO_VALUE, "backward: %s has no value yet: set the inputs and call wg_replay",
            wg_name_at(t, y.node));
    if (wg_view_of(t, y.node).dtype == WG_I32)
        return wg_fail(t, WG_BAD_DTYPE, "backward: integers have no gradient");
    if (wg_is_stale(t))
        return wg_fail(t, WG_STALE, "backward: leaves were set anew since: call wg_replay first");
    return WG_OK;
}

static wg_status seed_node(wg_engine *t, wg_var y, const wg_array *seed)
{
    wg_record *record = wg_record_of(t, y.node);
    double one = 1;
    wg_array ones = {.data = &one, .dtype = WG_F64};
    if (!record || record->result[0].scalar) {
        const wg_array *s = seed ? seed : &ones;
        t->adjoints[y.node] = s->dtype == WG_F32 ? (double)*(const float *)s->data : *(const double *)s->data;
        return WG_OK;
    }
    wg_result *result = &record->result[0];
    size_t size = wg_dtype_size(result->dtype);
    wg_block *block = wg_block_take(&t->blocks, result->count * size);
    if (!block)
        return WG_OUT_OF_MEMORY;
    for (size_t i = 0; i < result->count; i++) {
        double s = !seed                   ? 1
                   : seed->dtype == WG_F32 ? (double)((const float *)seed->data)[i]
                                           : ((const double *)seed->data)[i];
        if (result->dtype == WG_F32)
            ((float *)wg_block_data(block))[i] = (float)s;
        else
            ((double *)wg_block_data(block))[i] = s;
    }
    return contribute(t, result, block, NULL);
}

static wg_status backward(wg_engine *t, wg_var y, const wg_array *seed)
{
    wg_release_gradients(t);
    if (!reserve_sweep(t))
        return wg_fail(
            t, WG_OUT_OF_MEMORY, "backward: no memory for the adjoints of %u nodes", t->head.count);
    memset(t->adjoints, 0, ((size_t)y.node + 1) * sizeof *t->adjoints);
    memset(t->reached, 0, (size_t)y.node + 1);
    t->reached[y.node] = 1;
    wg_status status = seed_node(t, y, seed);
    if (status == WG_OK)
        status = sweep(t, y.node);
    if (status == WG_OK) {
        t->swept = y.node + 1;
        return WG_OK;
    }
    wg_release_gradients(t);
    return wg_fail(t, status, "backward: %s", wg_status_text(status));
}

/* The recording is whole whatever became of the sweep: its error does not stick, but its message stays to be
 * read. */
static wg_status end_sweep(wg_engine *t, wg_status status)
{
    if (status == WG_OK)
        t->message[0] = 0;
    t->status = WG_OK;
    wg_update_fast(t);
    return status;
}

wg_status wg_backward(wg_var y)
{
    wg_engine *t = wg_engine_of(y.tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    wg_status status = check(t, y);
    if (status == WG_OK && wg_count_of(y) != 1) {
        char text[192];
        status =
            wg_fail(t, WG_NOT_SCALAR, "backward: needs a scalar, not %s %s: sum it, or use wg_backward_from",
                wg_name_at(t, y.node), wg_shape_text(wg_view_of(t, y.node).shape, text, sizeof text));
    }
    return end_sweep(t, status == WG_OK ? backward(t, y, NULL) : status);
}

wg_status wg_backward_from(wg_var y, wg_array seed)
{
    wg_engine *t = wg_engine_of(y.tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    wg_status status = check(t, y);
    if (status == WG_OK) {
        char ours[192], theirs[192];
        wg_shape shape = *wg_view_of(t, y.node).shape;
        if (!wg_shape_equal(&shape, &seed.shape))
            status = wg_fail(t, WG_BAD_SHAPE, "backward: a seed of %s for a var of %s",
                wg_shape_text(&seed.shape, theirs, sizeof theirs), wg_shape_text(&shape, ours, sizeof ours));
        else if ((seed.dtype != WG_F64 && seed.dtype != WG_F32) || (wg_count_of(y) && !seed.data))
            status = wg_fail(t, WG_BAD_DTYPE, "backward: the seed holds no floating numbers");
    }
    return end_sweep(t, status == WG_OK ? backward(t, y, &seed) : status);
}

wg_var wg_keep_grad(wg_var x)
{
    wg_engine *t = wg_engine_of(x.tape);
    if (t && wg_alive(t, x) && wg_record_of(t, x.node))
        wg_record_of(t, x.node)->keep_gradient = true;
    return x;
}
