/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What is the same in every run is computed now, into memory of its own. */
#include "base/float_state.h"
#include "plan/plan.h"

static bool is_constant_use(const wg_program *program, const wg_use *use)
{
    if (use->number)
        return program->numbers[use->node] & WG_NUMBER_CONSTANT;
    return use->value == WG_NONE || program->values[use->value].constant;
}

static bool is_constant(const wg_program *program, const wg_call *call)
{
    if (call->op->traits & (WG_OP_RANDOM | WG_OP_EFFECT) || call->op == &wg__op_guard)
        return false;
    for (size_t i = 0; i < call->in_count; i++)
        if (!is_constant_use(program, &call->in[i]))
            return false;
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE)
            return false;
    return true;
}

/* A bare step has its number since it was recorded; those that are constant leave the list. */
static void look_at_steps(const wg_passes *p, wg_call *call)
{
    wg_program *program = p->program;
    const wg_engine *t = p->tape;
    uint32_t *steps = program->steps + call->first_step, kept = 0;
    for (uint32_t i = 0; i < call->steps; i++) {
        uint32_t node = steps[i];
        const wg_step *s = &t->head.steps[node];
        size_t operands = wg__operand_count(wg__code(t, node));
        bool constant = !wg__record_of(t, node) && program->numbers[s->a] & WG_NUMBER_CONSTANT &&
                        (operands == 1 || program->numbers[s->b] & WG_NUMBER_CONSTANT);
        if (constant)
            program->numbers[node] |= WG_NUMBER_CONSTANT;
        else
            steps[kept++] = node;
    }
    call->steps = kept;
    if (kept == 0)
        call->kind = WG_CALL_GONE;
}

static bool take_memory(wg_passes *p, wg_call *call)
{
    for (size_t r = 0; r < call->out_count; r++) {
        if (call->out[r].value == WG_NONE)
            continue;
        wg_value *v = &p->program->values[call->out[r].value];
        v->block = wg__block_take(&p->tape->blocks, v->bytes);
        if (!v->block)
            return false;
        v->data = wg__block_data(v->block);
    }
    return true;
}

static wg_status compute(wg_passes *p, wg_call *call)
{
    if (!take_memory(p, call) || !wg__call_prepare(p->plan, call))
        return wg__pass_no_memory(p);
    wg_float_state callers = wg__float_hold();
    wg_status status = wg__call_run(p->plan, call);
    wg__float_restore(&callers);
    if (status != WG_OK)
        return wg_error_set(p->error, status, "plan: %s: %s", call->op->name,
            p->tape->status != WG_OK ? p->tape->message : wg_status_text(status));
    for (size_t r = 0; r < call->out_count; r++) {
        if (call->out[r].value != WG_NONE) {
            p->program->values[call->out[r].value].kind = WG_VALUE_GIVEN;
            p->program->values[call->out[r].value].constant = true;
        } else if (call->out[r].number) {
            p->program->numbers[call->out[r].node] |= WG_NUMBER_CONSTANT;
        }
    }
    call->kind = WG_CALL_GONE;
    return WG_OK;
}

/* What was only read for that. */
static void give_unread(wg_passes *p)
{
    for (size_t i = 0; i < p->program->value_count; i++) {
        wg_value *v = &p->program->values[i];
        if (!v->block || v->readers || v->asked)
            continue;
        wg__block_give(&p->tape->blocks, v->block);
        v->block = NULL;
        v->data = NULL;
    }
}

wg_status wg__pass_constants(wg_passes *p)
{
    wg_status status = WG_OK;
    for (size_t k = 0; k < p->program->call_count && status == WG_OK; k++) {
        wg_call *call = &p->program->calls[k];
        if (call->kind == WG_CALL_STEPS)
            look_at_steps(p, call);
        else if (is_constant(p->program, call))
            status = compute(p, call);
    }
    wg__program_settle(p->program);
    if (status == WG_OK)
        give_unread(p);
    return status;
}
