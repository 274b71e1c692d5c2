/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pointwise_loss.h - before pointwise_loss_real.h: what its kernels need, the shape rule and the samples of a
 * loss of prediction and target. */
#ifndef WG_OPS_POINTWISE_LOSS_H
#define WG_OPS_POINTWISE_LOSS_H

#include <stdbool.h>
#include <string.h>
#include <wengert/math.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "kernels/vector_math.h"
#include "ops/loss.h"
#include "ops/ops.h"

enum { BLOCK = 256, CHUNK = 32 * BLOCK };

/* Two floating operands of one shape; one loss per element. */
wg_status wg__pointwise_shape(wg_op_context *op);

/* Sums of its chunks. */
size_t wg__pointwise_workspace(const wg_op_context *op);

/* The rule, from the loss's derivatives as vars. */
wg_status wg__pointwise_vjp(wg_op_context *op, wg_var g, wg_var slope_a, wg_var slope_b, wg_var *grad_in);

enum { WG_POINTWISE_SAMPLES = 4 };
extern const wg_op_sample wg__pointwise_samples[WG_POINTWISE_SAMPLES];

#endif
