/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scalars.h - programs of scalars: what a plan makes of its bare steps. program.h says what one is. */
#ifndef WG_SCALARS_SCALARS_H
#define WG_SCALARS_SCALARS_H

#include "tape/engine.h"

typedef struct wg_scalars wg_scalars;

/* What is known of a node: its number is the same in every run; it is read outside of the program. */
enum { WG_SCALAR_CONSTANT = 1, WG_SCALAR_KEPT = 2 };

/* What a program is made of: nodes of the tape, in its order, that are bare steps, formulas of scalars,
 * copies of scalars, or guards. All else that they read is an input. */
typedef struct wg_scalar_request {
    const uint32_t *nodes;
    size_t count;
    const uint8_t *flags; /* of all nodes: WG_SCALAR_... */
    uint32_t *map;        /* of all nodes: WG_NO_NODE, and so again afterwards */
    uint32_t y;           /* WG_NO_NODE: no sweep */
} wg_scalar_request;

/* NULL when there is no memory. */
wg_scalars *wg__scalars_compile(wg_engine *t, const wg_scalar_request *request);
void wg__scalars_free(wg_scalars *s);

/* Values, then guards, then adjoints; WG_BRANCH when a guard flips. */
wg_status wg__scalars_run(wg_engine *t, wg_scalars *s);

/* For what a plan prints. */
typedef struct wg_scalars_facts {
    size_t steps, loops; /* of the tape that a run computes; that it runs through */
    size_t bytes;        /* of streams and numbers */
    double sweep_flops;  /* two for each pair, one for each row */
    bool sweeps;
} wg_scalars_facts;

wg_scalars_facts wg__scalars_facts_of(const wg_scalars *s);

#endif
