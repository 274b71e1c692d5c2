/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which scalars of a tape become programs.
 *
 * A tape of nothing but scalars is one program, which sweeps, too: no backward pass is recorded. Among
 * tensors the backward pass is recorded as theirs is, and each stretch of bare steps, of the step or of its
 * backward pass, is a program that only computes. */
#include "plan/plan.h"
#include "plan/scalar.h"

#include <string.h>

enum { SHORT = 4 }; /* a stretch below this is run step by step */

/* ---- Is there anything else than scalars? ------------------------------------------------------------ */

static bool all_scalar(const wg_engine *t, const wg_record *record)
{
    for (size_t i = 0; i < record->arity; i++)
        if (!wg_view_of(t, record->args[i]).scalar)
            return false;
    return record->results == 1 && record->result[0].scalar;
}

/* A leaf, or what a program can compute. */
static bool is_scalar_node(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg_record_of(t, node);
    return !record ||
           (all_scalar(t, record) && (record->arity == 0 || wg_chain_takes(record->op) ||
                                         record->op == &wg_op_identity || record->op == &wg_op_guard));
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
        const wg_record *record = wg_record_of(t, node);
        if (record && (record->op->traits & WG_OP_EFFECT || record->op == &wg_op_guard))
            needed[node] = 1;
        if (!needed[node])
            continue;
        only = only && is_scalar_node(t, node);
        size_t operands = record ? record->arity : wg_operand_count(wg_code(t, node));
        for (size_t i = 0; i < operands; i++)
            needed[record ? record->args[i] : i ? t->head.steps[node].b : t->head.steps[node].a] = 1;
    }
    return only;
}

/* Scalars that want a gradient, as the parameters do. */
static wg_status add_leaves(wg_plan_passes *p, const uint8_t *needed)
{
    wg_plan *plan = p->plan;
    const wg_engine *t = plan->tape;
    for (uint32_t node = 0; node < plan->start; node++) {
        if (!needed[node] || wg_code(t, node) != WG_CODE_leaf)
            continue;
        plan->swept = true;
        if (plan->only_scalars)
            continue; /* the program has them */
        if (!wg_mem_reserve(&plan->memory, (void **)&plan->gradients, &plan->gradient_capacity,
                plan->gradient_count + 1, sizeof *plan->gradients))
            return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
        plan->gradients[plan->gradient_count++] = (wg_plan_gradient){.leaf = node, .node = node};
    }
    return WG_OK;
}

wg_status wg_plan_survey(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    size_t bytes = plan->start;
    uint8_t *needed = wg_mem_zero(&plan->memory, bytes);
    if (!needed)
        return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for the passes");
    plan->only_scalars = survey(p, needed) && !p->options->forward;
    wg_status status = p->options->forward ? WG_OK : add_leaves(p, needed);
    wg_mem_free(&plan->memory, needed, bytes);
    plan->swept = plan->swept || plan->only_scalars;
    if (status != WG_OK || !plan->swept)
        return status;
    if (!wg_reserve_sweep(t))
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
    uint32_t node = plan->nodes[k];
    const wg_record *record = wg_record_of(t, node);
    size_t operands = record ? record->arity : wg_operand_count(wg_code(t, node));
    for (size_t i = 0; i < operands; i++) {
        uint32_t read = record ? record->args[i] : i ? t->head.steps[node].b : t->head.steps[node].a;
        if (record || (p->place[read] != SIZE_MAX && p->place[read] < first))
            p->flags[read] |= WG_PLAN_KEPT;
    }
}

/* The end of the stretch that begins with node k. */
static size_t stretch_end(const wg_plan *plan, size_t k)
{
    while (k < plan->count && !wg_record_of(plan->tape, plan->nodes[k]))
        k++;
    return k;
}

static bool add_stretch(wg_plan_passes *p, uint32_t *map, size_t first, size_t end)
{
    wg_plan *plan = p->plan;
    if (!wg_mem_reserve(&plan->memory, (void **)&plan->stretches, &plan->stretch_capacity,
            plan->stretch_count + 1, sizeof *plan->stretches))
        return false;
    wg_scalar_request request = {.nodes = plan->nodes + first,
        .count = end - first,
        .flags = p->flags,
        .map = map,
        .y = plan->only_scalars ? plan->y.node : WG_NO_NODE};
    wg_scalars *program = wg_scalars_compile(plan->tape, &request);
    if (program)
        plan->stretches[plan->stretch_count++] = (wg_plan_stretch){first, end, program};
    return program != NULL;
}

wg_status wg_plan_compile_scalars(wg_plan_passes *p)
{
    wg_plan *plan = p->plan;
    size_t bytes = plan->end * sizeof(uint32_t);
    uint32_t *map = wg_mem_new(&plan->memory, bytes);
    bool good = map != NULL;
    if (good)
        memset(map, 0xff, bytes);
    for (size_t i = 0; good && i < plan->gradient_count; i++)
        p->flags[plan->gradients[i].node] |= WG_PLAN_KEPT;
    for (size_t k = 0, first = 0; good && !plan->only_scalars && k < plan->count; k++) {
        bool bare = !wg_record_of(plan->tape, plan->nodes[k]);
        bool begins = bare && (k == 0 || wg_record_of(plan->tape, plan->nodes[k - 1]));
        first = begins ? k : first;
        mark_read(p, k, bare ? first : k);
    }
    if (good && plan->only_scalars && plan->count)
        good = add_stretch(p, map, 0, plan->count);
    else if (good && plan->only_scalars)
        plan->tape->adjoints[plan->y.node] = 1; /* the result is a leaf */
    for (size_t k = 0, end; good && !plan->only_scalars && k < plan->count; k = end + 1) {
        end = stretch_end(plan, k);
        if (end - k >= SHORT)
            good = add_stretch(p, map, k, end);
    }
    wg_mem_free(&plan->memory, map, bytes);
    return good ? WG_OK : wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: no memory for scalars");
}

void wg_plan_free_scalars(wg_plan *plan)
{
    for (size_t i = 0; i < plan->stretch_count; i++)
        wg_scalars_free(plan->stretches[i].program);
    wg_mem_free(&plan->memory, plan->stretches, plan->stretch_capacity * sizeof *plan->stretches);
}
