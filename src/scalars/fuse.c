/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which items become terms of others.
 *
 *      p = w h    s = r + p    t = s + q         p and s have no other reader:  t = r + w h + q
 *
 * is one node, added in the order of the tape. A product stays one if it is a link of a long chain, which
 * runs with its value in a register. Only within a window: else a sum would read all over the tape. */
#include "scalars/build.h"

/* Nobody but its one reader, in the same window, needs to know its value. */
static bool is_private(const wg_scalar_build *b, uint32_t item, const wg_scalar_item *reader)
{
    const wg_scalar_item *x = &b->items[item];
    return x->uses == 1 && !x->output && !x->absorbed && item != b->y && x->window == reader->window &&
           (b->y == WG_NO_NODE || (!x->cut && !reader->cut));
}

/* ---- Chains of products ----------------------------------------------------------------------------- */

static bool may_be_factor(const wg_scalar_build *b, uint32_t item)
{
    return b->y == WG_NO_NODE || b->items[item].wants;
}

/* A product that goes on from another has that one as `a`. */
static void find_before(wg_scalar_build *b, wg_scalar_item *item)
{
    for (int turn = 0; turn < 2 && item->before == WG_NO_NODE; turn++) {
        const wg_scalar_item *x = &b->items[item->a];
        if (x->kind == WG_SCALAR_ITEM_PRODUCT && may_be_factor(b, x->b) && is_private(b, item->a, item) &&
            may_be_factor(b, item->b))
            item->before = item->a;
        else if (item->b != WG_NO_NODE) {
            uint32_t a = item->a;
            item->a = item->b;
            item->b = a;
        }
    }
}

/* Chains are followed from their ends; short ones are none. */
static void find_chains(wg_scalar_build *b)
{
    for (size_t i = 0; i < b->item_count; i++) {
        wg_scalar_item *item = &b->items[i];
        if (item->kind != WG_SCALAR_ITEM_PRODUCT || (b->y != WG_NO_NODE && !wg__scalar_swept(item)))
            continue;
        find_before(b, item);
        item->length = 1 + (item->before == WG_NO_NODE ? 0 : b->items[item->before].length);
    }
    for (size_t i = b->item_count; i-- > 0;) {
        wg_scalar_item *item = &b->items[i];
        if (item->kind != WG_SCALAR_ITEM_PRODUCT || item->absorbed)
            continue;
        bool is_long = item->length >= WG_SCALAR_LONG_CHAIN;
        for (uint32_t at = item->before, next; at != WG_NO_NODE; at = next) {
            next = b->items[at].before;
            b->items[at].length = 0;
            b->items[at].absorbed = is_long;
            if (!is_long)
                b->items[at].before = WG_NO_NODE;
        }
        if (!is_long) {
            item->length = 0;
            item->before = WG_NO_NODE;
        }
    }
}

/* ---- Terms ------------------------------------------------------------------------------------------ */

static bool add_term(wg_scalar_build *b, uint32_t sum, uint32_t x, uint32_t y)
{
    if (b->term_count >= WG_NO_NODE || !wg__mem_reserve(&b->memory, (void **)&b->terms, &b->term_capacity,
                                           b->term_count + 1, sizeof *b->terms))
        return false;
    uint32_t term = (uint32_t)b->term_count++;
    b->terms[term] = (wg_scalar_term){x, y, WG_NO_NODE};
    wg_scalar_item *s = &b->items[sum];
    if (s->first_term == WG_NO_NODE)
        s->first_term = term;
    else
        b->terms[s->last_term].next = term;
    s->last_term = term;
    return true;
}

/* Adds operand x, or minus x, as terms: its own, if it may be taken in. */
static bool add_operand(wg_scalar_build *b, uint32_t sum, uint32_t x, bool minus)
{
    wg_scalar_item *item = &b->items[x], *s = &b->items[sum];
    uint32_t factor;
    if (!minus && item->kind == WG_SCALAR_ITEM_PRODUCT && !item->length && is_private(b, x, s)) {
        item->absorbed = true;
        return add_term(b, sum, item->a, item->b);
    }
    if (!minus && x != s->b && item->kind == WG_SCALAR_ITEM_SUM && is_private(b, x, s)) {
        item->absorbed = true;
        s->first_term = item->first_term;
        s->last_term = item->last_term;
        item->heir = sum;
        return true;
    }
    bool alone =
        !minus && item->kind >= WG_SCALAR_ITEM_PRODUCT && is_private(b, x, s) && wg__scalar_swept(item);
    if (alone)
        item->heir = sum;
    return wg__scalar_number(b, minus ? -1 : 1, &factor) && add_term(b, sum, x, factor);
}

/* The sum that is gone on with comes first. */
static bool add_terms(wg_scalar_build *b, uint32_t sum)
{
    wg_scalar_item *s = &b->items[sum];
    const wg_scalar_item *x = &b->items[s->a], *y = &b->items[s->b];
    bool first = x->kind == WG_SCALAR_ITEM_SUM && is_private(b, s->a, s);
    if (!first && !s->minus && y->kind == WG_SCALAR_ITEM_SUM && is_private(b, s->b, s)) {
        uint32_t a = s->a;
        s->a = s->b;
        s->b = a;
    }
    bool minus = s->minus;
    uint32_t a = s->a, other = s->b;
    return add_operand(b, sum, a, false) && add_operand(b, sum, other, minus);
}

bool wg__scalar_fuse(wg_scalar_build *b)
{
    size_t count = b->item_count; /* plain numbers come behind */
    find_chains(b);
    for (size_t i = 0; i < count; i++)
        if (b->items[i].kind == WG_SCALAR_ITEM_SUM && !add_terms(b, (uint32_t)i))
            return false;
    for (size_t i = 0; i < count; i++) {
        const wg_scalar_item *item = &b->items[i];
        if (item->kind == WG_SCALAR_ITEM_PRODUCT && !item->absorbed && !item->length &&
            !add_term(b, (uint32_t)i, item->a, item->b))
            return false;
    }
    return true;
}
