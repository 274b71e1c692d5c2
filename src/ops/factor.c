/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/factor.h"

#include "kernels/bf16.h"

bool wg_factor_f32(wg_op_context *op, size_t count, const void **factor)
{
    if (!op->bf16 || count == 0)
        return true;
    float *copy = wg_op_scratch(op, count * sizeof *copy);
    if (!copy)
        return false;
    wg_bf16_round(op->threads, count, *factor, copy);
    *factor = copy;
    return true;
}
