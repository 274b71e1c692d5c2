/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Updates where gradients are made: the bits of wg_backward and wg_optim_step, whatever else reads the
 * parameter, and none at all when a run fails. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "own_rules.h"
#include "planning.h"

enum { IN = 19, WIDE = 40, LARGE = 700, CLASSES = 7, RUNS = 4, MOST_ROWS = 300 };

typedef wg_optim *maker(wg_params *params);

static wg_optim *plain(wg_params *p)
{
    return wg_sgd_new(p, &(wg_sgd_options){.lr = 0.05});
}

static wg_optim *decaying(wg_params *p)
{
    return wg_sgd_new(p, &(wg_sgd_options){.lr = 0.05, .weight_decay = 0.1});
}

static wg_optim *polyak(wg_params *p)
{
    return wg_sgd_new(p, &(wg_sgd_options){.lr = 0.05, .momentum = 0.9, .weight_decay = 0.1});
}

static wg_optim *nesterov(wg_params *p)
{
    return wg_sgd_new(p, &(wg_sgd_options){.lr = 0.05, .momentum = 0.9, .nesterov = true});
}

static wg_optim *adam(wg_params *p)
{
    return wg_adam_new(p, &(wg_adam_options){.weight_decay = 0.1});
}

static wg_optim *adamw(wg_params *p)
{
    return wg_adamw_new(p, &(wg_adam_options){.lr = 0.01});
}

static maker *const makers[] = {plain, decaying, polyak, nesterov, adam, adamw, lion_new};

/* ---- Steps by hand and planned ---------------------------------------------------------------------- */

typedef wg_var model(wg_params *params, wg_var x);

typedef struct training {
    wg_tape *tape;
    wg_params *params;
    wg_optim *optim;
    wg_var x, y, loss;
    wg_plan *plan; /* NULL: by hand */
} training;

static training begin(
    model *apply, maker *make, wg_dtype dtype, size_t rows, int threads, const wg_plan_options *options)
{
    training t = {.tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = threads}),
        .params = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 4, .threads = threads})};
    wg_error error = {0};
    wg_params_add(t.params, "bystander", WG_SHAPE(3), NULL, &error);
    t.optim = make(t.params);
    t.x = wg_input_of(t.tape, dtype, WG_SHAPE(rows, IN));
    t.y = wg_input_of(t.tape, WG_I32, WG_SHAPE(rows));
    t.loss = wg_cross_entropy(apply(t.params, t.x), t.y, NULL);
    wg_params_scale(t.params, "*.bias", 0.5, 0);
    if (options) {
        wg_plan_options o = *options;
        o.optim = t.optim;
        t.plan = plan_of(t.loss, &o);
    }
    return t;
}

static void end(training *t)
{
    wg_plan_free(t->plan);
    wg_optim_free(t->optim);
    wg_tape_free(t->tape);
    wg_params_free(t->params);
}

/* The learning rate changes from step to step. */
static void train(training *t, size_t rows)
{
    static double x[MOST_ROWS * IN];
    static int32_t y[MOST_ROWS];
    wg_random r = {.seed = 12};
    double lr = wg_optim_lr(t->optim);
    for (size_t run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < rows * IN; i++)
            x[i] = wg_random_normal(&r);
        for (size_t i = 0; i < rows; i++)
            y[i] = (int32_t)wg_random_below(&r, CLASSES);
        wg_optim_set_lr(t->optim, lr / (double)(1 + run));
        if (t->plan) {
            ck_assert_int_eq(wg_plan_set(t->plan, t->x, WG_DOUBLES(x, rows, IN)), WG_OK);
            ck_assert_int_eq(wg_plan_set(t->plan, t->y, WG_INTS(y, rows)), WG_OK);
            ck_assert_int_eq(wg_plan_run(t->plan), WG_OK);
            continue;
        }
        ck_assert_int_eq(wg_set(t->x, WG_DOUBLES(x, rows, IN)), WG_OK);
        ck_assert_int_eq(wg_set(t->y, WG_INTS(y, rows)), WG_OK);
        wg_params_zero_grad(t->params);
        ck_assert_int_eq(wg_replay(t->tape), WG_OK);
        ck_assert_int_eq(wg_backward(t->loss), WG_OK);
        ck_assert_int_eq(wg_optim_step(t->optim), WG_OK);
    }
}

/* Kernels that end with the optimiser's name. */
static size_t updated_at_once(const wg_plan *plan, const wg_optim *optim)
{
    size_t at_once = 0;
    for (size_t i = 0; i < wg_plan_kernel_count(plan); i++) {
        wg_plan_kernel kernel = wg_plan_kernel_at(plan, i);
        const char *last = strrchr(kernel.name, ' ');
        at_once += last && strcmp(last + 1, wg_optim_name(optim)) == 0;
    }
    return at_once;
}

static void same_as_by_hand(model *apply, maker *make, wg_dtype dtype, size_t rows, size_t at_once)
{
    training hand = begin(apply, make, dtype, rows, 1, NULL);
    train(&hand, rows);
    for (int threads = 1; threads <= 3; threads++) {
        bool stay = threads == 3;
        training t = begin(apply, make, dtype, rows, threads, &(wg_plan_options){.gradients = stay});
        ck_assert_uint_eq(updated_at_once(t.plan, t.optim), stay ? 0 : at_once);
        train(&t, rows);
        ck_assert(wg_params_equal(hand.params, t.params));
        for (size_t i = 0; i < wg_params_count(t.params); i++) {
            size_t count = wg_params_at(t.params, i).count, bytes = count * wg_dtype_size(dtype);
            char *zeros = calloc(bytes + 1, 1);
            const void *expected = stay ? wg_params_grad(hand.params, i) : zeros;
            ck_assert_mem_eq(wg_params_grad(t.params, i), expected, bytes);
            free(zeros);
        }
        end(&t);
    }
    end(&hand);
}

/* ---- Networks --------------------------------------------------------------------------------------- */

static wg_var mlp(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_dense(p, "a", x, WIDE, NULL));
    x = wg_tanh(wg_addc(wg_layer_dense(p, "b", x, WIDE, NULL), 0.5));
    return wg_layer_dense(p, "c", x, CLASSES, NULL);
}

/* One sample, a few, and so many that a product's sums are made in several parts. */
START_TEST(every_rule)
{
    const size_t rows[] = {1, 12, MOST_ROWS};
    for (size_t i = 0; i < 3; i++) {
        same_as_by_hand(mlp, makers[_i], WG_F32, rows[i], 3);
        same_as_by_hand(mlp, makers[_i], WG_F64, rows[i], 3);
    }
}
END_TEST

/* With a step of its own behind the gradients, array by array. */
START_TEST(a_rule_with_norms)
{
    same_as_by_hand(mlp, lars_new, WG_F32, 12, 0);
    same_as_by_hand(mlp, lars_new, WG_F64, MOST_ROWS, 0);
}
END_TEST

static wg_var matrix(wg_params *p, wg_var x, const char *name, size_t rows, size_t columns)
{
    return wg_param(p, wg_tape_of(x), name, WG_SHAPE(rows, columns), NULL);
}

/* A weight used twice, once transposed: its gradient is a sum. */
static wg_var tied(wg_params *p, wg_var x)
{
    wg_var w = matrix(p, x, "w", WIDE, IN);
    x = wg_tanh(wg_matmul_t(x, w, false, true));
    x = wg_matmul(x, w);
    return wg_matmul(x, matrix(p, x, "head", IN, CLASSES));
}

/* Two weights whose gradient is the same node. */
static wg_var twins(wg_params *p, wg_var x)
{
    return wg_matmul(x, wg_add(matrix(p, x, "v", IN, CLASSES), matrix(p, x, "w", IN, CLASSES)));
}

/* The gradient of v reads w, after w's own gradient could be made: that must wait. */
static wg_var read_later(wg_params *p, wg_var x)
{
    wg_var w = matrix(p, x, "w", IN, WIDE), v = matrix(p, x, "v", IN, WIDE);
    x = wg_add(x, wg_sum(wg_mul(wg_detach(w), v)));
    return wg_matmul(wg_matmul(x, w), matrix(p, x, "head", WIDE, CLASSES));
}

/* The weight on the left, a vector, and a matrix of a batch, whose gradient is a sum. */
static wg_var left(wg_params *p, wg_var x)
{
    wg_var h = wg_matmul_t(matrix(p, x, "w", WIDE, IN), x, false, true); /* [WIDE, N] */
    h = wg_transpose(wg_sigmoid(h));
    size_t rows = wg_shape_of(h).dim[0];
    wg_var column = wg_matmul(h, wg_param(p, wg_tape_of(x), "vector", WG_SHAPE(WIDE), NULL));
    wg_var pair = wg_stack((wg_var[]){h, wg_square(h)}, 2, 0);
    wg_var batch = wg_param(p, wg_tape_of(x), "batch", WG_SHAPE(1, CLASSES, WIDE), NULL);
    wg_var both = wg_matmul_t(pair, batch, false, true);
    both = wg_sum_to(both, WG_SHAPE(rows, CLASSES));
    return wg_add(both, wg_reshape(column, WG_SHAPE(rows, 1)));
}

/* A weight that is a factor of its own gradient: towards one operand, the other is the weight again, or a part of it. */
static wg_var with_itself(wg_params *p, wg_var x)
{
    wg_var w = matrix(p, x, "w", LARGE, LARGE);
    wg_var square = wg_matmul(w, wg_detach(w));
    return wg_add(wg_matmul(x, matrix(p, x, "head", IN, CLASSES)), wg_mulc(wg_sum(wg_square(square)), 1e-6));
}

START_TEST(parameters_that_others_read)
{
    for (size_t rows = 1; rows <= 12; rows += 11) {
        same_as_by_hand(tied, adam, WG_F32, rows, 1);
        same_as_by_hand(twins, polyak, WG_F32, rows, 0);
        same_as_by_hand(read_later, plain, WG_F32, rows, 2);
        same_as_by_hand(left, decaying, WG_F64, rows, 3);
    }
    same_as_by_hand(with_itself, plain, WG_F64, 1, 1);
}
END_TEST

/* Frozen after the plan was made: no update, as in wg_optim_step. */
START_TEST(a_parameter_that_is_frozen_later)
{
    training t = begin(mlp, polyak, WG_F32, 12, 2, &(wg_plan_options){0});
    double before[IN * WIDE], after[IN * WIDE], bias[WIDE];
    ck_assert_int_eq(wg_params_read(t.params, "a.weight", before, IN * WIDE), WG_OK);
    ck_assert_uint_eq(wg_params_freeze(t.params, "a.weight", true), 1);
    train(&t, 12);
    ck_assert_int_eq(wg_params_read(t.params, "a.weight", after, IN * WIDE), WG_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert_int_eq(wg_params_read(t.params, "a.bias", bias, WIDE), WG_OK);
    ck_assert_double_ne(bias[0], 0);
    end(&t);
}
END_TEST

/* ---- Runs that fail --------------------------------------------------------------------------------- */

static bool backward_fails; /* for the operation below */
static wg_var gate;         /* for the guard */

static wg_status copy_f64(wg_op_context *op)
{
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status back_f64(wg_op_context *op)
{
    memcpy(op->grad_in[0], op->upstream[0], op->count * sizeof(double));
    return backward_fails ? wg_op_fail(op, WG_INVALID, "as asked") : WG_OK;
}

static wg_status copy_expand(wg_op_context *op, wg_var *results)
{
    results[0] = wg_mulc(op->arg[0], 1);
    return WG_OK;
}

static const wg_op fragile = {.name = "fragile",
    .arity = 1,
    .shape = wg_shape_like_first,
    .forward_f64 = copy_f64,
    .forward_f32 = copy_f64,
    .expand = copy_expand,
    .backward_f64 = back_f64,
    .backward_f32 = back_f64};

static wg_var may_fail(wg_params *p, wg_var x)
{
    gate = wg_input(wg_tape_of(x), WG_DOUBLES((const double[]){1}, 1));
    ck_assert(wg_branch(wg_gt(wg_sum(gate), wg_const_scalar(wg_tape_of(x), 0))));
    x = wg_apply1(&fragile, wg_layer_dense(p, "a", x, WIDE, NULL));
    return wg_layer_dense(p, "b", x, CLASSES, NULL);
}

static void fails(training *t, wg_status status)
{
    wg_params *before = wg_params_new(NULL);
    wg_error error = {0};
    ck_assert_int_eq(wg_params_copy(before, t->params, &error), WG_OK);
    ck_assert_int_eq(wg_plan_run(t->plan), status);
    ck_assert(wg_params_equal(before, t->params));
    ck_assert_uint_eq(wg_optim_step_count(t->optim), RUNS);
    wg_params_free(before);
}

/* Of b.weight the gradient could be made before `fragile` fails: it must wait. */
START_TEST(a_run_that_fails_updates_nothing)
{
    training t = begin(may_fail, polyak, WG_F64, 12, 2, &(wg_plan_options){0});
    ck_assert_uint_eq(updated_at_once(t.plan, t.optim), 2);
    train(&t, 12);
    backward_fails = true;
    fails(&t, WG_INVALID);
    backward_fails = false;
    ck_assert_int_eq(wg_plan_set(t.plan, gate, WG_DOUBLES((const double[]){-1}, 1)), WG_OK);
    fails(&t, WG_BRANCH);
    ck_assert_int_eq(wg_plan_set(t.plan, gate, WG_DOUBLES((const double[]){2}, 1)), WG_OK);
    ck_assert_int_eq(wg_plan_run(t.plan), WG_OK);
    ck_assert_uint_eq(wg_optim_step_count(t.optim), RUNS + 1);
    end(&t);
}
END_TEST

/* ---- Numbers that are not finite -------------------------------------------------------------------- */

static wg_var product(wg_params *p, wg_var x)
{
    return wg_matmul(x, matrix(p, x, "w", IN, CLASSES));
}

static void give(const training *t, double largest)
{
    static double x[12 * IN];
    static const int32_t y[12];
    for (size_t i = 0; i < 12 * IN; i++)
        x[i] = i % 7 ? (double)(i % 5) - 2 : largest;
    if (t->plan) {
        ck_assert_int_eq(wg_plan_set(t->plan, t->x, WG_DOUBLES(x, 12, IN)), WG_OK);
        ck_assert_int_eq(wg_plan_set(t->plan, t->y, WG_INTS(y, 12)), WG_OK);
    } else {
        ck_assert_int_eq(wg_set(t->x, WG_DOUBLES(x, 12, IN)), WG_OK);
        ck_assert_int_eq(wg_set(t->y, WG_INTS(y, 12)), WG_OK);
    }
}

/* Nothing is updated, of all parameters, and the result can be read; a run with good numbers updates. */
START_TEST(what_is_not_finite_updates_nothing)
{
    maker *const rules[] = {polyak, lion_new, lars_new};
    training t = begin(mlp, rules[_i], WG_F64, 12, 2, &(wg_plan_options){0});
    train(&t, 12);
    for (int i = 0; i < 2; i++) {
        give(&t, i ? (double)INFINITY : (double)NAN);
        fails(&t, WG_NUMBER);
        ck_assert_ptr_nonnull(strstr(wg_plan_message(t.plan), "is not finite, so nothing is updated"));
        ck_assert(wg_plan_has_value(t.plan, t.loss));
    }
    give(&t, 1);
    ck_assert_int_eq(wg_plan_run(t.plan), WG_OK);
    ck_assert_uint_eq(wg_optim_step_count(t.optim), RUNS + 1);
    end(&t);
}
END_TEST

/* Factors whose product might leave the type's range, and does not: the bits of a step by hand. Then it does.
 */
START_TEST(large_factors_are_looked_at)
{
    training hand = begin(product, plain, WG_F32, 12, 1, NULL),
             t = begin(product, plain, WG_F32, 12, 1, &(wg_plan_options){0});
    ck_assert_uint_eq(updated_at_once(t.plan, t.optim), 1);
    give(&hand, 1e37), give(&t, 1e37);
    wg_params_zero_grad(hand.params);
    ck_assert_int_eq(wg_replay(hand.tape), WG_OK);
    ck_assert_int_eq(wg_backward(hand.loss), WG_OK);
    ck_assert_int_eq(wg_optim_step(hand.optim), WG_OK);
    ck_assert_msg(wg_plan_run(t.plan) == WG_OK, "%s", wg_plan_message(t.plan));
    ck_assert(wg_params_equal(hand.params, t.params));
    ck_assert_int_eq(wg_plan_run(t.plan), WG_NUMBER); /* weights of that size overflow */
    ck_assert(wg_params_equal(hand.params, t.params));
    end(&hand), end(&t);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{every_rule, sizeof makers / sizeof makers[0]}, {a_rule_with_norms, 0},
        {parameters_that_others_read, 0}, {a_parameter_that_is_frozen_later, 0},
        {a_run_that_fails_updates_nothing, 0}, {what_is_not_finite_updates_nothing, 3},
        {large_factors_are_looked_at, 0}};
    return harness_run("plan_update", tests, sizeof tests / sizeof tests[0]);
}
