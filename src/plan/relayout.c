/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Images that change from rows to batch lanes and back: calls that the plan adds where they are needed first.
 */
#include "kernels/lanes.h"
#include "plan/ready.h"

#include <string.h>

/* ---- The two operations ----------------------------------------------------------------------------- */

/* The same image, lying otherwise. */
static void relayout(const wg_op_context *op,
    void (*kernel)(int threads, size_t batch, size_t count, const float *from, float *to))
{
    size_t batch = op->in_shape[0]->dim[0];
    kernel(op->threads, batch, op->count / batch, op->in[0], op->out[0]);
}

static wg_status to_lanes(wg_op_context *op)
{
    relayout(op, wg__lanes_from_rows_f32);
    return WG_OK;
}

static wg_status to_rows(wg_op_context *op)
{
    relayout(op, wg__rows_from_lanes_f32);
    return WG_OK;
}

/* Nothing is recorded of them: no gradient goes through what a plan adds. */
static const wg_op lanes_from_rows = {.name = "lanes_from_rows",
    .arity = 1,
    .traits = WG_OP_ZERO_GRADIENT,
    .shape = wg_shape_like_first,
    .forward_f32 = to_lanes};

static const wg_op rows_from_lanes = {.name = "rows_from_lanes",
    .arity = 1,
    .traits = WG_OP_ZERO_GRADIENT,
    .shape = wg_shape_like_first,
    .forward_f32 = to_rows};

/* ---- The program with them ---------------------------------------------------------------------------- */

typedef struct relaid {
    wg_program *program;
    const unsigned *images; /* [calls] */
    wg_call *calls;         /* the new list */
    size_t count, capacity;
    uint32_t *other; /* [values]: the same image in the other layout; WG_NONE: there is none yet */
    bool good;
} relaid;

static void append(relaid *r, const wg_call *call)
{
    r->good = r->good && wg__mem_reserve(&r->program->memory, (void **)&r->calls, &r->capacity, r->count + 1,
                             sizeof *r->calls);
    if (r->good)
        r->calls[r->count++] = *call;
}

/* A call that makes the image of `use` in the other layout. Its record is that of the image: there is no other.
 */
static uint32_t add_relayout(relaid *r, const wg_use *use, bool lanes)
{
    wg_program *p = r->program;
    wg_value value = p->values[use->value];
    value.kind = WG_VALUE_RESULT;
    value.asked = 0;
    value.constant = value.parameter = false;
    value.in_lanes = lanes;
    value.block = NULL;
    uint32_t made = wg__program_value(p, &value);
    wg_call call = {.kind = WG_CALL_FORWARD,
        .op = lanes ? &lanes_from_rows : &rows_from_lanes,
        .node = value.node,
        .arity = 1,
        .results = 1,
        .in = wg__program_uses(p, 1),
        .out = wg__program_uses(p, 1),
        .in_count = 1,
        .out_count = 1,
        .sums = WG_NONE,
        .lanes = lanes ? WG_LANES_RESULT(0) : WG_LANES_OPERAND(0)};
    memset(call.kept, 0xff, sizeof call.kept);
    r->good = r->good && made != WG_NONE && call.in && call.out;
    if (!r->good)
        return WG_NONE;
    call.in[0] = *use;
    call.in[0].shape = value.shape; /* by which its batch is cut */
    call.out[0] = call.in[0];
    call.out[0].value = made;
    append(r, &call);
    return made;
}

/* Operands of call k in the layout that it takes. */
static void turn_operands(relaid *r, wg_call *call, unsigned images)
{
    for (size_t i = 0; i < call->in_count && r->good; i++) {
        wg_use *use = &call->in[i];
        bool wanted = images & wg__call_in_bit(call, i);
        if (use->value == WG_NONE || r->program->values[use->value].in_lanes == wanted)
            continue;
        uint32_t *other = &r->other[use->value];
        if (*other == WG_NONE)
            *other = add_relayout(r, use, wanted);
        use->value = *other;
    }
}

/* What the world asks for lies in rows after a run: another value takes the name. */
static void answer(relaid *r, const wg_call *call)
{
    wg_program *p = r->program;
    for (size_t i = 0; i < call->out_count && r->good; i++) {
        const uint32_t value = call->out[i].value;
        if (value == WG_NONE || !p->values[value].asked || !p->values[value].in_lanes)
            continue;
        if (r->other[value] == WG_NONE)
            r->other[value] = add_relayout(r, &call->out[i], false);
        if (!r->good)
            return;
        p->values[r->other[value]].asked = p->values[value].asked;
        p->values[value].asked = 0;
        for (size_t node = 0; node < p->nodes; node++)
            if (p->value_of[node] == value)
                p->value_of[node] = r->other[value];
    }
}

/* Each change of layout before the first call that reads it; before all that update, what they read. */
static void fill(relaid *r)
{
    wg_program *p = r->program;
    for (size_t k = 0; k < p->call_count; k++)
        for (size_t i = 0; i < p->calls[k].out_count; i++)
            if (p->calls[k].out[i].value != WG_NONE && r->images[k] & wg__call_out_bit(&p->calls[k], i))
                p->values[p->calls[k].out[i].value].in_lanes = true;
    for (size_t k = 0; k < p->call_count && r->good; k++) {
        bool first = p->calls[k].updates && (k == 0 || !p->calls[k - 1].updates);
        for (size_t i = k; i < (first ? p->call_count : k + 1); i++)
            turn_operands(r, &p->calls[i], r->images[i]);
        p->calls[k].lanes = r->images[k];
        append(r, &p->calls[k]);
        answer(r, &p->calls[k]);
    }
}

bool wg__relayout(wg_passes *p, const unsigned *images)
{
    wg_program *program = p->program;
    bool any = false;
    for (size_t k = 0; k < program->call_count; k++)
        any = any || images[k];
    if (!any)
        return true;
    size_t bytes = program->value_count * sizeof(uint32_t);
    relaid r = {program, images, .other = wg__mem_new(&program->memory, bytes)};
    if (!r.other)
        return false;
    memset(r.other, 0xff, bytes);
    r.good = true;
    fill(&r);
    wg__mem_free(&program->memory, r.other, bytes);
    if (!r.good) {
        wg__mem_free(&program->memory, r.calls, r.capacity * sizeof *r.calls);
        return false;
    }
    wg__mem_free(&program->memory, program->calls, program->call_capacity * sizeof *program->calls);
    program->calls = r.calls;
    program->call_count = r.count;
    program->call_capacity = r.capacity;
    wg__program_settle(program);
    return true;
}
