/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* element.h - one number of an array whose dtype is known at run time only: for what is done once, not in
 * loops that matter. */
#ifndef WG_BASE_ELEMENT_H
#define WG_BASE_ELEMENT_H

#include <wengert/array.h>

static inline double wg__element_at(const void *data, wg_dtype dtype, size_t i)
{
    return dtype == WG_F32   ? (double)((const float *)data)[i]
           : dtype == WG_F64 ? ((const double *)data)[i]
                             : (double)((const int32_t *)data)[i];
}

#endif
