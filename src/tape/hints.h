/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* hints.h - what a plan tells an operation that it calls. An operation that looks at none of it computes what
 * it computes on a tape, but in batch lanes, which it has a rule for, or else is never called in.
 *
 * The first fields are of the whole plan, the others of one call. */
#ifndef WG_TAPE_HINTS_H
#define WG_TAPE_HINTS_H

#include <wengert/op.h>
#include "base/work.h"
#include "kernels/epilogue.h"
#include "kernels/onednn.h"
#include "kernels/tuning.h"

typedef struct wg_hints {
    wg_work *work;            /* where operations work; NULL: in the tape's block cache */
    bool bf16;                /* the factors of products are wanted rounded to bfloat16 (plan.h) */
    wg_onednn *library;       /* what multiplies, for bf16; NULL: our own loops */
    struct wg_tuning *tuning; /* measured choices; NULL: none */

    const wg_epilogue *epilogue; /* what follows the result, see wg_op_finish; NULL: nothing */
    const double *sums;          /* operand 0 is summed up piece by piece already; NULL: it is not */
    size_t lanes;                /* see wg_op_lanes */
} wg_hints;

/* What the call's epilogue is: NULL without one, and without hints. */
static inline const wg_epilogue *wg__op_epilogue(const wg_op_context *op)
{
    return op->hints ? op->hints->epilogue : NULL;
}

static inline struct wg_tuning *wg__op_tuning(const wg_op_context *op)
{
    return op->hints ? op->hints->tuning : NULL;
}

static inline bool wg__op_bf16(const wg_op_context *op)
{
    return op->hints && op->hints->bf16;
}

#endif
