/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_kernels.h - a template: the matrix product for one kind of processor.
 *
 *     KERNELS   the record's name        VECTOR  bytes in a vector
 *     TARGET    the attribute that allows such vectors
 *     ROWS      rows of a tile, 6 or 12: 2 * ROWS vectors of sums, 2 of B and 1 of A must fit the registers
 *
 * Contraction (a * b + c in one instruction) must be allowed where it is compiled. */

#include <string.h>
#include "base/alloc.h"
#include "kernels/gemm_block.h"

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector) /* gcc from 12 on, and clang */
#define SHUFFLE __builtin_shufflevector
#endif
#endif

enum { SMALL = 4096 }; /* bytes that may be on the stack */

/* How a product is computed, see gemm_real.h. */
typedef enum way { DOTS, DOTS_TURNED, ROW_SUMS, ROW_SUMS_TURNED, OUTER, TILES, TILES_TURNED } way;

#define TEMPLATE "kernels/gemm_real.h"
#include "base/for_each_real.h"

const wg_gemm_kernels KERNELS = {.scratch_f64 = scratch_f64,
    .scratch_f32 = scratch_f32,
    .product_f64 = product_f64,
    .product_f32 = product_f32};
