/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* ready.h - what an operation's functions are called with, filled in once.
 *
 * Numbers are doubles on the tape. A kernel of doubles reads and writes them there; for one of floats they
 * pass through slots, in each run. */
#ifndef WG_PLAN_READY_H
#define WG_PLAN_READY_H

#include "plan/plan.h"

typedef struct wg_passed {
    uint32_t node;
    wg_slot *slot;
} wg_passed;

struct wg_ready {
    wg_op_context op;
    wg_hints hints;
    wg_shape *folded; /* [arity]: of operands in lanes; NULL: none is */
    wg_shape *shapes; /* [results]: where the record's own do not serve; NULL: they do */
    wg_var *result;
    wg_slot *slots; /* one for each use, where one is a number */
    wg_passed *loaded, *stored;
    size_t loaded_count, stored_count;
};

#endif
