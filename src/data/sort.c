/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/sort.h"

/* Lets item i sink until neither of its children, 2 i + 1 and 2 i + 2, comes after it. */
static void sink(
    size_t *items, size_t i, size_t n, bool (*before)(const void *user, size_t a, size_t b), const void *user)
{
    size_t item = items[i];
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && before(user, items[child], items[child + 1]))
            child++;
        if (!before(user, item, items[child]))
            break;
        items[i] = items[child];
        i = child;
    }
    items[i] = item;
}

void wg__sort(size_t *items, size_t n, bool (*before)(const void *user, size_t a, size_t b), const void *user)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(items, i, n, before, user);
    for (size_t end = n; end-- > 1;) {
        size_t last = items[0];
        items[0] = items[end];
        items[end] = last;
        sink(items, 0, end, before, user);
    }
}
