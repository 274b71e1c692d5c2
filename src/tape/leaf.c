/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* leaf.c - where a computation starts: scalars, tensors, inputs, constants; and setting them anew. */

#include "tape/engine.h"

#include <string.h>

static void convert(wg_dtype to, void *out, wg_dtype from, const void *in, size_t n)
{
    if (to == from) {
        if (n)
            memcpy(out, in, n * wg_dtype_size(to));
    } else if (to == WG_F32) {
        for (size_t i = 0; i < n; i++)
            ((float *)out)[i] = (float)((const double *)in)[i];
    } else {
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = (double)((const float *)in)[i];
    }
}

static double first(const wg_array *array)
{
    return array->dtype == WG_F32 ? (double)*(const float *)array->data : *(const double *)array->data;
}

/* ---- Scalars --------------------------------------------------------------------------------------- */

static wg_var bare(wg_tape *tape, unsigned code, double value, const char *name)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t || t->status != WG_OK)
        return wg__invalid(tape);
    if (!wg__reserve_steps(t, 1)) {
        wg__fail(t, WG_OUT_OF_MEMORY, "%s: out of memory", name);
        return wg__invalid(tape);
    }
    uint32_t node = tape->count++;
    tape->steps[node] = (wg_step){.value = value};
    tape->codes[node] = (uint8_t)code;
    return (wg_var){.tape = tape, .node = node, .epoch = t->epoch};
}

wg_var wg_scalar(wg_tape *tape, double value)
{
    return bare(tape, WG_CODE_leaf, value, "scalar");
}

wg_var wg_const_scalar(wg_tape *tape, double value)
{
    return bare(tape, WG_CODE_const, value, "const");
}

wg_span wg_scalars_new(wg_tape *tape, const double *values, size_t count)
{
    wg_engine *t = wg__engine_of(tape);
    wg_span none = {.tape = tape, .node = WG_NO_NODE};
    if (!t || t->status != WG_OK)
        return none;
    if (count && !values) {
        wg__fail(t, WG_INVALID, "scalars: no values");
        return none;
    }
    if (count >= WG_NO_NODE || !wg__reserve_steps(t, count)) {
        wg__fail(t, WG_OUT_OF_MEMORY, "scalars: no memory for %zu of them", count);
        return none;
    }
    uint32_t node = tape->count;
    for (size_t i = 0; i < count; i++)
        tape->steps[node + i] = (wg_step){.value = values[i]};
    if (count)
        memset(tape->codes + node, WG_CODE_leaf, count);
    tape->count += (uint32_t)count;
    return (wg_span){.tape = tape, .node = node, .epoch = t->epoch, .count = count};
}

wg_var wg_no_such_scalar_(wg_span span, size_t i)
{
    wg__fail(wg__engine_of(span.tape), WG_BAD_INDEX, "at: index %zu of a span of %zu scalars", i, span.count);
    return wg__invalid(span.tape);
}

/* ---- Tensors --------------------------------------------------------------------------------------- */

wg_var wg__leaf_of(wg_engine *t, const wg_op *op, wg_dtype dtype, const wg_shape *shape)
{
    char text[192];
    size_t count, bytes;
    if (!wg_shape_count(shape, &count) || !wg__mul_size(count, wg_dtype_size(dtype), &bytes)) {
        wg__fail(t, shape->rank > WG_MAX_RANK ? WG_BAD_SHAPE : WG_OVERFLOW, "%s: the shape %s is too large",
            op->name, wg_shape_text(shape, text, sizeof text));
        return wg__invalid(&t->head);
    }
    bool scalar = shape->rank == 0 && dtype != WG_I32;
    wg_record *record = wg__record_new(t, op, 0, 1, NULL);
    wg_block *block = record && !scalar ? wg__block_take(&t->blocks, bytes) : NULL;
    if (record)
        record->result[0] = (wg_result){.shape = *shape,
            .dtype = scalar ? WG_F64 : dtype,
            .scalar = scalar,
            .count = count,
            .block = block,
            .data = block ? wg__block_data(block) : NULL};
    if (!record || (!scalar && !block) || !wg__record_push(t, record)) {
        wg__block_give(&t->blocks, block);
        if (record)
            wg__arena_rewind(&t->arena, record->place);
        wg__fail(t, WG_OUT_OF_MEMORY, "%s: no memory for %s %s", op->name, wg_dtype_name(dtype),
            wg_shape_text(shape, text, sizeof text));
        return wg__invalid(&t->head);
    }
    return wg__var_of(t, record->node);
}

wg_var wg__share_var(wg_engine *t, wg_dtype dtype, const wg_shape *shape, wg_block *block, void *data)
{
    wg_record *record = wg__record_new(t, &wg__op_const, 0, 1, NULL);
    if (!record || !wg__record_push(t, record)) {
        if (record)
            wg__arena_rewind(&t->arena, record->place);
        return wg__invalid(&t->head);
    }
    record->result[0] =
        (wg_result){.shape = *shape, .dtype = dtype, .block = wg__block_share(block), .data = data};
    wg_shape_count(shape, &record->result[0].count);
    record->valued = true;
    return wg__var_of(t, record->node);
}

static void fill(wg_engine *t, wg_record *record, const wg_array *array)
{
    wg_result *r = &record->result[0];
    if (r->scalar)
        t->head.steps[record->node].value = first(array);
    else
        convert(r->dtype, r->data, array->dtype, array->data, r->count);
    record->valued = true;
}

static bool check_array(wg_engine *t, const char *name, const wg_array *array)
{
    size_t count = 0;
    bool fits = wg_shape_count(&array->shape, &count);
    if (wg_dtype_size(array->dtype) == 0)
        wg__fail(t, WG_BAD_DTYPE, "%s: the array has no dtype of this library", name);
    else if (fits && count && !array->data)
        wg__fail(t, WG_INVALID, "%s: the array of %zu numbers has no data", name, count);
    else
        return true;
    return false;
}

/* A leaf of either kind from the caller's array, in the tape's dtype unless integer. */
static wg_var tensor(wg_tape *tape, const wg_op *op, const wg_array *array)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t || t->status != WG_OK || !check_array(t, op->name, array))
        return wg__invalid(tape);
    wg_dtype dtype = array->dtype == WG_I32 ? WG_I32 : t->options.dtype;
    wg_var x = wg__leaf_of(t, op, dtype, &array->shape);
    if (x.node == WG_NO_NODE)
        return x;
    fill(t, wg__record_of(t, x.node), array);
    return wg__var_of(t, x.node);
}

wg_var wg_leaf(wg_tape *tape, wg_array array)
{
    wg_engine *t = wg__engine_of(tape);
    if (t && array.dtype == WG_I32) {
        wg__fail(t, WG_BAD_DTYPE, "leaf: integers have no gradient: use wg_input");
        return wg__invalid(tape);
    }
    if (t && t->status == WG_OK && array.shape.rank == 0 && check_array(t, "leaf", &array))
        return wg_scalar(tape, first(&array));
    wg_var x = tensor(tape, &wg__op_leaf, &array);
    if (t && x.node != WG_NO_NODE) {
        wg__record_of(t, x.node)->tracked = true;
        wg__record_of(t, x.node)->settable = true;
    }
    return x;
}

wg_var wg_input(wg_tape *tape, wg_array array)
{
    wg_var x = tensor(tape, &wg__op_input, &array);
    if (x.node != WG_NO_NODE)
        wg__record_of(wg__engine_of(tape), x.node)->settable = true;
    return x;
}

wg_var wg_input_of(wg_tape *tape, wg_dtype dtype, wg_shape shape)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t || t->status != WG_OK)
        return wg__invalid(tape);
    if (dtype != WG_I32 && dtype != t->options.dtype) {
        wg__fail(t, WG_BAD_DTYPE, "input: %s on a tape of %s", wg_dtype_name(dtype),
            wg_dtype_name(t->options.dtype));
        return wg__invalid(tape);
    }
    wg_var x = wg__leaf_of(t, &wg__op_input, dtype, &shape);
    if (x.node != WG_NO_NODE)
        wg__record_of(t, x.node)->settable = true;
    return x;
}

wg_var wg_const(wg_tape *tape, wg_array array)
{
    wg_engine *t = wg__engine_of(tape);
    if (t && t->status == WG_OK && array.shape.rank == 0 && array.dtype != WG_I32 &&
        check_array(t, "const", &array))
        return wg_const_scalar(tape, first(&array));
    return tensor(tape, &wg__op_const, &array);
}

static wg_var filled(wg_engine *t, wg_dtype dtype, const wg_shape *shape, double c)
{
    if (shape->rank == 0)
        return wg_const_scalar(&t->head, c);
    wg_var x = wg__leaf_of(t, &wg__op_const, dtype, shape);
    if (x.node == WG_NO_NODE)
        return x;
    wg_record *record = wg__record_of(t, x.node);
    wg_result *r = &record->result[0];
    for (size_t i = 0; i < r->count; i++)
        if (dtype == WG_F32)
            ((float *)r->data)[i] = (float)c;
        else
            ((double *)r->data)[i] = c;
    record->valued = true;
    return wg__var_of(t, x.node);
}

wg_var wg_const_like(wg_var x, double c)
{
    wg_tape *tape;
    wg_engine *t = wg__common_tape("const", &x, 1, &tape);
    if (!t)
        return wg__invalid(tape);
    wg_view v = wg__view_of(t, x.node);
    wg_shape shape = *v.shape;
    return filled(t, v.dtype == WG_I32 ? t->options.dtype : v.dtype, &shape, c);
}

wg_var wg_full(wg_tape *tape, wg_shape shape, double c)
{
    wg_engine *t = wg__engine_of(tape);
    return t && t->status == WG_OK ? filled(t, t->options.dtype, &shape, c) : wg__invalid(tape);
}

/* ---- Setting anew ---------------------------------------------------------------------------------- */

/* Values computed from node x may exist only if an operation was recorded after it. */
static void mark_changed(wg_engine *t, uint32_t node)
{
    for (uint32_t i = node + 1; i < t->head.count && !t->changed; i++) {
        const wg_record *record = wg__record_of(t, i);
        t->changed = record ? record->arity > 0 : wg__operand_count(wg__code(t, i)) > 0;
        t->changed_by = node;
    }
}

/* Errors of setting do not stick: the recording is whole. */
static wg_status refuse(wg_engine *t, wg_status status, const char *why)
{
    wg__fail(t, status, "set: %s", why);
    t->status = WG_OK;
    wg__update_fast(t);
    return status;
}

wg_status wg_set_scalar(wg_var leaf, double value)
{
    return wg_set(leaf, (wg_array){.data = &value, .dtype = WG_F64});
}

wg_status wg_set(wg_var leaf, wg_array array)
{
    wg_engine *t = wg__engine_of(leaf.tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    const wg_error *unstuck = wg__unstuck(t, leaf);
    if (!wg__alive(t, leaf) && unstuck)
        return refuse(t, unstuck->status, unstuck->message);
    if (!wg__alive(t, leaf))
        return refuse(t, WG_DEAD_VAR, "the var outlived its tape's reset or rewind, or never was one");
    wg_record *record = wg__record_of(t, leaf.node);
    if (record ? !record->settable : wg__code(t, leaf.node) != WG_CODE_leaf)
        return refuse(t, WG_INVALID, "only leaves and inputs can be set anew");
    wg_view v = wg__view_of(t, leaf.node);
    if (!wg_shape_equal(v.shape, &array.shape)) {
        char ours[192], theirs[192], node[WG_NODE_TEXT];
        wg__fail(t, WG_BAD_SHAPE, "set: an array of %s for %s %s",
            wg_shape_text(&array.shape, theirs, sizeof theirs), wg__node_text(t, leaf.node, node),
            wg_shape_text(v.shape, ours, sizeof ours));
        t->status = WG_OK;
        wg__update_fast(t);
        return WG_BAD_SHAPE;
    }
    if ((v.dtype == WG_I32) != (array.dtype == WG_I32) || wg_dtype_size(array.dtype) == 0)
        return refuse(t, WG_BAD_DTYPE, "integers cannot stand for floating numbers, nor the other way round");
    if (!array.data && (v.scalar || record->result[0].count))
        return refuse(t, WG_INVALID, "the array has no data");
    if (record)
        fill(t, record, &array);
    else
        t->head.steps[leaf.node].value = first(&array);
    mark_changed(t, leaf.node);
    return WG_OK;
}

wg_status wg_set_scalars(wg_span span, const double *values)
{
    wg_engine *t = wg__engine_of(span.tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    if (span.count == 0)
        return WG_OK;
    wg_var last = {.tape = span.tape, .node = span.node + (uint32_t)(span.count - 1), .epoch = span.epoch};
    if (!values || !wg__alive(t, last))
        return refuse(t, values ? WG_DEAD_VAR : WG_INVALID, "the span is dead, or there are no values");
    for (size_t i = 0; i < span.count; i++)
        t->head.steps[span.node + i].value = values[i];
    mark_changed(t, last.node);
    return WG_OK;
}
