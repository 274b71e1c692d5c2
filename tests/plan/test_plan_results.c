/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Several results with seeds, gradients of the plan's own, and who may write a store's gradients. */
#include <pthread.h>
#include <string.h>

#include "small_step.h"

/* ---- Several results ---------------------------------------------------------------------------------- */

/* h [4, 2] and loss [], with a seed for h that is an input: against wg_grad, bit by bit. */
START_TEST(several_results_each_with_its_seed)
{
    static const double seeds[2][8] = {{1, 0, 0, 0, 0, 0, 0, 0}, {0.5, -1, 2, 0, 0.25, 1, -2, 3}};
    small s = small_new(NULL);
    wg_var seed = wg_input_of(s.tape, WG_F64, WG_SHAPE(4, 2));
    wg_plan *plan =
        plan_of(s.h, &(wg_plan_options){.also = &s.loss, .also_count = 1, .seeds = (wg_var[]){seed, {0}}});
    small_give(&s, plan);
    for (int i = 0; i < 2; i++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_var h = wg_tanh(wg_layer_dense(s.params, "fc", wg_const(tape, WG_DOUBLES(xs, 4, 3)), 2, NULL)),
               loss = wg_sum(wg_square(wg_sub(h, wg_const(tape, WG_DOUBLES(ts, 4, 2)))));
        wg_var ws[2] = {wg_param(s.params, tape, "fc.weight", WG_SHAPE(3, 2), NULL),
            wg_param(s.params, tape, "fc.bias", WG_SHAPE(2), NULL)};
        wg_var ys[2] = {h, loss}, out[2],
               gs[2] = {wg_const(tape, WG_DOUBLES(seeds[i], 4, 2)), wg_const_scalar(tape, 1)};
        ck_assert_int_eq(wg_grad(ys, 2, gs, ws, 2, out), WG_OK);
        ck_assert_int_eq(wg_plan_set(plan, seed, WG_DOUBLES(seeds[i], 4, 2)), WG_OK);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq(wg_plan_item(plan, s.loss), wg_item(loss));
        double expected[6], weight[6], values[8], kept[8];
        ck_assert_int_eq(wg_read(out[0], expected, 6), WG_OK);
        ck_assert_int_eq(wg_params_read_grad(s.params, "fc.weight", weight, 6), WG_OK);
        ck_assert_mem_eq(expected, weight, sizeof weight);
        ck_assert_int_eq(wg_read(h, values, 8), WG_OK);
        ck_assert_int_eq(wg_plan_read(plan, s.h, kept, 8), WG_OK);
        ck_assert_mem_eq(values, kept, sizeof kept);
        wg_tape_free(tape);
    }
    wg_plan_free(plan);
    small_free(&s);
}
END_TEST

START_TEST(numbers_as_results)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 0.5), y = wg_scalar(tape, 2), a = wg_mul(x, y), b = wg_sin(x);
    wg_plan *plan = plan_of(a,
        &(wg_plan_options){.also = &b, .also_count = 1, .seeds = (wg_var[]){wg_const_scalar(tape, 3), {0}}});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq_tol(wg_plan_item_grad(plan, x), 3 * 2 + cos(0.5), 1e-15);
    ck_assert_double_eq(wg_plan_item_grad(plan, y), 3 * 0.5);
    ck_assert_double_eq(wg_plan_item(plan, b), sin(0.5));
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

static void not_planned(wg_var y, const wg_plan_options *options, wg_status status, const char *words)
{
    wg_error error = {0};
    ck_assert_ptr_null(wg_plan_new(y, options, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, words), "%s", error.message);
}

START_TEST(results_and_seeds_that_do_not_fit)
{
    small s = small_new(NULL), other = small_new(NULL);
    wg_var seed = wg_input_of(s.tape, WG_F64, WG_SHAPE(8)), whole = wg_input_of(s.tape, WG_I32, WG_SHAPE(1));
    not_planned(s.h, NULL, WG_NOT_SCALAR, "result 0 has 8 elements");
    not_planned(
        s.loss, &(wg_plan_options){.also = &s.h, .also_count = 1}, WG_NOT_SCALAR, "result 1 has 8 elements");
    not_planned(s.loss, &(wg_plan_options){.also_count = 1}, WG_INVALID, "without vars");
    not_planned(s.loss, &(wg_plan_options){.also = &other.loss, .also_count = 1}, WG_INVALID,
        "result 1 is no live var");
    not_planned(s.h, &(wg_plan_options){.seeds = &seed}, WG_BAD_SHAPE, "seed 0 is [8], its result [4, 2]");
    not_planned(s.h, &(wg_plan_options){.seeds = &other.h}, WG_INVALID, "seed 0 is no live var");
    not_planned(s.loss, &(wg_plan_options){.also = &whole, .also_count = 1}, WG_BAD_DTYPE, "integers");
    small_free(&s), small_free(&other);
}
END_TEST

/* ---- Gradients of the plan's own ------------------------------------------------------------------------ */

enum { WORKERS = 3 };

typedef struct worker {
    wg_tape *tape;
    wg_var x, loss, weight;
    wg_plan *plan;
    wg_status status;
} worker;

static worker worker_new(wg_params *params, bool own)
{
    worker w = {.tape = wg_tape_new(&(wg_tape_options){.own_grads = own, .threads = 1})};
    w.x = wg_input_of(w.tape, WG_F64, WG_SHAPE(4, 3));
    w.weight = wg_param(params, w.tape, "fc.weight", WG_SHAPE(3, 2), NULL);
    w.loss = wg_sum(wg_square(wg_tanh(wg_layer_dense(params, "fc", w.x, 2, NULL))));
    w.plan = plan_of(w.loss, NULL);
    return w;
}

static void set(worker *w, size_t i)
{
    double x[12];
    for (size_t j = 0; j < 12; j++)
        x[j] = xs[j] * (double)(i + 1) * 0.3;
    w->status = wg_plan_set(w->plan, w->x, WG_DOUBLES(x, 4, 3));
}

static void *run(void *user)
{
    worker *w = user;
    for (int i = 0; i < 50 && w->status == WG_OK; i++)
        w->status = wg_plan_run(w->plan);
    return NULL;
}

static void worker_free(worker *w)
{
    wg_plan_free(w->plan);
    wg_tape_free(w->tape);
}

/* Added in order: the bits of one tape after the other. */
START_TEST(plans_with_gradients_of_their_own)
{
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 1});
    worker w[WORKERS], by_hand;
    pthread_t thread[WORKERS];
    double expected[8], sum[8], weight[6], one[6];
    by_hand = worker_new(params, true);
    for (size_t i = 0; i < WORKERS; i++) {
        w[i] = worker_new(params, true);
        set(&w[i], i);
        ck_assert_int_eq(wg_plan_add_grads(w[i].plan, params), WG_NO_GRADIENT);
    }
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, run, &w[i]), 0);
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(w[i].status, WG_OK);
    for (size_t i = 0; i < WORKERS; i++) {
        double x[12];
        for (size_t j = 0; j < 12; j++)
            x[j] = xs[j] * (double)(i + 1) * 0.3;
        ck_assert_int_eq(wg_set(by_hand.x, WG_DOUBLES(x, 4, 3)), WG_OK);
        ck_assert_int_eq(wg_replay(by_hand.tape), WG_OK);
        ck_assert_int_eq(wg_backward(by_hand.loss), WG_OK);
        ck_assert_int_eq(wg_params_add_grads(params, by_hand.tape), WG_OK);
    }
    wg_params_read_grad(params, "fc.weight", expected, 6);
    wg_params_read_grad(params, "fc.bias", expected + 6, 2);
    wg_params_zero_grad(params);
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(wg_plan_add_grads(w[i].plan, params), WG_OK);
    wg_params_read_grad(params, "fc.weight", sum, 6);
    wg_params_read_grad(params, "fc.bias", sum + 6, 2);
    ck_assert_mem_eq(expected, sum, sizeof sum);
    wg_params_zero_grad(params);
    ck_assert_int_eq(wg_plan_add_grads(w[1].plan, params), WG_OK);
    wg_params_read_grad(params, "fc.weight", weight, 6);
    ck_assert_int_eq(wg_plan_read_grad(w[1].plan, w[1].weight, one, 6), WG_OK);
    ck_assert_mem_eq(weight, one, sizeof one);
    for (size_t i = 0; i < WORKERS; i++)
        worker_free(&w[i]);
    worker_free(&by_hand);
    wg_params_free(params);
}
END_TEST

START_TEST(an_optimiser_needs_the_stores_gradients)
{
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 1});
    wg_optim *sgd = wg_sgd_new(params, NULL);
    worker own = worker_new(params, true), theirs = worker_new(params, false);
    not_planned(own.loss, &(wg_plan_options){.optim = sgd}, WG_INVALID, "own");
    set(&theirs, 0);
    ck_assert_int_eq(wg_plan_run(theirs.plan), WG_OK);
    ck_assert_int_eq(wg_plan_add_grads(theirs.plan, params), WG_INVALID);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(theirs.plan), "own_grads"));
    ck_assert_int_eq(wg_plan_add_grads(NULL, params), WG_INVALID);
    set(&own, 0);
    ck_assert_int_eq(wg_plan_run(own.plan), WG_OK);
    worker_free(&theirs);
    wg_optim_free(sgd);
    wg_params_free(params);
    ck_assert_int_eq(wg_plan_add_grads(own.plan, params), WG_INVALID);
    worker_free(&own);
}
END_TEST

/* ---- One writer at a time -------------------------------------------------------------------------------- */

/* An operation that runs another plan. */
typedef struct nested_attr {
    wg_plan *plan;
    wg_status *status;
} nested_attr;

static wg_status nested_forward(wg_op_context *op)
{
    const nested_attr *attr = op->attr;
    *attr->status = wg_plan_run(attr->plan);
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status nested_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = g[0];
    return WG_OK;
}

static const wg_op nested = {.name = "nested",
    .arity = 1,
    .attr_size = sizeof(nested_attr),
    .traits = WG_OP_RANDOM, /* never constant */
    .shape = wg_shape_like_first,
    .forward_f64 = nested_forward,
    .vjp = nested_vjp};

START_TEST(two_runs_that_write_one_store)
{
    for (int own = 0; own < 2; own++) {
        wg_params *params = wg_params_new(&(wg_params_options){.seed = 1}), *other = wg_params_new(NULL);
        worker inner = worker_new(params, own), elsewhere = worker_new(other, false);
        wg_status status[2] = {WG_FILE, WG_FILE};
        set(&inner, 0), set(&elsewhere, 0);
        wg_tape *tape = wg_tape_new(NULL);
        wg_var w = wg_param(params, tape, "fc.weight", WG_SHAPE(3, 2), NULL);
        wg_var y = wg_apply(&nested, &w, 1, &(nested_attr){inner.plan, &status[0]});
        y = wg_apply(&nested, &y, 1, &(nested_attr){elsewhere.plan, &status[1]});
        wg_plan *outer = plan_of(wg_sum(y), NULL);
        status[0] = status[1] = WG_FILE;
        ck_assert_int_eq(wg_plan_run(outer), WG_OK);
        ck_assert_int_eq(status[0], own ? WG_OK : WG_INVALID);
        ck_assert_int_eq(status[1], WG_OK);
        if (!own)
            ck_assert_ptr_nonnull(strstr(wg_plan_message(inner.plan), "another run writes gradients"));
        ck_assert_int_eq(wg_plan_run(inner.plan), WG_OK); /* one after the other they may */
        wg_plan_free(outer);
        wg_tape_free(tape);
        worker_free(&inner), worker_free(&elsewhere);
        wg_params_free(params), wg_params_free(other);
    }
}
END_TEST

/* ---- What may change in the store -------------------------------------------------------------------------- */

START_TEST(a_weight_that_thaws)
{
    small s = small_new(NULL);
    ck_assert_uint_eq(wg_params_freeze(s.params, "fc.bias", true), 1);
    wg_tape_reset(s.tape);
    small frozen = {.tape = s.tape, .params = s.params};
    frozen.x = wg_input_of(s.tape, WG_F64, WG_SHAPE(4, 3));
    frozen.t = wg_input_of(s.tape, WG_F64, WG_SHAPE(4, 2));
    frozen.h = wg_tanh(wg_layer_dense(s.params, "fc", frozen.x, 2, NULL));
    frozen.loss = wg_sum(wg_square(wg_sub(frozen.h, frozen.t)));
    wg_plan *plan = plan_of(frozen.loss, NULL),
            *forward = plan_of(frozen.h, &(wg_plan_options){.forward = true});
    small_give(&frozen, plan);
    ck_assert_int_eq(wg_plan_set(forward, frozen.x, WG_DOUBLES(xs, 4, 3)), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_params_freeze(s.params, "fc.bias", false);
    ck_assert_int_eq(wg_plan_run(plan), WG_STALE);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "fc.bias"));
    ck_assert_int_eq(wg_plan_run(forward), WG_OK); /* has no gradients */
    wg_params_freeze(s.params, "fc.bias", true);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_plan_free(plan), wg_plan_free(forward);
    small_free(&s);
}
END_TEST

/* ---- The program, printed ----------------------------------------------------------------------------------- */

START_TEST(the_program_after_a_pass)
{
    small s = small_new(NULL);
    static char text[20000];
    FILE *file = tmpfile();
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.print_after = "fuse", .print_file = file});
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    ck_assert_msg(strncmp(text, "after fuse: ", 12) == 0, "%s", text);
    ck_assert_ptr_null(strstr(text + 1, "after"));
    ck_assert_ptr_nonnull(strstr(text, "gradient of matmul"));
    wg_plan_free(plan);
    rewind(file);
    plan = plan_of(s.loss, &(wg_plan_options){.print_after = "all", .print_file = file});
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    ck_assert_ptr_nonnull(strstr(text, "after lower"));
    ck_assert_ptr_nonnull(strstr(text, "after contexts"));
    wg_plan_free(plan);
    not_planned(s.loss, &(wg_plan_options){.print_after = "fusion", .print_file = file}, WG_INVALID,
        "no pass is called \"fusion\": there are lower");
    not_planned(s.loss, &(wg_plan_options){.print_after = "fuse"}, WG_INVALID, "without a print_file");
    fclose(file);
    small_free(&s);
}
END_TEST

TEST_MAIN("plan_results", several_results_each_with_its_seed, numbers_as_results,
    results_and_seeds_that_do_not_fit, plans_with_gradients_of_their_own,
    an_optimiser_needs_the_stores_gradients, two_runs_that_write_one_store, a_weight_that_thaws,
    the_program_after_a_pass)
