/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* one_hot.c - y [.., classes] from index [..]: 1 at the index, 0 elsewhere. No gradient: the operand is
 * integer. */

#include <string.h>
#include <wengert/shaping.h>
#include "ops/axes.h"
#include "ops/ops.h"

/* The attribute is the number of classes. */
static wg_status one_hot_shape(wg_op_context *op)
{
    const wg_shape *index = op->in_shape[0];
    wg_status status = wg__op_needs_index(op, 0);
    if (status != WG_OK)
        return status;
    if (index->rank == WG_MAX_RANK)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s has no room for another axis", wg_op_operand(op, 0));
    op->out_shape[0].rank = index->rank + 1;
    op->out_shape[0].dim[index->rank] = *(const size_t *)op->attr;
    return WG_OK;
}

#define TEMPLATE "ops/one_hot_real.h"
#include "base/for_each_real.h"

static const wg_op_sample one_hot_samples[] = {
    {.label = "labels", .in = {{1, {5}}}, .int_below = {3}, .attr = &(const size_t){3}},
    {.label = "a matrix of labels", .in = {{2, {2, 3}}}, .int_below = {4}, .attr = &(const size_t){4}},
};

const wg_op wg__op_one_hot = {
    .name = "one_hot",
    .arity = 1,
    .attr_size = sizeof(size_t),
    .traits = WG_OP_ZERO_GRADIENT | WG_OP_PLAIN_ATTR,
    .shape = one_hot_shape,
    .forward_f64 = one_hot_f64,
    .forward_f32 = one_hot_f32,
    .formula = "one_hot(index)",
    .samples = one_hot_samples,
    .sample_count = sizeof one_hot_samples / sizeof one_hot_samples[0],
};

wg_var wg_one_hot(wg_var index, size_t classes)
{
    return wg_apply(&wg__op_one_hot, &index, 1, &classes);
}
