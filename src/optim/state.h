/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* state.h - an optimiser from the inside.
 *
 *     the store's chunk 0    | fc1.weight ........ | fc1.bias . | late.weight ... |
 *     beside it, slot 0      | m ................. | m ........ | m ............. |
 *     slot 1                 | v ................. | v ........ | v ............. |
 *     ages                   born after step 0                  | after step 7    |
 *     turns                  [0]                   [1]          [2]       by array: this step's numbers */
#ifndef WG_OPTIM_STATE_H
#define WG_OPTIM_STATE_H

#include "optim/optim.h"

/* Elements up to `end` (from the previous age's end on) got their moments after `born` steps. */
typedef struct wg_age {
    size_t end;
    uint64_t born;
} wg_age;

/* Moments beside one chunk: as large as it can become, zeroed as far as arrays are there. */
typedef struct wg_beside {
    char *slot[WG_OPTIM_SLOTS];
    size_t capacity, used;
    wg_age *ages;
    size_t age_count, age_capacity;
} wg_beside;

/* An array in this step. `.range.count` is 0 when somebody took it, to update it; `.range.value` is NULL when it is
 * frozen, or a buffer. */
typedef struct wg_turn {
    wg_optim_range range;
    size_t start; /* of those that are left, one behind the other in whole lines: its first element */
} wg_turn;

struct wg_optim {
    const wg_optim_rule *rule;
    wg_allocator memory;
    wg_params *params; /* NULL: it was freed, and `error` says so */
    wg_holder store;
    void *options;
    double lr, weight_decay;
    size_t slots, size;
    uint64_t steps;
    wg_error error;
    wg_holders holders;
    wg_turn *turns;
    size_t turn_count, turn_capacity;
    wg_beside beside[WG_PARAMS_MAX_CHUNKS];
};

/* Moments for every parameter that there is, and a turn for every array. */
bool wg__optim_settle(wg_optim *optim);

/* The number of the step that comes, counted from when an array has moments. */
uint64_t wg__optim_age(const wg_optim *optim, const wg_param_info *array);

#endif
