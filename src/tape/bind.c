/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bind.c - memory of the caller's as leaves: parameters. What a sweep found is added to their gradients at
 * its end, so that a failed sweep adds nothing. */

#include "tape/engine.h"

#include <string.h>

/* Parameters come in the same order at each step: look at the next one first. */
static wg_bound *find(wg_engine *t, const void *owner, size_t index)
{
    for (size_t i = 0; i < t->bound_count; i++) {
        size_t at = (t->bound_next + i) % t->bound_count;
        wg_bound *bound = t->bounds[at];
        if (bound->binding.owner == owner && bound->binding.index == index) {
            t->bound_next = at + 1;
            return bound;
        }
    }
    return NULL;
}

static void forget(wg_engine *t, wg_bound *bound)
{
    wg__let_go(&bound->holder);
    wg__block_give(&t->blocks, bound->own);
    wg__mem_free(&t->memory, bound, sizeof *bound);
}

/* A binding that is on no recording, and has no gradient, is made anew when it is met again. */
static void drop_unused(wg_engine *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->bound_count; i++)
        if (wg_is_valid(t->bounds[i]->var) || t->bounds[i]->own)
            t->bounds[kept++] = t->bounds[i];
        else
            forget(t, t->bounds[i]);
    t->bound_count = kept;
    t->bound_next = 0;
}

static bool lies_in(const void *memory, const void *begin, size_t bytes)
{
    return memory && begin && (uintptr_t)memory - (uintptr_t)begin < bytes;
}

/* Memory that is gone is nobody's value or gradient: the parameter's, what is another name for it (reshape),
 * and what a plan placed there. */
static void forget_memory(wg_engine *t, const wg_binding *b, size_t bytes)
{
    for (size_t i = 0; i < t->record_count; i++)
        for (size_t r = 0; r < t->records[i]->results; r++) {
            wg_result *result = &t->records[i]->result[r];
            if (lies_in(result->data, b->data, bytes) || lies_in(result->data, b->gradient, bytes)) {
                t->records[i]->valued = false;
                result->data = NULL;
            }
            if (lies_in(result->gradient, b->gradient, bytes)) {
                result->has_gradient = false;
                result->gradient = NULL;
            }
        }
}

/* The owner is freed. Nothing fails yet: whoever frees the tape next has done no harm. */
static void owner_gone(void *keeper)
{
    wg_bound *bound = keeper;
    wg_engine *t = wg__engine_of(bound->var.tape);
    size_t count = 0;
    wg_shape_count(&bound->binding.shape, &count);
    if (wg_is_valid(bound->var)) {
        wg__record_of(t, bound->var.node)->valued = false;
        forget_memory(t, &bound->binding, count * wg_dtype_size(bound->binding.dtype));
    }
    wg__block_give(&t->blocks, bound->own);
    bound->own = NULL;
    bound->binding = (wg_binding){.dtype = bound->binding.dtype, .shape = bound->binding.shape};
    bound->gone = true;
}

void wg__bound_hold(wg_bound *bound)
{
    wg__hold(&bound->holder, bound->binding.holders, owner_gone, bound);
}

static wg_bound *add(wg_engine *t)
{
    if (t->bound_count == t->bound_capacity)
        drop_unused(t);
    if (!wg__mem_reserve(
            &t->memory, (void **)&t->bounds, &t->bound_capacity, t->bound_count + 1, sizeof *t->bounds))
        return NULL;
    wg_bound *bound = wg__mem_zero(&t->memory, sizeof *bound);
    if (bound)
        t->bounds[t->bound_count++] = bound;
    return bound;
}

static void set_value(wg_engine *t, wg_record *record, const wg_binding *binding)
{
    wg_result *result = &record->result[0];
    if (result->scalar)
        t->head.steps[record->node].value =
            binding->dtype == WG_F32 ? (double)*(const float *)binding->data : *(const double *)binding->data;
    else
        result->data = (void *)(uintptr_t)binding->data; /* never written through */
}

static wg_var bind_new(wg_engine *t, wg_bound *bound)
{
    const wg_binding *b = &bound->binding;
    wg_record *record = wg__record_new(t, &wg__op_parameter, 0, 1, NULL);
    if (record)
        record->result[0] = (wg_result){.shape = b->shape, .dtype = b->dtype, .scalar = b->shape.rank == 0};
    if (record && record->result[0].scalar)
        record->result[0].dtype = WG_F64;
    if (!record || !wg_shape_count(&b->shape, &record->result[0].count) || !wg__record_push(t, record)) {
        if (record)
            wg__arena_rewind(&t->arena, record->place);
        wg__fail(t, WG_OUT_OF_MEMORY, "parameter %s: out of memory", b->name);
        return wg__invalid(&t->head);
    }
    record->bound = bound;
    record->valued = true;
    record->tracked = b->gradient != NULL;
    set_value(t, record, b);
    wg_var x = wg__var_of(t, record->node);
    return wg_set_name(x, b->name);
}

static bool check_binding(wg_engine *t, const wg_binding *b)
{
    size_t count;
    if (!b->owner || b->dtype == WG_I32 || wg_dtype_size(b->dtype) == 0 ||
        !wg_shape_count(&b->shape, &count) || (count && !b->data)) {
        wg__fail(t, WG_INVALID, "parameter %s: needs an owner, a floating dtype, a shape that fits and data",
            b->name ? b->name : "");
        return false;
    }
    if (b->dtype != t->options.dtype) {
        wg__fail(t, WG_BAD_DTYPE, "parameter %s: is %s, the tape is %s", b->name ? b->name : "",
            wg_dtype_name(b->dtype), wg_dtype_name(t->options.dtype));
        return false;
    }
    return true;
}

wg_var wg_bind(wg_tape *tape, const wg_binding *binding)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t || !binding || t->status != WG_OK || !check_binding(t, binding))
        return wg__invalid(tape);
    wg_bound *bound = find(t, binding->owner, binding->index);
    if (bound && wg_is_valid(bound->var)) {
        if (wg_shape_equal(&bound->binding.shape, &binding->shape))
            return wg__var_of(t, bound->var.node);
        char ours[192], theirs[192];
        wg__fail(t, WG_NAME, "parameter %s: is %s already, and cannot be %s too",
            binding->name ? binding->name : "", wg_shape_text(&bound->binding.shape, ours, sizeof ours),
            wg_shape_text(&binding->shape, theirs, sizeof theirs));
        return wg__invalid(tape);
    }
    bool is_new = !bound;
    if (is_new)
        bound = add(t);
    if (!bound) {
        wg__fail(t, WG_OUT_OF_MEMORY, "parameter: out of memory");
        return wg__invalid(tape);
    }
    size_t bytes = 0, old_bytes = 0;
    wg_shape_count(&binding->shape, &bytes);
    wg_shape_count(&bound->binding.shape, &old_bytes);
    if (!is_new && bytes != old_bytes) { /* private gradients of another size are of no use */
        wg__block_give(&t->blocks, bound->own);
        bound->own = NULL;
    }
    bound->binding = *binding;
    bound->seen = binding->version ? *binding->version : 0;
    bound->var = wg__invalid(tape);
    bound->var = bind_new(t, bound);
    if (is_new || bound->holder.of != binding->holders) {
        wg__let_go(&bound->holder);
        wg__bound_hold(bound);
    }
    bound->binding.name = NULL; /* the caller's, until now */
    return bound->var;
}

void wg__bounds_free(wg_engine *t)
{
    for (size_t i = 0; i < t->bound_count; i++)
        forget(t, t->bounds[i]);
    wg__mem_free(&t->memory, t->bounds, t->bound_capacity * sizeof *t->bounds);
    t->bound_count = 0;
}

/* ---- Versions -------------------------------------------------------------------------------------- */

static wg_status stale_leaf(wg_engine *t, const char *who)
{
    uint32_t node = t->changed_by < t->head.count ? t->changed_by : WG_NO_NODE;
    const char *name = node != WG_NO_NODE ? wg__name_at(t, node) : "";
    if (node == WG_NO_NODE)
        return wg__fail(t, WG_STALE, "%s: a replay that failed left no values: call wg_replay first", who);
    return wg__fail(t, WG_STALE, "%s: %s%s%s (node %u) was set anew since: call wg_replay first", who,
        wg_op_of(wg__var_of(t, node))->name, *name ? " " : "", name, node);
}

wg_status wg__check_bounds(wg_engine *t, const char *who)
{
    char text[WG_NODE_TEXT];
    for (size_t i = 0; i < t->bound_count; i++)
        if (t->bounds[i]->gone && wg_is_valid(t->bounds[i]->var))
            return wg__fail(t, WG_INVALID, "%s: the store of parameter %s was freed", who,
                wg__node_text(t, t->bounds[i]->var.node, text));
    return WG_OK;
}

wg_status wg__check_fresh(wg_engine *t, const char *who)
{
    if (wg__check_bounds(t, who) != WG_OK)
        return t->status;
    if (t->changed)
        return stale_leaf(t, who);
    for (size_t i = 0; i < t->bound_count; i++) {
        char text[WG_NODE_TEXT];
        const wg_bound *bound = t->bounds[i];
        if (bound->binding.version && wg_is_valid(bound->var) && *bound->binding.version != bound->seen)
            return wg__fail(t, WG_STALE, "%s: parameter %s was changed since: call wg_replay first", who,
                wg__node_text(t, bound->var.node, text));
    }
    return WG_OK;
}

void wg__bounds_seen(wg_engine *t)
{
    for (size_t i = 0; i < t->bound_count; i++) {
        wg_bound *bound = t->bounds[i];
        if (!wg_is_valid(bound->var))
            continue;
        if (bound->binding.version)
            bound->seen = *bound->binding.version;
        set_value(t, wg__record_of(t, bound->var.node), &bound->binding);
    }
}

/* ---- Gradients ------------------------------------------------------------------------------------- */

static void add_or_copy(wg_dtype dtype, void *sum, const void *more, size_t n, bool add)
{
    if (!add)
        memcpy(sum, more, n * wg_dtype_size(dtype));
    else
        wg__add_numbers(dtype, sum, more, n);
}

/* This sweep's gradient of a parameter, in its dtype: a scalar's is converted into *slot. */
static const void *found(wg_engine *t, const wg_bound *bound, const wg_record *record, wg_slot *slot)
{
    const wg_result *result = &record->result[0];
    if (!result->scalar)
        return result->has_gradient ? result->gradient : NULL;
    if (record->node >= t->sweep_capacity || !t->reached[record->node])
        return NULL;
    if (bound->binding.dtype == WG_F32)
        slot->f = (float)t->adjoints[record->node];
    else
        slot->d = t->adjoints[record->node];
    return slot;
}

static bool make_own(wg_engine *t, wg_bound *bound, size_t bytes, bool *is_new)
{
    *is_new = !bound->own;
    if (*is_new)
        bound->own = wg__block_take(&t->blocks, bytes);
    return bound->own != NULL;
}

/* First everything that can fail, then everything that changes what outlives the sweep. */
wg_status wg__bounds_accumulate(wg_engine *t, uint32_t y)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->bound_count; i++) {
            wg_bound *bound = t->bounds[i];
            wg_slot slot;
            if (!wg_is_valid(bound->var) || bound->var.node > y || !bound->binding.gradient)
                continue;
            wg_record *record = wg__record_of(t, bound->var.node);
            const void *gradient = found(t, bound, record, &slot);
            if (!gradient)
                continue;
            wg_dtype dtype = bound->binding.dtype;
            size_t n = record->result[0].count;
            if (t->options.own_grads) {
                if (pass == 0 && !make_own(t, bound, n * wg_dtype_size(dtype), &bound->own_is_new))
                    return WG_OUT_OF_MEMORY;
                if (pass == 1)
                    add_or_copy(dtype, wg__block_data(bound->own), gradient, n, !bound->own_is_new);
            } else if (pass == 1) {
                bool *zero = bound->binding.gradient_is_zero;
                if (!record->direct)
                    add_or_copy(dtype, bound->binding.gradient, gradient, n, !(zero && *zero));
                if (zero)
                    *zero = false;
            }
        }
    return WG_OK;
}

const void *wg_own_grad(const wg_tape *tape, const void *owner, size_t index, size_t *count)
{
    wg_engine *t = wg__engine_of(tape);
    wg_bound *bound = t ? find(t, owner, index) : NULL;
    size_t n = 0;
    if (bound && bound->own)
        wg_shape_count(&bound->binding.shape, &n);
    if (count)
        *count = n;
    return bound && bound->own ? wg__block_data(bound->own) : NULL;
}

void wg_own_grad_clear(wg_tape *tape, const void *owner)
{
    wg_engine *t = wg__engine_of(tape);
    for (size_t i = 0; t && i < t->bound_count; i++)
        if (t->bounds[i]->binding.owner == owner) {
            wg__block_give(&t->blocks, t->bounds[i]->own);
            t->bounds[i]->own = NULL;
        }
}
