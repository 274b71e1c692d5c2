/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_rows_kernels.h - a template: the kernels of conv_rows.h for one kind of processor.
 *
 *     KERNELS            the record's name                       FILTERS, VECTORS  a tile of the correlation
 *     VECTOR             bytes in a vector                       TARGET            the attribute that allows
 * them */

#include <string.h>
#include "kernels/parallel.h"

#ifdef __GNUC__
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

enum { WEIGHT_FILTERS = 4, WEIGHT_TAPS = 3 }; /* a tile of the weight gradient */

#define TEMPLATE "kernels/conv_rows_real.h"
#include "base/for_each_real.h"

const wg_rows_kernels KERNELS = {
    .vector = VECTOR,
    .filters = FILTERS,
    .correlate_f64 = correlate_f64,
    .correlate_f32 = correlate_f32,
    .weights_f64 = weights_f64,
    .weights_f32 = weights_f32,
    .add_f64 = add_f64,
    .add_f32 = add_f32,
};
