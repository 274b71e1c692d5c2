/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where values lie in the block; those that are in use at different times may share a place.
 *
 *      block   [ the largest, each as low as it fits, the largest first | the many small ones, as time goes
 * by ]
 *
 * Placing by size (Pisarchyk and Lee 2020, "greedy by size") comes near the least memory there can be, and
 * looks at all pairs of them: it is for the LARGEST ones. The others take the place that one of their size
 * has left last, or a new one. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1024, FINE = 3, CLASSES = 66 << FINE };

static int larger_first(const void *a, const void *b)
{
    const wg_value *x = *(wg_value *const *)a, *y = *(wg_value *const *)b;
    return x->bytes != y->bytes   ? (x->bytes < y->bytes) - (x->bytes > y->bytes)
           : x->first != y->first ? (x->first > y->first) - (x->first < y->first)
                                  : (x > y) - (x < y);
}

static int sooner_begun(const void *a, const void *b)
{
    const wg_value *x = *(wg_value *const *)a, *y = *(wg_value *const *)b;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x > y) - (x < y);
}

static int sooner_over(const void *a, const void *b)
{
    const wg_value *x = *(wg_value *const *)a, *y = *(wg_value *const *)b;
    return x->last != y->last ? (x->last > y->last) - (x->last < y->last) : (x > y) - (x < y);
}

/* The lowest gap between those of `placed`, in the order of their offsets, that are in use at the same time.
 */
static size_t lowest(const wg_value *b, wg_value *const *placed, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const wg_value *other = placed[i];
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
static size_t place_largest(wg_value *const *order, size_t count, wg_value **by_offset)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        wg_value *b = order[i];
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

/* Places that were left, each class a list: of each value whose time is over, `before` says which one was
 * left before it. */
typedef struct places {
    const wg_value *values;
    wg_value **before; /* [values] */
    wg_value *left[CLASSES + 1];
    size_t end;
} places;

static void take_place(places *p, wg_value *b)
{
    size_t size, class = class_of(b->bytes, &size);
    wg_value *left = p->left[class];
    if (left) {
        p->left[class] = p->before[left - p->values];
        b->offset = left->offset;
    } else {
        b->offset = p->end;
        p->end += size;
    }
}

static void leave_place(places *p, wg_value *b)
{
    size_t size, class = class_of(b->bytes, &size);
    p->before[b - p->values] = p->left[class];
    p->left[class] = b;
}

/* All of `order`, from p->end on; `by_end` has room for them. Sorts `order`. */
static void place_others(places *p, wg_value **order, size_t count, wg_value **by_end)
{
    memcpy((void *)by_end, (void *)order, count * sizeof *order);
    qsort((void *)order, count, sizeof *order, sooner_begun);
    qsort((void *)by_end, count, sizeof *by_end, sooner_over);
    for (size_t i = 0, over = 0; i < count; i++) {
        for (; by_end[over]->last < order[i]->first; over++)
            leave_place(p, by_end[over]);
        take_place(p, order[i]);
    }
}

static bool has_place(const wg_value *v)
{
    return v->maker != WG_NONE && !v->outside && v->over == WG_NONE && !v->unwritten && v->bytes;
}

wg_status wg__pass_place(wg_passes *p)
{
    static const places none;
    wg_program *program = p->program;
    size_t n = program->value_count, bytes = (3 * n + 1) * sizeof(wg_value *), count = 0;
    wg_value **order = wg__mem_new(&program->memory, bytes);
    if (!order)
        return wg__pass_no_memory(p);
    for (size_t i = 0; i < n; i++)
        if (has_place(&program->values[i]))
            order[count++] = &program->values[i];
    size_t largest = count < LARGEST ? count : LARGEST;
    if (count)
        qsort((void *)order, count, sizeof *order, larger_first);
    places others = none;
    others.values = program->values;
    others.before = order + 2 * n;
    others.end = place_largest(order, largest, order + n);
    if (count > largest)
        place_others(&others, order + largest, count - largest, order + n);
    p->plan->sizes.block = others.end;
    wg__mem_free(&program->memory, (void *)order, bytes);
    return WG_OK;
}
