/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Arguments out of range beside the options: axes, ranks, dtypes, sizes, names. A status, a message that
 * names what is wrong, nothing leaked, and no parameter made. */

#include <limits.h>
#include <math.h>

#include "harness.h"
#include "options.h"

static wg_var many_axes(room *r, const void *o)
{
    (void)o;
    return wg_sum_over(matrix(r), (wg_axes){.count = 100, .axis = {0, 1}}, false);
}

static wg_var axis_min(room *r, const void *o)
{
    (void)o;
    return wg_softmax(matrix(r), INT_MIN);
}

static wg_var axis_max(room *r, const void *o)
{
    (void)o;
    return wg_cumsum(matrix(r), INT_MAX);
}

static wg_var rank_100(room *r, const void *o)
{
    (void)o;
    return wg_reshape(matrix(r), (wg_shape){.rank = 100, .dim = {N, CLASSES}});
}

static wg_var input_rank_9(room *r, const void *o)
{
    (void)o;
    return wg_input(r->tape, (wg_array){.data = numbers, .shape = {.rank = 9}});
}

static wg_var leaf_dtype(room *r, const void *o)
{
    (void)o;
    return wg_leaf(r->tape, wg_array_of(numbers, (wg_dtype)99, WG_SHAPE(2)));
}

static wg_var input_of_dtype(room *r, const void *o)
{
    (void)o;
    return wg_input_of(r->tape, (wg_dtype)99, WG_SHAPE(2));
}

static wg_var bind_dtype(room *r, const void *o)
{
    (void)o;
    return wg_bind(r->tape, &(wg_binding){.owner = r, .dtype = (wg_dtype)99, .data = numbers});
}

static wg_var bind_rank(room *r, const void *o)
{
    (void)o;
    return wg_bind(r->tape, &(wg_binding){.owner = r, .shape = {.rank = 99}, .data = numbers});
}

static wg_var bind_nothing(room *r, const void *o)
{
    (void)o;
    return wg_bind(r->tape, &(wg_binding){.owner = r, .shape = WG_SHAPE(3)});
}

static wg_var full_overflow(room *r, const void *o)
{
    (void)o;
    return wg_full(r->tape, WG_SHAPE(SIZE_MAX, 2), 1);
}

static wg_var full_huge(room *r, const void *o)
{
    (void)o;
    return wg_full(r->tape, WG_SHAPE(SIZE_MAX / 16, 2), 1);
}

static wg_var dropout_one(room *r, const void *o)
{
    return wg_dropout(matrix(r), *(const double *)o);
}

static wg_var kernel_zero(room *r, const void *o)
{
    (void)o;
    return wg_layer_conv2d(r->params, "layer", image(r), 2, 0, NULL);
}

static wg_var pool_zero(room *r, const void *o)
{
    (void)o;
    return wg_max_pool2d(image(r), 0, NULL);
}

/* Padding alone: no window holds a number of the image. */
static wg_var pool_nothing(room *r, const void *o)
{
    (void)o;
    wg_var x = wg_leaf(r->tape, WG_DOUBLES(numbers, 1, 1, 0, 4));
    return wg_max_pool2d(x, 2, &(wg_pool2d_options){.padding = 1});
}

static wg_var variance_ddof(room *r, const void *o)
{
    (void)o;
    return wg_variance(matrix(r), INT_MIN);
}

static wg_var one_hot_huge(room *r, const void *o)
{
    (void)o;
    return wg_one_hot(wg_input(r->tape, WG_INTS(labels, N)), SIZE_MAX);
}

static wg_var pad_huge(room *r, const void *o)
{
    (void)o;
    return wg_pad(matrix(r), (const wg_pad_width[]){{SIZE_MAX, 1}, {0, 0}}, 0);
}

static wg_var slice_step(room *r, const void *o)
{
    (void)o;
    return wg_slice(matrix(r), 0, PTRDIFF_MIN, PTRDIFF_MIN, 0);
}

static wg_var dense_huge(room *r, const void *o)
{
    (void)o;
    return wg_layer_dense(r->params, "layer", matrix(r), SIZE_MAX, NULL);
}

static wg_var layer_nameless(room *r, const void *o)
{
    (void)o;
    return wg_layer_dense(r->params, "", matrix(r), 2, NULL);
}

static wg_var layer_storeless(room *r, const void *o)
{
    (void)o;
    return wg_layer_dense(NULL, "layer", matrix(r), 2, NULL);
}

static const refusal arguments[] = {
    {many_axes, NULL, WG_BAD_SHAPE, "100"},
    {axis_min, NULL, WG_BAD_SHAPE, "softmax"},
    {axis_max, NULL, WG_BAD_SHAPE, "2147483647"},
    {rank_100, NULL, WG_BAD_SHAPE, "reshape"},
    {input_rank_9, NULL, WG_BAD_SHAPE, "rank over 8"},
    {leaf_dtype, NULL, WG_BAD_DTYPE, "dtype"},
    {input_of_dtype, NULL, WG_BAD_DTYPE, "dtype"},
    {bind_dtype, NULL, WG_INVALID, "a floating dtype"},
    {bind_rank, NULL, WG_INVALID, "a shape that fits"},
    {bind_nothing, NULL, WG_INVALID, "data"},
    {full_overflow, NULL, WG_OVERFLOW, SIZE_MAX_TEXT},
    {full_huge, NULL, WG_OUT_OF_MEMORY, "no memory"},
    {dropout_one, &(const double){1}, WG_INVALID, "1"},
    {dropout_one, &(const double){-0.1}, WG_INVALID, "-0.1"},
    {dropout_one, &(const double){(double)NAN}, WG_INVALID, "nan"},
    {kernel_zero, NULL, WG_BAD_SHAPE, "layer"},
    {pool_zero, NULL, WG_INVALID, "window of 0"},
    {pool_nothing, NULL, WG_BAD_SHAPE, "max_pool2d"},
    {variance_ddof, NULL, WG_INVALID, "ddof"},
    {one_hot_huge, NULL, WG_OVERFLOW, "one_hot"},
    {pad_huge, NULL, WG_OVERFLOW, "pad"},
    {slice_step, NULL, WG_INVALID, "step"},
    {dense_huge, NULL, WG_OVERFLOW, "layer.weight"},
    {layer_nameless, NULL, WG_INVALID, "name"},
    {layer_storeless, NULL, WG_INVALID, "store"},
};

START_TEST(arguments_out_of_range)
{
    room r;
    room_open(&r);
    check_refused(&r, &arguments[_i], _i);
    ck_assert_uint_eq(wg_params_count(r.params), 0);
    room_close(&r);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{arguments_out_of_range, sizeof arguments / sizeof arguments[0]}};
    return harness_run("options_arguments", tests, 1);
}
