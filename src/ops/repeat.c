/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/repeat.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

bool wg__repeat_of(const wg_op *op, const void *attr, bool backward, const wg_shape *whole,
    const wg_shape *operand, wg_repeat *repeat)
{
    wg_runs runs;
    if (!backward) {
        *repeat = (wg_repeat){*operand, 1};
        return op == &wg__op_broadcast_to;
    }
    if (!wg__sum_runs(op, attr, whole, &runs))
        return false;
    *repeat = (wg_repeat){wg__sum_kept_shape(op, attr, whole), op == &wg__op_mean ? (double)runs.terms : 1};
    return true;
}
