/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* finite.h - are numbers finite, and how large are they? */
#ifndef WG_KERNELS_FINITE_H
#define WG_KERNELS_FINITE_H

#include <wengert/array.h>

/* max |x|, 0 for no numbers; infinite if one is infinite, or none at all (a NaN). */
double wg__largest(wg_dtype dtype, const void *x, size_t n);

#endif
