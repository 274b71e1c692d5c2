/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which scalars of a tape become programs.
 *
 * A tape of nothing but scalars is one program, which sweeps, too: no backward pass is recorded. Among
 * tensors the backward pass is recorded as theirs is, and each stretch of bare steps, of the step or of its
 * backward pass, is a program that only computes. */
#include "plan/plan.h"
#include "scalars/scalars.h"

#include <string.h>

enum { SHORT = 4 }; /* a stretch below this is run step by step */

/* ---- Is there anything else than scalars? ------------------------------------------------------------ */

static bool all_scalar(const wg_engine *t, const wg_record *record)
{
    for (size_t i = 0; i < record->arity; i++)
        if (!wg__view_of(t, record->args[i]).scalar)
            return false;
    return record->results == 1 && record->result[0].scalar;
}

/* A leaf, or what a program can compute. */
static bool is_scalar_node(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    return !record ||
           (all_scalar(t, record) && (record->arity == 0 || wg__chain_takes(record->op) ||
                                         record->op == &wg__op_identity || record->op == &wg__op_guard));
}

/* From what is asked for down: needed[node]. False when there is a node that no program takes. */
static bool survey(const wg_plan_passes *p, uint8_t *needed)
{
    const wg_engine *t = p->plan->tape;
    bool only = true;
    needed[p->plan->y.node] = 1;
    for (size_t i = 0; i < p->options->keep_count; i++)
        needed[p->options->keep[i].node] = 1;
    for (size_t i = 0; i < t->bound_count; i++)
        if (wg_is_valid(t->bounds[i]->var) && t->bounds[i]->binding.gradient)
            needed[t->bounds[i]->var.node] = 1;
    for (uint32_t node = p->plan->start; node-- > 0;) {
        const wg_record *record = wg__record_of(t, node);
        if (record && (record->op->traits & WG_OP_EFFECT || record->op == &wg__op_guard))
            needed[node] = 1;
        if (!needed[node])
            continue;
        only = only && is_scalar_node(t, node);
        size_t operands = record ? record->arity : wg__operand_count(wg__code(t, node));
        for (size_t i = 0; i < operands; i++)
            needed[record ? record->args[i] : i ? t->head.steps[node].b : t->head.steps[node].a] = 1;
    }
    return only;
}

/* A leaf that wants a gradient, as the parameters do. */
static bool is_leaf(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    return record ? record->arity == 0 && record->tracked && !record->bound && !record->result[0].scalar
                  : wg__code(t, node) == WG_CODE_leaf;
}

static wg_status add_leaves(wg_plan_passes *p, const uint8_t *needed)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    for (uint32_t node = 0; node < plan->start; node++) {
        if (!needed[node] || !is_leaf(t, node))
            continue;
        plan->swept = plan->swept || !wg__record_of(t, node);
        if (plan->only_scalars)
            continue; /* the program has them */
        if (!wg__mem_reserve(&plan->memory, (void **)&plan->gradients, &plan->gradient_capacity,
                plan->gradient_count + 1, sizeof *plan->gradients))
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
        plan->gradients[plan->gradient_count++] = (wg_plan_gradient){.leaf = node, .node = node};
    }
    return WG_OK;
}

wg_status wg__plan_survey(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    size_t bytes = plan->start;
    uint8_t *needed = wg__mem_zero(&plan->memory, bytes);
    if (!needed)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for the passes");
    plan->only_scalars = survey(p, needed) && !p->options->forward;
    wg_status status = p->options->forward ? WG_OK : add_leaves(p, needed);
    wg__mem_free(&plan->memory, needed, bytes);
    plan->swept = plan->swept || plan->only_scalars;
    if (status != WG_OK || !plan->swept)
        return status;
    if (!wg__reserve_sweep(t))
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for adjoints");
    memset(t->adjoints, 0, plan->start * sizeof *t->adjoints);
    return WG_OK;
}

/* ---- Programs --------------------------------------------------------------------------------------- */

/* Marks as kept what node k of the list reads outside its stretch, first .. last. */
static void mark_read(wg_plan_passes *p, size_t k, size_t first)
{
    const wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    uint32_t node = plan->calls[k].node;
    const wg_record *record = wg__record_of(t, node);
    size_t operands = record ? record->arity : wg__operand_count(wg__code(t, node));
    for (size_t i = 0; i < operands; i++) {
        uint32_t read = record ? record->args[i] : i ? t->head.steps[node].b : t->head.steps[node].a;
        if (record || (p->values[read].call != SIZE_MAX && p->values[read].call < first))
            p->values[read].flags |= WG_PLAN_KEPT;
    }
}

/* The end of the stretch that begins with node k. */
static size_t stretch_end(const wg_plan *plan, size_t k)
{
    while (k < plan->count && !wg__record_of(plan->tape, plan->calls[k].node))
        k++;
    return k;
}

/* What a request shares with all others. */
typedef struct maps {
    uint32_t *map;   /* of all nodes */
    uint32_t *nodes; /* of all calls */
    uint8_t *flags;  /* of all nodes */
} maps;

static bool add_stretch(wg_plan_passes *p, const maps *m, size_t first, size_t end)
{
    wg_plan *plan = p->plan;
    if (!wg__mem_reserve(&plan->memory, (void **)&plan->stretches, &plan->stretch_capacity,
            plan->stretch_count + 1, sizeof *plan->stretches))
        return false;
    wg_scalar_request request = {.nodes = m->nodes + first,
        .count = end - first,
        .flags = m->flags,
        .map = m->map,
        .y = plan->only_scalars ? plan->y.node : WG_NO_NODE};
    wg_scalars *program = wg__scalars_compile(plan->tape, &request);
    if (program)
        plan->stretches[plan->stretch_count++] = (wg_plan_stretch){first, end, program};
    return program != NULL;
}

/* Nodes that are read from outside their stretch are kept. */
static void mark_kept(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    for (size_t i = 0; i < plan->gradient_count; i++)
        p->values[plan->gradients[i].node].flags |= WG_PLAN_KEPT;
    for (size_t k = 0, first = 0; !plan->only_scalars && k < plan->count; k++) {
        bool bare = !wg__record_of(plan->tape, plan->calls[k].node);
        bool begins = bare && (k == 0 || wg__record_of(plan->tape, plan->calls[k - 1].node));
        first = begins ? k : first;
        mark_read(p, k, bare ? first : k);
    }
}

static bool add_stretches(wg_plan_passes *p, const maps *m)
{
    wg_plan *plan = p->plan;
    bool good = true;
    if (plan->only_scalars && plan->count)
        return add_stretch(p, m, 0, plan->count);
    if (plan->only_scalars)
        plan->tape->adjoints[plan->y.node] = 1; /* the result is a leaf */
    for (size_t k = 0, end; good && k < plan->count; k = end + 1) {
        end = stretch_end(plan, k);
        if (end - k >= SHORT)
            good = add_stretch(p, m, k, end);
    }
    return good;
}

wg_status wg__plan_compile_scalars(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t bytes = (plan->end + plan->count) * sizeof(uint32_t) + plan->end;
    maps m = {.map = wg__mem_new(&plan->memory, bytes)};
    if (!m.map)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for scalars");
    m.nodes = m.map + plan->end;
    m.flags = (uint8_t *)(m.nodes + plan->count);
    memset(m.map, 0xff, plan->end * sizeof *m.map);
    mark_kept(p);
    for (size_t k = 0; k < plan->count; k++)
        m.nodes[k] = plan->calls[k].node;
    for (uint32_t node = 0; node < plan->end; node++)
        m.flags[node] = (uint8_t)((p->values[node].flags & WG_PLAN_CONSTANT ? WG_SCALAR_CONSTANT : 0) |
                                  (p->values[node].flags & WG_PLAN_KEPT ? WG_SCALAR_KEPT : 0));
    bool good = add_stretches(p, &m);
    wg__mem_free(&plan->memory, m.map, bytes);
    return good ? WG_OK : wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for scalars");
}

void wg__plan_free_scalars(wg_plan *plan)
{
    for (size_t i = 0; i < plan->stretch_count; i++)
        wg__scalars_free(plan->stretches[i].program);
    wg__mem_free(&plan->memory, plan->stretches, plan->stretch_capacity * sizeof *plan->stretches);
}
