/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Convolution and pooling as operations: worked numbers, sizes, options, messages. (Their gradients are
 * checked with every other operation's in test_ops; the kernels against the definition in test_conv_kernels.)
 */

#include <math.h>
#include <string.h>
#include <wengert/conv.h>
#include <wengert/math.h>
#include <wengert/reduce.h>

#include "harness.h"

static wg_var counting(wg_tape *tape, wg_shape shape, double first)
{
    double x[512];
    size_t count = 0;
    wg_shape_count(&shape, &count);
    ck_assert_uint_le(count, 512);
    for (size_t i = 0; i < count; i++)
        x[i] = first + (double)i;
    return wg_leaf(tape, wg_array_of(x, WG_F64, shape));
}

static void expect(wg_var x, const double *expected, size_t count)
{
    double got[64];
    ck_assert_uint_eq(wg_count_of(x), count);
    ck_assert_int_eq(wg_read(x, got, count), WG_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs(got[i] - expected[i]) < 1e-12, "number %zu is %g, not %g", i, got[i], expected[i]);
}

static void expect_grad(wg_var x, const double *expected, size_t count)
{
    double got[64];
    ck_assert_int_eq(wg_read_grad(x, got, count), WG_OK);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(
            fabs(got[i] - expected[i]) < 1e-12, "gradient %zu is %g, not %g", i, got[i], expected[i]);
}

static void expect_shape(wg_var x, size_t n, size_t c, size_t h, size_t w)
{
    wg_shape got = wg_shape_of(x), want = WG_SHAPE(n, c, h, w);
    char text[192];
    ck_assert_msg(wg_shape_equal(&got, &want), "the shape is %s", wg_shape_text(&got, text, sizeof text));
}

static void expect_error(wg_tape *tape, wg_var x, wg_status status, const char *part)
{
    ck_assert(!wg_is_valid(x));
    ck_assert_int_eq(wg_tape_status(tape), status);
    ck_assert_msg(strstr(wg_tape_message(tape), part) != NULL, "the message is: %s", wg_tape_message(tape));
    wg_tape_reset(tape);
}

/* 1 .. 9 under [1 2; 3 4]: 1 + 4 + 12 + 20 = 37, ... */
START_TEST(a_small_image)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = counting(tape, WG_SHAPE(1, 1, 3, 3), 1), w = counting(tape, WG_SHAPE(1, 1, 2, 2), 1);
    wg_var y = wg_conv2d(x, w, NULL);
    expect_shape(y, 1, 1, 2, 2);
    expect(y, (double[]){37, 47, 67, 77}, 4);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    expect_grad(x, (double[]){1, 3, 2, 4, 10, 6, 3, 7, 4}, 9);
    expect_grad(w, (double[]){12, 16, 24, 28}, 4);
    wg_tape_free(tape);
}
END_TEST

START_TEST(options)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = counting(tape, WG_SHAPE(2, 4, 7, 9), 0), w = counting(tape, WG_SHAPE(6, 4, 3, 3), 0);
    expect_shape(wg_conv2d(x, w, &(wg_conv2d_options){.padding = 1}), 2, 6, 7, 9);
    expect_shape(wg_conv2d(x, w, &(wg_conv2d_options){.stride = 2}), 2, 6, 3, 4);
    expect_shape(wg_conv2d(x, w, &(wg_conv2d_options){.stride = 2, .stride_w = 3}), 2, 6, 3, 3);
    expect_shape(wg_conv2d(x, w, &(wg_conv2d_options){.padding_h = 2, .dilation_w = 4}), 2, 6, 9, 1);
    expect_shape(wg_conv2d(x, w, &(wg_conv2d_options){.stride = 2, .exact = true}), 2, 6, 3, 4);
    wg_var grouped = counting(tape, WG_SHAPE(6, 2, 3, 3), 0);
    expect_shape(wg_conv2d(x, grouped, &(wg_conv2d_options){.groups = 2}), 2, 6, 5, 7);
    wg_tape_free(tape);
}
END_TEST

/* A group is a convolution of its own. */
START_TEST(groups)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2, 3, 4}), 1, 2, 1, 2));
    wg_var w = wg_leaf(tape, WG_DOUBLES(((double[]){10, 100}), 2, 1, 1, 1));
    expect(wg_conv2d(x, w, &(wg_conv2d_options){.groups = 2}), (double[]){10, 20, 300, 400}, 4);
    wg_tape_free(tape);
}
END_TEST

START_TEST(misfits)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = counting(tape, WG_SHAPE(1, 2, 6, 6), 0);
    wg_var w = counting(tape, WG_SHAPE(1, 2, 3, 3), 0);
    expect_error(tape, wg_conv2d(x, w, &(wg_conv2d_options){.stride = 2, .exact = true}), WG_BAD_SHAPE,
        "(6 + 2 * 0 - 3) / 2 is not whole");
    x = counting(tape, WG_SHAPE(1, 2, 2, 6), 0), w = counting(tape, WG_SHAPE(1, 2, 3, 3), 0);
    expect_error(tape, wg_conv2d(x, w, NULL), WG_BAD_SHAPE,
        "the filter has 3 rows (3 with its dilation), the padded image 2");
    x = counting(tape, WG_SHAPE(1, 2, 6, 6), 0), w = counting(tape, WG_SHAPE(1, 3, 3, 3), 0);
    expect_error(tape, wg_conv2d(x, w, NULL), WG_BAD_SHAPE, "2 channels, but filters for 3");
    x = counting(tape, WG_SHAPE(1, 2, 6, 6), 0), w = counting(tape, WG_SHAPE(3, 1, 3, 3), 0);
    expect_error(
        tape, wg_conv2d(x, w, &(wg_conv2d_options){.groups = 2}), WG_BAD_SHAPE, "3 filters do not divide");
    x = counting(tape, WG_SHAPE(2, 6, 6), 0), w = counting(tape, WG_SHAPE(3, 1, 3, 3), 0);
    expect_error(tape, wg_conv2d(x, w, NULL), WG_BAD_SHAPE, "four axes");
    x = counting(tape, WG_SHAPE(1, 1, 6, 6), 0), w = counting(tape, WG_SHAPE(1, 1, 3, 3), 0);
    expect_error(
        tape, wg_conv2d(x, w, &(wg_conv2d_options){.padding = SIZE_MAX / 2 + 1}), WG_OVERFLOW, "size_t");
    x = counting(tape, WG_SHAPE(1, 1, 6, 6), 0), w = counting(tape, WG_SHAPE(1, 1, 3, 3), 0);
    expect_error(tape, wg_conv2d(x, w, &(wg_conv2d_options){.dilation = SIZE_MAX}), WG_OVERFLOW, "size_t");
    x = counting(tape, WG_SHAPE(1, 1, 6, 6), 0),
    w = wg_leaf(tape, wg_array_of(NULL, WG_F64, WG_SHAPE(1, 1, 0, 3)));
    expect_error(tape, wg_conv2d(x, w, NULL), WG_BAD_SHAPE, "no rows");
    wg_tape_free(tape);
}
END_TEST

/* Far more padding than image: the definition still holds, and nothing of that size is copied. */
START_TEST(huge_padding)
{
    wg_tape *tape = wg_tape_new(NULL);
    const size_t huge = (size_t)1 << (sizeof(size_t) == 8 ? 40 : 20);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){3}), 1, 1, 1, 1));
    wg_var w = wg_leaf(tape, WG_DOUBLES(((double[]){5, 7, 11}), 1, 1, 1, 3));
    wg_conv2d_options o = {.padding_w = huge, .dilation_w = huge};
    wg_var y = wg_conv2d(x, w, &o);
    expect_shape(y, 1, 1, 1, 1);
    expect(y, (double[]){21}, 1);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    expect_grad(x, (double[]){7}, 1);
    expect_grad(w, (double[]){0, 3, 0}, 3);
    wg_tape_free(tape);
}
END_TEST

/* <y, conv(x, w)> = <conv_transpose(y, w), x>, and the sizes are PyTorch's. */
START_TEST(transposed)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_conv2d_options o = {.stride = 2, .padding = 1, .output_padding_h = 1};
    wg_var x = counting(tape, WG_SHAPE(2, 3, 6, 7), -5), w = counting(tape, WG_SHAPE(4, 3, 3, 3), -9);
    wg_var y = counting(tape, WG_SHAPE(2, 4, 3, 4), -40);
    wg_var back = wg_conv_transpose2d(y, w, &o);
    expect_shape(back, 2, 3, 6, 7);
    double there = wg_item(wg_sum(wg_mul(y, wg_conv2d(x, w, &o))));
    ck_assert_double_eq(there, wg_item(wg_sum(wg_mul(back, x))));
    ck_assert(there != 0);
    wg_var one = wg_leaf(tape, WG_DOUBLES(((double[]){2}), 1, 1, 1, 1)),
           stamp = counting(tape, WG_SHAPE(1, 1, 2, 2), 1);
    expect(wg_conv_transpose2d(one, stamp, NULL), (double[]){2, 4, 6, 8}, 4);
    expect_error(
        tape, wg_conv_transpose2d(one, stamp, &(wg_conv2d_options){.padding = 2}), WG_BAD_SHAPE, "1 x 1");
    one = counting(tape, WG_SHAPE(1, 1, 3, 3), 0), stamp = counting(tape, WG_SHAPE(1, 1, 2, 2), 1);
    expect_error(tape, wg_conv_transpose2d(one, stamp, &(wg_conv2d_options){.output_padding = 1}),
        WG_BAD_SHAPE, "output_padding 1");
    wg_tape_free(tape);
}
END_TEST

START_TEST(maxima)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(
               tape, WG_DOUBLES(((double[]){1, 5, 2, 2, 9, 4, 8, 2, 2, 2, 7, 7, 3, 1, 0, 6}), 1, 1, 4, 4)),
           at;
    wg_var y = wg_max_pool2d_indices(x, 2, NULL, &at);
    expect(y, (double[]){9, 8, 3, 7}, 4);
    ck_assert_int_eq(wg_dtype_of(at), WG_I32);
    expect(at, (double[]){4, 6, 12, 10}, 4);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, counting(tape, WG_SHAPE(1, 1, 2, 2), 1)))), WG_OK);
    expect_grad(x, (double[]){0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 4, 0, 3, 0, 0, 0}, 16);
    expect(wg_max_unpool2d(y, at, 4, 4), (double[]){0, 0, 0, 0, 9, 0, 8, 0, 0, 0, 7, 0, 3, 0, 0, 0}, 16);
    expect(wg_max_pool_gather2d(x, at), (double[]){9, 8, 3, 7}, 4);
    wg_tape_free(tape);
}
END_TEST

/* Of equal numbers the first; a NaN wins, the first of them; padding never does; infinities are numbers. */
START_TEST(maxima_of_special_numbers)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var at,
        x = wg_leaf(tape,
            WG_DOUBLES(((double[]){3, 3, nan(""), 1, HUGE_VAL, -HUGE_VAL, 3, 3, 2, nan(""), HUGE_VAL, 5}), 1,
                1, 2, 6)),
        y = wg_max_pool2d_indices(x, 2, NULL, &at);
    double got[3];
    wg_read(y, got, 3);
    ck_assert(got[0] == 3 && isnan(got[1]) && isinf(got[2]));
    expect(at, (double[]){0, 2, 4}, 3);
    wg_var low = wg_leaf(tape, WG_DOUBLES(((double[]){-1, -2, -3, -4}), 1, 1, 2, 2));
    y = wg_max_pool2d(low, 2, &(wg_pool2d_options){.padding = 1});
    expect(y, (double[]){-1, -2, -3, -4}, 4);
    y = wg_max_pool2d(low, 3, &(wg_pool2d_options){.padding = 1, .stride = 1});
    expect(y, (double[]){-1, -1, -1, -1}, 4);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    expect_grad(low, (double[]){4, 0, 0, 0}, 4);
    wg_tape_free(tape);
}
END_TEST

/* Rows of every length, with many ties and now and then a NaN, against the definition; and the way back. */
START_TEST(maxima_of_rows)
{
    size_t width = (size_t)_i / 2 + 2, half = width / 2;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = _i % 2 ? WG_F32 : WG_F64});
    double x[5 * 64], y[2 * 32], at[2 * 32], back[5 * 64], expected[5 * 64] = {0};
    for (size_t i = 0; i < 5 * width; i++)
        x[i] = i % 37 == 36 ? nan("") : (double)(i * 7919 % 11 % 4);
    wg_var leaf = wg_leaf(tape, WG_DOUBLES(x, 1, 1, 5, width)), indices;
    wg_var pooled = wg_max_pool2d_indices(leaf, 2, NULL, &indices);
    double g[2 * 32];
    for (size_t i = 0; i < 2 * half; i++)
        g[i] = 1 + (double)i;
    ck_assert_int_eq(wg_backward_from(pooled, WG_DOUBLES(g, 1, 1, 2, half)), WG_OK);
    ck_assert_int_eq(wg_read(pooled, y, 2 * half), WG_OK);
    ck_assert_int_eq(wg_read(indices, at, 2 * half), WG_OK);
    ck_assert_int_eq(wg_read_grad(leaf, back, 5 * width), WG_OK);
    for (size_t i = 0; i < 2 * half; i++) {
        size_t first = i / half * 2 * width + i % half * 2, place = first;
        size_t rest[] = {first + 1, first + width, first + width + 1};
        for (size_t k = 0; k < 3; k++)
            if (x[rest[k]] > x[place] || (isnan(x[rest[k]]) && !isnan(x[place])))
                place = rest[k];
        ck_assert_uint_eq((size_t)at[i], place);
        ck_assert(y[i] == x[place] || (isnan(y[i]) && isnan(x[place])));
        expected[place] = g[i];
    }
    for (size_t i = 0; i < 5 * width; i++)
        ck_assert_double_eq(back[i], expected[i]);
    wg_tape_free(tape);
}
END_TEST

START_TEST(means)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2, 3, 4, 5, 6, 7, 8}), 1, 1, 2, 4));
    expect(wg_avg_pool2d(x, 2, NULL), (double[]){3.5, 5.5}, 2);
    expect(wg_avg_pool2d(x, 1, &(wg_pool2d_options){.size_w = 3, .stride = 1}), (double[]){2, 3, 6, 7}, 4);
    wg_pool2d_options o = {.padding = 1};
    wg_var y = wg_avg_pool2d(x, 2, &o);
    expect(y, (double[]){0.25, 1.25, 1, 1.25, 3.25, 2}, 6);
    o.exclude_padding = true;
    wg_var z = wg_avg_pool2d(x, 2, &o);
    expect(z, (double[]){1, 2.5, 4, 5, 6.5, 8}, 6);
    ck_assert_int_eq(wg_backward(wg_sum(z)), WG_OK);
    expect_grad(x, (double[]){1, 0.5, 0.5, 1, 1, 0.5, 0.5, 1}, 8);
    wg_tape_free(tape);
}
END_TEST

START_TEST(pooling_misfits)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = counting(tape, WG_SHAPE(1, 2, 5, 6), 0);
    expect_error(
        tape, wg_max_pool2d(x, 2, &(wg_pool2d_options){.exact = true}), WG_BAD_SHAPE, "(5 + 2 * 0 - 2) / 2");
    x = counting(tape, WG_SHAPE(1, 2, 5, 6), 0);
    expect_error(tape, wg_avg_pool2d(x, 6, NULL), WG_BAD_SHAPE, "the window has 6 rows, the padded image 5");
    x = counting(tape, WG_SHAPE(1, 2, 5, 6), 0);
    expect_error(tape, wg_max_pool2d(x, 0, NULL), WG_INVALID, "a window of 0 rows");
    x = counting(tape, WG_SHAPE(1, 2, 5, 6), 0);
    expect_error(
        tape, wg_avg_pool2d(x, 3, &(wg_pool2d_options){.padding = 2}), WG_INVALID, "half the window");
    x = counting(tape, WG_SHAPE(2, 5, 6), 0);
    expect_error(tape, wg_max_pool2d(x, 2, NULL), WG_BAD_SHAPE, "four axes");
    x = counting(tape, WG_SHAPE(1, 1, 1, 2), 0);
    wg_var at = wg_input(tape, WG_INTS(((int32_t[]){0, 9}), 1, 1, 1, 2));
    expect_error(tape, wg_max_unpool2d(x, at, 3, 3), WG_BAD_INDEX, "index 9, in a plane of 3 x 3");
    x = counting(tape, WG_SHAPE(1, 1, 1, 2), 0),
    at = wg_input(tape, WG_INTS(((int32_t[]){0, -1}), 1, 1, 1, 2));
    expect_error(tape, wg_max_pool_gather2d(x, at), WG_BAD_INDEX, "index -1");
    x = counting(tape, WG_SHAPE(1, 1, 1, 2), 0);
    expect_error(tape, wg_max_unpool2d(x, x, 3, 3), WG_BAD_DTYPE, "i32");
    wg_tape_free(tape);
}
END_TEST

/* A bias is a number for each channel of the result; its gradient is the sum over images, rows and columns.
 */
START_TEST(biases)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = counting(tape, WG_SHAPE(2, 2, 3, 3), 0), w = counting(tape, WG_SHAPE(3, 2, 2, 2), -3);
    wg_var b = wg_leaf(tape, WG_DOUBLES(((double[]){100, 200, 300}), 3));
    wg_var plain = wg_conv2d(x, w, NULL), y = wg_conv2d_bias(x, w, b, NULL);
    double without[24], with[24];
    ck_assert_int_eq(wg_read(plain, without, 24), WG_OK);
    ck_assert_int_eq(wg_read(y, with, 24), WG_OK);
    for (int i = 0; i < 24; i++)
        ck_assert_double_eq(with[i], without[i] + 100 * (i / 4 % 3 + 1));
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    expect_grad(b, (double[]){8, 8, 8}, 3);

    wg_var c = wg_leaf(tape, WG_DOUBLES(((double[]){1000, 2000}), 2));
    wg_var up = wg_conv_transpose2d_bias(plain, w, c, NULL);
    expect_shape(up, 2, 2, 3, 3);
    double back[36], shifted[36];
    ck_assert_int_eq(wg_read(wg_conv_transpose2d(plain, w, NULL), back, 36), WG_OK);
    ck_assert_int_eq(wg_read(up, shifted, 36), WG_OK);
    for (int i = 0; i < 36; i++)
        ck_assert_double_eq(shifted[i], back[i] + 1000 * (i / 9 % 2 + 1));
    ck_assert_int_eq(wg_backward(wg_sum(up)), WG_OK);
    expect_grad(c, (double[]){18, 18}, 2);

    expect_error(tape, wg_conv2d_bias(x, w, c, NULL), WG_BAD_SHAPE,
        "conv2d_bias: the bias [2] must be [3], a number for each channel of the result");
    x = counting(tape, WG_SHAPE(2, 2, 3, 3), 0), w = counting(tape, WG_SHAPE(3, 2, 2, 2), -3);
    b = wg_set_name(counting(tape, WG_SHAPE(3, 1, 1), 0), "b");
    expect_error(tape, wg_conv2d_bias(x, w, b, NULL), WG_BAD_SHAPE, "the bias b [3, 1, 1] must be [3]");
    x = counting(tape, WG_SHAPE(2, 2, 3, 3), 0), w = counting(tape, WG_SHAPE(3, 2, 2, 2), -3);
    expect_error(tape, wg_conv_transpose2d_bias(x, w, w, NULL), WG_BAD_SHAPE, "conv2d_input_gradient");
    wg_tape_free(tape);
}
END_TEST

/* No images, no channels, no filters: shapes hold, sums over nothing are 0. */
START_TEST(nothing)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, wg_array_of(NULL, WG_F64, WG_SHAPE(1, 0, 4, 4)));
    wg_var w = wg_leaf(tape, wg_array_of(NULL, WG_F64, WG_SHAPE(1, 0, 3, 3)));
    expect(wg_conv2d(x, w, NULL), (double[]){0, 0, 0, 0}, 4);
    expect_shape(wg_max_pool2d(x, 2, NULL), 1, 0, 2, 2);
    wg_var none = wg_leaf(tape, wg_array_of(NULL, WG_F64, WG_SHAPE(0, 2, 4, 4)));
    wg_var filters = counting(tape, WG_SHAPE(3, 2, 1, 1), 1);
    wg_var y = wg_conv2d(none, filters, NULL);
    expect_shape(y, 0, 3, 4, 4);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    expect_grad(filters, (double[]){0, 0, 0, 0, 0, 0}, 6);
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_small_image, 0}, {options, 0}, {groups, 0}, {misfits, 0},
        {huge_padding, 0}, {transposed, 0}, {maxima, 0}, {maxima_of_special_numbers, 0},
        {maxima_of_rows, 2 * 40}, {means, 0}, {pooling_misfits, 0}, {biases, 0}, {nothing, 0}};
    return harness_run("conv", tests, sizeof tests / sizeof tests[0]);
}
