/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The list of a plan's kernels, as a table. */
#include "plan/plan.h"
#include "base/format.h"

#include <stdio.h>

/* Where the result of a call lies. */
static const char *place_of(const wg_plan *plan, const wg_call *call, char *text, size_t size)
{
    const wg_use *result = call->out_count ? wg__call_result(call) : NULL;
    uint32_t value = result ? result->value : WG_NONE;
    const wg_value *v = value == WG_NONE ? NULL : &plan->program.values[value];
    if (call->updates)
        return "its parameter";
    if (!v || v->unwritten)
        return "";
    if (v->outside)
        return "the store";
    snprintf(text, size, "%s%zu", v->over == WG_NONE ? "" : "over ",
        plan->program.values[wg__value_root(&plan->program, value)].offset);
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

/* Is the result there to be read by its var after a run? */
static bool is_kept(const wg_plan *plan, const wg_call *call)
{
    const wg_use *result = call->out_count ? wg__call_result(call) : NULL;
    if (!result)
        return false;
    if (result->value == WG_NONE)
        return result->node < plan->start && plan->known[result->node];
    const wg_value *v = &plan->program.values[result->value];
    return v->asked && !v->outside && !call->updates;
}

static void print_kernel(const wg_plan *plan, size_t k, wg_plan_kernel *sum, FILE *file)
{
    const wg_call *call = &plan->program.calls[k];
    wg_plan_kernel kernel = wg_plan_kernel_at(plan, k);
    char shape[192], place[32];
    wg__format_to(file, "%4zu  %-40s  %-20s %14s %10.1f %11.1f", k, kernel.name,
        wg_shape_text(&kernel.shape, shape, sizeof shape), place_of(plan, call, place, sizeof place),
        1e-3 * (double)kernel.bytes, 1e-3 * kernel.flops);
    print_time(&plan->times, kernel.seconds, kernel.flops, file);
    fprintf(file, "%s%s\n", call->lanes ? "  in lanes" : "", is_kept(plan, call) ? "  kept" : "");
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
    const wg_plan_profile *p = &plan->times;
    fprintf(file, "%4s  %-40s  %-20s %14s %10s %11s%s\n", "", "kernel", "result", "place", "kB", "kFLOP",
        p->runs ? "        us    share   GFLOP/s" : "");
    for (size_t k = 0; k < plan->program.call_count; k++)
        print_kernel(plan, k, &sum, file);
    if (p->runs && p->between > 0)
        print_rest(plan, "between", p->between, NULL, file);
    if (plan->optim)
        print_rest(plan, wg_optim_name(plan->optim), p->update, NULL, file);
    print_rest(plan, "all", p->seconds, &sum, file);
    print_memory(&plan->sizes, file);
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
