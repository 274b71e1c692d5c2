/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Planned scalars: what can be read, guards, parameters, tensors among them, memory. */
#define _POSIX_C_SOURCE 200809L

#include "alloc.h"
#include "planned_scalars.h"

/* ---- Reading ---------------------------------------------------------------------------------------- */

START_TEST(what_is_kept_can_be_read)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){2, 3}, 2);
    wg_var p = wg_mul(wg_at(x, 0), wg_at(x, 1)), s = wg_addc(p, 1), y = wg_square(s);
    wg_plan *plan = plan_of(y, &(wg_plan_options){.keep = &p, .keep_count = 1});
    ck_assert(isnan(wg_plan_item(plan, y)));
    ck_assert(isnan(wg_plan_item_grad(plan, wg_at(x, 0))));
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 49);
    ck_assert_double_eq(wg_plan_item(plan, p), 6);
    ck_assert(isnan(wg_plan_item(plan, s)) && !wg_plan_has_value(plan, s));
    ck_assert_double_eq(wg_plan_item_grad(plan, wg_at(x, 0)), 42);
    ck_assert_double_eq(wg_plan_item_grad(plan, wg_at(x, 1)), 28);
    ck_assert(isnan(wg_plan_item_grad(plan, p)) && isnan(wg_plan_item_grad(plan, y)));
    ck_assert(isnan(wg_item_grad(wg_at(x, 0)))); /* the tape has none, nor lost its values */
    ck_assert(wg_item(y) == 49 && wg_item(s) == 7);
    wg_plan_free(plan);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(wg_item_grad(p), 14);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_forward_pass_has_no_gradients)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){2, 3}, 2);
    wg_var y = wg_exp(wg_mul(wg_at(x, 0), wg_square(wg_subc(wg_at(x, 1), 1))));
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_set_scalars(plan, x, (double[]){0.5, 2}), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq_tol(wg_plan_item(plan, y), exp(0.5), 1e-15);
    ck_assert(isnan(wg_plan_item_grad(plan, wg_at(x, 0))));
    double gradients[2];
    ck_assert_int_eq(wg_plan_read_grads(plan, x, gradients), WG_NO_GRADIENT);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* Recorded without values: the steps have records. */
START_TEST(inputs_without_values)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var w = wg_scalar(tape, 2), x = wg_set_name(wg_input_of(tape, WG_F64, (wg_shape){0}), "x"),
           y = wg_square(wg_sub(wg_mul(w, x), wg_detach(wg_addc(x, 1))));
    wg_plan *plan = plan_of(y, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_NO_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "the value of x"));
    ck_assert_int_eq(wg_plan_set_scalar(plan, x, 5), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 16);
    ck_assert_double_eq(wg_plan_item_grad(plan, w), 40);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Guards ----------------------------------------------------------------------------------------- */

START_TEST(a_branch_that_flips)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 4), y = wg_mul(x, wg_branch(wg_gtc(x, 0)) ? wg_sqrt(x) : wg_neg(x));
    wg_plan *plan = plan_of(y, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 8);
    ck_assert_double_eq_tol(wg_plan_item_grad(plan, x), 3, 1e-15);
    ck_assert_int_eq(wg_plan_set_scalar(plan, x, -4), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_BRANCH);
    ck_assert(isnan(wg_plan_item(plan, y)) && isnan(wg_plan_item_grad(plan, x)));
    ck_assert_int_eq(wg_plan_set_scalar(plan, x, 9), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 27);
    ck_assert_double_eq_tol(wg_plan_item_grad(plan, x), 4.5, 1e-15);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Parameters and tensors ------------------------------------------------------------------------- */

/* f = (a b - 3)^2 + b^2, of two parameters of rank 0. */
static wg_var two_parameters(wg_tape *tape, wg_params *params)
{
    wg_var a = wg_param(params, tape, "a", (wg_shape){0}, NULL),
           b = wg_param(params, tape, "b", (wg_shape){0}, NULL);
    return wg_add(wg_square(wg_subc(wg_mul(a, b), 3)), wg_square(b));
}

START_TEST(parameters_are_trained)
{
    double losses[2][20];
    for (int planned = 0; planned < 2; planned++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_params *params = wg_params_new(NULL);
        wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.05});
        wg_var f = two_parameters(tape, params);
        wg_plan *plan = planned ? plan_of(f, &(wg_plan_options){.optim = sgd}) : NULL;
        for (int i = 0; i < 20; i++) {
            if (planned) {
                ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
            } else {
                ck_assert_int_eq(wg_replay(tape), WG_OK);
                wg_params_zero_grad(params);
                ck_assert_int_eq(wg_backward(f), WG_OK);
            }
            losses[planned][i] = planned ? wg_plan_item(plan, f) : wg_item(f);
            if (!planned)
                ck_assert_int_eq(wg_optim_step(sgd), WG_OK);
        }
        wg_plan_free(plan);
        wg_optim_free(sgd);
        wg_tape_free(tape);
        wg_params_free(params);
    }
    ck_assert_mem_eq(losses[0], losses[1], sizeof losses[0]);
}
END_TEST

/* Scalars before tensors, between them and behind, and in the backward pass. */
static wg_var among_tensors(wg_tape *tape, wg_span x, void *user)
{
    (void)user;
    wg_var t = wg_const(tape, WG_DOUBLES(((double[]){1, -2, 3, 0.5}), 4)), a = wg_at(x, 0), b = wg_at(x, 1);
    wg_var scale = wg_mul(wg_add(a, wg_square(b)), wg_csub(2, wg_tanh(a)));
    wg_var m = wg_mean(wg_tanh(wg_mul(t, scale)));
    wg_var s = wg_add(wg_mul(m, wg_at(x, 2)), wg_mul(wg_exp(b), wg_subc(wg_at(x, 2), 1)));
    return wg_add(wg_sum(wg_square(wg_sub(t, s))), wg_mul(wg_mul(s, s), wg_neg(a)));
}

START_TEST(scalars_among_tensors)
{
    double x[4] = {0.3, 0.7, -0.4, 1}, other[4] = {-0.2, 0.1, 0.9, 2};
    scalar_pair p = pair_new(among_tensors, NULL, x, 4);
    pair_check(&p, x, 1e-14);
    pair_check(&p, other, 1e-14);
    pair_free(&p);
}
END_TEST

/* The gradient is another name for a tensor's numbers, and no parameter's. */
START_TEST(scalars_that_become_tensors)
{
    for (int i = 0; i < 2; i++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_var x = wg_scalar(tape, 2), v = wg_reshape(x, WG_SHAPE(1)),
               y = wg_sum(wg_exp(i ? wg_concat((wg_var[]){v, v}, 2, 0) : v));
        wg_plan *plan = plan_of(y, NULL);
        ck_assert_int_eq(wg_plan_set_scalar(plan, x, 0.5), WG_OK);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq_tol(wg_plan_item(plan, y), (1 + i) * exp(0.5), 1e-14);
        ck_assert_double_eq_tol(wg_plan_item_grad(plan, x), (1 + i) * exp(0.5), 1e-14);
        wg_plan_free(plan);
        wg_tape_free(tape);
    }
}
END_TEST

/* The gradient of a gradient is planned as any result is. */
START_TEST(gradients_of_gradients)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){0.5, 2}, 2);
    wg_var f = wg_mul(wg_square(wg_at(x, 0)), wg_exp(wg_at(x, 1))), g = wg_grad1(f, wg_at(x, 1));
    wg_plan *plan = plan_of(wg_mul(g, wg_at(x, 0)), NULL);
    ck_assert_int_eq(wg_plan_set_scalars(plan, x, (double[]){2, 1}), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq_tol(wg_plan_item_grad(plan, wg_at(x, 0)), 12 * exp(1), 1e-13);
    ck_assert_double_eq_tol(wg_plan_item_grad(plan, wg_at(x, 1)), 8 * exp(1), 1e-13);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* A kernel's gradient is differentiated in its turn: its expansion's gradients cannot be kernels then. */
static wg_var slope_of_a_norm(wg_tape *tape, wg_span x, void *user)
{
    wg_var t = wg_const(tape, WG_DOUBLES(((double[]){1, -2, 3, 0.5, 0, 4}), 2, 3));
    wg_var in = wg_add(wg_square(wg_mul(t, wg_at(x, 0))), wg_mul(t, wg_at(x, 1)));
    wg_var y = wg_layer_norm(in, wg_full(tape, WG_SHAPE(3), 1.5), wg_full(tape, WG_SHAPE(3), 0.5), NULL);
    (void)user;
    return wg_sum(wg_square(wg_grad1(wg_sum(wg_mul(wg_square(y), t)), in)));
}

START_TEST(gradients_of_kernels_gradients)
{
    double x[2] = {0.3, 0.7}, other[2] = {-0.2, 0.1};
    scalar_pair p = pair_new(slope_of_a_norm, NULL, x, 2);
    pair_check(&p, x, 1e-11);
    pair_check(&p, other, 1e-11);
    pair_free(&p);
}
END_TEST

/* A program is one line, with its time. */
START_TEST(programs_are_printed)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){0.3, 0.7, -0.4, 1}, 4);
    wg_plan *plan = plan_of(among_tensors(tape, x, NULL), &(wg_plan_options){.profile = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    char text[8192] = {0};
    FILE *file = fmemopen(text, sizeof text, "w");
    ck_assert_int_eq(wg_plan_print(plan, file), WG_OK);
    fclose(file);
    ck_assert_msg(
        strstr(text, "5 scalars in") && strstr(text, "gradient of tanh") && strstr(text, " % "), "%s", text);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Memory ----------------------------------------------------------------------------------------- */

static wg_var sums_and_products(wg_tape *tape, wg_span x)
{
    wg_var y = wg_const_scalar(tape, 1), p = wg_at(x, 0);
    for (size_t i = 0; i < 60; i++)
        y = wg_add(wg_mul(wg_at(x, i % 5), wg_tanh(wg_mulc(y, 0.1 * (double)i))), y);
    for (size_t i = 0; i < 20; i++)
        p = wg_mul(p, wg_at(x, i % 5));
    return wg_branch(wg_gtc(y, 0)) ? wg_add(y, p) : p;
}

/* Every request of memory fails in turn; then a run asks for none. */
START_TEST(memory_runs_out)
{
    static const double x[5] = {1, 2, 3, 0.5, 0.25};
    test_heap heap = {0};
    wg_tape_options options = {.allocator = test_heap_hook(&heap)};
    wg_tape *tape = wg_tape_new(&options);
    wg_span span = wg_scalars_new(tape, x, 5);
    wg_var y = sums_and_products(tape, span);
    ok(tape);
    wg_plan *plan = NULL;
    for (size_t at = 1; !plan; at++) {
        wg_error error = {0};
        ck_assert_uint_lt(at, 300);
        heap.fail_at = heap.requests + at;
        plan = wg_plan_new(y, NULL, &error);
        ck_assert_int_eq(error.status, plan ? WG_OK : WG_OUT_OF_MEMORY);
        ok(tape);
    }
    heap.fail_at = 0;
    size_t requests = heap.requests;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_uint_eq(heap.requests, requests);
    wg_plan_free(plan);
    wg_tape_free(tape);
    test_heap_check(&heap);
}
END_TEST

/* A tape that goes on after the plan, comes back, and is reset: what runs is a copy. */
START_TEST(the_tape_goes_on)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){2, 3}, 2);
    wg_var y = wg_mul(wg_at(x, 0), wg_at(x, 1));
    wg_plan *plan = plan_of(y, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_mark mark = wg_tape_mark(tape);
    wg_var more = wg_scalar(tape, 1);
    for (int i = 0; i < 5000; i++) /* the tape's arrays move */
        more = wg_addc(more, 1);
    ck_assert_int_eq(wg_plan_set_scalars(plan, x, (double[]){5, 7}), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 35);
    ck_assert_double_eq(wg_plan_item_grad(plan, wg_at(x, 0)), 7);
    ck_assert(wg_item(y) == 6 && wg_item(more) == 5001);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_tape_reset(tape);
    ck_assert_int_eq(wg_plan_set_scalars(plan, x, (double[]){3, 4}), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 12);
    ck_assert_double_eq(wg_plan_item_grad(plan, wg_at(x, 1)), 3);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("plan_scalar_tape", what_is_kept_can_be_read, a_forward_pass_has_no_gradients,
    inputs_without_values, a_branch_that_flips, parameters_are_trained, scalars_among_tensors,
    scalars_that_become_tensors, gradients_of_gradients, gradients_of_kernels_gradients, programs_are_printed,
    memory_runs_out, the_tape_goes_on)
