/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A table of measured choices: convolutions measure themselves (ops/conv_tune.c) while plans rehearse that
 * have a table which wants it. */
#include <wengert/tuning.h>

#include "base/alloc.h"
#include "kernels/tuning.h"

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
        tuning->measuring = true;
        wg_plan_free(wg_plan_new(y, &o, error));
        tuning->measuring = false;
    }
    return error->status;
}
