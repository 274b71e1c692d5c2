/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A scalar program's life. */
#include "scalars/build.h"

#include <string.h>

static bool compile(wg_scalar_build *b)
{
    const wg_scalar_request *r = b->request;
    if (r->count >= UINT32_MAX / 8)
        return false;
    b->number_places = 16;
    while (b->number_places < 4 * (r->count + 4)) /* a step has two operands, or one and a number */
        b->number_places *= 2;
    b->numbers = wg__mem_new(&b->memory, b->number_places * sizeof *b->numbers);
    if (!b->numbers)
        return false;
    memset(b->numbers, 0xff, b->number_places * sizeof *b->numbers);
    return wg__scalar_collect(b) && wg__scalar_fuse(b) && wg__scalar_order(b) && wg__scalar_emit(b);
}

static void close(wg_scalar_build *b)
{
    for (size_t i = 0; i < b->item_count; i++)
        if (b->items[i].kind != WG_SCALAR_ITEM_NUMBER)
            b->request->map[b->items[i].node] = WG_NO_NODE;
    wg__mem_free(&b->memory, b->items, b->item_capacity * sizeof *b->items);
    wg__mem_free(&b->memory, b->terms, b->term_capacity * sizeof *b->terms);
    wg__mem_free(&b->memory, b->numbers, b->number_places * sizeof *b->numbers);
    wg__mem_free(&b->memory, b->order, (b->order_count + 1) * sizeof *b->order);
}

wg_scalars *wg__scalars_compile(wg_engine *t, const wg_scalar_request *request)
{
    wg_scalars *s = wg__mem_zero(&t->memory, sizeof *s);
    if (!s)
        return NULL;
    s->memory = t->memory;
    wg_scalar_build b = {.tape = t, .request = request, .program = s, .memory = t->memory};
    bool good = compile(&b);
    close(&b);
    if (good)
        return s;
    wg__scalars_free(s);
    return NULL;
}

static void free_stream(const wg_allocator *memory, wg_scalar_stream *s)
{
    wg__mem_free(memory, s->pieces, s->piece_capacity * sizeof *s->pieces);
    wg__mem_free(memory, s->pairs, s->pair_capacity * sizeof *s->pairs);
    wg__mem_free(memory, s->numbers, s->number_capacity * sizeof *s->numbers);
    wg__mem_free(memory, s->fans, s->fan_capacity * sizeof *s->fans);
}

void wg__scalars_free(wg_scalars *s)
{
    if (!s)
        return;
    const wg_allocator memory = s->memory;
    wg_scalar_links *links[] = {&s->inputs, &s->outputs, &s->guards, &s->gradients};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        wg__mem_free(&memory, links[i]->link, links[i]->capacity * sizeof *links[i]->link);
    free_stream(&memory, &s->forward);
    free_stream(&memory, &s->sweep);
    wg__mem_free(&memory, s->values, s->value_count * sizeof *s->values);
    wg__mem_free(&memory, s->adjoints, s->adjoint_count * sizeof *s->adjoints);
    wg__mem_free(&memory, s, sizeof *s);
}

static size_t stream_bytes(const wg_scalar_stream *s)
{
    return s->piece_count * sizeof *s->pieces + s->pair_count * sizeof *s->pairs +
           s->number_count * sizeof *s->numbers + s->fan_count * sizeof *s->fans;
}

static double sweep_flops(const wg_scalars *s)
{
    double flops = 2 * (double)s->sweep.pair_count;
    for (size_t i = 0; i < s->sweep.piece_count; i++)
        flops += s->sweep.pieces[i].kind == WG_SCALAR_ROWS ? s->sweep.pieces[i].count : 0;
    return flops;
}

wg_scalars_facts wg__scalars_facts_of(const wg_scalars *s)
{
    size_t links = s->inputs.count + s->outputs.count + s->guards.count + s->gradients.count;
    return (wg_scalars_facts){.steps = s->steps,
        .loops = s->forward.piece_count + s->sweep.piece_count,
        .bytes = stream_bytes(&s->forward) + stream_bytes(&s->sweep) +
                 (s->value_count + s->adjoint_count) * sizeof(double) + links * sizeof(wg_scalar_link),
        .sweep_flops = sweep_flops(s),
        .sweeps = s->seed != WG_NO_NODE};
}
