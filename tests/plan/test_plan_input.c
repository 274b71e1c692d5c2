/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What the world does to a plan between its runs: wrong inputs, stores that change, tapes that go. A clear
 * status where it is the plan's affair, and a next run that is as if nothing had been. */
#include "small_step.h"

/* Weights after `runs` good runs of the small step with plain descent. */
static void weights_after(int runs, double *weights)
{
    small s = small_new(NULL);
    wg_optim *sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05});
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    for (int i = 0; i < runs; i++)
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_params_read(s.params, "fc.weight", weights, 6), WG_OK);
    wg_plan_free(plan);
    wg_optim_free(sgd);
    small_free(&s);
}

static void same_weights(wg_params *params, const double *expected)
{
    double weights[6];
    ck_assert_int_eq(wg_params_read(params, "fc.weight", weights, 6), WG_OK);
    ck_assert_mem_eq(weights, expected, sizeof weights);
}

/* ---- Inputs ----------------------------------------------------------------------------------------- */

START_TEST(inputs_of_another_shape_or_type)
{
    small s = small_new(NULL);
    double after[6];
    const int32_t integers[12] = {0};
    wg_optim *sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05});
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    const struct {
        wg_array array;
        wg_status status;
        const char *text;
    } bad[] = {
        {WG_DOUBLES(xs, 3, 3), WG_BAD_SHAPE, "[3, 3] for x [4, 3]"},
        {WG_DOUBLES(xs, 12), WG_BAD_SHAPE, "[12] for x [4, 3]"},
        {WG_INTS(integers, 4, 3), WG_BAD_DTYPE, "integers cannot stand"},
        {wg_array_of(xs, (wg_dtype)77, WG_SHAPE(4, 3)), WG_BAD_DTYPE, "integers"},
        {WG_DOUBLES(NULL, 4, 3), WG_INVALID, "no data"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(wg_plan_set(plan, s.x, bad[i].array), bad[i].status);
        ck_assert_msg(strstr(wg_plan_message(plan), bad[i].text) != NULL, "%s", wg_plan_message(plan));
        ck_assert_int_eq(wg_plan_run(plan), WG_OK); /* with what was there before */
    }
    weights_after((int)(sizeof bad / sizeof bad[0]), after);
    same_weights(s.params, after);
    wg_plan_free(plan);
    wg_optim_free(sgd);
    small_free(&s);
}
END_TEST

/* A label that there is no class for is found while the plan runs: no update, nothing to be read, and the
 * next run is as good as any. So with a guard that flips. */
START_TEST(runs_that_stop_half_way)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 2});
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 4, 3)), label = wg_input_of(tape, WG_I32, WG_SHAPE(4)),
           scale = wg_scalar(tape, 1);
    wg_var h = wg_mul(wg_layer_dense(params, "fc", x, 3, NULL), scale);
    ck_assert(wg_branch(wg_gt(scale, wg_const_scalar(tape, 0))));
    wg_var loss = wg_cross_entropy(h, label, NULL);
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = adam, .keep = &h, .keep_count = 1});
    double before[9], after[9];
    for (int run = 0; run < 3; run++) {
        bool flipped = run == 1;
        ck_assert_int_eq(
            wg_plan_set(plan, label, WG_INTS(((int32_t[]){0, 1, 2, flipped ? 1 : 3}), 4)), WG_OK);
        ck_assert_int_eq(wg_plan_set_scalar(plan, scale, flipped ? -1 : 1), WG_OK);
        wg_params_read(params, "fc.weight", before, 9);
        ck_assert_int_eq(wg_plan_run(plan), flipped ? WG_BRANCH : WG_BAD_INDEX);
        ck_assert_int_eq(wg_tape_status(tape), WG_OK);
        ck_assert(!wg_plan_has_value(plan, loss) && !wg_plan_has_value(plan, h));
        ck_assert(isnan(wg_plan_item(plan, loss)) && !wg_plan_array(plan, h).data);
        ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "no good run"));
        wg_params_read(params, "fc.weight", after, 9);
        ck_assert_mem_eq(before, after, sizeof before);
        ck_assert_int_eq(wg_params_read_grad(params, "fc.weight", after, 9), WG_OK);
        for (int i = 0; i < 9; i++)
            ck_assert_double_eq(after[i], 0);
        ck_assert_int_eq(wg_plan_set(plan, label, WG_INTS(((int32_t[]){0, 1, 2, 1}), 4)), WG_OK);
        ck_assert_int_eq(wg_plan_set_scalar(plan, scale, 1), WG_OK);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert(isfinite(wg_plan_item(plan, loss)) && wg_plan_has_value(plan, h));
        ck_assert_uint_eq(wg_optim_step_count(adam), (uint64_t)run + 1);
    }
    wg_plan_free(plan);
    wg_optim_free(adam);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* ---- The store -------------------------------------------------------------------------------------- */

START_TEST(a_parameter_that_appears_later)
{
    small s = small_new(NULL);
    double after[6];
    wg_error error = {0};
    wg_optim *sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05});
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    fine(wg_params_add_buffer(s.params, "statistics", WG_SHAPE(3), NULL, &error), &error);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK); /* which no optimiser updates */
    fine(wg_params_add(s.params, "late.weight", WG_SHAPE(2, 2), NULL, &error), &error);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wg_plan_run(plan), WG_NAME);
        ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "late.weight appeared"));
        ck_assert(!wg_plan_has_value(plan, s.loss));
    }
    weights_after(2, after);
    same_weights(s.params, after);
    wg_plan_free(plan);
    plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    weights_after(3, after);
    same_weights(s.params, after);
    wg_plan_free(plan);
    plan = plan_of(s.loss, NULL); /* without an optimiser it is nothing to the plan */
    small_give(&s, plan);
    fine(wg_params_add(s.params, "later.weight", WG_SHAPE(2, 2), NULL, &error), &error);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_plan_free(plan);
    wg_optim_free(sgd);
    small_free(&s);
}
END_TEST

/* Between runs, as between replays: frozen ones get no update; those thawed get a gradient when they are
 * recorded anew. New values, set by hand, are what the next run computes with. */
START_TEST(a_store_that_changes)
{
    small s = small_new(NULL);
    double after[6], weights[6], first[2], bias[2];
    wg_optim *sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05});
    ck_assert_uint_eq(wg_params_freeze(s.params, "fc.bias", true), 1);
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    wg_params_read(s.params, "fc.bias", first, 2);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_params_read(s.params, "fc.bias", bias, 2);
    ck_assert_mem_eq(first, bias, sizeof bias);
    wg_params_freeze(s.params, "*", true);
    wg_params_read(s.params, "fc.weight", weights, 6);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    same_weights(s.params, weights);
    wg_params_freeze(s.params, "fc.weight", false);
    wg_error error = {0};
    fine(wg_params_set(s.params, "fc.weight", WG_DOUBLES(((double[]){0, 0, 0, 0, 0, 0}), 3, 2), &error),
        &error);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    double loss = 0; /* tanh(0 + b) - t */
    for (int i = 0; i < 8; i++)
        loss += (tanh(bias[i % 2]) - ts[i]) * (tanh(bias[i % 2]) - ts[i]);
    ck_assert_double_eq_tol(wg_plan_item(plan, s.loss), loss, 1e-14);
    wg_params_read(s.params, "fc.weight", after, 6);
    ck_assert_double_ne(after[0], 0);
    wg_plan_free(plan);
    wg_optim_free(sgd);
    small_free(&s);
}
END_TEST

START_TEST(an_optimiser_that_is_freed)
{
    small s = small_new(NULL);
    double after[6];
    wg_optim *sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05});
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_optim_free(sgd);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wg_plan_run(plan), WG_INVALID);
        ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "its optimiser was freed"));
    }
    weights_after(1, after);
    same_weights(s.params, after);
    wg_plan_free(plan);
    sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 0.05}); /* several plans, freed in any order */
    wg_tape *tape = wg_tape_new(NULL);
    wg_var loss = wg_sum(wg_square(wg_param(s.params, tape, "fc.weight", WG_SHAPE(3, 2), NULL)));
    plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    wg_plan *second = plan_of(loss, &(wg_plan_options){.optim = sgd});
    wg_plan_free(plan);
    ck_assert_int_eq(wg_plan_run(second), WG_OK);
    plan = plan_of(s.loss, &(wg_plan_options){.optim = sgd});
    wg_optim_free(sgd);
    ck_assert_int_eq(wg_plan_run(second), WG_INVALID);
    ck_assert_int_eq(wg_plan_run(plan), WG_INVALID);
    wg_plan_free(second);
    wg_plan_free(plan);
    wg_tape_free(tape);
    small_free(&s);
}
END_TEST

/* ---- The tape --------------------------------------------------------------------------------------- */

/* Values and gradients of the weights after a run, when something was done to the recording before it. */
static void same_run(const small *s, wg_plan *plan, const double *loss, const double *gradient)
{
    double is[6];
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, s->loss), *loss);
    ck_assert_int_eq(wg_params_read_grad(s->params, "fc.weight", is, 6), WG_OK);
    ck_assert_mem_eq(is, gradient, sizeof is);
}

/* Reset, rewound, recorded anew, planned again, freed: the plan runs on, and its vars are its names still.
 * What is recorded there now is none of it. */
START_TEST(a_plan_outlives_its_tape)
{
    small s = small_new(NULL);
    double loss, gradient[6], h[8], again[8];
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.keep = &s.h, .keep_count = 1});
    small_give(&s, plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    loss = wg_plan_item(plan, s.loss);
    ck_assert_int_eq(wg_plan_read(plan, s.h, h, 8), WG_OK);
    ck_assert_int_eq(wg_params_read_grad(s.params, "fc.weight", gradient, 6), WG_OK);
    wg_tape_reset(s.tape);
    same_run(&s, plan, &loss, gradient);
    wg_var x = wg_input(s.tape, WG_DOUBLES(xs, 4, 3));
    wg_var y = wg_sum(wg_exp(wg_layer_dense(s.params, "fc", x, 2, NULL)));
    double value = wg_item(y);
    wg_plan *other = plan_of(y, NULL);
    ck_assert(!wg_plan_has_value(plan, y) && !wg_plan_has_value(other, s.loss));
    same_run(&s, plan, &loss, gradient);
    ck_assert_int_eq(wg_plan_run(other), WG_OK);
    ck_assert_double_eq(wg_plan_item(other, y), value);
    wg_tape_free(s.tape);
    s.tape = NULL;
    small_give(&s, plan);
    same_run(&s, plan, &loss, gradient);
    ck_assert_int_eq(wg_plan_read(plan, s.h, again, 8), WG_OK);
    ck_assert_mem_eq(h, again, sizeof h);
    ck_assert_int_eq(wg_plan_run(other), WG_OK);
    ck_assert_double_eq(wg_plan_item(other, y), value);
    wg_plan_free(other), wg_plan_free(plan);
    small_free(&s);
}
END_TEST

/* What is computed while the plan is made, of constants alone, is the plan's too. */
START_TEST(constants_outlive_the_tape)
{
    enum { N = 1000 };
    static double numbers[N];
    for (int i = 0; i < N; i++)
        numbers[i] = 1e-3 * i;
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(N)), c = wg_const(tape, WG_DOUBLES(numbers, N)),
           e = wg_exp(c);
    wg_var y = wg_sum(wg_mul(x, wg_exp(wg_reshape(wg_neg(e), WG_SHAPE(N)))));
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    wg_tape_free(tape);
    void *others = malloc(sizeof numbers); /* where the tape's numbers were, perhaps */
    memset(others, 0xff, sizeof numbers);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += numbers[i] * exp(-exp(numbers[i]));
    ck_assert_int_eq(wg_plan_set(plan, x, WG_DOUBLES(numbers, N)), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq_tol(wg_plan_item(plan, y), sum, 1e-10);
    free(others);
    wg_plan_free(plan);
}
END_TEST

/* Rewound below what is planned and recorded on: both have their numbers, and nothing that is new goes with
 * the plan. */
START_TEST(a_tape_that_is_rewound)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 4)), early = wg_square(x), a = wg_scalar(tape, 3),
           b = wg_mul(a, a);
    wg_mark mark = wg_tape_mark(tape);
    wg_var y = wg_mul(wg_sum(wg_exp(early)), wg_sin(b));
    double of_y = wg_item(y), squares[4];
    wg_plan *plan = plan_of(y, &(wg_plan_options){.keep = (wg_var[]){early, b}, .keep_count = 2});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, b), 9);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    wg_var c = wg_addc(a, 1);
    for (int i = 0; i < 20; i++)
        c = wg_addc(c, 1);
    wg_var z = wg_sum(wg_mulc(x, 2));
    double fresh = wg_item(z);
    size_t nodes = wg_tape_node_count(tape);
    ck_assert(!wg_plan_has_value(plan, c) && isnan(wg_plan_item(plan, z))); /* of the same numbers as y's */
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert(wg_plan_item(plan, y) == of_y && wg_plan_item(plan, b) == 9);
    wg_plan_free(plan);
    ck_assert_uint_eq(wg_tape_node_count(tape), nodes);
    ck_assert(wg_item(b) == 9 && wg_item(c) == 24 && wg_item(z) == fresh);
    ck_assert_int_eq(wg_read(early, squares, 4), WG_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq(squares[i], xs[i] * xs[i]);
    wg_tape_free(tape);
}
END_TEST

/* What is recorded behind a plan is no part of it, and stays when the plan goes. */
START_TEST(a_tape_that_goes_on)
{
    small s = small_new(NULL);
    small_set(&s);
    ck_assert_int_eq(wg_replay(s.tape), WG_OK);
    double loss = wg_item(s.loss);
    wg_plan *plan = plan_of(s.loss, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_var twice = wg_mulc(s.loss, 2);
    ck_assert_double_eq(wg_item(twice), 2 * loss);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, s.loss), loss);
    wg_plan_free(plan);
    ck_assert(wg_item(s.loss) == loss && wg_item(twice) == 2 * loss);
    small_free(&s);
}
END_TEST

TEST_MAIN("plan_input", inputs_of_another_shape_or_type, runs_that_stop_half_way,
    a_parameter_that_appears_later, a_store_that_changes, an_optimiser_that_is_freed,
    a_plan_outlives_its_tape, a_tape_that_is_rewound, a_tape_that_goes_on, constants_outlive_the_tape)
