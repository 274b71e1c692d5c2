/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Gradients as vars: first, second and third order, seeds, structural reach, several results, gradient-of-X.
 */

#include "vars.h"

START_TEST(three_orders_of_a_scalar)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 0.7), y = wg_mul(wg_sin(x), wg_exp(x));
    wg_var d1 = wg_grad1(y, x), d2 = wg_grad1(d1, x), d3 = wg_grad1(d2, x);
    double s = sin(0.7), c = cos(0.7), e = exp(0.7);
    ck_assert_double_eq_tol(wg_item(d1), e * (s + c), 1e-14);
    ck_assert_double_eq_tol(wg_item(d2), 2 * e * c, 1e-13);
    ck_assert_double_eq_tol(wg_item(d3), 2 * e * (c - s), 1e-13);
    ck_assert_int_eq(wg_backward(d3), WG_OK); /* the fourth */
    ck_assert_double_eq_tol(wg_item_grad(x), -4 * e * s, 1e-12);
    wg_tape_free(tape);
}
END_TEST

START_TEST(three_orders_of_a_tensor)
{
    wg_tape *tape = wg_tape_new(NULL);
    const double at[3] = {0.5, -1.5, 2};
    wg_var x = wg_leaf(tape, WG_DOUBLES(at, 3)), y = wg_sum(wg_mul(wg_square(wg_square(x)), x)); /* sum x^5 */
    wg_var d1 = wg_grad1(y, x), d2 = wg_grad1(wg_sum(d1), x), d3 = wg_grad1(wg_sum(d2), x);
    double got[3];
    ck_assert_int_eq(wg_read(d3, got, 3), WG_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(got[i], 60 * at[i] * at[i], 1e-10);
    wg_tape_free(tape);
}
END_TEST

/* e^(-x^2), of whose factors x^2 has no third derivative; and x^0, which has none at all. */
START_TEST(powers_that_are_used_up)
{
    const double at[2] = {0, 0}, of_bell[5] = {1, 0, -2, 0, 12};
    for (int tensor = 0; tensor < 2; tensor++) {
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = _i ? WG_F32 : WG_F64});
        wg_var x = tensor ? wg_leaf(tape, WG_DOUBLES(at, 2)) : wg_scalar(tape, 0);
        wg_var bell = wg_exp(wg_neg(wg_powc(x, 2))), one = wg_powc(x, 0);
        double got[2];
        for (int order = 1; order < 5; order++) {
            bell = wg_grad1(bell, x), one = wg_grad1(one, x);
            ok(tape);
            wg_read(bell, got, wg_count_of(x));
            ck_assert_double_eq(got[0], of_bell[order]);
            wg_read(one, got, wg_count_of(x));
            ck_assert_double_eq(got[0], 0);
        }
        wg_tape_free(tape);
    }
}
END_TEST

/* A plan records the backward pass as vars do. */
START_TEST(plans_of_powers_that_are_used_up)
{
    for (int power = 0; power < 2; power++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_params *params = wg_params_new(NULL);
        wg_var x = wg_scalar(tape, 3), w = wg_param(params, tape, "w", WG_SHAPE(3), NULL);
        wg_plan *plan = wg_plan_new(wg_add(wg_sum(wg_powc(w, power)), wg_powc(x, power)), NULL, NULL);
        ck_assert_ptr_nonnull(plan);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq(wg_plan_item_grad(plan, x), power);
        ck_assert_double_eq(((const double *)wg_params_grad(params, 0))[2], power);
        wg_plan_free(plan);
        wg_tape_free(tape);
        wg_params_free(params);
    }
}
END_TEST

START_TEST(seeds_and_several_ys_and_xs)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 2), z = wg_scalar(tape, 3), aside = wg_scalar(tape, 5);
    wg_var ys[2] = {wg_mul(x, z), wg_square(x)},
           seeds[2] = {wg_const_scalar(tape, 10), wg_const_scalar(tape, 100)};
    wg_var xs[4] = {z, x, aside, ys[1]}, out[4];
    ck_assert_int_eq(wg_grad(ys, 2, seeds, xs, 4, out), WG_OK);
    ck_assert_double_eq(wg_item(out[0]), 20);
    ck_assert_double_eq(wg_item(out[1]), 30 + 400);
    ck_assert_double_eq(wg_item(out[2]), 0);   /* not reached */
    ck_assert_double_eq(wg_item(out[3]), 100); /* a y that is an x */
    wg_var t = leaf(tape, WG_SHAPE(2, 2), 1, 0), zeros;
    ck_assert_int_eq(wg_grad(&ys[0], 1, NULL, &t, 1, &zeros), WG_OK);
    ck_assert_uint_eq(wg_count_of(zeros), 4);
    ck_assert_double_eq(((const double *)wg_data(zeros))[3], 0);
    wg_var bad[1] = {t};
    ck_assert_int_eq(wg_grad(ys, 1, bad, xs, 1, out), WG_BAD_SHAPE);
    ck_assert(!wg_is_valid(out[0]));
    fails(tape, WG_BAD_SHAPE, "seed 0 is [2, 2], its y is []");
}
END_TEST

/* Towards any node whatever its flag: an input, a constant, a node in between. */
START_TEST(reach_is_structural)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var in = wg_input(tape, WG_DOUBLES(((double[]){1, 2}), 2)), c = wg_const_scalar(tape, 3);
    wg_var h = wg_mul(in, c), y = wg_sum(wg_square(h));
    wg_var xs[3] = {in, c, h}, out[3];
    double got[2];
    ck_assert_int_eq(wg_grad(&y, 1, NULL, xs, 3, out), WG_OK);
    ck_assert_int_eq(wg_read(out[0], got, 2), WG_OK);
    ck_assert(got[0] == 18 && got[1] == 36);  /* 2 h c */
    ck_assert_double_eq(wg_item(out[1]), 30); /* sum 2 h in */
    ck_assert_int_eq(wg_read(out[2], got, 2), WG_OK);
    ck_assert(got[0] == 6 && got[1] == 12);
    /* A seed of zeros is swept like any other: 0 * inf stays NaN. */
    wg_var x = wg_scalar(tape, 0), root = wg_sqrt(x), zero = wg_const_scalar(tape, 0), slope;
    ck_assert_int_eq(wg_grad(&root, 1, &zero, &x, 1, &slope), WG_OK);
    ck_assert(isnan(wg_item(slope)));
    /* An infinite slope beside the way is not. */
    wg_var straight = wg_mulc(x, 2);
    ck_assert_double_eq(wg_item(wg_grad1(straight, x)), 2);
    ck_assert(!wg_is_valid(wg_grad1(y, wg_argmax(in, 0))));
    fails(tape, WG_BAD_DTYPE, "integers");
}
END_TEST

/* Forward mode costs no rule: the derivative of the vector-Jacobian product with respect to its seed. */
START_TEST(a_jvp_is_the_derivative_of_a_vjp)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = leaf(tape, WG_SHAPE(3), 1, 0), w = leaf(tape, WG_SHAPE(3, 2), 2, 0),
           v = leaf(tape, WG_SHAPE(3), 3, 0);
    wg_var y = wg_tanh(wg_matmul(wg_reshape(x, WG_SHAPE(1, 3)), w)), u = wg_const_like(y, 0), vjp, jvp;
    ck_assert_int_eq(wg_grad(&y, 1, &u, &x, 1, &vjp), WG_OK);
    ck_assert_int_eq(wg_grad(&vjp, 1, &v, &u, 1, &jvp), WG_OK);
    double *at = values(x), *along = values(v), *weights = values(w), *got = values(jvp);
    for (int j = 0; j < 2; j++) {
        double s = 0, ds = 0;
        for (int i = 0; i < 3; i++)
            s += at[i] * weights[2 * i + j], ds += along[i] * weights[2 * i + j];
        ck_assert_double_eq_tol(got[j], (1 - tanh(s) * tanh(s)) * ds, 1e-14);
    }
    free(at), free(along), free(weights), free(got);
    wg_tape_free(tape);
}
END_TEST

/* ---- Several results: (s, p) = (x + y, x y) -------------------------------------------------------- */

static wg_status both_shape(wg_op_context *op)
{
    op->out_shape[1] = *op->in_shape[0];
    return WG_OK;
}

static wg_status both_forward(wg_op_context *op)
{
    const double *x = op->in[0], *y = op->in[1];
    double *s = op->out[0], *p = op->out[1];
    for (size_t i = 0; i < op->count; i++)
        s[i] = x[i] + y[i], p[i] = x[i] * y[i];
    return WG_OK;
}

static wg_status both_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    for (int i = 0; i < 2; i++) {
        bool s = wg_is_valid(g[0]), p = wg_is_valid(g[1]);
        wg_var from_p = p ? wg_mul(g[1], op->arg[1 - i]) : g[1];
        grad_in[i] = s && p ? wg_add(g[0], from_p) : s ? g[0] : from_p;
    }
    return WG_OK;
}

static const wg_op both = {.name = "both",
    .arity = 2,
    .results = 2,
    .shape = both_shape,
    .forward_f64 = both_forward,
    .vjp = both_vjp};

static wg_var use_both(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    wg_var r[2];
    (void)tape;
    wg_apply_all(&both, in, n, NULL, r);
    switch (*(const int *)user) {
    case 0:
        return wg_mul(wg_tanh(r[0]), r[1]);
    case 1:
        return wg_square(r[1]); /* the other result gets no gradient */
    default:
        return wg_square(r[0]);
    }
}

START_TEST(several_results)
{
    wg_gradcheck_report report;
    const wg_shape tensors[2] = {WG_SHAPE(2, 3), WG_SHAPE(2, 3)}, scalars[2] = {{0}, {0}};
    for (int which = 0; which < 3; which++)
        for (int order = 1; order < 3; order++) {
            const wg_gradcheck_options o = {.order = order};
            ck_assert_msg(wg_gradcheck_shapes(use_both, &which, tensors, 2, &o, &report) == WG_OK, "%s",
                report.message);
            ck_assert_msg(wg_gradcheck_shapes(use_both, &which, scalars, 2, &o, &report) == WG_OK, "%s",
                report.message);
        }
    wg_tape *tape = wg_tape_new(NULL); /* replayed, and recorded without values */
    wg_var in[2] = {wg_input_of(tape, WG_F64, WG_SHAPE(2)), leaf(tape, WG_SHAPE(2), 1, 2)}, r[2];
    ck_assert_int_eq(wg_apply_all(&both, in, 2, NULL, r), WG_OK);
    wg_var y = wg_sum(wg_mul(r[0], r[1]));
    ck_assert_int_eq(wg_set(in[0], WG_DOUBLES(((double[]){3, 4}), 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    double b[2], g[2];
    ck_assert_int_eq(wg_read(in[1], b, 2), WG_OK);
    ck_assert_int_eq(wg_read_grad(in[1], g, 2), WG_OK);
    ck_assert_double_eq_tol(g[1], 4 * b[1] + (4 + b[1]) * 4, 1e-12); /* d/db (a + b) a b */
    ck_assert(wg_op_of(r[1])->arity == 1);
    wg_tape_free(tape);
}
END_TEST

/* ---- Gradient of X: an op with a kernel and an expansion, no vjp: y = x^3 w ------------------------ */

static wg_status cubic_forward(wg_op_context *op)
{
    const double *x = op->in[0], *w = op->in[1];
    double *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = x[i] * x[i] * x[i] * w[i];
    return WG_OK;
}

static wg_status cubic_backward(wg_op_context *op)
{
    const double *x = op->in[0], *w = op->in[1], *g = op->upstream[0];
    double *dx = op->grad_in[0], *dw = op->grad_in[1];
    for (size_t i = 0; i < op->count && dx; i++)
        dx[i] = g[i] * 3 * x[i] * x[i] * w[i];
    for (size_t i = 0; i < op->count && dw; i++)
        dw[i] = g[i] * x[i] * x[i] * x[i];
    return WG_OK;
}

static wg_status cubic_expand(wg_op_context *op, wg_var *results)
{
    results[0] = wg_mul(wg_mul(op->arg[0], wg_square(op->arg[0])), op->arg[1]);
    return WG_OK;
}

static const wg_op cubic = {.name = "cubic",
    .arity = 2,
    .shape = wg_shape_like_first,
    .forward_f64 = cubic_forward,
    .forward_f32 = cubic_forward,
    .backward_f64 = cubic_backward,
    .backward_f32 = cubic_backward,
    .expand = cubic_expand};
static const wg_op expanded = {.name = "expanded",
    .arity = 2,
    .shape = wg_shape_like_first,
    .forward_f64 = cubic_forward,
    .expand = cubic_expand};

/* The second operand depends on the first: a rule that swept on through it would count it twice. */
static wg_var tangled(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    return wg_tanh(wg_apply2(user, in[0], wg_mul(wg_sin(in[0]), in[1])));
}

static wg_var gradient_of_tangled(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    return wg_grad1(wg_sum(tangled(tape, in, n, user)), in[0]);
}

START_TEST(gradient_of_x_has_every_order)
{
    const wg_op *ops[2] = {&cubic, &expanded};
    const wg_shape shapes[2] = {WG_SHAPE(2, 3), WG_SHAPE(2, 3)};
    wg_gradcheck_report report;
    for (int order = 1; order < 3; order++) {
        const wg_gradcheck_options o = {.order = order};
        wg_status one = wg_gradcheck_shapes(tangled, (void *)(uintptr_t)ops[_i], shapes, 2, &o, &report);
        ck_assert_msg(one == WG_OK, "order %d: %s", order, report.message);
        wg_status two =
            wg_gradcheck_shapes(gradient_of_tangled, (void *)(uintptr_t)ops[_i], shapes, 2, &o, &report);
        ck_assert_msg(two == WG_OK, "order %d: %s", order + 1, report.message);
    }
}
END_TEST

START_TEST(gradient_of_x_is_one_node_and_is_replayed)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2}), 2)),
           w = wg_leaf(tape, WG_DOUBLES(((double[]){3, 4}), 2));
    wg_var y = wg_sum(wg_apply2(&cubic, x, w)), d = wg_grad1(y, x);
    ck_assert_str_eq(wg_op_of(d)->name, "gradient");
    ck_assert_str_eq(wg_name_of(d), "gradient of cubic");
    wg_var sharp = wg_sum(wg_square(d)); /* sum 9 x^4 w^2, d/dx = 36 x^3 w^2, d/dw = 18 x^4 w */
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(((double[]){2, 1}), 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(sharp), WG_OK);
    double g[2];
    ck_assert_double_eq_tol(wg_item(sharp), 9 * 16 * 9 + 9 * 16, 1e-9);
    ck_assert_int_eq(wg_read_grad(x, g, 2), WG_OK);
    ck_assert_double_eq_tol(g[0], 36 * 8 * 9, 1e-9);
    ck_assert_int_eq(wg_read_grad(w, g, 2), WG_OK);
    ck_assert_double_eq_tol(g[1], 18 * 4, 1e-9);
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{three_orders_of_a_scalar, 0}, {three_orders_of_a_tensor, 0},
        {powers_that_are_used_up, 2}, {plans_of_powers_that_are_used_up, 0}, {seeds_and_several_ys_and_xs, 0},
        {reach_is_structural, 0}, {a_jvp_is_the_derivative_of_a_vjp, 0}, {several_results, 0},
        {gradient_of_x_has_every_order, 2}, {gradient_of_x_is_one_node_and_is_replayed, 0}};
    return harness_run("grad", tests, sizeof tests / sizeof tests[0]);
}
