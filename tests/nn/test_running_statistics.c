/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Batch normalisation's running statistics: a declared effect, done once per run in training mode. */

#include "vars.h"

typedef struct running {
    double mean[2], var[2];
} running;

static wg_var normalise(wg_tape *tape, wg_shape shape, running *r, double momentum, wg_var *x)
{
    *x = leaf(tape, shape, 9, 2);
    return wg_batch_norm(*x, wg_full(tape, WG_SHAPE(2), 1.5), wg_full(tape, WG_SHAPE(2), 0.5),
        &(wg_batch_norm_options){.running_mean = r->mean, .running_var = r->var, .momentum = momentum});
}

/* What one training run makes of r. */
static running updated(running r, wg_var x, double m)
{
    size_t count = wg_count_of(x) / 2;
    double *data = values(x);
    for (size_t c = 0; c < 2; c++) {
        double mean = 0, var = 0;
        for (size_t i = 0; i < count; i++)
            mean += data[2 * i + c] / (double)count;
        for (size_t i = 0; i < count; i++)
            var += (data[2 * i + c] - mean) * (data[2 * i + c] - mean) / (double)(count - 1);
        r.mean[c] = (1 - m) * r.mean[c] + m * mean;
        r.var[c] = (1 - m) * r.var[c] + m * var;
    }
    free(data);
    return r;
}

static void is_running(const running *is, const running *expected)
{
    for (size_t c = 0; c < 2; c++) {
        ck_assert_double_eq_tol(is->mean[c], expected->mean[c], 1e-14);
        ck_assert_double_eq_tol(is->var[c], expected->var[c], 1e-14);
    }
}

START_TEST(statistics_once_per_training_run)
{
    running r = {.var = {1, 1}}, expected;
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var x, gradient, y = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x);
    expected = updated((running){.var = {1, 1}}, x, 0.1);
    is_running(&r, &expected);
    wg_var loss = weigh(y, 100);
    ck_assert_int_eq(wg_backward(loss), WG_OK);                         /* neither a sweep, */
    ck_assert_int_eq(wg_grad(&loss, 1, NULL, &x, 1, &gradient), WG_OK); /* nor a recorded one, */
    ck_assert(wg_is_valid(wg_grad1(weigh(gradient, 101), x)));          /* nor the second order */
    is_running(&r, &expected);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    expected = updated(expected, x, 0.1);
    is_running(&r, &expected);
    wg_tape_free(tape);
}
END_TEST

START_TEST(statistics_momentum)
{
    for (int i = 0; i < 3; i++) {
        const double momentum[] = {0.5, 1, wg_exactly(0)}, meant[] = {0.5, 1, 0};
        running r = {{3, 4}, {5, 6}}, expected;
        wg_tape *tape = new_tape(WG_F64, true, 1);
        wg_var x;
        normalise(tape, WG_SHAPE(5, 2), &r, momentum[i], &x);
        expected = updated((running){{3, 4}, {5, 6}}, x, meant[i]);
        is_running(&r, &expected);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(statistics_of_floats)
{
    float mean[2] = {0, 0}, var[2] = {1, 1};
    wg_tape *tape = new_tape(WG_F32, true, 1);
    wg_var x = leaf(tape, WG_SHAPE(5, 2), 9, 2);
    wg_batch_norm(x, wg_full(tape, WG_SHAPE(2), 1), wg_full(tape, WG_SHAPE(2), 0),
        &(wg_batch_norm_options){.running_mean = mean, .running_var = var});
    ok(tape);
    running expected = updated((running){.var = {1, 1}}, x, 0.1);
    for (size_t c = 0; c < 2; c++) {
        ck_assert_double_eq_tol((double)mean[c], expected.mean[c], 1e-6);
        ck_assert_double_eq_tol((double)var[c], expected.var[c], 1e-6);
    }
    wg_tape_free(tape);
}
END_TEST

/* Not in evaluation, not without values, not from fewer than two numbers. */
START_TEST(statistics_left_alone)
{
    const running start = {{0.25, -0.5}, {2, 3}};
    running r = start;
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x, y = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x);
    double *x_is = values(x), *y_is = values(y);
    for (size_t i = 0; i < 10; i++)
        ck_assert_double_eq_tol(
            y_is[i], 1.5 * (x_is[i] - r.mean[i % 2]) / sqrt(r.var[i % 2] + 1e-5) + 0.5, 1e-13);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_mem_eq(&r, &start, sizeof r);
    wg_tape_set_training(tape, true);
    wg_batch_norm(wg_input_of(tape, WG_F64, WG_SHAPE(4, 2)), wg_full(tape, WG_SHAPE(2), 1),
        wg_full(tape, WG_SHAPE(2), 0),
        &(wg_batch_norm_options){.running_mean = r.mean, .running_var = r.var});
    normalise(tape, WG_SHAPE(1, 2), &r, 0, &x);
    normalise(tape, WG_SHAPE(0, 2), &r, 0, &x);
    ok(tape);
    ck_assert_mem_eq(&r, &start, sizeof r);
    free(x_is), free(y_is);
    wg_tape_free(tape);
}
END_TEST

/* Evaluation reads the statistics when it is computed: a replay sees new ones, in the second order too. */
START_TEST(evaluation_replayed)
{
    running r = {{0.25, -0.5}, {2, 3}};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x, y = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x), g = wg_grad1(weigh(y, 100), x);
    wg_var gg = wg_grad1(weigh(g, 101), x);
    ok(tape);
    r = (running){{1, 2}, {0.5, 0.25}};
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    wg_var x2, y2 = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x2), g2 = wg_grad1(weigh(y2, 100), x2);
    wg_var gg2 = wg_grad1(weigh(g2, 101), x2);
    ok(tape);
    same(y, y2, 0, "value");
    same(g, g2, 1e-14, "first order");
    same(gg, gg2, 1e-13, "second order");
    wg_tape_free(tape);
}
END_TEST

/* The second order of evaluation reads the statistics inside of a sweep, which forgets what it recorded:
 * neither a later sweep nor a later recording may take another node for them. */
START_TEST(evaluation_penalised)
{
    running r = {{0.25, -0.5}, {2, 3}};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    double gradient[2][10];
    for (size_t k = 0; k < 2; k++) {
        wg_var x[2], y[2], g[2];
        for (size_t i = 0; i < 2; i++) {
            y[i] = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x[i]);
            g[i] = wg_grad1(weigh(y[i], 100), x[i]);
        }
        ck_assert_msg(wg_backward(weigh(wg_add(g[0], g[1]), 101)) == WG_OK, "%s", wg_tape_message(tape));
        wg_read_grad(x[0], gradient[0], 10);
        wg_read_grad(x[1], gradient[1], 10);
        wg_var alone = normalise(tape, WG_SHAPE(5, 2), &r, 0, &x[1]);
        double *expected = values(wg_grad1(weigh(wg_mulc(wg_grad1(weigh(alone, 100), x[1]), 2), 101), x[1]));
        for (size_t i = 0; i < 10; i++) {
            ck_assert_double_eq_tol(gradient[0][i], expected[i] / 2, 1e-12);
            ck_assert_double_eq_tol(gradient[1][i], expected[i] / 2, 1e-12);
        }
        free(expected);
    }
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("running statistics", statistics_once_per_training_run, statistics_momentum, statistics_of_floats,
    statistics_left_alone, evaluation_replayed, evaluation_penalised)
