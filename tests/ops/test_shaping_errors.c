/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What the operations of shaping.h refuse, and what they say. */

#include "moves.h"

START_TEST(refused_reshapes)
{
    wg_tape *tape = moves_tape(WG_F64);
    wg_shape x = WG_SHAPE(2, 3);
    wg_shape too_long = {.rank = SIZE_MAX};
#define X named(tape, "x", WG_F64, x)
    check_refused(
        wg_reshape(X, WG_SHAPE(4, 2)), WG_BAD_SHAPE, "reshape: the elements of x [2, 3] do not make [4, 2]");
    check_refused(wg_reshape(X, WG_SHAPE(SIZE_MAX, 4)), WG_BAD_SHAPE,
        "reshape: the open size does not come out: x [2, 3] has 6 elements, the others make 4");
    check_refused(wg_reshape(X, WG_SHAPE(SIZE_MAX, 0)), WG_BAD_SHAPE,
        "reshape: the open size does not come out: x [2, 3] has 6 elements, the others make 0");
    check_refused(
        wg_reshape(X, WG_SHAPE(SIZE_MAX, SIZE_MAX)), WG_BAD_SHAPE, "reshape: only one size can be left open");
    check_refused(wg_reshape(X, WG_SHAPE(SIZE_MAX / 2, 4)), WG_BAD_SHAPE,
        "reshape: the elements of x [2, 3] do not make [" PTRDIFF_MAX_TEXT ", 4]");
    check_refused(wg_reshape(X, too_long), WG_BAD_SHAPE, "reshape: a rank is at most 8");
    check_refused(
        wg_flatten(wg_scalar(tape, 1)), WG_BAD_SHAPE, "flatten: a scalar has no first axis to keep");
    check_refused(wg_permute(X, WG_AXES(0)), WG_BAD_SHAPE, "permute: 1 axes are named for x [2, 3]");
    check_refused(wg_permute(X, WG_AXES(0, 2)), WG_BAD_SHAPE, "permute: there is no axis 2 in x [2, 3]");
    check_refused(wg_permute(X, WG_AXES(1, -1)), WG_BAD_SHAPE, "permute: axis 1 of x [2, 3] is named twice");
    check_refused(wg_transpose(named(tape, "v", WG_F64, WG_SHAPE(3))), WG_BAD_SHAPE,
        "transpose: v [3] has no two axes");
    check_refused(wg_broadcast_to(X, WG_SHAPE(4, 3)), WG_BAD_SHAPE,
        "broadcast_to: x [2, 3] does not stretch to [4, 3]");
    check_refused(
        wg_broadcast_to(X, WG_SHAPE(3)), WG_BAD_SHAPE, "broadcast_to: x [2, 3] does not stretch to [3]");
    check_refused(wg_broadcast_to(X, too_long), WG_BAD_SHAPE, "broadcast_to: a rank is at most 8");
    check_refused(wg_flip(X, WG_AXES(-3)), WG_BAD_SHAPE, "flip: there is no axis -3 in x [2, 3]");
    check_refused(wg_flip(X, WG_AXES(1, 1)), WG_BAD_SHAPE, "flip: axis 1 of x [2, 3] is named twice");
    check_refused(wg_flip(X, (wg_axes){.count = 9}), WG_BAD_SHAPE, "flip: 9 axes are named; 8 are the most");
    check_refused(wg_flip(X, WG_AXES(0, 1, 0)), WG_BAD_SHAPE, "flip: axis 0 of x [2, 3] is named twice");
    check_refused(wg_select(X, 0, 2), WG_BAD_INDEX, "slice: there is no place 2 on axis 0 of x [2, 3]");
    check_refused(wg_select(X, -1, -4), WG_BAD_INDEX, "slice: there is no place -4 on axis 1 of x [2, 3]");
    check_refused(wg_select(X, 2, 0), WG_BAD_SHAPE, "slice: there is no axis 2 in x [2, 3]");
    check_refused(wg_squeeze(X, WG_AXES(1)), WG_BAD_SHAPE, "squeeze: axis 1 of x [2, 3] is 3 long, not 1");
    check_refused(wg_squeeze(X, WG_AXES(2)), WG_BAD_SHAPE, "squeeze: there is no axis 2 in x [2, 3]");
    check_refused(wg_unsqueeze(X, 3), WG_BAD_SHAPE, "unsqueeze: with one axis more, x [2, 3] has no axis 3");
    check_refused(
        wg_unsqueeze(X, -4), WG_BAD_SHAPE, "unsqueeze: with one axis more, x [2, 3] has no axis -4");
    wg_tape_free(tape);
}
END_TEST

START_TEST(refused_parts)
{
    wg_tape *tape = moves_tape(WG_F64);
    wg_shape x = WG_SHAPE(2, 3), longest = WG_SHAPE(SIZE_MAX, 0);
    check_refused(wg_slice(X, 2, 0, 1, 1), WG_BAD_SHAPE, "slice: there is no axis 2 in x [2, 3]");
    check_refused(wg_slice(X, 0, 0, 1, 0), WG_INVALID, "slice: a step of 0 goes nowhere");
    check_refused(
        wg_slice(wg_scalar(tape, 1), 0, 0, 1, 1), WG_BAD_SHAPE, "slice: there is no axis 0 in operand 0 []");
    check_refused(wg_slice(wg_full(tape, longest, 0), 0, 0, 1, 1), WG_OVERFLOW,
        "slice: axis 0 of operand 0 [" SIZE_MAX_TEXT ", 0] is too long to be sliced");
    check_refused(wg_pad(X, NULL, 0), WG_INVALID, "pad: x [2, 3] needs a width for each axis");
    check_refused(wg_pad(X, (wg_pad_width[]){{0, 0}, {2, SIZE_MAX - 4}}, 0), WG_OVERFLOW,
        "pad: axis 1 of the result is too long");
    check_refused(wg_pad(named(tape, "i", WG_I32, x), (wg_pad_width[]){{0, 0}, {0, 0}}, 0.5), WG_INVALID,
        "pad: i [2, 3] is i32, and 0.5 is not");
    check_refused(wg_pad(named(tape, "i", WG_I32, x), (wg_pad_width[]){{0, 0}, {0, 0}}, 3e9), WG_INVALID,
        "pad: i [2, 3] is i32, and 3e+09 is not");
    wg_tape_free(tape);
}
END_TEST

START_TEST(refused_joins)
{
    wg_tape *tape = moves_tape(WG_F64);
    wg_shape x = WG_SHAPE(2, 3), longest = WG_SHAPE(SIZE_MAX, 0);
    wg_var two[2] = {X, named(tape, "y", WG_F64, WG_SHAPE(2, 4))};
    check_refused(
        wg_concat(two, 2, 0), WG_BAD_SHAPE, "concat: x [2, 3] and y [2, 4] differ along another axis than 0");
    two[0] = X, two[1] = named(tape, "y", WG_F64, WG_SHAPE(2, 3, 1));
    check_refused(wg_concat(two, 2, -1), WG_BAD_SHAPE,
        "concat: x [2, 3] and y [2, 3, 1] differ along another axis than 1");
    two[0] = X, two[1] = named(tape, "i", WG_I32, x);
    check_refused(wg_concat(two, 2, 0), WG_BAD_DTYPE, "concat: x [2, 3] is f64, but i [2, 3] is i32");
    two[0] = wg_scalar(tape, 1), two[1] = wg_scalar(tape, 2);
    check_refused(wg_concat(two, 2, 0), WG_BAD_SHAPE, "concat: there is no axis 0 in operand 0 []");
    two[0] = two[1] = wg_full(tape, longest, 0);
    check_refused(wg_concat(two, 2, 0), WG_OVERFLOW, "concat: axis 0 of the result is too long");
    two[0] = X, two[1] = named(tape, "y", WG_F64, WG_SHAPE(3, 2));
    check_refused(wg_stack(two, 2, 0), WG_BAD_SHAPE, "stack: shapes differ: x [2, 3] and y [3, 2]");
    two[0] = X;
    check_refused(wg_stack(two, 1, 3), WG_BAD_SHAPE, "stack: there is no axis 3 in a stack of x [2, 3]");
    two[0] = named(tape, "x", WG_F64, WG_SHAPE(1, 1, 1, 1, 1, 1, 1, 1));
    check_refused(
        wg_stack(two, 1, 0), WG_BAD_SHAPE, "stack: x [1, 1, 1, 1, 1, 1, 1, 1] has no room for another axis");
    ck_assert(!wg_is_valid(wg_concat(NULL, 0, 0)));
    ck_assert(!wg_is_valid(wg_stack(NULL, 0, 0)));
    ck_assert(!wg_is_valid(wg_concat(NULL, 2, 0)));
    wg_tape_free(tape);
}
END_TEST

/* The fifth operand's name must not hide the first one's. */
START_TEST(refused_joins_of_many)
{
    wg_tape *tape = moves_tape(WG_F64);
    wg_shape x = WG_SHAPE(2, 3);
    wg_var five[5] = {X, X, X, X, named(tape, "y", WG_F64, WG_SHAPE(3, 3))};
    wg_set_name(five[0], "first");
    check_refused(wg_concat(five, 5, 1), WG_BAD_SHAPE,
        "concat: first [2, 3] and y [3, 3] differ along another axis than 1");
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("shaping_errors", refused_reshapes, refused_parts, refused_joins, refused_joins_of_many)
