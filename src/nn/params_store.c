/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Whole stores: print, copy, compare. */
#include "nn/params.h"

#include <string.h>

wg_status wg_params_print(const wg_params *params, FILE *file)
{
    if (!params || !file)
        return WG_INVALID;
    size_t parameters = 0;
    int width = 4;
    for (size_t i = 0; i < params->count; i++) {
        int length = (int)strlen(params->arrays[i]->name);
        width = length > width ? length : width;
        parameters += !params->arrays[i]->buffer;
    }
    fprintf(file, "%-*s  %-20s %12s\n", width, "name", "shape", "elements");
    for (size_t i = 0; i < params->count; i++) {
        const wg_param_array *a = params->arrays[i];
        char shape[192];
        fprintf(file, "%-*s  %-20s %12zu%s\n", width, a->name, wg_shape_text(&a->shape, shape, sizeof shape),
            a->count,
            a->buffer   ? "  buffer"
            : a->frozen ? "  frozen"
                        : "");
    }
    fprintf(file, "%zu elements in %zu parameters, %s\n", wg_params_element_count(params), parameters,
        wg_dtype_name(params->dtype));
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}

/* Can every array of `from` be copied? */
static wg_status copy_check(const wg_params *to, const wg_params *from, wg_error *error)
{
    for (size_t i = 0; i < from->count; i++) {
        const wg_param_array *a = from->arrays[i];
        size_t index = wg_params_index(to, a->name);
        if (index == SIZE_MAX && to->sealed)
            return wg__params_unknown(to, a->name, error);
        if (index == SIZE_MAX)
            continue;
        const wg_param_array *b = to->arrays[index];
        char is[192], wanted[192];
        if (a->buffer != b->buffer || !wg_shape_equal(&a->shape, &b->shape))
            return wg_error_set(error, WG_NAME, "%s is a %s %s here, a %s %s there", a->name,
                b->buffer ? "buffer" : "parameter", wg_shape_text(&b->shape, is, sizeof is),
                a->buffer ? "buffer" : "parameter", wg_shape_text(&a->shape, wanted, sizeof wanted));
    }
    return WG_OK;
}

wg_status wg_params_copy(wg_params *to, const wg_params *from, wg_error *error)
{
    if (!to || !from)
        return wg_error_set(error, WG_INVALID, "no parameter store");
    if (to == from)
        return WG_OK;
    wg_status status = copy_check(to, from, error);
    const wg_init zero = wg_init_constant(0);
    for (size_t i = 0; i < from->count && status == WG_OK; i++) {
        const wg_param_array *a = from->arrays[i];
        size_t index;
        status = wg__params_get(to, a->name, &a->shape, &zero, a->buffer, &index, error);
    }
    if (status != WG_OK)
        return status;
    for (size_t i = 0; i < from->count; i++) {
        const wg_param_array *a = from->arrays[i];
        wg_param_array *b = to->arrays[wg_params_index(to, a->name)];
        wg__params_convert(
            wg__param_value_of(to, b), to->dtype, wg__param_value_of(from, a), from->dtype, a->count);
        b->version++;
    }
    return WG_OK;
}

bool wg_params_equal(const wg_params *a, const wg_params *b)
{
    if (!a || !b || a->dtype != b->dtype || a->count != b->count)
        return a == b;
    for (size_t i = 0; i < a->count; i++) {
        const wg_param_array *x = a->arrays[i];
        size_t index = wg_params_index(b, x->name);
        if (index == SIZE_MAX)
            return false;
        const wg_param_array *y = b->arrays[index];
        if (x->buffer != y->buffer || !wg_shape_equal(&x->shape, &y->shape) ||
            memcmp(wg__param_value_of(a, x), wg__param_value_of(b, y), x->count * a->size) != 0)
            return false;
    }
    return true;
}
