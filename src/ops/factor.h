/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* factor.h - what a product multiplies: an operand's numbers, or, where a plan asks for bf16, a rounded copy.
 */
#ifndef WG_OPS_FACTOR_H
#define WG_OPS_FACTOR_H

#include <stdbool.h>
#include <wengert/op.h>

/* *factor are `count` floats of an operand, or becomes their copy, in working memory of the operation; false
 * when there is none. */
bool wg_factor_f32(wg_op_context *op, size_t count, const void **factor);

/* Doubles are never rounded. */
static inline bool wg_factor_f64(wg_op_context *op, size_t count, const void **factor)
{
    (void)op, (void)count, (void)factor;
    return true;
}

#endif
