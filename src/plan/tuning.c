/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A table of measured choices: convolutions measure themselves (ops/conv_tune.c) in a run of a plan whose
 * table is `measuring`. */
#include <wengert/tuning.h>

#include "kernels/tuning.h"
#include "plan/plan.h"

#include <string.h>

wg_tuning *wg_tuning_new(const wg_allocator *allocator)
{
    const wg_allocator memory = wg__allocator_or_default(allocator);
    wg_tuning *tuning = wg__mem_zero(&memory, sizeof *tuning);
    if (tuning)
        tuning->memory = memory;
    return tuning;
}

void wg_tuning_free(wg_tuning *tuning)
{
    if (!tuning)
        return;
    wg__holders_end(&tuning->holders);
    const wg_allocator memory = tuning->memory;
    wg__mem_free(&memory, tuning->entry, tuning->capacity * sizeof *tuning->entry);
    wg__mem_free(&memory, tuning, sizeof *tuning);
}

size_t wg_tuning_count(const wg_tuning *tuning)
{
    return tuning ? tuning->count : 0;
}

/* ---- Measuring ---------------------------------------------------------------------------------------- */

/* Nobody's numbers are read or written: what lies in the store lies in `instead`, all of it, and inputs without
 * a value are zero. */
static bool move_apart(wg_plan *plan, void **instead, size_t *bytes)
{
    wg_program *p = &plan->program;
    for (size_t i = 0; i < p->value_count; i++)
        if (p->values[i].outside && p->values[i].bytes > *bytes)
            *bytes = p->values[i].bytes;
    *instead = wg__mem_aligned_new(&plan->memory, *bytes + 1);
    if (!*instead)
        return false;
    memset(*instead, 0, *bytes + 1);
    memset(plan->block, 0, plan->sizes.block + 1);
    for (size_t i = 0; i < p->value_count; i++)
        if (p->values[i].outside)
            p->values[i].data = *instead;
    for (size_t i = 0; i < plan->input_count; i++) {
        wg_record *record = wg__record_of(plan->tape, plan->inputs[i]);
        wg_result *result = &record->result[0];
        if (!record->valued && !result->scalar)
            memset(result->data, 0, result->count * wg_dtype_size(result->dtype));
    }
    bool good = true;
    for (size_t k = 0; k < p->call_count && good; k++)
        good = wg__call_prepare(plan, &p->calls[k]);
    return good;
}

/* One run without effects; what an operation says to zeros, or a guard, is no error. */
static wg_status measure(wg_plan *plan)
{
    void *instead = NULL;
    size_t bytes = 0;
    wg_status status = move_apart(plan, &instead, &bytes) ? WG_OK : WG_OUT_OF_MEMORY;
    plan->tape->frozen = true;
    plan->tape->options.on_error = NULL;
    for (size_t k = 0; k < plan->program.call_count && status != WG_OUT_OF_MEMORY; k++) {
        status = wg__call_run(plan, &plan->program.calls[k]);
        plan->tape->status = WG_OK;
    }
    if (instead)
        wg__mem_aligned_free(&plan->memory, instead, bytes + 1);
    return status == WG_OUT_OF_MEMORY ? status : WG_OK;
}

/* Images in rows, then in lanes wherever they can lie so. */
wg_status wg_tune(wg_tuning *tuning, wg_var y, const wg_plan_options *options, wg_error *error)
{
    static const wg_plan_layout layouts[] = {WG_LAYOUT_ROWS, WG_LAYOUT_LANES};
    wg_error own = {0};
    error = error ? error : &own;
    if (error->status != WG_OK)
        return error->status;
    if (!tuning)
        return wg_error_set(error, WG_INVALID, "tune: there is no table");
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0] && error->status == WG_OK; i++) {
        wg_plan_options o = options ? *options : (wg_plan_options){0};
        o.layout = layouts[i];
        o.tuning = tuning;
        o.optim = NULL;
        o.profile = o.bf16 = false;
        o.block = NULL;
        o.block_bytes = 0;
        wg_plan *plan = wg_plan_new(y, &o, error);
        tuning->measuring = true;
        if (plan && measure(plan) != WG_OK)
            wg_error_set(error, WG_OUT_OF_MEMORY, "tune: no memory to measure in");
        tuning->measuring = false;
        wg_plan_free(plan);
    }
    return error->status;
}
