/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The stream of a program's sweep, from its nodes, the last one first. */
#include "scalars/build.h"

/* From the last term to the first. A term that is added as it is has the sum's adjoint already. */
static bool put_fan_pairs(wg_scalar_build *b, const wg_scalar_item *sum)
{
    wg_scalar_stream *s = &b->program->sweep;
    size_t begin = s->pair_count;
    for (uint32_t i = sum->first_term; i != WG_NO_NODE; i = b->terms[i].next) {
        const wg_scalar_item *x = &b->items[b->terms[i].a], *y = &b->items[b->terms[i].b];
        if ((y->slot != WG_NO_NODE && !wg__scalar_put_pair(b, s, y->slot, x->value)) ||
            (x->slot != WG_NO_NODE && x->heir == WG_NO_NODE && !wg__scalar_put_pair(b, s, x->slot, y->value)))
            return false;
    }
    for (size_t low = begin, high = s->pair_count; low + 1 < high; low++) {
        wg_scalar_pair last = s->pairs[--high];
        s->pairs[high] = s->pairs[low];
        s->pairs[low] = last;
    }
    return true;
}

/* How many sums up to place `end` add to as many adjoints each, in one window. */
static size_t alike_fans(const wg_scalar_build *b, size_t end)
{
    const wg_scalar_item *x = &b->items[b->order[end - 1]];
    size_t count = 1;
    for (; count < end; count++) {
        const wg_scalar_item *y = &b->items[b->order[end - 1 - count]];
        if (!wg__scalar_is_sum(y) || y->fan != x->fan || y->window != x->window || !wg__scalar_swept(y))
            break;
    }
    return count;
}

static bool sweep_sums(wg_scalar_build *b, size_t first, size_t count)
{
    wg_scalar_stream *s = &b->program->sweep;
    uint32_t fan = b->items[b->order[first]].fan;
    if (fan == 0)
        return true;
    if (count >= WG_SCALAR_EVEN_RUN &&
        !wg__scalar_put_piece(
            b, s, (wg_scalar_piece){.kind = WG_SCALAR_EVEN, .count = (uint32_t)count, .length = fan}))
        return false;
    for (size_t k = first + count; k-- > first;) {
        const wg_scalar_item *item = &b->items[b->order[k]];
        bool put = count >= WG_SCALAR_EVEN_RUN
                       ? wg__scalar_put_number(b, s, item->slot)
                       : wg__scalar_put_sum(b, s, 0) && wg__scalar_put_fan(b, s, item->slot, fan);
        if (!put || !put_fan_pairs(b, item))
            return false;
    }
    return true;
}

static bool sweep_product(wg_scalar_build *b, uint32_t node)
{
    wg_scalar_stream *s = &b->program->sweep;
    uint32_t begin = wg__scalar_chain_begin(b, node), start = b->items[begin].a;
    if (!wg__scalar_put_piece(b, s,
            (wg_scalar_piece){.kind = WG_SCALAR_PRODUCT,
                .count = b->items[node].length,
                .first = wg__scalar_value_of(b, begin),
                .before = wg__scalar_value_of(b, start)}) ||
        !wg__scalar_put_number(b, s, wg__scalar_slot_of(b, node)) ||
        !wg__scalar_put_number(b, s, wg__scalar_slot_of(b, start)))
        return false;
    for (uint32_t at = node; at != WG_NO_NODE; at = b->items[at].before)
        if (!wg__scalar_put_pair(
                b, s, wg__scalar_slot_of(b, b->items[at].b), wg__scalar_value_of(b, b->items[at].b)))
            return false;
    return true;
}

static bool sweep_rows(wg_scalar_build *b, size_t first, size_t count)
{
    wg_scalar_stream *s = &b->program->sweep;
    const wg_scalar_item *item = &b->items[b->order[first]];
    unsigned towards = item->row & 3;
    return wg__scalar_put_piece(b, s,
               (wg_scalar_piece){.kind = WG_SCALAR_ROWS,
                   .code = item->code,
                   .towards = towards,
                   .count = (uint32_t)count,
                   .first = item->value,
                   .numbers = {item->numbers[0], item->numbers[1]}}) &&
           wg__scalar_put_rows(b, s, first, count, 2, wg__scalar_slot_of) &&
           wg__scalar_put_rows(b, s, first, count, 0, wg__scalar_value_of) &&
           (item->b == WG_NO_NODE || wg__scalar_put_rows(b, s, first, count, 1, wg__scalar_value_of)) &&
           (!(towards & 1) || wg__scalar_put_rows(b, s, first, count, 0, wg__scalar_slot_of)) &&
           (!(towards & 2) || wg__scalar_put_rows(b, s, first, count, 1, wg__scalar_slot_of));
}

/* From the last node on; each window's own adjoints start at zero. */
bool wg__scalar_emit_sweep(wg_scalar_build *b)
{
    wg_scalar_stream *s = &b->program->sweep;
    uint32_t window = WG_NO_NODE;
    size_t clear = 0;
    for (size_t end = b->order_count, n; end > 0; end -= n) {
        const wg_scalar_item *item = &b->items[b->order[end - 1]];
        size_t first = end - 1;
        if (wg__scalar_is_sum(item) && wg__scalar_swept(item))
            first = end - alike_fans(b, end);
        while (first > 0 && wg__scalar_alike_rows(b, first - 1, first))
            first--;
        n = end - first;
        if (!wg__scalar_swept(item))
            continue;
        if (item->window != window) {
            window = item->window;
            clear = s->piece_count;
            if (!wg__scalar_put_piece(b, s, (wg_scalar_piece){.kind = WG_SCALAR_CLEAR}))
                return false;
        }
        if (!(item->row        ? sweep_rows(b, first, n)
                : item->length ? sweep_product(b, b->order[first])
                               : sweep_sums(b, first, n)))
            return false;
        for (size_t i = first; i < end; i++) {
            uint32_t slot = wg__scalar_slot_of(b, b->order[i]), shared = b->program->shared;
            if (slot >= shared && slot - shared >= s->pieces[clear].count)
                s->pieces[clear].count = slot - shared + 1;
        }
    }
    return true;
}
