/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* read.c - asking a var: its shape, its numbers, its gradient. */

#include "tape/engine.h"

#include <math.h>
#include <string.h>

/* The tape of a live var, or NULL. */
static wg_engine *live(wg_var x)
{
    wg_engine *t = wg__engine_of(x.tape);
    return t && wg__alive(t, x) ? t : NULL;
}

wg_shape wg_shape_of(wg_var x)
{
    wg_engine *t = live(x);
    return t ? *wg__view_of(t, x.node).shape : (wg_shape){0};
}

size_t wg_count_of(wg_var x)
{
    wg_engine *t = live(x);
    const wg_record *record = t ? wg__record_of(t, x.node) : NULL;
    return record ? record->result[0].count : t != NULL;
}

wg_dtype wg_dtype_of(wg_var x)
{
    wg_engine *t = live(x);
    return t ? wg__view_of(t, x.node).dtype : WG_F64;
}

bool wg_has_value(wg_var x)
{
    wg_engine *t = live(x);
    bool valued = t && wg__view_of(t, x.node).valued;
    if (t && !valued)
        t->missed = true;
    return valued;
}

/* ---- Numbers --------------------------------------------------------------------------------------- */

static double number(wg_dtype dtype, const void *data, size_t i)
{
    switch (dtype) {
    case WG_F64:
        return ((const double *)data)[i];
    case WG_F32:
        return (double)((const float *)data)[i];
    case WG_I32:
        return ((const int32_t *)data)[i];
    }
    return (double)NAN;
}

const void *wg_data(wg_var x)
{
    wg_engine *t = live(x);
    if (!t)
        return NULL;
    wg_view v = wg__view_of(t, x.node);
    if (!v.valued)
        t->missed = true;
    return !v.valued ? NULL : v.scalar ? &t->head.steps[x.node].value : v.data;
}

/* Reading fails with a message, but leaves no error behind. */
static wg_status refuse(wg_var x, wg_status status, const char *why, size_t n)
{
    wg_engine *t = wg__engine_of(x.tape);
    if (!t || t->status != WG_OK)
        return t ? t->status : WG_INVALID;
    const char *name = wg_is_valid(x) ? wg__name_at(t, x.node) : "";
    wg__fail(t, status, "read: %s%s%s (%zu numbers wanted, %zu there)", name, name[0] ? " " : "", why, n,
        wg_count_of(x));
    t->status = WG_OK;
    wg__update_fast(t);
    return status;
}

double wg_item(wg_var x)
{
    const void *data = wg_data(x);
    if (data && wg_count_of(x) != 1)
        refuse(x, WG_NOT_SCALAR, "is no single number: take wg_read", 1);
    return data && wg_count_of(x) == 1 ? number(wg_dtype_of(x), data, 0) : (double)NAN;
}

static const char *why_missing(wg_var x, wg_status missing)
{
    const wg_engine *t = wg__engine_of(x.tape);
    const wg_record *record = wg__record_of(t, x.node);
    if (record && record->bound && record->bound->gone)
        return missing == WG_NO_VALUE ? "has no value: the store of this parameter was freed"
                                      : "has no gradient: the store of this parameter was freed";
    if (missing == WG_NO_VALUE)
        return "has no value yet";
    if (x.node >= t->swept_end)
        return "has no gradient: no sweep since it was recorded, see wg_backward";
    return !record || (record->arity == 0 && !record->tracked)
               ? "wants no gradient: it is an input, a constant or frozen"
               : "has no gradient that was kept, see wg_keep_grad";
}

static wg_status copy(wg_var x, const void *data, wg_status missing, double *out, float *out32, size_t n)
{
    const wg_error *unstuck = x.tape && !live(x) ? wg__unstuck(wg__engine_of(x.tape), x) : NULL;
    if (unstuck)
        return refuse(x, unstuck->status, unstuck->message, n);
    if (!live(x))
        return refuse(x, WG_DEAD_VAR, "the var outlived its tape's reset or rewind, or never was one", n);
    if (!data)
        return refuse(x, missing, why_missing(x, missing), n);
    if (n != wg_count_of(x) || (n && !out && !out32))
        return refuse(x, WG_BAD_SHAPE, "has another count", n);
    wg_dtype dtype = wg_dtype_of(x);
    for (size_t i = 0; i < n; i++)
        if (out)
            out[i] = number(dtype, data, i);
        else
            out32[i] = (float)number(dtype, data, i);
    return WG_OK;
}

wg_status wg_read(wg_var x, double *out, size_t n)
{
    return copy(x, wg_data(x), WG_NO_VALUE, out, NULL, n);
}

wg_status wg_read_f32(wg_var x, float *out, size_t n)
{
    return copy(x, wg_data(x), WG_NO_VALUE, NULL, out, n);
}

/* ---- Gradients ------------------------------------------------------------------------------------- */

/* A tensor whose gradient is kept, and that the last sweep did not reach: it is 0. (Scalars that were not
 * reached have an adjoint of 0.) */
static bool unreached(const wg_engine *t, const wg_record *record)
{
    bool kept = record->arity == 0 || record->keep_gradient || t->options.keep_grads;
    return kept && record->tracked && !record->result[0].has_gradient;
}

/* Zeros are made when they are asked for. */
static const void *zeros(wg_engine *t, wg_result *result)
{
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    if (!result->gradient && (result->gradient_block = wg__block_take(&t->blocks, bytes)))
        result->gradient = memset(wg__block_data(result->gradient_block), 0, bytes);
    return result->gradient;
}

const void *wg_grad_data(wg_var x)
{
    static const double zero = 0;
    wg_engine *t = live(x);
    if (!t || x.node >= t->swept_end)
        return NULL;
    wg_record *record = wg__record_of(t, x.node);
    if (record && record->bound && record->bound->gone)
        return NULL;
    if (record && !record->result[0].scalar)
        return unreached(t, record) ? zeros(t, &record->result[0]) : record->result[0].gradient;
    if (wg__code(t, x.node) == WG_CODE_const)
        return NULL;
    return x.node < t->swept ? &t->adjoints[x.node] : &zero;
}

bool wg_has_grad(wg_var x)
{
    return wg_grad_data(x) != NULL;
}

double wg_item_grad(wg_var x)
{
    double out = (double)NAN;
    wg_read_grad(x, &out, 1);
    return out;
}

wg_status wg_read_grad(wg_var x, double *out, size_t n)
{
    return copy(x, wg_grad_data(x), WG_NO_GRADIENT, out, NULL, n);
}

wg_status wg_read_grad_f32(wg_var x, float *out, size_t n)
{
    return copy(x, wg_grad_data(x), WG_NO_GRADIENT, NULL, out, n);
}

wg_status wg_read_grads(wg_span span, double *out)
{
    wg_engine *t = wg__engine_of(span.tape);
    if (!t)
        return WG_INVALID;
    if (span.count == 0)
        return t->status;
    wg_var first = {.tape = span.tape, .node = span.node, .epoch = span.epoch}, last = first;
    last.node += (uint32_t)(span.count - 1);
    if (!wg__alive(t, last))
        return refuse(last, WG_DEAD_VAR, "the span outlived its tape's reset or rewind", span.count);
    if (last.node >= t->swept_end || !out)
        return refuse(last, WG_NO_GRADIENT, "has no gradient: no sweep since it was recorded", span.count);
    for (size_t i = 0; i < span.count; i++)
        out[i] = first.node + i < t->swept ? t->adjoints[first.node + i] : 0;
    return WG_OK;
}
