/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* optim.h - what an update rule is: a record, and a kernel per dtype for a stretch of elements.
 *
 * To add one: a file like sgd.c with its kernels' template, its options and wg_NAME_new in <wengert/optim.h>.
 */
#ifndef WG_OPTIM_OPTIM_H
#define WG_OPTIM_OPTIM_H

#include <wengert/optim.h>
#include "base/alloc.h"
#include "base/holder.h"

enum { WG_OPTIM_SLOTS = 2 };

/* Neighbouring elements to be updated. A rule uses only operations that are rounded exactly, so that an
 * element's place never changes its value. */
typedef struct wg_optim_range {
    void *value;
    const void *gradient;
    void *slot[WG_OPTIM_SLOTS]; /* moments; NULL beyond the optimiser's slots */
    size_t count;
    double lr, weight_decay; /* with the group's factors */
    double t;                /* the step's number, from 1, since these elements have moments */
    double number[2];        /* what the rule's `begin` makes of all this, once for many elements */
} wg_optim_range;

typedef struct wg_optim_rule {
    const char *name;
    size_t options_size;
    void (*begin)(const void *options, wg_optim_range *range); /* NULL: nothing */
    void (*update_f64)(const void *options, const wg_optim_range *range);
    void (*update_f32)(const void *options, const wg_optim_range *range);
} wg_optim_rule;

/* An optimiser without options set: the rule's wg_NAME_new goes on with wg__optim_range. NULL without memory
 * or store. */
wg_optim *wg__optim_new(wg_params *params, const wg_optim_rule *rule, size_t slots, const void *options,
    double lr, double weight_decay);

/* An option that must be in [low, high); otherwise the optimiser's status says so. NULL is allowed. */
void wg__optim_range(wg_optim *optim, const char *option, double value, double low, double high);

/* Who is told when the optimiser is freed. */
wg_holders *wg__optim_holders(wg_optim *optim);

/* A step in pieces, for who has gradients one by one: begin (which makes missing moments); arrays that the
 * caller takes, each to be updated once, in ranges of any size, in any order and on any thread; then end, which updates
 * all others. */
wg_status wg__optim_begin(wg_optim *optim);
wg_optim_range wg__optim_array(wg_optim *optim, size_t index); /* .count 0: frozen, or a buffer */
void wg__optim_update(
    const wg_optim *optim, const wg_optim_range *array, size_t first, size_t count, const void *gradient);
void wg__optim_end(wg_optim *optim);

#endif
