/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* factor.h - products where a plan asks for bf16: by a library that multiplies such numbers, or else by our
 * own loops, of factors that are rounded before. */
#ifndef WG_OPS_FACTOR_H
#define WG_OPS_FACTOR_H

#include <stdbool.h>
#include <wengert/op.h>
#include "kernels/onednn.h"

typedef struct wg_factors {
    const void *a, *b; /* the operands, or their rounded copies in working memory of the operation */
    size_t a_count, b_count;
    wg_onednn_problem problem; /* kind WG_ONEDNN_NONE: one that no library knows */
    void *result;
    size_t count; /* numbers of it, one behind the other */
    const wg_epilogue *epilogue;
    bool done; /* the result is there, and finished */
} wg_factors;

/* Does with a product of floats what is to be done before our own loops. WG_OUT_OF_MEMORY. */
wg_status wg__factors_f32(wg_op_context *op, wg_factors *f);

/* The workspace of this, without pointers; sets `done`. */
size_t wg__factors_workspace_f32(const wg_op_context *op, wg_factors *f);

static inline size_t wg__factors_workspace_f64(const wg_op_context *op, const wg_factors *f)
{
    (void)op, (void)f;
    return 0;
}

/* Doubles are what they are. */
static inline wg_status wg__factors_f64(wg_op_context *op, wg_factors *f)
{
    (void)op, (void)f;
    return WG_OK;
}

#endif
