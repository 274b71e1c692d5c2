/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where buffers lie in the block; those that are in use at different times may share a place.
 *
 *      block   [ the largest, each as low as it fits, the largest first | the many small ones, as time goes
 * by ]
 *
 * Placing by size (Pisarchyk and Lee 2020, "greedy by size") comes near the least memory there can be, and
 * looks at all pairs of buffers: it is for the LARGEST ones. The others take the place that one of their size
 * has left last, or a new one. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1024, FINE = 3, CLASSES = 66 << FINE };

static int larger_first(const void *a, const void *b)
{
    const wg_plan_buffer *x = *(wg_plan_buffer *const *)a, *y = *(wg_plan_buffer *const *)b;
    return x->bytes != y->bytes   ? (x->bytes < y->bytes) - (x->bytes > y->bytes)
           : x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                  : (x > y) - (x < y);
}

static int sooner_begun(const void *a, const void *b)
{
    const wg_plan_buffer *x = *(wg_plan_buffer *const *)a, *y = *(wg_plan_buffer *const *)b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x > y) - (x < y);
}

static int sooner_over(const void *a, const void *b)
{
    const wg_plan_buffer *x = *(wg_plan_buffer *const *)a, *y = *(wg_plan_buffer *const *)b;
    return x->last != y->last ? (x->last > y->last) - (x->last < y->last) : (x > y) - (x < y);
}

/* The lowest gap between those of `placed`, in the order of their offsets, that are in use at the same time.
 */
static size_t lowest(const wg_plan_buffer *b, wg_plan_buffer *const *placed, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const wg_plan_buffer *other = placed[i];
        if (other->last < b->first || b->last < other->first)
            continue;
        if (other->offset >= offset && other->offset - offset >= b->bytes)
            break;
        if (other->offset + other->bytes > offset)
            offset = other->offset + other->bytes;
    }
    return offset;
}

/* The first `count` of `order`, which are the largest; `by_offset` has room for them. The end of what they
 * take. */
static size_t place_largest(wg_plan_buffer *const *order, size_t count, wg_plan_buffer **by_offset)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        wg_plan_buffer *b = order[i];
        b->offset = lowest(b, by_offset, i);
        end = b->offset + b->bytes > end ? b->offset + b->bytes : end;
        size_t at = i;
        for (; at > 0 && by_offset[at - 1]->offset > b->offset; at--)
            by_offset[at] = by_offset[at - 1];
        by_offset[at] = b;
    }
    return end;
}

/* Sizes that differ by less than an eighth are one class; *size is the largest of it. */
static size_t class_of(size_t bytes, size_t *size)
{
    size_t lines = bytes / WG_ALIGNMENT, shift = 0;
    while ((lines + ((size_t)1 << shift) - 1) >> shift > (size_t)2 << FINE)
        shift++;
    size_t steps = (lines + ((size_t)1 << shift) - 1) >> shift;
    *size = (steps << shift) * WG_ALIGNMENT;
    return (shift << FINE) + steps;
}

/* Places that were left, each class a list: a buffer whose time is over names the one before it. */
typedef struct places {
    wg_plan_buffer *left[CLASSES + 1];
    size_t end;
} places;

static void take_place(places *p, wg_plan_buffer *b)
{
    size_t size, class = class_of(b->bytes, &size);
    wg_plan_buffer *before = p->left[class];
    if (before) {
        p->left[class] = before->next_left;
        b->offset = before->offset;
    } else {
        b->offset = p->end;
        p->end += size;
    }
}

static void leave_place(places *p, wg_plan_buffer *b)
{
    size_t size, class = class_of(b->bytes, &size);
    b->next_left = p->left[class];
    p->left[class] = b;
}

/* All of `order`, from `end` on; `by_end` has room for them. Sorts `order`. The new end. */
static size_t place_others(wg_plan_buffer **order, size_t count, wg_plan_buffer **by_end, size_t end)
{
    static const places none;
    places p = none;
    p.end = end;
    memcpy((void *)by_end, (void *)order, count * sizeof *order);
    qsort((void *)order, count, sizeof *order, sooner_begun);
    qsort((void *)by_end, count, sizeof *by_end, sooner_over);
    for (size_t i = 0, over = 0; i < count; i++) {
        for (; by_end[over]->last < order[i]->first; over++)
            leave_place(&p, by_end[over]);
        take_place(&p, order[i]);
    }
    return p.end;
}

wg_status wg__plan_place_buffers(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t n = plan->buffer_count, bytes = (2 * n + 1) * sizeof(wg_plan_buffer *), count = 0;
    wg_plan_buffer **order = wg__mem_new(&plan->memory, bytes);
    if (!order)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    for (size_t i = 0; i < n; i++)
        if (!plan->buffers[i].outside && plan->buffers[i].over == SIZE_MAX)
            order[count++] = &plan->buffers[i];
    size_t largest = count < LARGEST ? count : LARGEST;
    if (count)
        qsort((void *)order, count, sizeof *order, larger_first);
    plan->sizes.block = place_largest(order, largest, order + n);
    if (count > largest)
        plan->sizes.block = place_others(order + largest, count - largest, order + n, plan->sizes.block);
    wg__mem_free(&plan->memory, (void *)order, bytes);
    return WG_OK;
}
