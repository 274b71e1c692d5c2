/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The circuits that the lectures on back-propagation draw, with their numbers: N1 to N4, N11, the
 * activations. */

#include <wengert/gradcheck.h>

#include "numbers.h"

static wg_tape *tape;

static void set_up(void)
{
    tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    ck_assert_ptr_nonnull(tape);
}

static void tear_down(void)
{
    ok(tape);
    wg_tape_free(tape);
}

START_TEST(n1_sum_times)
{
    set_up();
    wg_var x = wg_scalar(tape, -2), y = wg_scalar(tape, 5), z = wg_scalar(tape, -4);
    wg_var q = wg_add(x, y), f = wg_mul(q, z);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    VALUES(q, 0, 3);
    VALUES(f, 0, -12);
    GRADS(q, 0, -4);
    GRADS(z, 0, 3);
    GRADS(x, 0, -4);
    GRADS(y, 0, -4);
    tear_down();
}
END_TEST

/* w0, x0, w1, x1, w2 of the neuron, and its sum w0 x0 + w1 x1 + w2. */
static wg_var neuron(wg_var in[5])
{
    static const double numbers_in[5] = {2, -1, -3, -2, -3};
    for (int i = 0; i < 5; i++)
        in[i] = wg_scalar(tape, numbers_in[i]);
    return wg_add(wg_add(wg_mul(in[0], in[1]), wg_mul(in[2], in[3])), in[4]);
}

static void check_neuron(wg_var y, wg_var sum, const wg_var in[5])
{
    static const double expected[5] = {
        -0.1966119332, 0.3932238665, -0.3932238665, -0.5898357997, 0.1966119332};
    VALUES(sum, 0, 1);
    VALUES(y, 5e-11, 0.7310585786);
    GRADS(sum, 5e-11, 0.1966119332);
    for (int i = 0; i < 5; i++)
        GRADS(in[i], 5e-11, expected[i]);
}

START_TEST(n2_neuron_gate_by_gate)
{
    set_up();
    wg_var in[5], sum = neuron(in);
    wg_var minus = wg_neg(sum), e = wg_exp(minus), plus = wg_addc(e, 1), y = wg_reciprocal(plus);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    VALUES(minus, 0, -1);
    VALUES(e, 5e-7, 0.367879);
    VALUES(plus, 5e-7, 1.367879);
    GRADS(y, 0, 1);
    GRADS(plus, 5e-7, -0.534447);
    GRADS(e, 5e-7, -0.534447);
    GRADS(minus, 5e-7, -0.196612);
    check_neuron(y, sum, in);
    tear_down();
}
END_TEST

START_TEST(n2_neuron_with_sigmoid_as_one_gate)
{
    set_up();
    wg_var gates[5], one[5];
    wg_var sum = neuron(gates), y = wg_reciprocal(wg_addc(wg_exp(wg_neg(sum)), 1));
    double gradient[5];
    ck_assert_int_eq(wg_backward(y), WG_OK);
    for (int i = 0; i < 5; i++)
        gradient[i] = wg_item_grad(gates[i]);
    sum = neuron(one), y = wg_sigmoid(sum);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    check_neuron(y, sum, one);
    for (int i = 0; i < 5; i++)
        GRADS(one[i], 1e-15, gradient[i]);
    tear_down();
}
END_TEST

START_TEST(n3_patterns_of_gates)
{
    set_up();
    wg_var a = wg_scalar(tape, 3), b = wg_scalar(tape, 4);
    sweep_from(wg_add(a, b), 2); /* add distributes */
    GRADS(a, 0, 2);
    GRADS(b, 0, 2);
    a = wg_scalar(tape, 2), b = wg_scalar(tape, 3);
    sweep_from(wg_mul(a, b), 5); /* mul swaps */
    GRADS(a, 0, 15);
    GRADS(b, 0, 10);
    a = wg_scalar(tape, 7);
    sweep_from(wg_add(wg_mulc(a, 4), wg_mulc(a, 2)), 1); /* a copy adds */
    GRADS(a, 0, 6);
    a = wg_scalar(tape, 4), b = wg_scalar(tape, 5);
    sweep_from(wg_maximum(a, b), 9); /* max routes */
    GRADS(a, 0, 0);
    GRADS(b, 0, 9);
    tear_down();
}
END_TEST

START_TEST(n4_squared_norm_of_a_product)
{
    set_up();
    static const double weights[] = {0.1, 0.5, -0.3, 0.8}, inputs[] = {0.2, 0.4};
    wg_var W = wg_leaf(tape, WG_DOUBLES(weights, 2, 2)), x = wg_leaf(tape, WG_DOUBLES(inputs, 2));
    wg_var q = wg_matmul(W, x), f = wg_sum(wg_square(q));
    ck_assert_int_eq(wg_backward(f), WG_OK);
    VALUES(q, 1e-15, 0.22, 0.26);
    VALUES(f, 1e-15, 0.116);
    GRADS(q, 1e-15, 0.44, 0.52);
    GRADS(W, 1e-15, 0.088, 0.176, 0.104, 0.208);
    GRADS(x, 1e-15, -0.112, 0.636);
    tear_down();
}
END_TEST

/* ---- N11: the finite difference -------------------------------------------------------------------- */

/* A loss of the nine weights on the slide, with the value and the slope in W[0] that the slide has: curved in
 * the others. */
static wg_var slide_loss(wg_tape *on, const wg_var *in, size_t n, void *user)
{
    static const double at[9] = {0.34, -1.11, 0.78, 0.12, 0.55, 2.81, -3.1, -1.5, 0.33};
    static const double slope[9] = {-2.5, 0.6, 0, 0.2, 0.7, -0.5, 1.1, 1.3, -2.1};
    (void)n, (void)user;
    wg_var d = wg_sub(in[0], wg_const(on, WG_DOUBLES(at, 9)));
    wg_var s = wg_const(on, WG_DOUBLES(slope, 9));
    wg_var curve = wg_square(wg_slice(d, 0, 1, WG_END, 1));
    return wg_addc(wg_add(wg_sum(wg_mul(s, d)), wg_sum(curve)), 1.25347);
}

START_TEST(n11_finite_difference_and_gradient_check)
{
    set_up();
    double w[9] = {0.34, -1.11, 0.78, 0.12, 0.55, 2.81, -3.1, -1.5, 0.33};
    const wg_array at = WG_DOUBLES(w, 9);
    wg_var W = wg_leaf(tape, at), loss = slide_loss(tape, &W, 1, NULL);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    GRADS(W, 1e-12, -2.5, 0.6, 0, 0.2, 0.7, -0.5, 1.1, 1.3, -2.1);
    wg_gradcheck_report report;
    ck_assert_msg(wg_gradcheck(slide_loss, NULL, &at, 1, NULL, &report) == WG_OK, "%s", report.message);
    ck_assert_uint_eq(report.compared, 9);

    double before = wg_item(loss), h = 0.0001;
    w[0] += h;
    ck_assert_int_eq(wg_set(W, at), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_double_eq_tol(before, 1.25347, 1e-12);
    ck_assert_double_eq_tol(wg_item(loss), 1.25322, 1e-12);
    ck_assert_double_eq_tol((wg_item(loss) - before) / h, -2.5, 1e-8);
    tear_down();
}
END_TEST

/* ---- Activations at -2, -1, 1, 2: values and derivatives ------------------------------------------- */

static wg_var selu(wg_var x)
{
    return wg_mulc(wg_elu(x, 1.6733), 1.0507);
}

static wg_var elu(wg_var x)
{
    return wg_elu(x, 1);
}

static wg_var leaky(wg_var x)
{
    return wg_leaky_relu(x, 0.1);
}

static wg_var relu6(wg_var x)
{
    return wg_clamp(wg_mulc(x, 4), 0, 6);
}

static const struct activation {
    const char *name;
    wg_var (*f)(wg_var);
    double value[4], slope[4];
} activations[] = {
    {"sigmoid", wg_sigmoid, {.11920292, .26894142, .73105858, .88079708},
        {.104994, .196612, .196612, .104994}},
    {"tanh", wg_tanh, {-.96402758, -.76159416, .76159416, .96402758}, {.070651, .419974, .419974, .070651}},
    {"elu", elu, {-.86466472, -.63212056, 1, 2}, {.135335, .367879, 1, 1}},
    {"selu", selu, {-1.52019843, -1.11135411, 1.0507, 2.1014}, {.237938, .646782, 1.0507, 1.0507}},
    {"softplus", wg_softplus, {.12692801, .31326169, 1.31326169, 2.12692801},
        {.119203, .268941, .731059, .880797}},
    {"gelu_tanh", wg_gelu_tanh, {-.04540231, -.15880801, .84119199, 1.95459769},
        {-.086099, -.082964, 1.082964, 1.086099}},
    {"silu", wg_silu, {-.23840584, -.26894142, .73105858, 1.76159416},
        {-.090784, .072329, .927671, 1.090784}},
    {"relu", wg_relu, {0, 0, 1, 2}, {0, 0, 1, 1}},
    {"leaky relu", leaky, {-.2, -.1, 1, 2}, {.1, .1, 1, 1}},
    {"relu6 of 4x", relu6, {0, 0, 4, 6}, {0, 0, 4, 0}},
};
enum { ACTIVATIONS = sizeof activations / sizeof activations[0] };

/* On scalars and on a tensor: two paths of the engine. */
START_TEST(activations_and_their_slopes)
{
    const struct activation *a = &activations[_i];
    const double at[4] = {-2, -1, 1, 2};
    set_up();
    wg_var x = wg_leaf(tape, WG_DOUBLES(at, 4)), y = a->f(x);
    values_are(a->name, y, a->value, 4, 5.1e-9);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    grads_are(a->name, x, a->slope, 4, 5.1e-7);
    for (int i = 0; i < 4; i++) {
        x = wg_scalar(tape, at[i]), y = a->f(x);
        values_are(a->name, y, &a->value[i], 1, 5.1e-9);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        grads_are(a->name, x, &a->slope[i], 1, 5.1e-7);
    }
    tear_down();
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{n1_sum_times, 1}, {n2_neuron_gate_by_gate, 1},
        {n2_neuron_with_sigmoid_as_one_gate, 1}, {n3_patterns_of_gates, 1}, {n4_squared_norm_of_a_product, 1},
        {n11_finite_difference_and_gradient_check, 1}, {activations_and_their_slopes, ACTIVATIONS}};
    return harness_run("lectures_circuits", tests, sizeof tests / sizeof tests[0]);
}
