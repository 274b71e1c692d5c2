/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A program that traps, reads floating-point flags or rounds in its own way: kernels leave its state alone,
 * and ordinary numbers stop nothing, in this thread and in workers, which are made with the state of this
 * one. */
#define _GNU_SOURCE
#include <fenv.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"
#include "op_cases.h"

static void trap(void)
{
#if defined(__GLIBC__) && defined(__x86_64__)
    feclearexcept(FE_ALL_EXCEPT);
    ck_assert_int_ne(feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW), -1);
#endif
}

static wg_var record(const op_case *c, wg_tape *tape, wg_var *x)
{
    wg_var y[WG_MAX_RESULTS];
    op_case_operands(c, tape, x);
    wg_status status = op_case_apply(c, c->op, x, y);
    ck_assert_msg(status == WG_OK, "%s", op_case_name(c, tape));
    return op_case_project(y, c->results, 0);
}

static wg_tape *tape_of(const op_case *c, wg_dtype dtype, int threads)
{
    return wg_tape_new(
        &(wg_tape_options){.dtype = dtype, .threads = threads, .training = c->sample.training, .seed = 1});
}

static void run_case(const op_case *c, wg_dtype dtype, int threads)
{
    wg_var x[WG_MAX_SAMPLE_ARGS];
    wg_tape *tape = tape_of(c, dtype, threads);
    wg_var loss = record(c, tape, x);
    if (wg_is_valid(loss)) {
        ck_assert_msg(wg_backward(loss) == WG_OK, "%s", op_case_name(c, tape));
        ck_assert_msg(wg_replay(tape) == WG_OK, "%s", op_case_name(c, tape));
        for (size_t i = 0; i < c->count; i++)
            if (op_case_differentiable(c, i) && !(c->op->traits & WG_OP_ZERO_GRADIENT))
                wg_grad1(loss, x[i]);
    }
    wg_tape_free(tape);
    tape = tape_of(c, dtype, threads);
    loss = record(c, tape, x);
    if (wg_is_valid(loss)) {
        wg_plan *plan = wg_plan_new(loss, NULL, NULL);
        if (plan)
            ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s: %s", op_case_name(c, NULL), wg_plan_message(plan));
        wg_plan_free(plan);
    }
    wg_tape_free(tape);
}

START_TEST(no_operation_traps)
{
    trap();
    for (size_t k = 0; k < op_case_ops(); k++)
        for (size_t i = 0; i < op_case_count(op_case_op(k)); i++) {
            op_case c = op_case_new(op_case_op(k), i);
            run_case(&c, _i ? WG_F32 : WG_F64, 1);
            run_case(&c, _i ? WG_F32 : WG_F64, 3);
            op_case_free(&c);
        }
}
END_TEST

/* Numbers of the operation's own interval, a tensor and a bias, so that rows have tails too. */
static void run_map(const wg_op *op, wg_dtype dtype, size_t n, size_t rows)
{
    double *x = malloc(n * rows * sizeof *x), lo = op->lo < op->hi ? op->lo : 0.2,
           hi = op->lo < op->hi ? op->hi : 2;
    const double numbers[] = {0.5, 1.5};
    wg_var v[2];
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < n * rows; i++)
        x[i] = lo + (hi - lo) * (double)((i * 37 + 11) % 101) / 101;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = 3});
    v[0] = wg_leaf(tape, WG_DOUBLES(x, rows, n));
    v[1] = wg_leaf(tape, WG_DOUBLES(x, n));
    wg_var y = wg_apply(op, v, (size_t)op->arity, op->attr_size ? numbers : NULL);
    ck_assert_msg(wg_backward(wg_sum(y)) == WG_OK && wg_replay(tape) == WG_OK, "%s: %s", op->name,
        wg_tape_message(tape));
    wg_tape_free(tape);
    free(x);
}

START_TEST(no_tail_traps)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    trap();
    for (size_t k = 0; k < count; k++) {
        if (!table[k]->scalar || table[k]->samples || table[k]->arity > 2) /* no row of formulas.def */
            continue;
        for (size_t n = 1; n <= 70; n++)
            run_map(table[k], _i ? WG_F32 : WG_F64, n, 2);
        run_map(table[k], _i ? WG_F32 : WG_F64, 1001, 65); /* several chunks */
    }
}
END_TEST

static wg_var classify(wg_params *params, wg_var x, void *user)
{
    (void)user;
    x = wg_gelu_tanh(wg_layer_batch_norm(params, "norm", wg_layer_dense(params, "fc1", x, 13, NULL), NULL));
    return wg_layer_dense(params, "fc2", x, 2, NULL);
}

START_TEST(no_fit_traps)
{
    trap();
    wg_error error = {0};
    wg_dataset *points = wg_moons_make(203, 0.1, 1, &error);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = _i & 1 ? WG_F32 : WG_F64});
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_fit_options options = {
        .epochs = 2, .batch = 32, .record = _i & 2, .threads = 2, .optim = adam, .clip_norm = 1};
    ck_assert_msg(wg_fit(classify, NULL, params, points, &options, &error) == WG_OK, "%s", error.message);
    wg_accuracy(classify, NULL, params, points, &error);
    ck_assert_int_eq(error.status, WG_OK);
    wg_optim_free(adam);
    wg_params_free(params);
    wg_dataset_free(points);
}
END_TEST

enum { MANY = 1 << 16 };

/* sigmoid, and its gradient */
static void sigmoids(int threads, double *y, double *slope)
{
    static float x[MANY];
    for (int i = 0; i < MANY; i++) /* exact, whatever the rounding */
        x[i] = (float)(i % 1024 - 512) / 128;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads});
    wg_var v = wg_leaf(tape, WG_FLOATS(x, MANY)), e = wg_sigmoid(v);
    ck_assert_int_eq(wg_read(e, y, MANY), WG_OK);
    ck_assert_int_eq(wg_backward(wg_sum(e)), WG_OK);
    ck_assert_int_eq(wg_read_grad(v, slope, MANY), WG_OK);
    wg_tape_free(tape);
}

START_TEST(flags_and_rounding_stay)
{
    static double usual[2][MANY], other[2][MANY];
    fesetenv(FE_DFL_ENV);
    sigmoids(1, usual[0], usual[1]);
    for (int threads = 1; threads <= 3; threads += 2) {
        feclearexcept(FE_ALL_EXCEPT);
        double none[] = {-1, 0, 1e300};
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.threads = threads});
        wg_var x = wg_leaf(tape, WG_DOUBLES(none, 3));
        wg_log(x), wg_exp(x);
        ck_assert_int_eq(fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW), 0);
        feraiseexcept(FE_INVALID);
        wg_exp(x);
        ck_assert_int_eq(fetestexcept(FE_INVALID | FE_DIVBYZERO), FE_INVALID);
        wg_tape_free(tape);
        ck_assert_int_eq(fesetround(FE_UPWARD), 0);
        sigmoids(threads, other[0], other[1]);
        ck_assert_int_eq(fegetround(), FE_UPWARD);
        fesetround(FE_TONEAREST);
        ck_assert(memcmp(usual, other, sizeof usual) == 0);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {no_operation_traps, 2}, {no_tail_traps, 2}, {no_fit_traps, 4}, {flags_and_rounding_stay, 0}};
    return harness_run("float_state", tests, sizeof tests / sizeof tests[0]);
}
