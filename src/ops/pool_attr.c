/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/pool_attr.h"

#include "base/alloc.h"
#include "ops/lanes.h"
#include "ops/axes.h"

static size_t first_of(size_t own, size_t both, size_t otherwise)
{
    return own ? own : both ? both : otherwise;
}

wg_pool_attr wg__pool_attr_of(size_t size, const wg_pool2d_options *options)
{
    const wg_pool2d_options o = options ? *options : (wg_pool2d_options){0};
    wg_pool_attr attr = {.size_h = first_of(o.size_h, size, 0), .size_w = first_of(o.size_w, size, 0)};
    attr.stride_h = first_of(o.stride_h, o.stride, attr.size_h);
    attr.stride_w = first_of(o.stride_w, o.stride, attr.size_w);
    attr.padding_h = first_of(o.padding_h, o.padding, 0);
    attr.padding_w = first_of(o.padding_w, o.padding, 0);
    attr.exact = o.exact;
    attr.exclude_padding = o.exclude_padding;
    return attr;
}

/* One axis: *out = floor((length + 2 padding - size) / stride) + 1. With padding at most size / 2 every
 * window holds a number of the image. */
static wg_status output_size(wg_op_context *op, const char *axis, size_t length, size_t size, size_t stride,
    size_t padding, bool exact, size_t *out)
{
    if (size == 0 || stride == 0)
        return wg_op_fail(op, WG_INVALID, "a window of 0 %s, or a stride of 0", axis);
    if (padding > size / 2)
        return wg_op_fail(
            op, WG_INVALID, "a padding of %zu %s is more than half the window's %zu", padding, axis, size);
    if (2 * padding > SIZE_MAX - length)
        return wg_op_fail(op, WG_OVERFLOW, "the padded image's %s do not fit in size_t", axis);
    size_t padded = length + 2 * padding;
    if (padded < size || length == 0) /* padding alone has no maximum */
        return wg_op_fail(op, WG_BAD_SHAPE, "the window has %zu %s, the padded image %zu: %s", size, axis,
            padded, wg_op_operand(op, 0));
    if (exact && (padded - size) % stride != 0)
        return wg_op_fail(op, WG_BAD_SHAPE,
            "%s do not come out: (%zu + 2 * %zu - %zu) / %zu is not whole (exact was asked for)", axis,
            length, padding, size, stride);
    *out = (padded - size) / stride + 1;
    return WG_OK;
}

wg_status wg__pool_geometry(wg_op_context *op, const wg_shape *x, wg_pool *pool, wg_shape *want)
{
    const wg_pool_attr *a = op->attr;
    wg_status status = wg__op_needs_real(op, 0);
    size_t height = 0, width = 0;
    if (status != WG_OK)
        return status;
    if (x->rank != 4)
        return wg_op_fail(op, WG_BAD_SHAPE, "images have four axes, not %s", wg_op_operand(op, 0));
    status = output_size(op, "rows", x->dim[2], a->size_h, a->stride_h, a->padding_h, a->exact, &height);
    if (status == WG_OK)
        status =
            output_size(op, "columns", x->dim[3], a->size_w, a->stride_w, a->padding_w, a->exact, &width);
    if (status != WG_OK)
        return status;
    *pool = (wg_pool){0, x->dim[2], x->dim[3], height, width, a->size_h, a->size_w, a->stride_h, a->stride_w,
        a->padding_h, a->padding_w, a->exclude_padding};
    if (!wg__mul_size(x->dim[0], x->dim[1], &pool->planes))
        return wg_op_fail(op, WG_OVERFLOW, "the number of planes does not fit in size_t");
    pool->planes /= wg_op_lanes(op) ? wg_op_lanes(op) : 1;
    if (want)
        *want = WG_SHAPE(x->dim[0], x->dim[1], height, width);
    return WG_OK;
}

unsigned wg__pool_lanes(wg_op_context *op, double *saved)
{
    unsigned images = WG_LANES_OPERAND(0);
    (void)saved;
    for (size_t r = 0; r < op->results; r++)
        images |= WG_LANES_RESULT(r);
    return wg__is_batch_of_lanes(op->in_shape[0]) ? images : 0;
}
