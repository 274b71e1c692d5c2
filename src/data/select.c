/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"

#include <string.h>

/* Row i of the one block is row rows[i] of the other. */
static void copy_rows(void *to, const void *from, size_t row_bytes, const size_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy((char *)to + i * row_bytes, (const char *)from + rows[i] * row_bytes, row_bytes);
}

static bool copy_names(wg_dataset *to, const wg_dataset *from)
{
    const wg_words *classes = &from->class_names, *columns = &from->columns;
    return wg__words_copy(&to->class_names, &to->allocator, classes->word, classes->count) &&
           wg__words_copy(&to->columns, &to->allocator, columns->word, columns->count);
}

static wg_status check(const wg_dataset *dataset, const size_t *rows, size_t count, wg_error *error)
{
    if (!dataset || (count && !rows))
        return wg_error_set(error, WG_INVALID, "select: no %s", dataset ? "rows" : "data set");
    size_t samples = wg_dataset_count(dataset);
    for (size_t i = 0; i < count; i++)
        if (rows[i] >= samples)
            return wg_error_set(error, WG_BAD_INDEX, "select: rows[%zu] is %zu, of a data set of %zu samples",
                i, rows[i], samples);
    return WG_OK;
}

wg_dataset *wg_dataset_select(const wg_dataset *dataset, const size_t *rows, size_t count, wg_error *error)
{
    if ((error && error->status != WG_OK) || check(dataset, rows, count, error) != WG_OK)
        return NULL;
    wg_shape x = dataset->x_shape, y = dataset->y_shape;
    x.dim[0] = y.dim[0] = count;
    wg_dataset *part = wg__dataset_new(&dataset->allocator, dataset->x_dtype, x, dataset->y_dtype, y, error);
    if (!part)
        return NULL;
    if (!copy_names(part, dataset)) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "select: no memory for names");
        wg_dataset_free(part);
        return NULL;
    }
    if (count) {
        copy_rows(part->x, dataset->x, part->x_bytes / count, rows, count);
        copy_rows(part->y, dataset->y, part->y_bytes / count, rows, count);
    }
    part->classes = dataset->classes;
    return part;
}
