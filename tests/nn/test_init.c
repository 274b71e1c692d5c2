/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/params.h>
#include "harness.h"

START_TEST(scales_are_those_of_the_papers)
{
    const wg_shape dense = WG_SHAPE(784, 512), conv = WG_SHAPE(16, 6, 5, 5);
    const struct {
        wg_init init;
        double dense, conv;
    } rows[] = {
        {{0}, 1.0 / 28, sqrt(1.0 / 150)},
        {wg_init_constant(-3), -3, -3},
        {wg_init_uniform(0.25), 0.25, 0.25},
        {wg_init_normal(0.01), 0.01, 0.01},
        {wg_init_fan_in(2), 2.0 / 28, 2 * sqrt(1.0 / 150)},
        {wg_init_xavier_uniform(), sqrt(6.0 / 1296), sqrt(6.0 / 550)},
        {wg_init_xavier_normal(), sqrt(2.0 / 1296), sqrt(2.0 / 550)},
        {wg_init_he_uniform(), sqrt(6.0 / 784), sqrt(6.0 / 150)},
        {wg_init_he_normal(), sqrt(2.0 / 784), sqrt(2.0 / 150)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_double_eq_tol(wg_init_scale(&rows[i].init, dense), rows[i].dense, 1e-15);
        ck_assert_double_eq_tol(wg_init_scale(&rows[i].init, conv), rows[i].conv, 1e-15);
    }
    ck_assert_double_eq_tol(wg_init_scale(NULL, WG_SHAPE(16)), 0.25, 1e-15);
    const wg_init fans = {.rule = WG_INIT_XAVIER_NORMAL, .value = 3, .fan_in = 5, .fan_out = 13};
    ck_assert_double_eq_tol(wg_init_scale(&fans, dense), 1, 1e-15);
    ck_assert_double_nan(wg_init_scale(&(wg_init){.rule = (wg_init_rule)99}, dense));
}
END_TEST

/* Task B of the lectures: +-sqrt(5) sqrt(1 / fan_in). */
START_TEST(bounds_of_the_lectures)
{
    const wg_init init = wg_init_fan_in(sqrt(5));
    ck_assert_double_eq_tol(wg_init_scale(&init, WG_SHAPE(784, 512)), 0.079860, 0.5e-6);
    ck_assert_double_eq_tol(wg_init_scale(&init, WG_SHAPE(512, 256)), 0.098821, 0.5e-6);
    ck_assert_double_eq_tol(wg_init_scale(&init, WG_SHAPE(256, 10)), 0.139754, 0.5e-6);
}
END_TEST

/* Mean, variance and bounds of 40,000 draws; four standard deviations of each estimate. */
START_TEST(draws_have_the_distribution)
{
    const wg_init rules[2] = {wg_init_uniform(0.5), wg_init_normal(0.5)};
    enum { N = 40000 };
    double *x = malloc(N * sizeof *x);
    for (int i = 0; i < 2; i++) {
        wg_random random = wg_random_named(3, "x");
        ck_assert_int_eq(wg_init_fill(&rules[i], WG_SHAPE(N), WG_F64, &random, x), WG_OK);
        double sum = 0, squares = 0, largest = 0;
        for (int k = 0; k < N; k++) {
            sum += x[k], squares += x[k] * x[k];
            largest = fabs(x[k]) > largest ? fabs(x[k]) : largest;
        }
        double variance = i ? 0.25 : 0.25 / 3, spread = i ? sqrt(2) : sqrt(0.8);
        ck_assert_double_eq_tol(sum / N, 0, 4 * sqrt(variance / N));
        ck_assert_double_eq_tol(squares / N, variance, 4 * spread * variance / sqrt(N));
        ck_assert(i ? largest > 1.5 : largest <= 0.5 && largest > 0.499);
    }
    free(x);
}
END_TEST

START_TEST(bad_initialisers_are_refused)
{
    const wg_init bad[] = {wg_init_uniform(-1), wg_init_normal((double)NAN), wg_init_fan_in(HUGE_VAL),
        {.rule = (wg_init_rule)99}};
    wg_params *p = wg_params_new(NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(2), &bad[i], &error), WG_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "w: "));
    }
    ck_assert_uint_eq(wg_params_count(p), 0);
    double x[2];
    wg_random random = {0};
    ck_assert_int_eq(wg_init_fill(NULL, WG_SHAPE(2), WG_I32, &random, x), WG_BAD_DTYPE);
    ck_assert_int_eq(wg_init_fill(NULL, (wg_shape){.rank = 9}, WG_F64, &random, x), WG_BAD_SHAPE);
    wg_params_free(p);
}
END_TEST

TEST_MAIN("init", scales_are_those_of_the_papers, bounds_of_the_lectures, draws_have_the_distribution,
    bad_initialisers_are_refused)
