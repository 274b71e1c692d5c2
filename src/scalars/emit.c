/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The stream of a program's values, from its nodes in their order. */
#include "scalars/build.h"

/* How many sums from place `first` on have as many terms each. */
static size_t alike_sums(const wg_scalar_build *b, size_t first)
{
    const wg_scalar_item *x = &b->items[b->order[first]];
    size_t end = first + 1;
    while (end < b->order_count && wg__scalar_is_sum(&b->items[b->order[end]]) &&
           b->items[b->order[end]].terms == x->terms)
        end++;
    return end - first;
}

static bool forward_sums(wg_scalar_build *b, size_t first, size_t count)
{
    wg_scalar_stream *s = &b->program->forward;
    const wg_scalar_item *x = &b->items[b->order[first]];
    if (count >= WG_SCALAR_EVEN_RUN &&
        !wg__scalar_put_piece(b, s,
            (wg_scalar_piece){
                .kind = WG_SCALAR_EVEN, .count = (uint32_t)count, .first = x->value, .length = x->terms}))
        return false;
    for (size_t k = first; k < first + count; k++) {
        const wg_scalar_item *item = &b->items[b->order[k]];
        for (uint32_t i = item->first_term; i != WG_NO_NODE; i = b->terms[i].next)
            if (!wg__scalar_put_pair(
                    b, s, wg__scalar_value_of(b, b->terms[i].a), wg__scalar_value_of(b, b->terms[i].b)))
                return false;
        if (count < WG_SCALAR_EVEN_RUN &&
            (!wg__scalar_put_sum(b, s, item->value) || !wg__scalar_put_number(b, s, item->terms)))
            return false;
    }
    return true;
}

static bool forward_product(wg_scalar_build *b, uint32_t node)
{
    wg_scalar_stream *s = &b->program->forward;
    uint32_t begin = wg__scalar_chain_begin(b, node), length = b->items[node].length;
    if (!wg__scalar_put_piece(b, s,
            (wg_scalar_piece){
                .kind = WG_SCALAR_PRODUCT, .count = length, .first = wg__scalar_value_of(b, begin)}) ||
        !wg__scalar_put_number(b, s, wg__scalar_value_of(b, b->items[begin].a)))
        return false;
    for (uint32_t i = 0; i < length; i++)
        if (!wg__scalar_put_number(b, s, 0))
            return false;
    uint32_t *factor = s->numbers + s->number_count; /* from the last on */
    for (uint32_t at = node; at != WG_NO_NODE; at = b->items[at].before)
        *--factor = wg__scalar_value_of(b, b->items[at].b);
    return true;
}

static bool forward_rows(wg_scalar_build *b, size_t first, size_t count)
{
    wg_scalar_stream *s = &b->program->forward;
    const wg_scalar_item *item = &b->items[b->order[first]];
    return wg__scalar_put_piece(b, s,
               (wg_scalar_piece){.kind = WG_SCALAR_ROWS,
                   .code = item->code,
                   .count = (uint32_t)count,
                   .first = item->value,
                   .numbers = {item->numbers[0], item->numbers[1]}}) &&
           wg__scalar_put_rows(b, s, first, count, 0, wg__scalar_value_of) &&
           (item->b == WG_NO_NODE || wg__scalar_put_rows(b, s, first, count, 1, wg__scalar_value_of));
}

static bool forward(wg_scalar_build *b)
{
    for (size_t i = 0, n; i < b->order_count; i += n) {
        const wg_scalar_item *item = &b->items[b->order[i]];
        n = wg__scalar_is_sum(item) ? alike_sums(b, i) : 1;
        while (item->row && i + n < b->order_count && wg__scalar_alike_rows(b, i, i + n))
            n++;
        if (!(item->row        ? forward_rows(b, i, n)
                : item->length ? forward_product(b, b->order[i])
                               : forward_sums(b, i, n)))
            return false;
    }
    return true;
}

/* ---- Its connections to the tape --------------------------------------------------------------------- */

static bool put_link(wg_scalar_build *b, wg_scalar_links *links, uint32_t node, uint32_t place)
{
    if (!wg__mem_reserve(
            &b->memory, (void **)&links->link, &links->capacity, links->count + 1, sizeof *links->link))
        return false;
    links->link[links->count++] = (wg_scalar_link){node, place};
    return true;
}

static bool connect(wg_scalar_build *b)
{
    wg_scalars *p = b->program;
    for (size_t i = 0; i < p->guards.count; i++)
        p->guards.link[i].place = b->items[p->guards.link[i].place].value;
    for (size_t i = 0; i < b->item_count; i++) {
        const wg_scalar_item *item = &b->items[i];
        bool input = item->kind == WG_SCALAR_ITEM_INPUT;
        if (item->kind == WG_SCALAR_ITEM_NUMBER)
            p->values[item->value] = item->numbers[0];
        if ((input && !put_link(b, &p->inputs, item->node, item->value)) ||
            (input && item->slot != WG_NO_NODE && !put_link(b, &p->gradients, item->node, item->slot)) ||
            (item->kind >= WG_SCALAR_ITEM_PRODUCT && item->output &&
                !put_link(b, &p->outputs, item->node, item->value)))
            return false;
    }
    return true;
}

/* No memory where there are no numbers: a program without a sweep has no adjoints. */
static bool new_numbers(wg_scalar_build *b, size_t count, double **numbers)
{
    *numbers = wg__mem_new(&b->memory, count * sizeof **numbers);
    return *numbers || count == 0;
}

bool wg__scalar_emit(wg_scalar_build *b)
{
    wg_scalars *p = b->program;
    p->seed = b->y == WG_NO_NODE ? WG_NO_NODE : b->items[b->y].slot;
    return new_numbers(b, p->value_count, &p->values) && new_numbers(b, p->adjoint_count, &p->adjoints) &&
           connect(b) && forward(b) && (p->seed == WG_NO_NODE || wg__scalar_emit_sweep(b));
}
