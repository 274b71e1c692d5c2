/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Asking a store, reading and setting its arrays, groups by pattern. */
#include "nn/params.h"
#include "kernels/parallel.h"

#include <math.h>
#include <string.h>

size_t wg_params_count(const wg_params *params)
{
    return params ? params->count : 0;
}

size_t wg_params_element_count(const wg_params *params)
{
    size_t total = 0;
    for (size_t i = 0; params && i < params->count; i++)
        total += params->arrays[i]->buffer ? 0 : params->arrays[i]->count;
    return total;
}

wg_dtype wg_params_dtype(const wg_params *params)
{
    return params ? params->dtype : WG_F64;
}

int wg_params_threads(const wg_params *params)
{
    return params ? wg__threads_of(params->threads) : 1;
}

uint64_t wg_params_seed(const wg_params *params)
{
    return params ? params->seed : 0;
}

const wg_allocator *wg_params_allocator(const wg_params *params)
{
    return params ? &params->memory : NULL;
}

wg_param_info wg_params_at(const wg_params *params, size_t index)
{
    if (!params || index >= params->count)
        return (wg_param_info){0};
    const wg_param_array *a = params->arrays[index];
    return (wg_param_info){.name = a->name,
        .shape = a->shape,
        .count = a->count,
        .value = wg__param_value_of(params, a),
        .buffer = a->buffer,
        .frozen = a->frozen,
        .lr_scale = a->lr_scale,
        .decay_scale = a->decay_scale,
        .chunk = a->chunk,
        .offset = a->offset};
}

wg_cache *wg_params_cache(wg_params *params)
{
    return params ? &params->cache : NULL;
}

void *wg_params_value(wg_params *params, size_t index)
{
    return params && index < params->count ? wg__param_value_of(params, params->arrays[index]) : NULL;
}

void wg_params_changed(wg_params *params)
{
    for (size_t i = 0; params && i < params->count; i++)
        params->arrays[i]->version++;
}

void wg_params_changed_at(wg_params *params, size_t index)
{
    if (params && index < params->count)
        params->arrays[index]->version++;
}

/* ---- Numbers in and out ---------------------------------------------------------------------------- */

bool wg__params_convert(void *to, wg_dtype to_dtype, const void *from, wg_dtype from_dtype, size_t n)
{
    double *d = to;
    float *f = to;
    const double *from_d = from;
    const float *from_f = from;
    const int32_t *from_i = from;
    if ((to_dtype != WG_F64 && to_dtype != WG_F32) || wg_dtype_size(from_dtype) == 0)
        return false;
    if (to_dtype == from_dtype) {
        if (n)
            memmove(to, from, n * wg_dtype_size(to_dtype));
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        double x = from_dtype == WG_F64 ? from_d[i] : from_dtype == WG_F32 ? (double)from_f[i] : from_i[i];
        if (to_dtype == WG_F64)
            d[i] = x;
        else
            f[i] = (float)x;
    }
    return true;
}

wg_status wg_params_read(const wg_params *params, const char *name, double *out, size_t n)
{
    wg_param_info a = wg_params_at(params, wg_params_index(params, name));
    if (!a.name)
        return WG_NAME;
    if (n != a.count)
        return WG_BAD_SHAPE;
    wg__params_convert(out, WG_F64, a.value, params->dtype, n);
    return WG_OK;
}

wg_status wg_params_read_grad(wg_params *params, const char *name, double *out, size_t n)
{
    size_t index = wg_params_index(params, name);
    const void *gradient = wg_params_grad(params, index);
    if (index == SIZE_MAX)
        return WG_NAME;
    if (!gradient)
        return WG_NO_GRADIENT;
    if (n != params->arrays[index]->count)
        return WG_BAD_SHAPE;
    wg__params_convert(out, WG_F64, gradient, params->dtype, n);
    return WG_OK;
}

wg_status wg_params_set(wg_params *params, const char *name, wg_array array, wg_error *error)
{
    size_t index = wg_params_index(params, name);
    char is[192], given[192];
    if (index == SIZE_MAX)
        return wg_error_set(error, WG_NAME, "no parameter is named %s", name ? name : "(null)");
    wg_param_array *a = params->arrays[index];
    if (!wg_shape_equal(&a->shape, &array.shape))
        return wg_error_set(error, WG_BAD_SHAPE, "%s has shape %s, not %s", name,
            wg_shape_text(&a->shape, is, sizeof is), wg_shape_text(&array.shape, given, sizeof given));
    if (!array.data && a->count)
        return wg_error_set(error, WG_INVALID, "%s: no numbers were given", name);
    if (!wg__params_convert(wg__param_value_of(params, a), params->dtype, array.data, array.dtype, a->count))
        return wg_error_set(error, WG_BAD_DTYPE, "%s: numbers of no known dtype", name);
    a->version++;
    return WG_OK;
}

/* ---- Groups ---------------------------------------------------------------------------------------- */

/* '*' matches any characters: on a mismatch the last star takes one more. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* The next parameter from *index on that matches; NULL at the end. */
static wg_param_array *next_match(const wg_params *p, const char *pattern, size_t *index)
{
    while (p && pattern && *index < p->count) {
        wg_param_array *a = p->arrays[(*index)++];
        if (!a->buffer && matches(pattern, a->name))
            return a;
    }
    return NULL;
}

size_t wg_params_freeze(wg_params *params, const char *pattern, bool frozen)
{
    size_t found = 0, index = 0;
    for (wg_param_array *a; (a = next_match(params, pattern, &index)); found++)
        a->frozen = frozen;
    return found;
}

size_t wg_params_scale(wg_params *params, const char *pattern, double lr_scale, double decay_scale)
{
    size_t found = 0, index = 0;
    if (!(lr_scale >= 0 && isfinite(lr_scale) && decay_scale >= 0 && isfinite(decay_scale)))
        return 0;
    for (wg_param_array *a; (a = next_match(params, pattern, &index)); found++) {
        a->lr_scale = lr_scale;
        a->decay_scale = decay_scale;
    }
    return found;
}
