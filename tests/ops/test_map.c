/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Maps of a user's, by plain functions. (The loops over the op table run over map1 and map2, too.) */
#include <math.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

/* The example of map.h. */
static double cauchy_value(double x)
{
    return log(1 + x * x);
}

static double cauchy_slope(double x)
{
    return 2 * x / (1 + x * x);
}

static double cauchy_second(double x)
{
    return 2 * (1 - x * x) / ((1 + x * x) * (1 + x * x));
}

static const wg_map1 cauchy = {
    .name = "cauchy", .value = cauchy_value, .slope = cauchy_slope, .second = cauchy_second};
static const wg_map1 once = {.name = "once", .value = cauchy_value, .slope = cauchy_slope};
static const wg_map1 wrong = {.name = "wrong", .value = cauchy_value, .slope = cauchy_value};

static double hypot_a(double a, double b)
{
    return a / hypot(a, b);
}

static double hypot_b(double a, double b)
{
    return b / hypot(a, b);
}

static double hypot_aa(double a, double b)
{
    return b * b / pow(hypot(a, b), 3);
}

static double hypot_ab(double a, double b)
{
    return -a * b / pow(hypot(a, b), 3);
}

static double hypot_bb(double a, double b)
{
    return a * a / pow(hypot(a, b), 3);
}

static const wg_map2 length = {.name = "length",
    .value = hypot,
    .slope_a = hypot_a,
    .slope_b = hypot_b,
    .second_aa = hypot_aa,
    .second_ab = hypot_ab,
    .second_bb = hypot_bb};

/* The same in the library's operations. */
static wg_var length_of_rows(wg_var a, wg_var b)
{
    return wg_sqrt(wg_add(wg_mul(a, a), wg_mul(b, b)));
}

static wg_tape *new_tape(wg_dtype dtype)
{
    return wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = 2});
}

static void check_message(const wg_tape *tape, const char *part)
{
    ck_assert_msg(
        strstr(wg_tape_message(tape), part) != NULL, "\"%s\" is not in \"%s\"", part, wg_tape_message(tape));
}

/* ---- Numbers */

START_TEST(scalars_are_double_on_any_tape)
{
    for (int dtype = 0; dtype < 2; dtype++) {
        wg_tape *tape = new_tape(dtype ? WG_F32 : WG_F64);
        wg_var x = wg_scalar(tape, 0.7), y = wg_apply_map1(&cauchy, x), a = wg_scalar(tape, 3),
               b = wg_scalar(tape, 4), z = wg_apply_map2(&length, a, b), first, second, mixed;
        ck_assert_double_eq(wg_item(y), cauchy_value(0.7));
        ck_assert_double_eq(wg_item(z), 5);
        ck_assert_int_eq(wg_backward(wg_add(y, z)), WG_OK);
        ck_assert_double_eq(wg_item_grad(x), cauchy_slope(0.7));
        ck_assert_double_eq(wg_item_grad(a), 0.6);
        ck_assert_double_eq(wg_item_grad(b), 0.8);
        first = wg_grad1(y, x);
        second = wg_grad1(first, x);
        mixed = wg_grad1(wg_grad1(z, a), b);
        ck_assert_double_eq(wg_item(second), cauchy_second(0.7));
        ck_assert_double_eq(wg_item(mixed), hypot_ab(3, 4));
        ck_assert_int_eq(wg_set_scalar(x, -2), WG_OK);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
        ck_assert_double_eq(wg_item(second), cauchy_second(-2));
        wg_tape_free(tape);
    }
}
END_TEST

/* Every element, many more than a chunk, over two threads: the function's own double, rounded once. */
START_TEST(tensors_are_the_functions_rounded_once)
{
    enum { N = 40000 };
    static double x[N], y[N], slope[N];
    for (int dtype = 0; dtype < 2; dtype++) {
        wg_tape *tape = new_tape(dtype ? WG_F32 : WG_F64);
        for (int i = 0; i < N; i++) {
            x[i] = 0.001 * (i - N / 2);
            x[i] = dtype ? (double)(float)x[i] : x[i];
        }
        wg_var leaf = wg_leaf(tape, WG_DOUBLES(x, N)), out = wg_apply_map1(&cauchy, leaf);
        ck_assert_int_eq(wg_read(out, y, N), WG_OK);
        ck_assert_int_eq(wg_backward(wg_sum(out)), WG_OK);
        ck_assert_int_eq(wg_read_grad(leaf, slope, N), WG_OK);
        for (int i = 0; i < N; i++) {
            double v = cauchy_value(x[i]), s = cauchy_slope(x[i]);
            ck_assert_double_eq(y[i], dtype ? (double)(float)v : v);
            ck_assert_double_eq(slope[i], dtype ? (double)(float)s : s);
        }
        wg_tape_free(tape);
    }
}
END_TEST

/* Against the library's operations: values, gradients and Hessian-vector products, over shapes that stretch.
 */
START_TEST(two_operands_broadcast_as_rows_do)
{
    static const wg_shape shapes[][2] = {{{2, {3, 4}}, {1, {4}}}, {{2, {3, 1}}, {3, {2, 1, 4}}},
        {{0}, {1, {5}}}, {{1, {5}}, {0}}, {{2, {3, 4}}, {2, {3, 4}}}, {{1, {0}}, {0}}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        double a[12], b[12], got[4][24], want[4][24];
        size_t na, nb;
        ck_assert(wg_shape_count(&shapes[k][0], &na) && wg_shape_count(&shapes[k][1], &nb));
        for (int i = 0; i < 12; i++)
            a[i] = 1 + 0.25 * i, b[i] = 2 - 0.125 * i;
        for (int ours = 0; ours < 2; ours++) {
            wg_tape *tape = new_tape(WG_F64);
            wg_var x[2] = {wg_leaf(tape, wg_array_of(a, WG_F64, shapes[k][0])),
                wg_leaf(tape, wg_array_of(b, WG_F64, shapes[k][1]))},
                   g[2];
            wg_var y = ours ? length_of_rows(x[0], x[1]) : wg_apply_map2(&length, x[0], x[1]);
            wg_var f = wg_sum(wg_mul(y, y));
            wg_var h = wg_sum(wg_mul(y, wg_sin(y)));
            ck_assert_int_eq(wg_grad(&h, 1, NULL, x, 2, g), WG_OK);
            wg_var bent = wg_add(wg_sum(wg_square(g[0])), wg_sum(wg_square(g[1])));
            double(*to)[24] = ours ? want : got;
            ck_assert_int_eq(wg_backward(f), WG_OK);
            ck_assert_int_eq(wg_read_grad(x[0], to[0], na), WG_OK);
            ck_assert_int_eq(wg_read_grad(x[1], to[1], nb), WG_OK);
            ck_assert_msg(wg_backward(bent) == WG_OK, "%s", wg_tape_message(tape));
            ck_assert_int_eq(wg_read_grad(x[0], to[2], na), WG_OK);
            ck_assert_int_eq(wg_read_grad(x[1], to[3], nb), WG_OK);
            wg_tape_free(tape);
        }
        for (int r = 0; r < 4; r++)
            for (size_t i = 0; i < (r % 2 ? nb : na); i++)
                ck_assert_msg(fabs(got[r][i] - want[r][i]) <= 1e-12 * (1 + fabs(want[r][i])),
                    "%zu %d: %.17g, not %.17g", k, r, got[r][i], want[r][i]);
    }
}
END_TEST

START_TEST(a_plan_runs_them)
{
    enum { N = 3000 };
    static double x[N], planned[N], eager[N];
    for (int i = 0; i < N; i++)
        x[i] = 0.01 * (i - 1000);
    for (int use_plan = 0; use_plan < 2; use_plan++) {
        wg_params *params = wg_params_new(&(wg_params_options){.seed = 3});
        wg_tape *tape = new_tape(WG_F64);
        const wg_init one = wg_init_constant(0.5);
        wg_var w = wg_param(params, tape, "w", WG_SHAPE(N), &one), in = wg_input(tape, WG_DOUBLES(x, N));
        wg_var loss = wg_sum(wg_apply_map1(&once, wg_apply_map2(&length, wg_mul(w, in), w)));
        if (use_plan) {
            wg_plan *plan = wg_plan_new(loss, NULL, NULL);
            ck_assert_int_eq(wg_plan_run(plan), WG_OK);
            wg_plan_free(plan);
        } else {
            ck_assert_int_eq(wg_backward(loss), WG_OK);
        }
        ck_assert_int_eq(wg_params_read_grad(params, "w", use_plan ? planned : eager, N), WG_OK);
        wg_tape_free(tape);
        wg_params_free(params);
    }
    ck_assert_mem_eq(planned, eager, sizeof planned);
}
END_TEST

/* ---- What is not there */

START_TEST(missing_derivatives_are_errors)
{
    wg_map2 half = length;
    half.second_ab = NULL;
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = wg_scalar(tape, 2), slope = wg_grad1(wg_apply_map1(&once, x), x);
    ck_assert_double_eq(wg_item(slope), cauchy_slope(2));
    ck_assert_int_eq(wg_backward(slope), WG_INVALID);
    check_message(tape, "once: the map has no .second");
    double v[3] = {1, 2, 3};
    wg_var t = wg_leaf(tape, WG_DOUBLES(v, 3)), s = wg_grad1(wg_sum(wg_apply_map1(&once, t)), t);
    ck_assert_int_eq(wg_backward(wg_sum(s)), WG_INVALID);
    check_message(tape, "once: the map has no .second");

    wg_var third = wg_grad1(wg_grad1(wg_apply_map1(&cauchy, x), x), x);
    ck_assert_double_eq(wg_item(third), cauchy_second(2));
    ck_assert_int_eq(wg_backward(third), WG_INVALID);
    check_message(tape, "cauchy: a map has no third derivative");
    wg_var along = wg_grad1(wg_apply_map2(&half, x, wg_scalar(tape, 1)), x);
    ck_assert_int_eq(wg_backward(along), WG_INVALID);
    check_message(tape, "length: the map has no .second_ab");
    ck_assert_int_eq(wg_tape_status(tape), WG_OK); /* a sweep's errors do not stick */
    wg_tape_free(tape);
}
END_TEST

static void check_refused(const wg_map1 *one, const wg_map2 *two, const char *part)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = wg_scalar(tape, 1);
    ck_assert(!wg_is_valid(two ? wg_apply_map2(two, x, x) : wg_apply_map1(one, x)));
    ck_assert_int_eq(wg_tape_status(tape), WG_INVALID);
    check_message(tape, part);
    wg_tape_free(tape);
}

START_TEST(maps_that_are_refused)
{
    check_refused(NULL, NULL, "there is no map");
    check_refused(&(wg_map1){.value = cauchy_value, .slope = cauchy_slope}, NULL, "the map has no name");
    check_refused(&(wg_map1){.name = "f", .slope = cauchy_slope}, NULL, "f: the map has no .value");
    check_refused(&(wg_map1){.name = "f", .value = cauchy_value}, NULL, "f: the map has no .slope");
    check_refused(
        NULL, &(wg_map2){.name = "f", .slope_a = hypot_a, .slope_b = hypot_b}, "f: the map has no .value");
    check_refused(
        NULL, &(wg_map2){.name = "f", .value = hypot, .slope_b = hypot_b}, "f: the map has no .slope_a");
    check_refused(
        NULL, &(wg_map2){.name = "f", .value = hypot, .slope_a = hypot_a}, "f: the map has no .slope_b");

    static const int32_t integers[2] = {1, 2};
    static const double numbers[3] = {1, 2, 3};
    wg_tape *tape = new_tape(WG_F64);
    ck_assert(!wg_is_valid(wg_apply_map1(&cauchy, wg_input(tape, WG_INTS(integers, 2)))));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_DTYPE);
    wg_tape_reset(tape);
    wg_var a = wg_leaf(tape, WG_DOUBLES(numbers, 2)), b = wg_leaf(tape, WG_DOUBLES(numbers, 3));
    ck_assert(!wg_is_valid(wg_apply_map2(&length, a, b)));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_SHAPE);
    check_message(tape, "length: ");
    wg_tape_free(tape);
}
END_TEST

/* ---- Words and checks */

static wg_var one_operand(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    return wg_apply_map1(user, in[0]);
}

START_TEST(a_gradient_check_names_the_map)
{
    const wg_shape shape = WG_SHAPE(4, 5);
    wg_gradcheck_report report;
    wg_map1 good = cauchy, bad = wrong;
    for (int order = 1; order <= 2; order++)
        ck_assert_int_eq(wg_gradcheck_shapes(
                             one_operand, &good, &shape, 1, &(wg_gradcheck_options){.order = order}, &report),
            WG_OK);
    ck_assert_int_eq(wg_gradcheck_shapes(one_operand, &bad, &shape, 1, NULL, &report), WG_CHECK);
    ck_assert_msg(strstr(report.message, "wrong (node") != NULL, "%s", report.message);
}
END_TEST

START_TEST(a_trace_shows_its_name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = tmpfile();
    wg_tape *tape = new_tape(WG_F64);
    wg_var a = wg_scalar(tape, 3), b = wg_scalar(tape, 4), y = wg_apply_map2(&length, a, b),
           slope = wg_grad1(y, a);
    WG_NAME(a), WG_NAME(b), WG_NAME(y);
    ck_assert_str_eq(wg_title_of(y), "length");
    ck_assert_str_eq(wg_title_of(a), "leaf");
    ck_assert_str_eq(wg_title_of((wg_var){0}), "");
    ck_assert_int_eq(wg_backward(wg_add(y, slope)), WG_OK);
    ck_assert_int_eq(wg_trace_print(wg_add(y, slope), file), WG_OK);
    size = (size_t)ftell(file);
    rewind(file);
    text = calloc(size + 1, 1);
    ck_assert_uint_eq(fread(text, 1, size, file), size);
    ck_assert_msg(strstr(text, "length") && strstr(text, "slope_a") && !strstr(text, "map2"), "%s", text);
    free(text);
    fclose(file);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("map", scalars_are_double_on_any_tape, tensors_are_the_functions_rounded_once,
    two_operands_broadcast_as_rows_do, a_plan_runs_them, missing_derivatives_are_errors,
    maps_that_are_refused, a_gradient_check_names_the_map, a_trace_shows_its_name)
