/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* dataset.h - what a data set is made of, for the readers and generators of this room. */
#ifndef WG_DATA_DATASET_H
#define WG_DATA_DATASET_H

#include "base/alloc.h"
#include "base/holder.h"
#include "data/words.h"

#include <wengert/data.h>

/* x and y lie in blocks of their own, row after row. */
struct wg_dataset {
    wg_allocator allocator;
    wg_dtype x_dtype, y_dtype;
    wg_shape x_shape, y_shape;
    void *x, *y;
    size_t x_bytes, y_bytes; /* of the whole block */
    size_t classes;
    wg_words class_names; /* of each class, or none */
    wg_words columns;     /* of each column of x [N, columns] and, at the end, of y; or none */
    wg_holders holders;   /* batches: all that changes of a data set, by any thread */
};

/* Both shapes have a first size, and it is the same. The numbers are garbage until the caller fills them. */
wg_dataset *wg__dataset_new(const wg_allocator *allocator, wg_dtype x_dtype, wg_shape x_shape,
    wg_dtype y_dtype, wg_shape y_shape, wg_error *error);

/* Sets `classes` to the largest label + 1, but at least to `least`. */
wg_status wg__dataset_count_classes(wg_dataset *dataset, size_t least, wg_error *error);

#endif
