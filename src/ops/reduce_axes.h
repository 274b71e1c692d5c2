/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce_axes.h - what the reductions share: attributes, shapes, and the way back to the operand's shape. */
#ifndef WG_OPS_REDUCE_AXES_H
#define WG_OPS_REDUCE_AXES_H

#include <wengert/op.h>
#include "kernels/reduce.h"

/* Attributes of a reduction; a record may have more behind them. */
typedef struct wg_over {
    wg_axes axes;
    size_t keep; /* a bool, as wide as its neighbours: there is no padding */
} wg_over;

/* "axes 0 2, kept"; nothing where all axes go. */
void wg__over_describe(const void *attr, char *text, size_t size);

/* The shape rule: x [any] over the attribute's axes. */
wg_status wg__over_shape(wg_op_context *op);

/* The same for extrema, of which there must be a term. */
wg_status wg__over_some_shape(wg_op_context *op);

/* The loops of the operation, after its shape rule has passed. */
wg_runs wg__over_runs(const wg_op_context *op);

/* The loops along one axis, and the shape rule that checks it; the attribute starts with an int, the axis. */
wg_status wg__along_shape(wg_op_context *op);
wg_runs wg__along_runs(const wg_op_context *op);

/* The loops of sum_to: over the axes that `shape` lacks or has with size 1. */
wg_runs wg__sum_to_runs(const wg_shape *shape, const wg_shape *x);

/* The loops of sum, mean or sum_to over an operand of shape x; false for another operation. */
bool wg__sum_runs(const wg_op *op, const void *attr, const wg_shape *x, wg_runs *runs);

/* The shape of such a sum's result with a 1 for each axis that is summed over. */
wg_shape wg__sum_kept_shape(const wg_op *op, const void *attr, const wg_shape *x);

/* n, the number of terms. */
double wg__over_terms(const wg_op_context *op);

/* Result 0 as doubles: the result itself, or scratch memory of runs->outputs doubles (NULL: none), which
 * wg__over_store then converts. */
double *wg__over_result(wg_op_context *op, const wg_runs *runs);
size_t wg__over_result_workspace(const wg_op_context *op, const wg_runs *runs);
void wg__over_store(wg_op_context *op, const wg_runs *runs, const double *result);

/* y = fold of x, in double, or of what is summed up already (op->hints); false without memory. */
bool wg__over_fold(wg_op_context *op, const wg_fold *fold, const wg_runs *runs, const double *c, double *y);
size_t wg__over_fold_workspace(const wg_runs *runs);

/* The places of all extrema, in scratch memory beside `value` and `index`; false without memory, also when
 * one of these is NULL. */
bool wg__over_extremum(wg_op_context *op, const wg_runs *runs, double sign, double *value, size_t *index);
size_t wg__over_extremum_workspace(const wg_runs *runs);

/* out[o] = in[o] as doubles, from an array of the kernel's dtype; NULL without memory. */
double *wg__over_doubles(wg_op_context *op, const wg_runs *runs, const void *in);
size_t wg__over_doubles_workspace(const wg_runs *runs);

/* The workspace of a fold of x into result 0, whose gradient reads the upstream one as doubles. */
size_t wg__over_workspace(const wg_op_context *op);

/* v has a result's shape; here it is with the reduced axes as 1, and stretched to the operand's shape. */
wg_var wg__over_kept(const wg_op_context *op, wg_var v);
wg_var wg__over_stretch(const wg_op_context *op, wg_var v);

/* Samples of a reduction whose attribute is a wg_over. */
enum { WG_OVER_SAMPLES = 9 };
extern const wg_op_sample wg__over_samples[WG_OVER_SAMPLES];

#endif
