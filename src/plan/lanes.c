/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which images lie in batch lanes (kernels/lanes.h) while a plan runs.
 *
 *      x  conv  relu  pool  conv  relu  pool  flatten  dense  ...        and the gradients of all of these
 *      rows [---------- a region, in lanes ---------]  rows
 *
 * Nodes that can work in lanes and hand images to each other make a region. It lies in lanes as a whole, if
 * what its convolutions save is worth the images that must be turned at its edges. */
#include "plan/plan.h"

#include <string.h>
#include "kernels/lanes.h"

/* Nanoseconds of one thread for each number that is turned. */
#define TURNED 0.7

typedef struct lanes_pass {
    wg_plan_passes *p;
    unsigned *images; /* [list]: what can lie in lanes, then what does (WG_LANES_...) */
    size_t *region;   /* [list]: another node of the same region; at last the first of them */
    double *gain;     /* [list]: of the region of which it is the first */
    bool *seen;       /* [nodes]: this value's turning is counted */
} lanes_pass;

/* ---- Who can ---------------------------------------------------------------------------------------- */

/* The rule of the node's operation, and nanoseconds saved by its forward pass. */
static unsigned rule_of(const wg_plan *plan, wg_record *record, double *saved)
{
    wg_engine *t = plan->tape;
    wg_frame frame;
    unsigned images = 0;
    if (!record->op->lanes || record->arity > WG_FRAME_ARGS)
        return 0;
    if (wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg__frame_record(&frame, record);
        frame.op.hints = &plan->hints;
        if (frame.op.dtype == WG_F32)
            images = record->op->lanes(&frame.op, saved);
    }
    wg__frame_close(&frame);
    return images;
}

/* A "gradient of X" works as X does. */
static size_t place_of_operation(const lanes_pass *l, const wg_record *record)
{
    return l->p->values[record->op == &wg__op_gradient ? wg__gradient_node(record) : record->node].call;
}

static void ask_rules(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    for (size_t k = 0; k < plan->count; k++) {
        wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        size_t of = record ? place_of_operation(l, record) : SIZE_MAX;
        if (of == k) {
            l->images[k] = rule_of(plan, record, &l->gain[k]);
        } else if (of != SIZE_MAX) {
            l->images[k] = l->images[of];
            l->gain[k] = l->gain[of] * (double)record->results;
        }
    }
}

/* The list's node that has `node` as a result lying in lanes; SIZE_MAX when it lies in rows. */
static size_t maker_in_lanes(const lanes_pass *l, uint32_t node)
{
    const wg_record *record = wg__record_of(l->p->plan->tape, node);
    size_t r = 0;
    if (record && record->op == &wg__op_projection) {
        r = *(const size_t *)record->attr;
        record = wg__record_of(l->p->plan->tape, record->args[0]);
    }
    size_t k = record ? l->p->values[record->node].call : SIZE_MAX;
    return k != SIZE_MAX && l->images[k] & wg__result_bit(record, r) ? k : SIZE_MAX;
}

static bool takes_lanes(const lanes_pass *l, size_t k, const wg_record *record, size_t i)
{
    return l->images[k] & wg__operand_bit(record, i);
}

/* Does node `record` read operand i, in one layout or the other? */
static bool looks_at(const wg_record *record, size_t i)
{
    return record->op != &wg__op_projection && wg__plan_reads(record, i);
}

static bool withdraw(lanes_pass *l, size_t k)
{
    bool changed = k != SIZE_MAX && l->images[k];
    if (changed)
        l->images[k] = 0;
    return changed;
}

/* Integers are not turned: all that read them take them as they lie. And a gradient goes with its operation.
 */
static bool withdraw_once(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    bool changed = false;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        size_t of = record ? place_of_operation(l, record) : SIZE_MAX;
        for (size_t i = 0; record && i < record->arity; i++)
            if (looks_at(record, i) && wg__view_of(plan->tape, record->args[i]).dtype == WG_I32 &&
                !takes_lanes(l, k, record, i))
                changed |= withdraw(l, maker_in_lanes(l, record->args[i]));
        if (of != SIZE_MAX && !l->images[k] != !l->images[of]) {
            changed |= withdraw(l, k);
            changed |= withdraw(l, of);
        }
    }
    return changed;
}

/* What the world reads after a run lies in rows. */
static void withdraw_what_is_read(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    for (size_t k = 0; k < plan->count; k++)
        if (plan->calls[k].kept)
            withdraw(l, maker_in_lanes(l, plan->calls[k].node));
    for (size_t i = 0; i < plan->gradient_count; i++)
        withdraw(l, maker_in_lanes(l, plan->gradients[i].node));
    while (withdraw_once(l))
        continue;
}

/* ---- Regions ---------------------------------------------------------------------------------------- */

static size_t first_of(lanes_pass *l, size_t k)
{
    while (l->region[k] != k)
        k = l->region[k] = l->region[l->region[k]];
    return k;
}

static void unite(lanes_pass *l, size_t a, size_t b)
{
    a = first_of(l, a), b = first_of(l, b);
    l->region[a > b ? a : b] = a > b ? b : a;
}

static void find_regions(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    for (size_t k = 0; k < plan->count; k++)
        l->region[k] = k;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        if (!l->images[k])
            continue;
        unite(l, k, place_of_operation(l, record));
        for (size_t i = 0; i < record->arity; i++) {
            size_t maker = maker_in_lanes(l, record->args[i]);
            if (looks_at(record, i) && takes_lanes(l, k, record, i) && maker != SIZE_MAX)
                unite(l, k, maker);
        }
    }
}

/* The region that has `node` turned for operand i of node k; SIZE_MAX when it is not turned. */
static size_t turned_by(lanes_pass *l, const wg_record *record, size_t k, size_t i)
{
    size_t maker = maker_in_lanes(l, record->args[i]);
    if (!looks_at(record, i) || takes_lanes(l, k, record, i) == (maker != SIZE_MAX))
        return SIZE_MAX;
    return first_of(l, maker != SIZE_MAX ? maker : k);
}

/* Gains and costs of each region, to its first node; then away with those that do not pay. */
static void weigh_regions(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    for (size_t k = 0; k < plan->count; k++)
        if (first_of(l, k) != k)
            l->gain[first_of(l, k)] += l->gain[k];
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        for (size_t i = 0; record && i < record->arity; i++) {
            size_t region = turned_by(l, record, k, i), count = 0;
            if (region == SIZE_MAX || l->seen[record->args[i]])
                continue;
            l->seen[record->args[i]] = true;
            wg_shape_count(wg__view_of(plan->tape, record->args[i]).shape, &count);
            l->gain[region] -= TURNED * (double)count;
        }
    }
    for (size_t k = 0; k < plan->count; k++)
        if (l->gain[first_of(l, k)] <= 0)
            l->images[k] = 0;
}

/* ---- Turning ---------------------------------------------------------------------------------------- */

static wg_status turn_operands(lanes_pass *l)
{
    const wg_plan *plan = l->p->plan;
    wg_status status = WG_OK;
    for (size_t k = 0; k < plan->count && status == WG_OK; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        for (size_t i = 0; record && i < record->arity && status == WG_OK; i++) {
            bool lies = maker_in_lanes(l, record->args[i]) != SIZE_MAX, wanted = takes_lanes(l, k, record, i);
            if (looks_at(record, i) && lies != wanted)
                status = wg__plan_turn_operand(l->p, plan->calls[k].node, i, wanted);
        }
    }
    return status;
}

wg_status wg__plan_choose_lanes(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_plan_layout layout = p->options->layout;
    if (wg__lanes() == 0 || layout == WG_LAYOUT_ROWS || (layout == WG_LAYOUT_CHOSEN && plan->hints.bf16))
        return WG_OK;
    size_t n = plan->count + 1, bytes = n * (sizeof(unsigned) + sizeof(size_t) + sizeof(double)) + plan->end;
    lanes_pass l = {.p = p, .gain = wg__mem_zero(&plan->memory, bytes)};
    if (!l.gain)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
    l.region = (size_t *)(l.gain + n);
    l.images = (unsigned *)(l.region + n);
    l.seen = (bool *)(l.images + n);
    ask_rules(&l);
    withdraw_what_is_read(&l);
    find_regions(&l);
    if (layout != WG_LAYOUT_LANES)
        weigh_regions(&l);
    bool any = false;
    for (size_t k = 0; k < plan->count; k++)
        any = any || l.images[k];
    wg_status status = any ? turn_operands(&l) : WG_OK;
    if (any && status == WG_OK)
        status = wg__plan_list_turned(p, l.images);
    wg__mem_free(&plan->memory, l.gain, bytes);
    return status;
}
