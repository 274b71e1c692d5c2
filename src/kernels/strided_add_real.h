/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

static void FN(add_panel)(const void *work, const wg_panel *panel)
{
    const strided_add *add = work;
    for (size_t a = 0; a < panel->a; a++) {
        const REAL *restrict from = (const REAL *)add->from + panel->at[1] + (ptrdiff_t)a * panel->step_a[1];
        REAL *restrict to = (REAL *)add->to + panel->at[0] + (ptrdiff_t)a * panel->step_a[0];
        ptrdiff_t n = (ptrdiff_t)panel->b, from_step = panel->step_b[1], to_step = panel->step_b[0];
        if (from_step == 1 && to_step == 1)
            for (ptrdiff_t i = 0; i < n; i++)
                to[i] += from[i];
        else
            for (ptrdiff_t i = 0; i < n; i++)
                to[i * to_step] += from[i * from_step];
    }
}

void FN(wg__strided_add)(int threads, const wg_walk *walk, const REAL *from, REAL *to)
{
    wg_walk merged = *walk;
    strided_add add = {from, to};
    wg__walk_merge(&merged);
    wg__walk_panels(threads, &merged, FN(add_panel), &add);
}
