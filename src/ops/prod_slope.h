/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* prod_slope.h - the derivatives of a product, of any order. */
#ifndef WG_OPS_PROD_SLOPE_H
#define WG_OPS_PROD_SLOPE_H

#include <wengert/op.h>
#include "ops/reduce_axes.h"

/* g [the result's shape] times the product of the others, for each element of x. */
wg_var wg__prod_slope(wg_var x, wg_var g, const wg_over *over);

#endif
