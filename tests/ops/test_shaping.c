/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Operations that move whole tensors: against naive index arithmetic on random shapes. Each test runs for
 * f64, f32 and i32 (Check's _i). */

#include "moves.h"

typedef struct move {
    wg_shape x; /* of numbers 0, 1, ... */
    size_t order[WG_MAX_RANK];
    bool flipped[WG_MAX_RANK];
    size_t axis, before[WG_MAX_RANK];
    ptrdiff_t first, step;
    double value;
} move;

static wg_tape *tape_for(int i)
{
    return moves_tape(i == 1 ? WG_F32 : WG_F64);
}

static void check_gradient(wg_var y, wg_var x, uint64_t *state)
{
    if (wg_dtype_of(x) != WG_I32)
        check_adjoint(y, &x, 1, state);
    wg_tape_reset(wg_tape_of(y));
}

/* ---- reshape, flatten */

static double same_element(const size_t at[WG_MAX_RANK], const void *user)
{
    return (double)element_at(*(const wg_shape *)user, at);
}

START_TEST(reshape)
{
    uint64_t state = 1;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        wg_shape y = draw_shape(&state, 0, 6, 4), x = {.rank = 1, .dim = {count_of(y)}}, asked = y;
        size_t open = draw(&state, y.rank + 1);
        if (open < y.rank && count_of(y) > 0)
            asked.dim[open] = SIZE_MAX;
        wg_var from = numbered(tape, move_dtypes[_i], x, 0), to = wg_reshape(from, asked);
        check_moved(to, move_dtypes[_i], y, same_element, &y);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(flatten)
{
    uint64_t state = 2;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        wg_shape x = draw_shape(&state, 1, 5, 4), rest = x;
        rest.dim[0] = 1;
        wg_shape y = WG_SHAPE(x.dim[0], count_of(rest));
        wg_var from = numbered(tape, move_dtypes[_i], x, 0), to = wg_flatten(from);
        check_moved(to, move_dtypes[_i], y, same_element, &y);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(reshape_with_scalars)
{
    wg_tape *tape = tape_for(_i);
    uint64_t state = 3;
    wg_var x = _i == 2 ? numbered(tape, WG_I32, wg_shape_scalar(), 7) : wg_scalar(tape, 7);
    wg_var y = wg_reshape(x, WG_SHAPE(1, 1)), z = wg_reshape(y, wg_shape_scalar());
    ck_assert(wg_item(y) == 7 && wg_item(z) == 7);
    ck_assert_uint_eq(wg_shape_of(y).rank, 2);
    ck_assert_uint_eq(wg_shape_of(z).rank, 0);
    check_gradient(z, x, &state);
    wg_tape_free(tape);
}
END_TEST

/* ---- permute, transpose */

static double permuted(const size_t at[WG_MAX_RANK], const void *user)
{
    const move *m = user;
    size_t from[WG_MAX_RANK] = {0};
    for (size_t i = 0; i < m->x.rank; i++)
        from[m->order[i]] = at[i];
    return (double)element_at(m->x, from);
}

START_TEST(permute)
{
    uint64_t state = 4;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        move m = {.x = draw_shape(&state, 0, 5, 6)};
        wg_shape y = m.x;
        wg_axes axes = {.count = m.x.rank};
        for (size_t i = 0; i < m.x.rank; i++) {
            size_t k = draw(&state, i + 1);
            m.order[i] = m.order[k];
            m.order[k] = i;
        }
        for (size_t i = 0; i < m.x.rank; i++) {
            y.dim[i] = m.x.dim[m.order[i]];
            axes.axis[i] = (int)m.order[i] - (draw(&state, 2) ? (int)m.x.rank : 0);
        }
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 0), to = wg_permute(from, axes);
        check_moved(to, move_dtypes[_i], y, permuted, &m);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(transpose)
{
    uint64_t state = 5;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        move m = {.x = draw_shape(&state, 2, 4, round < MOVE_ROUNDS - 2 ? 5 : 50), .order = {0, 1, 2, 3}};
        size_t last = m.x.rank - 1;
        wg_shape y = m.x;
        m.order[last] = last - 1;
        m.order[last - 1] = last;
        y.dim[last] = m.x.dim[last - 1];
        y.dim[last - 1] = m.x.dim[last];
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 0), to = wg_transpose(from);
        check_moved(to, move_dtypes[_i], y, permuted, &m);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

/* ---- broadcast_to */

static double stretched(const size_t at[WG_MAX_RANK], const void *user)
{
    const move *m = user;
    size_t from[WG_MAX_RANK] = {0};
    for (size_t i = 0; i < m->x.rank; i++)
        from[i] = m->x.dim[i] == 1 ? 0 : at[m->axis + i];
    return (double)element_at(m->x, from);
}

START_TEST(broadcast_to)
{
    uint64_t state = 6;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        wg_shape y = draw_shape(&state, 0, 5, 4);
        move m = {.axis = draw(&state, y.rank + 1)};
        m.x.rank = y.rank - m.axis;
        for (size_t i = 0; i < m.x.rank; i++)
            m.x.dim[i] = draw(&state, 2) ? 1 : y.dim[m.axis + i];
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 0), to = wg_broadcast_to(from, y);
        check_moved(to, move_dtypes[_i], y, stretched, &m);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

/* ---- slice: the places are counted out one by one, as Python's range(*slice.indices(n)) does */

static double sliced(const size_t at[WG_MAX_RANK], const void *user)
{
    const move *m = user;
    size_t from[WG_MAX_RANK];
    memcpy(from, at, sizeof from);
    from[m->axis] = (size_t)(m->first + (ptrdiff_t)at[m->axis] * m->step);
    return (double)element_at(m->x, from);
}

static size_t count_out(ptrdiff_t n, ptrdiff_t start, ptrdiff_t stop, ptrdiff_t step, ptrdiff_t *first)
{
    size_t count = 0;
    start = start < 0 ? start + n : start;
    stop = stop == WG_END ? (step < 0 ? -1 : n) : stop < 0 ? stop + n : stop;
    if (step < 0 && start > n - 1)
        start = n - 1;
    if (step > 0 && start < 0)
        start = 0;
    *first = start;
    for (ptrdiff_t i = start; step > 0 ? i < stop && i < n : i > stop && i >= 0; i += step)
        count++;
    return count;
}

START_TEST(slice)
{
    uint64_t state = 7;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 6 * MOVE_ROUNDS; round++) {
        move m = {.x = draw_shape(&state, 1, 4, 5)};
        m.axis = draw(&state, m.x.rank);
        ptrdiff_t n = (ptrdiff_t)m.x.dim[m.axis], start = (ptrdiff_t)draw(&state, 20) - 10,
                  stop = draw(&state, 4) ? (ptrdiff_t)draw(&state, 20) - 10 : WG_END;
        m.step = (ptrdiff_t)draw(&state, 3) + 1;
        m.step = draw(&state, 2) ? m.step : -m.step;
        wg_shape y = m.x;
        y.dim[m.axis] = count_out(n, start, stop, m.step, &m.first);
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 0);
        wg_var to = wg_slice(from, (int)m.axis - (round % 2 ? (int)m.x.rank : 0), start, stop, m.step);
        check_moved(to, move_dtypes[_i], y, sliced, &m);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

/* Positions and steps at the ends of ptrdiff_t. */
START_TEST(slice_extremes)
{
    wg_tape *tape = tape_for(_i);
    wg_var x = numbered(tape, move_dtypes[_i], WG_SHAPE(5), 0);
    ck_assert(wg_item(wg_slice(x, 0, 3, WG_END, PTRDIFF_MAX)) == 3);
    ck_assert(wg_item(wg_slice(x, 0, 3, WG_END, PTRDIFF_MIN)) == 3);
    ck_assert_uint_eq(wg_count_of(wg_slice(x, 0, PTRDIFF_MIN, PTRDIFF_MAX, 1)), 5);
    ck_assert_uint_eq(wg_count_of(wg_slice(x, 0, PTRDIFF_MAX, PTRDIFF_MIN, -1)), 5);
    ck_assert_uint_eq(wg_count_of(wg_slice(x, 0, PTRDIFF_MAX, WG_END, 1)), 0);
    ck_assert_uint_eq(wg_count_of(wg_slice(x, 0, PTRDIFF_MIN, PTRDIFF_MIN, -1)), 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(tape);
}
END_TEST

/* unslice, the gradient of slice, is an operation like others: linear, with the slice as its own gradient. */
START_TEST(unslice)
{
    uint64_t state = 11;
    wg_tape *tape = tape_for(_i);
    wg_var x = numbered(tape, WG_F64, WG_SHAPE(7, 3), 1);
    wg_var part = wg_slice(x, 0, -1, 0, -3), g, again;
    wg_var w = numbered(tape, WG_F64, WG_SHAPE(2, 3), 1);
    ck_assert_int_eq(wg_grad(&part, 1, &w, &x, 1, &g), WG_OK);
    ck_assert_str_eq(wg_op_of(g)->name, "unslice");
    const double expected[21] = {[9] = 4, [10] = 5, [11] = 6, [18] = 1, [19] = 2, [20] = 3};
    double *found = values_of(g);
    ck_assert_mem_eq(found, expected, sizeof expected);
    ck_assert_int_eq(wg_grad(&g, 1, &x, &w, 1, &again), WG_OK);
    double *sliced_again = values_of(again), *first = values_of(part);
    ck_assert_mem_eq(sliced_again, first, 6 * sizeof *first);
    check_adjoint(g, &w, 1, &state);
    free(found);
    free(sliced_again);
    free(first);

    wg_var wrong = numbered(tape, WG_F64, WG_SHAPE(4, 3), 1);
    check_refused(wg_apply(wg_op_find("unslice"), &wrong, 1, wg_attr_of(g)), WG_BAD_SHAPE,
        "unslice: operand 0 [4, 3] is no such slice");
    wg_tape_free(tape);
}
END_TEST

/* ---- concat, stack: the operands are numbered on, so along axis 0 the result is numbered too */

typedef struct join {
    size_t axis, n;
    wg_shape x[4];
    double first[4];
} join;

static double concatenated(const size_t at[WG_MAX_RANK], const void *user)
{
    const join *j = user;
    size_t from[WG_MAX_RANK], i = 0;
    memcpy(from, at, sizeof from);
    for (; from[j->axis] >= j->x[i].dim[j->axis]; i++)
        from[j->axis] -= j->x[i].dim[j->axis];
    return j->first[i] + (double)element_at(j->x[i], from);
}

static double stacked(const size_t at[WG_MAX_RANK], const void *user)
{
    const join *j = user;
    size_t from[WG_MAX_RANK] = {0};
    for (size_t i = 0; i < j->x[0].rank; i++)
        from[i] = at[i < j->axis ? i : i + 1];
    return j->first[at[j->axis]] + (double)element_at(j->x[0], from);
}

static void check_join(wg_tape *tape, int dtype, bool stack, uint64_t *state)
{
    join j = {.n = 1 + draw(state, 4)};
    wg_shape x = draw_shape(state, stack ? 0 : 1, 4, 4), y = x;
    j.axis = draw(state, x.rank + stack);
    double next = 0;
    wg_var xs[4];
    size_t total = 0;
    for (size_t i = 0; i < j.n; i++) {
        j.x[i] = x;
        if (!stack)
            j.x[i].dim[j.axis] = draw(state, 5);
        j.first[i] = next;
        xs[i] = numbered(tape, move_dtypes[dtype], j.x[i], (int32_t)next);
        next += (double)count_of(j.x[i]);
        total += j.x[i].dim[j.axis];
    }
    y.dim[j.axis] = total;
    if (stack) {
        y = (wg_shape){.rank = x.rank + 1};
        for (size_t i = 0; i < y.rank; i++)
            y.dim[i] = i < j.axis ? x.dim[i] : i == j.axis ? j.n : x.dim[i - 1];
    }
    int axis = (int)j.axis - (draw(state, 2) ? (int)y.rank : 0);
    wg_var joined = stack ? wg_stack(xs, j.n, axis) : wg_concat(xs, j.n, axis);
    check_moved(joined, move_dtypes[dtype], y, stack ? stacked : concatenated, &j);
    if (dtype != 2)
        check_adjoint(joined, xs, j.n, state);
    wg_tape_reset(tape);
}

START_TEST(concat_and_stack)
{
    uint64_t state = 8;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 2 * MOVE_ROUNDS; round++)
        check_join(tape, _i, round % 2, &state);
    wg_tape_free(tape);
}
END_TEST

/* ---- select, squeeze, unsqueeze */

START_TEST(select_drops_the_axis)
{
    wg_tape *tape = tape_for(_i);
    wg_var x = numbered(tape, move_dtypes[_i], WG_SHAPE(2, 3, 4), 0);
    for (int axis = -3; axis < 3; axis++) {
        const int at = axis < 0 ? axis + 3 : axis, n = (const int[]){2, 3, 4}[at];
        for (int index = -n; index < n; index++) {
            wg_var y = wg_select(x, axis, index);
            wg_shape shape = wg_shape_of(y), whole = wg_shape_of(x);
            double got[24], all[24];
            ck_assert_uint_eq(shape.rank, 2);
            ck_assert_int_eq(wg_read(y, got, wg_count_of(y)), WG_OK);
            ck_assert_int_eq(wg_read(x, all, 24), WG_OK);
            for (size_t k = 0; k < wg_count_of(y); k++) {
                size_t two[WG_MAX_RANK], three[WG_MAX_RANK];
                indices_of(shape, k, two);
                for (int d = 0; d < 3; d++)
                    three[d] = d < at    ? two[d]
                               : d == at ? (size_t)(index < 0 ? index + n : index)
                                         : two[d - 1];
                ck_assert_double_eq(got[k], all[element_at(whole, three)]);
            }
        }
    }
    ck_assert_double_eq(wg_item(wg_select(wg_select(wg_select(x, 0, 1), 0, 2), 0, 3)), 23);
    wg_tape_free(tape);
}
END_TEST

START_TEST(squeeze_and_unsqueeze)
{
    wg_tape *tape = tape_for(_i);
    wg_var x = numbered(tape, move_dtypes[_i], WG_SHAPE(1, 3, 1, 2), 0);
    const struct {
        wg_var y;
        wg_shape shape;
    } cases[] = {{wg_squeeze(x, WG_ALL_AXES), WG_SHAPE(3, 2)}, {wg_squeeze(x, WG_AXES(0)), WG_SHAPE(3, 1, 2)},
        {wg_squeeze(x, WG_AXES(-2, 0)), WG_SHAPE(3, 2)}, {wg_squeeze(x, (wg_axes){0}), WG_SHAPE(1, 3, 1, 2)},
        {wg_unsqueeze(x, 0), WG_SHAPE(1, 1, 3, 1, 2)}, {wg_unsqueeze(x, 2), WG_SHAPE(1, 3, 1, 1, 2)},
        {wg_unsqueeze(x, -1), WG_SHAPE(1, 3, 1, 2, 1)}, {wg_unsqueeze(x, -5), WG_SHAPE(1, 1, 3, 1, 2)}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wg_shape shape = wg_shape_of(cases[i].y);
        ck_assert_msg(wg_shape_equal(&shape, &cases[i].shape), "case %zu", i);
        ck_assert_ptr_eq(wg_data(cases[i].y), wg_data(x));
    }
    wg_tape_free(tape);
}
END_TEST

/* ---- pad, flip */

static double padded(const size_t at[WG_MAX_RANK], const void *user)
{
    const move *m = user;
    size_t from[WG_MAX_RANK] = {0};
    for (size_t i = 0; i < m->x.rank; i++) {
        from[i] = at[i] - m->before[i];
        if (at[i] < m->before[i] || from[i] >= m->x.dim[i])
            return m->value;
    }
    return 1 + (double)element_at(m->x, from);
}

START_TEST(pad)
{
    uint64_t state = 9;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        move m = {.x = draw_shape(&state, 0, 4, 4), .value = round % 3 ? 0 : -2};
        wg_pad_width width[WG_MAX_RANK];
        wg_shape y = m.x;
        for (size_t i = 0; i < m.x.rank; i++) {
            width[i] = (wg_pad_width){m.before[i] = draw(&state, 3), draw(&state, 3)};
            y.dim[i] += width[i].before + width[i].after;
        }
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 1), to = wg_pad(from, width, m.value);
        check_moved(to, move_dtypes[_i], y, padded, &m);
        if (m.value == 0) /* else it is not linear */
            check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

static double flipped(const size_t at[WG_MAX_RANK], const void *user)
{
    const move *m = user;
    size_t from[WG_MAX_RANK] = {0};
    for (size_t i = 0; i < m->x.rank; i++)
        from[i] = m->flipped[i] ? m->x.dim[i] - 1 - at[i] : at[i];
    return (double)element_at(m->x, from);
}

START_TEST(flip)
{
    uint64_t state = 10;
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        move m = {.x = draw_shape(&state, 0, 4, 5)};
        wg_axes axes = {0};
        for (size_t i = 0; i < m.x.rank; i++)
            if ((m.flipped[i] = draw(&state, 2)))
                axes.axis[axes.count++] = (int)i - (round % 2 ? (int)m.x.rank : 0);
        if (draw(&state, 4) == 0) {
            axes = WG_ALL_AXES;
            for (size_t i = 0; i < m.x.rank; i++)
                m.flipped[i] = true;
        }
        wg_var from = numbered(tape, move_dtypes[_i], m.x, 0), to = wg_flip(from, axes);
        check_moved(to, move_dtypes[_i], m.x, flipped, &m);
        check_gradient(to, from, &state);
    }
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{reshape, MOVE_DTYPES}, {flatten, MOVE_DTYPES},
        {reshape_with_scalars, MOVE_DTYPES}, {permute, MOVE_DTYPES}, {transpose, MOVE_DTYPES},
        {broadcast_to, MOVE_DTYPES}, {slice, MOVE_DTYPES}, {slice_extremes, MOVE_DTYPES}, {unslice, 2},
        {concat_and_stack, MOVE_DTYPES}, {pad, MOVE_DTYPES}, {select_drops_the_axis, MOVE_DTYPES},
        {squeeze_and_unsqueeze, MOVE_DTYPES}, {flip, MOVE_DTYPES}};
    return harness_run("shaping", tests, sizeof tests / sizeof tests[0]);
}
