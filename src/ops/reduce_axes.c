/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/reduce_axes.h"

#include <stdio.h>
#include <string.h>
#include <wengert/shaping.h>
#include "ops/axes.h"
#include "ops/ops.h"
#include "tape/hints.h"

static const wg_over *over_of(const wg_op_context *op)
{
    return op->attr;
}

void wg__over_describe(const void *attr, char *text, size_t size)
{
    const wg_over *over = attr;
    size_t used = 0;
    snprintf(text, size, "%s", over->axes.count == 0 ? "no axes" : "");
    for (size_t i = 0; over->axes.count != SIZE_MAX && i < over->axes.count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i ? " " : "axes ", over->axes.axis[i]);
    used = strlen(text);
    if (over->keep)
        snprintf(text + used, size - used, "%skept", used ? ", " : "");
}

static wg_shape kept_shape(const wg_shape *x, const bool reduced[WG_MAX_RANK], bool keep)
{
    wg_shape shape = {0};
    for (size_t i = 0; i < x->rank; i++)
        if (!reduced[i])
            shape.dim[shape.rank++] = x->dim[i];
        else if (keep)
            shape.dim[shape.rank++] = 1;
    return shape;
}

wg_shape wg__sum_kept_shape(const wg_op *op, const void *attr, const wg_shape *x)
{
    const wg_over *over = attr;
    bool reduced[WG_MAX_RANK];
    size_t bad;
    if (op == &wg__op_sum_to)
        return *(const wg_shape *)attr;
    wg__axes_mark(&over->axes, x, reduced, &bad);
    return kept_shape(x, reduced, true);
}

wg_status wg__over_shape(wg_op_context *op)
{
    bool reduced[WG_MAX_RANK];
    wg_status status = wg__op_axes(op, &over_of(op)->axes, reduced);
    if (status != WG_OK)
        return status;
    op->out_shape[0] = kept_shape(op->in_shape[0], reduced, over_of(op)->keep);
    return wg__op_needs_real(op, 0);
}

wg_status wg__over_some_shape(wg_op_context *op)
{
    wg_status status = wg__over_shape(op);
    wg_runs runs = status == WG_OK ? wg__over_runs(op) : (wg_runs){0};
    if (runs.terms == 0 && runs.outputs > 0)
        return wg_op_fail(op, WG_BAD_SHAPE, "there is no extremum of nothing: %s", wg_op_operand(op, 0));
    return status;
}

static wg_runs over_runs(const wg_over *over, const wg_shape *x)
{
    bool reduced[WG_MAX_RANK];
    size_t bad;
    wg_runs runs;
    wg__axes_mark(&over->axes, x, reduced, &bad);
    wg__runs_init(&runs, x, reduced);
    return runs;
}

wg_runs wg__over_runs(const wg_op_context *op)
{
    return over_runs(over_of(op), op->in_shape[0]);
}

wg_runs wg__sum_to_runs(const wg_shape *shape, const wg_shape *x)
{
    size_t missing = x->rank - shape->rank;
    bool reduced[WG_MAX_RANK] = {false};
    wg_runs runs;
    for (size_t i = 0; i < x->rank; i++)
        reduced[i] = i < missing || (shape->dim[i - missing] == 1 && x->dim[i] != 1);
    wg__runs_init(&runs, x, reduced);
    return runs;
}

bool wg__sum_runs(const wg_op *op, const void *attr, const wg_shape *x, wg_runs *runs)
{
    if (op == &wg__op_sum_to)
        *runs = wg__sum_to_runs(attr, x);
    else if (op == &wg__op_sum || op == &wg__op_mean)
        *runs = over_runs(attr, x);
    else
        return false;
    return true;
}

wg_status wg__along_shape(wg_op_context *op)
{
    size_t axis;
    wg_status status = wg__op_axis(op, 0, *(const int *)op->attr, &axis);
    return status != WG_OK ? status : wg__op_needs_real(op, 0);
}

wg_runs wg__along_runs(const wg_op_context *op)
{
    const int *axis = op->attr;
    bool reduced[WG_MAX_RANK] = {false};
    wg_runs runs;
    reduced[*axis < 0 ? *axis + (int)op->in_shape[0]->rank : *axis] = true;
    wg__runs_init(&runs, op->in_shape[0], reduced);
    return runs;
}

double wg__over_terms(const wg_op_context *op)
{
    return (double)wg__over_runs(op).terms;
}

static bool stored_as_double(const wg_op_context *op)
{
    return op->dtype == WG_F64 || (op->op->traits & WG_OP_WIDE_RESULT && op->out_shape[0].rank == 0);
}

double *wg__over_result(wg_op_context *op, const wg_runs *runs)
{
    return stored_as_double(op) ? op->out[0] : wg_op_scratch(op, runs->outputs * sizeof(double));
}

size_t wg__over_result_workspace(const wg_op_context *op, const wg_runs *runs)
{
    return stored_as_double(op) ? 0 : wg__over_doubles_workspace(runs);
}

void wg__over_store(wg_op_context *op, const wg_runs *runs, const double *result)
{
    float *out = op->out[0];
    if (stored_as_double(op))
        return;
    for (size_t o = 0; o < runs->outputs; o++)
        out[o] = (float)result[o];
}

bool wg__over_fold(wg_op_context *op, const wg_fold *fold, const wg_runs *runs, const double *c, double *y)
{
    size_t bytes = wg__fold_scratch(runs);
    if (runs->outputs == 0)
        return true;
    void *scratch = bytes ? wg_op_scratch(op, bytes) : NULL;
    if (!y || (bytes && !scratch))
        return false;
    wg_pieces pieces;
    if (op->hints && op->hints->sums && wg__pieces_init(&pieces, runs)) {
        wg__pieces_join(&pieces, op->hints->sums, y, scratch);
        return true;
    }
    wg__reduce_fold(&fold[op->dtype == WG_F32], runs, op->in[0], c, y, scratch, op->threads);
    return true;
}

size_t wg__over_fold_workspace(const wg_runs *runs)
{
    size_t bytes = wg__fold_scratch(runs);
    return runs->outputs && bytes ? wg_op_scratch_size(bytes) : 0;
}

bool wg__over_extremum(wg_op_context *op, const wg_runs *runs, double sign, double *value, size_t *index)
{
    size_t bytes = wg__extremum_scratch(runs);
    if (runs->outputs == 0 || runs->terms == 0)
        return true;
    void *scratch = bytes ? wg_op_scratch(op, bytes) : NULL;
    if (!value || !index || (bytes && !scratch))
        return false;
    wg__reduce_extremum(runs, op->dtype, op->in[0], sign, value, index, scratch, op->threads);
    return true;
}

size_t wg__over_extremum_workspace(const wg_runs *runs)
{
    size_t bytes = wg__extremum_scratch(runs);
    return runs->outputs && runs->terms && bytes ? wg_op_scratch_size(bytes) : 0;
}

double *wg__over_doubles(wg_op_context *op, const wg_runs *runs, const void *in)
{
    double *out = wg_op_scratch(op, runs->outputs * sizeof(double));
    for (size_t o = 0; out && o < runs->outputs; o++)
        out[o] = op->dtype == WG_F32 ? (double)((const float *)in)[o] : ((const double *)in)[o];
    return out;
}

size_t wg__over_doubles_workspace(const wg_runs *runs)
{
    return wg_op_scratch_size(runs->outputs * sizeof(double));
}

size_t wg__over_workspace(const wg_op_context *op)
{
    wg_runs runs = wg__over_runs(op);
    return op->backward ? wg__over_doubles_workspace(&runs)
                        : wg__over_result_workspace(op, &runs) + wg__over_fold_workspace(&runs);
}

wg_var wg__over_kept(const wg_op_context *op, wg_var v)
{
    bool reduced[WG_MAX_RANK];
    size_t bad;
    wg__axes_mark(&over_of(op)->axes, op->in_shape[0], reduced, &bad);
    wg_shape shape = kept_shape(op->in_shape[0], reduced, true), now = wg_shape_of(v);
    return wg_shape_equal(&shape, &now) ? v : wg_reshape(v, shape);
}

wg_var wg__over_stretch(const wg_op_context *op, wg_var v)
{
    bool stretches = wg_shape_of(v).rank == 0; /* as it is */
    return wg_broadcast_to(stretches ? v : wg__over_kept(op, v), *op->in_shape[0]);
}

/* All axes to a scalar, kept; the last, the first, a middle one; several that do not touch; sizes of 1; a
 * scalar; none, which leaves each element by itself. */
const wg_op_sample wg__over_samples[WG_OVER_SAMPLES] = {
    {.label = "all", .in = {{2, {3, 4}}}, .attr = &(const wg_over){{.count = SIZE_MAX}, false}},
    {.label = "all kept", .in = {{2, {3, 4}}}, .attr = &(const wg_over){{.count = SIZE_MAX}, true}},
    {.label = "last", .in = {{2, {3, 5}}}, .attr = &(const wg_over){{1, {-1}}, false}},
    {.label = "first", .in = {{2, {5, 3}}}, .attr = &(const wg_over){{1, {0}}, false}},
    {.label = "middle kept", .in = {{3, {2, 3, 4}}}, .attr = &(const wg_over){{1, {1}}, true}},
    {.label = "images", .in = {{4, {2, 3, 2, 3}}}, .attr = &(const wg_over){{3, {0, 2, -1}}, false}},
    {.label = "sizes of 1", .in = {{3, {1, 4, 1}}}, .attr = &(const wg_over){{2, {0, 1}}, false}},
    {.label = "scalar", .in = {{0, {0}}}, .attr = &(const wg_over){{.count = SIZE_MAX}, false}},
    {.label = "none", .in = {{2, {2, 3}}}, .attr = &(const wg_over){{0}, false}},
};
