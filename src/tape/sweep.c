/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sweep.c - the reverse sweep in numbers: wg_backward.
 *
 * A loop over the tape from y down, over what was reached. Bare steps go through the generated loop of
 * formula.c. A node with a record runs its fused kernel, or else its rule: the rule's operations land past
 * the end of the tape, what they computed is added to the operands' adjoints, and the tape goes back. An
 * adjoint starts as the first contribution's own block; later ones are added into it. */

#include "tape/engine.h"
#include "base/element.h"

#include <string.h>

bool wg__reserve_sweep(wg_engine *t)
{
    size_t capacity = t->head.capacity;
    if (t->sweep_capacity >= capacity)
        return true;
    wg__mem_free(&t->memory, t->adjoints, t->sweep_capacity * sizeof *t->adjoints);
    wg__mem_free(&t->memory, t->reached, t->sweep_capacity);
    t->sweep_capacity = 0;
    t->adjoints = wg__mem_new(&t->memory, capacity * sizeof *t->adjoints);
    t->reached = wg__mem_new(&t->memory, capacity);
    if (t->adjoints && t->reached) {
        t->sweep_capacity = capacity;
        return true;
    }
    wg__mem_free(&t->memory, t->adjoints, capacity * sizeof *t->adjoints);
    wg__mem_free(&t->memory, t->reached, capacity);
    t->adjoints = NULL;
    t->reached = NULL;
    return false;
}

static wg_status sweep(wg_engine *t, uint32_t y)
{
    for (uint32_t node = y; node != WG_NO_NODE; node--) {
        node = wg__sweep_steps(t, node);
        if (node == WG_NO_NODE)
            break;
        wg_status status = wg__sweep_record(t, wg__record_of(t, node));
        if (status == WG_OK && t->status != WG_OK)
            status = t->status;
        if (status != WG_OK)
            return status;
    }
    return wg__bounds_accumulate(t, y);
}

static wg_status check(wg_engine *t, wg_var y)
{
    if (t->status != WG_OK)
        return t->status;
    char text[WG_NODE_TEXT];
    const wg_error *unstuck = wg__unstuck(t, y);
    if (!wg__alive(t, y) && unstuck)
        return wg__fail(t, unstuck->status, "backward: %s", unstuck->message);
    if (!wg__alive(t, y))
        return wg__fail(t, y.epoch ? WG_DEAD_VAR : WG_INVALID, "backward: the var is dead, or never was one");
    if (wg__check_bounds(t, "backward") != WG_OK)
        return t->status;
    if (!wg__view_of(t, y.node).valued)
        return wg__fail(t, WG_NO_VALUE, "backward: %s has no value yet: set the inputs and call wg_replay",
            wg__node_text(t, y.node, text));
    if (wg__view_of(t, y.node).dtype == WG_I32)
        return wg__fail(t, WG_BAD_DTYPE, "backward: integers have no gradient");
    return wg__check_fresh(t, "backward");
}

static wg_status seed_node(wg_engine *t, wg_var y, const wg_array *seed)
{
    wg_record *record = wg__record_of(t, y.node);
    double one = 1;
    wg_array ones = {.data = &one, .dtype = WG_F64};
    if (!record || record->result[0].scalar) {
        const wg_array *s = seed ? seed : &ones;
        t->adjoints[y.node] +=
            s->dtype == WG_F32 ? (double)*(const float *)s->data : *(const double *)s->data;
        return WG_OK;
    }
    wg_result *result = &record->result[0];
    size_t size = wg_dtype_size(result->dtype);
    wg_block *block = wg__block_take(&t->blocks, result->count * size);
    if (!block)
        return WG_OUT_OF_MEMORY;
    for (size_t i = 0; i < result->count; i++) {
        double s = seed ? wg__element_at(seed->data, seed->dtype, i) : 1;
        if (result->dtype == WG_F32)
            ((float *)wg__block_data(block))[i] = (float)s;
        else
            ((double *)wg__block_data(block))[i] = s;
    }
    return wg__contribute(t, result, block, NULL);
}

/* From several vars: the sweep starts at the highest, and finds the others seeded on its way down. */
static wg_status backward(wg_engine *t, const wg_var *ys, size_t ny, const wg_array *seeds)
{
    uint32_t high = 0;
    wg_status status = WG_OK;
    for (size_t i = 0; i < ny; i++)
        high = ys[i].node > high ? ys[i].node : high;
    wg__release_gradients(t);
    if (!wg__reserve_sweep(t))
        return wg__fail(
            t, WG_OUT_OF_MEMORY, "backward: no memory for the adjoints of %u nodes", t->head.count);
    memset(t->adjoints, 0, ((size_t)high + 1) * sizeof *t->adjoints);
    memset(t->reached, 0, (size_t)high + 1);
    for (size_t i = 0; i < ny && status == WG_OK; i++) {
        t->reached[ys[i].node] = 1;
        status = seed_node(t, ys[i], seeds ? &seeds[i] : NULL);
    }
    if (status == WG_OK)
        status = sweep(t, high);
    if (status == WG_OK) {
        t->swept = high + 1;
        t->swept_end = t->head.count;
        return WG_OK;
    }
    wg__release_gradients(t);
    return wg__fail(t, status, "backward: %s", wg_status_text(status));
}

/* The recording is whole whatever became of the sweep: its error does not stick, but its message stays to be
 * read. */
static wg_status end_sweep(wg_engine *t, wg_status status)
{
    if (status == WG_OK)
        t->message[0] = 0;
    t->status = WG_OK;
    wg__update_fast(t);
    return status;
}

wg_status wg_backward(wg_var y)
{
    wg_engine *t = wg__engine_of(y.tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    wg_status status = check(t, y);
    if (status == WG_OK && wg_count_of(y) != 1) {
        char text[192], node[WG_NODE_TEXT];
        status = wg__fail(t, WG_NOT_SCALAR,
            "backward: needs a scalar, not %s %s: sum it, or use wg_backward_from",
            wg__node_text(t, y.node, node), wg_shape_text(wg__view_of(t, y.node).shape, text, sizeof text));
    }
    return end_sweep(t, status == WG_OK ? backward(t, &y, 1, NULL) : status);
}

static wg_status check_seed(wg_engine *t, wg_var y, const wg_array *seed)
{
    char ours[192], theirs[192];
    wg_shape shape = *wg__view_of(t, y.node).shape;
    if (!wg_shape_equal(&shape, &seed->shape))
        return wg__fail(t, WG_BAD_SHAPE, "backward: a seed of %s for a var of %s",
            wg_shape_text(&seed->shape, theirs, sizeof theirs), wg_shape_text(&shape, ours, sizeof ours));
    if ((seed->dtype != WG_F64 && seed->dtype != WG_F32) || (wg_count_of(y) && !seed->data))
        return wg__fail(t, WG_BAD_DTYPE, "backward: the seed holds no floating numbers");
    return WG_OK;
}

wg_status wg_backward_from(wg_var y, wg_array seed)
{
    return wg_backward_all(&y, 1, &seed);
}

wg_status wg_backward_all(const wg_var *ys, size_t ny, const wg_array *seeds)
{
    wg_engine *t = ys && ny ? wg__engine_of(ys[0].tape) : NULL;
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    wg_status status = WG_OK;
    for (size_t i = 0; i < ny && status == WG_OK; i++) {
        status = ys[i].tape == &t->head ? check(t, ys[i])
                                        : wg__fail(t, WG_TWO_TAPES, "backward: the vars live on two tapes");
        if (status == WG_OK && seeds)
            status = check_seed(t, ys[i], &seeds[i]);
    }
    return end_sweep(t, status == WG_OK ? backward(t, ys, ny, seeds) : status);
}

wg_var wg_keep_grad(wg_var x)
{
    wg_engine *t = wg__engine_of(x.tape);
    if (t && wg__alive(t, x) && wg__record_of(t, x.node))
        wg__record_of(t, x.node)->keep_gradient = true;
    return x;
}
