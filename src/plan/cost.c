/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What a kernel of the list is and costs: names, floating-point operations, bytes, time. */
#include "plan/plan.h"
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

/* Of the operation's forward function. */
static double forward_flops(wg_engine *t, wg_record *record)
{
    const wg_op *op = record->op;
    double count = (double)record->result[0].count, flops = 0;
    if (op->flops) {
        wg_frame frame;
        if (wg__frame_open(&frame, t, op, record->attr, record->args, record->arity, record->results)) {
            wg__frame_record(&frame, record);
            flops = op->flops(&frame.op);
        }
        wg__frame_close(&frame);
        return flops;
    }
    if (op->traits & WG_OP_MAP)
        return count * signs(op->formula);
    size_t terms = 0;
    if (op->traits & WG_OP_REDUCTION && record->arity)
        wg_shape_count(wg__view_of(t, record->args[0]).shape, &terms);
    return (double)terms;
}

/* A product of two factors has a gradient towards each, which is a product of the same size. */
static double gradient_flops(wg_engine *t, const wg_record *record)
{
    wg_record *of = wg__record_of(t, wg__gradient_node(record));
    double count = (double)of->result[0].count, flops = 0;
    if (!(of->op->traits & WG_OP_MAP))
        return forward_flops(t, of) * (of->op->flops && record->results > 1 ? 2 : 1);
    for (size_t i = 0; of->op->rule && i < of->arity; i++)
        if (wg__gradient_wants(record, i))
            flops += count * signs(of->op->rule[i]);
    return flops;
}

static double node_flops(wg_engine *t, uint32_t node)
{
    wg_record *record = wg__record_of(t, node);
    if (!record)
        return signs(wg__formula_ops[wg__code(t, node)].formula);
    return record->op == &wg__op_gradient ? gradient_flops(t, record) : forward_flops(t, record);
}

/* ---- Bytes ------------------------------------------------------------------------------------------ */

static size_t result_bytes(const wg_result *r)
{
    return r->scalar ? 0 : r->count * wg_dtype_size(r->dtype);
}

/* Is what a node reads made within the same chain? */
static bool is_within(const wg_plan *plan, const wg_plan_chain *chain, uint32_t node)
{
    uint32_t source;
    size_t index;
    wg__plan_source(plan->tape, node, &source, &index);
    const size_t members = chain ? chain->chain.steps : 0;
    for (size_t s = 0; s < members; s++)
        if (plan->calls[chain->calls[s]].node == source)
            return true;
    return chain && chain->head != SIZE_MAX && plan->calls[chain->head].node == source;
}

/* What a node's kernel reads. */
static size_t read_bytes(const wg_plan *plan, const wg_plan_chain *chain, const wg_record *record)
{
    const wg_engine *t = plan->tape;
    size_t bytes = 0;
    for (size_t i = 0; i < record->arity; i++) {
        wg_view v = wg__view_of(t, record->args[i]);
        size_t count = 0;
        if (v.scalar || !wg__plan_reads(record, i) || is_within(plan, chain, record->args[i]))
            continue;
        wg_shape_count(v.shape, &count);
        bytes += count * wg_dtype_size(v.dtype);
    }
    const wg_record *of = record->op == &wg__op_gradient ? wg__record_of(t, wg__gradient_node(record)) : NULL;
    for (size_t i = 0; of && i < WG_MAX_KEEP; i++)
        bytes += of->keep_bytes[i];
    return bytes;
}

static size_t written_bytes(const wg_record *record)
{
    size_t bytes = 0;
    for (size_t r = 0; r < record->results; r++)
        bytes += result_bytes(&record->result[r]);
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        bytes += record->keep_bytes[i];
    return bytes;
}

/* ---- Kernels ---------------------------------------------------------------------------------------- */

/* The program of scalars that node k of the list is part of, or NULL. */
static const wg_plan_stretch *stretch_of(const wg_plan *plan, size_t k)
{
    size_t low = 0, high = plan->stretch_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (plan->stretches[middle].end <= k)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->stretch_count && plan->stretches[low].first <= k ? &plan->stretches[low] : NULL;
}

bool wg__plan_is_kernel(const wg_plan *plan, size_t k)
{
    const wg_plan_stretch *stretch = stretch_of(plan, k);
    if (stretch)
        return k + 1 == stretch->end;
    const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
    return wg__plan_is_last(plan, k) &&
           (!record || (!wg__plan_is_alias(plan->tape, record) && record->op != &wg__op_projection));
}

size_t wg_plan_kernel_count(const wg_plan *plan)
{
    size_t kernels = 0;
    for (size_t k = 0; plan && k < plan->count; k++)
        kernels += wg__plan_is_kernel(plan, k);
    return kernels;
}

/* " + relu", or "gradient of relu": a gradient is named after its operation. */
static void add_name(wg_plan_kernel *kernel, const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    bool gradient = record && record->op == &wg__op_gradient;
    record = gradient ? wg__record_of(t, wg__gradient_node(record)) : record;
    const char *title =
        record ? wg__title(record->op, record->attr) : wg__formula_ops[wg__code(t, node)].name;
    size_t used = strlen(kernel->name);
    snprintf(kernel->name + used, sizeof kernel->name - used, "%s%s%s", used ? " + " : "",
        gradient ? "gradient of " : "", title);
}

/* One node that the kernel computes. */
static void add_node(const wg_plan *plan, wg_plan_kernel *kernel, const wg_plan_chain *chain, size_t k)
{
    const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
    add_name(kernel, plan->tape, plan->calls[k].node);
    kernel->operations++;
    kernel->flops += node_flops(plan->tape, plan->calls[k].node);
    kernel->bytes += record && !plan->calls[k].summed ? read_bytes(plan, chain, record) : 0;
}

/* All of a program are one kernel; its bytes are those of its streams and numbers. */
static wg_plan_kernel describe_scalars(const wg_plan *plan, const wg_plan_stretch *stretch)
{
    const wg_scalars_facts s = wg__scalars_facts_of(stretch->program);
    wg_plan_kernel kernel = {.operations = s.steps,
        .bytes = s.bytes,
        .flops = s.sweep_flops,
        .seconds = plan->calls[stretch->end - 1].seconds};
    snprintf(kernel.name, sizeof kernel.name, "%zu scalars in %zu loops%s", s.steps, s.loops,
        s.sweeps ? ", with gradient" : "");
    for (size_t k = stretch->first; k < stretch->end; k++)
        kernel.flops += node_flops(plan->tape, plan->calls[k].node);
    return kernel;
}

/* The result is not written; parameter and moments are read and written. */
static void add_update(const wg_plan *plan, wg_plan_kernel *kernel, const wg_record *record)
{
    size_t used = strlen(kernel->name);
    snprintf(kernel->name + used, sizeof kernel->name - used, " + %s", wg_optim_name(plan->optim));
    kernel->bytes += 2 * (1 + wg_optim_slot_count(plan->optim)) * result_bytes(&record->result[0]);
}

wg_plan_kernel wg__plan_describe(const wg_plan *plan, size_t k)
{
    wg_plan_kernel kernel = {
        .shape = *wg__view_of(plan->tape, plan->calls[k].node).shape, .seconds = plan->calls[k].seconds};
    const wg_plan_chain *chain = plan->calls[k].chain;
    const wg_record *record = wg__record_of(plan->tape, plan->calls[k].node);
    if (stretch_of(plan, k))
        return describe_scalars(plan, stretch_of(plan, k));
    if (chain && chain->head != SIZE_MAX)
        add_node(plan, &kernel, chain, chain->head);
    for (size_t s = 0; chain && s < chain->chain.steps; s++)
        add_node(plan, &kernel, chain, chain->calls[s]);
    if (!chain)
        add_node(plan, &kernel, NULL, k);
    if (wg__plan_update_by(plan, plan->calls[k].node))
        add_update(plan, &kernel, record);
    else if (record && !(chain && chain->unwritten))
        kernel.bytes += written_bytes(record);
    return kernel;
}

wg_plan_kernel wg_plan_kernel_at(const wg_plan *plan, size_t i)
{
    for (size_t k = 0; plan && k < plan->count; k++)
        if (wg__plan_is_kernel(plan, k) && i-- == 0)
            return wg__plan_describe(plan, k);
    return (wg_plan_kernel){0};
}

wg_plan_profile wg_plan_profile_of(const wg_plan *plan)
{
    return plan && plan->profile ? plan->times : (wg_plan_profile){0};
}
