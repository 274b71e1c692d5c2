/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The program after a pass, a line for each call:
 *
 *     after fuse: 3 calls, 9 values
 *        0  v5 = matmul v0, v1 | add v2 | relu                     f32 [64, 128]
 *        1  v7 = gradient of matmul v0, v1, v6 -> updates          f32 [64, 10] */
#include "plan/plan.h"

#include <stdio.h>
#include "base/format.h"

/* "v5", "#12" for the number of node 12, "-" for nothing. */
static void print_use(const wg_use *use, FILE *file)
{
    if (use->number)
        fprintf(file, "#%zu", (size_t)use->node);
    else if (use->value == WG_NONE)
        fprintf(file, "-");
    else
        fprintf(file, "v%zu", (size_t)use->value);
}

static void print_uses(const wg_use *use, size_t count, FILE *file)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(file, i ? ", " : " ");
        print_use(&use[i], file);
    }
}

static void print_map(const wg_map *map, bool first, FILE *file)
{
    fprintf(file, "%s%s%s", first ? "" : " | ", map->gradient ? "gradient of " : "",
        wg__title(map->op, map->attr));
    const wg_use *use[] = {&map->in[0], &map->in[1], &map->y, &map->g};
    for (size_t i = 0, printed = 0; i < sizeof use / sizeof use[0]; i++)
        if (wg__use_reads(use[i])) {
            fprintf(file, printed++ ? ", " : " ");
            print_use(use[i], file);
        }
}

static void print_result(const wg_plan *plan, const wg_call *call, FILE *file)
{
    const wg_use *result = call->out_count ? wg__call_result(call) : NULL;
    char text[192];
    if (!result || result->value == WG_NONE)
        return;
    const wg_value *v = &plan->program.values[result->value];
    fprintf(file, "    %s %s%s%s", wg_dtype_name(v->dtype), wg_shape_text(result->shape, text, sizeof text),
        v->in_lanes ? " in lanes" : "", v->unwritten ? " unwritten" : "");
    if (v->outside)
        fprintf(file, " in the store");
    else if (v->over != WG_NONE)
        fprintf(file, " over v%zu", (size_t)v->over);
    else if (v->first < v->last)
        fprintf(file, " at %zu", v->offset);
}

static void print_call(const wg_plan *plan, size_t k, FILE *file)
{
    const wg_call *call = &plan->program.calls[k];
    fprintf(file, "%5zu ", k);
    if (call->kind == WG_CALL_STEPS) {
        fprintf(file, " %zu steps of numbers%s\n", (size_t)call->steps, call->scalars ? ", compiled" : "");
        return;
    }
    print_uses(call->out, call->out_count, file);
    fprintf(file, " = ");
    if (call->kind != WG_CALL_MAPS) {
        fprintf(file, "%s%s", call->kind == WG_CALL_GRADIENT ? "gradient of " : "",
            wg__title(call->op, call->attr));
        print_uses(call->in, call->in_count, file);
    }
    for (size_t s = 0; call->maps && s < call->maps->chain.steps; s++)
        print_map(&call->maps->map[s], call->kind == WG_CALL_MAPS && s == 0, file);
    if (call->maps && call->maps->pieces)
        fprintf(file, " | sums v%zu", (size_t)call->maps->sums);
    if (call->sums != WG_NONE)
        fprintf(file, " of sums v%zu", (size_t)call->sums);
    fprintf(file, "%s%s", call->repeats ? " (repeated)" : "", call->updates ? " -> updates" : "");
    print_result(plan, call, file);
    fprintf(file, "\n");
}

void wg__program_print(const wg_plan *plan, const char *pass, FILE *file)
{
    const wg_program *p = &plan->program;
    fprintf(file, "after %s: %zu calls, %zu values\n", pass, p->call_count, p->value_count);
    for (size_t k = 0; k < p->call_count; k++)
        print_call(plan, k, file);
}
