/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <string.h>
#include <wengert/array.h>

#include "harness.h"

START_TEST(dtypes)
{
    ck_assert_uint_eq(wg_dtype_size(WG_F64), 8);
    ck_assert_uint_eq(wg_dtype_size(WG_F32), 4);
    ck_assert_uint_eq(wg_dtype_size(WG_I32), 4);
    ck_assert_uint_eq(wg_dtype_size((wg_dtype)17), 0);
    ck_assert_str_eq(wg_dtype_name(WG_F64), "f64");
    ck_assert_str_eq(wg_dtype_name(WG_F32), "f32");
    ck_assert_str_eq(wg_dtype_name(WG_I32), "i32");
    ck_assert_ptr_nonnull(wg_dtype_name((wg_dtype)17));
}
END_TEST

START_TEST(shapes_from_sizes)
{
    const size_t sizes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    wg_shape scalar = wg_shape_scalar(), none = wg_shape_of_dims(NULL, 0);
    ck_assert_uint_eq(scalar.rank, 0);
    ck_assert(wg_shape_equal(&scalar, &none));
    wg_shape three = wg_shape_of_dims(sizes, 3), literal = WG_SHAPE(1, 2, 3);
    ck_assert_uint_eq(three.rank, 3);
    ck_assert(wg_shape_equal(&three, &literal));
    for (size_t i = 3; i < WG_MAX_RANK; i++)
        ck_assert_uint_eq(three.dim[i], 0);
    ck_assert_uint_eq(wg_shape_of_dims(sizes, 8).rank, 8);
    ck_assert_uint_eq(wg_shape_of_dims(sizes, 9).rank, SIZE_MAX);
}
END_TEST

START_TEST(unequal_shapes)
{
    wg_shape a = WG_SHAPE(2, 3), longer = WG_SHAPE(2, 3, 1), other = WG_SHAPE(3, 2), bad = {.rank = SIZE_MAX};
    ck_assert(!wg_shape_equal(&a, &longer));
    ck_assert(!wg_shape_equal(&a, &other));
    ck_assert(!wg_shape_equal(&bad, &bad));
}
END_TEST

static size_t count_of(wg_shape shape)
{
    size_t count = 77;
    return wg_shape_count(&shape, &count) ? count : SIZE_MAX;
}

START_TEST(counts)
{
    ck_assert_uint_eq(count_of(wg_shape_scalar()), 1);
    ck_assert_uint_eq(count_of(WG_SHAPE(2, 3, 4)), 24);
    ck_assert_uint_eq(count_of(WG_SHAPE(2, 0, 4)), 0);
    ck_assert_uint_eq(count_of(WG_SHAPE(SIZE_MAX)), SIZE_MAX);
}
END_TEST

START_TEST(counts_that_overflow)
{
    const size_t root = (size_t)1 << (sizeof(size_t) * 4);
    const wg_shape shapes[] = {WG_SHAPE(SIZE_MAX, 2), WG_SHAPE(SIZE_MAX / 2 + 1, 2),
        WG_SHAPE(SIZE_MAX / root + 1, root), WG_SHAPE(0, SIZE_MAX, 2), WG_SHAPE(SIZE_MAX, 2, 0), {.rank = 9},
        {.rank = SIZE_MAX}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        size_t count = 77;
        ck_assert_msg(!wg_shape_count(&shapes[i], &count), "shape %zu", i);
        ck_assert_uint_eq(count, 0);
    }
}
END_TEST

/* Rows of NumPy's broadcasting rule: a, b, the result (rank 9: they do not fit). */
START_TEST(broadcasts)
{
    const wg_shape no = {.rank = 9};
    const wg_shape rows[][3] = {
        {{0}, {0}, {0}},
        {{0}, WG_SHAPE(2, 3), WG_SHAPE(2, 3)},
        {WG_SHAPE(3), WG_SHAPE(2, 3), WG_SHAPE(2, 3)},
        {WG_SHAPE(2, 1), WG_SHAPE(1, 3), WG_SHAPE(2, 3)},
        {WG_SHAPE(4, 1, 3), WG_SHAPE(5, 1), WG_SHAPE(4, 5, 3)},
        {WG_SHAPE(0), WG_SHAPE(1), WG_SHAPE(0)},
        {WG_SHAPE(2, 0), WG_SHAPE(2, 1), WG_SHAPE(2, 0)},
        {WG_SHAPE(0), WG_SHAPE(2), no},
        {WG_SHAPE(2), WG_SHAPE(3), no},
        {WG_SHAPE(2, 3), WG_SHAPE(2), no},
        {WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 2), WG_SHAPE(7, 1), WG_SHAPE(1, 1, 1, 1, 1, 1, 7, 2)},
        {no, WG_SHAPE(2), no},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool fits = rows[i][2].rank <= WG_MAX_RANK;
        for (int swap = 0; swap < 2; swap++) {
            wg_shape out;
            ck_assert_msg(wg_shape_broadcast(&rows[i][swap], &rows[i][!swap], &out) == fits, "row %zu", i);
            ck_assert_msg(!fits || wg_shape_equal(&out, &rows[i][2]), "row %zu", i);
        }
    }
}
END_TEST

START_TEST(texts)
{
    char text[192], small[6];
    wg_shape scalar = wg_shape_scalar(), two = WG_SHAPE(128, 784), bad = {.rank = 9};
    wg_shape widest =
        WG_SHAPE(SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX);
    ck_assert_str_eq(wg_shape_text(&scalar, text, sizeof text), "[]");
    ck_assert_str_eq(wg_shape_text(&two, text, sizeof text), "[128, 784]");
    ck_assert_str_eq(wg_shape_text(&two, small, sizeof small), "[128,");
    ck_assert_str_eq(wg_shape_text(&bad, text, sizeof text), "[rank over 8]");
    wg_shape_text(&widest, text, sizeof text);
    ck_assert_uint_eq(strlen(text), 8 * strlen(SIZE_MAX_TEXT) + 7 * 2 + 2);
    ck_assert_int_eq(text[strlen(text) - 1], ']');
    char untouched = 'u';
    ck_assert_ptr_eq(wg_shape_text(&two, &untouched, 0), &untouched);
    ck_assert_int_eq(untouched, 'u');
}
END_TEST

START_TEST(views)
{
    const float floats[6] = {0};
    const double doubles[4] = {0};
    const int32_t ints[2] = {0};
    wg_array f = WG_FLOATS(floats, 2, 3), d = WG_DOUBLES(doubles, 4), i = WG_INTS(ints, 2, 1);
    ck_assert_ptr_eq(f.data, floats);
    ck_assert_int_eq(f.dtype, WG_F32);
    ck_assert_uint_eq(count_of(f.shape), 6);
    ck_assert_int_eq(d.dtype, WG_F64);
    ck_assert_uint_eq(d.shape.rank, 1);
    ck_assert_int_eq(i.dtype, WG_I32);
    ck_assert_uint_eq(i.shape.rank, 2);
    wg_axes axes = WG_AXES(0, -1), all = WG_ALL_AXES;
    ck_assert_uint_eq(axes.count, 2);
    ck_assert_int_eq(axes.axis[1], -1);
    ck_assert_uint_gt(all.count, WG_MAX_RANK);
}
END_TEST

TEST_MAIN("array", dtypes, shapes_from_sizes, unequal_shapes, counts, counts_that_overflow, broadcasts, texts,
    views)
