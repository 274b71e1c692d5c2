/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool_attr.h - what the pooling operations share: their attributes and their geometry. */
#ifndef WG_OPS_POOL_ATTR_H
#define WG_OPS_POOL_ATTR_H

#include <wengert/conv.h>
#include <wengert/op.h>
#include "kernels/pool.h"

typedef struct wg_pool_attr {
    size_t size_h, size_w, stride_h, stride_w, padding_h, padding_w;
    size_t height, width;          /* of the image, for the operation that goes back to it */
    size_t exact, exclude_padding; /* bools, as wide as their neighbours: there is no padding */
} wg_pool_attr;

wg_pool_attr wg__pool_attr_of(size_t size, const wg_pool2d_options *options);

/* The geometry over images of shape x [N, C, H, W], checked; *want (NULL allowed) is the pooled shape. Fails
 * the operation with a message. In batch lanes a plane has the channel of several images. */
wg_status wg__pool_geometry(wg_op_context *op, const wg_shape *x, wg_pool *pool, wg_shape *want);

/* The pooling operations' rule for batch lanes: operand and results lie so. */
unsigned wg__pool_lanes(wg_op_context *op, double *saved);

#endif
