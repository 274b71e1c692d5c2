/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_gradcheck_params: models in double, right and wrong, and a store that is left as it was. */

#include "vars.h"

typedef struct model {
    bool wrong;
    int calls, grow_at; /* at this call a parameter more is asked for */
} model;

/* Sends back one and a half times the gradient. */
static wg_status leak_forward(wg_op_context *op)
{
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status leak_rule(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = wg_mulc(g[0], 1.5);
    return WG_OK;
}

static const wg_op leak = {
    .name = "leak", .arity = 1, .shape = wg_shape_like_first, .forward_f64 = leak_forward, .vjp = leak_rule};

/* A convolution, batch normalisation, dropout and a dense layer on a few images. */
static wg_var loss(wg_params *params, wg_tape *tape, void *user)
{
    model *m = user;
    const int32_t labels[6] = {0, 2, 1, 1, 0, 2};
    double *images = numbers(6 * 2 * 25, 4, 0);
    wg_var x = wg_input(tape, WG_DOUBLES(images, 6, 2, 5, 5));
    free(images);
    x = wg_layer_batch_norm(params, "norm", wg_layer_conv2d(params, "conv", x, 3, 3, NULL), NULL);
    x = wg_dropout(wg_flatten(wg_tanh(x)), 0.25);
    if (m->wrong)
        x = wg_apply1(&leak, x);
    if (++m->calls == m->grow_at)
        wg_param(params, tape, "more", WG_SHAPE(2), NULL);
    return wg_cross_entropy(
        wg_layer_dense(params, "fc", x, 3, NULL), wg_input(tape, WG_INTS(labels, 6)), NULL);
}

static wg_params *store(void)
{
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 3});
    ck_assert_ptr_nonnull(params);
    return params;
}

static const wg_gradcheck_options training = {.training = true, .seed = 11, .entries = 40};

START_TEST(a_model_is_right)
{
    wg_params *params = store();
    wg_gradcheck_report report;
    model m = {.wrong = false};
    ck_assert_msg(wg_gradcheck_params(loss, &m, params, &training, &report) == WG_OK, "%s", report.message);
    /* conv 54 and 3, norm 3 and 3, fc 81 and 3; of 54 and 81, 40 and 8 directions */
    ck_assert_uint_eq(report.compared, 48 + 3 + 3 + 3 + 48 + 3);
    ck_assert_msg(wg_gradcheck_params(loss, &m, params, NULL, NULL) == WG_OK, "evaluation");
    wg_params_free(params);
}
END_TEST

START_TEST(the_worst_parameter_is_named)
{
    wg_params *params = store();
    wg_gradcheck_report report;
    model m = {.wrong = true};
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, params, &training, &report), WG_CHECK);
    ck_assert_uint_gt(report.failed, 40);
    ck_assert_msg(
        strncmp(report.name, "conv.", 5) == 0 || strncmp(report.name, "norm.", 5) == 0, "%s", report.name);
    ck_assert_uint_eq(report.input, wg_params_index(params, report.name));
    ck_assert_double_eq_tol(report.analytic / report.numeric, 1.5, 1e-4);

    wg_params_freeze(params, "conv.*", true);
    wg_params_freeze(params, "norm.*", true);
    ck_assert_msg(wg_gradcheck_params(loss, &m, params, &training, &report) == WG_OK, "%s", report.message);
    ck_assert_uint_eq(report.compared, 48 + 3);
    wg_params_freeze(params, "*", true);
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, params, &training, &report), WG_CHECK);
    ck_assert_str_eq(report.message, "nothing was compared");
    wg_params_free(params);
}
END_TEST

/* Values, running statistics, gradients and the version: a tape that was evaluated before is not stale. */
START_TEST(the_store_is_left_as_it_was)
{
    wg_params *params = store(), *copy = store();
    model m = {.wrong = false};
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.training = true});
    wg_var y = loss(params, tape, &m);
    wg_params_zero_grad(params);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_params_copy(copy, params, NULL), WG_OK);
    double before[81], after[81];
    ck_assert_int_eq(wg_params_read_grad(params, "fc.weight", before, 81), WG_OK);
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, params, &training, NULL), WG_OK);
    ck_assert(wg_params_equal(params, copy));
    ck_assert_int_eq(wg_params_read_grad(params, "fc.weight", after, 81), WG_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    wg_tape_free(tape);
    wg_params_free(params), wg_params_free(copy);
}
END_TEST

static wg_var no_result(wg_params *params, wg_tape *tape, void *user)
{
    (void)params, (void)tape, (void)user;
    return (wg_var){0};
}

START_TEST(what_cannot_be_checked_is_refused)
{
    wg_params *params = store(), *narrow = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    wg_gradcheck_report report;
    model m = {.grow_at = 5};
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, NULL, NULL, &report), WG_INVALID);
    ck_assert_int_eq(wg_gradcheck_params(NULL, &m, params, NULL, &report), WG_INVALID);
    ck_assert_int_eq(
        wg_gradcheck_params(loss, &m, params, &(wg_gradcheck_options){.order = 2}, &report), WG_INVALID);
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, narrow, NULL, &report), WG_BAD_DTYPE);
    ck_assert_str_eq(report.message, "the store is f32: a check needs f64");
    ck_assert_int_eq(wg_gradcheck_params(no_result, &m, params, NULL, &report), WG_INVALID);
    ck_assert_str_eq(report.message, "the function returned no var");
    ck_assert_int_eq(wg_gradcheck_params(loss, &m, params, NULL, &report), WG_BAD_SHAPE);
    ck_assert_ptr_nonnull(strstr(report.message, "its parameters, change"));
    wg_params_free(params), wg_params_free(narrow);
}
END_TEST

/* What the tape option says by itself: two resets draw one mask. */
START_TEST(random_numbers_stand_still_on_a_frozen_tape)
{
    double mask[2][64];
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.training = true, .frozen = true});
    for (int i = 0; i < 2; i++) {
        wg_tape_reset(tape);
        wg_var y = wg_dropout(wg_full(tape, WG_SHAPE(64), 1), 0.5);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
        ck_assert_int_eq(wg_read(y, mask[i], 64), WG_OK);
    }
    ck_assert_mem_eq(mask[0], mask[1], sizeof mask[0]);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("gradcheck_params", a_model_is_right, the_worst_parameter_is_named, the_store_is_left_as_it_was,
    what_cannot_be_checked_is_refused, random_numbers_stand_still_on_a_frozen_tape)
