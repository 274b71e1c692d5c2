/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What plans compute and refuse: what can be read, gradients, errors, memory. */
#define _POSIX_C_SOURCE 200809L

#include "alloc.h"
#include "small_step.h"

/* ---- Values ----------------------------------------------------------------------------------------- */

START_TEST(what_is_kept_can_be_read)
{
    small s = small_new(NULL);
    double h[8];
    wg_plan *plan = plan_of(s.loss, NULL);
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert(isfinite(wg_plan_item(plan, s.loss)));
    ck_assert(!wg_has_value(s.loss) && !wg_has_value(s.x)); /* the tape has seen nothing of it */
    ck_assert_int_eq(wg_plan_read(plan, s.h, h, 8), WG_NO_VALUE);
    wg_plan_free(plan);
    plan = plan_of(s.loss, &(wg_plan_options){.keep = &s.h, .keep_count = 1});
    ck_assert_int_eq(wg_plan_run(plan), WG_NO_VALUE); /* what another plan was given is that one's */
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read(plan, s.h, h, 8), WG_OK);
    double loss = 0;
    for (int i = 0; i < 8; i++)
        loss += (h[i] - ts[i]) * (h[i] - ts[i]);
    ck_assert_double_eq_tol(wg_plan_item(plan, s.loss), loss, 1e-14);
    wg_plan_free(plan);
    small_free(&s);
}
END_TEST

/* What leaves have when the plan is made is its own from then on. */
START_TEST(the_numbers_of_a_replay)
{
    small s = small_new(NULL);
    double planned[6], eager[6];
    small_set(&s);
    wg_plan *plan = plan_of(s.loss, NULL);
    ck_assert_int_eq(wg_set(s.x, WG_DOUBLES(((double[12]){9}), 4, 3)), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    double loss = wg_plan_item(plan, s.loss);
    ck_assert_int_eq(wg_params_read_grad(s.params, "fc.weight", planned, 6), WG_OK);
    wg_plan_free(plan);
    small_set(&s);
    ck_assert_int_eq(wg_replay(s.tape), WG_OK);
    wg_params_zero_grad(s.params);
    ck_assert_int_eq(wg_backward(s.loss), WG_OK);
    ck_assert_double_eq(wg_item(s.loss), loss);
    ck_assert_int_eq(wg_params_read_grad(s.params, "fc.weight", eager, 6), WG_OK);
    ck_assert_mem_eq(planned, eager, sizeof eager);
    small_free(&s);
}
END_TEST

START_TEST(a_forward_pass_of_any_shape)
{
    small s = small_new(NULL);
    double h[8], eager[8];
    wg_plan *plan = plan_of(s.h, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_set(plan, s.x, WG_DOUBLES(xs, 4, 3)), WG_OK); /* the targets are not needed */
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read(plan, s.h, h, 8), WG_OK);
    wg_plan_free(plan);
    small_set(&s);
    ck_assert_int_eq(wg_replay(s.tape), WG_OK);
    ck_assert_int_eq(wg_read(s.h, eager, 8), WG_OK);
    ck_assert_mem_eq(h, eager, sizeof h);
    small_free(&s);
}
END_TEST

/* ---- Gradients -------------------------------------------------------------------------------------- */

/* A weight used twice, one that is frozen, one that the loss does not reach, and a scalar. */
START_TEST(parameters_of_every_kind)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    double eager[4][4], planned[4][4];
    static const char *const names[4] = {"tied", "frozen", "idle", "scale"};
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 2, 2)), loss = {0};
    for (int pass = 0; pass < 2; pass++) {
        wg_var w = wg_param(params, tape, "tied", WG_SHAPE(2, 2), NULL),
               f = wg_param(params, tape, "frozen", WG_SHAPE(2, 2), NULL);
        wg_param(params, tape, "idle", WG_SHAPE(2), NULL);
        wg_var c = wg_param(params, tape, "scale", wg_shape_scalar(), NULL);
        wg_params_freeze(params, "frozen", true);
        loss = wg_mul(wg_sum(wg_matmul(wg_tanh(wg_matmul(wg_matmul(x, w), f)), w)), c);
        if (pass == 0) { /* the flag counts from the next recording on */
            wg_tape_reset(tape);
            x = wg_input(tape, WG_DOUBLES(xs, 2, 2));
        }
    }
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    for (int i = 0; i < 4; i++)
        wg_params_read_grad(params, names[i], eager[i], i == 2 ? 2 : i == 3 ? 1 : 4);
    wg_params_zero_grad(params);
    wg_plan *plan = plan_of(loss, NULL);
    for (int run = 0; run < 2; run++) { /* they do not add up */
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        for (int i = 0; i < 4; i++)
            wg_params_read_grad(params, names[i], planned[i], i == 2 ? 2 : i == 3 ? 1 : 4);
        for (int i = 0; i < 4; i++)
            ck_assert_mem_eq(planned[i], eager[i], (i == 2 ? 2 : i == 3 ? 1 : 4) * sizeof(double));
    }
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* A gradient penalty: the step itself contains recorded derivatives. */
START_TEST(second_derivatives)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 2});
    double eager[6], planned[6];
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 4, 3)), score = wg_tanh(wg_layer_dense(params, "d", x, 2, NULL));
    wg_var slope = wg_grad1(wg_sum(score), x);
    wg_var loss =
        wg_add(wg_sum(score), wg_mean(wg_square(wg_csub(1, wg_norm_over(slope, WG_AXES(1), false)))));
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    wg_params_read_grad(params, "d.weight", eager, 6);
    wg_params_zero_grad(params);
    wg_plan *plan = plan_of(loss, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_params_read_grad(params, "d.weight", planned, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol(planned[i], eager[i], 1e-13);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* ---- What goes wrong -------------------------------------------------------------------------------- */

START_TEST(runs_that_fail)
{
    small s = small_new(NULL);
    wg_plan *plan = plan_of(s.loss, NULL);
    ck_assert_int_eq(wg_plan_run(NULL), WG_INVALID);
    ck_assert_int_eq(wg_plan_run(plan), WG_NO_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "the value of x was never set"));
    ck_assert_int_eq(wg_plan_set(plan, s.x, WG_DOUBLES(xs, 3, 4)), WG_BAD_SHAPE);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "[3, 4] for x [4, 3]"));
    ck_assert_int_eq(wg_plan_run(plan), WG_NO_VALUE); /* it was not set by that */
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_tape_status(s.tape), WG_OK); /* whose message is of its own affairs */
    ck_assert_str_eq(wg_tape_message(s.tape), "");
    wg_plan_free(plan);
    small_free(&s);
}
END_TEST

START_TEST(a_guard_that_flips)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 1)), s = wg_sum(x);
    wg_var y = wg_branch(wg_gt(s, wg_const_scalar(tape, 0))) ? wg_mulc(x, 2) : x;
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_set(plan, x, WG_DOUBLES((const double[]){-1}, 1)), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_BRANCH);
    ck_assert_int_eq(wg_plan_set(plan, x, WG_DOUBLES((const double[]){4}, 1)), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 8);
    ck_assert_double_eq(wg_item(y), 2);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

START_TEST(plans_that_cannot_be_made)
{
    small s = small_new(NULL), other = small_new(NULL);
    wg_optim *foreign = wg_sgd_new(other.params, NULL),
             *wrong = wg_sgd_new(s.params, &(wg_sgd_options){.lr = -1});
    size_t nodes = wg_tape_node_count(s.tape);
    const struct {
        wg_var y;
        wg_plan_options options;
        wg_status status;
        const char *text;
    } bad[] = {
        {(wg_var){0}, {0}, WG_INVALID, "no live var"},
        {s.h, {0}, WG_NOT_SCALAR, "8 elements"},
        {s.loss, {.optim = foreign}, WG_INVALID, "fc.weight is no parameter of the optimiser's store"},
        {s.loss, {.optim = wrong}, WG_INVALID, "lr is -1"},
        {s.h, {.optim = foreign, .forward = true}, WG_INVALID, "nothing for an optimiser"},
        {s.loss, {.keep_count = 1}, WG_INVALID, "without vars"},
        {s.loss, {.keep = &other.h, .keep_count = 1}, WG_INVALID, "none of this tape"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        ck_assert_ptr_null(wg_plan_new(bad[i].y, &bad[i].options, &error));
        refused(error.status, bad[i].status, &error, bad[i].text);
        ck_assert_ptr_null(wg_plan_new(bad[i].y, &bad[i].options, NULL));
        ck_assert_uint_eq(wg_tape_node_count(s.tape), nodes);
    }
    wg_plan_free(NULL);
    ck_assert(wg_plan_kernel_count(NULL) == 0 && wg_plan_bytes(NULL) == 0);
    wg_optim_free(foreign), wg_optim_free(wrong);
    small_free(&s), small_free(&other);
}
END_TEST

/* ---- Memory ----------------------------------------------------------------------------------------- */

/* From the first run on, the optimiser's moments included. */
START_TEST(a_run_asks_for_no_memory)
{
    for (int momentum = 0; momentum < 3; momentum++) {
        test_heap heap = {0};
        wg_tape *tape = wg_tape_new(&(wg_tape_options){
            .dtype = WG_F32, .training = true, .threads = 1, .allocator = test_heap_hook(&heap)});
        wg_params *params =
            wg_params_new(&(wg_params_options){.dtype = WG_F32, .allocator = test_heap_hook(&heap)});
        wg_optim *optim = momentum == 2 ? wg_adam_new(params, NULL)
                                        : wg_sgd_new(params, &(wg_sgd_options){.momentum = 0.9 * momentum});
        wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(BATCH, 1, SIDE, SIDE)),
               y = wg_input_of(tape, WG_I32, WG_SHAPE(BATCH));
        wg_var loss = wg_cross_entropy(network_cnn(params, x), y, NULL);
        wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = optim});
        size_t requests = heap.requests;
        network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
        for (size_t i = 0; i < STEPS; i++) {
            wg_plan_set(plan, x, image_batch(i));
            wg_plan_set(plan, y, label_batch(i));
            ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        }
        ck_assert_uint_eq(heap.requests, requests);
        wg_plan_free(plan);
        wg_optim_free(optim);
        wg_tape_free(tape);
        wg_params_free(params);
        test_heap_check(&heap);
    }
}
END_TEST

START_TEST(no_memory)
{
    for (size_t k = 1;; k++) {
        test_heap heap = {.fail_at = k, .fail_after = true};
        wg_allocator hook = test_heap_hook(&heap);
        small s = small_new(&hook);
        wg_error error = {0};
        wg_plan *plan = s.tape ? wg_plan_new(s.loss, NULL, &error) : NULL;
        ck_assert(plan || !s.tape || error.status == WG_OUT_OF_MEMORY);
        wg_plan_free(plan);
        small_free(&s);
        test_heap_check(&heap);
        if (!heap.failures)
            break;
    }
}
END_TEST

TEST_MAIN("plan", what_is_kept_can_be_read, the_numbers_of_a_replay, a_forward_pass_of_any_shape,
    parameters_of_every_kind, second_derivatives, runs_that_fail, a_guard_that_flips,
    plans_that_cannot_be_made, a_run_asks_for_no_memory, no_memory)
