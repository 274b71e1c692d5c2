/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* linalg.h - the product of matrices.
 *
 *     wg_matmul(x, W)                         [128, 784] @ [784, 512] -> [128, 512]
 *     wg_matmul_t(x, W, false, true)          [128, 784] @ [512, 784] -> [128, 512]:  x W^T, without a copy
 *
 * For y = A B and g = dL/dy:  dL/dA = g B^T,  dL/dB = A^T g.
 *
 * No bit of a result depends on the number of threads.
 *
 * Errors (left on the tape): WG_BAD_SHAPE, "matmul: inner dimensions differ: x [128, 784] @ W [512, 256]",
 * also for a scalar operand and for batch sizes that do not broadcast; WG_BAD_DTYPE for integers; those of
 * every operation (tape.h). */
#ifndef WENGERT_LINALG_H
#define WENGERT_LINALG_H

#include <stdbool.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* a @ b by NumPy's rules (numpy.matmul):
 *
 *     [M, K] @ [K, N]                  -> [M, N]           y[i, j] = sum_p a[i, p] b[p, j]
 *     [..., M, K] @ [..., K, N]        -> [..., M, N]      matrix by matrix; the leading sizes are broadcast
 *     [K] @ [..., K, N]                -> [..., N]         a vector on the left is a row,
 *     [..., M, K] @ [K]                -> [..., M]         on the right a column; that axis is then dropped
 *     [K] @ [K]                        -> []
 *
 * K = 0 gives zeros. */
WG_API wg_var wg_matmul(wg_var a, wg_var b);

/* The same with the last two axes of a, of b, or of both exchanged, without a copy: A^T is given as [..., K,
 * M], B^T as [..., N, K]. A vector has nothing to exchange. */
WG_API wg_var wg_matmul_t(wg_var a, wg_var b, bool transpose_a, bool transpose_b);

/* y = x w^T + b for x [..., in], w [out, in], b [out] (or what broadcasts to y): y [..., out]. With g =
 * dL/dy, dL/dw = g^T x and dL/db is the sum of g over all but the last axis. As torch.nn.functional.linear.
 * Mind that wg_layer_dense keeps its weight the other way, as [in, out], and computes x W + b. */
WG_API wg_var wg_linear(wg_var x, wg_var w, wg_var b);

WG_END_DECLS
#endif
