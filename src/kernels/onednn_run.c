/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn_run.c - a call: operands into the library's layouts, the blocks, the result out of them. */
#include "kernels/onednn_call.h"

#include <stdint.h>
#include <string.h>
#include "kernels/alone.h"
#include "kernels/parallel.h"

typedef struct run {
    wg_onednn_call *call;
    const float *a, *b;
    float *result;
    char *scratch;
    bool failed[2 * WG_ONEDNN_ITEMS];
} run;

/* Where block i of a room is in this run's working memory. */
static void place(const run *r, wg_onednn_room *m, size_t i)
{
    if (m->bytes)
        dnnl_memory_set_data_handle(m->memory[i], r->scratch + m->offset + i * wg__onednn_lines(m->bytes));
}

/* The same for a block of a side, whose numbers are `numbers`. */
static void place_block(const run *r, wg_onednn_side *s, size_t i, const float *numbers)
{
    dnnl_memory_set_data_handle(s->ours[i], (void *)(uintptr_t)numbers);
    place(r, &s->its, i);
}

/* Block i of a side as the library reads or writes it. */
static dnnl_memory_t block_of(const wg_onednn_side *s, size_t i)
{
    return s->its.bytes ? s->its.memory[i] : s->ours[i];
}

/* On block i; `lane` is nobody else's meanwhile. There is room for one more argument. */
static bool execute(
    const run *r, wg_onednn_routine *what, size_t i, size_t lane, int count, dnnl_exec_arg_t *args)
{
    place(r, &what->work, i);
    if (what->work.bytes)
        args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, what->work.memory[i]};
    dnnl_stream_t stream = r->call->library->stream[lane];
    return dnnl_primitive_execute(what->primitive, stream, count, args) == dnnl_success &&
           dnnl_stream_wait(stream) == dnnl_success;
}

/* A block from one layout to the other. */
static bool turn(const run *r, wg_onednn_side *s, size_t i, size_t lane, bool back)
{
    if (!s->its.bytes)
        return true;
    dnnl_memory_t its = s->its.memory[i];
    dnnl_exec_arg_t args[3] = {
        {DNNL_ARG_FROM, back ? its : s->ours[i]}, {DNNL_ARG_TO, back ? s->ours[i] : its}};
    return execute(r, &s->reorder, i, lane, 2, args);
}

/* Items: blocks of a, then those of b. */
static void bring(void *work, size_t begin, size_t end)
{
    run *r = work;
    int threads = wg__alone_begin();
    for (size_t lane = begin; lane < end; lane++) {
        bool second = lane >= r->call->side[WG_SIDE_A].blocks;
        wg_onednn_side *s = &r->call->side[second ? WG_SIDE_B : WG_SIDE_A];
        size_t i = second ? lane - r->call->side[WG_SIDE_A].blocks : lane;
        const float *numbers = (second ? r->b : r->a) + i * s->step;
        place_block(r, s, i, numbers);
        r->failed[lane] = !turn(r, s, i, lane, false);
    }
    wg__alone_end(threads);
}

static float *partial(const run *r, size_t item)
{
    return (float *)(r->scratch + r->call->partial_offset +
                     item * wg__onednn_lines(r->call->weights * sizeof(float)));
}

/* Items: blocks of the result, or parts of the sum that it is. */
static void compute(void *work, size_t begin, size_t end)
{
    run *r = work;
    wg_onednn_call *c = r->call;
    wg_onednn_side *a = &c->side[WG_SIDE_A], *b = &c->side[WG_SIDE_B], *s = &c->side[WG_SIDE_RESULT];
    for (size_t i = begin; i < end; i++) {
        int threads = wg__alone_begin();
        float *out =
            c->weights ? partial(r, i) : r->result + i / c->columns * s->row_step + i % c->columns * s->step;
        place_block(r, s, i, out);
        dnnl_exec_arg_t args[4] = {{a->argument, block_of(a, i / c->columns)},
            {b->argument, block_of(b, i % b->blocks)}, {s->argument, block_of(s, i)}};
        bool good = execute(r, &c->compute, i, i, 3, args) && turn(r, s, i, i, true);
        r->failed[i] |= !good;
        wg__alone_end(threads);
    }
}

/* Items: weights. The parts' gradients are added in order. */
static void add_parts(void *work, size_t begin, size_t end)
{
    const run *r = work;
    memcpy(r->result + begin, partial(r, 0) + begin, (end - begin) * sizeof(float));
    for (size_t part = 1; part < r->call->rows; part++) {
        const float *restrict more = partial(r, part);
        for (size_t i = begin; i < end; i++)
            r->result[i] += more[i];
    }
}

bool wg__onednn_run(
    wg_onednn_call *call, int threads, const float *a, const float *b, float *result, void *scratch)
{
    run r = {.call = call, .a = a, .b = b, .result = result, .scratch = scratch};
    wg__parallel_for(threads, call->side[WG_SIDE_A].blocks + call->side[WG_SIDE_B].blocks, 1, bring, &r);
    wg__parallel_for(threads, call->side[WG_SIDE_RESULT].blocks, 1, compute, &r);
    if (call->weights)
        wg__parallel_for(threads, call->weights, 1 << 13, add_parts, &r);
    for (size_t i = 0; i < 2 * WG_ONEDNN_ITEMS; i++)
        if (r.failed[i])
            return false;
    return true;
}
