/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The list of a plan's kernels, as a table. */
#include "plan/plan.h"
#include "base/format.h"

#include <stdio.h>

static const wg_plan_buffer *buffer_of(const wg_plan *plan, uint32_t node)
{
    for (size_t i = 0; i < plan->buffer_count; i++)
        if (plan->buffers[i].node == node)
            return &plan->buffers[i];
    return NULL;
}

/* Where the result of node `k` of the list lies. */
static const char *place_of(const wg_plan *plan, size_t k, char *text, size_t size)
{
    const wg_plan_buffer *buffer = buffer_of(plan, plan->calls[k].node);
    if (wg__plan_update_by(plan, plan->calls[k].node))
        return "its parameter";
    if (!buffer || buffer->outside)
        return buffer ? "the store" : "";
    snprintf(text, size, "%s%zu", buffer->over == SIZE_MAX ? "" : "over ",
        plan->buffers[wg__plan_root(plan, (size_t)(buffer - plan->buffers))].offset);
    return text;
}

/* The columns of what was measured: microseconds a run, share, GFLOP/s. */
static void print_time(const wg_plan_profile *p, double seconds, double flops, FILE *file)
{
    if (p->runs == 0)
        return;
    wg__format_to(file, " %9.1f %6.1f %%", 1e6 * seconds / (double)p->runs,
        p->seconds > 0 ? 100 * seconds / p->seconds : 0);
    if (flops > 0 && seconds > 0)
        wg__format_to(file, " %9.2f", 1e-9 * flops * (double)p->runs / seconds);
    else
        fprintf(file, " %9s", "");
}

static void print_kernel(const wg_plan *plan, size_t k, size_t number, wg_plan_kernel *sum, FILE *file)
{
    wg_plan_kernel kernel = wg__plan_describe(plan, k);
    char shape[192], place[32];
    wg__format_to(file, "%4zu  %-40s  %-20s %14s %10.1f %11.1f", number, kernel.name,
        wg_shape_text(&kernel.shape, shape, sizeof shape), place_of(plan, k, place, sizeof place),
        1e-3 * (double)kernel.bytes, 1e-3 * kernel.flops);
    print_time(&plan->times, kernel.seconds, kernel.flops, file);
    fprintf(file, "%s%s\n", plan->calls[k].lanes ? "  in lanes" : "", plan->calls[k].kept ? "  kept" : "");
    sum->bytes += kernel.bytes;
    sum->flops += kernel.flops;
}

static void print_rest(
    const wg_plan *plan, const char *name, double seconds, const wg_plan_kernel *sum, FILE *file)
{
    if (sum)
        wg__format_to(file, "      %-40s  %-20s %14s %10.1f %11.1f", name, "", "", 1e-3 * (double)sum->bytes,
            1e-3 * sum->flops);
    else
        fprintf(file, "      %-40s  %-20s %14s %10s %11s", name, "", "", "", "");
    print_time(&plan->times, seconds, sum ? sum->flops : 0, file);
    fprintf(file, "\n");
}

static void print_memory(const wg_plan_memory *m, FILE *file)
{
    fprintf(file,
        "\nbytes: block %zu (activations %zu and gradients %zu; %zu at once), workspace %zu;\n"
        "       inputs %zu; parameters %zu, their gradients %zu, moments %zu\n",
        m->block, m->activations, m->gradients, m->live, m->workspace, m->inputs, m->parameters,
        m->parameter_gradients, m->moments);
}

wg_status wg_plan_print(const wg_plan *plan, FILE *file)
{
    if (!plan || !file || !plan->tape)
        return WG_INVALID;
    wg_plan_kernel sum = {0};
    size_t number = 0;
    const wg_plan_profile *p = &plan->times;
    fprintf(file, "%4s  %-40s  %-20s %14s %10s %11s%s\n", "", "kernel", "result", "place", "kB", "kFLOP",
        p->runs ? "        us    share   GFLOP/s" : "");
    for (size_t k = 0; k < plan->count; k++)
        if (wg__plan_is_kernel(plan, k))
            print_kernel(plan, k, number++, &sum, file);
    if (p->runs && p->between > 0)
        print_rest(plan, "between", p->between, NULL, file);
    if (plan->optim)
        print_rest(plan, wg_optim_name(plan->optim), p->update, NULL, file);
    print_rest(plan, "all", p->seconds, &sum, file);
    print_memory(&plan->sizes, file);
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
