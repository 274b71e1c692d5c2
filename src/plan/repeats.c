/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Tensors that are a smaller one repeated, and are read by maps alone. They get no memory: the maps make the
 * numbers that they read, block by block, of the smaller tensor.
 *
 *      gradient of mean     g    -> u        u is g / n everywhere
 *      gradient of square   x, u -> dx       one pass over x and dx */
#include "ops/repeat.h"
#include "plan/plan.h"

typedef struct repeat {
    const wg_use *of;      /* the smaller tensor, */
    wg_shape small, whole; /* with a 1 for each axis that it lacks; repeated */
    double divisor;
} repeat;

static bool repeat_of(const wg_program *p, const wg_call *call, repeat *r)
{
    bool forward = call->kind == WG_CALL_FORWARD;
    if ((!forward && wg__call_towards(call) < 0) || call->results != 1)
        return false;
    const wg_use *result = wg__call_result(call);
    if (result->value == WG_NONE || p->values[result->value].dtype == WG_I32 ||
        !p->values[result->value].count)
        return false;
    wg_repeat small;
    if (!wg__repeat_of(call->op, call->attr, !forward, result->shape, call->in[0].shape, &small))
        return false;
    unsigned image = wg__call_out_bit(call, (size_t)(result - call->out));
    *r = (repeat){&call->in[forward ? 0 : call->arity + call->results], small.small,
        wg__call_shape(call, image, result->shape), small.divisor};
    return r->of->number ||
           (r->of->value != WG_NONE && p->values[r->of->value].dtype == p->values[result->value].dtype);
}

/* Is operand i of a call something that it may make for itself? */
static bool may_make(const wg_program *p, const wg_call *reader, size_t i)
{
    if (!wg__call_is_map(p, reader))
        return false;
    const wg_shape *shape = wg__call_result(reader)->shape;
    for (size_t j = 0; j < reader->in_count; j++) {
        const wg_use *use = &reader->in[j];
        if (!wg_shape_equal(use->shape, shape) && (j == i || !use->number))
            return false;
    }
    return true;
}

void wg__repeats_find(wg_passes *p)
{
    wg_program *program = p->program;
    repeat r;
    for (size_t k = 0; k < program->call_count; k++) {
        wg_call *call = &program->calls[k];
        const wg_value *v =
            repeat_of(program, call, &r) ? &program->values[wg__call_result(call)->value] : NULL;
        call->repeats = v && v->readers > 0 && !v->asked;
    }
    for (size_t k = 0; k < program->call_count; k++) {
        const wg_call *call = &program->calls[k];
        for (size_t i = 0; i < call->in_count; i++) {
            const wg_use *use = &call->in[i];
            uint32_t maker = use->value == WG_NONE ? WG_NONE : program->values[use->value].maker;
            if (maker != WG_NONE && program->calls[maker].repeats && !may_make(program, call, i))
                program->calls[maker].repeats = false;
        }
    }
}

bool wg__repeats_operand(wg_passes *p, const wg_call *call, wg_chain_operand *operand, wg_use *smaller)
{
    repeat r;
    if (!repeat_of(p->program, call, &r))
        return true;
    *smaller = *r.of;
    *operand = (wg_chain_operand){.kind = WG_CHAIN_SPREAD, .divisor = r.divisor};
    return (operand->stretch = wg__stretch_new(p, &r.whole, &r.small, &r.small)) != NULL;
}
