/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which images lie in batch lanes (kernels/lanes.h) while a plan runs.
 *
 *      x  conv  relu  pool  conv  relu  pool  flatten  dense  ...        and the gradients of all of these
 *      rows [---------- a region, in lanes ---------]  rows
 *
 * Calls that can work in lanes and hand images to each other make a region. It lies in lanes as a whole, if
 * what its convolutions save is worth the images that must change their layout at its edges. */
#include "plan/plan.h"

#include <string.h>
#include "kernels/lanes.h"

/* Nanoseconds of one thread for each number of an image that changes its layout. */
#define RELAYOUT 0.7

typedef struct layout {
    wg_passes *p;
    wg_program *program;
    unsigned *images; /* [calls]: what can lie in lanes, then what does (WG_LANES_...) */
    uint32_t *region; /* [calls]: another call of the same region; at last the first of them */
    double *gain;     /* [calls]: of the region of which it is the first */
    uint32_t *of;     /* [calls]: of a gradient, the forward call, or the first gradient, of its operation */
    bool *seen;       /* [values]: its change of layout is counted */
} layout;

/* ---- Who can ---------------------------------------------------------------------------------------- */

/* Images have four axes, and lie in lanes as floats. */
static bool may_ask(const wg_program *p, const wg_call *call)
{
    if ((call->kind != WG_CALL_FORWARD && call->kind != WG_CALL_GRADIENT) || !call->op->lanes ||
        call->arity > WG_FRAME_ARGS)
        return false;
    for (size_t i = 0; i < call->in_count; i++)
        if (call->in[i].value != WG_NONE && call->in[i].shape->rank == 4 &&
            p->values[call->in[i].value].dtype == WG_F32)
            return true;
    return false;
}

/* The rule of a call's operation, and nanoseconds saved by its forward pass; a "gradient of X" works as X does.
 */
static bool ask_rules(layout *l)
{
    for (uint32_t k = 0; k < l->program->call_count; k++) {
        wg_call *call = &l->program->calls[k];
        if (!may_ask(l->program, call))
            continue;
        wg_op_context *op = wg__call_context(l->p->plan, call);
        if (!op)
            return false;
        double saved = 0;
        size_t gradients = 0;
        if (op->dtype == WG_F32)
            l->images[k] = call->op->lanes(op, &saved);
        for (size_t i = 0; call->kind == WG_CALL_GRADIENT && i < call->out_count; i++)
            gradients += wg__use_reads(&call->out[i]);
        l->gain[k] = saved * (double)(call->kind == WG_CALL_GRADIENT ? gradients : 1);
    }
    return true;
}

/* Which calls are of one operation: the first of them stands for all. `first` is by nodes. */
static void find_operations(layout *l, uint32_t *first)
{
    memset(first, 0xff, l->program->nodes * sizeof *first);
    for (uint32_t k = 0; k < l->program->call_count; k++) {
        const wg_call *call = &l->program->calls[k];
        bool operation = call->kind == WG_CALL_FORWARD || call->kind == WG_CALL_GRADIENT;
        if (operation && first[call->node] == WG_NONE)
            first[call->node] = k;
        l->of[k] = operation ? first[call->node] : k;
    }
}

/* The call that makes a value lying in lanes; WG_NONE when it lies in rows. */
static uint32_t maker_in_lanes(const layout *l, uint32_t value)
{
    uint32_t k = value == WG_NONE ? WG_NONE : l->program->values[value].maker;
    if (k == WG_NONE)
        return WG_NONE;
    const wg_call *call = &l->program->calls[k];
    for (size_t r = 0; r < call->out_count; r++)
        if (call->out[r].value == value)
            return l->images[k] & wg__call_out_bit(call, r) ? k : WG_NONE;
    return WG_NONE;
}

static bool takes_lanes(const layout *l, uint32_t k, size_t i)
{
    return l->images[k] & wg__call_in_bit(&l->program->calls[k], i);
}

static bool withdraw(layout *l, uint32_t k)
{
    bool changed = k != WG_NONE && l->images[k];
    if (changed)
        l->images[k] = 0;
    return changed;
}

/* Does a call take an image in lanes that is one of another batch to whoever makes it? */
static bool is_cut_otherwise(const layout *l, uint32_t k, size_t i)
{
    const wg_use *use = &l->program->calls[k].in[i];
    const wg_shape *made = l->program->values[use->value].shape;
    if (!takes_lanes(l, k, i))
        return false;
    return maker_in_lanes(l, use->value) != WG_NONE ? !wg_shape_equal(use->shape, made)
                                                    : made->rank == 0 || use->shape->dim[0] != made->dim[0];
}

/* Integers do not change their layout: all that read them take them as they lie. And a gradient goes with its
 * operation. */
static bool withdraw_once(layout *l)
{
    const wg_program *p = l->program;
    bool changed = false;
    for (uint32_t k = 0; k < p->call_count; k++) {
        const wg_call *call = &p->calls[k];
        for (size_t i = 0; i < call->in_count; i++) {
            uint32_t value = call->in[i].value;
            if (value != WG_NONE && p->values[value].dtype == WG_I32 && !takes_lanes(l, k, i))
                changed |= withdraw(l, maker_in_lanes(l, value));
            if (value != WG_NONE && is_cut_otherwise(l, k, i))
                changed |= withdraw(l, k);
        }
        if (!l->images[k] != !l->images[l->of[k]]) {
            changed |= withdraw(l, k);
            changed |= withdraw(l, l->of[k]);
        }
    }
    return changed;
}

static void withdraw_all(layout *l)
{
    while (withdraw_once(l))
        continue;
}

/* ---- Regions ---------------------------------------------------------------------------------------- */

static uint32_t first_of(layout *l, uint32_t k)
{
    while (l->region[k] != k)
        k = l->region[k] = l->region[l->region[k]];
    return k;
}

static void unite(layout *l, uint32_t a, uint32_t b)
{
    a = first_of(l, a), b = first_of(l, b);
    l->region[a > b ? a : b] = a > b ? b : a;
}

static void find_regions(layout *l)
{
    const wg_program *p = l->program;
    for (uint32_t k = 0; k < p->call_count; k++)
        l->region[k] = k;
    for (uint32_t k = 0; k < p->call_count; k++) {
        if (!l->images[k])
            continue;
        unite(l, k, l->of[k]);
        for (size_t i = 0; i < p->calls[k].in_count; i++) {
            uint32_t maker = maker_in_lanes(l, p->calls[k].in[i].value);
            if (maker != WG_NONE && takes_lanes(l, k, i))
                unite(l, k, maker);
        }
    }
}

/* The region for which operand i of call k changes its layout; WG_NONE when it does not. */
static uint32_t changed_for(layout *l, uint32_t k, size_t i)
{
    uint32_t value = l->program->calls[k].in[i].value, maker = maker_in_lanes(l, value);
    if (value == WG_NONE || takes_lanes(l, k, i) == (maker != WG_NONE))
        return WG_NONE;
    return first_of(l, maker != WG_NONE ? maker : k);
}

/* What the world reads after a run lies in rows, too. */
static void weigh_asked(layout *l)
{
    for (uint32_t v = 0; v < l->program->value_count; v++) {
        uint32_t maker = l->program->values[v].asked ? maker_in_lanes(l, v) : WG_NONE;
        if (maker == WG_NONE || l->seen[v])
            continue;
        l->seen[v] = true;
        l->gain[first_of(l, maker)] -= RELAYOUT * (double)l->program->values[v].count;
    }
}

/* Gains and costs of each region, to its first call; then away with those that do not pay. */
static void weigh_regions(layout *l)
{
    const wg_program *p = l->program;
    for (uint32_t k = 0; k < p->call_count; k++)
        if (first_of(l, k) != k)
            l->gain[first_of(l, k)] += l->gain[k];
    for (uint32_t k = 0; k < p->call_count; k++)
        for (size_t i = 0; i < p->calls[k].in_count; i++) {
            uint32_t region = changed_for(l, k, i), value = p->calls[k].in[i].value;
            if (region == WG_NONE || l->seen[value])
                continue;
            l->seen[value] = true;
            l->gain[region] -= RELAYOUT * (double)p->values[value].count;
        }
    weigh_asked(l);
    for (uint32_t k = 0; k < p->call_count; k++)
        if (l->gain[first_of(l, k)] <= 0)
            l->images[k] = 0;
}

/* ---- The choice -------------------------------------------------------------------------------------- */

static bool choose(layout *l, bool wherever)
{
    if (!ask_rules(l))
        return false;
    withdraw_all(l);
    find_regions(l);
    if (!wherever)
        weigh_regions(l);
    return wg__relayout(l->p, l->images);
}

wg_status wg__pass_layout(wg_passes *p)
{
    wg_program *program = p->program;
    const wg_allocator *memory = &program->memory;
    wg_plan_layout wanted = p->options->layout;
    if (wg__lanes() == 0 || wanted == WG_LAYOUT_ROWS || (wanted == WG_LAYOUT_CHOSEN && p->plan->hints.bf16))
        return WG_OK;
    size_t n = program->call_count + 1,
           bytes = n * (sizeof(double) + 2 * sizeof(uint32_t) + sizeof(unsigned)) +
                   program->nodes * sizeof(uint32_t) + program->value_count + 1;
    layout l = {.p = p, .program = program, .gain = wg__mem_zero(memory, bytes)};
    if (!l.gain)
        return wg__pass_no_memory(p);
    l.region = (uint32_t *)(l.gain + n);
    l.of = l.region + n;
    l.images = (unsigned *)(l.of + n);
    l.seen = (bool *)(l.images + n + program->nodes);
    find_operations(&l, (uint32_t *)(l.images + n));
    bool good = choose(&l, wanted == WG_LAYOUT_LANES);
    wg__mem_free(memory, l.gain, bytes);
    return good ? WG_OK : wg__pass_no_memory(p);
}
