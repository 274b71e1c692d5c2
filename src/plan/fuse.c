/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Maps behind what computes their operand: a map whose operand nobody else reads takes it over before it
 * reaches memory.
 *
 *      matmul x, w   -> h        only add reads h
 *      add    h, b   -> s        only relu reads s
 *      relu   s      -> y        one call, where relu stood: the product, and two maps over each range of it
 *
 * The gradient of a map towards one operand is a map of operand, result and upstream gradient. What comes
 * before the maps is a map itself, or a producer: products, convolutions, pooling, norms, softmax and the
 * gradients of these say which ranges of their first result are final (kernels/epilogue.h). All that a producer
 * does is done where its last map stands, so no call in between may read what else it leaves. */
#include "plan/plan.h"

#include <string.h>

/* ---- Which -------------------------------------------------------------------------------------------- */

bool wg__call_is_map(const wg_program *p, const wg_call *call)
{
    if (call->kind == WG_CALL_MAPS)
        return true;
    bool one = call->kind == WG_CALL_FORWARD || wg__call_towards(call) >= 0;
    if (!one || !wg__chain_takes(call->op) || call->results != 1)
        return false;
    const wg_use *result = wg__call_result(call);
    return result->value != WG_NONE && p->values[result->value].dtype != WG_I32;
}

/* The call that makes what a use names as its first result, or WG_NONE. */
static uint32_t maker_of(const wg_program *p, const wg_use *use)
{
    if (use->value == WG_NONE || p->values[use->value].maker == WG_NONE)
        return WG_NONE;
    uint32_t maker = p->values[use->value].maker;
    const wg_use *first = p->calls[maker].out_count ? wg__call_result(&p->calls[maker]) : NULL;
    return first && first->value == use->value ? maker : WG_NONE;
}

/* The first call that reads something of a producer beside its first result. */
typedef struct rest {
    const wg_program *p;
    uint32_t *first; /* [values]: the first call that reads it */
    uint32_t k;
} rest;

static void first_reader(void *user, uint32_t value)
{
    const rest *r = user;
    if (r->first[value] > r->k)
        r->first[value] = r->k;
}

/* May a producer wait until call k has its turn? */
static bool may_wait(const rest *r, const wg_call *call, uint32_t k)
{
    const wg_use *result = wg__call_result(call);
    for (size_t i = 0; i < call->out_count; i++)
        if (&call->out[i] != result && call->out[i].value != WG_NONE && r->first[call->out[i].value] <= k)
            return false;
    for (size_t i = 0; call->kind == WG_CALL_FORWARD && i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE && r->first[call->kept[i]] <= k)
            return false;
    return true;
}

/* Which operand of map k is the result of the call before it, *before, that it then follows: its number, or
 * SIZE_MAX. Of two that could be, the later one: a gradient that is added to the sum of those before it is so
 * added as it is made, and does not wait for those that come after it. */
static size_t follows(const rest *r, uint32_t k, uint32_t *before)
{
    const wg_program *p = r->p;
    const wg_call *map = &p->calls[k];
    size_t joined = SIZE_MAX;
    for (size_t i = 0; i < map->in_count; i++) {
        const wg_use *use = &map->in[i];
        uint32_t at = maker_of(p, use);
        if (at == WG_NONE || (joined != SIZE_MAX && at <= *before) || p->values[use->value].readers != 1 ||
            p->values[use->value].asked || !wg_shape_equal(use->shape, wg__call_result(map)->shape))
            continue;
        const wg_call *call = &p->calls[at];
        if (call->kind == WG_CALL_MAPS || wg__call_is_map(p, call) ||
            ((call->maps || wg__call_produces(p, call)) && may_wait(r, call, k))) {
            *before = at;
            joined = i;
        }
    }
    return joined;
}

/* ---- Steps -------------------------------------------------------------------------------------------- */

wg_stretch *wg__stretch_new(wg_passes *p, const wg_shape *out, const wg_shape *a, const wg_shape *b)
{
    wg_stretch *stretch = wg__arena_take(&p->program->arena, sizeof *stretch);
    if (stretch)
        wg__stretch_set(stretch, out, a, b);
    return stretch;
}

static bool set_operand(
    wg_passes *p, const wg_call *call, size_t i, size_t joined, wg_chain_operand *operand, wg_use *use)
{
    *use = call->in[i];
    *operand = (wg_chain_operand){.kind = !wg__use_reads(use) ? WG_CHAIN_UNREAD
                                          : i == joined       ? WG_CHAIN_VALUE
                                          : use->number       ? WG_CHAIN_SCALAR
                                                              : WG_CHAIN_TENSOR};
    if (operand->kind == WG_CHAIN_VALUE)
        use->value = WG_NONE;
    uint32_t maker = operand->kind == WG_CHAIN_TENSOR ? maker_of(p->program, use) : WG_NONE;
    if (maker == WG_NONE || !p->program->calls[maker].repeats)
        return true;
    return wg__repeats_operand(p, &p->program->calls[maker], operand, use);
}

/* Of a row of two tensors, one of which may be broadcast. */
static bool set_stretch(wg_passes *p, const wg_call *call, wg_chain_step *step)
{
    wg_shape a = wg__call_shape(call, WG_LANES_OPERAND(0), call->in[0].shape),
             b = wg__call_shape(call, WG_LANES_OPERAND(1), call->in[1].shape),
             y = wg__call_shape(call, WG_LANES_RESULT(0), call->out[0].shape);
    bool tensors = step->in[0].kind != WG_CHAIN_SCALAR && step->in[1].kind != WG_CHAIN_SCALAR;
    size_t count = p->program->values[call->out[0].value].count;
    step->stretched = tensors && !wg_shape_equal(&a, &b) && count;
    return !step->stretched || (step->stretch = wg__stretch_new(p, &y, &a, &b)) != NULL;
}

/* Map `call` as a step; where tensors lie is filled in when there is memory. */
static bool set_step(wg_passes *p, const wg_call *call, size_t joined, wg_chain_step *step, wg_map *map)
{
    size_t numbers = call->op->attr_size / sizeof(double), n = call->arity;
    const wg_use nothing = {.value = WG_NONE, .node = WG_NO_NODE};
    *step = (wg_chain_step){.op = call->op, .towards = wg__call_towards(call)};
    *map = (wg_map){.op = call->op,
        .attr = call->attr,
        .gradient = step->towards >= 0,
        .in = {nothing, nothing},
        .y = nothing,
        .g = nothing};
    if (numbers)
        memcpy(step->numbers, call->attr, numbers * sizeof(double));
    for (size_t i = 0; i < n; i++)
        if (!set_operand(p, call, i, joined, &step->in[i], &map->in[i]))
            return false;
    if (map->gradient)
        return set_operand(p, call, n, joined, &step->y, &map->y) &&
               set_operand(p, call, n + 1, joined, &step->g, &map->g);
    return n != 2 || set_stretch(p, call, step);
}

/* Room for one more step: twice as much as there was, in the program's arena. */
static bool reserve_step(wg_arena *arena, wg_maps *maps)
{
    size_t steps = maps->chain.steps;
    if (steps < maps->capacity)
        return true;
    size_t capacity = steps ? 2 * steps : 1;
    wg_chain_step *step = wg__arena_take(arena, capacity * sizeof *step);
    wg_map *map = wg__arena_take(arena, capacity * sizeof *map);
    if (!step || !map)
        return false;
    if (steps) {
        memcpy(step, maps->chain.step, steps * sizeof *step);
        memcpy(map, maps->map, steps * sizeof *map);
    }
    maps->chain.step = step;
    maps->map = map;
    maps->capacity = capacity;
    return true;
}

static bool add_step(wg_passes *p, wg_maps *maps, const wg_call *call, size_t joined)
{
    size_t s = maps->chain.steps;
    if (!reserve_step(&p->program->arena, maps) ||
        !set_step(p, call, joined, &maps->chain.step[s], &maps->map[s]))
        return false;
    maps->chain.steps++;
    return true;
}

/* ---- Calls --------------------------------------------------------------------------------------------- */

/* A map becomes a call of maps, with itself as the first. */
wg_maps *wg__call_maps(wg_passes *p, wg_call *call)
{
    if (call->maps)
        return call->maps;
    wg_use *result = wg__call_result(call);
    const wg_value *v = &p->program->values[result->value];
    wg_maps *maps = wg__arena_take(&p->program->arena, sizeof *maps);
    if (!maps)
        return NULL;
    wg__maps_init(maps, v->dtype, v->count);
    if (wg__call_is_map(p->program, call)) {
        if (!add_step(p, maps, call, SIZE_MAX))
            return NULL;
        call->kind = WG_CALL_MAPS;
        call->in_count = 0;
        call->out = result;
        call->out_count = 1;
    }
    call->maps = maps;
    return maps;
}

/* Map k goes on with what call `before` computes: that call, with the map, in the place of the map. */
static bool follow(wg_passes *p, uint32_t before, uint32_t k, size_t joined)
{
    wg_program *program = p->program;
    wg_call *call = &program->calls[before], *map = &program->calls[k];
    wg_maps *maps = wg__call_maps(p, call);
    if (!maps || !add_step(p, maps, map, joined))
        return false;
    wg_use *result = wg__call_result(call);
    program->values[result->value].maker = WG_NONE;
    *result = *wg__call_result(map);
    *map = *call;
    call->kind = WG_CALL_GONE;
    for (size_t r = 0; r < map->out_count; r++)
        if (map->out[r].value != WG_NONE)
            program->values[map->out[r].value].maker = k;
    return true;
}

static bool reads_a_repeat(const wg_program *program, const wg_call *map)
{
    for (size_t i = 0; i < map->in_count; i++) {
        uint32_t maker = maker_of(program, &map->in[i]);
        if (maker != WG_NONE && program->calls[maker].repeats)
            return true;
    }
    return false;
}

static bool fuse(wg_passes *p, const rest *r)
{
    wg_program *program = p->program;
    for (uint32_t k = 0; k < program->call_count; k++) {
        wg_call *map = &program->calls[k];
        uint32_t before = WG_NONE;
        if (!wg__call_is_map(program, map))
            continue;
        size_t joined = follows(r, k, &before);
        if (joined != SIZE_MAX ? !follow(p, before, k, joined)
                               : reads_a_repeat(program, map) && !wg__call_maps(p, map))
            return false;
    }
    for (size_t k = 0; k < program->call_count; k++)
        if (program->calls[k].repeats)
            program->calls[k].kind = WG_CALL_GONE;
    return true;
}

wg_status wg__pass_fuse(wg_passes *p)
{
    wg_program *program = p->program;
    size_t bytes = program->value_count * sizeof(uint32_t);
    rest r = {program, wg__mem_new(&program->memory, bytes), 0};
    if (!r.first && bytes)
        return wg__pass_no_memory(p);
    if (bytes)
        memset(r.first, 0xff, bytes);
    for (; r.k < program->call_count; r.k++)
        wg__call_reads(&program->calls[r.k], first_reader, &r);
    wg__repeats_find(p);
    bool good = fuse(p, &r);
    wg__mem_free(&program->memory, r.first, bytes);
    if (!good)
        return wg__pass_no_memory(p);
    wg__program_settle(program);
    return WG_OK;
}
