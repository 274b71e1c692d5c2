/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* optim.h - what plans, and the library's own rules, use of optimisers beside the public interface. */
#ifndef WG_OPTIM_OPTIM_H
#define WG_OPTIM_OPTIM_H

#include <wengert/optim.h>
#include "base/alloc.h"
#include "base/holder.h"

/* An option of a rule that must be in [low, high); otherwise the error says so. */
wg_status wg__optim_check(wg_error *error, const char *option, double value, double low, double high);

/* Who is told when the optimiser is freed. */
wg_holders *wg__optim_holders(wg_optim *optim);

/* May arrays be taken out of a step, to be updated range by range? */
bool wg__optim_is_tiled(const wg_optim *optim);

/* A step in pieces, for who has gradients one by one: begin (which makes missing slots); arrays that the caller
 * takes, if they may be, each to be updated once, in ranges of any size, in any order and on any thread; then end,
 * which updates all others. */
wg_status wg__optim_begin(wg_optim *optim);
wg_optim_range wg__optim_array(wg_optim *optim, size_t index); /* .count 0: frozen, or a buffer */
void wg__optim_update(
    const wg_optim *optim, const wg_optim_range *array, size_t first, size_t count, const void *gradient);
void wg__optim_end(wg_optim *optim);

#endif
