/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* reduce.h - operations over axes: sums, extrema, norms, softmax.
 *
 *     wg_sum(x)                                over everything: a scalar
 *     wg_sum_over(x, WG_AXES(0, 2), false)     over axes 0 and 2: [2, 3, 4] -> [3]
 *     wg_sum_over(x, WG_AXES(-1), true)        over the last one, kept with size 1: [2, 3] -> [2, 1]
 *
 * Negative axes count from the end; WG_ALL_AXES are all of them. An empty list, (wg_axes){0}, names none:
 * each element is then summed, or looked at, by itself. n below is the number of elements that go into one
 * result. Floats are summed in double, doubles in blocks that are joined as a balanced tree; no bit of a
 * result depends on the number of threads. wg_sum and wg_mean give a scalar of double precision whatever they
 * sum.
 *
 * NaN goes through all of them; an extremum with a NaN among its elements is NaN. Numbers that are finite
 * give finite results, accurate to a few units in the last place of the terms, wherever the result is in the
 * range of its type, with these exceptions, in which a result is infinite or NaN:
 *
 *     sums and means of doubles, of which a part adds up to more than the largest double;
 *     variances, of which the sum of squares does.
 *
 * Below the smallest normal number (2e-308, in floats 1e-38) results have fewer digits, and so have the
 * slopes of a norm that is as small. Derivatives of any order follow the formulas below.
 *
 * Errors (left on the tape): WG_BAD_SHAPE for an axis that x does not have or that is named twice, and for
 * the maximum, minimum, argmax or argmin of nothing; WG_BAD_DTYPE for integers; those of every operation
 * (tape.h). */
#ifndef WENGERT_REDUCE_H
#define WENGERT_REDUCE_H

#include <wengert/tape.h>

WG_BEGIN_DECLS

/* ---- Sums ------------------------------------------------------------------------------------------ */

/* Sum; of nothing 0. Every element gets g. */
WG_API wg_var wg_sum(wg_var x);
WG_API wg_var wg_sum_over(wg_var x, wg_axes axes, bool keep);

/* Mean; of nothing NaN. Every element gets g / n. */
WG_API wg_var wg_mean(wg_var x);
WG_API wg_var wg_mean_over(wg_var x, wg_axes axes, bool keep);

/* Sum of (x - mean)^2, divided by n - ddof as in NumPy: ddof 0 is the biased variance, 1 the unbiased one;
 * NaN or infinite when n <= ddof. Computed in two passes. x_i gets 2 g (x_i - mean) / (n - ddof). WG_INVALID:
 * ddof < 0. */
WG_API wg_var wg_variance(wg_var x, int ddof);
WG_API wg_var wg_variance_over(wg_var x, wg_axes axes, int ddof, bool keep);

/* Euclidean norm, the root of the sum of squares, without overflow or underflow on the way; of nothing 0. x_i
 * gets g x_i / y, and 0 where the norm is 0 (so are all derivatives there). */
WG_API wg_var wg_norm(wg_var x);
WG_API wg_var wg_norm_over(wg_var x, wg_axes axes, bool keep);

/* log(sum e^x), finite for finite x; of nothing, or of -infinity alone, -infinity (there the gradient is 0).
 * x_i gets g e^x_i / sum e^x, to all its digits also where y has none left behind the point. */
WG_API wg_var wg_logsumexp(wg_var x);
WG_API wg_var wg_logsumexp_over(wg_var x, wg_axes axes, bool keep);

/* Product; of nothing 1. x_i gets g times the product of the others, computed without division: zeros in x
 * are like other numbers, and no part of a product leaves the range of the type where the whole does not. All
 * derivatives are so, up to the 17th; WG_INVALID beyond. */
WG_API wg_var wg_prod(wg_var x);
WG_API wg_var wg_prod_over(wg_var x, wg_axes axes, bool keep);

/* y_i = x_0 + .. + x_i along one axis. x_i gets g_i + g_(i+1) + .. : the same from the other end. */
WG_API wg_var wg_cumsum(wg_var x, int axis);

/* The sum that undoes a broadcast: over the axes that `shape` lacks or has with size 1. Returns x itself if
 * it has this shape. WG_BAD_SHAPE unless `shape` broadcasts to x's. */
WG_API wg_var wg_sum_to(wg_var x, wg_shape shape);

/* ---- Extrema --------------------------------------------------------------------------------------- */

/* The largest and the smallest element. The first one of them (in row-major order of the reduced axes) gets
 * g, the others 0. */
WG_API wg_var wg_max(wg_var x);
WG_API wg_var wg_max_over(wg_var x, wg_axes axes, bool keep);
WG_API wg_var wg_min(wg_var x);
WG_API wg_var wg_min_over(wg_var x, wg_axes axes, bool keep);

/* Where the largest, or the smallest, element is along an axis, the first one if there are several: i32, x's
 * shape without the axis. A NaN counts as the largest, and as the smallest. No gradient. WG_OVERFLOW for an
 * axis of 2^31 elements. */
WG_API wg_var wg_argmax(wg_var x, int axis);
WG_API wg_var wg_argmin(wg_var x, int axis);

/* ---- Softmax --------------------------------------------------------------------------------------- */

/* e^x / sum(e^x) along an axis, after the largest x is subtracted: finite for finite x. -infinity gives 0.
 * What is nothing but -infinity along the axis, masked as a whole, gives zeros, with a gradient of 0;
 * +infinity gives NaN. Either concerns its own row alone. x gets y (g - sum(g y)). */
WG_API wg_var wg_softmax(wg_var x, int axis);

/* The logarithm of wg_softmax, x - logsumexp(x); -infinity for what is masked as a whole. x gets
 * g - e^y sum(g). */
WG_API wg_var wg_log_softmax(wg_var x, int axis);

WG_END_DECLS
#endif
