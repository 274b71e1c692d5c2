/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gemm_block.h - what stands behind gemm.h: one block of a matrix product, computed by the calling thread
 * alone. */
#ifndef WG_KERNELS_GEMM_BLOCK_H
#define WG_KERNELS_GEMM_BLOCK_H

#include "kernels/gemm.h"
#include "kernels/isa.h"

/* Our own loops for one kind of processor. All sizes are at least 1. They copy into `scratch`, aligned to 64
 * bytes, whose size is scratch_f64's or scratch_f32's answer: up to some 300 kB, and 0 where nothing is
 * copied.
 *
 * With a transient epilogue, whose number of C's first element is `first`, they may hand each tile over while
 * it is in the first-level cache and leave C alone: true, and all is finished. NULL: C is written; false. */
typedef struct wg_gemm_kernels {
    size_t (*scratch_f64)(const wg_product_f64 *p, bool transient);
    size_t (*scratch_f32)(const wg_product_f32 *p, bool transient);
    bool (*product_f64)(const wg_product_f64 *p, const wg_epilogue *transient, size_t first, void *scratch);
    bool (*product_f32)(const wg_product_f32 *p, const wg_epilogue *transient, size_t first, void *scratch);
} wg_gemm_kernels;

extern const wg_gemm_kernels wg__gemm_plain; /* the processor of the build */
#ifdef WG_X86_KERNELS
extern const wg_gemm_kernels wg__gemm_avx2, wg__gemm_avx512;
#endif

const wg_gemm_kernels *wg__gemm_of(wg_isa_level isa);

#ifdef WG_CBLAS
/* The same by a CBLAS on one thread. False, and nothing done, for sizes over INT_MAX, and for an OpenBLAS
 * with a pool of threads of its own, which cannot be kept to one thread without changing it for the whole
 * program. */
bool wg__cblas_product_f64(const wg_product_f64 *p);
bool wg__cblas_product_f32(const wg_product_f32 *p);
#endif

#endif
