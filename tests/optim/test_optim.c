/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/optim.h>
#include "harness.h"

/* ---- The traces of the lectures: f = theta^2 from 1, so g = 2 theta -------------------------------- */

static wg_params *store_of_one(wg_dtype dtype, double value)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype});
    const wg_init init = wg_init_constant(value);
    ck_assert_int_eq(wg_params_add(p, "theta", wg_shape_scalar(), &init, NULL), WG_OK);
    return p;
}

static double value_of(const wg_params *p, const char *name)
{
    double value = (double)NAN;
    ck_assert_int_eq(wg_params_read(p, name, &value, 1), WG_OK);
    return value;
}

/* Gradients as one backward pass would leave them: only this one was reached. */
static void set_gradient(wg_params *p, const char *name, double g)
{
    size_t index = wg_params_index(p, name), n = wg_params_at(p, index).count;
    void *gradient = wg_params_grad(p, index);
    for (size_t i = 0; i < n; i++)
        if (wg_params_dtype(p) == WG_F64)
            ((double *)gradient)[i] = g;
        else
            ((float *)gradient)[i] = (float)g;
}

static void step(wg_optim *o, const char *name, double g)
{
    wg_params_zero_grad(wg_optim_params(o));
    set_gradient(wg_optim_params(o), name, g);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
}

static void check_trace(wg_params *p, wg_optim *o, const double expected[3], double tolerance)
{
    for (int i = 0; i < 3; i++) {
        step(o, "theta", 2 * value_of(p, "theta"));
        ck_assert_double_eq_tol(value_of(p, "theta"), expected[i], tolerance);
    }
    ck_assert_uint_eq(wg_optim_step_count(o), 3);
    wg_optim_free(o);
    wg_params_free(p);
}

START_TEST(sgd_follows_the_lectures)
{
    wg_params *p = store_of_one(WG_F64, 1);
    check_trace(p, wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1}), (double[]){0.8, 0.64, 0.512}, 1e-15);
    p = store_of_one(WG_F32, 1);
    check_trace(p, wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1}), (double[]){0.8, 0.64, 0.512}, 1e-7);
}
END_TEST

START_TEST(momentum_follows_the_lectures)
{
    wg_params *p = store_of_one(WG_F64, 1);
    check_trace(
        p, wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .momentum = 0.9}), (double[]){0.8, 0.46, 0.062}, 1e-15);
    p = store_of_one(WG_F32, 1);
    check_trace(
        p, wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .momentum = 0.9}), (double[]){0.8, 0.46, 0.062}, 1e-7);
}
END_TEST

/* The store holds the shifted variable; the lectures' theta is shifted + lr momentum v. */
START_TEST(nesterov_follows_the_lectures_in_both_views)
{
    const double shifted[3] = {0.62, 0.2224, -0.108352}, theta[3] = {0.8, 0.496, 0.17792};
    wg_params *p = store_of_one(WG_F64, 1);
    wg_optim *o = wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .momentum = 0.9, .nesterov = true});
    for (int i = 0; i < 3; i++) {
        step(o, "theta", 2 * value_of(p, "theta"));
        double v = *(double *)wg_optim_state(o, 0, 0);
        ck_assert_double_eq_tol(value_of(p, "theta"), shifted[i], 1e-15);
        ck_assert_double_eq_tol(value_of(p, "theta") + 0.1 * 0.9 * v, theta[i], 1e-15);
    }
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

START_TEST(adam_follows_the_lectures)
{
    const double expected[3] = {0.9990000000, 0.9980000262, 0.9970000961};
    wg_params *p = store_of_one(WG_F64, 1);
    check_trace(p, wg_adam_new(p, NULL), expected, 0.6e-10); /* half of the last printed digit */
    p = store_of_one(WG_F32, 1);
    check_trace(p, wg_adam_new(p, NULL), expected, 2e-7);
}
END_TEST

/* ---- Weight decay ---------------------------------------------------------------------------------- */

/* A constant gradient makes both corrected moments exact: m = g, v = g^2. So each step of AdamW is
 * w = (1 - lr decay) w - lr g / (|g| + eps), a geometric sum. */
START_TEST(adamw_has_its_closed_form)
{
    const double lr = 0.01, decay = 0.1, g = 0.5, eps = 1e-8, q = 1 - lr * decay, d = lr * g / (g + eps);
    wg_params *p = store_of_one(WG_F64, 2);
    wg_optim *o = wg_adamw_new(p, &(wg_adam_options){.lr = lr, .weight_decay = decay});
    for (int t = 1; t <= 20; t++) {
        step(o, "theta", g);
        ck_assert_double_eq_tol(value_of(p, "theta"), pow(q, t) * 2 - d * (1 - pow(q, t)) / (1 - q), 1e-13);
    }
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* With g = 0: SGD's and AdamW's weights shrink by (1 - lr decay), while Adam, which sees the decay as a
 * gradient, goes the whole learning rate whatever the decay. */
START_TEST(decay_is_coupled_or_not)
{
    wg_params *p = store_of_one(WG_F64, 2);
    wg_optim *o[3] = {wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .weight_decay = 0.3}),
        wg_adamw_new(p, &(wg_adam_options){.lr = 0.1, .weight_decay = 0.3}),
        wg_adam_new(p, &(wg_adam_options){.lr = 0.1, .weight_decay = 0.3})};
    const double expected[3] = {2 * 0.97, 2 * 0.97 * 0.97, 2 * 0.97 * 0.97 - 0.1};
    for (int i = 0; i < 3; i++) {
        step(o[i], "theta", 0);
        ck_assert_double_eq_tol(value_of(p, "theta"), expected[i], 1e-8);
        wg_optim_free(o[i]);
    }
    wg_params_free(p);
}
END_TEST

START_TEST(adamw_decays_by_default_and_adam_does_not)
{
    wg_params *p = store_of_one(WG_F64, 1);
    wg_optim *adam = wg_adam_new(p, NULL), *adamw = wg_adamw_new(p, NULL);
    wg_optim *none = wg_adamw_new(p, &(wg_adam_options){.weight_decay = WG_ZERO});
    step(adam, "theta", 0);
    ck_assert_double_eq(value_of(p, "theta"), 1);
    step(none, "theta", 0);
    ck_assert_double_eq(value_of(p, "theta"), 1);
    step(adamw, "theta", 0);
    ck_assert_double_eq_tol(value_of(p, "theta"), 1 - 1e-3 * 1e-2, 1e-15);
    wg_optim_free(adam), wg_optim_free(adamw), wg_optim_free(none);
    wg_params_free(p);
}
END_TEST

/* beta1 = beta2 = 0 and eps = 0 is the sign of the gradient. */
START_TEST(zero_is_said_by_name)
{
    wg_params *p = store_of_one(WG_F64, 1);
    wg_optim *o = wg_adam_new(
        p, &(wg_adam_options){.lr = 0.25, .beta1 = WG_ZERO, .beta2 = wg_exactly(0), .eps = wg_exactly(-0.0)});
    step(o, "theta", 1e-30);
    ck_assert_double_eq(value_of(p, "theta"), 0.75);
    step(o, "theta", -7);
    ck_assert_double_eq(value_of(p, "theta"), 1);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* ---- Which parameters ------------------------------------------------------------------------------ */

static wg_params *store_of_three(wg_dtype dtype)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype});
    const wg_init one = wg_init_constant(1);
    ck_assert_int_eq(wg_params_add(p, "a.weight", WG_SHAPE(3, 5), &one, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "a.bias", WG_SHAPE(5), &one, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "b.weight", WG_SHAPE(2), &one, NULL), WG_OK);
    return p;
}

static void check_all(const wg_params *p, const char *name, double expected, double tolerance)
{
    double values[64];
    size_t n = wg_params_at(p, wg_params_index(p, name)).count;
    ck_assert_int_eq(wg_params_read(p, name, values, n), WG_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_double_le(fabs(values[i] - expected), tolerance);
}

/* Only b.weight gets a gradient; the memory of the others is garbage that says it is zero. */
START_TEST(a_parameter_without_gradient_counts_as_zero)
{
    wg_params *p = store_of_three(WG_F32);
    wg_optim *o = wg_sgd_new(p, &(wg_sgd_options){.lr = 0.5, .momentum = 0.5});
    set_gradient(p, "a.weight", 1e30);
    set_gradient(p, "a.bias", 1);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    check_all(p, "a.bias", 0.5, 0);
    set_gradient(p, "a.weight", (double)NAN);
    set_gradient(p, "a.bias", (double)NAN);
    step(o, "b.weight", 1);
    check_all(p, "b.weight", 0.5, 0);
    check_all(p, "a.bias", 0.25, 0); /* its momentum goes on */
    ck_assert_double_eq(wg_params_grad_norm(p), sqrt(2));
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

START_TEST(frozen_parameters_are_left_alone)
{
    wg_params *p = store_of_three(WG_F64);
    wg_optim *o = wg_adam_new(p, &(wg_adam_options){.lr = 0.1, .weight_decay = 0.5});
    ck_assert_uint_eq(wg_params_freeze(p, "a.*", true), 2);
    for (int i = 0; i < 3; i++)
        step(o, "b.weight", 1);
    check_all(p, "a.weight", 1, 0);
    check_all(p, "a.bias", 1, 0);
    check_all(p, "b.weight", 0.7, 1e-3);
    ck_assert_double_eq(*(double *)wg_optim_state(o, 0, 0), 0);
    ck_assert_uint_eq(wg_params_freeze(p, "a.bias", false), 1);
    set_gradient(p, "a.bias", 1);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    ck_assert_double_lt(*(double *)wg_params_value(p, 1), 0.95);
    check_all(p, "a.weight", 1, 0);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

START_TEST(groups_have_factors)
{
    wg_params *p = store_of_three(WG_F64);
    wg_optim *o = wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .weight_decay = 0.5});
    ck_assert_uint_eq(wg_params_scale(p, "*.bias", 2, 0), 1);
    ck_assert_uint_eq(wg_params_scale(p, "b*", 0, 1), 1);
    ck_assert_uint_eq(wg_params_scale(p, "*", -1, 1), 0);
    ck_assert_uint_eq(wg_params_scale(p, "*", 1, HUGE_VAL), 0);
    for (int i = 0; i < 3; i++)
        set_gradient(p, ((const char *[]){"a.weight", "a.bias", "b.weight"})[i], 1);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    check_all(p, "a.weight", 1 - 0.1 * 1.5, 1e-15);
    check_all(p, "a.bias", 1 - 0.2, 1e-15);
    check_all(p, "b.weight", 1, 0);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* Adam's first step is the learning rate, also of a parameter that came after ten steps. */
START_TEST(a_late_parameter_starts_from_its_own_first_step)
{
    wg_params *p = store_of_three(WG_F64);
    wg_optim *o = wg_adam_new(p, &(wg_adam_options){.lr = 0.125});
    const wg_init one = wg_init_constant(1);
    for (int i = 0; i < 10; i++)
        step(o, "a.bias", 1);
    ck_assert_int_eq(wg_params_add(p, "late", WG_SHAPE(40), &one, NULL), WG_OK);
    step(o, "late", 3);
    check_all(p, "late", 0.875, 1e-8);
    ck_assert_double_lt(*(double *)wg_params_value(p, 1), 0.876 - 9 * 0.125);
    double last[1000];
    ck_assert_int_eq(wg_params_add(p, "last", WG_SHAPE(1000), &one, NULL), WG_OK);
    ck_assert_int_eq(wg_optim_set_step_count(o, 1000), WG_OK);
    ck_assert_uint_eq(wg_optim_step_count(o), 1000);
    step(o, "last",
        1); /* as old as the optimiser: hardly any correction, so 0.1 / sqrt(0.001) times the rate */
    ck_assert_int_eq(wg_params_read(p, "last", last, 1000), WG_OK);
    ck_assert_double_eq_tol(last[999], 1 - 0.125 * 0.1 / sqrt(0.001 / (1 - pow(0.999, 1001))), 1e-7);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* Each block lies among bytes that are not zero; *user counts what is asked for. */
static void *resize_in_noise(void *user, void *memory, size_t old_size, size_t new_size)
{
    enum { NOISE = 128 };
    char *block = memory ? (char *)memory - NOISE : NULL, *moved = NULL;
    if (new_size) {
        *(size_t *)user += new_size - old_size;
        moved = malloc(new_size + 2 * NOISE);
        ck_assert_ptr_nonnull(moved);
        memset(moved, 0x55, new_size + 2 * NOISE);
        if (block)
            memcpy(moved + NOISE, memory, old_size < new_size ? old_size : new_size);
    }
    free(block);
    return moved ? moved + NOISE : NULL;
}

/* What the first step asks for, but for some lists: nothing before it, and none for plain SGD. */
START_TEST(the_bytes_of_the_moments)
{
    for (size_t slots = 0; slots < 3; slots++) {
        size_t requested = 0;
        wg_params *p = wg_params_new(&(wg_params_options){
            .dtype = WG_F32, .allocator = {.resize = resize_in_noise, .user = &requested}});
        ck_assert_int_eq(wg_params_add(p, "large", WG_SHAPE(100, 1000), NULL, NULL), WG_OK);
        wg_optim *o = slots == 2 ? wg_adam_new(p, NULL)
                                 : wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .momentum = slots ? 0.9 : 0});
        ck_assert_uint_eq(wg_optim_bytes(o), 0);
        requested = 0;
        wg_params_zero_grad(p);
        ck_assert_int_eq(wg_optim_step(o), WG_OK);
        size_t bytes = wg_optim_bytes(o);
        ck_assert_uint_ge(bytes, slots * 400000);
        ck_assert_msg(bytes <= requested && requested - bytes < 4000, "%zu bytes, %zu were asked for", bytes,
            requested);
        ck_assert(slots || bytes == 0);
        wg_optim_free(o);
        wg_params_free(p);
    }
    ck_assert_uint_eq(wg_optim_bytes(NULL), 0);
}
END_TEST

TEST_MAIN("optim", sgd_follows_the_lectures, momentum_follows_the_lectures,
    nesterov_follows_the_lectures_in_both_views, adam_follows_the_lectures, adamw_has_its_closed_form,
    decay_is_coupled_or_not, adamw_decays_by_default_and_adam_does_not, zero_is_said_by_name,
    a_parameter_without_gradient_counts_as_zero, frozen_parameters_are_left_alone, groups_have_factors,
    a_late_parameter_starts_from_its_own_first_step, the_bytes_of_the_moments)
