/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_attr.h - what conv2d and its two gradient operations share: their attributes and their geometry. */
#ifndef WG_OPS_CONV_ATTR_H
#define WG_OPS_CONV_ATTR_H

#include <wengert/conv.h>
#include <wengert/op.h>
#include "kernels/conv.h"

typedef struct wg_conv_attr {
    size_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w, groups;
    size_t size_h, size_w; /* of the image (input gradient) or of the filter (weight gradient) */
    size_t exact;          /* a bool, as wide as its neighbours: there is no padding */
} wg_conv_attr;

/* The options with their defaults filled in. */
wg_conv_attr wg__conv_attr_of(const wg_conv2d_options *options);

/* A node's attributes; zeros mean the defaults here, too. */
wg_conv_attr wg__conv_attr_read(const wg_op_context *op);

/* The geometry from the shapes of x, w and y (w's second axis is channels / groups), checked; y may be NULL,
 * and `want` is then set to y's shape. Fails the operation with a message. */
wg_status wg__conv_geometry(wg_op_context *op, const wg_shape *x, const wg_shape *w, const wg_shape *y,
    wg_conv *conv, wg_shape *want);

/* The forward function of each of the three: the kernel on `a` and `b`, into `result`. */
wg_status wg__conv_run_f64(
    wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, const void *a, const void *b, void *result);
wg_status wg__conv_run_f32(
    wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, const void *a, const void *b, void *result);

/* The workspace of that. */
size_t wg__conv_workspace(const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass);

/* The rule for batch lanes of each of the three: `images`, if there are kernels for it and for its gradients.
 */
unsigned wg__conv_lanes_of(const wg_op_context *op, const wg_conv *conv, unsigned images, double *saved);

/* The way (wg_conv_way) that a plan's table says for images in rows; WG_CONV_CHOSEN without one. A table that
 * is being filled first gets what is not there, measured on these operands. WG_OUT_OF_MEMORY. */
wg_status wg__conv_tuned(wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real,
    const void *a, const void *b, void *result, size_t *way);

/* The way as far as it is known, and the workspace of finding it: with a table that is being filled, as much as
 * the way that needs most, twice, since what is chosen is not known. */
size_t wg__conv_tuned_workspace(
    const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *way);

/* What a pass saves in batch lanes on average, by that table, in nanoseconds of one thread; false when it was
 * not measured. */
bool wg__conv_tuned_saving(const wg_op_context *op, const wg_conv *conv, double *saved);

/* Floating-point operations of a correlation: for each number of y a sum over the taps of a filter w. */
double wg__conv_flops(size_t y, const wg_shape *w);

/* The three operations as functions of their attributes; the rules are written with them. */
wg_var wg__conv_apply(wg_var x, wg_var w, wg_conv_attr attr);
wg_var wg__conv_input_apply(wg_var g, wg_var w, wg_conv_attr attr, wg_shape x);
wg_var wg__conv_weight_apply(wg_var x, wg_var g, wg_conv_attr attr, wg_shape w);

#endif
