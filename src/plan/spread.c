/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Spreads: tensors that are a smaller one repeated, and are read by maps alone. They get no memory: each
 * chain makes the numbers that it reads, block by block, of the smaller tensor.
 *
 *      gradient of mean     g    -> u        u is g / n everywhere
 *      gradient of square   x, u -> dx       one pass over x and dx */
#include "ops/ops.h"
#include "ops/reduce_axes.h"
#include "plan/plan.h"

typedef struct spread {
    uint32_t node;         /* the smaller tensor, */
    wg_shape small, whole; /* with a 1 for each axis that it lacks; repeated */
    double divisor;
} spread;

static bool spread_of(const wg_engine *t, const wg_record *record, spread *s)
{
    if (!record || record->results != 1 || record->result[0].dtype == WG_I32 || !record->result[0].count ||
        record->result[0].scalar)
        return false;
    const wg_shape *shape = &record->result[0].shape;
    if (record->op == &wg__op_broadcast_to) {
        *s = (spread){record->args[0], *wg__view_of(t, record->args[0]).shape,
            wg__shape_in_lanes(record, WG_LANES_RESULT(0), shape), 1};
    } else if (record->op == &wg__op_gradient) {
        const wg_record *sum = wg__record_of(t, wg__gradient_node(record));
        wg_runs runs;
        if (!wg__sum_runs(sum->op, sum->attr, shape, &runs))
            return false;
        *s = (spread){record->args[record->arity - 1], wg__sum_kept_shape(sum->op, sum->attr, shape),
            wg__shape_in_lanes(sum, WG_LANES_OPERAND(0), shape),
            sum->op == &wg__op_mean ? (double)runs.terms : 1};
    } else {
        return false;
    }
    wg_view v = wg__view_of(t, s->node);
    return v.scalar || v.dtype == record->result[0].dtype;
}

/* Is operand i of a node something that a chain may make for itself? */
static bool may_make(const wg_engine *t, const wg_record *reader, size_t i)
{
    int towards;
    const wg_record *row = wg__plan_row_of(t, reader, &towards);
    if (!row)
        return false;
    for (size_t j = 0; j < reader->arity; j++) {
        wg_view v = wg__view_of(t, reader->args[j]);
        if (!wg_shape_equal(v.shape, &reader->result[0].shape) && (j == i || !v.scalar))
            return false;
    }
    return true;
}

void wg__plan_find_spreads(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    spread s;
    for (size_t k = 0; k < plan->count; k++)
        plan->calls[k].spread = plan->calls[k].readers > 0 && !plan->calls[k].outside &&
                                spread_of(t, wg__record_of(t, plan->calls[k].node), &s);
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(t, plan->calls[k].node);
        bool shows = wg__plan_is_alias(t, record) || (record && record->op == &wg__op_projection);
        for (size_t i = 0; record && !shows && i < record->arity; i++) {
            size_t at = wg__plan_reads(record, i) ? wg__plan_first_result(p, record->args[i]) : SIZE_MAX;
            if (at != SIZE_MAX && plan->calls[at].spread && !may_make(t, record, i))
                plan->calls[at].spread = false;
        }
    }
}

/* A spread runs with the last of the chains that read it; a map that reads one becomes a chain. */
bool wg__plan_fuse_spreads(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t k = 0; k < plan->count; k++) {
        const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
        int towards;
        size_t arity = wg__plan_row_of(plan->tape, record, &towards) ? record->arity : 0;
        for (size_t i = 0; i < arity; i++) {
            size_t at = wg__plan_reads(record, i) ? wg__plan_first_result(p, record->args[i]) : SIZE_MAX;
            if (at == SIZE_MAX || !plan->calls[at].spread)
                continue;
            wg_plan_chain *chain = wg__plan_chain_of(p, k);
            if (!chain)
                return false;
            if (!plan->calls[at].chain || p->plan->calls[at].runs_at < p->plan->calls[k].runs_at) {
                plan->calls[at].chain = chain;
                p->plan->calls[at].runs_at = p->plan->calls[k].runs_at;
            }
        }
    }
    return true;
}

bool wg__plan_spread_operand(wg_plan_passes *p, uint32_t node, wg_chain_operand *operand)
{
    const wg_engine *t = p->plan->tape;
    spread s;
    *operand = (wg_chain_operand){.kind = WG_CHAIN_SPREAD};
    if (!spread_of(t, wg__record_of(t, node), &s))
        return true;
    operand->divisor = s.divisor;
    return (operand->stretch = wg__plan_stretch_new(p, &s.whole, &s.small, &s.small)) != NULL;
}

/* `node` shows the spread. The smaller tensor's memory, or the scalar as it is now. */
void wg__plan_spread_load(const wg_engine *t, wg_chain_operand *operand, uint32_t node)
{
    uint32_t source;
    size_t index;
    spread s;
    if (!wg__plan_source(t, node, &source, &index) || !spread_of(t, wg__record_of(t, source), &s))
        return;
    if (wg__view_of(t, s.node).scalar) {
        operand->scalar = t->head.steps[s.node].value;
        return;
    }
    bool found = wg__plan_source(t, s.node, &source, &index);
    operand->data = found ? wg__record_of(t, source)->result[index].data : wg__view_of(t, s.node).data;
}
