/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* grad.c - the reverse sweep in vars: wg_grad. The rules' operations stay on the tape, and can be swept
 * again.
 *
 * Only nodes that are descendants of the xs and ancestors of the ys take part, found by a pass up and the
 * sweep down over the nodes between the lowest x and the highest y:
 *
 *     lowest x ---- up: below[i] = is an x, or has an operand below ----> highest y
 *              <--- down: adjoint[i] = the var that holds dL/d node i --- */

#include "tape/engine.h"

#include <string.h>

typedef struct wg_way {
    wg_engine *tape;
    uint32_t low, high; /* nodes low .. high */
    uint8_t *below;     /* a descendant of the xs */
    uint32_t *adjoint;  /* the node of the var, or WG_NO_NODE */
    wg_block *block;
} wg_way;

static bool open_way(wg_way *w, wg_engine *t, const wg_var *ys, size_t ny, const wg_var *xs, size_t nx)
{
    *w = (wg_way){.tape = t, .low = WG_NO_NODE, .high = 0};
    for (size_t i = 0; i < nx; i++)
        w->low = xs[i].node < w->low ? xs[i].node : w->low;
    for (size_t i = 0; i < ny; i++)
        w->high = ys[i].node > w->high ? ys[i].node : w->high;
    if (w->low > w->high)
        return true; /* nothing between */
    size_t n = (size_t)w->high - w->low + 1;
    w->block = wg__block_take(&t->blocks, n * (sizeof *w->adjoint + 1));
    if (!w->block)
        return false;
    w->adjoint = wg__block_data(w->block);
    w->below = (uint8_t *)(w->adjoint + n);
    memset(w->adjoint, 0xff, n * sizeof *w->adjoint);
    memset(w->below, 0, n);
    for (size_t i = 0; i < nx; i++)
        if (xs[i].node <= w->high)
            w->below[xs[i].node - w->low] = 1;
    return true;
}

static bool is_below(const wg_way *w, uint32_t node)
{
    return node >= w->low && node <= w->high && w->below[node - w->low];
}

/* A cut node, or an operation without a gradient, ends every way through it. */
static bool operand_below(const wg_way *w, uint32_t node)
{
    const wg_engine *t = w->tape;
    if (t->head.codes[node] & WG_CODE_CUT)
        return false;
    const wg_record *record = wg__record_of(t, node);
    if (!record) {
        size_t operands = wg__operand_count(wg__code(t, node));
        const wg_step *s = &t->head.steps[node];
        return (operands > 0 && is_below(w, s->a)) || (operands > 1 && is_below(w, s->b));
    }
    bool some = false;
    if (!(record->op->traits & WG_OP_ZERO_GRADIENT))
        for (size_t i = 0; i < record->arity && !some; i++)
            some = is_below(w, record->args[i]);
    return some;
}

static void mark_below(wg_way *w)
{
    for (uint32_t node = w->low; node <= w->high; node++)
        if (!w->below[node - w->low])
            w->below[node - w->low] = operand_below(w, node);
}

static wg_status contribute(wg_way *w, uint32_t node, wg_var g)
{
    wg_engine *t = w->tape;
    uint32_t *adjoint = &w->adjoint[node - w->low];
    if (*adjoint != WG_NO_NODE)
        g = wg_add(wg__var_of(t, *adjoint), g);
    if (g.node == WG_NO_NODE)
        return t->status;
    *adjoint = g.node;
    return WG_OK;
}

/* The frame of a bare step: its operands and plain numbers as those of a recorded operation. */
static bool open_step(wg_frame *f, wg_engine *t, uint32_t node, wg_numbers *numbers)
{
    unsigned code = wg__code(t, node);
    const wg_step s = t->head.steps[node];
    size_t n = wg__number_count(code);
    *numbers = (wg_numbers){n > 0 ? t->head.numbers[s.b] : 0, n > 1 ? t->head.numbers[s.b + 1] : 0};
    if (!wg__frame_open(
            f, t, &wg__formula_ops[code], numbers, (uint32_t[]){s.a, s.b}, wg__operand_count(code), 1))
        return false;
    f->node = node;
    f->result[0] = wg__var_of(t, node);
    f->op.count = 1;
    return true;
}

/* The upstream gradients of a node: its own adjoint, or those of its projections, which come right after it.
 */
static void upstream(const wg_way *w, const wg_frame *f, uint32_t node, wg_var *g)
{
    for (size_t r = 0; r < f->op.results; r++) {
        size_t at = node + (f->op.results > 1 ? 1 + r : 0);
        uint32_t adjoint = at <= w->high ? w->adjoint[at - w->low] : WG_NO_NODE;
        g[r] = adjoint == WG_NO_NODE ? wg__invalid(&w->tape->head) : wg__var_of(w->tape, adjoint);
    }
}

static bool any_upstream(const wg_frame *f, const wg_var *g)
{
    for (size_t r = 0; r < f->op.results; r++)
        if (g[r].node != WG_NO_NODE)
            return true;
    return false;
}

/* What operand 0 has been given so far, for an operation that adds its part to it; it is then no longer the
 * operand's adjoint, but part of that to come. */
static wg_var take_sum(wg_way *w, const wg_frame *f)
{
    wg_var none = wg__invalid(&w->tape->head);
    if (!wg__adds_gradient(f))
        return none;
    uint32_t *adjoint = &w->adjoint[f->arg[0].node - w->low], node = *adjoint;
    *adjoint = WG_NO_NODE;
    return node == WG_NO_NODE ? none : wg__var_of(w->tape, node);
}

static wg_status sweep_node(wg_way *w, uint32_t node)
{
    wg_engine *t = w->tape;
    wg_record *record = wg__record_of(t, node);
    if (record && (record->arity == 0 || record->op == &wg__op_projection))
        return WG_OK; /* a projection's adjoint is picked up by its parent */
    wg_frame frame;
    wg_numbers numbers;
    wg_var g[WG_MAX_RESULTS];
    bool open = record ? wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity,
                             record->results)
                       : open_step(&frame, t, node, &numbers);
    wg_status status = open ? WG_OK : WG_OUT_OF_MEMORY;
    if (open && record)
        wg__frame_record(&frame, record);
    if (open)
        upstream(w, &frame, node, g);
    if (open && any_upstream(&frame, g)) {
        for (size_t i = 0; i < frame.op.arity; i++)
            frame.wanted[i] = is_below(w, frame.arg[i].node) && frame.in_dtype[i] != WG_I32;
        status = wg__can_record_gradient(&frame)
                     ? wg__record_gradient(&frame, g, take_sum(w, &frame), frame.grad_var)
                     : wg__run_rule(&frame, g, frame.grad_var);
        for (size_t i = 0; i < frame.op.arity && status == WG_OK; i++)
            if (frame.wanted[i] && frame.grad_var[i].node != WG_NO_NODE)
                status = contribute(w, frame.arg[i].node, frame.grad_var[i]);
    }
    wg__frame_close(&frame);
    return status;
}

/* An x that is reached on the way to a lower x goes on being swept: both get theirs. */
static wg_status sweep(wg_way *w)
{
    wg_status status = WG_OK;
    for (uint32_t node = w->high; status == WG_OK; node--) {
        size_t i = node - w->low;
        const wg_record *record = wg__record_of(w->tape, node);
        bool parent = record && record->results > 1;
        if (w->below[i] && (parent || w->adjoint[i] != WG_NO_NODE) && operand_below(w, node))
            status = sweep_node(w, node);
        if (node == w->low)
            break;
    }
    return status;
}

wg_status wg__grad_vars(
    wg_engine *t, const wg_var *ys, size_t ny, const wg_var *seeds, const wg_var *xs, size_t nx, wg_var *out)
{
    wg_way way;
    if (!open_way(&way, t, ys, ny, xs, nx))
        return wg__fail(t, WG_OUT_OF_MEMORY, "grad: out of memory");
    wg_status status = WG_OK;
    if (way.block) {
        mark_below(&way);
        for (size_t i = 0; i < ny && status == WG_OK; i++)
            if (is_below(&way, ys[i].node)) {
                wg_var seed = seeds && seeds[i].node != WG_NO_NODE ? seeds[i] : wg_const_like(ys[i], 1);
                status = contribute(&way, ys[i].node, seed);
            }
        if (status == WG_OK)
            status = sweep(&way);
    }
    for (size_t j = 0; j < nx && status == WG_OK; j++) {
        uint32_t adjoint =
            way.block && xs[j].node <= way.high ? way.adjoint[xs[j].node - way.low] : WG_NO_NODE;
        out[j] = adjoint == WG_NO_NODE ? wg_const_like(xs[j], 0) : wg__var_of(t, adjoint);
        status = t->status;
    }
    wg__block_give(&t->blocks, way.block);
    return status;
}

static wg_status check_seeds(wg_engine *t, const wg_var *ys, size_t ny, const wg_var *seeds)
{
    for (size_t i = 0; i < ny && seeds; i++) {
        wg_view y = wg__view_of(t, ys[i].node), s = wg__view_of(t, seeds[i].node);
        char ours[192], theirs[192];
        if (!wg_shape_equal(y.shape, s.shape) || y.dtype != s.dtype)
            return wg__fail(t, WG_BAD_SHAPE, "grad: seed %zu is %s, its y is %s", i,
                wg_shape_text(s.shape, theirs, sizeof theirs), wg_shape_text(y.shape, ours, sizeof ours));
    }
    return WG_OK;
}

wg_status wg_grad(const wg_var *ys, size_t ny, const wg_var *seeds, const wg_var *xs, size_t nx, wg_var *out)
{
    wg_tape *tape = NULL, *other = NULL;
    for (size_t j = 0; out && j < nx; j++)
        out[j] = wg__invalid(ny && ys ? ys[0].tape : NULL);
    if (!ny || !ys || (nx && (!xs || !out)))
        return WG_INVALID;
    wg_engine *t = wg__common_tape("grad", ys, ny, &tape);
    for (size_t j = 0; j < nx; j++)
        out[j] = wg__invalid(tape);
    if (t && nx && !wg__common_tape("grad", xs, nx, &other))
        return wg__fail(t, other ? wg_tape_status(other) : WG_INVALID, "grad: an x is no live var");
    if (t && nx && other != tape)
        return wg__fail(t, WG_TWO_TAPES, "grad: ys and xs live on two tapes");
    if (t && seeds && !wg__common_tape("grad", seeds, ny, &other))
        return wg__fail(t, other ? wg_tape_status(other) : WG_INVALID, "grad: a seed is no live var");
    if (t && seeds && other != tape)
        return wg__fail(t, WG_TWO_TAPES, "grad: ys and seeds live on two tapes");
    if (!t)
        return tape ? wg_tape_status(tape) : WG_INVALID;
    for (size_t i = 0; i < ny; i++)
        if (wg__view_of(t, ys[i].node).dtype == WG_I32)
            return wg__fail(t, WG_BAD_DTYPE, "grad: integers have no gradient");
    for (size_t j = 0; j < nx; j++)
        if (wg__view_of(t, xs[j].node).dtype == WG_I32)
            return wg__fail(t, WG_BAD_DTYPE, "grad: there is no gradient towards integers");
    if (wg__check_fresh(t, "grad") != WG_OK) {
        t->unstuck.status = t->status; /* what is done with the results repeats it */
        memcpy(t->unstuck.message, t->message, sizeof t->message);
        t->status = WG_OK; /* a replay mends it, or nothing does: the error need not stick */
        wg__update_fast(t);
        return t->unstuck.status;
    }
    wg_status status = check_seeds(t, ys, ny, seeds);
    if (status == WG_OK)
        status = wg__grad_vars(t, ys, ny, seeds, xs, nx, out);
    for (size_t j = 0; j < nx && status != WG_OK; j++)
        out[j] = wg__invalid(tape);
    return status == WG_OK ? WG_OK : wg__fail(t, status, "grad: %s", wg_status_text(status));
}

wg_var wg_grad1(wg_var y, wg_var x)
{
    wg_var out = wg__invalid(y.tape ? y.tape : x.tape);
    wg_grad(&y, 1, NULL, &x, 1, &out);
    return out;
}
