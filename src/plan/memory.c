/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* When each value is in use: from the call that writes it to the last one that reads it; and what is written
 * over what. place.c says where it lies. */
#include "plan/plan.h"

typedef struct times {
    wg_program *program;
    uint32_t k;
} times;

static void read_at(void *user, uint32_t value)
{
    const times *t = user;
    wg_value *v = &t->program->values[value];
    if (v->last < t->k)
        v->last = t->k;
}

/* Values begin on a line; false when one is larger than memory can be. */
static bool round_up(wg_value *v)
{
    size_t bytes = (v->bytes + WG_ALIGNMENT - 1) / WG_ALIGNMENT * WG_ALIGNMENT;
    bool fits = bytes >= v->bytes && bytes <= PTRDIFF_MAX - WG_ALIGNMENT;
    v->bytes = bytes;
    return fits;
}

static bool set_times(wg_program *p)
{
    bool fits = true;
    for (size_t i = 0; i < p->value_count; i++) {
        wg_value *v = &p->values[i];
        fits = fits && round_up(v);
        v->first = v->maker == WG_NONE ? 0 : v->maker;
        v->last = v->asked ? WG_NONE : v->first;
        v->over = WG_NONE;
    }
    times t = {p, 0};
    for (; t.k < p->call_count; t.k++)
        wg__call_reads(&p->calls[t.k], read_at, &t);
    return fits;
}

/* A gradient that one call writes as a whole is written into the store, if nobody else asks for it. */
static void place_gradients(wg_passes *p)
{
    for (size_t i = 0; i < p->plan->gradient_count; i++) {
        wg_plan_gradient *g = &p->plan->gradients[i];
        uint32_t value = p->program->value_of[g->node];
        wg_value *v = value == WG_NONE ? NULL : &p->program->values[value];
        g->in_place = g->bound && !p->plan->own_grads && v && v->kind == WG_VALUE_RESULT && v->asked == 1;
        if (g->in_place)
            v->outside = g->bound->binding.gradient;
    }
}

/* ---- In place ------------------------------------------------------------------------------------------ */

uint32_t wg__value_root(const wg_program *p, uint32_t value)
{
    while (p->values[value].over != WG_NONE)
        value = p->values[value].over;
    return value;
}

/* Where a call is the last to read an operand of its result's shape, the result takes that place. */
static bool write_over(wg_program *p, const wg_use *operand, const wg_use *result, uint32_t k)
{
    if (operand->value == WG_NONE || !wg_shape_equal(operand->shape, result->shape))
        return false;
    uint32_t root = wg__value_root(p, operand->value);
    wg_value *under = &p->values[root], *over = &p->values[result->value];
    if (root == result->value || under->kind != WG_VALUE_RESULT || under->outside || under->unwritten ||
        under->last != k || under->dtype != over->dtype)
        return false;
    over->over = root;
    under->last = over->last;
    return true;
}

/* What adds to a sum in place reads its other operands meanwhile: is one of them that memory? */
static bool adds_itself(const wg_program *p, const wg_call *call, const wg_use *sum)
{
    for (const wg_use *use = call->in; use < sum; use++)
        if (use->value != WG_NONE && wg__value_root(p, use->value) == wg__value_root(p, sum->value))
            return true;
    return false;
}

/* The sum so far, to which a gradient's call adds; NULL: none. */
static const wg_use *sum_of(const wg_call *call)
{
    size_t before = call->arity + 2 * (size_t)call->results;
    return call->kind == WG_CALL_GRADIENT && call->in_count > before ? &call->in[before] : NULL;
}

/* Of a map, its operands; of a map's gradient, the upstream one; of maps, that of any of them. */
static void find_place(wg_program *p, uint32_t k)
{
    const wg_call *call = &p->calls[k];
    const wg_use *result = call->out_count ? wg__call_result(call) : NULL;
    if (!result || result->value == WG_NONE || p->values[result->value].outside ||
        p->values[result->value].unwritten)
        return;
    bool done = false;
    for (size_t s = 0; call->kind == WG_CALL_MAPS && s < call->maps->chain.steps && !done; s++) {
        const wg_map *map = &call->maps->map[s];
        if (!(map->op->traits & WG_OP_IN_PLACE))
            continue;
        done = map->gradient ? write_over(p, &map->g, result, k)
                             : write_over(p, &map->in[0], result, k) || write_over(p, &map->in[1], result, k);
    }
    const wg_use *sum = sum_of(call);
    if (sum && wg__call_towards(call) == 0 && sum->value != WG_NONE && !adds_itself(p, call, sum))
        write_over(p, sum, result, k);
    bool alone = call->kind == WG_CALL_FORWARD ? call->out_count == 1 : wg__call_towards(call) >= 0;
    if (sum || call->kind == WG_CALL_MAPS || call->maps || !alone || !call->op ||
        !(call->op->traits & WG_OP_IN_PLACE)) /* a producer's operands are read while maps follow */
        return;
    size_t from = call->kind == WG_CALL_GRADIENT ? call->arity + call->results : 0;
    for (size_t i = from; i < call->in_count && !done; i++)
        done = write_over(p, &call->in[i], result, k);
}

wg_status wg__pass_memory(wg_passes *p)
{
    if (!set_times(p->program))
        return wg__pass_no_memory(p);
    place_gradients(p);
    for (uint32_t k = 0; k < p->program->call_count; k++)
        find_place(p->program, k);
    return WG_OK;
}
