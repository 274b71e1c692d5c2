/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"

#include <string.h>

/* Bytes of an array; false when they do not fit in size_t. */
static bool array_bytes(wg_dtype dtype, const wg_shape *shape, size_t *bytes)
{
    size_t count;
    return wg_shape_count(shape, &count) && wg__mul_size(count, wg_dtype_size(dtype), bytes);
}

/* An empty array keeps one byte, so that a data pointer is never NULL. */
static size_t at_least_one(size_t bytes)
{
    return bytes ? bytes : 1;
}

wg_dataset *wg__dataset_new(const wg_allocator *hook, wg_dtype x_dtype, wg_shape x_shape, wg_dtype y_dtype,
    wg_shape y_shape, wg_error *error)
{
    size_t x_bytes, y_bytes;
    if (!array_bytes(x_dtype, &x_shape, &x_bytes) || !array_bytes(y_dtype, &y_shape, &y_bytes)) {
        wg_error_set(error, WG_OVERFLOW, "data set: the size of an array does not fit in size_t");
        return NULL;
    }
    wg_allocator allocator = wg__allocator_or_default(hook);
    wg_dataset *dataset = wg__mem_zero(&allocator, sizeof *dataset);
    if (dataset) {
        dataset->allocator = allocator;
        dataset->x_dtype = x_dtype, dataset->x_shape = x_shape, dataset->x_bytes = x_bytes;
        dataset->y_dtype = y_dtype, dataset->y_shape = y_shape, dataset->y_bytes = y_bytes;
        dataset->x = wg__mem_aligned_new(&allocator, at_least_one(x_bytes));
        dataset->y = wg__mem_aligned_new(&allocator, at_least_one(y_bytes));
        if (dataset->x && dataset->y)
            return dataset;
        wg_dataset_free(dataset);
    }
    wg_error_set(error, WG_OUT_OF_MEMORY, "data set: no memory for %zu samples (%zu + %zu bytes)",
        x_shape.dim[0], x_bytes, y_bytes);
    return NULL;
}

wg_status wg__dataset_count_classes(wg_dataset *dataset, size_t least, wg_error *error)
{
    dataset->classes = least;
    if (dataset->y_dtype != WG_I32 || dataset->y_shape.rank != 1)
        return WG_OK;
    const int32_t *label = dataset->y;
    for (size_t i = 0; i < dataset->y_shape.dim[0]; i++) {
        if (label[i] < 0)
            return wg_error_set(
                error, WG_BAD_INDEX, "data set: label %d of sample %zu is negative", (int)label[i], i);
        if ((size_t)label[i] >= dataset->classes)
            dataset->classes = (size_t)label[i] + 1;
    }
    return WG_OK;
}

static wg_status check_arrays(const wg_array *x, const wg_array *y, wg_error *error)
{
    char x_text[192], y_text[192];
    if (x->dtype != WG_F32 && x->dtype != WG_F64)
        return wg_error_set(
            error, WG_BAD_DTYPE, "data set: x must be f32 or f64, not %s", wg_dtype_name(x->dtype));
    if (wg_dtype_size(y->dtype) == 0)
        return wg_error_set(error, WG_BAD_DTYPE, "data set: y has no dtype");
    bool fit = x->shape.rank >= 1 && x->shape.rank <= WG_MAX_RANK && y->shape.rank >= 1 &&
               y->shape.rank <= WG_MAX_RANK && x->shape.dim[0] == y->shape.dim[0];
    if (!fit)
        return wg_error_set(error, WG_BAD_SHAPE, "data set: x %s and y %s do not agree in a first size",
            wg_shape_text(&x->shape, x_text, sizeof x_text), wg_shape_text(&y->shape, y_text, sizeof y_text));
    return WG_OK;
}

wg_dataset *wg_dataset_from_arrays(wg_array x, wg_array y, wg_error *error)
{
    if ((error && error->status != WG_OK) || check_arrays(&x, &y, error) != WG_OK)
        return NULL;
    wg_dataset *dataset = wg__dataset_new(NULL, x.dtype, x.shape, y.dtype, y.shape, error);
    if (!dataset)
        return NULL;
    if ((dataset->x_bytes && !x.data) || (dataset->y_bytes && !y.data)) {
        wg_error_set(error, WG_INVALID, "data set: an array without data");
    } else {
        if (dataset->x_bytes)
            memcpy(dataset->x, x.data, dataset->x_bytes);
        if (dataset->y_bytes)
            memcpy(dataset->y, y.data, dataset->y_bytes);
        if (wg__dataset_count_classes(dataset, 0, error) == WG_OK)
            return dataset;
    }
    wg_dataset_free(dataset);
    return NULL;
}

void wg_dataset_free(wg_dataset *dataset)
{
    if (dataset) {
        wg__holders_end(&dataset->holders);
        wg_allocator allocator = dataset->allocator;
        wg__mem_aligned_free(&allocator, dataset->x, at_least_one(dataset->x_bytes));
        wg__mem_aligned_free(&allocator, dataset->y, at_least_one(dataset->y_bytes));
        wg__words_free(&dataset->class_names, &allocator);
        wg__words_free(&dataset->columns, &allocator);
        wg__mem_free(&allocator, dataset, sizeof *dataset);
    }
}

size_t wg_dataset_count(const wg_dataset *dataset)
{
    return dataset ? dataset->x_shape.dim[0] : 0;
}

wg_array wg_dataset_x(const wg_dataset *dataset)
{
    return dataset ? wg_array_of(dataset->x, dataset->x_dtype, dataset->x_shape) : (wg_array){0};
}

wg_array wg_dataset_y(const wg_dataset *dataset)
{
    return dataset ? wg_array_of(dataset->y, dataset->y_dtype, dataset->y_shape) : (wg_array){0};
}

size_t wg_dataset_class_count(const wg_dataset *dataset)
{
    return dataset ? dataset->classes : 0;
}

const char *wg_dataset_class_name(const wg_dataset *dataset, size_t i)
{
    return dataset ? wg__words_at(&dataset->class_names, i) : NULL;
}

const char *wg_dataset_column_name(const wg_dataset *dataset, size_t j)
{
    return dataset && j + 1 < dataset->columns.count ? dataset->columns.word[j] : NULL;
}

const char *wg_dataset_target_name(const wg_dataset *dataset)
{
    return dataset && dataset->columns.count ? dataset->columns.word[dataset->columns.count - 1] : NULL;
}
