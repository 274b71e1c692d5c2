/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What a kernel of the list is and costs: names, floating-point operations, bytes, time. */
#include "plan/ready.h"
#include "scalars/scalars.h"

#include <stdio.h>
#include <string.h>

/* ---- Floating-point operations ---------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The signs and functions in a formula's text: "1 / (1 + exp(-x))" has four. */
static double signs(const char *text)
{
    double count = 0;
    for (const char *c = text; c && *c; c++)
        count += strchr("+-*/?", *c) != NULL || (*c == '(' && c > text && is_letter(c[-1]));
    return count;
}

/* Of a map, and of its gradient towards the operands that are wanted: those of the texts, for each element. */
static double map_flops(const wg_op *op, double count)
{
    return count * signs(op->formula);
}

static double map_gradient_flops(const wg_op *op, size_t towards, double count)
{
    return op->rule ? count * signs(op->rule[towards]) : 0;
}

/* Of the operation's forward function. */
static double forward_flops(const wg_call *call)
{
    const wg_op_context *op = &call->ready->op;
    if (call->op->flops)
        return call->op->flops(op);
    if (call->op->traits & WG_OP_MAP)
        return map_flops(call->op, (double)op->count);
    size_t terms = 0;
    if (call->op->traits & WG_OP_REDUCTION && call->arity)
        wg_shape_count(call->in[0].shape, &terms);
    return (double)terms;
}

/* A product of two factors has a gradient towards each, which is a product of the same size. */
static double gradient_flops(const wg_call *call)
{
    double flops = 0;
    bool map = call->op->traits & WG_OP_MAP;
    for (size_t i = 0; map && i < call->arity; i++)
        if (wg__use_reads(&call->out[i]))
            flops += map_gradient_flops(call->op, i, (double)call->ready->op.count);
    if (map)
        return flops;
    return forward_flops(call) * (call->op->flops && wg__call_towards(call) < 0 ? 2 : 1);
}

static double steps_flops(const wg_plan *plan, const wg_call *call)
{
    double flops = 0;
    for (uint32_t i = 0; i < call->steps; i++) {
        uint32_t node = plan->program.steps[call->first_step + i];
        const wg_record *record = wg__record_of(plan->tape, node);
        flops += signs((record ? record->op : &wg__formula_ops[wg__code(plan->tape, node)])->formula);
    }
    return flops;
}

static double maps_flops(const wg_maps *maps)
{
    double flops = 0;
    for (size_t s = 0; s < maps->chain.steps; s++) {
        const wg_chain_step *step = &maps->chain.step[s];
        flops += step->towards < 0
                     ? map_flops(step->op, (double)maps->chain.count)
                     : map_gradient_flops(step->op, (size_t)step->towards, (double)maps->chain.count);
    }
    return flops;
}

/* ---- Bytes ------------------------------------------------------------------------------------------ */

typedef struct bytes_read {
    const wg_program *program;
    size_t bytes;
} bytes_read;

/* Sums of pieces are of the cache. */
static void add_read(void *user, uint32_t value)
{
    bytes_read *r = user;
    const wg_value *v = &r->program->values[value];
    r->bytes += v->kind == WG_VALUE_SUMS   ? 0
                : v->kind == WG_VALUE_KEPT ? v->bytes
                                           : v->count * wg_dtype_size(v->dtype);
}

static size_t written_bytes(const wg_program *p, const wg_call *call)
{
    size_t bytes = 0;
    for (size_t r = 0; r < call->out_count; r++)
        if (call->out[r].value != WG_NONE && !p->values[call->out[r].value].unwritten)
            bytes += p->values[call->out[r].value].count * wg_dtype_size(p->values[call->out[r].value].dtype);
    for (size_t i = 0; call->kind == WG_CALL_FORWARD && i < WG_MAX_KEEP; i++)
        if (call->kept[i] != WG_NONE)
            bytes += p->values[call->kept[i]].bytes;
    return bytes;
}

/* The gradient that updates is not written; parameter and moments are read and written. */
static size_t updated_bytes(const wg_plan *plan, const wg_call *call)
{
    return 2 * (1 + wg_optim_slot_count(plan->optim)) * written_bytes(&plan->program, call);
}

/* ---- Kernels ---------------------------------------------------------------------------------------- */

/* " + relu", or "gradient of relu": a gradient is named after its operation. */
static void add_name(wg_plan_kernel *kernel, const char *before, const char *name)
{
    size_t used = strlen(kernel->name);
    snprintf(kernel->name + used, sizeof kernel->name - used, "%s%s%s", used ? " + " : "", before, name);
    kernel->operations++;
}

/* All of a program of numbers are one kernel; its bytes are those of its streams and numbers. */
static void describe_steps(const wg_plan *plan, const wg_call *call, wg_plan_kernel *kernel)
{
    kernel->flops = steps_flops(plan, call);
    kernel->operations = call->steps;
    if (!call->scalars) {
        snprintf(kernel->name, sizeof kernel->name, "%zu scalars", (size_t)call->steps);
        return;
    }
    const wg_scalars_facts s = wg__scalars_facts_of(call->scalars);
    kernel->operations = s.steps;
    kernel->bytes = s.bytes;
    kernel->flops += s.sweep_flops;
    snprintf(kernel->name, sizeof kernel->name, "%zu scalars in %zu loops%s", s.steps, s.loops,
        s.sweeps ? ", with gradient" : "");
}

static void describe_operation(const wg_call *call, wg_plan_kernel *kernel)
{
    bool gradient = call->kind == WG_CALL_GRADIENT;
    add_name(kernel, gradient ? "gradient of " : "", wg__title(call->op, call->attr));
    if (call->kind == WG_CALL_NUMBER)
        kernel->flops = signs(call->op->formula);
    else if (call->kind != WG_CALL_COPY)
        kernel->flops = gradient ? gradient_flops(call) : forward_flops(call);
}

static wg_plan_kernel describe(const wg_plan *plan, const wg_call *call)
{
    const wg_use *result = call->out_count ? wg__call_result(call) : NULL;
    wg_plan_kernel kernel = {.seconds = call->seconds};
    if (result)
        kernel.shape = *result->shape;
    if (call->kind == WG_CALL_STEPS) {
        describe_steps(plan, call, &kernel);
        return kernel;
    }
    if (call->kind != WG_CALL_MAPS)
        describe_operation(call, &kernel);
    for (size_t s = 0; call->maps && s < call->maps->chain.steps; s++) {
        const wg_map *map = &call->maps->map[s];
        add_name(&kernel, map->gradient ? "gradient of " : "", wg__title(map->op, map->attr));
    }
    kernel.flops += call->maps ? maps_flops(call->maps) : 0;
    if (call->updates)
        add_name(&kernel, "", plan->optim ? wg_optim_name(plan->optim) : "update");
    kernel.operations -= call->updates;
    bytes_read read = {&plan->program, 0};
    wg__call_reads(call, add_read, &read);
    kernel.bytes = read.bytes + (call->updates && plan->optim ? updated_bytes(plan, call)
                                                              : written_bytes(&plan->program, call));
    return kernel;
}

size_t wg_plan_kernel_count(const wg_plan *plan)
{
    return plan ? plan->program.call_count : 0;
}

wg_plan_kernel wg_plan_kernel_at(const wg_plan *plan, size_t i)
{
    return plan && i < plan->program.call_count ? describe(plan, &plan->program.calls[i])
                                                : (wg_plan_kernel){0};
}

wg_plan_profile wg_plan_profile_of(const wg_plan *plan)
{
    return plan && plan->profile ? plan->times : (wg_plan_profile){0};
}
