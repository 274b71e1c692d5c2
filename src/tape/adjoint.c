/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* adjoint.c - the adjoints of tensors: an adjoint starts as the first contribution's own block; later ones
 * are added into it. Kernels that say so (WG_OP_ADDS_GRADIENT) do that themselves, from zeros on. */

#include "tape/engine.h"

#include <string.h>

void wg__release_gradients(wg_engine *t)
{
    for (size_t i = 0; i < t->record_count; i++) {
        wg_record *record = t->records[i];
        record->direct = false;
        for (size_t r = 0; r < record->results; r++) {
            wg_result *result = &record->result[r];
            wg__block_give(&t->blocks, result->gradient_block);
            result->gradient_block = NULL;
            result->gradient = NULL;
            result->has_gradient = false;
            result->adjoint = 0;
        }
    }
    t->swept = t->swept_end = 0;
}

void wg__add_numbers(wg_dtype dtype, void *sum, const void *more, size_t n)
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

bool wg__own_gradient(wg_engine *t, wg_result *result)
{
    if (!result->gradient_block || result->gradient_block->references == 1)
        return true;
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    wg_block *block = wg__block_take(&t->blocks, bytes);
    if (!block)
        return false;
    memcpy(wg__block_data(block), result->gradient, bytes);
    wg__block_give(&t->blocks, result->gradient_block);
    result->gradient_block = block;
    result->gradient = wg__block_data(block);
    return true;
}

/* Adds numbers of the result's shape to its adjoint; takes over the reference to `block`, if there is one. */
wg_status wg__contribute(wg_engine *t, wg_result *result, wg_block *block, const void *data)
{
    if (!result->has_gradient && block) {
        result->gradient_block = block;
        result->gradient = wg__block_data(block);
        result->has_gradient = true;
        return WG_OK;
    }
    wg_status status = WG_OK;
    size_t bytes = result->count * wg_dtype_size(result->dtype);
    if (!result->has_gradient) { /* borrowed memory: keep a copy */
        result->gradient_block = wg__block_take(&t->blocks, bytes);
        if (!result->gradient_block)
            return WG_OUT_OF_MEMORY;
        result->gradient = wg__block_data(result->gradient_block);
        memcpy(result->gradient, data, bytes);
        result->has_gradient = true;
    } else if (wg__own_gradient(t, result)) {
        wg__add_numbers(result->dtype, result->gradient, block ? wg__block_data(block) : data, result->count);
    } else {
        status = WG_OUT_OF_MEMORY;
    }
    wg__block_give(&t->blocks, block);
    return status;
}

wg_status wg__contribute_var(wg_engine *t, uint32_t node, wg_var g)
{
    wg_record *record = wg__record_of(t, node);
    t->reached[node] = 1;
    if (!record || record->result[0].scalar) {
        t->adjoints[node] += t->head.steps[g.node].value;
        return WG_OK;
    }
    const wg_result *from = &wg__record_of(t, g.node)->result[0];
    return wg__contribute(t, &record->result[0], wg__block_share(from->block), from->data);
}
