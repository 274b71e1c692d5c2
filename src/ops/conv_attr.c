/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/conv_attr.h"

#include "base/alloc.h"
#include "kernels/lanes.h"
#include "ops/axes.h"
#include "ops/factor.h"
#include "ops/ops.h"
#include "tape/hints.h"

static size_t first_of(size_t own, size_t both, size_t otherwise)
{
    return own ? own : both ? both : otherwise;
}

wg_conv_attr wg__conv_attr_of(const wg_conv2d_options *options)
{
    const wg_conv2d_options o = options ? *options : (wg_conv2d_options){0};
    return (wg_conv_attr){
        .stride_h = first_of(o.stride_h, o.stride, 1),
        .stride_w = first_of(o.stride_w, o.stride, 1),
        .padding_h = first_of(o.padding_h, o.padding, 0),
        .padding_w = first_of(o.padding_w, o.padding, 0),
        .dilation_h = first_of(o.dilation_h, o.dilation, 1),
        .dilation_w = first_of(o.dilation_w, o.dilation, 1),
        .groups = first_of(o.groups, 0, 1),
        .exact = o.exact,
    };
}

wg_conv_attr wg__conv_attr_read(const wg_op_context *op)
{
    wg_conv_attr attr = *(const wg_conv_attr *)op->attr;
    attr.stride_h = first_of(attr.stride_h, 0, 1);
    attr.stride_w = first_of(attr.stride_w, 0, 1);
    attr.dilation_h = first_of(attr.dilation_h, 0, 1);
    attr.dilation_w = first_of(attr.dilation_w, 0, 1);
    attr.groups = first_of(attr.groups, 0, 1);
    return attr;
}

/* One axis: *out = floor((size + 2 padding - dilation (taps - 1) - 1) / stride) + 1. */
static wg_status output_size(wg_op_context *op, const char *axis, size_t size, size_t taps, size_t stride,
    size_t padding, size_t dilation, bool exact, size_t *out)
{
    size_t reach, padded;
    if (taps == 0)
        return wg_op_fail(op, WG_BAD_SHAPE, "a filter has no %s", axis);
    if (!wg__mul_size(dilation, taps - 1, &reach) || reach == SIZE_MAX ||
        !wg__mul_size(padding, 2, &padded) || padded > SIZE_MAX - size)
        return wg_op_fail(
            op, WG_OVERFLOW, "the padded image's or the dilated filter's %s do not fit in size_t", axis);
    padded += size;
    reach += 1;
    if (padded < reach)
        return wg_op_fail(op, WG_BAD_SHAPE,
            "the filter has %zu %s (%zu with its dilation), the padded image %zu (%s x %s)", taps, axis,
            reach, padded, wg_op_operand(op, 0), wg_op_operand(op, 1));
    if (exact && (padded - reach) % stride != 0)
        return wg_op_fail(op, WG_BAD_SHAPE,
            "%s do not come out: (%zu + 2 * %zu - %zu) / %zu is not whole (exact was asked for)", axis, size,
            padding, reach, stride);
    *out = (padded - reach) / stride + 1;
    return WG_OK;
}

static wg_status check_channels(wg_op_context *op, const wg_shape *x, const wg_shape *w)
{
    const wg_conv_attr attr = wg__conv_attr_read(op);
    size_t channels;
    if (x->rank != 4 || w->rank != 4)
        return wg_op_fail(op, WG_BAD_SHAPE, "both operands must have four axes: %s, %s", wg_op_operand(op, 0),
            wg_op_operand(op, 1));
    if (!wg__mul_size(w->dim[1], attr.groups, &channels) || channels != x->dim[1])
        return wg_op_fail(op, WG_BAD_SHAPE, "%zu channels, but filters for %zu in %zu group(s): %s, %s",
            x->dim[1], w->dim[1], attr.groups, wg_op_operand(op, 0), wg_op_operand(op, 1));
    if (w->dim[0] % attr.groups != 0)
        return wg_op_fail(op, WG_BAD_SHAPE, "%zu filters do not divide into %zu groups: %s, %s", w->dim[0],
            attr.groups, wg_op_operand(op, 0), wg_op_operand(op, 1));
    return WG_OK;
}

wg_status wg__conv_geometry(
    wg_op_context *op, const wg_shape *x, const wg_shape *w, const wg_shape *y, wg_conv *conv, wg_shape *want)
{
    const wg_conv_attr a = wg__conv_attr_read(op);
    wg_status status = wg__op_needs_real(op, 0);
    size_t height = 0, width = 0;
    if (status == WG_OK)
        status = wg__op_needs_real(op, 1);
    if (status == WG_OK)
        status = check_channels(op, x, w);
    if (status == WG_OK)
        status = output_size(
            op, "rows", x->dim[2], w->dim[2], a.stride_h, a.padding_h, a.dilation_h, a.exact, &height);
    if (status == WG_OK)
        status = output_size(
            op, "columns", x->dim[3], w->dim[3], a.stride_w, a.padding_w, a.dilation_w, a.exact, &width);
    if (status != WG_OK)
        return status;
    wg_shape out = WG_SHAPE(x->dim[0], w->dim[0], height, width);
    if (y && !wg_shape_equal(y, &out)) {
        char text[192];
        return wg_op_fail(op, WG_BAD_SHAPE, "the convolution's result is %s, not that of %s, %s",
            wg_shape_text(&out, text, sizeof text), wg_op_operand(op, 0), wg_op_operand(op, 1));
    }
    if (want)
        *want = out;
    *conv = (wg_conv){x->dim[0], x->dim[1], x->dim[2], x->dim[3], w->dim[0], w->dim[2], w->dim[3], height,
        width, a.stride_h, a.stride_w, a.padding_h, a.padding_w, a.dilation_h, a.dilation_w, a.groups,
        WG_CONV_CHOSEN};
    return WG_OK;
}

/* Nanoseconds for each product, measured for batches of 8 to 64 and 1 to 128 channels. With AVX2 rows lose time
 * on each, but for filters of one tap, which are matrix products there. With AVX-512 they lose it only where a
 * row is shorter than a vector and there are not channels enough to fill one in its place. */
static double saved_by_product(const wg_conv *conv)
{
    enum { AVX512 = 16 };
    if (conv->rows * conv->columns == 1)
        return -0.04;
    if (wg__lanes() < AVX512)
        return 0.009;
    return conv->out_width < AVX512 && conv->channels < AVX512 ? 0.02 : -0.005;
}

/* And half a nanosecond for each number of the result. */
unsigned wg__conv_lanes_of(const wg_op_context *op, const wg_conv *conv, unsigned images, double *saved)
{
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++)
        if (!wg__conv_lanes_takes(conv, pass))
            return 0;
    if (wg__conv_tuned_saving(op, conv, saved))
        return images;
    double numbers =
        (double)conv->batch * (double)conv->filters * (double)(conv->out_height * conv->out_width);
    double products = numbers * (double)(conv->channels * conv->rows * conv->columns);
    *saved = 0.5 * numbers + saved_by_product(conv) * products;
    return images;
}

/* Bytes to work in for a pass that is computed in the way conv->way; false: no size_t. */
static bool bytes_of(
    const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes)
{
    return wg_op_lanes(op) ? wg__conv_lanes_scratch(conv, pass, bytes)
                           : wg__conv_scratch(op->threads, conv, pass, real, bytes);
}

static wg_status scratch_of(
    wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real, void **scratch)
{
    size_t bytes;
    *scratch = NULL;
    if (!bytes_of(op, conv, pass, real, &bytes))
        return wg_op_fail(op, WG_OVERFLOW, "the working memory's size does not fit in size_t");
    if (bytes > 0)
        *scratch = wg_op_scratch(op, bytes);
    return bytes > 0 && !*scratch ? WG_OUT_OF_MEMORY : WG_OK;
}

/* A weight gradient is not final before all of it is. */
static const wg_epilogue *epilogue_of(const wg_op_context *op, wg_conv_pass pass)
{
    return pass == WG_CONV_WEIGHT ? NULL : wg__op_epilogue(op);
}

/* What a plan's option bf16 makes of a pass. */
static wg_factors factors_of(const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass)
{
    size_t x = conv->batch * conv->channels * conv->height * conv->width;
    size_t y = conv->batch * conv->filters * conv->out_height * conv->out_width;
    size_t w = conv->filters * (conv->channels / conv->groups) * conv->rows * conv->columns;
    return (wg_factors){.a_count = pass == WG_CONV_INPUT ? y : x,
        .b_count = pass == WG_CONV_WEIGHT ? y : w,
        .problem = {.kind = x && y && w && !wg_op_lanes(op) ? (size_t)pass : WG_ONEDNN_NONE, .conv = *conv},
        .count = pass == WG_CONV_FORWARD ? y
                 : pass == WG_CONV_INPUT ? x
                                         : w,
        .epilogue = epilogue_of(op, pass)};
}

wg_status wg__conv_run_f64(
    wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, const void *a, const void *b, void *result)
{
    void *scratch;
    wg_conv tuned = *conv;
    wg_status status = wg__conv_tuned(op, conv, pass, sizeof(double), a, b, result, &tuned.way);
    if (status == WG_OK)
        status = scratch_of(op, &tuned, pass, sizeof(double), &scratch);
    if (status == WG_OK)
        wg__conv_f64(op->threads, &tuned, pass, a, b, result, scratch, epilogue_of(op, pass));
    return status;
}

wg_status wg__conv_run_f32(
    wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, const void *a, const void *b, void *result)
{
    void *scratch;
    wg_factors f = factors_of(op, conv, pass);
    f.a = a, f.b = b, f.result = result;
    wg_status status = wg__factors_f32(op, &f);
    if (status != WG_OK || f.done)
        return status;
    wg_conv tuned = *conv;
    status = wg__conv_tuned(op, conv, pass, sizeof(float), f.a, f.b, result, &tuned.way);
    if (status == WG_OK)
        status = scratch_of(op, &tuned, pass, sizeof(float), &scratch);
    if (status == WG_OK)
        (wg_op_lanes(op) ? wg__conv_lanes_f32 : wg__conv_f32)(
            op->threads, &tuned, pass, f.a, f.b, result, scratch, epilogue_of(op, pass));
    return status;
}

size_t wg__conv_workspace(const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass)
{
    size_t real = wg_dtype_size(op->dtype), bytes = 0, taken;
    wg_factors f = factors_of(op, conv, pass);
    if (op->dtype == WG_F32)
        bytes = wg__factors_workspace_f32(op, &f);
    if (f.done)
        return bytes;
    wg_conv tuned = *conv;
    bytes += wg__conv_tuned_workspace(op, conv, pass, real, &tuned.way);
    return bytes + (bytes_of(op, &tuned, pass, real, &taken) && taken ? wg_op_scratch_size(taken) : 0);
}

wg_var wg__conv_apply(wg_var x, wg_var w, wg_conv_attr attr)
{
    attr.size_h = attr.size_w = 0;
    return wg_apply(&wg__op_conv2d, (wg_var[]){x, w}, 2, &attr);
}

wg_var wg__conv_input_apply(wg_var g, wg_var w, wg_conv_attr attr, wg_shape x)
{
    attr.size_h = x.dim[2], attr.size_w = x.dim[3];
    return wg_apply(&wg__op_conv2d_input_gradient, (wg_var[]){g, w}, 2, &attr);
}

wg_var wg__conv_weight_apply(wg_var x, wg_var g, wg_conv_attr attr, wg_shape w)
{
    attr.size_h = w.dim[2], attr.size_w = w.dim[3];
    return wg_apply(&wg__op_conv2d_weight_gradient, (wg_var[]){x, g}, 2, &attr);
}

double wg__conv_flops(size_t y, const wg_shape *w)
{
    return 2 * (double)y * (double)w->dim[1] * (double)w->dim[2] * (double)w->dim[3];
}
