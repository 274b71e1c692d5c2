/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv_classes.h - texts as classes. */
#ifndef WG_DATA_CSV_CLASSES_H
#define WG_DATA_CSV_CLASSES_H

#include "base/alloc.h"

typedef struct wg_csv_classes {
    const wg_allocator *allocator; /* the owner's */
    const char **name;             /* [count], borrowed: class i's */
    size_t *by_text;               /* [count]: classes in the order of their names' bytes */
    size_t count, capacity;        /* of both */
} wg_csv_classes;

/* The classes of n labels: their different texts, numbers by value first, then the others by their bytes. Or
 * n classes that are there already. False without memory; *classes is to be freed in any case. */
bool wg__csv_classes_of_labels(
    wg_csv_classes *classes, const wg_allocator *allocator, const char *const *labels, size_t n);
bool wg__csv_classes_of_names(
    wg_csv_classes *classes, const wg_allocator *allocator, const char *const *names, size_t n);
void wg__csv_classes_free(wg_csv_classes *classes);

/* The class of a label, or SIZE_MAX. */
size_t wg__csv_class(const wg_csv_classes *classes, const char *label);

#endif
