/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn.c - the library, and the calls that it is prepared for. */
#include "kernels/onednn_call.h"

#include <string.h>
#include "base/alloc.h"
#include "kernels/alone.h"

enum { LEAST_ROWS = 32, LEAST_COLUMNS = 64, LEAST_WORK = 1 << 20 };

/* The most equal parts, `most` at most, of `least` each. */
static size_t parts_of(size_t size, size_t most, size_t least)
{
    size_t parts = size / least < most ? size / least : most;
    while (parts > 1 && size % parts != 0)
        parts--;
    return parts ? parts : 1;
}

static bool memory_of(wg_onednn *library, wg_layout_at l, size_t blocks, dnnl_memory_t *memory)
{
    for (size_t i = 0; i < blocks; i++)
        if (dnnl_memory_create(&memory[i], l, library->engine, DNNL_MEMORY_NONE) != dnnl_success)
            return false;
    return true;
}

static size_t reserve(wg_onednn_call *c, size_t bytes, size_t blocks)
{
    size_t offset = c->scratch;
    c->scratch += blocks * wg__onednn_lines(bytes);
    return offset;
}

static bool room_of(wg_onednn_call *c, wg_layout_at l, size_t blocks, wg_onednn_room *m)
{
    m->bytes = dnnl_memory_desc_get_size(l);
    m->offset = reserve(c, m->bytes, blocks);
    return m->bytes == 0 || memory_of(c->library, l, blocks, m->memory);
}

/* Compiles what is described, which it frees. */
static bool routine_of(wg_onednn_call *c, dnnl_primitive_desc_t d, size_t blocks, wg_onednn_routine *r)
{
    bool made = d && dnnl_primitive_create(&r->primitive, d) == dnnl_success &&
                room_of(c, dnnl_primitive_desc_query_md(d, dnnl_query_scratchpad_md, 0), blocks, &r->work);
    dnnl_primitive_desc_destroy(d);
    return made;
}

/* A side whose blocks lie as `ours` for us and as `its` for the library. */
static bool side_of(wg_onednn_call *c, int which, const wg_layout *ours, wg_layout_at its)
{
    wg_onednn_side *s = &c->side[which];
    dnnl_engine_t engine = c->library->engine;
    if (!memory_of(c->library, wg__layout_pointer(ours), s->blocks, s->ours))
        return false;
    if (dnnl_memory_desc_equal(wg__layout_pointer(ours), its))
        return true;
    dnnl_primitive_desc_t d = NULL;
    wg_layout_at from = which == WG_SIDE_RESULT ? its : wg__layout_pointer(ours),
                 to = which == WG_SIDE_RESULT ? wg__layout_pointer(ours) : its;
    return dnnl_reorder_primitive_desc_create(&d, from, engine, to, engine, c->library->attr) ==
               dnnl_success &&
           routine_of(c, d, s->blocks, &s->reorder) && room_of(c, its, s->blocks, &s->its);
}

static void cut_product(wg_onednn_call *c)
{
    const wg_onednn_problem *p = &c->problem;
    bool large = (double)p->m * (double)p->n * (double)p->k >= (double)LEAST_WORK;
    c->rows = large ? parts_of(p->m, 4, LEAST_ROWS) : 1;
    c->columns = large ? parts_of(p->n, 4, LEAST_COLUMNS) : 1;
    size_t m = p->m / c->rows, n = p->n / c->columns;
    c->side[WG_SIDE_A].blocks = c->rows, c->side[WG_SIDE_A].step = p->transpose_a ? m : m * p->lda;
    c->side[WG_SIDE_B].blocks = c->columns, c->side[WG_SIDE_B].step = p->transpose_b ? n * p->ldb : n;
    c->side[WG_SIDE_RESULT].step = n, c->side[WG_SIDE_RESULT].row_step = m * p->ldc;
}

static void cut_conv(wg_onednn_call *c)
{
    wg_conv *part = &c->part;
    *part = c->problem.conv;
    c->rows = parts_of(part->batch, WG_ONEDNN_ITEMS, 1), c->columns = 1;
    part->batch /= c->rows;
    size_t x = part->batch * part->channels * part->height * part->width;
    size_t y = part->batch * part->filters * part->out_height * part->out_width;
    bool input = c->problem.kind == WG_CONV_INPUT, weight = c->problem.kind == WG_CONV_WEIGHT;
    c->side[WG_SIDE_A].blocks = c->rows, c->side[WG_SIDE_A].step = input ? y : x;
    c->side[WG_SIDE_B].blocks = weight ? c->rows : 1, c->side[WG_SIDE_B].step = y;
    c->weights = weight ? part->filters * (part->channels / part->groups) * part->rows * part->columns : 0;
    c->side[WG_SIDE_RESULT].row_step = weight  ? wg__onednn_lines(c->weights * sizeof(float)) / sizeof(float)
                                       : input ? x
                                               : y;
}

static bool make(wg_onednn_call *c)
{
    bool product = c->problem.kind == WG_ONEDNN_PRODUCT, made;
    wg_layout ours[WG_SIDES] = {0};
    if (product)
        cut_product(c);
    else
        cut_conv(c);
    size_t items = c->side[WG_SIDE_RESULT].blocks = c->rows * c->columns;
    dnnl_primitive_desc_t d = wg__onednn_describe(c, ours);
    made = d;
    for (int i = 0; i < WG_SIDES && made; i++)
        made = side_of(
            c, i, &ours[i], dnnl_primitive_desc_query_md(d, dnnl_query_exec_arg_md, c->side[i].argument));
    for (int i = 0; i < WG_SIDES; i++)
        wg__layout_free(&ours[i]);
    made = routine_of(c, d, items, &c->compute) && made;
    c->partial_offset = reserve(c, c->weights * sizeof(float), items);
    return made;
}

static void room_free(wg_onednn_room *r)
{
    for (size_t i = 0; i < WG_ONEDNN_ITEMS; i++)
        dnnl_memory_destroy(r->memory[i]);
}

static void routine_free(wg_onednn_routine *r)
{
    dnnl_primitive_destroy(r->primitive);
    room_free(&r->work);
}

static void call_free(wg_onednn_call *c)
{
    const wg_allocator memory = c->library->memory;
    for (int i = 0; i < WG_SIDES; i++) {
        routine_free(&c->side[i].reorder);
        room_free(&c->side[i].its);
        for (size_t j = 0; j < WG_ONEDNN_ITEMS; j++)
            dnnl_memory_destroy(c->side[i].ours[j]);
    }
    routine_free(&c->compute);
    wg__mem_free(&memory, c, sizeof *c);
}

wg_onednn_call *wg__onednn_prepare(wg_onednn *library, const wg_onednn_problem *problem)
{
    wg_onednn_call *c = library->calls;
    while (c && memcmp(&c->problem, problem, sizeof *problem) != 0)
        c = c->next;
    if (c)
        return c->possible ? c : NULL;
    if (!(c = wg__mem_zero(&library->memory, sizeof *c)))
        return NULL;
    c->library = library;
    c->problem = *problem;
    int threads = wg__alone_begin(); /* the library cuts its work by this number */
    c->possible = make(c);
    wg__alone_end(threads);
    c->next = library->calls;
    library->calls = c;
    return c->possible ? c : NULL;
}

size_t wg__onednn_scratch(const wg_onednn_call *call)
{
    return call->scratch;
}

/* ---- The library ---- */

bool wg__onednn_has_bf16(void)
{
    int isa = (int)dnnl_get_effective_cpu_isa(), wanted = (int)dnnl_cpu_isa_avx512_core_bf16;
    return (isa & wanted) == wanted;
}

wg_onednn *wg__onednn_new(const wg_allocator *memory)
{
    wg_onednn *library = wg__mem_zero(memory, sizeof *library);
    if (!library)
        return NULL;
    library->memory = *memory;
    bool made =
        dnnl_engine_create(&library->engine, dnnl_cpu, 0) == dnnl_success &&
        dnnl_primitive_attr_create(&library->attr) == dnnl_success &&
        dnnl_primitive_attr_set_scratchpad_mode(library->attr, dnnl_scratchpad_mode_user) == dnnl_success;
    for (size_t i = 0; i < 2 * WG_ONEDNN_ITEMS && made; i++)
        made = dnnl_stream_create(&library->stream[i], library->engine, dnnl_stream_default_flags) ==
               dnnl_success;
    if (made)
        return library;
    wg__onednn_free(library);
    return NULL;
}

void wg__onednn_free(wg_onednn *library)
{
    if (!library)
        return;
    const wg_allocator memory = library->memory;
    for (wg_onednn_call *c = library->calls, *next; c; c = next) {
        next = c->next;
        call_free(c);
    }
    for (size_t i = 0; i < 2 * WG_ONEDNN_ITEMS; i++)
        dnnl_stream_destroy(library->stream[i]);
    dnnl_primitive_attr_destroy(library->attr);
    dnnl_engine_destroy(library->engine);
    wg__mem_free(&memory, library, sizeof *library);
}
