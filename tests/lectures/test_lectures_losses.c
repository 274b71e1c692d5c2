/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The lectures' losses, built from gates, beside the fused operation with the same name: N5 to N10, N13, N23,
 * N37. (The fused operations against the printed numbers alone are in test_loss.c.) */

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

/* Scores of cat, car, frog for an image of each. */
static const double images[3][3] = {{3.2, 5.1, -1.7}, {1.3, 4.9, 2.0}, {2.2, 2.5, -3.1}};

static void scores_of(const double *numbers_in, wg_var s[3])
{
    for (int i = 0; i < 3; i++)
        s[i] = wg_scalar(tape, numbers_in[i]);
}

/* sum over j != y of max(0, s_j - s_y + 1), gate by gate. */
static wg_var svm(const wg_var s[3], int y)
{
    wg_var loss = wg_const_scalar(tape, 0);
    for (int j = 0; j < 3; j++)
        if (j != y)
            loss = wg_add(loss, wg_maximumc(wg_addc(wg_sub(s[j], s[y]), 1), 0));
    return loss;
}

START_TEST(n5_svm_loss_of_three_images)
{
    set_up();
    const double losses[3] = {2.9, 0, 12.9}, slopes[3][3] = {{-1, 1, 0}, {0, 0, 0}, {1, 1, -2}};
    wg_var mean = wg_const_scalar(tape, 0);
    for (int k = 0; k < 3; k++) {
        wg_var s[3];
        scores_of(images[k], s);
        wg_var loss = svm(s, k);
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        VALUES(loss, 1e-14, losses[k]);
        for (int j = 0; j < 3; j++)
            GRADS(s[j], 0, slopes[k][j]);
        mean = wg_add(mean, wg_divc(loss, 3));
    }
    VALUES(mean, 1e-8, 5.26666667);

    const int32_t labels[3] = {0, 1, 2};
    wg_var all = wg_leaf(tape, WG_DOUBLES(&images[0][0], 3, 3));
    wg_var fused = wg_hinge(all, wg_input(tape, WG_INTS(labels, 3)), NULL);
    ck_assert_int_eq(wg_backward(fused), WG_OK);
    VALUES(fused, 1e-14, wg_item(mean));
    GRADS(all, 1e-15, -1. / 3, 1. / 3, 0, 0, 0, 0, 1. / 3, 1. / 3, -2. / 3);
    tear_down();
}
END_TEST

START_TEST(n6_scores_near_zero_give_classes_less_one)
{
    set_up();
    wg_var s[3];
    scores_of((const double[]){1e-6, -2e-6, 0}, s);
    VALUES(svm(s, 0), 1e-5, 2);
    scores_of((const double[]){1.3, 4.4, 2.0}, s); /* the car's score lowered by a half */
    VALUES(svm(s, 1), 0, 0);
    tear_down();
}
END_TEST

START_TEST(n7_twice_the_weights_keep_a_loss_of_zero)
{
    set_up();
    const double losses[3] = {4.8, 0, 23.8};
    for (int k = 0; k < 3; k++) {
        wg_var s[3], twice[3];
        scores_of(images[k], s);
        for (int j = 0; j < 3; j++)
            twice[j] = wg_mulc(s[j], 2);
        VALUES(svm(twice, k), 1e-14, losses[k]);
    }
    tear_down();
}
END_TEST

/* -log(e^s_y / sum e^s), gate by gate; its gradient is p - y. */
START_TEST(n8_softmax_loss_and_p_minus_y)
{
    set_up();
    const double losses[3] = {2.040355, 0.079132, 6.156477};
    for (int k = 0; k < 3; k++) {
        wg_var s[3];
        scores_of(images[k], s);
        wg_var total = wg_add(wg_add(wg_exp(s[0]), wg_exp(s[1])), wg_exp(s[2]));
        wg_var loss = wg_neg(wg_log(wg_div(wg_exp(s[k]), total)));
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        VALUES(loss, 5e-7, losses[k]);
        double slope[3];
        for (int j = 0; j < 3; j++) {
            slope[j] = wg_item_grad(s[j]);
            ck_assert_double_eq_tol(slope[j], exp(images[k][j]) / wg_item(total) - (j == k), 1e-15);
        }
        wg_var z = wg_leaf(tape, WG_DOUBLES(images[k], 1, 3));
        wg_var fused = wg_cross_entropy(z, wg_input(tape, WG_INTS((const int32_t[]){k}, 1)), NULL);
        VALUES(fused, 1e-14, wg_item(loss));
        ck_assert_int_eq(wg_backward(fused), WG_OK);
        grads_are("fused", z, slope, 3, 1e-15);
    }
    tear_down();
}
END_TEST

START_TEST(n8_equal_logits_give_the_logarithm_of_their_number)
{
    set_up();
    const double equal[10] = {0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7};
    wg_var y = wg_input(tape, WG_INTS((const int32_t[]){1}, 1));
    VALUES(wg_cross_entropy(wg_leaf(tape, WG_DOUBLES(equal, 1, 3)), y, NULL), 5e-7, 1.098612);
    VALUES(wg_cross_entropy(wg_leaf(tape, WG_DOUBLES(equal, 1, 10)), y, NULL), 5e-7, 2.302585);
    tear_down();
}
END_TEST

/* softplus((1 - 2y) z), and the fused loss. */
START_TEST(n9_binary_cross_entropy_is_a_softplus)
{
    set_up();
    const double z[3] = {2, 2, -30}, y[3] = {1, 0, 1};
    const double loss[3] = {0.1269280110, 2.1269280110, 30}, slope[3] = {-0.1192029220, 0.8807970780, -1};
    for (int i = 0; i < 3; i++) {
        wg_var gates = wg_scalar(tape, z[i]), fused = wg_scalar(tape, z[i]);
        wg_var a = wg_softplus(wg_mulc(gates, 1 - 2 * y[i]));
        wg_var b = wg_bce_with_logits(fused, wg_const_scalar(tape, y[i]), NULL);
        VALUES(a, 5e-11, loss[i]);
        VALUES(b, 5e-11, loss[i]);
        ck_assert_int_eq(wg_backward(a), WG_OK);
        GRADS(gates, 5e-11, slope[i]);
        ck_assert_int_eq(wg_backward(b), WG_OK);
        GRADS(fused, 5e-11, slope[i]);
    }
    tear_down();
}
END_TEST

START_TEST(n10_l2_likes_many_small_weights_l1_does_not_mind)
{
    set_up();
    const double x[4] = {1, 1, 1, 1}, one[4] = {1, 0, 0, 0}, spread[4] = {.25, .25, .25, .25};
    wg_var xs = wg_input(tape, WG_DOUBLES(x, 4));
    wg_var w1 = wg_leaf(tape, WG_DOUBLES(one, 4)), w2 = wg_leaf(tape, WG_DOUBLES(spread, 4));
    VALUES(wg_matmul(w1, xs), 0, 1);
    VALUES(wg_matmul(w2, xs), 0, 1);
    VALUES(wg_sum(wg_square(w1)), 0, 1); /* L2 of the first deck: the squared norm */
    VALUES(wg_sum(wg_square(w2)), 0, 0.25);
    VALUES(wg_sum(wg_abs(w1)), 0, 1);
    VALUES(wg_sum(wg_abs(w2)), 0, 1);
    VALUES(wg_add(wg_sum(wg_square(w1)), wg_sum(wg_abs(w1))), 0, 2); /* elastic net, beta = 1 */
    VALUES(wg_add(wg_sum(wg_square(w2)), wg_sum(wg_abs(w2))), 0, 1.25);
    tear_down();
}
END_TEST

/* Four pixels, three classes. The slide prints 61.95 for the ship, which leaves its bias out. */
START_TEST(n13_linear_classifier)
{
    set_up();
    const double w[] = {.2, -.5, .1, 2, 1.5, 1.3, 2.1, 0, 0, .25, .2, -.3}, x[] = {56, 231, 24, 2};
    const double b[] = {1.1, 3.2, -1.2};
    wg_var product = wg_matmul(wg_leaf(tape, WG_DOUBLES(w, 3, 4)), wg_leaf(tape, WG_DOUBLES(x, 4)));
    VALUES(wg_add(product, wg_leaf(tape, WG_DOUBLES(b, 3))), 1e-12, -96.8, 437.9, 60.75);
    VALUES(wg_slice(product, 0, 2, 3, 1), 1e-12, 61.95);
    tear_down();
}
END_TEST

/* F = |A x - b|^2 has the gradient 2 A^T (A x - b); descent along it ends at (A^T A)^-1 A^T b = (7/6, 1/2).
 */
START_TEST(n23_least_squares)
{
    set_up();
    const double a[] = {1, 0, 1, 1, 1, 2}, b[] = {1, 2, 2};
    double x[2] = {0, 0}, slope[2];
    wg_var A = wg_input(tape, WG_DOUBLES(a, 3, 2)), X = wg_leaf(tape, WG_DOUBLES(x, 2));
    wg_var F = wg_sum(wg_square(wg_sub(wg_matmul(A, X), wg_input(tape, WG_DOUBLES(b, 3)))));
    ck_assert_int_eq(wg_backward(F), WG_OK);
    GRADS(X, 1e-14, -10, -12);
    for (int step = 0; step < 250; step++) {
        ck_assert_int_eq(wg_backward(F), WG_OK);
        ck_assert_int_eq(wg_read_grad(X, slope, 2), WG_OK);
        x[0] -= 0.1 * slope[0], x[1] -= 0.1 * slope[1];
        ck_assert_int_eq(wg_set(X, WG_DOUBLES(x, 2)), WG_OK);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
    }
    VALUES(X, 1e-12, 7. / 6, 1. / 2);
    VALUES(F, 1e-12, 1. / 6);
    tear_down();
}
END_TEST

/* Why the generator is trained on -log D: for a fake that is seen through, log(1 - D) has hardly any slope.
 */
START_TEST(n37_two_losses_of_a_generator)
{
    set_up();
    wg_var logit = wg_scalar(tape, -5), saturating = wg_neg(wg_softplus(logit));
    ck_assert_int_eq(wg_backward(saturating), WG_OK);
    GRADS(logit, 5e-7, -0.006693);
    ck_assert_int_eq(wg_backward(wg_softplus(wg_neg(logit))), WG_OK);
    GRADS(logit, 5e-7, -0.993307);
    wg_var half = wg_const_scalar(tape, 0.5);
    VALUES(wg_add(wg_log(half), wg_log(wg_csub(1, half))), 5e-7, -1.386294);
    tear_down();
}
END_TEST

TEST_MAIN("lectures_losses", n5_svm_loss_of_three_images, n6_scores_near_zero_give_classes_less_one,
    n7_twice_the_weights_keep_a_loss_of_zero, n8_softmax_loss_and_p_minus_y,
    n8_equal_logits_give_the_logarithm_of_their_number, n9_binary_cross_entropy_is_a_softplus,
    n10_l2_likes_many_small_weights_l1_does_not_mind, n13_linear_classifier, n23_least_squares,
    n37_two_losses_of_a_generator)
