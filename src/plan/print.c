/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The list of a plan's kernels. */
#include "plan/plan.h"

#include <stdio.h>

/* "gradient of relu": a gradient is named after its operation. */
static const char *name_of(const wg_engine *t, uint32_t node, char *text, size_t size)
{
    const wg_record *record = wg_record_of(t, node);
    if (!record)
        return wg_formula_ops[wg_code(t, node)].name;
    if (record->op != &wg_op_gradient)
        return record->op->name;
    snprintf(text, size, "gradient of %.60s", wg_record_of(t, wg_gradient_node(record))->op->name);
    return text;
}

static const wg_plan_buffer *buffer_of(const wg_plan *plan, uint32_t node)
{
    for (size_t i = 0; i < plan->buffer_count; i++)
        if (plan->buffers[i].node == node)
            return &plan->buffers[i];
    return NULL;
}

static void print_kernel(const wg_plan *plan, size_t k, double total, FILE *file)
{
    const wg_engine *t = plan->tape;
    uint32_t node = plan->nodes[k];
    const wg_plan_buffer *buffer = buffer_of(plan, node);
    if (!wg_plan_is_last(plan, k)) {
        char inner[96];
        fprintf(file, "%5zu  %-32s in a chain\n", k, name_of(t, node, inner, sizeof inner));
        return;
    }
    char name[96], shape[192], place[32] = "";
    if (buffer && buffer->outside)
        snprintf(place, sizeof place, "the store");
    else if (buffer)
        snprintf(place, sizeof place, "%s%zu", buffer->over == SIZE_MAX ? "" : "over ",
            plan->buffers[wg_plan_root(plan, (size_t)(buffer - plan->buffers))].offset);
    fprintf(file, "%5zu  %-32s %-24s %12zu  %12s", k, name_of(t, node, name, sizeof name),
        wg_shape_text(wg_view_of(t, node).shape, shape, sizeof shape), buffer ? buffer->bytes : 0, place);
    if (total > 0)
        fprintf(file, "  %9.1f  %5.1f %%", 1e6 * plan->seconds[k] / (double)plan->runs,
            100 * plan->seconds[k] / total);
    fprintf(file, "%s%s\n", plan->lanes[k] ? "  in lanes" : "", plan->kept[k] ? "  kept" : "");
}

wg_status wg_print_plan(const wg_plan *plan, FILE *file)
{
    if (!plan || !file)
        return WG_INVALID;
    double total = 0;
    for (size_t k = 0; k < plan->count; k++)
        total += plan->seconds[k];
    fprintf(file, "%5s  %-32s %-24s %12s  %12s%s\n", "", "operation", "result", "bytes", "place",
        total > 0 ? "         us    share" : "");
    for (size_t k = 0; k < plan->count; k++)
        print_kernel(plan, k, total, file);
    fprintf(file,
        "%zu kernels; %zu bytes for %zu bytes of tensors; %zu bytes of workspace; %zu bytes in the store",
        wg_plan_kernels(plan), plan->sizes.block, plan->sizes.activations + plan->sizes.gradients,
        plan->sizes.workspace, plan->sizes.parameters + plan->sizes.parameter_gradients);
    if (total > 0)
        fprintf(file, "; %.1f us a run", 1e6 * total / (double)plan->runs);
    fprintf(file, "\n");
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
