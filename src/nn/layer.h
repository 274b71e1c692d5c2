/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* layer.h - what layers share. */
#ifndef WG_NN_LAYER_H
#define WG_NN_LAYER_H

#include <wengert/params.h>

/* Opens the layer's scope on x's tape; false (nothing opened) when x or the tape has an error, or there is no
 * store or name, which is then an error on the tape. Close with wg_scope_pop. */
bool wg__layer_open(const char *kind, const wg_params *params, const char *name, wg_var x);

/* Leaves "fc1: dense: x [3, 4] must be <wanted>" on the tape; an invalid var. */
wg_var wg__layer_misfit(const char *kind, wg_var x, const char *wanted);

/* An initialiser by fan-in that was given no fan takes this one. */
wg_init wg__layer_init(wg_init init, size_t fan_in);

#endif
