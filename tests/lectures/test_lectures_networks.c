/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The lectures' networks and layers: N14 to N16, N27 to N30, N32. (A trained N28 and N29 with layers and
 * optimisers are in test_training.c.) */

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

/* ---- Pooling and convolution ----------------------------------------------------------------------- */

static const double pixels[16] = {1, 5, 4, 3, 2, 6, 4, 0, 3, 1, 7, 9, 2, 8, 6, 5};

/* The gradient of a maximum goes where it was found; a mean spreads it in quarters. The slide prints 7
 * for 6.75. */
START_TEST(n14_pooling)
{
    set_up();
    const double g[4] = {1, 2, 3, 4};
    wg_var x = wg_leaf(tape, WG_DOUBLES(pixels, 1, 1, 4, 4));
    wg_var largest = wg_max_pool2d(x, 2, NULL), mean = wg_avg_pool2d(x, 2, NULL);
    VALUES(largest, 0, 6, 4, 8, 9);
    VALUES(mean, 0, 3.5, 2.75, 3.5, 6.75);
    ck_assert_int_eq(wg_backward_from(largest, WG_DOUBLES(g, 1, 1, 2, 2)), WG_OK);
    GRADS(x, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0); /* of the two fours, the first */
    ck_assert_int_eq(wg_backward_from(mean, WG_DOUBLES(g, 1, 1, 2, 2)), WG_OK);
    GRADS(x, 0, .25, .25, .5, .5, .25, .25, .5, .5, .75, .75, 1, 1, .75, .75, 1, 1);
    tear_down();
}
END_TEST

static size_t side(size_t stride, size_t padding, bool exact)
{
    wg_var x = wg_full(tape, WG_SHAPE(1, 1, 7, 7), 1), w = wg_full(tape, WG_SHAPE(1, 1, 3, 3), 1);
    wg_var y = wg_conv2d(x, w, &(wg_conv2d_options){.stride = stride, .padding = padding, .exact = exact});
    return wg_shape_of(y).dim[2];
}

START_TEST(n15_sizes_of_a_convolution)
{
    set_up();
    ck_assert_uint_eq(side(1, 0, true), 5);
    ck_assert_uint_eq(side(2, 0, true), 3);
    ck_assert_uint_eq(side(1, 1, true), 7);
    ck_assert_uint_eq(side(3, 0, false), 2); /* 2.33: rounded down, */
    ok(tape);
    ck_assert_uint_eq(side(3, 0, true), 0); /* or refused */
    fails(tape, WG_BAD_SHAPE, "(7 + 2 * 0 - 3) / 3 is not whole");
}
END_TEST

START_TEST(n16_shapes_and_parameters)
{
    set_up();
    static const struct {
        size_t channels, side, filters, kernel, padding, out, parameters;
    } layers[] = {{3, 32, 10, 5, 2, 32, 760}, {3, 32, 6, 5, 0, 28, 456}, {6, 28, 10, 5, 0, 24, 1510},
        {64, 56, 32, 1, 0, 56, 64 * 32 + 32}};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        wg_params *params = wg_params_new(NULL);
        wg_var x = wg_full(tape, WG_SHAPE(1, layers[i].channels, layers[i].side, layers[i].side), 1);
        wg_var y = wg_layer_conv2d(params, "conv", x, layers[i].filters, layers[i].kernel,
            &(wg_layer_conv2d_options){.conv.padding = layers[i].padding});
        wg_shape is = wg_shape_of(y), expected = WG_SHAPE(1, layers[i].filters, layers[i].out, layers[i].out);
        ck_assert(wg_shape_equal(&is, &expected));
        ck_assert_uint_eq(wg_params_element_count(params), layers[i].parameters);
        wg_tape_reset(tape);
        wg_params_free(params);
    }
    tear_down();
}
END_TEST

/* ---- Networks -------------------------------------------------------------------------------------- */

/* Three inputs, hidden units h1 (w1, w3, w5) and h2 (w2, w4, w6), outputs o1 (w7, w10), o2 (w8, w11), o3 (w9,
 * w12). */
START_TEST(n27_gradients_of_a_3_2_3_network)
{
    set_up();
    const double x[3] = {1, .5, -1}, target[3] = {1, 0, 1};
    const double weights[12] = {.1, -.2, .3, .4, -.5, .6, .7, -.8, .9, .2, .5, -.3};
    wg_span w = wg_scalars_new(tape, weights, 12);
    wg_var h[2], o[3], L = wg_const_scalar(tape, 0);
    for (size_t j = 0; j < 2; j++) {
        h[j] = wg_mulc(wg_at(w, j), x[0]);
        for (size_t i = 1; i < 3; i++)
            h[j] = wg_add(h[j], wg_mulc(wg_at(w, 2 * i + j), x[i]));
        h[j] = wg_sigmoid(h[j]);
    }
    for (size_t k = 0; k < 3; k++) {
        o[k] = wg_sigmoid(wg_add(wg_mul(wg_at(w, 6 + k), h[0]), wg_mul(wg_at(w, 9 + k), h[1])));
        L = wg_add(L, wg_mulc(wg_square(wg_subc(o[k], target[k])), 0.5));
    }
    ck_assert_int_eq(wg_backward(L), WG_OK);
    VALUES(h[0], 5e-9, 0.67917870);
    VALUES(h[1], 5e-9, 0.35434369);
    VALUES(o[0], 5e-9, 0.63327530);
    VALUES(o[1], 5e-9, 0.40946654);
    VALUES(o[2], 5e-9, 0.62362370);
    VALUES(L, 5e-11, 0.2219044823);
    GRADS(wg_at(w, 5), 5e-11, -0.0134924123);
    GRADS(wg_at(w, 11), 5e-11, -0.0313034244);

    /* the slide's derivation: the paths from L to w12 and to w6 */
    double delta[3], h2 = wg_item(h[1]), back = 0;
    for (int k = 0; k < 3; k++) {
        double out_k = wg_item(o[k]);
        delta[k] = (out_k - target[k]) * out_k * (1 - out_k);
        back += delta[k] * weights[9 + k];
    }
    GRADS(wg_at(w, 11), 1e-16, delta[2] * h2);
    GRADS(wg_at(w, 5), 1e-16, back * h2 * (1 - h2) * x[2]);
    tear_down();
}
END_TEST

static const double xor_inputs[8] = {0, 0, 0, 1, 1, 0, 1, 1};

/* relu(a + b) - 2 relu(a + b - 1) */
START_TEST(n28_xor_constructed)
{
    set_up();
    const double in[4] = {1, 1, 1, 1}, bias[2] = {0, -1}, out[2] = {1, -2};
    wg_var x = wg_input(tape, WG_DOUBLES(xor_inputs, 4, 2));
    wg_var h = wg_relu(
        wg_add(wg_matmul(x, wg_leaf(tape, WG_DOUBLES(in, 2, 2))), wg_leaf(tape, WG_DOUBLES(bias, 2))));
    VALUES(wg_matmul(h, wg_leaf(tape, WG_DOUBLES(out, 2))), 0, 0, 1, 1, 0);
    tear_down();
}
END_TEST

/* Two hidden units are enough; plain gradient descent from fixed weights, on a tape that is replayed. */
START_TEST(n28_xor_trained_2_2_1)
{
    set_up();
    static double w[9] = {0.8, -0.6, 0.7, -0.9, -0.1, 0.3, 1.1, 0.9, -0.2};
    double g[9];
    wg_var p = wg_leaf(tape, WG_DOUBLES(w, 9)), x = wg_input(tape, WG_DOUBLES(xor_inputs, 4, 2));
    wg_var in = wg_reshape(wg_slice(p, 0, 0, 4, 1), WG_SHAPE(2, 2)), b = wg_slice(p, 0, 4, 6, 1);
    wg_var h = wg_tanh(wg_add(wg_matmul(x, in), b));
    wg_var z = wg_add(wg_matmul(h, wg_slice(p, 0, 6, 8, 1)), wg_slice(p, 0, 8, 9, 1));
    wg_var loss = wg_bce_with_logits(z, wg_input(tape, WG_DOUBLES(((const double[]){0, 1, 1, 0}), 4)), NULL);
    for (int step = 0; step < 3000; step++) {
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        ck_assert_int_eq(wg_read_grad(p, g, 9), WG_OK);
        for (int i = 0; i < 9; i++)
            w[i] -= 0.5 * g[i];
        ck_assert_int_eq(wg_set(p, WG_DOUBLES(w, 9)), WG_OK);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
    }
    ck_assert_double_lt(wg_item(loss), 0.02);
    VALUES(wg_sigmoid(z), 0.05, 0, 1, 1, 0);
    tear_down();
}
END_TEST

/* Neurons whose weights start equal have equal gradients, so they stay equal; zeros do not even start. */
START_TEST(n29_equal_rows_stay_equal)
{
    set_up();
    const double x[6] = {0.5, -1, 2, 1, 0.25, -0.75}, t[2] = {1, -1};
    double w[9] = {.3, -.2, .1, .3, -.2, .1, .3, -.2, .1}, g[9], none[9] = {0};
    wg_var W = wg_leaf(tape, WG_DOUBLES(w, 3, 3)),
           v = wg_const(tape, WG_DOUBLES(((const double[]){1, 1, 1}), 3));
    wg_var h = wg_relu(wg_matmul_t(wg_input(tape, WG_DOUBLES(x, 2, 3)), W, false, true));
    wg_var loss = wg_mse(wg_matmul(h, v), wg_input(tape, WG_DOUBLES(t, 2)), NULL);
    for (int step = 0; step < 20; step++) {
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        ck_assert_int_eq(wg_read_grad(W, g, 9), WG_OK);
        for (int i = 0; i < 3; i++)
            ck_assert_msg(g[i] == g[3 + i] && g[i] == g[6 + i], "step %d", step);
        for (int i = 0; i < 9; i++)
            w[i] -= 0.02 * g[i];
        ck_assert_int_eq(wg_set(W, WG_DOUBLES(w, 3, 3)), WG_OK);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
    }
    ck_assert_double_gt(fabs(w[0] - .3), 1e-3);
    ck_assert_int_eq(wg_set(W, WG_DOUBLES(none, 3, 3)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    GRADS(W, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    tear_down();
}
END_TEST

/* Each sigmoid passes at most a quarter on. */
START_TEST(n30_gradients_vanish_through_sigmoids)
{
    set_up();
    wg_var x = wg_scalar(tape, 0), y = x;
    for (int i = 0; i < 5; i++)
        y = wg_sigmoid(wg_subc(y, i ? 0.5 : 0)); /* each at its steepest */
    ck_assert_int_eq(wg_backward(y), WG_OK);
    GRADS(x, 1e-17, 1. / 1024);
    for (int sign = -1; sign <= 1; sign += 2) {
        x = wg_scalar(tape, 10 * sign);
        ck_assert_int_eq(wg_backward(wg_sigmoid(x)), WG_OK);
        GRADS(x, 5e-8, 4.54e-05);
    }
    tear_down();
}
END_TEST

/* ---- N32: batch normalisation, with all six derivatives of the slide ------------------------------- */

START_TEST(n32_six_derivatives_of_batch_normalisation)
{
    set_up();
    const double numbers_in[4] = {1, 2, 4, 5}, dy[4] = {1, 0, 0, -1}, eps = 1e-5, r = 1 / sqrt(2.5 + eps);
    wg_var x = wg_leaf(tape, WG_DOUBLES(numbers_in, 4)), gamma = wg_scalar(tape, 2),
           beta = wg_scalar(tape, .5);
    wg_var mu = wg_mean(x), centred = wg_sub(x, mu), var = wg_mean(wg_square(centred));
    wg_var hat = wg_mul(centred, wg_rsqrt(wg_addc(var, eps))), y = wg_add(wg_mul(gamma, hat), beta);
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(dy, 4)), WG_OK);
    VALUES(mu, 0, 3);
    VALUES(var, 0, 2.5);
    VALUES(hat, 5e-8, -1.2649085, -.6324543, .6324543, 1.2649085);
    VALUES(y, 5e-8, -2.0298171, -.7649085, 1.7649085, 3.0298171);
    GRADS(hat, 0, 2, 0, 0, -2);                     /* dy gamma */
    GRADS(var, 1e-14, (-4 - 4) * -0.5 * r * r * r); /* sum dhat (x - mu) (-1/2) (var + eps)^(-3/2) */
    GRADS(mu, 1e-14, 0);
    GRADS(x, 1e-8, .25298575, -.50596139, .50596139, -.25298575);
    GRADS(gamma, 5e-8, -2.5298171);
    GRADS(beta, 0, 0);

    const double two = 2, half = .5;
    wg_tape_set_training(tape, true);
    wg_var rows = wg_leaf(tape, WG_DOUBLES(numbers_in, 4, 1));
    wg_var fused =
        wg_batch_norm(rows, wg_leaf(tape, WG_DOUBLES(&two, 1)), wg_leaf(tape, WG_DOUBLES(&half, 1)), NULL);
    double composed[4], slope[4];
    ck_assert_int_eq(wg_read(y, composed, 4), WG_OK);
    ck_assert_int_eq(wg_read_grad(x, slope, 4), WG_OK);
    values_are("fused", fused, composed, 4, 1e-15);
    ck_assert_int_eq(wg_backward_from(fused, WG_DOUBLES(dy, 4, 1)), WG_OK);
    grads_are("fused", rows, slope, 4, 1e-15);
    tear_down();
}
END_TEST

TEST_MAIN("lectures_networks", n14_pooling, n15_sizes_of_a_convolution, n16_shapes_and_parameters,
    n27_gradients_of_a_3_2_3_network, n28_xor_constructed, n28_xor_trained_2_2_1, n29_equal_rows_stay_equal,
    n30_gradients_vanish_through_sigmoids, n32_six_derivatives_of_batch_normalisation)
