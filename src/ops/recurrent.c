/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/recurrent.h"

#include <wengert/shaping.h>
#include "base/alloc.h"
#include "kernels/parallel.h"

enum { LEAST_BLOCK = 4, MOST_BLOCK = 16, BLOCKS = 2, MOST_GATES = 4 };

/* Two blocks or more, so that threads have something to share, of 4 to 16 samples: fewer would leave the
 * matrix product without rows to work on at once. */
wg_recurrent wg__recurrent_of(const wg_op_context *op)
{
    const wg_shape *gx = op->in_shape[0], *state = op->in_shape[1];
    size_t block = wg__chunks(gx->dim[1], BLOCKS);
    block = block < LEAST_BLOCK ? LEAST_BLOCK : block > MOST_BLOCK ? MOST_BLOCK : block;
    return (wg_recurrent){
        .steps = gx->dim[0], .samples = gx->dim[1], .hidden = state->dim[1], .block = block};
}

wg_status wg__recurrent_shape(wg_op_context *op, size_t gates, size_t states)
{
    for (size_t i = 0; i < op->arity; i++)
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is not floating", wg_op_operand(op, i));
    const wg_shape *gx = op->in_shape[0], *weight = op->in_shape[1 + states];
    size_t hidden = weight->dim[0];
    if (weight->rank != 2 || hidden > SIZE_MAX / MOST_GATES || weight->dim[1] != gates * hidden)
        return wg_op_fail(op, WG_BAD_SHAPE, "the state's weight %s must be [H, %zu H]",
            wg_op_operand(op, 1 + states), gates);
    if (gx->rank != 3 || gx->dim[2] != gates * hidden)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s must be [T, N, %zu], %zu times the H of %s",
            wg_op_operand(op, 0), gates * hidden, gates, wg_op_operand(op, 1 + states));
    wg_shape state = WG_SHAPE(gx->dim[1], hidden);
    for (size_t i = 1; i <= states; i++)
        if (!wg_shape_equal(op->in_shape[i], &state))
            return wg_op_fail(op, WG_BAD_SHAPE,
                "the state %s must be [%zu, %zu], the samples of %s and its H", wg_op_operand(op, i),
                state.dim[0], state.dim[1], wg_op_operand(op, 0));
    op->out_shape[0] = WG_SHAPE(gx->dim[0], gx->dim[1], hidden);
    return WG_OK;
}

wg_status wg__recurrent_keep(wg_op_context *op, size_t k, size_t parts)
{
    size_t bytes;
    if (!wg_shape_count(&op->out_shape[0], &bytes) || !wg__mul_size(bytes, parts, &bytes) ||
        !wg__mul_size(bytes, wg_dtype_size(op->dtype), &bytes))
        return wg_op_fail(op, WG_OVERFLOW, "%s is too large", wg_op_operand(op, 0));
    op->keep_bytes[k] = bytes + (bytes == 0); /* pointers go into it */
    return WG_OK;
}

wg_var wg__recurrent_step(wg_var gx, size_t t)
{
    wg_shape shape = wg_shape_of(gx);
    wg_var step = wg_slice(gx, 0, (ptrdiff_t)t, (ptrdiff_t)t + 1, 1);
    return wg_reshape(step, WG_SHAPE(shape.dim[1], shape.dim[2]));
}

wg_var wg__recurrent_gate(wg_var z, size_t i, size_t hidden)
{
    return wg_slice(z, 1, (ptrdiff_t)(i * hidden), (ptrdiff_t)((i + 1) * hidden), 1);
}

wg_var wg__recurrent_join(const wg_op_context *op, const wg_var *states)
{
    wg_recurrent s = wg__recurrent_of(op);
    if (s.steps == 0)
        return wg_slice(op->arg[0], 2, 0, (ptrdiff_t)s.hidden, 1); /* none: as empty as gx */
    return wg_stack(states, s.steps, 0);
}

double wg__recurrent_flops(const wg_op_context *op)
{
    const wg_shape *gx = op->in_shape[0], *h = op->in_shape[1];
    return 2 * (double)gx->dim[0] * (double)gx->dim[1] * (double)gx->dim[2] * (double)h->dim[1];
}
