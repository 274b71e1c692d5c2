/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What is put into a program's streams. */
#include "scalars/build.h"

#include <string.h>

bool wg__scalar_put_number(wg_scalar_build *b, wg_scalar_stream *s, uint32_t number)
{
    if (!wg__mem_reserve(
            &b->memory, (void **)&s->numbers, &s->number_capacity, s->number_count + 1, sizeof *s->numbers))
        return false;
    s->numbers[s->number_count++] = number;
    return true;
}

bool wg__scalar_put_pair(wg_scalar_build *b, wg_scalar_stream *s, uint32_t x, uint32_t y)
{
    if (!wg__mem_reserve(
            &b->memory, (void **)&s->pairs, &s->pair_capacity, s->pair_count + 1, sizeof *s->pairs))
        return false;
    s->pairs[s->pair_count++] = (wg_scalar_pair){x, y};
    return true;
}

bool wg__scalar_put_fan(wg_scalar_build *b, wg_scalar_stream *s, uint32_t slot, uint32_t count)
{
    if (!wg__mem_reserve(&b->memory, (void **)&s->fans, &s->fan_capacity, s->fan_count + 1, sizeof *s->fans))
        return false;
    s->fans[s->fan_count++] = (wg_scalar_fan){slot, count};
    return true;
}

bool wg__scalar_put_piece(wg_scalar_build *b, wg_scalar_stream *s, wg_scalar_piece piece)
{
    if (!wg__mem_reserve(
            &b->memory, (void **)&s->pieces, &s->piece_capacity, s->piece_count + 1, sizeof *s->pieces))
        return false;
    s->pieces[s->piece_count++] = piece;
    return true;
}

bool wg__scalar_put_sum(wg_scalar_build *b, wg_scalar_stream *s, uint32_t value)
{
    wg_scalar_piece *last = s->piece_count ? &s->pieces[s->piece_count - 1] : NULL;
    if (last && last->kind == WG_SCALAR_SUMS) {
        last->count++;
        return true;
    }
    return wg__scalar_put_piece(b, s, (wg_scalar_piece){.kind = WG_SCALAR_SUMS, .count = 1, .first = value});
}

uint32_t wg__scalar_value_of(const wg_scalar_build *b, uint32_t item)
{
    return b->items[item].value;
}

uint32_t wg__scalar_slot_of(const wg_scalar_build *b, uint32_t item)
{
    return b->items[item].slot;
}

bool wg__scalar_put_rows(wg_scalar_build *b, wg_scalar_stream *s, size_t first, size_t count, int which,
    uint32_t (*of)(const wg_scalar_build *, uint32_t))
{
    for (size_t i = first; i < first + count; i++) {
        uint32_t item = b->order[i];
        uint32_t x = which == 0 ? b->items[item].a : which == 1 ? b->items[item].b : item;
        if (!wg__scalar_put_number(b, s, of(b, x)))
            return false;
    }
    return true;
}

bool wg__scalar_alike_rows(const wg_scalar_build *b, size_t first, size_t second)
{
    const wg_scalar_item *x = &b->items[b->order[first]], *y = &b->items[b->order[second]];
    return x->row && y->row == x->row && y->window == x->window && y->phase == x->phase &&
           memcmp(y->numbers, x->numbers, sizeof x->numbers) == 0;
}

uint32_t wg__scalar_chain_begin(const wg_scalar_build *b, uint32_t node)
{
    while (b->items[node].before != WG_NO_NODE)
        node = b->items[node].before;
    return node;
}
