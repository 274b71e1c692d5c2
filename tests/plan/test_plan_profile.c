/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What a plan says of its kernels: names, floating-point operations, bytes, and times that add up to the
 * step. */
#define _POSIX_C_SOURCE 200809L

#include <time.h>

#include "small_step.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The kernel whose name starts so, or ends the test. */
static wg_plan_kernel kernel_of(const wg_plan *plan, const char *name)
{
    for (size_t i = 0; i < wg_plan_kernel_count(plan); i++) {
        wg_plan_kernel kernel = wg_plan_kernel_at(plan, i);
        if (strncmp(kernel.name, name, strlen(name)) == 0)
            return kernel;
    }
    ck_abort_msg("no kernel %s", name);
}

/* ---- Counts ----------------------------------------------------------------------------------------- */

/* x [8, 12] w [12, 5] + b, and its relu: 2 * 8 * 12 * 5 and two for each of 40 numbers; floats. */
START_TEST(a_dense_layer)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(8, 12));
    wg_var y = wg_relu(wg_layer_dense(params, "fc", x, 5, NULL)), loss = wg_sum(wg_square(y));
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_uint_eq(wg_plan_kernel_count(plan), 1);
    wg_plan_kernel kernel = wg_plan_kernel_at(plan, 0);
    ck_assert_str_eq(kernel.name, "matmul + add + relu");
    ck_assert_uint_eq(kernel.operations, 3);
    ck_assert_double_eq(kernel.flops, 2 * 8 * 12 * 5 + 2 * 40);
    ck_assert_uint_eq(kernel.bytes, 4 * (8 * 12 + 12 * 5 + 5 + 40));
    ck_assert(wg_shape_equal(&kernel.shape, &(wg_shape){2, {8, 5}}));
    ck_assert(kernel.seconds == 0 && wg_plan_profile_of(plan).runs == 0);
    ck_assert(wg_plan_kernel_at(plan, 1).operations == 0 && wg_plan_kernel_at(NULL, 0).operations == 0);
    wg_plan_free(plan);
    plan = plan_of(loss, NULL); /* x wants no gradient: one product */
    ck_assert_double_eq(kernel_of(plan, "gradient of matmul").flops, 2 * 8 * 12 * 5);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* Every number of y [2, 6, 8, 8] is a sum over 3 x 5 x 5 taps; the gradient is towards x, and towards w. */
START_TEST(a_convolution)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    wg_var x = wg_param(params, tape, "x", WG_SHAPE(2, 3, 8, 8), NULL),
           w = wg_param(params, tape, "w", WG_SHAPE(6, 3, 5, 5), NULL);
    wg_var y = wg_conv2d(x, w, &(wg_conv2d_options){.padding = 2}), loss = wg_sum(wg_sin(y));
    const double correlation = 2.0 * (2 * 6 * 8 * 8) * (3 * 5 * 5);
    wg_plan *plan = plan_of(loss, NULL);
    wg_plan_kernel forward = kernel_of(plan, "conv2d");
    ck_assert_double_ge(forward.flops, correlation);
    ck_assert_double_le(forward.flops, correlation + 3 * 2 * 6 * 8 * 8); /* with what is fused */
    ck_assert_double_eq(kernel_of(plan, "gradient of conv2d").flops, 2 * correlation);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

static double flops_of(wg_var y)
{
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    double flops = 0;
    for (size_t i = 0; i < wg_plan_kernel_count(plan); i++)
        flops += wg_plan_kernel_at(plan, i).flops;
    wg_plan_free(plan);
    return flops;
}

/* Each operation by itself: maps by the signs in their formulas, sums by their terms, products. */
START_TEST(operations)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(10, 6)), a = wg_input_of(tape, WG_F64, WG_SHAPE(4, 3, 7)),
           b = wg_input_of(tape, WG_F64, WG_SHAPE(7, 5)), g = wg_input_of(tape, WG_F64, WG_SHAPE(2, 4, 4, 4)),
           w = wg_input_of(tape, WG_F64, WG_SHAPE(4, 3, 3, 3));
    ck_assert_double_eq(flops_of(wg_add(x, x)), 60);
    ck_assert_double_eq(flops_of(wg_mulc(x, 2)), 60);
    ck_assert_double_eq(flops_of(wg_tanh(x)), 60);
    ck_assert_double_eq(flops_of(wg_relu(x)), 60);
    ck_assert_double_eq(flops_of(wg_sigmoid(x)), 4 * 60); /* 1 / (1 + exp(-x)) */
    ck_assert_double_eq(flops_of(wg_sum(x)), 60);
    ck_assert_double_eq(flops_of(wg_reshape(x, WG_SHAPE(60))), 0);
    ck_assert_double_eq(flops_of(wg_matmul(a, b)), 2 * 12 * 7 * 5);
    ck_assert_double_eq(flops_of(wg_matmul_t(x, x, true, false)), 2 * 6 * 10 * 6);
    ck_assert_double_eq(flops_of(wg_conv2d_input_gradient(g, w, 6, 6, NULL)), 2 * 128 * 27);
    wg_tape_free(tape);
}
END_TEST

/* ---- Times ------------------------------------------------------------------------------------------ */

START_TEST(times_add_up)
{
    enum { RUNS = 20 };
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(BATCH, 1, SIDE, SIDE)),
           y = wg_input_of(tape, WG_I32, WG_SHAPE(BATCH));
    wg_var loss = wg_cross_entropy(network_cnn(params, x), y, NULL);
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = adam, .profile = true});
    network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
    wg_plan_set(plan, x, image_batch(0));
    wg_plan_set(plan, y, label_batch(0));
    double outside = 0, kernels = 0;
    for (int run = 0; run < RUNS; run++) {
        double begun = now();
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        outside += now() - begun;
    }
    wg_plan_profile p = wg_plan_profile_of(plan);
    for (size_t i = 0; i < wg_plan_kernel_count(plan); i++) {
        wg_plan_kernel kernel = wg_plan_kernel_at(plan, i);
        ck_assert_double_ge(kernel.seconds, 0);
        kernels += kernel.seconds;
    }
    ck_assert_uint_eq(p.runs, RUNS);
    ck_assert(p.kernels > 0 && p.update > 0 && p.seconds > 0);
    ck_assert_double_le(p.seconds, outside); /* whatever else the machine does */
    ck_assert_double_eq_tol(kernels, p.kernels, 1e-9 * p.seconds);
    ck_assert_double_eq_tol(p.kernels + p.between + p.update, p.seconds, 1e-6 * p.seconds);
    wg_plan_set(plan, y, WG_INTS(((int32_t[BATCH]){77}), BATCH)); /* a run that fails takes its time, too */
    ck_assert_int_eq(wg_plan_run(plan), WG_BAD_INDEX);
    p = wg_plan_profile_of(plan);
    ck_assert_uint_eq(p.runs, RUNS + 1);
    ck_assert_double_eq_tol(p.kernels + p.between + p.update, p.seconds, 1e-6 * p.seconds);
    wg_plan_free(plan);
    wg_optim_free(adam);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* ---- The table -------------------------------------------------------------------------------------- */

static void print(const wg_plan *plan, char *text, size_t size)
{
    FILE *file = fmemopen(text, size, "w");
    ck_assert_int_eq(wg_plan_print(plan, file), WG_OK);
    fclose(file);
}

static void says(const char *text, const char *word)
{
    ck_assert_msg(strstr(text, word) != NULL, "no %s in:\n%s", word, text);
}

START_TEST(the_table)
{
    small s = small_new(NULL);
    char text[8192] = {0};
    wg_optim *sgd = wg_sgd_new(s.params, NULL);
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.profile = true, .optim = sgd});
    print(plan, text, sizeof text);
    says(text, "gradient of matmul"), says(text, "the store"), says(text, "sgd"), says(text, "kFLOP");
    says(text, "matmul + add"), says(text, "workspace"), says(text, "moments");
    ck_assert_ptr_null(strstr(text, "GFLOP/s")); /* nothing was measured yet */
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    print(plan, text, sizeof text);
    says(text, "GFLOP/s"), says(text, "100.0 %"), says(text, "kept");
    ck_assert_int_eq(wg_plan_print(NULL, stdout), WG_INVALID);
    ck_assert_int_eq(wg_plan_print(plan, NULL), WG_INVALID);
    char again[8192] = {0};
    size_t kernels = wg_plan_kernel_count(plan);
    wg_tape_free(s.tape); /* the plan knows all names itself */
    s.tape = NULL;
    print(plan, again, sizeof again);
    ck_assert_str_eq(again, text);
    ck_assert(wg_plan_kernel_count(plan) == kernels && wg_plan_kernel_at(plan, 0).operations > 0);
    wg_plan_free(plan);
    wg_optim_free(sgd);
    small_free(&s);
}
END_TEST

TEST_MAIN("plan_profile", a_dense_layer, a_convolution, operations, times_add_up, the_table)
