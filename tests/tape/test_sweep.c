/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The reverse sweep in numbers: what it reaches, what it keeps, what cuts it, and what it leaves when it
 * fails. */

#include "vars.h"

START_TEST(reuse_adds)
{
    wg_tape *tape = wg_tape_new(NULL);
    const double numbers_[3] = {1, 2, 3};
    double g[3];
    wg_var x = wg_scalar(tape, 3), t = wg_leaf(tape, WG_DOUBLES(numbers_, 3));
    ck_assert_int_eq(wg_backward(wg_add(wg_mul(x, x), x)), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 7);
    ck_assert_int_eq(wg_backward(wg_sum(wg_add(wg_mul(t, t), wg_add(t, t)))), WG_OK);
    ck_assert_int_eq(wg_read_grad(t, g, 3), WG_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(g[i], 2 * numbers_[i] + 2);
    ck_assert(isnan(wg_item_grad(wg_scalar(tape, 1)))); /* recorded after the sweep */
    wg_tape_free(tape);
}
END_TEST

START_TEST(each_sweep_starts_at_zero)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 3), y = wg_square(x), t = leaf(tape, WG_SHAPE(4), 1, 0), s = wg_sum(t);
    double g[4];
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_double_eq(wg_item_grad(x), 6);
        ck_assert_int_eq(wg_backward(s), WG_OK);
        ck_assert_int_eq(wg_read_grad(t, g, 4), WG_OK);
        ck_assert_double_eq(g[3], 1);
        ck_assert_double_eq(wg_item_grad(x), 0); /* a scalar that was not reached */
    }
    wg_tape_free(tape);
}
END_TEST

/* An infinite slope beside the way would make 0 * inf = NaN if it were swept. */
START_TEST(only_ancestors_are_visited)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 0), aside = wg_sqrt(x), y = wg_mulc(x, 3);
    ck_assert(wg_is_valid(aside));
    wg_var t = wg_leaf(tape, WG_DOUBLES(((double[]){0, 0}), 2)), aside_t = wg_sqrt(t),
           s = wg_sum(wg_mulc(t, 3));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 3);
    ck_assert_int_eq(wg_backward(s), WG_OK);
    double g[2];
    ck_assert_int_eq(wg_read_grad(t, g, 2), WG_OK);
    ck_assert_double_eq(g[0], 3);
    /* But reach is structural: an adjoint that is zero is swept on, and 0 * inf stays NaN. */
    ck_assert_int_eq(wg_backward(wg_mulc(aside, 0)), WG_OK);
    ck_assert(isnan(wg_item_grad(x)));
    ck_assert_int_eq(wg_backward(wg_sum(wg_mulc(aside_t, 0))), WG_OK);
    ck_assert_int_eq(wg_read_grad(t, g, 2), WG_OK);
    ck_assert(isnan(g[0]));
    wg_tape_free(tape);
}
END_TEST

START_TEST(detach_and_no_grad_cut)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 2), t = leaf(tape, WG_SHAPE(3), 1, 1);
    wg_var y = wg_mul(x, wg_detach(wg_square(x))); /* 4 x */
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 4);
    wg_no_grad_begin(tape);
    wg_var c = wg_exp(x), ct = wg_square(t);
    wg_no_grad_begin(tape);
    wg_no_grad_end(tape);
    wg_var d = wg_exp(x);
    wg_no_grad_end(tape);
    wg_var z = wg_mul(wg_mul(x, c), d);
    ck_assert_int_eq(wg_backward(z), WG_OK);
    ck_assert_double_eq_tol(wg_item_grad(x), exp(4.0), 1e-12);
    ck_assert_double_eq(wg_item(wg_grad1(c, x)), 0); /* cut for wg_grad too */
    double g[3], values_[3];
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(t, wg_add(ct, wg_detach(t))))), WG_OK);
    ck_assert_int_eq(wg_read_grad(t, g, 3), WG_OK);
    ck_assert_int_eq(wg_read(t, values_, 3), WG_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(g[i], values_[i] * values_[i] + values_[i], 1e-12);
    wg_tape_free(tape);
}
END_TEST

static void is_zero(wg_var y, wg_var x)
{
    double g[3] = {1, 1, 1};
    wg_var grad = wg_grad1(y, x);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    size_t n = wg_count_of(x);
    for (int way = 0; way < 2; way++) {
        ck_assert_int_eq(way ? wg_read(grad, g, n) : wg_read_grad(x, g, n), WG_OK);
        for (size_t i = 0; i < n; i++)
            ck_assert_double_eq(g[i], 0);
    }
    ck_assert(wg_has_grad(x));
    if (n == 1)
        ck_assert_double_eq(wg_item_grad(x), 0);
}

/* Whatever is asked, a leaf that the sweep did not reach has the gradient 0, be it before or behind the
 * result: scalars, tensors of one number and of more, parameters, kept nodes; in both dtypes. */
START_TEST(a_leaf_that_was_not_reached_has_the_gradient_0)
{
    for (int dtype = 0; dtype < 2; dtype++) {
        wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype ? WG_F32 : WG_F64});
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype ? WG_F32 : WG_F64});
        const double ones[3] = {1, 1, 1};
        wg_var lonely[2][5], y = {0}, x = wg_scalar(tape, 3);
        wg_span span[2];
        for (int behind = 0; behind < 2; behind++) {
            wg_var *l = lonely[behind];
            l[0] = wg_scalar(tape, 1);
            l[1] = wg_leaf(tape, WG_DOUBLES(ones, 1));
            l[2] = wg_leaf(tape, WG_DOUBLES(ones, 3));
            l[3] = wg_param(params, tape, behind ? "b" : "a", WG_SHAPE(2), NULL);
            l[4] = wg_keep_grad(wg_exp(l[2]));
            span[behind] = wg_scalars_new(tape, ones, 3);
            y = behind ? y : wg_square(x);
        }
        ok(tape);
        double g[3] = {1, 1, 1};
        ck_assert_int_eq(wg_read_grad(lonely[0][2], g, 3), WG_NO_GRADIENT);
        ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "no sweep since it was recorded"));
        ck_assert_double_nan(wg_item_grad(x));
        for (int behind = 0; behind < 2; behind++) {
            for (size_t i = 0; i < 5; i++)
                is_zero(y, lonely[behind][i]);
            ck_assert_int_eq(wg_read_grads(span[behind], g), WG_OK);
            ck_assert(g[0] == 0 && g[1] == 0 && g[2] == 0);
        }
        ck_assert_double_eq(wg_item_grad(x), 6);
        wg_var late = wg_scalar(tape, 1), in = wg_input(tape, WG_DOUBLES(ones, 3));
        ck_assert_double_nan(wg_item_grad(late)); /* it was not there */
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_double_eq(wg_item_grad(late), 0);
        ck_assert_int_eq(wg_read_grad(in, g, 3), WG_NO_GRADIENT);
        ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "wants no gradient"));
        wg_tape_free(tape);
        wg_params_free(params);
    }
}
END_TEST

START_TEST(an_item_of_a_vector_says_so)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_set_name(leaf(tape, WG_SHAPE(3), 1, 0), "x");
    ck_assert_double_nan(wg_item(x));
    ck_assert_str_eq(
        wg_tape_message(tape), "read: x is no single number: take wg_read (1 numbers wanted, 3 there)");
    ok(tape);
    wg_tape_free(tape);
}
END_TEST

START_TEST(what_is_kept_can_be_read_and_the_rest_is_an_error)
{
    for (int keep = 0; keep < 2; keep++) {
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = keep});
        wg_var x = leaf(tape, WG_SHAPE(3), 1, 0), in = wg_input(tape, WG_DOUBLES(((double[]){1, 2, 3}), 3));
        wg_var h = wg_tanh(wg_mul(x, in)), k = wg_keep_grad(wg_exp(h)), y = wg_sum(k);
        double g[3];
        ck_assert_int_eq(wg_read_grad(x, g, 3), WG_NO_GRADIENT);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert(wg_has_grad(x) && wg_has_grad(k) && wg_has_grad(y) && wg_has_grad(h) == (keep != 0));
        ck_assert_int_eq(wg_read_grad(k, g, 3), WG_OK);
        ck_assert_double_eq(g[0], 1);
        ck_assert_int_eq(wg_read_grad(h, g, 3), keep ? WG_OK : WG_NO_GRADIENT);
        ck_assert_int_eq(wg_read_grad(in, g, 3), WG_NO_GRADIENT);
        ck_assert_int_eq(wg_read_grad(x, g, 2), WG_BAD_SHAPE);
        ck_assert_int_eq(wg_tape_status(tape), WG_OK);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(backward_refuses_what_is_no_scalar)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = leaf(tape, WG_SHAPE(2, 3), 1, 0), y = wg_exp(x);
    WG_NAME(y);
    ck_assert_int_eq(wg_backward(y), WG_NOT_SCALAR);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "not y [2, 3]"));
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(((double[]){1, 2}), 2)), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_backward_from(y, WG_INTS(((int32_t[]){1, 2, 3, 4, 5, 6}), 2, 3)), WG_BAD_DTYPE);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_int_eq(wg_backward_from(y, WG_FLOATS(((float[]){1, 0, 0, 0, 0, 2}), 2, 3)), WG_OK);
    double g[6], e[6];
    ck_assert_int_eq(wg_read_grad(x, g, 6), WG_OK);
    ck_assert_int_eq(wg_read(y, e, 6), WG_OK);
    ck_assert(g[0] == e[0] && g[1] == 0 && g[5] == 2 * e[5]);
    ck_assert_int_eq(wg_backward(wg_argmax(x, 0)), WG_BAD_DTYPE);
    ck_assert_int_eq(
        wg_backward(wg_sum_over(wg_slice(wg_slice(x, 0, 0, 1, 1), 1, 0, 1, 1), WG_ALL_AXES, true)), WG_OK);
    wg_tape_free(tape);
}
END_TEST

/* What has no name is found by its operation and number, in each message that tells of a node. */
START_TEST(what_has_no_name_is_named)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(2, 3)), y = wg_exp(x);
    ck_assert_int_eq(wg_backward(y), WG_NO_VALUE);
    ck_assert_str_eq(
        wg_tape_message(tape), "backward: exp (node 1) has no value yet: set the inputs and call wg_replay");
    ck_assert_int_eq(wg_replay(tape), WG_NO_VALUE);
    ck_assert_str_eq(wg_tape_message(tape), "replay: the value of input (node 0) was never set");
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(((double[6]){0}), 3, 2)), WG_BAD_SHAPE);
    ck_assert_str_eq(wg_tape_message(tape), "set: an array of [3, 2] for input (node 0) [2, 3]");
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(((double[6]){0}), 2, 3)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_NOT_SCALAR);
    ck_assert_str_eq(wg_tape_message(tape),
        "backward: needs a scalar, not exp (node 1) [2, 3]: sum it, or use wg_backward_from");
    wg_tape_free(tape);
}
END_TEST

/* A rule that fails in the middle of a sweep. */
static wg_status shape_like_operand(wg_op_context *op)
{
    (void)op;
    return WG_OK;
}

static wg_status copy_forward(wg_op_context *op)
{
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status failing_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)g, (void)grad_in;
    return wg_op_fail(op, WG_NUMBER, "no luck with %s", wg_op_operand(op, 0));
}

static wg_status misshapen_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = wg_sum(g[0]);
    return WG_OK;
}

static const wg_op failing = {.name = "failing",
    .arity = 1,
    .shape = shape_like_operand,
    .forward_f64 = copy_forward,
    .vjp = failing_vjp};
static const wg_op misshapen = {.name = "misshapen",
    .arity = 1,
    .shape = shape_like_operand,
    .forward_f64 = copy_forward,
    .vjp = misshapen_vjp};
static const wg_op ruleless = {
    .name = "ruleless", .arity = 1, .shape = shape_like_operand, .forward_f64 = copy_forward};

/* Several outputs, each with its upstream gradient, in one sweep: the sum of the sweeps from each. */
START_TEST(several_seeds_in_one_sweep)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    wg_var p = wg_param(params, tape, "p", WG_SHAPE(3), &(wg_init){.rule = WG_INIT_CONSTANT, .value = 0.5});
    wg_var x = leaf(tape, WG_SHAPE(3), 1, 0), s = wg_scalar(tape, 2);
    wg_var a = wg_mul(wg_exp(x), p), b = wg_mul(wg_sin(a), s), c = wg_square(s);
    const wg_var ys[] = {c, a, b, a, p}; /* in any order, one twice, one below another, a leaf */
    const double u[3] = {1, -2, 0.5}, v[3] = {3, 0, -1}, three = 3;
    const wg_array scalar = wg_array_of(&three, WG_F64, wg_shape_scalar());
    const wg_array seeds[] = {scalar, WG_DOUBLES(u, 3), WG_DOUBLES(v, 3), WG_DOUBLES(v, 3), WG_DOUBLES(u, 3)};
    double sum[3] = {0}, sum_s = 0, got[3];
    wg_params_zero_grad(params);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(wg_backward_from(ys[i], seeds[i]), WG_OK);
        sum_s += i == 0 || i == 2 ? wg_item_grad(s) : 0; /* a and p do not depend on s */
        if (wg_read_grad(x, got, 3) == WG_OK)
            for (int k = 0; k < 3; k++)
                sum[k] += got[k];
    }
    double sum_p[3];
    ck_assert_int_eq(wg_params_read_grad(params, "p", sum_p, 3), WG_OK);
    wg_params_zero_grad(params);
    ck_assert_int_eq(wg_backward_all(ys, 5, seeds), WG_OK);
    ck_assert_double_eq_tol(wg_item_grad(s), sum_s, 1e-14);
    ck_assert_int_eq(wg_read_grad(x, got, 3), WG_OK);
    for (int k = 0; k < 3; k++)
        ck_assert_double_eq_tol(got[k], sum[k], 1e-14);
    ck_assert_int_eq(wg_params_read_grad(params, "p", got, 3), WG_OK);
    for (int k = 0; k < 3; k++)
        ck_assert_double_eq_tol(got[k], sum_p[k], 1e-14);

    ck_assert_int_eq(wg_backward_all(&c, 1, NULL), WG_OK); /* ones */
    ck_assert_double_eq(wg_item_grad(s), 4);
    ck_assert_int_eq(wg_backward_all((const wg_var[]){c, c}, 2, NULL), WG_OK);
    ck_assert_double_eq(wg_item_grad(s), 8);
    wg_tape *other = wg_tape_new(NULL);
    ck_assert_int_eq(wg_backward_all((const wg_var[]){c, wg_scalar(other, 1)}, 2, NULL), WG_TWO_TAPES);
    ck_assert_int_eq(
        wg_backward_all((const wg_var[]){c, a}, 2, (const wg_array[]){scalar, scalar}), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_backward_all((const wg_var[]){c, {0}}, 2, NULL), WG_TWO_TAPES);
    ck_assert_int_eq(wg_backward_all(NULL, 1, NULL), WG_INVALID);
    ck_assert_int_eq(wg_backward_all(ys, 0, NULL), WG_INVALID);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(other);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

START_TEST(a_failed_sweep_leaves_no_half_gradients)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    wg_var p = wg_param(params, tape, "p", WG_SHAPE(3), NULL), x = leaf(tape, WG_SHAPE(3), 1, 0);
    ok(tape);
    wg_params_zero_grad(params);
    /* p's gradient is known before the failing rule is met. */
    wg_var y = wg_add(wg_sum(wg_mul(wg_apply1(&failing, wg_exp(x)), x)), wg_sum(wg_mul(p, x)));
    size_t nodes = wg_tape_node_count(tape);
    double g[3];
    ck_assert_int_eq(wg_backward(y), WG_NUMBER);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "failing: no luck with operand 0 [3]"));
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_uint_eq(wg_tape_node_count(tape), nodes);
    ck_assert_int_eq(wg_read_grad(x, g, 3), WG_NO_GRADIENT);
    const double *stored = wg_params_grad(params, 0);
    ck_assert(stored[0] == 0 && stored[1] == 0 && stored[2] == 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(p, x))), WG_OK); /* the tape is good */
    stored = wg_params_grad(params, 0);
    ck_assert_int_eq(wg_read(x, g, 3), WG_OK);
    ck_assert(memcmp(stored, g, sizeof g) == 0);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

START_TEST(wrong_operations_are_named)
{
    wg_tape *tape = wg_tape_new(NULL), *floats = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_var x = leaf(tape, WG_SHAPE(3), 1, 0);
    ck_assert_int_eq(wg_backward(wg_sum(wg_apply1(&misshapen, x))), WG_BAD_SHAPE);
    ck_assert_ptr_nonnull(
        strstr(wg_tape_message(tape), "misshapen: its rule returned a gradient f64 [] for"));
    ck_assert(!wg_is_valid(wg_apply1(&failing, leaf(floats, WG_SHAPE(3), 1, 0))));
    ck_assert_ptr_nonnull(strstr(wg_tape_message(floats), "failing: has no forward function for f32"));
    ck_assert(!wg_is_valid(wg_apply1(&ruleless, x)));
    wg_tape_free(floats);
    fails(tape, WG_INVALID, "ruleless: has neither vjp nor expand");
}
END_TEST

/* A gradient that is not there is no number, and the tape says why. */
START_TEST(a_gradient_before_the_sweep)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_set_name(wg_scalar(tape, 2), "x"), y = wg_square(x),
           v = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2}), 2));
    ck_assert(isnan(wg_item_grad(x)));
    ck_assert_msg(strstr(wg_tape_message(tape), "x has no gradient: no sweep"), "%s", wg_tape_message(tape));
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_int_eq(wg_backward(wg_add(y, wg_sum(v))), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 4);
    ck_assert(isnan(wg_item_grad(v)));
    ck_assert_msg(strstr(wg_tape_message(tape), "another count"), "%s", wg_tape_message(tape));
    wg_tape_free(tape);
}
END_TEST

START_TEST(gradients_are_read_in_either_type)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 0.1), v = leaf(tape, WG_SHAPE(3), 1, 0.1),
           in = wg_input(tape, wg_array_of(&(double){1}, WG_F64, WG_SHAPE(1)));
    double wide[3];
    float narrow[3] = {7, 7, 7};
    ck_assert(!wg_has_grad(x));
    ck_assert_int_eq(wg_read_grad_f32(x, narrow, 1), WG_NO_GRADIENT);
    ck_assert_int_eq(wg_backward(wg_add(wg_exp(x), wg_sum(wg_mul(wg_exp(v), in)))), WG_OK);
    ck_assert(wg_has_grad(x) && wg_has_grad(v) && !wg_has_grad(in));
    ck_assert_int_eq(wg_read_grad_f32(v, narrow, 2), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_read_grad_f32(in, narrow, 1), WG_NO_GRADIENT);
    ck_assert(narrow[0] == 7 && narrow[2] == 7);
    ck_assert_int_eq(wg_read_grad_f32(x, narrow, 1), WG_OK);
    ck_assert(narrow[0] == (float)wg_item_grad(x));
    ck_assert_int_eq(wg_read_grad_f32(v, narrow, 3), WG_OK);
    ck_assert_int_eq(wg_read_grad(v, wide, 3), WG_OK);
    for (int i = 0; i < 3; i++)
        ck_assert(narrow[i] == (float)wide[i] && (double)narrow[i] != wide[i]);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("sweep", reuse_adds, gradients_are_read_in_either_type, each_sweep_starts_at_zero,
    only_ancestors_are_visited, detach_and_no_grad_cut, a_leaf_that_was_not_reached_has_the_gradient_0,
    an_item_of_a_vector_says_so, what_is_kept_can_be_read_and_the_rest_is_an_error,
    backward_refuses_what_is_no_scalar, several_seeds_in_one_sweep, a_failed_sweep_leaves_no_half_gradients,
    wrong_operations_are_named, what_has_no_name_is_named, a_gradient_before_the_sweep)
