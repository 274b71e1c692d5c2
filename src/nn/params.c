/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The store's life, its arrays and chunks, and finding them by name. */
#include "nn/params.h"

#include <string.h>

wg_params *wg_params_new(const wg_params_options *options)
{
    static const wg_params_options defaults = {0};
    const wg_params_options *o = options ? options : &defaults;
    if ((o->dtype != WG_F64 && o->dtype != WG_F32) || o->threads < 0)
        return NULL;
    wg_allocator memory = wg__allocator_or_default(&o->allocator);
    wg_params *p = wg__mem_zero(&memory, sizeof *p);
    if (!p)
        return NULL;
    p->memory = memory;
    p->names.memory = &p->memory;
    wg__cache_begin(&p->cache, &p->memory, o->cache);
    p->dtype = o->dtype;
    p->size = wg_dtype_size(o->dtype);
    p->seed = o->seed;
    p->threads = o->threads;
    return p;
}

void wg_params_free(wg_params *params)
{
    if (!params)
        return;
    wg__holders_end(&params->holders);
    const wg_allocator memory = params->memory;
    for (size_t i = 0; i < params->count; i++)
        wg__mem_free(&memory, params->arrays[i], params->arrays[i]->bytes);
    for (size_t i = 0; i < params->chunks; i++) {
        wg_param_chunk *c = &params->chunk[i];
        wg__mem_aligned_free(&memory, c->value, c->capacity * params->size);
        wg__mem_aligned_free(&memory, c->gradient, c->capacity * params->size);
        wg__mem_free(&memory, c->arrays, c->array_capacity * sizeof *c->arrays);
    }
    wg__mem_free(&memory, params->arrays, params->capacity * sizeof *params->arrays);
    wg__names_free(&params->names);
    wg_cache_trim(&params->cache);
    wg__mem_free(&memory, params, sizeof *params);
}

struct wg_holders *wg_params_holders(wg_params *params)
{
    return params ? &params->holders : NULL;
}

size_t wg_params_index(const wg_params *params, const char *name)
{
    return params ? wg__names_find(&params->names, name) : SIZE_MAX;
}

/* ---- Chunks ---------------------------------------------------------------------------------------- */

/* A new chunk is at least as large as all of its kind before it: from 64 KiB on they double, so that 32 of a
 * kind are more than any memory. What no array uses is never touched. */
static wg_param_chunk *chunk_new(wg_params *p, size_t elements, bool buffers)
{
    size_t capacity = (64 << 10) / p->size, total = 0, bytes;
    for (size_t i = 0; i < p->chunks; i++)
        if ((p->chunk[i].gradient == NULL) == buffers)
            total += p->chunk[i].capacity;
    if (capacity < total)
        capacity = total;
    if (capacity < elements)
        capacity = elements;
    if (p->chunks == WG_PARAMS_MAX_CHUNKS || !wg__mul_size(capacity, p->size, &bytes))
        return NULL;
    char *value = wg__mem_aligned_new(&p->memory, bytes);
    char *gradient = buffers ? NULL : wg__mem_aligned_new(&p->memory, bytes);
    if (!value || (!buffers && !gradient)) {
        wg__mem_aligned_free(&p->memory, value, bytes);
        wg__mem_aligned_free(&p->memory, gradient, bytes);
        return NULL;
    }
    wg_param_chunk *c = &p->chunk[p->chunks++];
    *c = (wg_param_chunk){.value = value, .gradient = gradient, .capacity = capacity};
    return c;
}

/* A chunk with room for so many elements and one more array. */
static wg_param_chunk *chunk_with_room(wg_params *p, size_t elements, bool buffers)
{
    wg_param_chunk *c = NULL;
    for (size_t i = 0; i < p->chunks && !c; i++)
        if ((p->chunk[i].gradient == NULL) == buffers && p->chunk[i].capacity - p->chunk[i].used >= elements)
            c = &p->chunk[i];
    if (!c)
        c = chunk_new(p, elements, buffers);
    if (!c || !wg__mem_reserve(
                  &p->memory, (void **)&c->arrays, &c->array_capacity, c->array_count + 1, sizeof *c->arrays))
        return NULL;
    return c;
}

/* ---- Arrays ---------------------------------------------------------------------------------------- */

static wg_param_array *array_new(
    wg_params *p, const char *name, const wg_shape *shape, size_t count, bool buffer)
{
    size_t line = wg__param_line(p), lines = count / line + (count % line != 0 || count == 0), padded;
    if (!wg__mul_size(lines, line, &padded))
        return NULL;
    if (!wg__mem_reserve(
            &p->memory, (void **)&p->arrays, &p->capacity, p->count + 1, sizeof(wg_param_array *)))
        return NULL;
    wg_param_chunk *c = chunk_with_room(p, padded, buffer);
    size_t length = strlen(name) + 1, bytes = sizeof(wg_param_array) + length;
    wg_param_array *a = c ? wg__mem_zero(&p->memory, bytes) : NULL;
    if (!a)
        return NULL;
    a->shape = *shape;
    a->count = count, a->padded = padded, a->bytes = bytes;
    a->chunk = (size_t)(c - p->chunk), a->offset = c->used;
    a->lr_scale = a->decay_scale = 1;
    a->buffer = buffer;
    a->gradient_is_zero = true;
    memcpy(a->name, name, length);
    return a;
}

/* The elements up to the end of the line are 0. */
static void clear_rest(const wg_params *p, const wg_param_array *a, char *memory)
{
    if (memory)
        memset(memory + a->count * p->size, 0, (a->padded - a->count) * p->size);
}

static wg_status refuse_init(
    const char *name, const wg_init *init, const wg_shape *shape, wg_status status, wg_error *error)
{
    return wg_error_set(error, status, "%s: initial values by rule %d with value %g, whose scale is %g", name,
        init ? (int)init->rule : 0, init ? init->value : 0, wg_init_scale(init, *shape));
}

static wg_status fill(const wg_params *p, const wg_param_array *a)
{
    wg_random random = wg_random_named(p->seed, a->name);
    return wg_init_fill(&a->init, a->shape, p->dtype, &random, wg__param_value_of(p, a));
}

static wg_status create(wg_params *p, const char *name, const wg_shape *shape, size_t count,
    const wg_init *init, bool buffer, wg_error *error)
{
    wg_param_array *a = array_new(p, name, shape, count, buffer);
    if (!a)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu elements", name, count);
    a->init = init ? *init : buffer ? wg_init_constant(0) : (wg_init){0};
    wg_status status = fill(p, a);
    if (status != WG_OK) {
        wg__mem_free(&p->memory, a, a->bytes);
        return refuse_init(name, init, shape, status, error);
    }
    if (!wg__names_add(&p->names, a->name)) {
        wg__mem_free(&p->memory, a, a->bytes);
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for its name", name);
    }
    clear_rest(p, a, wg__param_value_of(p, a));
    clear_rest(p, a, wg__param_gradient_of(p, a));
    wg_param_chunk *c = &p->chunk[a->chunk];
    c->arrays[c->array_count++] = p->count;
    c->used += a->padded;
    p->arrays[p->count++] = a;
    return WG_OK;
}

static wg_status check(const wg_param_array *a, const wg_shape *shape, bool buffer, wg_error *error)
{
    char is[192], wanted[192];
    if (a->buffer != buffer)
        return wg_error_set(error, WG_NAME, "%s is a %s, not a %s", a->name,
            a->buffer ? "buffer" : "parameter", buffer ? "buffer" : "parameter");
    if (!wg_shape_equal(&a->shape, shape))
        return wg_error_set(error, WG_NAME, "%s has shape %s, not %s", a->name,
            wg_shape_text(&a->shape, is, sizeof is), wg_shape_text(shape, wanted, sizeof wanted));
    return WG_OK;
}

wg_status wg__params_get(wg_params *p, const char *name, const wg_shape *shape, const wg_init *init,
    bool buffer, size_t *index, wg_error *error)
{
    size_t count;
    *index = SIZE_MAX;
    if (error && error->status != WG_OK)
        return error->status;
    if (!p || !name || !*name)
        return wg_error_set(error, WG_INVALID, p ? "a parameter needs a name" : "no parameter store");
    *index = wg_params_index(p, name);
    if (*index != SIZE_MAX)
        return check(p->arrays[*index], shape, buffer, error);
    if (shape->rank > WG_MAX_RANK)
        return wg_error_set(error, WG_BAD_SHAPE, "%s: rank over %d", name, WG_MAX_RANK);
    if (!wg_shape_count(shape, &count)) {
        char text[192];
        return wg_error_set(error, WG_OVERFLOW, "%s: the size of %s overflows", name,
            wg_shape_text(shape, text, sizeof text));
    }
    if (p->sealed)
        return wg__params_unknown(p, name, error);
    *index = p->count;
    return create(p, name, shape, count, init, buffer, error);
}

wg_status wg_params_add(
    wg_params *params, const char *name, wg_shape shape, const wg_init *init, wg_error *error)
{
    size_t index;
    return wg__params_get(params, name, &shape, init, false, &index, error);
}

wg_status wg_params_add_buffer(
    wg_params *params, const char *name, wg_shape shape, const wg_init *init, wg_error *error)
{
    size_t index;
    return wg__params_get(params, name, &shape, init, true, &index, error);
}

wg_status wg_params_renew(wg_params *params, size_t index)
{
    if (!params || index >= params->count)
        return WG_INVALID;
    params->arrays[index]->version++;
    return fill(params, params->arrays[index]);
}

void wg_params_seal_for(wg_params *params, const char *who)
{
    if (params)
        params->sealed = who ? who : "wg_params_seal";
}

void wg_params_seal(wg_params *params)
{
    wg_params_seal_for(params, NULL);
}

void wg_params_unseal(wg_params *params)
{
    if (params)
        params->sealed = NULL;
}

bool wg_params_is_sealed(const wg_params *params)
{
    return params && params->sealed != NULL;
}
