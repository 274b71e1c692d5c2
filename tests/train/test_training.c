/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Whole training steps: layers, a loss, a store and an optimiser together. */
#include <math.h>
#include <stdlib.h>
#include <wengert/conv.h>
#include <wengert/layers.h>
#include <wengert/loss.h>
#include <wengert/math.h>
#include <wengert/optim.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "alloc.h"
#include "harness.h"

typedef struct bench {
    wg_tape *tape;
    wg_params *params;
} bench;

static bench setup(wg_dtype dtype, bool training)
{
    return (bench){wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = training}),
        wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 1})};
}

static void teardown(bench b)
{
    wg_tape_free(b.tape);
    wg_params_free(b.params);
}

/* An input of small numbers that differ. */
static wg_var input(bench b, wg_shape shape)
{
    size_t n;
    ck_assert(wg_shape_count(&shape, &n));
    double *x = malloc((n + 1) * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = sin(1.7 * (double)i) + 0.1;
    wg_var var = wg_input(b.tape, wg_array_of(x, WG_F64, shape));
    free(x);
    ck_assert(wg_is_valid(var));
    return var;
}

static wg_var lenet(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 84, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

/* N28: a 2-8-1 network learns XOR. */
START_TEST(xor_is_learned)
{
    bench b = setup(WG_F64, true);
    const double x[8] = {0, 0, 0, 1, 1, 0, 1, 1}, t[4] = {0, 1, 1, 0};
    wg_optim *adam = wg_adam_new(b.params, &(wg_adam_options){.lr = 0.05});
    double loss = 1, y[4];
    for (int i = 0; i < 300; i++) {
        wg_tape_reset(b.tape);
        wg_var h =
            wg_tanh(wg_layer_dense(b.params, "hidden", wg_input(b.tape, WG_DOUBLES(x, 4, 2)), 8, NULL));
        h = wg_layer_dense(b.params, "out", h, 1, NULL);
        wg_var error = wg_mean(wg_square(wg_sub(h, wg_input(b.tape, WG_DOUBLES(t, 4, 1)))));
        wg_params_zero_grad(b.params);
        ck_assert_int_eq(wg_backward(error), WG_OK);
        ck_assert_int_eq(wg_optim_step(adam), WG_OK);
        loss = wg_item(error);
        ck_assert_int_eq(wg_read(h, y, 4), WG_OK);
    }
    ck_assert_double_lt(loss, 1e-3);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(y[i], t[i], 0.1);
    wg_optim_free(adam);
    teardown(b);
}
END_TEST

/* N29: units that start equal stay equal: columns of the weight, here. */
START_TEST(equal_units_stay_equal)
{
    bench b = setup(WG_F64, true);
    const double x[6] = {0.5, -1, 2, 1, 0.25, -0.75}, t[2] = {1, -1};
    wg_optim *sgd = wg_sgd_new(b.params, &(wg_sgd_options){.lr = 0.1, .momentum = 0.9});
    const wg_layer_dense_options equal = {.weight = wg_init_constant(0.3), .bias = wg_init_constant(0)};
    for (int i = 0; i < 10; i++) {
        wg_tape_reset(b.tape);
        wg_var h =
            wg_tanh(wg_layer_dense(b.params, "hidden", wg_input(b.tape, WG_DOUBLES(x, 2, 3)), 4, &equal));
        h = wg_layer_dense(b.params, "out", h, 1, &equal);
        wg_params_zero_grad(b.params);
        ck_assert_int_eq(
            wg_backward(wg_sum(wg_square(wg_sub(h, wg_input(b.tape, WG_DOUBLES(t, 2, 1)))))), WG_OK);
        ck_assert_int_eq(wg_optim_step(sgd), WG_OK);
    }
    const double *w = wg_params_value(b.params, wg_params_index(b.params, "hidden.weight"));
    for (int row = 0; row < 3; row++) {
        ck_assert_double_gt(fabs(w[4 * row] - 0.3), 1e-3);
        for (int k = 1; k < 4; k++)
            ck_assert_double_eq_tol(w[4 * row + k], w[4 * row], 1e-14);
    }
    wg_optim_free(sgd);
    teardown(b);
}
END_TEST

/* LeNet in float: the loss of one batch falls, and after the second step nothing is allocated, neither by the
 * tape nor by the store nor by the optimiser. */
START_TEST(a_training_loop_stops_allocating)
{
    test_heap heap = {0};
    wg_tape *tape = wg_tape_new(&(wg_tape_options){
        .dtype = WG_F32, .training = true, .threads = 2, .allocator = test_heap_hook(&heap)});
    wg_params *p = wg_params_new(
        &(wg_params_options){.dtype = WG_F32, .threads = 2, .allocator = test_heap_hook(&heap)});
    wg_optim *adam = wg_adam_new(p, NULL);
    bench b = {tape, p};
    const int32_t labels[4] = {3, 1, 4, 1};
    double first = 0, last = 0;
    size_t requests = 0;
    for (int i = 0; i < 12; i++) {
        wg_tape_reset(tape);
        wg_var loss = wg_cross_entropy(
            lenet(p, input(b, WG_SHAPE(4, 1, 28, 28))), wg_input(tape, WG_INTS(labels, 4)), NULL);
        wg_params_zero_grad(p);
        ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(tape));
        wg_params_clip_grad_norm(p, 10);
        ck_assert_int_eq(wg_optim_step(adam), WG_OK);
        last = wg_item(loss);
        if (i == 0)
            first = last;
        if (i == 1)
            requests = heap.requests;
    }
    ck_assert_uint_eq(heap.requests, requests);
    ck_assert_double_eq_tol(first, log(10), 0.2);
    ck_assert_double_lt(last, 0.9 * first);
    wg_optim_free(adam);
    teardown(b);
    test_heap_check(&heap);
}
END_TEST

/* A training step in which the k-th of our allocations fails, for every k: alone (the tape then frees what it
 * caches and tries again, so the step may do) or with all that follow. Nothing is leaked, no half step is
 * done, and the same tape, store and optimiser do it at the next try, with the numbers of an undisturbed run.
 */
static wg_status tiny_step(wg_tape *tape, wg_params *p, wg_optim *adam)
{
    double x[2 * 36];
    const int32_t labels[2] = {1, 0};
    for (int i = 0; i < 72; i++)
        x[i] = sin(0.9 * i);
    wg_tape_reset(tape);
    wg_var h = wg_layer_conv2d(p, "conv", wg_input(tape, WG_DOUBLES(x, 2, 1, 6, 6)), 2, 3, NULL);
    h = wg_flatten(wg_max_pool2d(wg_relu(h), 2, NULL));
    h = wg_layer_dense(p, "fc", wg_layer_layer_norm(p, "norm", h, NULL), 2, NULL);
    wg_var loss = wg_cross_entropy(h, wg_input(tape, WG_INTS(labels, 2)), NULL);
    wg_params_zero_grad(p);
    wg_status status = wg_backward(loss);
    return status == WG_OK ? wg_optim_step(adam) : status;
}

START_TEST(every_allocation_of_a_step_may_fail)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *undisturbed = wg_params_new(NULL);
    wg_optim *adam = wg_adam_new(undisturbed, NULL);
    ck_assert_int_eq(tiny_step(tape, undisturbed, adam), WG_OK);
    wg_optim_free(adam);
    wg_tape_free(tape);
    size_t k = 1;
    for (bool failed = true; failed; k++) {
        test_heap heap = {.fail_after = _i == 1};
        wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
        tape = wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap), .threads = 1});
        adam = wg_adam_new(p, NULL);
        heap.fail_at = heap.requests + k;
        wg_status status = tiny_step(tape, p, adam);
        failed = heap.failures > 0;
        heap.fail_at = 0;
        ck_assert(status == WG_OK || (failed && status == WG_OUT_OF_MEMORY));
        ck_assert(status != WG_OK || !failed || !heap.fail_after);
        if (status != WG_OK)
            ck_assert_msg(tiny_step(tape, p, adam) == WG_OK, "k = %zu: %s", k, wg_tape_message(tape));
        ck_assert_msg(wg_params_equal(p, undisturbed), "k = %zu", k);
        wg_optim_free(adam);
        wg_tape_free(tape);
        wg_params_free(p);
        test_heap_check(&heap);
    }
    ck_assert_uint_gt(k, 30);
    wg_params_free(undisturbed);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{xor_is_learned, 1}, {equal_units_stay_equal, 1},
        {a_training_loop_stops_allocating, 1}, {every_allocation_of_a_step_may_fail, 2}};
    return harness_run("training", tests, sizeof tests / sizeof tests[0]);
}
