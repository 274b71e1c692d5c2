/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/lanes.h"

#include <wengert/op.h>
#include "kernels/lanes.h"

bool wg__is_batch_of_lanes(const wg_shape *shape)
{
    size_t lanes = wg__lanes(), count;
    return lanes && shape->rank == 4 && shape->dim[0] % lanes == 0 && wg_shape_count(shape, &count) &&
           count > 0;
}

bool wg__is_alike_in_lanes(const wg_shape *shape)
{
    return shape->rank == 0 || (shape->rank < 4 && shape->dim[shape->rank - 1] == 1) ||
           (shape->rank == 4 && shape->dim[0] == 1 && shape->dim[3] == 1);
}

unsigned wg_lanes_of_map(wg_op_context *op, double *saved)
{
    unsigned images = WG_LANES_RESULT(0) | WG_LANES_FOLDED;
    (void)saved;
    if (op->arity > 8 || !wg__is_batch_of_lanes(&op->out_shape[0]))
        return 0;
    for (size_t i = 0; i < op->arity; i++)
        if (wg_shape_equal(op->in_shape[i], &op->out_shape[0]))
            images |= WG_LANES_OPERAND(i);
        else if (!wg__is_alike_in_lanes(op->in_shape[i]))
            return 0;
    return images;
}
