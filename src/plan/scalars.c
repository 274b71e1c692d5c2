/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which scalars of a tape become programs.
 *
 * A tape of nothing but scalars is one program, which sweeps, too: no backward pass is recorded. Among
 * tensors the backward pass is recorded as theirs is, and bare steps
 * that follow one another, of the step or of its backward pass, are a program that only computes. */
#include "plan/plan.h"
#include "scalars/scalars.h"

#include <string.h>

enum { SHORT = 4 }; /* fewer steps are run one after the other */

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
static bool survey(const wg_passes *p, uint8_t *needed)
{
    const wg_engine *t = p->plan->tape;
    const wg_plan_options *o = p->options;
    bool only = !o->seeds && !o->also_count; /* a program sweeps from one result, and from 1 */
    needed[p->plan->y] = 1;
    for (size_t i = 0; i < o->also_count; i++)
        needed[o->also[i].node] = 1;
    for (size_t i = 0; o->seeds && i <= o->also_count; i++)
        if (wg_is_valid(o->seeds[i]))
            needed[o->seeds[i].node] = 1;
    for (size_t i = 0; i < o->keep_count; i++)
        needed[o->keep[i].node] = 1;
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

static wg_status add_leaves(wg_passes *p, const uint8_t *needed)
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
            return wg__pass_no_memory(p);
        plan->gradients[plan->gradient_count++] = (wg_plan_gradient){.leaf = node, .node = node};
    }
    return WG_OK;
}

wg_status wg__plan_survey(wg_passes *p)
{
    wg_plan *plan = p->plan;
    wg_engine *t = plan->tape;
    size_t bytes = plan->start;
    uint8_t *needed = wg__mem_zero(&plan->memory, bytes);
    if (!needed)
        return wg__pass_no_memory(p);
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

/* Marks what calls read of numbers, other than the steps of the same program. */
static void mark_read(wg_passes *p)
{
    wg_program *program = p->program;
    const wg_engine *t = p->tape;
    for (size_t k = 0; k < program->call_count; k++) {
        const wg_call *call = &program->calls[k];
        for (size_t i = 0; i < call->in_count; i++)
            if (call->in[i].number)
                program->numbers[call->in[i].node] |= WG_NUMBER_READ;
        for (size_t s = 0; call->maps && s < call->maps->chain.steps; s++) {
            const wg_map *m = &call->maps->map[s];
            const wg_use *read[] = {&m->in[0], &m->in[1], &m->y, &m->g};
            for (size_t i = 0; i < sizeof read / sizeof read[0]; i++)
                if (read[i]->number)
                    program->numbers[read[i]->node] |= WG_NUMBER_READ;
        }
        if (call->kind != WG_CALL_STEPS || p->plan->only_scalars)
            continue;
        const uint32_t *steps = program->steps + call->first_step;
        for (uint32_t i = 0; i < call->steps; i++) {
            const wg_step *s = &t->head.steps[steps[i]];
            const uint32_t operand[] = {s->a, s->b};
            size_t operands = wg__operand_count(wg__code(t, steps[i]));
            for (size_t j = 0; j < operands; j++)
                if (operand[j] < steps[0])
                    program->numbers[operand[j]] |= WG_NUMBER_READ;
        }
    }
}

static bool compile(wg_passes *p, wg_call *call, uint32_t *map, const uint8_t *flags)
{
    wg_plan *plan = p->plan;
    wg_scalar_request request = {.nodes = p->program->steps + call->first_step,
        .count = call->steps,
        .flags = flags,
        .map = map,
        .y = plan->only_scalars ? plan->y : WG_NO_NODE};
    call->scalars = wg__scalars_compile(p->tape, &request);
    return call->scalars != NULL;
}

static bool compile_all(wg_passes *p, uint32_t *map, uint8_t *flags)
{
    wg_program *program = p->program;
    bool good = true, some = false;
    memset(map, 0xff, program->nodes * sizeof *map);
    mark_read(p);
    for (size_t node = 0; node < program->nodes; node++)
        flags[node] = (uint8_t)((program->numbers[node] & WG_NUMBER_CONSTANT ? WG_SCALAR_CONSTANT : 0) |
                                (program->numbers[node] & WG_NUMBER_READ ? WG_SCALAR_KEPT : 0));
    for (size_t k = 0; good && k < program->call_count; k++) {
        wg_call *call = &program->calls[k];
        if (call->kind == WG_CALL_STEPS && (call->steps >= SHORT || p->plan->only_scalars)) {
            good = compile(p, call, map, flags);
            some = true;
        }
    }
    if (p->plan->only_scalars && !some)
        p->tape->adjoints[p->plan->y] = 1; /* the result is a leaf */
    return good;
}

wg_status wg__pass_scalars(wg_passes *p)
{
    wg_program *program = p->program;
    size_t bytes = program->nodes * (sizeof(uint32_t) + 1);
    uint32_t *map = wg__mem_new(&program->memory, bytes);
    if (!map)
        return wg__pass_no_memory(p);
    bool good = compile_all(p, map, (uint8_t *)(map + program->nodes));
    wg__mem_free(&program->memory, map, bytes);
    return good ? WG_OK : wg__pass_no_memory(p);
}
