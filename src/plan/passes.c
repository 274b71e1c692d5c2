/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The passes, one after the other. */
#include "plan/plan.h"

#include <string.h>

static const struct {
    const char *name;
    wg_status (*run)(wg_passes *p);
} passes[] = {
    {"gradients", wg__pass_gradients},
    {"lower", wg__pass_lower},
    {"share", wg__pass_share},
    {"dead", wg__pass_dead},
    {"constants", wg__pass_constants},
    {"updates", wg__pass_updates},
    {"layout", wg__pass_layout},
    {"fuse", wg__pass_fuse},
    {"sums", wg__pass_sums},
    {"scalars", wg__pass_scalars},
    {"memory", wg__pass_memory},
    {"place", wg__pass_place},
    {"contexts", wg__pass_contexts},
};
enum { PASSES = sizeof passes / sizeof passes[0] };

wg_status wg__pass_no_memory(wg_passes *p)
{
    return wg_error_set(p->error, WG_OUT_OF_MEMORY, "plan: out of memory");
}

/* Is a pass asked for by a name that none has? */
static wg_status check_names(const wg_passes *p)
{
    const char *asked = p->options->print_after;
    if (asked && !p->options->print_file)
        return wg_error_set(p->error, WG_INVALID, "plan: print_after is \"%s\", without a print_file", asked);
    bool known = !asked || strcmp(asked, "all") == 0;
    for (size_t i = 0; i < PASSES; i++)
        known = known || strcmp(asked, passes[i].name) == 0;
    return known ? WG_OK
                 : wg_error_set(p->error, WG_INVALID,
                       "plan: no pass is called \"%s\": there are lower, share, dead, constants, updates, "
                       "layout, fuse, sums, scalars, memory, place, contexts, and all",
                       asked);
}

wg_status wg__passes_run(wg_passes *p)
{
    const char *asked = p->options->print_after;
    wg_status status = check_names(p);
    for (size_t i = 0; i < PASSES && status == WG_OK; i++) {
        status = passes[i].run(p);
        if (status == WG_OK && asked && i && (!strcmp(asked, "all") || !strcmp(asked, passes[i].name)))
            wg__program_print(p->plan, passes[i].name, p->options->print_file);
    }
    return status;
}
