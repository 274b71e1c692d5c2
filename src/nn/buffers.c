/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "nn/buffers.h"

#include <string.h>
#include "base/alloc.h"

/* Of array i; 0 for a parameter. */
static size_t bytes_of(const wg_params *params, size_t i)
{
    const wg_param_info a = wg_params_at(params, i);
    return a.buffer ? a.count * wg_dtype_size(wg_params_dtype(params)) : 0;
}

bool wg__buffers_keep(wg_buffers *b, const wg_params *params)
{
    size_t needed = 0, used = 0;
    b->arrays = wg_params_count(params);
    for (size_t i = 0; i < b->arrays; i++)
        needed += bytes_of(params, i);
    if (!wg__mem_reserve(&b->memory, (void **)&b->copy, &b->capacity, needed, 1))
        return false;
    for (size_t i = 0; i < b->arrays; i++) {
        size_t bytes = bytes_of(params, i);
        if (bytes)
            memcpy(b->copy + used, wg_params_at(params, i).value, bytes);
        used += bytes;
    }
    return true;
}

void wg__buffers_restore(const wg_buffers *b, wg_params *params)
{
    size_t used = 0;
    for (size_t i = 0; i < wg_params_count(params); i++) {
        size_t bytes = bytes_of(params, i);
        if (bytes && i >= b->arrays)
            wg_params_renew(params, i);
        else if (bytes)
            memcpy(wg_params_value(params, i), b->copy + used, bytes);
        used += bytes;
    }
}

void wg__buffers_free(wg_buffers *b)
{
    wg__mem_free(&b->memory, b->copy, b->capacity);
    b->copy = NULL;
    b->capacity = 0;
}
