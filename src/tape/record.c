/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* record.c - recording an operation that is more than a bare step. */

#include "tape/engine.h"

#include <string.h>

static const wg_shape scalar_shape;

wg_view wg__view_of(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    if (!record)
        return (wg_view){.shape = &scalar_shape, .dtype = WG_F64, .scalar = true, .valued = true};
    const wg_result *r = &record->result[0];
    return (wg_view){&r->shape, r->dtype, r->scalar, record->valued, r->data};
}

/* Bare steps count as tracked unless they are constants or cut; it costs them nothing to be swept. */
bool wg__tracked(const wg_engine *t, uint32_t node)
{
    if (t->head.codes[node] & WG_CODE_CUT)
        return false;
    const wg_record *record = wg__record_of(t, node);
    return record ? record->tracked && !record->cut : wg__code(t, node) != WG_CODE_const;
}

wg_record *wg__record_new(wg_engine *t, const wg_op *op, size_t arity, size_t results, const void *attr)
{
    wg_place place = t->arena.place;
    wg_record *record = wg__arena_take(&t->arena, sizeof *record);
    uint32_t *args = wg__arena_take(&t->arena, arity * sizeof *args);
    wg_result *result = wg__arena_take(&t->arena, results * sizeof *result);
    void *copy = op->attr_size ? wg__arena_take(&t->arena, op->attr_size) : NULL;
    if (!record || !args || !result || (op->attr_size && !copy)) {
        wg__arena_rewind(&t->arena, place);
        return NULL;
    }
    *record = (wg_record){.op = op,
        .attr = copy,
        .place = place,
        .args = args,
        .arity = arity,
        .results = results,
        .result = result,
        .training = t->training};
    memset(result, 0, results * sizeof *result);
    if (copy && attr)
        memcpy(copy, attr, op->attr_size);
    else if (copy)
        memset(copy, 0, op->attr_size);
    return record;
}

bool wg__record_push(wg_engine *t, wg_record *record)
{
    if (t->record_count >= WG_NO_NODE || !wg__reserve_steps(t, 1) ||
        !wg__mem_reserve(
            &t->memory, (void **)&t->records, &t->record_capacity, t->record_count + 1, sizeof *t->records))
        return false;
    record->node = t->head.count++;
    t->head.steps[record->node] = (wg_step){.value = 0, .a = (uint32_t)t->record_count, .b = 0};
    t->head.codes[record->node] = (uint8_t)(WG_CODE_record | (record->cut ? WG_CODE_CUT : 0));
    t->records[t->record_count++] = record;
    return true;
}

static wg_status refuse_integers(wg_op_context *op)
{
    for (size_t i = 0; i < op->arity; i++)
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(
                op, WG_BAD_DTYPE, "%s is i32; floats or doubles are needed", wg_op_operand(op, i));
    return WG_OK;
}

wg_status wg_shape_like_first(wg_op_context *op)
{
    return refuse_integers(op); /* the results are preset to it */
}

wg_status wg_shape_all_equal(wg_op_context *op)
{
    if (refuse_integers(op) != WG_OK)
        return WG_BAD_DTYPE;
    for (size_t i = 1; i < op->arity; i++)
        if (!wg_shape_equal(op->in_shape[0], op->in_shape[i]))
            return wg_op_fail(op, WG_BAD_SHAPE, "shapes are not equal: %s and %s", wg_op_operand(op, 0),
                wg_op_operand(op, i));
    return WG_OK;
}

wg_status wg_shape_broadcast_all(wg_op_context *op)
{
    if (refuse_integers(op) != WG_OK)
        return WG_BAD_DTYPE;
    for (size_t i = 1; i < op->arity; i++)
        if (!wg_shape_broadcast(&op->out_shape[0], op->in_shape[i], &op->out_shape[0]))
            return wg_op_fail(op, WG_BAD_SHAPE, "shapes do not broadcast: %s and %s",
                wg_op_operand(op, i - 1), wg_op_operand(op, i));
    return WG_OK;
}

/* ---- Recording ------------------------------------------------------------------------------------- */

static bool differentiable(const wg_op *op)
{
    return op->vjp || op->expand || op->traits & WG_OP_ZERO_GRADIENT;
}

static bool computable(const wg_op *op, wg_dtype dtype)
{
    return op->traits & WG_OP_ALIAS || (dtype == WG_F32 ? op->forward_f32 : op->forward_f64);
}

static wg_status check_op(wg_engine *t, const wg_op *op, size_t arity, size_t results)
{
    const char *name = op->name ? op->name : "operation without a name";
    if (op->arity != WG_VARIADIC && (size_t)op->arity != arity)
        return wg__fail(t, WG_INVALID, "%s: takes %d operands, not %zu", name, op->arity, arity);
    if (results > WG_MAX_RESULTS)
        return wg__fail(t, WG_INVALID, "%s: at most %d results, not %zu", name, WG_MAX_RESULTS, results);
    if (!differentiable(op))
        return wg__fail(t, WG_INVALID,
            "%s: has neither vjp nor expand; declare it WG_OP_ZERO_GRADIENT if that is right", name);
    if (!op->shape || !op->name)
        return wg__fail(t, WG_INVALID, "%s: has no %s", name, op->name ? "shape rule" : "name");
    return WG_OK;
}

static wg_status check_dtypes(wg_frame *f)
{
    wg_op_context *op = &f->op;
    for (size_t i = 0; i < op->arity; i++) {
        bool real = op->in_dtype[i] != WG_I32, tensor = !wg__view_of(f->tape, f->arg[i].node).scalar;
        if (real && tensor && op->in_dtype[i] != op->dtype)
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is %s, but another operand is %s", wg_op_operand(op, i),
                wg_dtype_name(op->in_dtype[i]), wg_dtype_name(op->dtype));
    }
    if (!computable(op->op, op->dtype))
        return wg_op_fail(op, WG_BAD_DTYPE, "has no forward function for %s", wg_dtype_name(op->dtype));
    return WG_OK;
}

/* What the shape rule said, into the record. */
static wg_status take_shapes(wg_frame *f, wg_record *record)
{
    for (size_t r = 0; r < record->results; r++) {
        wg_result *result = &record->result[r];
        size_t bytes;
        result->shape = f->out_shape[r];
        result->dtype = f->out_dtype[r];
        result->scalar = result->shape.rank == 0 && result->dtype != WG_I32;
        if (result->scalar)
            result->dtype = WG_F64;
        if (!wg_shape_count(&result->shape, &result->count) ||
            !wg__mul_size(result->count, wg_dtype_size(result->dtype), &bytes)) {
            char text[192];
            return wg_op_fail(&f->op, WG_OVERFLOW, "a result of shape %s is too large",
                wg_shape_text(&result->shape, text, sizeof text));
        }
        for (size_t d = result->shape.rank; d < WG_MAX_RANK; d++)
            result->shape.dim[d] = 0;
    }
    for (size_t k = 0; k < WG_MAX_KEEP; k++)
        record->keep_bytes[k] = f->op.keep_bytes[k];
    return WG_OK;
}

/* A random operation has its number among the tape's; inside the rule of one, it has that one's. */
static void take_ordinal(wg_engine *t, wg_record *record)
{
    if (record->op->traits & WG_OP_RANDOM)
        record->ordinal = t->rule_of ? t->rule_of->ordinal : t->ordinals++;
}

static void take_flags(wg_engine *t, wg_record *record)
{
    record->cut = t->no_grad > 0;
    if (!(record->op->traits & WG_OP_ZERO_GRADIENT))
        for (size_t i = 0; i < record->arity && !record->tracked; i++)
            record->tracked = wg__tracked(t, record->args[i]);
}

/* Each result of an operation with several is a node of its own. */
static bool project(wg_engine *t, wg_record *record, wg_var *out)
{
    for (size_t r = 0; r < record->results; r++) {
        wg_record *one = wg__record_new(t, &wg__op_projection, 1, 1, &(size_t){r});
        if (!one)
            return false;
        one->args[0] = record->node;
        one->result[0] = record->result[r];
        one->result[0].block = wg__block_share(record->result[r].block);
        one->cut = record->cut;
        one->tracked = record->tracked && one->result[0].dtype != WG_I32;
        one->valued = record->valued;
        if (!wg__record_push(t, one)) {
            wg__block_give(&t->blocks, one->result[0].block);
            return false;
        }
        t->head.steps[one->node].value = record->result[r].value;
        out[r] = wg__var_of(t, one->node);
    }
    return true;
}

static wg_status record_checked(wg_engine *t, const wg_op *op, const wg_var *args, size_t arity,
    const void *attr, size_t results, wg_var *out)
{
    uint32_t start = t->head.count;
    wg_frame frame;
    wg_record *record = wg__record_new(t, op, arity, results, attr);
    if (!record)
        return wg__fail(t, WG_OUT_OF_MEMORY, "%s: out of memory", op->name);
    wg_place place = record->place;
    for (size_t i = 0; i < arity; i++)
        record->args[i] = args[i].node;
    wg_status status = WG_OUT_OF_MEMORY;
    if (wg__frame_open(&frame, t, op, record->attr, record->args, arity, results)) {
        status = check_dtypes(&frame);
        if (status == WG_OK)
            status = op->shape(&frame.op);
        if (status == WG_OK)
            status = take_shapes(&frame, record);
    }
    wg__frame_close(&frame);
    take_flags(t, record);
    if (status == WG_OK && !wg__record_push(t, record))
        status = WG_OUT_OF_MEMORY;
    if (status != WG_OK) {
        wg__arena_rewind(&t->arena, place);
        return wg__fail(t, status, "%s: %s", op->name, wg_status_text(status));
    }
    uint64_t ordinals = t->ordinals;
    take_ordinal(t, record);
    status = wg__compute(t, record);
    if (status == WG_OK && results > 1 && !project(t, record, out))
        status = WG_OUT_OF_MEMORY;
    if (status != WG_OK) {
        wg__forget(t, start);
        t->ordinals = ordinals;
        return wg__fail(t, status, "%s: %s", op->name, wg_status_text(status));
    }
    if (results == 1)
        out[0] = wg__var_of(t, record->node);
    return WG_OK;
}

wg_status wg__record_op(wg_engine *t, const wg_op *op, const wg_var *args, size_t arity, const void *attr,
    size_t results, wg_var *out)
{
    for (size_t r = 0; r < results && r < WG_MAX_RESULTS; r++)
        out[r] = wg__invalid(&t->head);
    wg_status status = check_op(t, op, arity, results);
    if (status == WG_OK)
        status = record_checked(t, op, args, arity, attr, results, out);
    if (status != WG_OK)
        for (size_t r = 0; r < results && r < WG_MAX_RESULTS; r++)
            out[r] = wg__invalid(&t->head);
    return status;
}

wg_status wg_apply_all(const wg_op *op, const wg_var *args, size_t count, const void *attr, wg_var *results)
{
    wg_tape *tape = NULL;
    if (!op || !results || (count && !args))
        return WG_INVALID;
    size_t n = op->results ? op->results : 1;
    wg_engine *t = wg__common_tape(op->name ? op->name : "operation", args, count, &tape);
    if (t)
        return wg__record_op(t, op, args, count, attr, n, results);
    for (size_t r = 0; r < n && r < WG_MAX_RESULTS; r++)
        results[r] = wg__invalid(tape);
    return wg_tape_status(tape);
}

wg_var wg_apply(const wg_op *op, const wg_var *args, size_t count, const void *attr)
{
    wg_var results[WG_MAX_RESULTS] = {{0}};
    wg_apply_all(op, args, count, attr, results);
    return results[0];
}

wg_var wg_apply1(const wg_op *op, wg_var x)
{
    return wg_apply(op, &x, 1, NULL);
}

wg_var wg_apply2(const wg_op *op, wg_var a, wg_var b)
{
    return wg_apply(op, (wg_var[]){a, b}, 2, NULL);
}
