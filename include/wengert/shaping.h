/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* shaping.h - operations that move numbers and compute nothing.
 *
 * All of them take float, double and integer (i32) tensors, unless said otherwise, and can be differentiated
 * to any order: the gradient of a move is the move back. Where an element is used several times
 * (broadcast_to, gather, index_select) its gradients add up; where it is not used its gradient is 0. Integers
 * have no gradient.
 *
 * Negative axes count from the end. Results are dense copies; only wg_reshape, wg_flatten, wg_squeeze and
 * wg_unsqueeze share the operand's memory.
 *
 * Errors (left on the tape): WG_BAD_SHAPE for shapes and axes that do not fit, WG_BAD_DTYPE when integers
 * meet floats or an index is not i32, WG_BAD_INDEX for an index out of range, WG_INVALID for an argument that
 * has no meaning, WG_OVERFLOW, WG_TWO_TAPES, WG_DEAD_VAR, WG_OUT_OF_MEMORY. */
#ifndef WENGERT_SHAPING_H
#define WENGERT_SHAPING_H

#include <stdint.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* ---- The same numbers in another shape ------------------------------------------------------------- */

/* The elements of x, in row-major order, under a shape with as many elements. One size may be SIZE_MAX: it is
 * then found from the others. */
WG_API wg_var wg_reshape(wg_var x, wg_shape shape);

/* [N, A, B, ...] -> [N, A B ...]; [N] -> [N, 1]. */
WG_API wg_var wg_flatten(wg_var x);

/* x without the named axes, each of which must have size 1 (WG_BAD_SHAPE, as NumPy; PyTorch leaves a longer
 * one as it is). WG_ALL_AXES: without every axis of size 1. */
WG_API wg_var wg_squeeze(wg_var x, wg_axes axes);

/* x with a new axis of size 1, which is axis `axis` of the result (negative: from the result's end): at 0 [A,
 * B] becomes [1, A, B], at -1 [A, B, 1]. */
WG_API wg_var wg_unsqueeze(wg_var x, int axis);

/* Axis i of the result is axis axes[i] of x: WG_AXES(0, 2, 3, 1) takes N, C, H, W to N, H, W, C. Every axis
 * of x must be there once. */
WG_API wg_var wg_permute(wg_var x, wg_axes axes);

/* The two last axes exchanged: [..., A, B] -> [..., B, A]. */
WG_API wg_var wg_transpose(wg_var x);

/* x repeated along new leading axes and axes of size 1, as NumPy broadcasts. */
WG_API wg_var wg_broadcast_to(wg_var x, wg_shape shape);

/* ---- Parts and wholes ------------------------------------------------------------------------------ */

/* x[start:stop:step] along one axis, by NumPy's rules: positions may be negative (from the end), what lies
 * outside is cut off, and a negative step goes backwards. As stop, WG_END goes all the way in the direction
 * of the step:
 *
 *      wg_slice(x, 0, 2, 5, 1)                x[2:5]
 *      wg_slice(x, 1, -3, WG_END, 1)          x[:, -3:]
 *      wg_slice(x, 0, WG_END, WG_END, -2)     x[::-2]
 *
 * The axis stays, also with one or no element. A step of 0 is WG_INVALID. */
#define WG_END PTRDIFF_MAX
WG_API wg_var wg_slice(wg_var x, int axis, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step);

/* x[index] along one axis, which is dropped: wg_select(x, 1, -1) is x[:, -1]. A negative index counts from
 * the end; one out of range is WG_BAD_INDEX, where wg_slice would give an empty tensor. */
WG_API wg_var wg_select(wg_var x, int axis, ptrdiff_t index);

/* n tensors one after the other along an axis; their other sizes are the same. */
WG_API wg_var wg_concat(const wg_var *xs, size_t n, int axis);

/* n tensors of one shape along a new axis, 0 .. rank (negative: from the end of the result): n [A, B] at axis
 * 1 make [A, n, B]. */
WG_API wg_var wg_stack(const wg_var *xs, size_t n, int axis);

/* How many elements are put before and after an axis. */
typedef struct wg_pad_width {
    size_t before, after;
} wg_pad_width;

/* x in a frame of `value`; one width for each axis of x. An integer x needs an integer value. */
WG_API wg_var wg_pad(wg_var x, const wg_pad_width *widths, double value);

/* The order reversed along the axes (WG_ALL_AXES: along all; an empty list: along none). */
WG_API wg_var wg_flip(wg_var x, wg_axes axes);

/* ---- By index -------------------------------------------------------------------------------------- */
/* Indices are i32, count from 0, and are checked: one that is negative or too large is WG_BAD_INDEX.
 * Gradients of elements that were taken several times are added in the order of the index. */

/* Along axis 1 of a matrix: y[i, j] = x[i, index[i, j]]; likewise along any axis. `index` has the rank of x,
 * and along the other axes at most its size; y has the shape of `index`. As torch.gather. */
WG_API wg_var wg_gather(wg_var x, int axis, wg_var index);

/* y = x, then y[i, index[i, j]] += src[i, j] for all i, j in order (along axis 1 of a matrix). `src` has the
 * shape of `index`, which is as for wg_gather. Floats and doubles only. */
WG_API wg_var wg_scatter_add(wg_var x, int axis, wg_var index, wg_var src);

/* The rows (along axis 0) x[index[0]], x[index[1]], ...; likewise along any axis. `index` is [n]; the axis
 * has size n in the result. An embedding is wg_index_select(table, 0, tokens). */
WG_API wg_var wg_index_select(wg_var x, int axis, wg_var index);

/* y = x, then y[index[i]] += src[i] for each i in order (along axis 0; likewise along any). `src` has the
 * shape of x, with size n along the axis. Floats and doubles only. */
WG_API wg_var wg_index_add(wg_var x, int axis, wg_var index, wg_var src);

/* index [...] -> y [..., classes], in the tape's type: 1 at the index, 0 elsewhere. */
WG_API wg_var wg_one_hot(wg_var index, size_t classes);

WG_END_DECLS
#endif
