/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Sums of what a chain computes, taken while it is in cache:
 *
 *      gradient of relu   y, u -> g          g is read by the convolution's gradient, and by
 *      sum_to             g    -> db         which finds the sums of g's pieces there, and joins them
 *
 * A piece (kernels/reduce.h) is summed in the order in which the sum itself would do it, by whoever has just
 * computed it, so the bits are those of the sum. A result that only the sum reads is never written: its
 * pieces live in the cache. */
#include "kernels/parallel.h"
#include "ops/reduce_axes.h"
#include "plan/plan.h"

#include <string.h>

/* A span of pieces is computed at once, then summed; runs shorter than SHORT would have more sums than it
 * pays; numbers in a chunk for one thread. */
enum { SPAN = 4096, SHORT = 8, GRAIN = 1 << 14 };

/* ---- Which ------------------------------------------------------------------------------------------ */

/* The pieces of what node `k` of the list sums up, a result of node `at`; false: it is no sum, or not of this
 * kind. */
static bool pieces_of(const wg_plan *plan, size_t k, size_t at, wg_pieces *pieces)
{
    const wg_engine *t = plan->tape;
    const wg_record *sum = wg__record_of(t, plan->calls[k].node);
    const wg_result *x = &wg__record_of(t, plan->calls[at].node)->result[0];
    wg_shape shape = wg__shape_in_lanes(sum, WG_LANES_OPERAND(0), wg__view_of(t, sum->args[0]).shape);
    wg_runs runs;
    if (x->scalar || x->dtype == WG_I32 || !wg__sum_runs(sum->op, sum->attr, &shape, &runs) ||
        !wg__pieces_init(pieces, &runs))
        return false;
    return pieces->count * pieces->width <= x->count / SHORT &&
           pieces->count <= SIZE_MAX / 16 / pieces->width;
}

static bool can_be_summed(const wg_plan *plan, size_t at, const wg_pieces *pieces)
{
    const wg_plan_chain *chain = plan->calls[at].chain;
    int towards;
    if (chain && (chain->last != at || chain->summed))
        return false;
    if (chain ? chain->head != SIZE_MAX : wg__plan_is_head(plan, at))
        return !pieces->runs.columns; /* its stretches are rows' */
    return chain || wg__plan_row_of(plan->tape, wg__record_of(plan->tape, plan->calls[at].node), &towards);
}

bool wg__plan_fuse_sums(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        size_t at = record && record->arity == 1 ? wg__plan_first_result(p, record->args[0]) : SIZE_MAX;
        wg_pieces pieces;
        if (at == SIZE_MAX || !pieces_of(plan, k, at, &pieces) || !can_be_summed(plan, at, &pieces))
            continue;
        wg_plan_chain *chain = wg__plan_chain_of(p, at);
        if (!chain)
            return false;
        chain->summed = true;
        chain->sum = k;
        chain->pieces = pieces;
        chain->unwritten = chain->head == SIZE_MAX && !pieces.runs.columns && plan->calls[at].readers == 1 &&
                           !plan->calls[at].outside;
        plan->calls[k].summed = chain;
    }
    return true;
}

/* ---- Runs ------------------------------------------------------------------------------------------- */

void wg__plan_sums_attach(wg_plan *plan, wg_plan_chain *chain)
{
    const wg_engine *t = plan->tape;
    const wg_result *result = &wg__record_of(t, plan->calls[chain->last].node)->result[0];
    chain->sums =
        (double *)(void *)(plan->block + plan->buffers[wg__plan_root(plan, chain->sum_buffer)].offset);
    chain->done = (bool *)(chain->sums + chain->pieces.count * chain->pieces.width);
    wg__record_of(t, plan->calls[chain->sum].node)->sums = chain->sums;
    chain->result = result->data;
}

/* Elements first .. last - 1, and the sums of the pieces that are whole in there. */
static void span(const wg_plan_chain *chain, size_t first, size_t last, const char *value, void *room)
{
    const wg_pieces *p = &chain->pieces;
    size_t size = wg_dtype_size(chain->chain.dtype);
    char *out = room ? room : (char *)chain->result + first * size;
    wg__chain_range(&chain->chain, first, last - first, value, out);
    size_t piece = wg__piece_at(p, first), begin = wg__piece_begin(p, piece);
    if (begin < first)
        begin = wg__piece_begin(p, ++piece);
    for (size_t end; begin < last && (end = wg__piece_begin(p, piece + 1)) <= last; begin = end, piece++) {
        wg__piece_sum(p, chain->chain.dtype, piece, out + (begin - first) * size, chain->sums);
        chain->done[piece] = true;
    }
}

void wg__plan_chain_part(
    const wg_plan_chain *chain, size_t first, size_t count, const void *value, void *room)
{
    const wg_pieces *p = &chain->pieces;
    size_t size = wg_dtype_size(chain->chain.dtype), last = first + count;
    for (size_t at = first, end; at < last; at = end) {
        size_t piece = wg__piece_at(p, at) + 1;
        end = wg__piece_begin(p, piece);
        if (p->largest < SPAN) /* as many more as fit */
            for (size_t next; end < last && (next = wg__piece_begin(p, piece + 1)) - at <= SPAN; piece++)
                end = next;
        end = end < last ? end : last;
        span(chain, at, end, value ? (const char *)value + (at - first) * size : NULL, room);
    }
}

typedef struct summing {
    const wg_plan_chain *chain;
    wg_rooms rooms; /* of SPAN numbers, where the result is not written */
} summing;

static void pieces_of_chain(void *work, size_t worker, size_t begin, size_t end)
{
    const summing *s = work;
    const wg_pieces *p = &s->chain->pieces;
    size_t first = wg__piece_begin(p, begin);
    wg__plan_chain_part(
        s->chain, first, wg__piece_begin(p, end) - first, NULL, wg__room_of(&s->rooms, worker));
}

/* A chain without a head. */
static wg_status run_alone(wg_plan *plan, const wg_plan_chain *chain, size_t grain)
{
    wg_engine *t = plan->tape;
    size_t count = chain->pieces.count, used = plan->work.used;
    size_t bytes = chain->unwritten ? SPAN * wg_dtype_size(chain->chain.dtype) : 0;
    size_t all = bytes * wg__workers(t->threads, count, grain);
    wg_block *block = NULL; /* in a rehearsal */
    summing s = {chain, {bytes ? wg__work_take(&plan->work, all) : NULL, bytes}};
    if (bytes && !s.rooms.memory) {
        if (!(block = wg__block_take(&t->blocks, all)))
            return WG_OUT_OF_MEMORY;
        s.rooms.memory = wg__block_data(block);
    }
    wg__parallel_workers(t->threads, count, grain, pieces_of_chain, &s);
    wg__block_give(&t->blocks, block);
    plan->work.used = used;
    return WG_OK;
}

/* Those that came in several stretches. */
static void chunk_of_rest(void *work, size_t begin, size_t end)
{
    const wg_plan_chain *chain = work;
    const wg_pieces *p = &chain->pieces;
    const char *result = chain->result;
    for (size_t i = begin; i < end; i++)
        if (!chain->done[i])
            wg__piece_sum(p, chain->chain.dtype, i,
                result + wg__piece_begin(p, i) * wg_dtype_size(chain->chain.dtype), chain->sums);
}

wg_status wg__plan_run_summed(wg_plan *plan, wg_plan_chain *chain)
{
    wg_engine *t = plan->tape;
    size_t count = chain->pieces.count, grain = wg__chunks(GRAIN, chain->pieces.largest);
    if (chain->head == SIZE_MAX)
        return run_alone(plan, chain, grain);
    memset(chain->done, 0, count * sizeof *chain->done);
    wg_status status = wg__compute_now(t, wg__record_of(t, plan->calls[chain->head].node));
    if (status == WG_OK)
        wg__parallel_for(t->threads, count, grain, chunk_of_rest, chain);
    return status;
}
