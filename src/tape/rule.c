/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* rule.c - running the rule of one node: its vjp, or the sweep over its expansion. */

#include "base/float_state.h"
#include "tape/engine.h"

#include <string.h>

/* What the rule said must fit the operands: a custom rule may be wrong. Its zeros, vars without a tape or
 * without a node, become one kind, which is what sweeps look for. */
static wg_status check_gradients(wg_frame *f, wg_var *grad_in)
{
    wg_engine *t = f->tape;
    for (size_t i = 0; i < f->op.arity; i++) {
        if (!grad_in[i].tape)
            grad_in[i] = wg__invalid(&t->head);
        if (!f->wanted[i] || grad_in[i].node == WG_NO_NODE)
            continue;
        if (grad_in[i].tape != &t->head || !wg__alive(t, grad_in[i]))
            return wg_op_fail(&f->op, WG_INVALID, "its rule returned no var for operand %zu", i);
        wg_view v = wg__view_of(t, grad_in[i].node);
        if (!wg_shape_equal(v.shape, f->in_shape[i]) || v.dtype != f->in_dtype[i]) {
            char text[192];
            return wg_op_fail(&f->op, WG_BAD_SHAPE, "its rule returned a gradient %s %s for %s",
                wg_dtype_name(v.dtype), wg_shape_text(v.shape, text, sizeof text), wg_op_operand(&f->op, i));
        }
    }
    return WG_OK;
}

/* Without a vjp: the expansion over operands that are nodes of their own (so that one operand that was
 * computed from another does not count twice), swept. */
static wg_status sweep_expansion(wg_frame *f, const wg_var *g, wg_var *grad_in)
{
    wg_engine *t = f->tape;
    wg_block *block = wg__block_take(&t->blocks, 3 * f->op.arity * sizeof(wg_var));
    if (!block)
        return WG_OUT_OF_MEMORY;
    wg_var *args = wg__block_data(block), *xs = args + f->op.arity, *out = xs + f->op.arity;
    const wg_var *original = f->op.arg;
    wg_var results[WG_MAX_RESULTS], ys[WG_MAX_RESULTS], seeds[WG_MAX_RESULTS];
    size_t nx = 0, ny = 0;
    for (size_t i = 0; i < f->op.arity; i++) {
        args[i] = wg_apply1(&wg__op_identity, original[i]);
        if (f->wanted[i])
            xs[nx++] = args[i];
    }
    for (size_t r = 0; r < f->op.results; r++)
        results[r] = wg__invalid(&t->head);
    f->op.arg = args;
    wg_status status = f->op.op->expand(&f->op, results);
    f->op.arg = original;
    for (size_t r = 0; r < f->op.results; r++)
        if (g[r].node != WG_NO_NODE)
            ys[ny] = results[r], seeds[ny++] = g[r];
    if (status == WG_OK)
        status = t->status;
    if (status == WG_OK)
        status = wg__grad_vars(t, ys, ny, seeds, xs, nx, out);
    for (size_t i = 0, j = 0; i < f->op.arity && status == WG_OK; i++)
        if (f->wanted[i])
            grad_in[i] = out[j++];
    wg__block_give(&t->blocks, block);
    return status;
}

wg_status wg__run_rule(wg_frame *f, const wg_var *g, wg_var *grad_in)
{
    wg_engine *t = f->tape;
    const wg_op *op = f->op.op;
    const wg_record *outer = t->rule_of;
    bool training = t->training;
    for (size_t i = 0; i < f->op.arity; i++)
        grad_in[i] = wg__invalid(&t->head);
    if (f->record && op->traits & WG_OP_RANDOM)
        t->rule_of = f->record;
    t->training = f->op.training;
    t->in_rule++;
    wg_float_state callers = wg__float_hold();
    wg_status status = op->vjp      ? op->vjp(&f->op, g, grad_in)
                       : op->expand ? sweep_expansion(f, g, grad_in)
                                    : WG_OK;
    wg__float_restore(&callers);
    t->in_rule--;
    t->training = training;
    t->rule_of = outer;
    if (status == WG_OK)
        status = t->status;
    return status == WG_OK ? check_gradients(f, grad_in)
                           : wg__fail(t, status, "%s: its rule failed", op->name);
}
