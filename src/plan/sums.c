/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Sums of what a call computes, taken while it is in cache:
 *
 *      gradient of relu   y, u -> g          g is read by the convolution's gradient, and by
 *      sum_to             g    -> db         which finds the sums of g's pieces there, and joins them
 *
 * A piece (kernels/reduce.h) is summed in the order in which the sum itself would do it, by whoever has just
 * computed it, so the bits are those of the sum. A result that only the sum reads is never written: its
 * pieces live in the cache. */
#include "ops/reduce_axes.h"
#include "plan/plan.h"

enum { SHORT = 8 }; /* runs shorter than this would have more sums than it pays */

/* The pieces of what call `sum` sums up; false: it is no sum, or not of this kind. */
static bool pieces_of(const wg_program *p, const wg_call *sum, wg_pieces *pieces)
{
    if (sum->kind != WG_CALL_FORWARD || sum->in_count != 1 || sum->in[0].value == WG_NONE)
        return false;
    const wg_value *x = &p->values[sum->in[0].value];
    wg_shape shape = wg__call_shape(sum, WG_LANES_OPERAND(0), sum->in[0].shape);
    wg_runs runs;
    if (x->dtype == WG_I32 || x->maker == WG_NONE || !wg__sum_runs(sum->op, sum->attr, &shape, &runs) ||
        !wg__pieces_init(pieces, &runs))
        return false;
    return pieces->count * pieces->width <= x->count / SHORT &&
           pieces->count <= SIZE_MAX / 16 / pieces->width;
}

/* Can a call sum up its first result, which is `value`? */
static bool can_sum(const wg_program *p, const wg_call *call, uint32_t value, const wg_pieces *pieces)
{
    if (!call->out_count || wg__call_result(call)->value != value || (call->maps && call->maps->pieces))
        return false;
    return wg__call_is_map(p, call) ||
           (wg__call_produces(p, call) && !pieces->runs.columns); /* its ranges are rows' */
}

/* Its sums are a value: doubles, and whether each piece is summed. */
static bool add_sums(wg_passes *p, wg_call *call, wg_call *sum, const wg_pieces *pieces)
{
    wg_program *program = p->program;
    wg_maps *maps = wg__call_maps(p, call);
    uint32_t value = sum->in[0].value;
    wg_pieces *own = wg__arena_take(&program->arena, sizeof *own);
    if (!maps || !own)
        return false;
    *own = *pieces;
    maps->pieces = own;
    maps->sums = wg__program_value(
        program, &(wg_value){.kind = WG_VALUE_SUMS,
                     .bytes = pieces->count * pieces->width * sizeof(double) + pieces->count,
                     .node = program->values[value].node});
    sum->sums = maps->sums;
    sum->in[0].value = WG_NONE;
    wg_value *v = &program->values[value];
    v->unwritten = call->kind == WG_CALL_MAPS && !pieces->runs.columns && v->readers == 1 && !v->asked;
    v->readers--;
    return maps->sums != WG_NONE;
}

wg_status wg__pass_sums(wg_passes *p)
{
    wg_program *program = p->program;
    for (size_t k = 0; k < program->call_count; k++) {
        wg_call *sum = &program->calls[k];
        wg_pieces pieces;
        if (!pieces_of(program, sum, &pieces))
            continue;
        wg_call *call = &program->calls[program->values[sum->in[0].value].maker];
        if (can_sum(program, call, sum->in[0].value, &pieces) && !add_sums(p, call, sum, &pieces))
            return wg__pass_no_memory(p);
    }
    wg__program_settle(program);
    return WG_OK;
}
