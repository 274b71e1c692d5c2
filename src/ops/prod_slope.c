/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* prod_slope.c - the derivatives of a product over axes:
 *
 *     prod_along   x [any], v_1 .. v_k like x -> [kept axes]: the product, differentiated along each v
 *     prod_slope   x, g [kept axes], v_1 .. v_k -> like x: g times what x_i multiplies in that
 *
 * A product is linear in each factor, so its derivative along v_1 .. v_k is a sum over all ways to put each v
 * in the place of a factor, no two in the same. It is made term by term. With p[S] what the terms so far give
 * for a set S of the v,
 *
 *     p[S] <- p[S] x_t + sum over a in S of p[S - a] v_a,t
 *
 * and what x_i multiplies is the sum over S of p[S] of the terms before i times p[all - S] of those behind
 * it.
 *
 * Both are linear in g and in each v, and it does not matter which v is which. So the rules need nothing but
 * the two: with u the upstream gradient of prod_slope,
 *
 *     towards x      prod_slope along u too
 *     towards v_a    prod_slope along u in the place of v_a
 *     towards g      prod_along along u too
 *
 * and with h that of prod_along, prod_slope with g = h, along all v, or all but v_a. No order is made of
 * another one's numbers, so that no number on the way leaves the range of the type where the result does not.
 */

#include "ops/prod_slope.h"

#include "base/element.h"
#include "kernels/product_along.h"
#include "kernels/wide_product.h"
#include "ops/axes.h"
#include "ops/ops.h"
#include "ops/rooms.h"

/* Along more than MOST_ALONG a single element takes a megabyte to work in. A chunk has GRAIN terms. */
enum { MOST_ALONG = 16, GRAIN = 4096 };

/* ---- Shapes ---------------------------------------------------------------------------------------- */

/* The operands before the v: x and g, or x alone. */
enum { OF_SLOPE = 2, OF_ALONG = 1 };

static wg_status check_operands(wg_op_context *op, size_t first)
{
    if (op->arity < first || op->arity - first > MOST_ALONG)
        return wg_op_fail(op, WG_INVALID, "%zu operands; there must be %zu, and at most %d more", op->arity,
            first, MOST_ALONG);
    wg_status status = wg__over_shape(op);
    for (size_t i = 1; i < op->arity && status == WG_OK; i++) {
        const wg_shape *like = i < first ? &op->out_shape[0] : op->in_shape[0];
        if (!wg_shape_equal(op->in_shape[i], like))
            status = wg_op_fail(op, WG_BAD_SHAPE, "%s and %s do not belong together", wg_op_operand(op, 0),
                wg_op_operand(op, i));
        else
            status = wg__op_needs_real(op, i);
    }
    return status;
}

static wg_status prod_along_shape(wg_op_context *op)
{
    return check_operands(op, OF_ALONG);
}

static wg_status prod_slope_shape(wg_op_context *op)
{
    wg_status status = check_operands(op, OF_SLOPE);
    op->out_shape[0] = *op->in_shape[0];
    return status;
}

/* ---- All of them ----------------------------------------------------------------------------------- */

typedef struct all_products {
    const wg_op_context *op;
    size_t first;          /* where the v begin */
    size_t abreast;        /* outputs that are done together */
    size_t grain, workers; /* outputs in a chunk; who does chunks */
    wg_runs runs;
    wg_rooms rooms;
} all_products;

static void put(const wg_op_context *op, size_t at, double y)
{
    if (op->dtype == WG_F32)
        ((float *)op->out[0])[at] = (float)y;
    else
        ((double *)op->out[0])[at] = y;
}

/* The terms of output o, `apart` numbers from each other in `row`: from operand i, or to the result. */
static void move_terms(const all_products *all, size_t o, const void *from, double *row, size_t apart)
{
    const wg_runs *r = &all->runs;
    const wg_dtype dtype = all->op->dtype;
    const size_t width = r->columns ? 1 : r->run, shift = r->columns ? o % r->run : 0;
    const size_t begin = wg__group_begin(r, r->columns ? o / r->run : o) + shift;
    for (size_t line = 0; line < r->lines; line++) {
        size_t at = begin + wg__line_begin(r, line);
        for (size_t i = 0; i < width; i++, at++, row += apart)
            if (from)
                *row = wg__element_at(from, dtype, at);
            else
                put(all->op, at, *row);
    }
}

static void do_lanes(const all_products *all, wg_products *p, size_t o, size_t count)
{
    const wg_op_context *op = all->op;
    const size_t w = p->abreast;
    double g[WG_PRODUCTS_ABREAST] = {0};
    for (size_t i = count; i < w; i++) /* lanes that are not used */
        for (size_t t = 0; t < (p->k + 1) * p->n; t++)
            p->in[t * w + i] = 0;
    for (size_t i = 0; i < count; i++) {
        move_terms(all, o + i, op->in[0], p->in + i, w);
        for (size_t a = 0; a < p->k; a++)
            move_terms(all, o + i, op->in[all->first + a], p->in + (a + 1) * p->n * w + i, w);
        if (all->first == OF_SLOPE)
            g[i] = wg__element_at(op->in[1], op->dtype, o + i);
    }
    if (all->first == OF_ALONG)
        wg__products_along(p, count);
    else
        wg__products_slopes(p, count, g);
    for (size_t i = 0; i < count; i++)
        if (all->first == OF_ALONG)
            put(op, o + i, p->out[i]);
        else
            move_terms(all, o + i, NULL, p->out + i, w);
}

static void do_outputs(void *work, size_t worker, size_t first, size_t end)
{
    const all_products *all = work;
    wg_products p = wg__products_in(
        wg__room_of(&all->rooms, worker), all->runs.terms, all->op->arity - all->first, all->abreast);
    for (size_t o = first; o < end; o += p.abreast)
        do_lanes(all, &p, o, end - o < p.abreast ? end - o : p.abreast);
}

static all_products all_of(const wg_op_context *op, size_t first)
{
    all_products all = {.op = op, .first = first, .runs = wg__over_runs(op)};
    const size_t n = all.runs.terms;
    all.grain = (GRAIN / (n + 1) / WG_PRODUCTS_ABREAST + 1) * WG_PRODUCTS_ABREAST;
    all.abreast = all.runs.outputs > 2 ? WG_PRODUCTS_ABREAST : 1;
    all.rooms.bytes = wg__products_room(n, op->arity - first, all.abreast);
    all.workers = wg__workers(op->threads, all.runs.outputs, all.grain);
    return all;
}

static wg_status forward_of_both(wg_op_context *op, size_t first)
{
    all_products all = all_of(op, first);
    if (all.rooms.bytes == 0 || !wg__op_rooms(op, &all.rooms, all.workers))
        return WG_OUT_OF_MEMORY;
    wg__parallel_workers(op->threads, all.runs.outputs, all.grain, do_outputs, &all);
    return WG_OK;
}

static size_t workspace_of_both(const wg_op_context *op, size_t first)
{
    all_products all = all_of(op, first);
    return wg__op_rooms_workspace(&all.rooms, all.workers);
}

static wg_status prod_along_forward(wg_op_context *op)
{
    return wg__over_runs(op).outputs == 0 ? WG_OK : forward_of_both(op, OF_ALONG);
}

static size_t prod_along_workspace(const wg_op_context *op)
{
    return wg__over_runs(op).outputs == 0 ? 0 : workspace_of_both(op, OF_ALONG);
}

/* The slopes of the product itself are what its own backward kernel makes. */
static wg_status first_slopes(wg_op_context *op, const wg_runs *runs)
{
    double *g = wg__over_doubles(op, runs, op->in[1]);
    wg_wide_product *before = wg_op_scratch(op, runs->outputs * runs->terms * sizeof *before);
    if (!g || !before)
        return WG_OUT_OF_MEMORY;
    wg__spread_products(runs, op->dtype, op->in[0], g, op->out[0], before, op->threads);
    return WG_OK;
}

static wg_status prod_slope_forward(wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    if (runs.outputs == 0 || runs.terms == 0)
        return WG_OK;
    return op->arity == OF_SLOPE ? first_slopes(op, &runs) : forward_of_both(op, OF_SLOPE);
}

static size_t prod_slope_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    if (runs.outputs == 0 || runs.terms == 0)
        return 0;
    return op->arity == OF_SLOPE ? wg__over_doubles_workspace(&runs) +
                                       wg_op_scratch_size(runs.outputs * runs.terms * sizeof(wg_wide_product))
                                 : workspace_of_both(op, OF_SLOPE);
}

/* ---- Rules ----------------------------------------------------------------------------------------- */

/* Records `what` for args[0 .. count - 1], the v of `op` from operand `first` on but operand `without`, and u
 * if it is there. */
static wg_var record(wg_op_context *op, const wg_op *what, const wg_var *args, size_t count, size_t first,
    size_t without, const wg_var *u)
{
    wg_var all[MOST_ALONG + OF_SLOPE + 1] = {args[0], args[count - 1]};
    for (size_t i = first; i < op->arity; i++)
        if (i != without)
            all[count++] = op->arg[i];
    if (u)
        all[count++] = *u;
    return wg_apply(what, all, count, op->attr);
}

static wg_status prod_slope_vjp(wg_op_context *op, const wg_var *u, wg_var *grad_in)
{
    if (op->wanted[1])
        grad_in[1] = record(op, &wg__op_prod_along, op->arg, 1, OF_SLOPE, 0, u);
    for (size_t i = 0; i < op->arity; i++) /* without operand 0, which is x: all v */
        if (op->wanted[i] && i != 1)
            grad_in[i] = record(op, &wg__op_prod_slope, op->arg, 2, OF_SLOPE, i, u);
    return WG_OK;
}

static wg_status prod_along_vjp(wg_op_context *op, const wg_var *h, wg_var *grad_in)
{
    const wg_var args[] = {op->arg[0], h[0]};
    for (size_t i = 0; i < op->arity; i++)
        if (op->wanted[i])
            grad_in[i] = record(op, &wg__op_prod_slope, args, 2, OF_ALONG, i, NULL);
    return WG_OK;
}

/* ---- Records --------------------------------------------------------------------------------------- */

static const wg_over all_axes = {{.count = SIZE_MAX}, false}, last_axis = {{1, {-1}}, false},
                     kept_axis = {{1, {1}}, true};

static const wg_op_sample prod_along_samples[] = {
    {.label = "itself", .count = 1, .in = {{2, {3, 4}}}, .attr = &all_axes},
    {.label = "one", .count = 2, .in = {{2, {3, 5}}, {2, {3, 5}}}, .attr = &last_axis},
    {.label = "two, kept",
        .count = 3,
        .in = {{3, {2, 3, 2}}, {3, {2, 3, 2}}, {3, {2, 3, 2}}},
        .attr = &kept_axis},
    {.label = "a scalar", .count = 2, .in = {{0, {0}}, {0, {0}}}, .attr = &all_axes},
};

static const wg_op_sample prod_slope_samples[] = {
    {.label = "none", .count = 2, .in = {{2, {3, 5}}, {1, {3}}}, .attr = &last_axis},
    {.label = "one", .count = 3, .in = {{2, {3, 4}}, {0, {0}}, {2, {3, 4}}}, .attr = &all_axes},
    {.label = "two, kept",
        .count = 4,
        .in = {{3, {2, 3, 2}}, {3, {2, 1, 2}}, {3, {2, 3, 2}}, {3, {2, 3, 2}}},
        .attr = &kept_axis},
    {.label = "a scalar", .count = 2, .in = {{0, {0}}, {0, {0}}}, .attr = &all_axes},
};

#define RECORD(name_, text, samples_)                                                                        \
    .name = #name_, .arity = WG_VARIADIC, .attr_size = sizeof(wg_over), .describe = wg__over_describe,       \
    .traits = WG_OP_PLAIN_ATTR, .shape = name_##_shape, .forward_f64 = name_##_forward,                      \
    .forward_f32 = name_##_forward, .workspace = name_##_workspace, .vjp = name_##_vjp, .formula = text,     \
    .samples = samples_, .sample_count = sizeof samples_ / sizeof samples_[0]

const wg_op wg__op_prod_along = {RECORD(prod_along, "prod_along(x, v1, ...)", prod_along_samples)};
const wg_op wg__op_prod_slope = {RECORD(prod_slope, "prod_slope(x, g, v1, ...)", prod_slope_samples)};

wg_var wg__prod_slope(wg_var x, wg_var g, const wg_over *over)
{
    return wg_apply(&wg__op_prod_slope, (wg_var[]){x, g}, 2, over);
}
