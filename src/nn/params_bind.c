/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The store on a tape: binding by scoped name, and gradients that come back. */
#include "nn/params.h"

#include <string.h>

/* The tape's scope "encoder/fc1" and "weight" make "encoder.fc1.weight". A name that fits into `small` needs
 * no memory; otherwise *bytes is what was allocated. NULL: no memory. */
static char *full_name(
    const wg_params *p, const wg_tape *tape, const char *name, char *small, size_t size, size_t *bytes)
{
    const char *scope = wg_tape_scope(tape);
    size_t in_scope = strlen(scope), length = strlen(name), needed = in_scope + 1 + length + 1;
    *bytes = needed > size ? needed : 0;
    char *full = *bytes ? wg__mem_new(&p->memory, needed) : small, *end = full;
    if (!full)
        return NULL;
    for (size_t i = 0; i < in_scope; i++)
        *end++ = scope[i] == '/' ? '.' : scope[i];
    if (in_scope)
        *end++ = '.';
    memcpy(end, name, length + 1);
    return full;
}

/* The array of a name in the tape's scope; its error goes to the tape. */
static wg_param_array *array_of(wg_params *p, wg_tape *tape, const char *name, const wg_shape *shape,
    const wg_init *init, bool buffer, size_t *index)
{
    if (!tape || wg_tape_status(tape) != WG_OK)
        return NULL;
    if (!p || !name || !*name) {
        wg_tape_fail(tape, WG_INVALID, p ? "a parameter needs a name" : "no parameter store");
        return NULL;
    }
    char small[256];
    size_t bytes;
    char *full = full_name(p, tape, name, small, sizeof small, &bytes);
    wg_error error = {0};
    wg_status status = WG_OUT_OF_MEMORY;
    if (full) {
        status = p->dtype == wg_tape_dtype(tape)
                     ? wg__params_get(p, full, shape, init, buffer, index, &error)
                     : wg_error_set(&error, WG_BAD_DTYPE, "%s: its store is %s, the tape %s", full,
                           wg_dtype_name(p->dtype), wg_dtype_name(wg_tape_dtype(tape)));
        if (bytes)
            wg__mem_free(&p->memory, full, bytes);
    }
    if (status == WG_OK)
        return p->arrays[*index];
    wg_tape_fail(tape, status, "%s", full ? error.message : "no memory for a parameter's name");
    return NULL;
}

/* A buffer has no gradient, and a frozen parameter wants none. */
static wg_var bind(
    wg_params *p, wg_tape *tape, const char *name, const wg_shape *shape, const wg_init *init, bool buffer)
{
    size_t index;
    wg_param_array *a = array_of(p, tape, name, shape, init, buffer, &index);
    if (!a)
        return (wg_var){.tape = tape};
    return wg_bind(tape, &(wg_binding){.owner = p,
                             .index = index,
                             .name = a->name,
                             .dtype = p->dtype,
                             .shape = a->shape,
                             .data = wg__param_value_of(p, a),
                             .gradient = a->frozen ? NULL : wg__param_gradient_of(p, a),
                             .gradient_is_zero = &a->gradient_is_zero,
                             .version = &a->version,
                             .frozen = a->buffer ? NULL : &a->frozen,
                             .holders = &p->holders});
}

wg_var wg_param(wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init)
{
    return bind(params, tape, name, &shape, init, false);
}

wg_var wg_param_constant(
    wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init)
{
    return bind(params, tape, name, &shape, init, true);
}

void *wg_param_buffer(wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init)
{
    size_t index;
    wg_param_array *a = array_of(params, tape, name, &shape, init, true, &index);
    return a ? wg__param_value_of(params, a) : NULL;
}

/* ---- Gradients ------------------------------------------------------------------------------------- */

void wg_params_zero_grad(wg_params *params)
{
    for (size_t i = 0; params && i < params->count; i++)
        params->arrays[i]->gradient_is_zero = true;
}

void wg__param_gradient_settle(const wg_params *p, wg_param_array *a)
{
    if (a->gradient_is_zero && !a->buffer) {
        memset(wg__param_gradient_of(p, a), 0, a->count * p->size);
        a->gradient_is_zero = false;
    }
}

void *wg_params_grad(wg_params *params, size_t index)
{
    if (!params || index >= params->count)
        return NULL;
    wg_param_array *a = params->arrays[index];
    wg__param_gradient_settle(params, a);
    return wg__param_gradient_of(params, a);
}

#define TEMPLATE "nn/add_real.h"
#include "base/for_each_real.h"

wg_status wg_params_add_grads(wg_params *params, wg_tape *tape)
{
    if (!params || !tape)
        return WG_INVALID;
    for (size_t i = 0; i < params->count; i++) {
        wg_param_array *a = params->arrays[i];
        size_t count;
        const void *own = a->buffer || a->frozen ? NULL : wg_own_grad(tape, params, i, &count);
        void *gradient = wg__param_gradient_of(params, a);
        if (!own || count != a->count)
            continue;
        if (a->gradient_is_zero)
            memcpy(gradient, own, count * params->size);
        else if (params->dtype == WG_F32)
            add_f32(gradient, own, count);
        else
            add_f64(gradient, own, count);
        a->gradient_is_zero = false;
    }
    wg_own_grad_clear(tape, params);
    return WG_OK;
}
