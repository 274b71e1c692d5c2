/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Losses at their edges: extreme logits, ignored samples, nothing at all, and what is refused. */

#include <float.h>

#include "vars.h"

typedef wg_var loss_function(wg_var prediction, wg_var target, const wg_loss_options *options);

static const wg_loss_options none = {.reduction = WG_NONE}, sum = {.reduction = WG_SUM};

/* ---- Extreme logits */

START_TEST(cross_entropy_of_extreme_logits)
{
    const double m = (double)FLT_MAX, z[] = {m, -m, 0, -m, m, 0, m, m, m, 1000, -1000, 0},
                 half[12] = {0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0};
    const int32_t labels[] = {0, 0, 2, 1};
    const double expected[] = {0, 2 * m, log(3), 2000};
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        wg_tape *tape = new_tape(dtype, false, 1);
        for (size_t i = 0; i < 4; i++) {
            wg_var zs = wg_leaf(tape, WG_DOUBLES(z + 3 * i, 1, 3)),
                   y = wg_input(tape, WG_INTS(labels + i, 1));
            wg_var loss = wg_cross_entropy(zs, y, NULL),
                   soft = wg_cross_entropy(zs, wg_const(tape, WG_DOUBLES(half + 3 * i, 1, 3)), NULL);
            double slope[3];
            ck_assert(fabs(wg_item(loss) - expected[i]) <= 1e-15 * expected[i]);
            ck_assert(isfinite(wg_item(soft)));
            ck_assert_int_eq(wg_backward(wg_add(loss, soft)), WG_OK);
            wg_read_grad(zs, slope, 3);
            for (size_t c = 0; c < 3; c++)
                ck_assert(isfinite(slope[c]) && fabs(slope[c]) <= 2);
        }
        wg_tape_free(tape);
    }
}
END_TEST

/* A float keeps a small gradient at the label: p - 1 is not computed as such. */
START_TEST(cross_entropy_without_cancellation)
{
    const double z[] = {25, 0, 1};
    const int32_t label = 0;
    wg_tape *tape = new_tape(WG_F32, false, 1);
    wg_var zs = wg_leaf(tape, WG_DOUBLES(z, 1, 3));
    wg_var loss = wg_cross_entropy(zs, wg_input(tape, WG_INTS(&label, 1)), NULL);
    double slope[3], rest = exp(-25) + exp(-24);
    ck_assert_double_eq_tol(wg_item(loss) / log1p(rest), 1, 1e-4);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    wg_read_grad(zs, slope, 3);
    ck_assert_double_eq_tol(slope[0] / -(rest / (1 + rest)), 1, 1e-5);
    wg_tape_free(tape);
}
END_TEST

START_TEST(bce_of_extreme_logits)
{
    const double m = (double)FLT_MAX, z[] = {m, m, -m, -m, 40, 0}, y[] = {0, 1, 0, 1, 1, 0.25};
    const double expected[] = {m, 0, 0, m, exp(-40), log(2)}, slope[] = {1, 0, 0, -1, -exp(-40), 0.25};
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        wg_tape *tape = new_tape(dtype, false, 1);
        wg_var zs = wg_leaf(tape, WG_DOUBLES(z, 6)),
               loss = wg_bce_with_logits(zs, wg_const(tape, WG_DOUBLES(y, 6)), &none);
        double *each = values(loss), gradient[6];
        ck_assert_int_eq(wg_backward(wg_sum(loss)), WG_OK);
        wg_read_grad(zs, gradient, 6);
        for (size_t i = 0; i < 6; i++) {
            ck_assert(fabs(each[i] - expected[i]) <= 1e-6 * expected[i]);
            ck_assert(fabs(gradient[i] - slope[i]) <= 1e-6 * fabs(slope[i]));
        }
        free(each);
        wg_tape_free(tape);
    }
}
END_TEST

/* An infinite logit: nothing is wrong with its own target, and another one is infinitely wrong. */
START_TEST(bce_of_infinite_logits)
{
    const double i = (double)INFINITY, z[] = {i, -i, i, -i, i, -i}, y[] = {1, 0, 0, 1, 0.75, 0.25};
    const double expected[] = {0, 0, i, i, i, i}, slope[] = {0, 0, 1, -1, 0.25, -0.25};
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        wg_tape *tape = new_tape(dtype, false, 1);
        wg_var zs = wg_leaf(tape, WG_DOUBLES(z, 6)), ys = wg_leaf(tape, WG_DOUBLES(y, 6));
        wg_var loss = wg_bce_with_logits(zs, ys, &none), total = wg_bce_with_logits(zs, ys, &sum);
        double *each = values(loss), *first = values(wg_grad1(total, zs)), gradient[6], targets[6];
        double *second = values(wg_grad1(wg_sum(wg_grad1(total, zs)), zs));
        ck_assert_double_eq(wg_item(total), i);
        ck_assert_int_eq(wg_backward(total), WG_OK);
        wg_read_grad(zs, gradient, 6), wg_read_grad(ys, targets, 6);
        for (size_t k = 0; k < 6; k++) {
            ck_assert_double_eq(each[k], expected[k]);
            ck_assert_double_eq(gradient[k], slope[k]);
            ck_assert_double_eq(first[k], slope[k]);
            ck_assert_double_eq(second[k], 0);
            ck_assert_double_eq(targets[k], -z[k]);
        }
        double right = wg_item(wg_bce_with_logits(wg_slice(zs, 0, 0, 2, 1), wg_slice(ys, 0, 0, 2, 1), NULL));
        ck_assert_double_eq(right, 0);
        free(each), free(first), free(second);
        wg_tape_free(tape);
    }
}
END_TEST

/* A class that is masked by -infinity: as if it were not there, to the third order. */
START_TEST(masked_classes)
{
    const double z[] = {1, -2, 0.5, 0.25, 0, 3}, y[] = {0.25, 0.5, 0.25, 0.1, 0.2, 0.3};
    const int32_t labels[] = {2, 0};
    for (int soft = 0; soft < 2; soft++) {
        wg_tape *tape = new_tape(_i ? WG_F32 : WG_F64, false, 1);
        wg_var zs = wg_leaf(tape, WG_DOUBLES(z, 2, 3)), ys = wg_const(tape, WG_DOUBLES(y, 2, 3));
        wg_var column = wg_full(tape, WG_SHAPE(2, 1), (double)-INFINITY);
        wg_var wide = wg_concat((wg_var[]){zs, column}, 2, 1);
        wg_var wide_y = wg_concat((wg_var[]){ys, wg_full(tape, WG_SHAPE(2, 1), 0)}, 2, 1);
        wg_var label = wg_input(tape, WG_INTS(labels, 2));
        wg_var a = wg_cross_entropy(zs, soft ? ys : label, NULL),
               b = wg_cross_entropy(wide, soft ? wide_y : label, NULL);
        for (int order = 0; order < 4; order++) {
            same(a, b, _i ? 1e-6 : 1e-14, "derivatives");
            a = wg_grad1(order ? wg_sum(wg_square(a)) : a, zs);
            b = wg_grad1(order ? wg_sum(wg_square(b)) : b, zs);
        }
        ok(tape);
        wg_tape_free(tape);
    }
}
END_TEST

/* A mean is a double: single losses of floats may be beyond floats, or below them. */
START_TEST(sums_beyond_floats)
{
    static const double sizes[] = {1e30, 1e19, 1e3, 1, 1e-15, 1e-25, 1e-37};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const double size = (double)(float)sizes[i], x[3] = {size, 0, -2 * size};
        const wg_loss_options wide = {.delta = 1e38};
        wg_tape *tape = new_tape(WG_F32, false, 1);
        wg_var a = wg_leaf(tape, WG_DOUBLES(x, 3)), b = wg_full(tape, WG_SHAPE(3), 0);
        ck_assert_double_eq_tol(wg_item(wg_mse(a, b, NULL)) / (size * size * 5 / 3), 1, 1e-6);
        ck_assert_double_eq_tol(wg_item(wg_huber(a, b, &wide)) / (size * size * 5 / 6), 1, 1e-6);
        ck_assert_double_eq_tol(wg_item(wg_l1(a, b, NULL)) / size, 1, 1e-6);
        wg_tape_free(tape);
    }
    wg_tape *tape = new_tape(WG_F32, false, 1);
    wg_var z = wg_leaf(tape, WG_DOUBLES(((double[]){-90, -100, -120}), 3)), y = wg_full(tape, WG_SHAPE(3), 0);
    ck_assert_double_eq_tol(
        wg_item(wg_bce_with_logits(z, y, &sum)) / (exp(-90) + exp(-100) + exp(-120)), 1, 1e-6);
    wg_tape_free(tape);
}
END_TEST

/* ---- Ignored samples */

START_TEST(ignored_samples)
{
    const int32_t labels[] = {2, -100, 0, -100}, kept[] = {2, 0};
    wg_loss_options options = {.ignore = true, .ignore_index = -100, .label_smoothing = 0.1};
    wg_loss_options plain = {.label_smoothing = 0.1};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var z = leaf(tape, WG_SHAPE(4, 3), 1, 0), y = wg_input(tape, WG_INTS(labels, 4));
    wg_var counted = wg_slice(z, 0, 0, WG_END, 2), counted_y = wg_input(tape, WG_INTS(kept, 2));
    for (wg_reduction r = WG_MEAN; r <= WG_SUM; r++) {
        options.reduction = plain.reduction = r;
        wg_var a = wg_cross_entropy(z, y, &options), b = wg_cross_entropy(counted, counted_y, &plain);
        same(a, b, 1e-15, "value");
        wg_var ga = wg_grad1(a, z), gb = wg_grad1(b, z);
        same(ga, gb, 1e-15, "first order");
        same(wg_grad1(weigh(ga, 100), z), wg_grad1(weigh(gb, 100), z), 1e-14, "second order");
    }
    options.reduction = WG_NONE;
    double *each = values(wg_cross_entropy(z, y, &options));
    ck_assert(each[0] > 0 && each[1] == 0 && each[2] > 0 && each[3] == 0);
    free(each);
    wg_tape_free(tape);
}
END_TEST

/* ---- Nothing: the mean over none is NaN, the sum 0 */

START_TEST(empty)
{
    static loss_function *const losses[] = {
        wg_cross_entropy, wg_hinge, wg_bce_with_logits, wg_mse, wg_l1, wg_huber};
    const int32_t labels[1] = {0};
    for (size_t i = 0; i < 6; i++) {
        wg_tape *tape = new_tape(i % 2 ? WG_F32 : WG_F64, false, 2);
        wg_var x = leaf(tape, WG_SHAPE(0, 3), 1, 0);
        wg_var y = i < 2 ? wg_input(tape, WG_INTS(labels, 0)) : leaf(tape, WG_SHAPE(0, 3), 2, 0);
        ck_assert(isnan(wg_item(losses[i](x, y, NULL))));
        ck_assert_double_eq(wg_item(losses[i](x, y, &sum)), 0);
        ck_assert_uint_eq(wg_count_of(losses[i](x, y, &none)), 0);
        ck_assert_msg(wg_backward(losses[i](x, y, &sum)) == WG_OK, "%s", wg_tape_message(tape));
        wg_tape_free(tape);
    }
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var none_at_all = leaf(tape, WG_SHAPE(2, 0), 1, 0);
    ck_assert_double_eq(wg_item(wg_cross_entropy(none_at_all, none_at_all, NULL)), 0);
    wg_var z = leaf(tape, WG_SHAPE(2, 3, 0), 1, 0), y = wg_input(tape, WG_INTS(labels, 2, 0));
    ck_assert_double_eq(wg_item(wg_cross_entropy(z, y, &sum)), 0);
    ck_assert_int_eq(wg_backward(wg_cross_entropy(z, y, &sum)), WG_OK);
    wg_tape_free(tape);
}
END_TEST

/* ---- Refused */

static wg_var full(wg_tape *tape, wg_shape shape)
{
    return wg_full(tape, shape, 1);
}

static const int32_t two_labels[] = {1, 3};

START_TEST(labels_out_of_range)
{
    static loss_function *const losses[] = {wg_cross_entropy, wg_hinge};
    const int32_t negative[] = {1, -1};
    for (size_t i = 0; i < 2; i++) {
        wg_tape *tape = new_tape(WG_F64, false, 1);
        wg_var z = WG_NAME(full(tape, WG_SHAPE(2, 3)));
        wg_set_name(z, "scores");
        ck_assert(!wg_is_valid(losses[i](z, wg_input(tape, WG_INTS(two_labels, 2)), NULL)));
        fails(tape, WG_BAD_INDEX, "label 3 of sample 1 is none of the 3 classes of scores [2, 3]");
        tape = new_tape(WG_F32, false, 1);
        losses[i](full(tape, WG_SHAPE(2, 3)), wg_input(tape, WG_INTS(negative, 2)), NULL);
        fails(tape, WG_BAD_INDEX, "label -1 of sample 1");
    }
}
END_TEST

START_TEST(labels_set_anew)
{
    const int32_t good[] = {1, 2};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var y = wg_input(tape, WG_INTS(good, 2)), loss = wg_cross_entropy(full(tape, WG_SHAPE(2, 3)), y, NULL);
    ok(tape);
    ck_assert_int_eq(wg_set(y, WG_INTS(two_labels, 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_BAD_INDEX);
    ck_assert(!wg_is_valid(loss) || wg_backward(loss) != WG_OK);
    wg_tape_free(tape);
}
END_TEST

START_TEST(shapes_and_dtypes)
{
    const double three[3] = {0};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_cross_entropy(full(tape, WG_SHAPE(3)), wg_input(tape, WG_INTS(two_labels, 2)), NULL);
    fails(tape, WG_BAD_SHAPE, "cross_entropy: logits operand 0 [3] are not [N, C, ...]");
    tape = new_tape(WG_F64, false, 1);
    wg_cross_entropy(full(tape, WG_SHAPE(3, 4)), wg_input(tape, WG_INTS(two_labels, 2)), NULL);
    fails(tape, WG_BAD_SHAPE, "operand 0 [3, 4] takes labels [3], not operand 1 [2]");
    tape = new_tape(WG_F64, false, 1);
    wg_cross_entropy(full(tape, WG_SHAPE(2, 4)), full(tape, WG_SHAPE(2)), NULL);
    fails(tape, WG_BAD_SHAPE, "takes i32 labels or probabilities of its shape");
    tape = new_tape(WG_F64, false, 1);
    wg_cross_entropy(wg_input(tape, WG_INTS(two_labels, 1, 2)), full(tape, WG_SHAPE(1, 2)), NULL);
    fails(tape, WG_BAD_DTYPE, "are not floating");
    tape = new_tape(WG_F64, false, 1);
    wg_hinge(full(tape, WG_SHAPE(2, 4)), full(tape, WG_SHAPE(2)), NULL);
    fails(tape, WG_BAD_DTYPE, "labels operand 1 [2] are f64, not i32");
    tape = new_tape(WG_F64, false, 1);
    wg_hinge(full(tape, WG_SHAPE(2, 4, 1)), wg_input(tape, WG_INTS(two_labels, 2, 1)), NULL);
    fails(tape, WG_BAD_SHAPE, "are not [N, C]");
    static loss_function *const losses[] = {wg_bce_with_logits, wg_mse, wg_l1, wg_huber};
    for (size_t i = 0; i < 4; i++) {
        tape = new_tape(WG_F64, false, 1);
        losses[i](full(tape, WG_SHAPE(3, 1)), wg_input(tape, WG_DOUBLES(three, 3)), NULL);
        fails(tape, WG_BAD_SHAPE, "prediction and target differ in shape: operand 0 [3, 1], operand 1 [3]");
        tape = new_tape(WG_F64, false, 1);
        losses[i](full(tape, WG_SHAPE(2)), wg_input(tape, WG_INTS(two_labels, 2)), NULL);
        fails(tape, WG_BAD_DTYPE, "operand 1 [2] is not floating");
    }
}
END_TEST

START_TEST(options_out_of_range)
{
    const struct {
        loss_function *loss;
        wg_loss_options options;
        const char *part;
    } bad[] = {
        {wg_cross_entropy, {.label_smoothing = 1.5}, "label_smoothing 1.5"},
        {wg_cross_entropy, {.label_smoothing = (double)NAN}, "label_smoothing nan"},
        {wg_cross_entropy, {.reduction = (wg_reduction)7}, "no reduction has the number 7"},
        {wg_hinge, {.power = 3}, "power 3"},
        {wg_hinge, {.margin = (double)INFINITY}, "margin inf"},
        {wg_huber, {.delta = -1}, "delta -1"},
        {wg_mse, {.reduction = (wg_reduction)3}, "no reduction has the number 3"},
    };
    const int32_t labels[] = {0, 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bool takes_labels = bad[i].loss == wg_cross_entropy || bad[i].loss == wg_hinge;
        wg_tape *tape = new_tape(WG_F64, false, 1);
        wg_var x = full(tape, WG_SHAPE(2, 3)), y = takes_labels ? wg_input(tape, WG_INTS(labels, 2)) : x;
        ck_assert(!wg_is_valid(bad[i].loss(x, y, &bad[i].options)));
        fails(tape, WG_INVALID, bad[i].part);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{cross_entropy_of_extreme_logits, 0},
        {cross_entropy_without_cancellation, 0}, {bce_of_extreme_logits, 0}, {bce_of_infinite_logits, 0},
        {masked_classes, 2}, {sums_beyond_floats, 0}, {ignored_samples, 0}, {empty, 0},
        {labels_out_of_range, 0}, {labels_set_anew, 0}, {shapes_and_dtypes, 0}, {options_out_of_range, 0}};
    return harness_run("loss edges", tests, sizeof tests / sizeof tests[0]);
}
