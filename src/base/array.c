/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <stdio.h>
#include <string.h>
#include <wengert/array.h>

size_t wg_dtype_size(wg_dtype dtype)
{
    switch (dtype) {
    case WG_F64:
        return sizeof(double);
    case WG_F32:
        return sizeof(float);
    case WG_I32:
        return sizeof(int32_t);
    }
    return 0;
}

const char *wg_dtype_name(wg_dtype dtype)
{
    switch (dtype) {
    case WG_F64:
        return "f64";
    case WG_F32:
        return "f32";
    case WG_I32:
        return "i32";
    }
    return "no dtype";
}

wg_shape wg_shape_scalar(void)
{
    return (wg_shape){0};
}

wg_shape wg_shape_of_dims(const size_t *dims, size_t rank)
{
    if (rank > WG_MAX_RANK)
        return (wg_shape){.rank = SIZE_MAX};
    wg_shape shape = {.rank = rank};
    for (size_t i = 0; i < rank; i++)
        shape.dim[i] = dims[i];
    return shape;
}

/* A size of 0 makes the product 0 whatever the others are, but the others must not overflow by themselves: a
 * later view of them (an axis taken out, say) would. */
bool wg_shape_count(const wg_shape *shape, size_t *count)
{
    size_t product = 1;
    bool empty = false;
    *count = 0;
    if (shape->rank > WG_MAX_RANK)
        return false;
    for (size_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 0)
            empty = true;
        else if (product > SIZE_MAX / shape->dim[i])
            return false;
        else
            product *= shape->dim[i];
    }
    *count = empty ? 0 : product;
    return true;
}

bool wg_shape_equal(const wg_shape *a, const wg_shape *b)
{
    if (a->rank != b->rank || a->rank > WG_MAX_RANK)
        return false;
    for (size_t i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

bool wg_shape_broadcast(const wg_shape *a, const wg_shape *b, wg_shape *out)
{
    if (a->rank > WG_MAX_RANK || b->rank > WG_MAX_RANK)
        return false;
    wg_shape result = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (size_t i = 1; i <= result.rank; i++) { /* i counts from the last axis */
        size_t da = i <= a->rank ? a->dim[a->rank - i] : 1;
        size_t db = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (da != db && da != 1 && db != 1)
            return false;
        result.dim[result.rank - i] = da == 1 ? db : da;
    }
    *out = result;
    return true;
}

char *wg_shape_text(const wg_shape *shape, char *text, size_t size)
{
    if (size == 0)
        return text;
    if (shape->rank > WG_MAX_RANK) {
        snprintf(text, size, "[rank over %d]", WG_MAX_RANK);
        return text;
    }
    char all[8 * 22 + 3] = "[";
    size_t used = 1;
    for (size_t i = 0; i < shape->rank; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, i ? ", %zu" : "%zu", shape->dim[i]);
    snprintf(all + used, sizeof all - used, "]");
    snprintf(text, size, "%s", all);
    return text;
}

wg_array wg_array_of(const void *data, wg_dtype dtype, wg_shape shape)
{
    return (wg_array){.data = data, .dtype = dtype, .shape = shape};
}
