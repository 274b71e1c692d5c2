/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pow_slope.h - the derivatives of a^b, of any order in the base and in the exponent. */
#ifndef WG_OPS_POW_SLOPE_H
#define WG_OPS_POW_SLOPE_H

#include <wengert/op.h>

/* d^(in_base + in_exponent) a^b / da^in_base db^in_exponent, element by element. */
wg_var wg__pow_slope(wg_var a, wg_var b, int in_base, int in_exponent);

#endif
