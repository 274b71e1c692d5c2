/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The gradient check is checked: what is right passes, what is wrong is found and named, and what proves
 * nothing fails. */

#include <wengert/check.h>

#include "vars.h"

/* ---- Operations with rules of every kind ----------------------------------------------------------- */

enum { RIGHT, WRONG, WRONG_AT_ONE_ELEMENT, WRONG_SECOND_DERIVATIVE, WRONG_AT_THE_KINK };

/* y = x^2 in all but the last case, where y = max(x, 0) */
static wg_status test_forward(wg_op_context *op)
{
    const double *x = op->in[0];
    double *y = op->out[0];
    bool kink = *(const int *)op->attr == WRONG_AT_THE_KINK;
    for (size_t i = 0; i < op->count; i++)
        y[i] = kink ? fmax(x[i], 0) : x[i] * x[i];
    return WG_OK;
}

static wg_status test_rule(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var x = op->arg[0], slope = wg_mulc(x, 2);
    static double one_wrong[2000];
    switch (*(const int *)op->attr) {
    case WRONG:
        slope = wg_mulc(x, 2.1);
        break;
    case WRONG_AT_ONE_ELEMENT:
        one_wrong[1777] = 1;
        slope = wg_add(slope, wg_const(op->tape, WG_DOUBLES(one_wrong, 2000)));
        break;
    case WRONG_SECOND_DERIVATIVE:
        slope = wg_detach(slope);
        break;
    case WRONG_AT_THE_KINK:
        slope = wg_add(wg_gtc(x, 0), wg_mulc(wg_eqc(x, 0), 3));
    }
    grad_in[0] = wg_mul(g[0], slope);
    return WG_OK;
}

static const wg_op test_op = {.name = "test_op",
    .arity = 1,
    .attr_size = sizeof(int),
    .shape = wg_shape_like_first,
    .forward_f64 = test_forward,
    .vjp = test_rule};

static wg_var one_op(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    return wg_apply(&test_op, in, 1, user);
}

static const wg_shape three = {.rank = 1, .dim = {3}};

static wg_status check_op(int kind, wg_shape shape, int order, wg_gradcheck_report *report)
{
    return wg_gradcheck_shapes(one_op, &kind, &shape, 1, &(wg_gradcheck_options){.order = order}, report);
}

/* ---- Right and wrong ------------------------------------------------------------------------------- */

START_TEST(a_right_rule_passes_and_a_wrong_one_does_not)
{
    wg_gradcheck_report report;
    ck_assert_msg(check_op(RIGHT, three, 1, &report) == WG_OK, "%s", report.message);
    ck_assert_uint_eq(report.compared, 3);
    ck_assert_uint_eq(report.nonzero, 3);
    ck_assert_double_lt(report.error, 1e-8);
    ck_assert_int_eq(check_op(WRONG, three, 1, &report), WG_CHECK);
    ck_assert_uint_eq(report.failed, 3);
    ck_assert_double_eq_tol(report.analytic / report.numeric, 1.05, 1e-6);
    ck_assert_double_eq_tol(report.error, 0.05 / 1.05, 1e-6);
    ck_assert_str_eq(report.name, "in[0]");
    ck_assert_ptr_nonnull(strstr(report.message, "3 of 3 derivatives are wrong"));
    ck_assert_int_eq(wg_gradcheck_shapes(one_op, &(int){RIGHT}, &three, 1, NULL, NULL), WG_OK);
}
END_TEST

START_TEST(kinks_are_no_wrong_rules)
{
    const double at[4] = {-1, 0, 2, 0};
    const wg_array x = WG_DOUBLES(at, 4);
    wg_gradcheck_report report;
    int kind = WRONG_AT_THE_KINK;
    ck_assert_int_eq(
        wg_gradcheck(one_op, &kind, &x, 1, NULL, &report), WG_CHECK); /* slope 3 is none of 0 .. 1 */
    ck_assert_uint_eq(report.failed, 2);
    ck_assert_uint_eq(report.kinks, 0);
    ck_assert_uint_eq(report.entry % 2, 1);
}
END_TEST

static wg_var rectify(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_add(wg_relu(in[0]), wg_abs(in[0]));
}

START_TEST(kinks_are_counted)
{
    const double at[4] = {-1, 0, 2, 1e-12};
    const wg_array x = WG_DOUBLES(at, 4);
    wg_gradcheck_report report;
    ck_assert_msg(wg_gradcheck(rectify, NULL, &x, 1, NULL, &report) == WG_OK, "%s", report.message);
    ck_assert_uint_eq(report.kinks, 2);
    ck_assert_uint_eq(report.compared, 4);
}
END_TEST

/* Two layers, the operation in the middle. */
static wg_var network(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    wg_var hidden = wg_add(wg_matmul(in[0], in[1]), in[2]);
    wg_scope_push(tape, "middle");
    wg_var culprit = one_op(tape, &hidden, n, user);
    wg_set_name(culprit, "squares");
    wg_scope_pop(tape);
    return wg_mean(wg_square(wg_matmul(wg_tanh(culprit), in[3])));
}

START_TEST(the_operation_that_is_wrong_is_named)
{
    const wg_shape shapes[4] = {WG_SHAPE(5, 4), WG_SHAPE(4, 3), WG_SHAPE(3), WG_SHAPE(3, 2)};
    wg_gradcheck_report report;
    int kind = RIGHT;
    ck_assert_msg(
        wg_gradcheck_shapes(network, &kind, shapes, 4, NULL, &report) == WG_OK, "%s", report.message);
    ck_assert_str_eq(report.culprit, "");
    kind = WRONG;
    ck_assert_int_eq(wg_gradcheck_shapes(network, &kind, shapes, 4, NULL, &report), WG_CHECK);
    ck_assert_str_eq(report.culprit, "test_op (node 6, squares)");
    ck_assert_ptr_nonnull(strstr(report.message, "wrong by itself: test_op"));
}
END_TEST

START_TEST(order_2_checks_the_derivative_of_the_gradient)
{
    wg_gradcheck_report report;
    ck_assert_int_eq(check_op(RIGHT, three, 2, &report), WG_OK);
    ck_assert_int_eq(check_op(WRONG_SECOND_DERIVATIVE, three, 1, &report), WG_OK);
    ck_assert_int_eq(check_op(WRONG_SECOND_DERIVATIVE, three, 2, &report), WG_CHECK);
    ck_assert_uint_eq(report.failed, 3);
    ck_assert_double_eq(report.analytic, 0);
}
END_TEST

/* One entry is looked at, and it is a right one: the directions find the other. */
START_TEST(large_inputs_are_sampled_and_gone_through_in_directions)
{
    const wg_shape shape = WG_SHAPE(2000);
    wg_gradcheck_report report;
    ck_assert_int_eq(check_op(RIGHT, shape, 1, &report), WG_OK);
    ck_assert_uint_eq(report.compared, 256 + 8);
    int kind = WRONG_AT_ONE_ELEMENT;
    const wg_gradcheck_options few = {.entries = 1, .directions = 3};
    ck_assert_int_eq(wg_gradcheck_shapes(one_op, &kind, &shape, 1, &few, &report), WG_CHECK);
    ck_assert_uint_eq(report.compared, 4);
    ck_assert_uint_eq(report.failed, 3);
    ck_assert_uint_eq(report.entry, SIZE_MAX);
}
END_TEST

/* ---- What proves nothing --------------------------------------------------------------------------- */

static wg_var of_first(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    return wg_mulc(wg_sum(wg_square(in[0])), *(const double *)user);
}

static wg_var of_nothing(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)in, (void)n, (void)user;
    return wg_scalar(tape, 1);
}

static wg_var detached(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_square(wg_detach(in[0]));
}

START_TEST(a_check_that_proves_nothing_fails)
{
    const double x[3] = {1, 2, 3}, one = 1, zero = 0;
    const wg_array array = WG_DOUBLES(x, 3), empty = WG_DOUBLES(x, 0);
    const bool constant = true;
    wg_gradcheck_report report;
    ck_assert_int_eq(wg_gradcheck(of_nothing, NULL, NULL, 0, NULL, &report), WG_CHECK);
    ck_assert_str_eq(report.message, "nothing was compared");
    ck_assert_int_eq(wg_gradcheck(of_first, (void *)&one, &empty, 1, NULL, &report), WG_CHECK);
    ck_assert_uint_eq(report.compared, 0);
    ck_assert_int_eq(wg_gradcheck(of_first, (void *)&one, &array, 1,
                         &(wg_gradcheck_options){.constant = &constant}, &report),
        WG_CHECK);
    ck_assert_uint_eq(report.compared, 0);
    ck_assert_int_eq(wg_gradcheck(of_first, (void *)&zero, &array, 1, NULL, &report), WG_CHECK);
    ck_assert_str_eq(report.message, "all 3 derivatives that were compared are zero");
    ck_assert_int_eq(wg_gradcheck(detached, NULL, &array, 1, NULL, &report), WG_CHECK);
    ck_assert_uint_eq(report.failed, 3);
    ck_assert_int_eq(wg_gradcheck(NULL, NULL, &array, 1, NULL, &report), WG_INVALID);
}
END_TEST

/* in[2] is an integer, in[1] a constant at which sign() jumps. */
static wg_var picks(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_mul(wg_index_select(in[0], 0, in[2]), wg_sign(in[1]));
}

START_TEST(integers_and_constants_are_skipped)
{
    const float x[4] = {1, 2, 3, 4};
    const double signs[2] = {-2, 0.5};
    const int32_t at[2] = {3, 1};
    float before[4];
    memcpy(before, x, sizeof x);
    const wg_array arrays[3] = {WG_FLOATS(x, 4), WG_DOUBLES(signs, 2), WG_INTS(at, 2)};
    const bool constant[3] = {false, true, false};
    wg_gradcheck_report report;
    ck_assert_msg(
        wg_gradcheck(picks, NULL, arrays, 3, &(wg_gradcheck_options){.constant = constant}, &report) == WG_OK,
        "%s", report.message);
    ck_assert_uint_eq(report.compared, 4);
    ck_assert_uint_eq(report.nonzero, 2);
    ck_assert_mem_eq(x, before, sizeof x);
    ck_assert(signs[0] == -2 && signs[1] == 0.5 && at[0] == 3 && at[1] == 1);
}
END_TEST

/* ---- Functions that fail --------------------------------------------------------------------------- */

static wg_var fails_sometimes(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    int *left = user;
    (void)n;
    switch ((*left)--) {
    case 0:
        return wg_matmul(in[0], wg_full(tape, WG_SHAPE(7, 7), 1));
    case 10:
        return (wg_var){0};
    case 20:
        return wg_concat((const wg_var[]){in[0], in[0]}, 2, 0);
    default:
        return wg_square(in[0]);
    }
}

START_TEST(a_function_that_fails_says_why)
{
    static const struct {
        int calls;
        wg_status status;
        const char *part;
    } cases[] = {{0, WG_BAD_SHAPE, "inner dimensions"}, {3, WG_BAD_SHAPE, "inner dimensions"},
        {10, WG_INVALID, "returned no var"}, {12, WG_INVALID, "returned no var"},
        {22, WG_BAD_SHAPE, "changes its shape"}};
    wg_gradcheck_report report;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int left = cases[i].calls;
        ck_assert_int_eq(
            wg_gradcheck_shapes(fails_sometimes, &left, &three, 1, NULL, &report), cases[i].status);
        ck_assert_int_eq(report.status, cases[i].status);
        ck_assert_msg(strstr(report.message, cases[i].part) != NULL, "%s", report.message);
    }
}
END_TEST

/* ---- Chance and effects ---------------------------------------------------------------------------- */

static wg_var noisy(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    double *running = user;
    wg_var y = wg_batch_norm(
        in[0], in[1], in[2], &(wg_batch_norm_options){.running_mean = running, .running_var = running + 3});
    return wg_dropout(wg_tanh(y), 0.5);
}

START_TEST(masks_stand_still_and_statistics_are_not_touched)
{
    const wg_shape shapes[3] = {WG_SHAPE(8, 3), WG_SHAPE(3), WG_SHAPE(3)};
    double running[6] = {0, 0.1, 0.2, 1, 1.1, 1.2}, before[6];
    memcpy(before, running, sizeof running);
    wg_gradcheck_report report;
    for (int order = 1; order <= 2; order++) {
        const wg_gradcheck_options options = {.training = true, .order = order, .seed = 9};
        ck_assert_msg(
            wg_gradcheck_shapes(noisy, running, shapes, 3, &options, &report) == WG_OK, "%s", report.message);
        ck_assert_mem_eq(running, before, sizeof running);
    }
}
END_TEST

/* ---- check.h --------------------------------------------------------------------------------------- */

static wg_var energy(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_sum(wg_exp(wg_matmul(in[0], in[1])));
}

START_TEST(energy_has_the_gradient_it_claims)
{
    WG_ASSERT_GRADCHECK(energy, NULL, WG_SHAPE(3, 4), WG_SHAPE(4));
    WG_ASSERT_GRADCHECK2(energy, NULL, WG_SHAPE(3, 4), WG_SHAPE(4));
}
END_TEST

START_TEST(a_wrong_one)
{
    WG_ASSERT_GRADCHECK(one_op, &(int){WRONG}, WG_SHAPE(3));
}
END_TEST

static char said[512];

/* A suite of its own, run before the others, whose one test must fail. */
static void run_a_wrong_one(void)
{
    Suite *suite = suite_create("wrong");
    TCase *unit = tcase_create("wrong");
    tcase_add_test(unit, a_wrong_one);
    suite_add_tcase(suite, unit);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    TestResult **failures = srunner_failures(runner);
    if (srunner_ntests_failed(runner) == 1)
        snprintf(said, sizeof said, "%s", tr_msg(failures[0]));
    free(failures);
    srunner_free(runner);
}

START_TEST(a_failing_macro_says_what_is_wrong)
{
    ck_assert_msg(strstr(said, "test_gradcheck.c") && strstr(said, "one_op: 3 of 3 derivatives are wrong") &&
                      strstr(said, "test_op (node 1)"),
        "%s", said);
}
END_TEST

int main(void)
{
    run_a_wrong_one();
    const harness_test tests[] = {{a_right_rule_passes_and_a_wrong_one_does_not, 1},
        {kinks_are_no_wrong_rules, 1}, {kinks_are_counted, 1}, {the_operation_that_is_wrong_is_named, 1},
        {order_2_checks_the_derivative_of_the_gradient, 1},
        {large_inputs_are_sampled_and_gone_through_in_directions, 1}, {a_check_that_proves_nothing_fails, 1},
        {integers_and_constants_are_skipped, 1}, {a_function_that_fails_says_why, 1},
        {masks_stand_still_and_statistics_are_not_touched, 1}, {energy_has_the_gradient_it_claims, 1},
        {a_failing_macro_says_what_is_wrong, 1}};
    return harness_run("gradcheck", tests, sizeof tests / sizeof tests[0]);
}
