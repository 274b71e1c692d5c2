/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One call. */
#include "kernels/parallel.h"
#include "plan/ready.h"
#include "scalars/scalars.h"

#include <string.h>

/* ---- Numbers ------------------------------------------------------------------------------------------ */

static void compute_step(wg_engine *t, uint32_t node)
{
    wg_step *s = &t->head.steps[node];
    size_t operands = wg__operand_count(wg__code(t, node));
    double x = t->head.steps[s->a].value, b = operands > 1 ? t->head.steps[s->b].value : 0;
    const double *numbers = operands > 1 || !t->head.numbers ? NULL : &t->head.numbers[s->b];
    s->value = wg__formula_value(wg__code(t, node), x, b, numbers);
}

static wg_status compute_steps(const wg_plan *plan, const wg_call *call)
{
    if (call->scalars)
        return wg__scalars_run(plan->tape, call->scalars);
    for (uint32_t i = 0; i < call->steps; i++)
        compute_step(plan->tape, plan->program.steps[call->first_step + i]);
    return WG_OK;
}

static wg_status compute_number(const wg_plan *plan, const wg_call *call)
{
    wg_step *steps = plan->tape->head.steps;
    double in[3] = {0};
    for (size_t i = 0; i < call->in_count; i++)
        in[i] = steps[call->in[i].node].value;
    steps[call->out[0].node].value = call->op->scalar(in, call->attr);
    return WG_OK;
}

static double read_one(const wg_plan *plan, const wg_use *use)
{
    if (use->number)
        return plan->tape->head.steps[use->node].value;
    const wg_value *v = &plan->program.values[use->value];
    return v->dtype == WG_F32 ? (double)*(const float *)v->data : *(const double *)v->data;
}

static wg_status copy_one(const wg_plan *plan, const wg_call *call)
{
    const double number = read_one(plan, &call->in[0]);
    const wg_use *out = &call->out[0];
    const wg_value *v = out->number ? NULL : &plan->program.values[out->value];
    if (!v)
        plan->tape->head.steps[out->node].value = number;
    else if (v->dtype == WG_F32)
        *(float *)v->data = (float)number;
    else
        *(double *)v->data = number;
    return WG_OK;
}

/* ---- Maps: those of a range, and sums on the way ------------------------------------------------------- */

/* A range of pieces is computed at once, then summed; numbers in a chunk for one thread. */
enum { RANGE = 4096, GRAIN = 1 << 14 };

static void load_number(const wg_engine *t, wg_chain_operand *operand, const wg_use *use)
{
    if (use->number)
        operand->scalar = t->head.steps[use->node].value;
}

/* Numbers are read anew in each run. */
static void load_numbers(const wg_plan *plan, wg_maps *maps)
{
    const wg_engine *t = plan->tape;
    for (size_t s = 0; s < maps->chain.steps; s++) {
        wg_chain_step *step = &maps->chain.step[s];
        const wg_map *map = &maps->map[s];
        load_number(t, &step->in[0], &map->in[0]);
        load_number(t, &step->in[1], &map->in[1]);
        load_number(t, &step->y, &map->y);
        load_number(t, &step->g, &map->g);
    }
}

/* Elements first .. last - 1, and the sums of the pieces that are whole in there. */
static void range(const wg_maps *maps, size_t first, size_t last, const char *value, void *room)
{
    const wg_pieces *p = maps->pieces;
    size_t size = wg_dtype_size(maps->chain.dtype);
    char *out = room ? room : (char *)maps->result + first * size;
    wg__chain_range(&maps->chain, first, last - first, value, out);
    size_t piece = wg__piece_at(p, first), begin = wg__piece_begin(p, piece);
    if (begin < first)
        begin = wg__piece_begin(p, ++piece);
    for (size_t end; begin < last && (end = wg__piece_begin(p, piece + 1)) <= last; begin = end, piece++) {
        wg__piece_sum(p, maps->chain.dtype, piece, out + (begin - first) * size, maps->sum);
        maps->done[piece] = true;
    }
}

/* The same of any range, cut where pieces begin, so that what is summed is in cache. */
static void summed_range(const wg_maps *maps, size_t first, size_t count, const void *value, void *room)
{
    const wg_pieces *p = maps->pieces;
    size_t size = wg_dtype_size(maps->chain.dtype), last = first + count;
    for (size_t at = first, end; at < last; at = end) {
        size_t piece = wg__piece_at(p, at) + 1;
        end = wg__piece_begin(p, piece);
        if (p->largest < RANGE) /* as many more as fit */
            for (size_t next; end < last && (next = wg__piece_begin(p, piece + 1)) - at <= RANGE; piece++)
                end = next;
        end = end < last ? end : last;
        range(maps, at, end, value ? (const char *)value + (at - first) * size : NULL, room);
    }
}

/* A range of a producer's result, in the place of the last map's. */
static void follow(void *user, size_t first, size_t count, const void *values)
{
    const wg_maps *maps = user;
    char *here = (char *)maps->result + first * wg_dtype_size(maps->chain.dtype);
    const void *value = values ? values : here;
    if (maps->pieces)
        summed_range(maps, first, count, value, NULL);
    else
        wg__chain_range(&maps->chain, first, count, value, here);
}

wg_maps *wg__maps_init(wg_maps *maps, wg_dtype dtype, size_t count)
{
    *maps = (wg_maps){.chain = {.dtype = dtype, .count = count}, .sums = WG_NONE};
    maps->epilogue = (wg_epilogue){.run = follow, .user = maps};
    return maps;
}

typedef struct summing {
    const wg_maps *maps;
    wg_rooms rooms; /* of RANGE numbers, where the result is not written */
} summing;

static void sum_pieces(void *work, size_t worker, size_t begin, size_t end)
{
    const summing *s = work;
    const wg_pieces *p = s->maps->pieces;
    size_t first = wg__piece_begin(p, begin);
    summed_range(s->maps, first, wg__piece_begin(p, end) - first, NULL, wg__room_of(&s->rooms, worker));
}

static size_t room_bytes(const wg_plan *plan, const wg_call *call)
{
    bool unwritten = plan->program.values[wg__call_result(call)->value].unwritten;
    return unwritten ? RANGE * wg_dtype_size(call->maps->chain.dtype) : 0;
}

size_t wg__maps_work(const wg_plan *plan, const wg_call *call)
{
    if (call->kind != WG_CALL_MAPS || !call->maps->pieces)
        return 0;
    const wg_pieces *p = call->maps->pieces;
    size_t bytes =
        room_bytes(plan, call) * wg__workers(plan->tape->threads, p->count, wg__chunks(GRAIN, p->largest));
    return bytes ? wg__work_size(bytes) : 0;
}

static wg_status run_summed(wg_plan *plan, const wg_call *call)
{
    const wg_maps *maps = call->maps;
    int threads = plan->tape->threads;
    size_t count = maps->pieces->count, grain = wg__chunks(GRAIN, maps->pieces->largest);
    size_t used = plan->work.used, bytes = room_bytes(plan, call);
    summing s = {maps, {.bytes = bytes}};
    if (bytes && !(s.rooms.memory = wg__work_take(&plan->work, bytes * wg__workers(threads, count, grain))))
        return WG_OUT_OF_MEMORY;
    wg__parallel_workers(threads, count, grain, sum_pieces, &s);
    plan->work.used = used;
    return WG_OK;
}

static wg_status run_maps(wg_plan *plan, const wg_call *call)
{
    load_numbers(plan, call->maps);
    if (call->maps->pieces)
        return run_summed(plan, call);
    wg__chain_run(&call->maps->chain, plan->tape->threads, call->maps->result);
    return WG_OK;
}

/* Pieces that no range had as a whole. */
static void sum_rest(void *work, size_t begin, size_t end)
{
    const wg_maps *maps = work;
    const wg_pieces *p = maps->pieces;
    const char *result = maps->result;
    for (size_t i = begin; i < end; i++)
        if (!maps->done[i])
            wg__piece_sum(p, maps->chain.dtype, i,
                result + wg__piece_begin(p, i) * wg_dtype_size(maps->chain.dtype), maps->sum);
}

/* ---- Operations ---------------------------------------------------------------------------------------- */

/* What a kernel adds to begins with the sum so far, which may lie there already, or with zeros. */
static void begin_sum(const wg_plan *plan, const wg_call *call, const wg_op_context *op)
{
    size_t before = call->arity + 2 * (size_t)call->results;
    const wg_use *sum = call->in_count > before ? &call->in[before] : NULL, *out = &call->out[0];
    size_t count = out->number ? 1 : plan->program.values[out->value].count,
           bytes = count * wg_dtype_size(op->dtype);
    const void *begun = sum ? plan->program.values[sum->value].data : NULL;
    if (!begun)
        memset(op->grad_in[0], 0, bytes);
    else if (begun != op->grad_in[0] && bytes)
        memcpy(op->grad_in[0], begun, bytes);
}

static wg_status run_function(const wg_call *call, wg_op_context *op)
{
    const wg_op *o = call->op;
    if (call->kind == WG_CALL_GRADIENT)
        return op->dtype == WG_F32 ? o->backward_f32(op) : o->backward_f64(op);
    return op->dtype == WG_F32 ? o->forward_f32(op) : o->forward_f64(op);
}

static void store_numbers(wg_engine *t, const wg_ready *r)
{
    for (size_t i = 0; i < r->stored_count; i++)
        t->head.steps[r->stored[i].node].value = (double)r->stored[i].slot->f;
}

static wg_status run_operation(wg_plan *plan, wg_call *call)
{
    wg_engine *t = plan->tape;
    wg_ready *r = call->ready;
    wg_maps *maps = call->maps;
    for (size_t i = 0; i < r->loaded_count; i++)
        r->loaded[i].slot->f = (float)t->head.steps[r->loaded[i].node].value;
    r->op.random.run = t->run;
    if (maps)
        load_numbers(plan, maps);
    if (maps && maps->pieces)
        memset(maps->done, 0, maps->pieces->count * sizeof *maps->done);
    plan->frame.node = call->node;
    plan->frame.arg = (wg_var *)(uintptr_t)r->op.arg;
    if (r->op.backward && call->op->traits & WG_OP_ADDS_GRADIENT && r->op.grad_in[0])
        begin_sum(plan, call, &r->op);
    wg_status status = run_function(call, &r->op);
    if (status == WG_OK)
        store_numbers(t, r);
    if (status == WG_OK && call->op->effect && call->trained && call->kind == WG_CALL_FORWARD && !t->frozen)
        status = call->op->effect(&r->op);
    if (status == WG_OK && maps && maps->pieces)
        wg__parallel_for(
            t->threads, maps->pieces->count, wg__chunks(GRAIN, maps->pieces->largest), sum_rest, maps);
    wg__frame_close(&plan->frame);
    return status;
}

wg_status wg__call_run(wg_plan *plan, wg_call *call)
{
    switch (call->kind) {
    case WG_CALL_FORWARD:
    case WG_CALL_GRADIENT:
        return run_operation(plan, call);
    case WG_CALL_MAPS:
        return run_maps(plan, call);
    case WG_CALL_NUMBER:
        return compute_number(plan, call);
    case WG_CALL_COPY:
        return copy_one(plan, call);
    case WG_CALL_STEPS:
        return compute_steps(plan, call);
    default:
        return WG_OK;
    }
}
