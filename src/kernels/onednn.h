/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn.h - matrix products and convolutions by oneDNN, version 2.6 or 3, on one thread a call.
 *
 * Numbers come and go as plain rows of floats. The library's own layouts are its affair: operands are copied
 * into them (and, with bf16, rounded to bfloat16 on the way), the result back. The problem is cut into equal
 * blocks by its sizes alone, each computed by one thread, and the weight gradients of the batch's parts are
 * added in order; so the bits do not depend on `threads`. Working memory is the caller's.
 *
 * What the library has to find out and compile for a problem takes a millisecond, so it is kept: a wg_onednn
 * belongs to who calls again and again with the same problems, on one thread at a time. */
#ifndef WG_KERNELS_ONEDNN_H
#define WG_KERNELS_ONEDNN_H

#include <stdbool.h>
#include <wengert/alloc.h>
#include "kernels/conv.h"

/* All members are sizes, so that equal problems have equal bytes. */
typedef struct wg_onednn_problem {
    size_t bf16; /* round the factors? */
    size_t kind; /* a wg_conv_pass, with a, b and result as in conv.h; or WG_ONEDNN_PRODUCT, as in gemm.h */
    wg_conv conv;
    size_t transpose_a, transpose_b, m, n, k, lda, ldb, ldc;
} wg_onednn_problem;

enum { WG_ONEDNN_PRODUCT = WG_CONV_WEIGHT + 1, WG_ONEDNN_NONE };

typedef struct wg_onednn wg_onednn;           /* the library, and the problems that it has seen */
typedef struct wg_onednn_call wg_onednn_call; /* what it needs for one of them */

/* NULL when there is no memory, or no library. */
wg_onednn *wg__onednn_new(const wg_allocator *memory);
void wg__onednn_free(wg_onednn *library);

/* Does it multiply bfloat16 by instructions that this processor has for that? */
bool wg__onednn_has_bf16(void);

/* Found, or made now; NULL when the library cannot. */
wg_onednn_call *wg__onednn_prepare(wg_onednn *library, const wg_onednn_problem *problem);

/* Working memory in bytes; it is aligned to 64. */
size_t wg__onednn_scratch(const wg_onednn_call *call);

/* The whole result, with alpha 1 and beta 0. False when the library fails: the result is garbage, and to be
 * computed by other means. */
bool wg__onednn_run(
    wg_onednn_call *call, int threads, const float *a, const float *b, float *result, void *scratch);

#endif
