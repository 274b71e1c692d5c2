/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradient_of.c - "gradient of X", the one operation that the engine makes of every fused operation X.
 *
 *     operands   x_1 .. x_n of X, y_1 .. y_m its results, g_j for each result that has an upstream gradient;
 *                of a kernel that adds, in a plan: what the gradient towards x_1 is so far
 *     results    dL/dx_i for each wanted i
 *     forward    X's fused backward kernel
 *     rule       a sweep over X's expansion E:  G_i = sum_j g_j dE_j/dx_i,  then  sum_i h_i dG_i/d(x, g)
 *
 * So the first order stays one kernel, and any order exists. X's results are operands so that the order of
 * the tape says what the kernel reads; the rule gives them no gradient, since E is computed from the x anew.
 */

#include "tape/engine.h"

#include <stdio.h>
#include <string.h>

enum { MOST = WG_MAX_RESULTS };

typedef struct gradient_attr {
    uint32_t node; /* of X */
    size_t arity, results;
    unsigned ignores;    /* X's backward_ignores */
    bool wanted[MOST];   /* per operand of X */
    bool upstream[MOST]; /* per result of X */
    bool sum;            /* the last operand is what result 0 begins with */
} gradient_attr;

static wg_record *of(wg_op_context *op)
{
    const gradient_attr *attr = op->attr;
    wg_frame *f = op->engine;
    return wg__record_of(f->tape, attr->node);
}

static wg_status gradient_shape(wg_op_context *op)
{
    const gradient_attr *attr = op->attr;
    for (size_t i = 0, r = 0; i < attr->arity; i++)
        if (attr->wanted[i]) {
            op->out_shape[r] = *op->in_shape[i];
            op->out_dtype[r++] = op->in_dtype[i];
        }
    return WG_OK;
}

static bool adds(const wg_op *op, const bool *wanted)
{
    return op->traits & WG_OP_ADDS_GRADIENT && wanted[0];
}

/* What X's kernel adds to: what there is so far, which lies there already if a plan could arrange it, or
 * zeros. */
static void begin_sum(const wg_op_context *op, const gradient_attr *attr)
{
    size_t bytes = op->count * wg_dtype_size(op->dtype);
    const void *sum = attr->sum ? op->in[op->arity - 1] : NULL;
    if (!sum)
        memset(op->out[0], 0, bytes);
    else if (sum != op->out[0] && bytes)
        memcpy(op->out[0], sum, bytes);
}

/* X's kernel in a frame of X's own, writing into this node's results. */
static wg_status gradient_forward(wg_op_context *op)
{
    const gradient_attr *attr = op->attr;
    wg_frame *outer = op->engine, frame;
    wg_engine *t = outer->tape;
    wg_record *record = of(op);
    wg_status status = WG_OUT_OF_MEMORY;
    if (wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg__frame_record(&frame, record);
        wg__frame_load(&frame);
        for (size_t r = 0; r < record->results; r++)
            if (record->result[r].scalar)
                wg__frame_slot_set(&frame, &frame.out_slot[r],
                    record->results == 1 ? t->head.steps[record->node].value : record->result[r].value);
        for (size_t r = 0, j = attr->arity + attr->results; r < attr->results; r++)
            frame.upstream[r] = attr->upstream[r] ? op->in[j++] : NULL;
        for (size_t i = 0, r = 0; i < attr->arity; i++) {
            frame.wanted[i] = attr->wanted[i];
            frame.grad_in[i] = attr->wanted[i] ? op->out[r++] : NULL;
        }
        if (adds(record->op, attr->wanted))
            begin_sum(op, attr);
        frame.op.backward = true;
        status =
            op->dtype == WG_F32 ? record->op->backward_f32(&frame.op) : record->op->backward_f64(&frame.op);
    }
    wg__frame_close(&frame);
    return status;
}

/* Nodes of their own with the same values, see rule.c. */
static wg_status aliases(wg_engine *t, const wg_var *x, size_t n, wg_var *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = wg_apply1(&wg__op_identity, x[i]);
    return t->status;
}

static wg_status gradient_vjp(wg_op_context *op, const wg_var *h, wg_var *grad_in)
{
    const gradient_attr *attr = op->attr;
    wg_frame *f = op->engine, frame;
    wg_engine *t = f->tape;
    wg_record *record = of(op);
    size_t n = attr->arity, m = attr->results, first = n + m, ng = op->arity - first;
    wg_var xs[2 * MOST], ys[MOST], y[MOST], seeds[MOST], wanted[MOST], first_order[MOST], out[2 * MOST];
    wg_var *gs = xs + n; /* aliases of operands and upstream gradients, one list */
    wg_status status = aliases(t, op->arg, n, xs);
    if (status == WG_OK)
        status = aliases(t, op->arg + first, ng, gs);
    for (size_t r = 0; r < m; r++)
        y[r] = wg__invalid(&t->head);
    if (status == WG_OK &&
        wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg__frame_record(&frame, record);
        frame.op.arg = xs;
        status = record->op->expand(&frame.op, y);
        wg__frame_close(&frame);
    }
    size_t ny = 0, nw = 0, nh = 0;
    for (size_t r = 0; r < m; r++)
        if (attr->upstream[r])
            ys[ny] = y[r], seeds[ny] = gs[ny], ny++;
    for (size_t i = 0; i < n; i++)
        if (attr->wanted[i])
            wanted[nw++] = xs[i];
    if (status == WG_OK)
        status = t->status;
    bool twice = t->twice;
    t->twice = true;
    if (status == WG_OK)
        status = wg__grad_vars(t, ys, ny, seeds, wanted, nw, first_order);
    t->twice = twice;
    for (size_t r = 0; r < nw; r++)
        if (h[r].node != WG_NO_NODE)
            first_order[nh] = first_order[r], seeds[nh++] = h[r];
    if (status == WG_OK)
        status = wg__grad_vars(t, first_order, nh, seeds, xs, n + ng, out);
    for (size_t i = 0; i < n && status == WG_OK; i++)
        grad_in[i] = op->in_dtype[i] == WG_I32 ? wg__invalid(&t->head) : out[i];
    for (size_t j = 0; j < ng && status == WG_OK; j++)
        grad_in[first + j] = out[n + j];
    return status;
}

const wg_op wg__op_gradient = {.name = "gradient",
    .arity = WG_VARIADIC,
    .attr_size = sizeof(gradient_attr),
    .shape = gradient_shape,
    .forward_f64 = gradient_forward,
    .forward_f32 = gradient_forward,
    .vjp = gradient_vjp};

/* A map's kernel declines operands that were broadcast, and gradients that are the upstream one itself; what
 * is computed in double has its gradient in double, by the rule. */
static bool declines(const wg_frame *f)
{
    const wg_op *op = f->op.op;
    bool passes_on = true;
    if (op->scalar && op->traits & WG_OP_MAP && f->record->result[0].scalar)
        return true;
    if (!(op->traits & WG_OP_MAP))
        return false;
    for (size_t i = 0; i < f->op.arity; i++) {
        if (!wg_shape_equal(f->in_shape[i], &f->out_shape[0]))
            return true;
        passes_on = passes_on && (!f->wanted[i] || op->passes_on >> i & 1);
    }
    return passes_on;
}

/* An op with a vjp records that, but in a plan, and in a rule that a sweep runs: those gradients are seldom
 * differentiated, and run as kernels, the same in both, so that they have the same bits. Else this is for an op
 * that has only an expansion beside its kernel. */
bool wg__can_record_gradient(const wg_frame *f)
{
    const wg_op *op = f->op.op;
    if (!f->record || f->op.arity > MOST)
        return false;
    if ((f->tape->planning || f->tape->sweeping) && !f->tape->twice)
        return (f->op.dtype == WG_F32 ? op->backward_f32 : op->backward_f64) && !declines(f);
    return op->backward_f64 && op->backward_f32 && !op->vjp && op->expand;
}

/* Nobody differentiates a plan's gradients, so that the sum needs no rule; and a number is added to as a
 * double. */
bool wg__adds_gradient(const wg_frame *f)
{
    const wg_engine *t = f->tape;
    return t->planning && !t->twice && adds(f->op.op, f->wanted) && !wg__view_of(t, f->arg[0].node).scalar;
}

size_t wg__gradient_sum(const wg_record *record)
{
    const gradient_attr *attr = record->attr;
    return record->op == &wg__op_gradient && attr->sum ? record->arity - 1 : SIZE_MAX;
}

bool wg__gradient_reads(const wg_record *record, size_t i)
{
    const gradient_attr *attr = record->attr;
    size_t n = attr->arity, m = attr->results;
    return i >= n + m || !(attr->ignores & (i < n ? WG_IGNORES_OPERAND(i) : WG_IGNORES_RESULT(i - n)));
}

bool wg__gradient_wants(const wg_record *record, size_t i)
{
    const gradient_attr *attr = record->attr;
    return i < attr->arity && attr->wanted[i];
}

size_t wg__gradient_place(const wg_record *record, size_t i)
{
    const gradient_attr *attr = record->attr;
    size_t before = attr->arity + attr->results, r = 0;
    if (i < before)
        return i;
    if (i == wg__gradient_sum(record))
        return before + attr->results;
    for (size_t left = i - before; left > 0 || !attr->upstream[r]; r++)
        left -= attr->upstream[r];
    return before + r;
}

uint32_t wg__gradient_node(const wg_record *record)
{
    const gradient_attr *attr = record->attr;
    return attr->node;
}

static void name_gradient(const wg_frame *f, wg_var gradient)
{
    char name[96];
    snprintf(name, sizeof name, "gradient of %.60s", wg__title(f->op.op, f->op.attr));
    wg_set_name(gradient, name);
}

/* The node for the operands that are wanted. */
static wg_status record_wanted(
    wg_frame *f, const bool *wanted_in, const wg_var *g, wg_var so_far, wg_var *grad_in)
{
    wg_engine *t = f->tape;
    gradient_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.node = f->node;
    attr.arity = f->op.arity;
    attr.results = f->op.results;
    attr.ignores = f->op.op->backward_ignores;
    wg_var args[3 * MOST + 1], out[MOST];
    size_t n = 0, wanted = 0;
    for (size_t i = 0; i < attr.arity; i++) {
        args[n++] = f->op.arg[i];
        attr.wanted[i] = wanted_in[i];
        wanted += wanted_in[i];
    }
    for (size_t r = 0; r < attr.results; r++)
        args[n++] = f->result[r];
    for (size_t r = 0; r < attr.results; r++)
        if (g[r].node != WG_NO_NODE) {
            attr.upstream[r] = true;
            args[n++] = g[r];
        }
    attr.sum = so_far.node != WG_NO_NODE;
    if (attr.sum)
        args[n++] = so_far;
    bool training = t->training;
    t->training = f->op.training;
    wg_status status = wg__record_op(t, &wg__op_gradient, args, n, &attr, wanted, out);
    t->training = training;
    for (size_t i = 0, r = 0; i < attr.arity && status == WG_OK; i++)
        if (attr.wanted[i]) {
            grad_in[i] = out[r++];
            if (!t->planning && !t->sweeping) /* a plan calls it so itself, a sweep forgets it */
                name_gradient(f, grad_in[i]);
        }
    return status;
}

/* A plan may finish each gradient in a way of its own: one node for each. */
static wg_status record_one_by_one(wg_frame *f, const wg_var *g, wg_var so_far, wg_var *grad_in)
{
    wg_status status = WG_OK;
    for (size_t i = 0; i < f->op.arity && status == WG_OK; i++) {
        bool one[MOST] = {false};
        one[i] = true;
        if (f->wanted[i])
            status = record_wanted(f, one, g, i == 0 ? so_far : wg__invalid(&f->tape->head), grad_in);
    }
    return status;
}

wg_status wg__record_gradient(wg_frame *f, const wg_var *g, wg_var so_far, wg_var *grad_in)
{
    bool apart = f->tape->planning && wg__finishes_several(f->op.op);
    return apart ? record_one_by_one(f, g, so_far, grad_in) : record_wanted(f, f->wanted, g, so_far, grad_in);
}
