/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The order of a program's nodes, and the places of their numbers.
 *
 * Within a window a node's phase is how many rows lie one behind the other on the way to it, and its level
 * how many sums since the last of them. Of each phase the sums come first, level by level, then the rows,
 * alike beside alike. So what a node reads is always before it, and neighbours seldom wait for each other. */
#include "scalars/build.h"

#include <stdlib.h>
#include <string.h>

void wg__scalar_operands(
    wg_scalar_build *b, uint32_t item, void (*visit)(wg_scalar_build *, uint32_t operand, uint32_t item))
{
    const wg_scalar_item *x = &b->items[item];
    if (x->kind == WG_SCALAR_ITEM_ROW) {
        visit(b, x->a, item);
        if (x->b != WG_NO_NODE)
            visit(b, x->b, item);
        return;
    }
    if (x->length) {
        uint32_t at = item, first = item;
        for (; at != WG_NO_NODE; first = at, at = b->items[at].before)
            visit(b, b->items[at].b, item);
        visit(b, b->items[first].a, item);
        return;
    }
    for (uint32_t term = x->first_term; term != WG_NO_NODE; term = b->terms[term].next) {
        visit(b, b->terms[term].a, item);
        visit(b, b->terms[term].b, item);
    }
}

/* ---- Order ------------------------------------------------------------------------------------------ */

static void follow(wg_scalar_build *b, uint32_t operand, uint32_t item)
{
    wg_scalar_item *x = &b->items[operand], *reader = &b->items[item];
    if (x->kind < WG_SCALAR_ITEM_PRODUCT)
        return;
    if (x->window != reader->window) {
        x->far = true;
        return;
    }
    uint32_t phase = x->phase + (x->kind == WG_SCALAR_ITEM_ROW), level = x->level + 1;
    if (x->kind == WG_SCALAR_ITEM_ROW || reader->kind == WG_SCALAR_ITEM_ROW)
        level = 0;
    if (phase > reader->phase) {
        reader->phase = phase;
        reader->level = 0;
    }
    if (phase == reader->phase && level > reader->level)
        reader->level = level;
}

static void count_terms(const wg_scalar_build *b, wg_scalar_item *sum)
{
    for (uint32_t i = sum->first_term; i != WG_NO_NODE && !sum->length; i = b->terms[i].next) {
        const wg_scalar_item *x = &b->items[b->terms[i].a], *y = &b->items[b->terms[i].b];
        sum->terms++;
        sum->fan += wg__scalar_swept(x) && x->heir == WG_NO_NODE;
        sum->fan += wg__scalar_swept(y);
    }
    sum->fan = wg__scalar_swept(sum) ? sum->fan : 0;
}

typedef struct sorted {
    uint32_t window, phase, row; /* row: 0 for sums and products */
    double numbers[2];
    uint32_t level, terms, fan, item;
} sorted;

static int order_of(uint32_t x, uint32_t y)
{
    return (x > y) - (x < y);
}

static int compare(const void *a, const void *b)
{
    const sorted *x = a, *y = b;
    int by = order_of(x->window, y->window);
    by = by ? by : order_of(x->phase, y->phase);
    by = by ? by : order_of(x->row, y->row);
    by = by ? by : memcmp(x->numbers, y->numbers, sizeof x->numbers);
    by = by ? by : order_of(x->level, y->level);
    by = by ? by : order_of(x->terms, y->terms);
    by = by ? by : order_of(x->fan, y->fan);
    return by ? by : order_of(x->item, y->item);
}

/* Rows that are swept are apart from those that are not, and those with one gradient from those with two. */
static uint32_t row_key(const wg_scalar_build *b, const wg_scalar_item *item)
{
    if (item->kind != WG_SCALAR_ITEM_ROW)
        return 0;
    bool right = item->b != WG_NO_NODE && b->items[item->b].wants;
    uint32_t towards = wg__scalar_swept(item) ? b->items[item->a].wants + 2u * right : 0;
    return item->code * 4 + towards;
}

static bool sort(wg_scalar_build *b)
{
    sorted *s = wg__mem_new(&b->memory, (b->order_count + 1) * sizeof *s);
    if (!s)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < b->item_count; i++) {
        wg_scalar_item *item = &b->items[i];
        if (!wg__scalar_is_node(item))
            continue;
        item->row = row_key(b, item);
        count_terms(b, item);
        s[n++] = (sorted){item->window, item->phase, item->row, {item->numbers[0], item->numbers[1]},
            item->level, item->terms, item->fan, (uint32_t)i};
    }
    qsort(s, n, sizeof *s, compare);
    for (size_t i = 0; i < n; i++)
        b->order[i] = s[i].item;
    wg__mem_free(&b->memory, s, (b->order_count + 1) * sizeof *s);
    return true;
}

/* ---- Places ----------------------------------------------------------------------------------------- */

static void place_values(wg_scalar_build *b)
{
    uint32_t count = 0;
    for (int numbers = 0; numbers < 2; numbers++)
        for (size_t i = 0; i < b->item_count; i++)
            if (b->items[i].kind == (numbers ? WG_SCALAR_ITEM_NUMBER : WG_SCALAR_ITEM_INPUT))
                b->items[i].value = count++;
    for (size_t i = 0; i < b->order_count; i++) {
        wg_scalar_item *item = &b->items[b->order[i]];
        count += item->length ? item->length : 1;
        uint32_t value = count;
        item->value = --value;
        for (uint32_t at = item->before; item->length && at != WG_NO_NODE; at = b->items[at].before)
            b->items[at].value = --value;
    }
    b->program->value_count = count;
}

/* The node that the sum of which an item is a term has become part of; those on the way remember it. */
static uint32_t heir_of(wg_scalar_build *b, const wg_scalar_item *item)
{
    uint32_t heir = item->heir;
    while (heir != WG_NO_NODE && b->items[heir].absorbed)
        heir = b->items[heir].heir;
    for (uint32_t at = item->heir, next; at != heir; at = next) {
        next = b->items[at].heir;
        b->items[at].heir = heir;
    }
    return heir;
}

/* From the end, since a term's place is that of its sum. */
static void place_adjoints(wg_scalar_build *b)
{
    uint32_t shared = 0, own = 0, most = 0, window = WG_NO_NODE;
    for (size_t i = 0; i < b->item_count; i++) {
        wg_scalar_item *item = &b->items[i];
        bool is_node = wg__scalar_is_node(item) && (item->far || i == b->y);
        if (wg__scalar_swept(item) && (is_node || item->kind == WG_SCALAR_ITEM_INPUT))
            item->slot = shared++;
    }
    for (size_t i = b->order_count; i-- > 0;) {
        wg_scalar_item *item = &b->items[b->order[i]];
        if (item->window != window)
            own = 0;
        window = item->window;
        if (!wg__scalar_swept(item) || item->slot != WG_NO_NODE)
            continue;
        uint32_t heir = heir_of(b, item);
        item->slot = heir == WG_NO_NODE ? shared + own++ : b->items[heir].slot;
        most = own > most ? own : most;
    }
    b->program->shared = shared;
    b->program->adjoint_count = (size_t)shared + most;
}

bool wg__scalar_order(wg_scalar_build *b)
{
    for (size_t i = 0; i < b->item_count; i++)
        if (wg__scalar_is_node(&b->items[i])) {
            b->order_count++;
            wg__scalar_operands(b, (uint32_t)i, follow);
        }
    b->order = wg__mem_new(&b->memory, (b->order_count + 1) * sizeof *b->order);
    if (!b->order || !sort(b))
        return false;
    place_values(b);
    place_adjoints(b);
    return true;
}
