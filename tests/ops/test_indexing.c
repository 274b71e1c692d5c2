/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Operations that choose by an index or a condition: against naive index arithmetic on random shapes. Tests
 * of moves run for f64, f32 and i32 (Check's _i), those that add for f64 and f32. */

#include <math.h>
#include "moves.h"

enum { INDICES = 4096 };

typedef struct choice {
    wg_shape x, index;
    size_t axis;
    const int32_t *values; /* of the index */
    const double *base, *src;
} choice;

static wg_tape *tape_for(int i)
{
    return moves_tape(i == 1 ? WG_F32 : WG_F64);
}

static void check_gradients(wg_var y, const wg_var *x, size_t n, uint64_t *state)
{
    if (wg_dtype_of(x[0]) != WG_I32)
        check_adjoint(y, x, n, state);
    wg_tape_reset(wg_tape_of(y));
}

/* A random shape with something to choose from, an axis, and (with the rank of x) an index that fits. */
static choice draw_choice(uint64_t *state)
{
    choice c = {.x = draw_shape(state, 1, 4, 5)};
    c.axis = draw(state, c.x.rank);
    c.x.dim[c.axis] += c.x.dim[c.axis] == 0;
    c.index = c.x;
    for (size_t i = 0; i < c.x.rank; i++)
        c.index.dim[i] = i == c.axis      ? draw(state, 7)
                         : draw(state, 3) ? c.x.dim[i]
                                          : draw(state, c.x.dim[i] + 1);
    return c;
}

static int either_axis(const choice *c, uint64_t *state)
{
    return (int)c->axis - (draw(state, 2) ? (int)c->x.rank : 0);
}

/* ---- gather, scatter_add */

static double gathered(const size_t at[WG_MAX_RANK], const void *user)
{
    const choice *c = user;
    size_t from[WG_MAX_RANK];
    memcpy(from, at, sizeof from);
    from[c->axis] = (size_t)c->values[element_at(c->index, at)];
    return (double)element_at(c->x, from);
}

START_TEST(gather)
{
    uint64_t state = 1;
    int32_t values[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 3 * MOVE_ROUNDS; round++) {
        choice c = draw_choice(&state);
        wg_var x = numbered(tape, move_dtypes[_i], c.x, 0);
        wg_var index = random_index(tape, &state, c.index, c.x.dim[c.axis], values);
        c.values = values;
        wg_var y = wg_gather(x, either_axis(&c, &state), index);
        check_moved(y, move_dtypes[_i], c.index, gathered, &c);
        check_gradients(y, &x, 1, &state);
    }
    wg_tape_free(tape);
}
END_TEST

static double scattered(const size_t at[WG_MAX_RANK], const void *user)
{
    const choice *c = user;
    double sum = c->base[element_at(c->x, at)];
    for (size_t k = 0; k < count_of(c->index); k++) {
        size_t from[WG_MAX_RANK] = {0};
        indices_of(c->index, k, from);
        from[c->axis] = (size_t)c->values[k];
        if (memcmp(from, at, c->x.rank * sizeof *at) == 0)
            sum += c->src[k];
    }
    return sum;
}

START_TEST(scatter_add)
{
    uint64_t state = 2;
    int32_t values[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 3 * MOVE_ROUNDS; round++) {
        choice c = draw_choice(&state);
        wg_var x[2] = {numbered(tape, WG_F64, c.x, 0), numbered(tape, WG_F64, c.index, 7)};
        wg_var index = random_index(tape, &state, c.index, c.x.dim[c.axis], values);
        double *base = values_of(x[0]), *src = values_of(x[1]);
        c.values = values, c.base = base, c.src = src;
        wg_var y = wg_scatter_add(x[0], either_axis(&c, &state), index, x[1]);
        check_moved(y, move_dtypes[_i], c.x, scattered, &c);
        check_gradients(y, x, 2, &state);
        free(base);
        free(src);
    }
    wg_tape_free(tape);
}
END_TEST

/* ---- index_select, index_add */

static double selected(const size_t at[WG_MAX_RANK], const void *user)
{
    const choice *c = user;
    size_t from[WG_MAX_RANK];
    memcpy(from, at, sizeof from);
    from[c->axis] = (size_t)c->values[at[c->axis]];
    return (double)element_at(c->x, from);
}

START_TEST(index_select)
{
    uint64_t state = 3;
    int32_t values[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 3 * MOVE_ROUNDS; round++) {
        choice c = draw_choice(&state);
        size_t n = draw(&state, 8);
        wg_shape y = c.x;
        y.dim[c.axis] = n;
        wg_var x = numbered(tape, move_dtypes[_i], c.x, 0);
        wg_var index = random_index(tape, &state, WG_SHAPE(n), c.x.dim[c.axis], values);
        c.values = values;
        wg_var to = wg_index_select(x, either_axis(&c, &state), index);
        check_moved(to, move_dtypes[_i], y, selected, &c);
        check_gradients(to, &x, 1, &state);
    }
    wg_tape_free(tape);
}
END_TEST

static double index_added(const size_t at[WG_MAX_RANK], const void *user)
{
    const choice *c = user; /* index is src's shape here */
    double sum = c->base[element_at(c->x, at)];
    for (size_t i = 0; i < c->index.dim[c->axis]; i++) {
        size_t from[WG_MAX_RANK];
        memcpy(from, at, sizeof from);
        from[c->axis] = i;
        if ((size_t)c->values[i] == at[c->axis])
            sum += c->src[element_at(c->index, from)];
    }
    return sum;
}

START_TEST(index_add)
{
    uint64_t state = 4;
    int32_t values[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 3 * MOVE_ROUNDS; round++) {
        choice c = draw_choice(&state);
        size_t n = draw(&state, 8);
        c.index = c.x;
        c.index.dim[c.axis] = n;
        wg_var x[2] = {numbered(tape, WG_F64, c.x, 0), numbered(tape, WG_F64, c.index, 7)};
        wg_var index = random_index(tape, &state, WG_SHAPE(n), c.x.dim[c.axis], values);
        double *base = values_of(x[0]), *src = values_of(x[1]);
        c.values = values, c.base = base, c.src = src;
        wg_var y = wg_index_add(x[0], either_axis(&c, &state), index, x[1]);
        check_moved(y, move_dtypes[_i], c.x, index_added, &c);
        check_gradients(y, x, 2, &state);
        free(base);
        free(src);
    }
    wg_tape_free(tape);
}
END_TEST

/* ---- one_hot */

static double hot(const size_t at[WG_MAX_RANK], const void *user)
{
    const choice *c = user;
    return (size_t)c->values[element_at(c->index, at)] == at[c->index.rank];
}

START_TEST(one_hot)
{
    uint64_t state = 5;
    int32_t values[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < MOVE_ROUNDS; round++) {
        choice c = {.index = draw_shape(&state, 0, 3, 5), .values = values};
        size_t classes = 1 + draw(&state, 6);
        wg_shape y = c.index;
        y.dim[y.rank++] = classes;
        wg_var labels = random_index(tape, &state, c.index, classes, values);
        check_moved(wg_one_hot(labels, classes), move_dtypes[_i], y, hot, &c);
        wg_tape_reset(tape);
    }
    ck_assert_uint_eq(wg_count_of(wg_one_hot(random_index(tape, &state, WG_SHAPE(0), 1, values), 0)), 0);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(tape);
}
END_TEST

/* ---- where */

typedef struct triple {
    wg_shape shape[3];
    const double *value[3];
    size_t rank; /* of the result */
} triple;

static double taken(const size_t at[WG_MAX_RANK], const void *user)
{
    const triple *t = user;
    double value[3];
    for (size_t i = 0; i < 3; i++) {
        size_t from[WG_MAX_RANK] = {0}, missing = t->rank - t->shape[i].rank;
        for (size_t d = 0; d < t->shape[i].rank; d++)
            from[d] = t->shape[i].dim[d] == 1 ? 0 : at[missing + d];
        value[i] = t->value[i][element_at(t->shape[i], from)];
    }
    return value[0] != 0 ? value[1] : value[2];
}

START_TEST(where)
{
    uint64_t state = 6;
    int32_t mask[INDICES];
    wg_tape *tape = tape_for(_i);
    for (int round = 0; round < 3 * MOVE_ROUNDS; round++) {
        wg_shape y = draw_shape(&state, 0, 4, 6);
        triple t = {.rank = y.rank};
        double *values[3];
        size_t full = draw(&state, 3); /* one operand has the whole shape */
        for (size_t i = 0; i < 3; i++) {
            size_t missing = i == full ? 0 : draw(&state, y.rank + 1);
            t.shape[i].rank = y.rank - missing;
            for (size_t d = 0; d < t.shape[i].rank; d++)
                t.shape[i].dim[d] = i != full && draw(&state, 3) == 0 ? 1 : y.dim[missing + d];
        }
        wg_var index = random_index(tape, &state, t.shape[0], 2, mask), x[3];
        values[0] = values_of(index);
        x[0] = round % 2 ? index : wg_leaf(tape, wg_array_of(values[0], WG_F64, t.shape[0]));
        for (size_t i = 1; i < 3; i++) {
            x[i] = numbered(tape, WG_F64, t.shape[i], i == 1 ? 1 : -500);
            values[i] = values_of(x[i]);
        }
        memcpy(t.value, values, sizeof values);
        wg_var to = wg_where(x[0], x[1], x[2]);
        check_moved(to, move_dtypes[_i], y, taken, &t);
        check_gradients(to, x + 1, 2, &state);
        for (size_t i = 0; i < 3; i++)
            free(values[i]);
    }
    wg_tape_free(tape);
}
END_TEST

/* The idiom of math.h, and what it is for: 0 times an infinite slope, in the sweep, by vars, again by vars.
 */
START_TEST(where_not_taken)
{
    wg_tape *tape = tape_for(_i);
    const double at[] = {-4, 0, 4};
    for (int safe = 0; safe < 2; safe++) {
        wg_var x = wg_leaf(tape, WG_DOUBLES(at, 3)), good = wg_gtc(x, 0);
        wg_var y = wg_sum(wg_where(good, wg_sqrt(safe ? wg_wherec(good, x, 1) : x), x));
        wg_var slope = wg_grad1(y, x), curve = wg_grad1(wg_sum(slope), x);
        double found[3], want[][3] = {{1, 1, 0.25}, {0, 0, -0.03125}, {1, 1, 0.25}};
        ck_assert_int_eq(wg_backward(y), WG_OK);
        for (int order = 0; order < 3; order++) {
            ck_assert_int_eq(
                order == 2 ? wg_read_grad(x, found, 3) : wg_read(order ? curve : slope, found, 3), WG_OK);
            for (int i = 0; i < 3; i++)
                ck_assert_msg(safe || i == 2 ? fabs(found[i] - want[order][i]) < 1e-6 : isnan(found[i]),
                    "slope or curvature at %g: %g", at[i], found[i]);
        }
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(where_conditions)
{
    wg_tape *tape = tape_for(_i);
    const double conditions[] = {0.0, -0.0, 1, -2, 1e-30, (double)NAN, (double)INFINITY};
    const double expected[] = {0, 0, 1, 1, 1, 1, 1};
    double found[7];
    wg_var c = wg_leaf(tape, WG_DOUBLES(conditions, 7)), one = wg_scalar(tape, 1), zero = wg_scalar(tape, 0);
    ck_assert_int_eq(wg_read(wg_where(c, one, zero), found, 7), WG_OK);
    ck_assert_mem_eq(found, expected, sizeof found);
    ck_assert_int_eq(wg_read(wg_wherec(c, one, 0), found, 7), WG_OK);
    ck_assert_mem_eq(found, expected, sizeof found);
    ck_assert_int_eq(wg_read(wg_cwhere(c, 1, zero), found, 7), WG_OK);
    ck_assert_mem_eq(found, expected, sizeof found);

    /* scalars stay double on any tape */
    wg_var third = wg_scalar(tape, 1.0 / 3), y = wg_where(wg_scalar(tape, 2), third, zero);
    ck_assert(wg_item(y) == 1.0 / 3);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_item_grad(third) == 1 && wg_item_grad(zero) == 0);
    wg_tape_free(tape);
}
END_TEST

/* ---- Threads and replay */

/* Sums of floats with many duplicates: their order shows in the last bits. */
static void scatter_many(int threads, float *by_row, float *by_column, float *by_element)
{
    enum { ROWS = 3000, COLUMNS = 70, PLACES = 11 };
    float *x = malloc(ROWS * COLUMNS * sizeof *x), zeros[PLACES * COLUMNS] = {0};
    float *columns = calloc(ROWS * PLACES, sizeof *columns);
    int32_t *index = malloc(ROWS * COLUMNS * sizeof *index);
    uint64_t state = 99;
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        x[i] = (float)draw(&state, 1000003) / 1000;
        index[i] = (int32_t)draw(&state, PLACES);
    }
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads});
    wg_var src = wg_leaf(tape, WG_FLOATS(x, ROWS, COLUMNS));
    wg_var few = wg_leaf(tape, WG_FLOATS(zeros, PLACES, COLUMNS));
    wg_var rows = wg_leaf(tape, WG_FLOATS(columns, ROWS, PLACES));
    wg_var all = wg_input(tape, WG_INTS(index, ROWS, COLUMNS)), line = wg_input(tape, WG_INTS(index, ROWS));
    ck_assert_int_eq(wg_read_f32(wg_index_add(few, 0, line, src), by_row, PLACES * COLUMNS), WG_OK);
    ck_assert_int_eq(wg_read_f32(wg_scatter_add(rows, 1, all, src), by_column, ROWS * PLACES), WG_OK);
    ck_assert_int_eq(wg_read_f32(wg_scatter_add(few, 0, all, src), by_element, PLACES * COLUMNS), WG_OK);
    wg_tape_free(tape);
    free(x);
    free(columns);
    free(index);
}

START_TEST(threads_do_not_change_a_bit)
{
    static float found[4][2 * 11 * 70 + 3000 * 11];
    for (int threads = 1; threads < 4; threads++)
        scatter_many(threads, found[threads], found[threads] + 2 * 11 * 70, found[threads] + 11 * 70);
    ck_assert_mem_eq(found[1], found[2], sizeof found[1]);
    ck_assert_mem_eq(found[1], found[3], sizeof found[1]);
    ck_assert(found[1][0] > 1);
}
END_TEST

START_TEST(indices_can_be_set_anew)
{
    const int32_t first[3] = {2, 0, 2}, second[3] = {1, 1, 0}, bad[3] = {0, 3, 0};
    double found[3];
    wg_tape *tape = moves_tape(WG_F64);
    wg_var x = numbered(tape, WG_F64, WG_SHAPE(3), 10),
           index = wg_set_name(wg_input(tape, WG_INTS(first, 3)), "i");
    wg_var y = wg_index_select(x, 0, index), loss = wg_sum(wg_square(y));
    ck_assert_int_eq(wg_read(y, found, 3), WG_OK);
    ck_assert(found[0] == 12 && found[1] == 10 && found[2] == 12);
    ck_assert_int_eq(wg_set(index, WG_INTS(second, 3)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_read_grad(x, found, 3), WG_OK);
    ck_assert(found[0] == 20 && found[1] == 44 && found[2] == 0);
    ck_assert_int_eq(wg_set(index, WG_INTS(bad, 3)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_BAD_INDEX);
    ck_assert_str_eq(wg_tape_message(tape), "index_select: 3 at [1] of i [3] is not from 0 to below 3");
    wg_tape_free(tape);
}
END_TEST

/* ---- Refusals */

static wg_var indices(wg_tape *tape, const int32_t *values, wg_shape shape)
{
    return wg_set_name(wg_input(tape, wg_array_of(values, WG_I32, shape)), "i");
}

START_TEST(refused_indices)
{
    const int32_t high[4] = {0, 1, 0, 3}, low[4] = {0, -1, 0, 1};
    wg_tape *tape = tape_for(_i);
    wg_shape square = WG_SHAPE(2, 2), line = WG_SHAPE(4);
#define X named(tape, "x", WG_F64, WG_SHAPE(3, 3))
#define S(...) named(tape, "s", WG_F64, WG_SHAPE(__VA_ARGS__))
    check_refused(wg_gather(X, 0, indices(tape, high, square)), WG_BAD_INDEX,
        "gather: 3 at [1, 1] of i [2, 2] is not from 0 to below 3");
    check_refused(wg_gather(X, 1, indices(tape, low, square)), WG_BAD_INDEX,
        "gather: -1 at [0, 1] of i [2, 2] is not from 0 to below 3");
    check_refused(wg_scatter_add(X, 1, indices(tape, high, square), S(2, 2)), WG_BAD_INDEX,
        "scatter_add: 3 at [1, 1] of i [2, 2] is not from 0 to below 3");
    check_refused(wg_index_select(X, 0, indices(tape, low, line)), WG_BAD_INDEX,
        "index_select: -1 at [1] of i [4] is not from 0 to below 3");
    check_refused(wg_index_add(X, 0, indices(tape, high, line), S(4, 3)), WG_BAD_INDEX,
        "index_add: 3 at [3] of i [4] is not from 0 to below 3");
    check_refused(wg_one_hot(indices(tape, high, line), 2), WG_BAD_INDEX,
        "one_hot: 3 at [3] of i [4] is not from 0 to below 2");
    check_refused(wg_one_hot(indices(tape, high, wg_shape_scalar()), 0), WG_BAD_INDEX,
        "one_hot: 0 at [] of i [] is not from 0 to below 0");
    wg_tape_free(tape);
}
END_TEST

START_TEST(refused_shapes)
{
    const int32_t zeros[12] = {0};
    wg_tape *tape = moves_tape(WG_F64);
#define I(...) indices(tape, zeros, WG_SHAPE(__VA_ARGS__))
    check_refused(wg_gather(X, 2, I(2, 2)), WG_BAD_SHAPE, "gather: there is no axis 2 in x [3, 3]");
    check_refused(wg_gather(X, 0, I(2)), WG_BAD_SHAPE,
        "gather: index and operand do not fit along axis 0: i [2] of x [3, 3]");
    check_refused(wg_gather(X, 0, I(1, 4)), WG_BAD_SHAPE,
        "gather: index and operand do not fit along axis 0: i [1, 4] of x [3, 3]");
    check_refused(wg_scatter_add(X, 1, I(4, 1), S(4, 1)), WG_BAD_SHAPE,
        "scatter_add: index and operand do not fit along axis 1: i [4, 1] of x [3, 3]");
    check_refused(wg_scatter_add(X, 1, I(2, 1), S(2, 2)), WG_BAD_SHAPE,
        "scatter_add: there is one index for each number: i [2, 1] for s [2, 2]");
    check_refused(wg_index_select(X, 0, I(2, 2)), WG_BAD_SHAPE,
        "index_select: an index has one axis here, not i [2, 2]");
    check_refused(
        wg_index_select(X, -3, I(2)), WG_BAD_SHAPE, "index_select: there is no axis -3 in x [3, 3]");
    check_refused(wg_index_add(X, 1, I(2), S(2, 3)), WG_BAD_SHAPE,
        "index_add: s [2, 3] does not go into x [3, 3] by i [2]");
    check_refused(wg_one_hot(I(1, 1, 1, 1, 1, 1, 1, 1), 3), WG_BAD_SHAPE,
        "one_hot: i [1, 1, 1, 1, 1, 1, 1, 1] has no room for another axis");
    ck_assert(!wg_is_valid(wg_where(X, S(3, 3), S(2, 3))));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_SHAPE);
    ck_assert_str_eq(
        wg_tape_message(tape), "where: shapes do not broadcast: x [3, 3], s [3, 3] and s [2, 3]");
    wg_tape_free(tape);
}
END_TEST

START_TEST(refused_dtypes)
{
    const int32_t zeros[12] = {0};
    wg_tape *tape = moves_tape(WG_F64);
    check_refused(wg_gather(X, 0, S(2, 2)), WG_BAD_DTYPE, "gather: an index is i32, but s [2, 2] is f64");
    check_refused(
        wg_index_select(X, 0, S(2)), WG_BAD_DTYPE, "index_select: an index is i32, but s [2] is f64");
    check_refused(wg_one_hot(S(2), 3), WG_BAD_DTYPE, "one_hot: an index is i32, but s [2] is f64");
    check_refused(wg_scatter_add(I(2, 2), 0, I(2, 2), S(2, 2)), WG_BAD_DTYPE,
        "scatter_add: i [2, 2] is i32; floats or doubles are needed");
    check_refused(wg_scatter_add(X, 0, I(2, 2), I(2, 2)), WG_BAD_DTYPE,
        "scatter_add: i [2, 2] is i32; floats or doubles are needed");
    check_refused(wg_index_add(I(2), 0, I(2), S(2)), WG_BAD_DTYPE,
        "index_add: i [2] is i32; floats or doubles are needed");
    check_refused(wg_index_add(S(2), 0, I(2), I(2)), WG_BAD_DTYPE,
        "index_add: i [2] is i32; floats or doubles are needed");
    check_refused(wg_where(X, I(3), X), WG_BAD_DTYPE, "where: i [3] is i32; floats or doubles are needed");
    check_refused(wg_where(X, X, I(3)), WG_BAD_DTYPE, "where: i [3] is i32; floats or doubles are needed");
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{gather, MOVE_DTYPES}, {scatter_add, 2}, {index_select, MOVE_DTYPES},
        {index_add, 2}, {one_hot, 2}, {where, 2}, {where_not_taken, 2}, {where_conditions, 2},
        {threads_do_not_change_a_bit, 0}, {indices_can_be_set_anew, 0}, {refused_indices, 2},
        {refused_shapes, 0}, {refused_dtypes, 0}};
    return harness_run("indexing", tests, sizeof tests / sizeof tests[0]);
}
