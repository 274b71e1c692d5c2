/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/csv_classes.h"
#include "data/number.h"
#include "data/sort.h"

#include <stdint.h>
#include <string.h>

/* By bytes; equal texts by their place, for a total order. */
static bool text_before(const void *user, size_t a, size_t b)
{
    const char *const *text = user;
    int order = strcmp(text[a], text[b]);
    return order ? order < 0 : a < b;
}

/* Numbers by value, and before other texts. */
static bool class_before(const void *user, size_t a, size_t b)
{
    const char *const *text = user;
    double value_a = 0, value_b = 0;
    bool number_a = wg__number_parse(text[a], '.', &value_a) == WG_NUMBER_GOOD,
         number_b = wg__number_parse(text[b], '.', &value_b) == WG_NUMBER_GOOD;
    if (number_a != number_b)
        return number_a;
    if (number_a && (value_a < value_b || value_a > value_b))
        return value_a < value_b;
    return text_before(user, a, b);
}

static bool reserve(wg_csv_classes *classes, const wg_allocator *allocator, size_t n)
{
    size_t bytes;
    *classes = (wg_csv_classes){.allocator = allocator, .capacity = n};
    if (!wg__mul_size(n, sizeof *classes->by_text, &bytes)) /* a pointer is no larger */
        return false;
    classes->name = wg__mem_new(allocator, n * sizeof *classes->name);
    classes->by_text = wg__mem_new(allocator, bytes);
    return n == 0 || (classes->name && classes->by_text);
}

void wg__csv_classes_free(wg_csv_classes *classes)
{
    if (classes->allocator) {
        wg__mem_free(classes->allocator, (void *)classes->name, classes->capacity * sizeof *classes->name);
        wg__mem_free(classes->allocator, classes->by_text, classes->capacity * sizeof *classes->by_text);
    }
}

static void sort_by_text(wg_csv_classes *classes)
{
    for (size_t i = 0; i < classes->count; i++)
        classes->by_text[i] = i;
    wg__sort(classes->by_text, classes->count, text_before, classes->name);
}

bool wg__csv_classes_of_names(
    wg_csv_classes *classes, const wg_allocator *allocator, const char *const *names, size_t n)
{
    if (!reserve(classes, allocator, n))
        return false;
    if (n)
        memcpy((void *)classes->name, names, n * sizeof *names);
    classes->count = n;
    sort_by_text(classes);
    return true;
}

/* The first of each run of equal texts of the n sorted labels becomes a class. */
static size_t find_different(size_t *sorted, const char *const *labels, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(labels[sorted[i]], labels[sorted[count - 1]]) != 0)
            sorted[count++] = sorted[i];
    return count;
}

bool wg__csv_classes_of_labels(
    wg_csv_classes *classes, const wg_allocator *allocator, const char *const *labels, size_t n)
{
    if (!reserve(classes, allocator, n))
        return false;
    for (size_t i = 0; i < n; i++)
        classes->by_text[i] = i;
    wg__sort(classes->by_text, n, text_before, labels);
    classes->count = find_different(classes->by_text, labels, n);
    wg__sort(classes->by_text, classes->count, class_before, labels);
    for (size_t i = 0; i < classes->count; i++)
        classes->name[i] = labels[classes->by_text[i]];
    sort_by_text(classes);
    return true;
}

size_t wg__csv_class(const wg_csv_classes *classes, const char *label)
{
    size_t low = 0, high = classes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(label, classes->name[classes->by_text[middle]]);
        if (order == 0)
            return classes->by_text[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}
