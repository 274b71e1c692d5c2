/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* dropout: x -> y like x;  y = mask x / (1 - p)
 *
 * The mask is nowhere stored: a function of the node's key and the element's number makes it anew. The
 * operation is linear in x and its own adjoint, so its rule is dropout again, for which the engine lends this
 * node's key. */

#include <stdint.h>
#include <wengert/norm.h>
#include <wengert/op.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/philox.h"
#include "ops/ops.h"

struct dropout {
    double p;
};

enum { CHUNK = 256 * WG_PHILOX_WORDS };

static wg_status shape(wg_op_context *op)
{
    const struct dropout *attr = op->attr;
    if (op->in_dtype[0] == WG_I32)
        return wg_op_fail(op, WG_BAD_DTYPE, "%s is not floating", wg_op_operand(op, 0));
    if (!(attr->p >= 0 && attr->p < 1))
        return wg_op_fail(op, WG_INVALID, "the probability of dropping, %g, is not in 0 <= p < 1", attr->p);
    return WG_OK;
}

#define TEMPLATE "ops/dropout_real.h"
#include "base/for_each_real.h"

static wg_status vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    grad_in[0] = wg_apply(&wg__op_dropout, g, 1, op->attr);
    return WG_OK;
}

wg_var wg_dropout(wg_var x, double p)
{
    bool identity = p == 0 || (p > 0 && p < 1 && !wg_tape_training(wg_tape_of(x)));
    return identity && wg_dtype_of(x) != WG_I32 ? x : wg_apply(&wg__op_dropout, &x, 1, &(struct dropout){p});
}

static const wg_op_sample samples[] = {
    {"half", .in = {{2, {5, 7}}}, .attr = &(const struct dropout){0.5}, .training = true},
    {"a tenth", .in = {{1, {70}}}, .attr = &(const struct dropout){0.1}, .training = true},
    {"nothing", .in = {{3, {2, 3, 2}}}, .attr = &(const struct dropout){0}, .training = true},
};

const wg_op wg__op_dropout = {.name = "dropout",
    .arity = 1,
    .attr_size = sizeof(struct dropout),
    .traits = WG_OP_MAP | WG_OP_RANDOM | WG_OP_IN_PLACE | WG_OP_PLAIN_ATTR,
    .shape = shape,
    .forward_f64 = dropout_forward_f64,
    .forward_f32 = dropout_forward_f32,
    .vjp = vjp,
    .formula = "mask x / (1 - p)",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
