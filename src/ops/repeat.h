/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* repeat.h - what repeats a smaller tensor: a broadcast its operand, and the gradient of a sum what comes from
 * above. Who reads it element by element can make it for itself. */
#ifndef WG_OPS_REPEAT_H
#define WG_OPS_REPEAT_H

#include <wengert/op.h>

typedef struct wg_repeat {
    wg_shape small; /* the smaller tensor's, with a 1 for each axis that it lacks */
    double divisor; /* its numbers are divided by it */
} wg_repeat;

/* Does the operation's one result, or, `backward`, the gradient towards its one operand, of shape `whole`,
 * repeat the operand, or the upstream gradient? */
bool wg__repeat_of(const wg_op *op, const void *attr, bool backward, const wg_shape *whole,
    const wg_shape *operand, wg_repeat *repeat);

#endif
