/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* chain.h - formula rows one after the other, over a stretch of elements that stays in the first-level cache:
 *
 *      y = relu(x + b)          x ->  add b  ->  relu  ->  y         one pass over x and y instead of two
 *
 * Each step takes the value of the one before, and operands of its own, which may be broadcast. It is the
 * row's kernel, so a chain gives the bits of its steps. An operand that is nothing but a smaller tensor
 * repeated (spread), or the share of a mean's gradient, is made block by block from that. */
#ifndef WG_OPS_CHAIN_H
#define WG_OPS_CHAIN_H

#include <wengert/op.h>
#include "ops/stretch.h"

/* Where a step finds an operand. */
typedef struct wg_chain_operand {
    enum { WG_CHAIN_UNREAD, WG_CHAIN_VALUE, WG_CHAIN_TENSOR, WG_CHAIN_SCALAR, WG_CHAIN_SPREAD } kind;
    const void *data; /* spread: the smaller tensor; NULL: `scalar` is repeated */
    double scalar;
    double divisor;            /* spread: the numbers are divided by it */
    const wg_stretch *stretch; /* spread: of data, in place of both operands */
} wg_chain_operand;

typedef struct wg_chain_step {
    const wg_op *op; /* a formula row's */
    int towards;     /* -1: its value; else its gradient towards this operand */
    double numbers[2];
    wg_chain_operand in[2], y, g; /* y and g: of a gradient */
    bool stretched;               /* an operand is broadcast */
    const wg_stretch *stretch;
} wg_chain_step;

typedef struct wg_chain {
    wg_dtype dtype;
    size_t count; /* elements of the result */
    size_t steps;
    wg_chain_step *step;
} wg_chain;

/* Is it a row, so that it can be a step? */
bool wg__chain_takes(const wg_op *op);

/* Elements first .. first + count - 1 of the result, to `out`, from the first step on; with `value` (may be
 * `out` itself), that is what the first step takes as the value before it. */
void wg__chain_range(const wg_chain *chain, size_t first, size_t count, const void *value, void *out);

/* All elements. */
void wg__chain_run(const wg_chain *chain, int threads, void *result);

#endif
