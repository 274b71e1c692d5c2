/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Losses: the lectures' numbers, the fused kernels against the same formula in simpler operations up to the
 * second order, extreme values, reductions. Their errors are in test_loss_edges.c. */

#include "vars.h"

static void near(wg_var v, const double *expected, size_t n, double tolerance)
{
    ck_assert_uint_eq(wg_count_of(v), n);
    double *x = values(v);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(
            fabs(x[i] - expected[i]) <= tolerance, "element %zu: %.17g, not %.17g", i, x[i], expected[i]);
    free(x);
}

static void gradient_near(wg_var loss, wg_var x, const double *expected, size_t n, double tolerance)
{
    double gradient[16];
    ck_assert_uint_le(n, 16);
    ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(wg_tape_of(x)));
    ck_assert_int_eq(wg_read_grad(x, gradient, n), WG_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(gradient[i] - expected[i]) <= tolerance, "gradient %zu: %.17g, not %.17g", i,
            gradient[i], expected[i]);
}

/* ---- The lectures' numbers. Scores of cat, car, frog for an image of each (N5). */

static const double image_scores[] = {3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1};
static const int32_t image_labels[] = {0, 1, 2};

static const wg_loss_options none = {.reduction = WG_NONE}, sum = {.reduction = WG_SUM};

static wg_var scores_on(wg_tape *tape, const double *scores, size_t n, wg_var *labels)
{
    *labels = wg_input(tape, WG_INTS(image_labels, n));
    return wg_leaf(tape, WG_DOUBLES(scores, n, 3));
}

START_TEST(hinge_of_the_lecture)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var y, s = scores_on(tape, image_scores, 3, &y);
    near(wg_hinge(s, y, &none), (const double[]){2.9, 0, 12.9}, 3, 1e-8);
    near(wg_hinge(s, y, NULL), (const double[]){15.8 / 3}, 1, 1e-8);
    gradient_near(wg_hinge(s, y, &sum), s, (const double[]){-1, 1, 0, 0, 0, 0, 1, 1, -2}, 9, 1e-8);
    wg_tape_free(tape);
}
END_TEST

/* Questions 1, 3, 4, 5 and 6 of N6; 2 W of N7. */
START_TEST(hinge_questions)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    double lower[9], twice[9];
    const double zero[9] = {0};
    for (size_t i = 0; i < 9; i++)
        lower[i] = image_scores[i] - (i == 4 ? 0.5 : 0), twice[i] = 2 * image_scores[i];
    wg_var y, s = scores_on(tape, lower, 3, &y);
    near(wg_hinge(s, y, &none), (const double[]){2.9, 0, 12.9}, 3, 1e-8);
    near(wg_hinge(scores_on(tape, zero, 3, &y), y, NULL), (const double[]){2}, 1, 1e-8);
    s = scores_on(tape, image_scores, 3, &y);
    wg_loss_options options = {.reduction = WG_NONE, .include_label = true};
    near(wg_hinge(s, y, &options), (const double[]){3.9, 1, 13.9}, 3, 1e-8);
    options = (wg_loss_options){.reduction = WG_NONE, .divide_by_classes = true};
    near(wg_mulc(wg_hinge(s, y, &options), 3. / 2), (const double[]){1.45, 0, 6.45}, 3, 1e-8);
    options = (wg_loss_options){.reduction = WG_NONE, .power = 2};
    near(wg_hinge(s, y, &options), (const double[]){8.41, 0, 83.25}, 3, 1e-8);
    near(wg_hinge(scores_on(tape, twice, 3, &y), y, &none), (const double[]){4.8, 0, 23.8}, 3, 1e-8);
    ok(tape);
    wg_tape_free(tape);
}
END_TEST

/* A class that meets its margin exactly has slope 0; a margin of 0 is said by a negative number. */
START_TEST(hinge_ties)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const double scores[] = {2, 1, 1.5};
    wg_var y, s = scores_on(tape, scores, 1, &y);
    gradient_near(wg_hinge(s, y, NULL), s, (const double[]){-1, 0, 1}, 3, 0);
    near(wg_hinge(s, y, &(wg_loss_options){.margin = WG_ZERO}), (const double[]){0}, 1, 0);
    near(wg_hinge(s, y, &(wg_loss_options){.margin = 2}), (const double[]){2.5}, 1, 1e-15);
    wg_tape_free(tape);
}
END_TEST

/* N8. */
START_TEST(cross_entropy_of_the_lectures)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var y, z = scores_on(tape, image_scores, 3, &y);
    near(wg_cross_entropy(z, y, &none), (const double[]){2.040355, 0.079132, 6.156477}, 3, 5e-7);
    near(wg_cross_entropy(z, y, NULL), (const double[]){2.758655}, 1, 5e-7);
    near(wg_softmax(wg_slice(z, 0, 0, 1, 1), 1), (const double[]){0.129983, 0.869050, 0.000968}, 3, 5e-7);
    double total = exp(3.2) + exp(5.1) + exp(-1.7);
    const double slope[] = {exp(3.2) / total - 1, exp(5.1) / total, exp(-1.7) / total};
    near(wg_cross_entropy(z, y, &none),
        (const double[]){log(total) - 3.2, log(exp(1.3) + exp(4.9) + exp(2.0)) - 4.9,
            log(exp(2.2) + exp(2.5) + exp(-3.1)) + 3.1},
        3, 1e-12);
    wg_var z1 = scores_on(tape, image_scores, 1, &y);
    gradient_near(wg_cross_entropy(z1, y, NULL), z1, slope, 3, 1e-14);
    gradient_near(
        wg_cross_entropy(z1, y, NULL), z1, (const double[]){-0.870017, 0.869050, 0.000968}, 3, 5e-7);
    const double equal[30] = {0};
    near(wg_cross_entropy(scores_on(tape, equal, 3, &y), y, NULL), (const double[]){log(3)}, 1, 1e-15);
    y = wg_input(tape, WG_INTS(image_labels, 3));
    near(wg_cross_entropy(wg_leaf(tape, WG_DOUBLES(equal, 3, 10)), y, NULL), (const double[]){log(10)}, 1,
        1e-15);
    wg_tape_free(tape);
}
END_TEST

/* N9, and softplus((1 - 2 y) z) to full relative accuracy far out. */
START_TEST(bce_of_the_lectures)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const double z[] = {2, 2, -30, 30, -800, 0}, y[] = {1, 0, 1, 1, 0, 0};
    wg_var zs = wg_leaf(tape, WG_DOUBLES(z, 6)), ys = wg_leaf(tape, WG_DOUBLES(y, 6));
    wg_var loss = wg_bce_with_logits(zs, ys, &none);
    near(loss, (const double[]){0.1269280110, 2.1269280110, 30, 0, 0, log(2)}, 6, 5e-11);
    gradient_near(wg_sum(loss), zs, (const double[]){-0.1192029220, 0.8807970780, -1, 0, 0, 0.5}, 6, 5e-11);
    gradient_near(wg_sum(loss), ys, (const double[]){-2, -2, 30, -30, 800, 0}, 6, 0);
    double each[6], slope[6];
    wg_read(loss, each, 6);
    ck_assert_int_eq(wg_backward(wg_sum(loss)), WG_OK);
    wg_read_grad(zs, slope, 6);
    ck_assert_double_eq_tol(each[3] / log1p(exp(-30)), 1, 1e-14);
    ck_assert_double_eq_tol(slope[3] / (-1 / (1 + exp(30))), 1, 1e-14);
    wg_tape_free(tape);
}
END_TEST

START_TEST(numbers_by_hand)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const double a[] = {1, -2, 3, 0.5}, b[] = {1, 0, 2.5, -2.5}; /* d = 0, -2, 0.5, 3 */
    wg_var x = wg_leaf(tape, WG_DOUBLES(a, 2, 2)), t = wg_leaf(tape, WG_DOUBLES(b, 2, 2));
    near(wg_mse(x, t, &none), (const double[]){0, 4, 0.25, 9}, 4, 0);
    near(wg_mse(x, t, NULL), (const double[]){13.25 / 4}, 1, 0);
    near(wg_l1(x, t, &sum), (const double[]){5.5}, 1, 0);
    near(wg_huber(x, t, &none), (const double[]){0, 1.5, 0.125, 2.5}, 4, 0);
    near(wg_huber(x, t, &(wg_loss_options){.reduction = WG_SUM, .delta = 2}), (const double[]){2 + 0.125 + 4},
        1, 0);
    gradient_near(wg_mse(x, t, NULL), x, (const double[]){0, -1, 0.25, 1.5}, 4, 0);
    gradient_near(wg_mse(x, t, NULL), t, (const double[]){0, 1, -0.25, -1.5}, 4, 0);
    gradient_near(wg_l1(x, t, &sum), x, (const double[]){0, -1, 1, 1}, 4, 0);
    gradient_near(wg_huber(x, t, &sum), x, (const double[]){0, -1, 0.5, 1}, 4, 0);
    gradient_near(wg_huber(x, t, &sum), t, (const double[]){0, 1, -0.5, -1}, 4, 0);
    wg_tape_free(tape);
}
END_TEST

/* ---- Fused against composed, to the second order */

typedef struct loss_case {
    const char *name;
    wg_var (*loss)(wg_var a, wg_var b, const wg_loss_options *options);
    wg_var (*each)(wg_var a, wg_var b, const wg_loss_options *options);
    wg_shape shape;
    bool labels, probabilities;
    wg_loss_options options;
} loss_case;

/* 1 at the label: [N, d1, ...] -> [N, C, d1, ...] */
static wg_var hot(wg_var labels, size_t classes)
{
    wg_shape shape = wg_shape_of(labels);
    wg_axes axes = {.count = shape.rank + 1, .axis = {0, (int)shape.rank}};
    for (size_t axis = 1; axis < shape.rank; axis++)
        axes.axis[axis + 1] = (int)axis;
    return wg_permute(wg_one_hot(labels, classes), axes);
}

static wg_var each_cross_entropy(wg_var z, wg_var y, const wg_loss_options *o)
{
    size_t classes = wg_shape_of(z).dim[1];
    y = wg_dtype_of(y) == WG_I32 ? hot(y, classes) : y;
    y = wg_addc(wg_mulc(y, 1 - o->label_smoothing), o->label_smoothing / (double)classes);
    wg_var log_p = wg_sub(z, wg_logsumexp_over(z, WG_AXES(1), true));
    return wg_neg(wg_sum_over(wg_mul(y, log_p), WG_AXES(1), false));
}

static wg_var each_hinge(wg_var s, wg_var y, const wg_loss_options *o)
{
    size_t classes = wg_shape_of(s).dim[1];
    double margin = o->margin == 0 ? 1 : o->margin;
    y = hot(y, classes);
    wg_var m = wg_relu(wg_addc(wg_sub(s, wg_sum_over(wg_mul(s, y), WG_AXES(1), true)), margin));
    m = wg_sum_over(o->power == 2 ? wg_square(m) : m, WG_AXES(1), false);
    m = o->include_label ? m : wg_subc(m, o->power == 2 ? margin * margin : margin);
    return o->divide_by_classes ? wg_divc(m, (double)classes) : m;
}

static wg_var each_bce(wg_var z, wg_var y, const wg_loss_options *o)
{
    (void)o;
    return wg_sub(wg_softplus(z), wg_mul(z, y));
}

static wg_var each_mse(wg_var a, wg_var b, const wg_loss_options *o)
{
    (void)o;
    return wg_square(wg_sub(a, b));
}

static wg_var each_l1(wg_var a, wg_var b, const wg_loss_options *o)
{
    (void)o;
    return wg_abs(wg_sub(a, b));
}

static wg_var each_huber(wg_var a, wg_var b, const wg_loss_options *o)
{
    double delta = o->delta == 0 ? 1 : o->delta;
    wg_var d = wg_abs(wg_sub(a, b)), near_part = wg_mulc(wg_square(d), 0.5);
    return wg_where(wg_lec(d, delta), near_part, wg_mulc(wg_subc(d, delta / 2), delta));
}

#define REDUCTIONS(...)                                                                                      \
    {__VA_ARGS__, .options.reduction = WG_MEAN}, {__VA_ARGS__, .options.reduction = WG_SUM},                 \
    {                                                                                                        \
        __VA_ARGS__, .options.reduction = WG_NONE                                                            \
    }

static const loss_case cases[] = {
    REDUCTIONS("cross_entropy", wg_cross_entropy, each_cross_entropy, {2, {5, 4}}, .labels = true),
    REDUCTIONS("at positions", wg_cross_entropy, each_cross_entropy, {4, {2, 3, 2, 2}}, .labels = true),
    REDUCTIONS("smoothed", wg_cross_entropy, each_cross_entropy, {2, {5, 4}}, .labels = true,
        .options.label_smoothing = 0.1),
    REDUCTIONS("probabilities", wg_cross_entropy, each_cross_entropy, {2, {5, 4}}, .probabilities = true),
    REDUCTIONS("probabilities at positions", wg_cross_entropy, each_cross_entropy, {3, {2, 3, 4}},
        .probabilities = true, .options.label_smoothing = 0.3),
    {"many classes", wg_cross_entropy, each_cross_entropy, {2, {3, 9000}}, .labels = true},
    {"many samples", wg_cross_entropy, each_cross_entropy, {2, {1500, 3}}, .labels = true},
    {"many positions", wg_cross_entropy, each_cross_entropy, {3, {2, 3, 150}}, .labels = true},
    REDUCTIONS("hinge", wg_hinge, each_hinge, {2, {6, 4}}, .labels = true),
    REDUCTIONS("squared", wg_hinge, each_hinge, {2, {6, 4}}, .labels = true, .options.power = 2,
        .options.margin = 0.7),
    {"with the label", wg_hinge, each_hinge, {2, {6, 4}}, .labels = true, .options.include_label = true,
        .options.divide_by_classes = true, .options.margin = 0.4},
    {"hinge, many samples", wg_hinge, each_hinge, {2, {1500, 7}}, .labels = true},
    REDUCTIONS("bce", wg_bce_with_logits, each_bce, {2, {3, 5}}, .probabilities = true),
    {"bce, many", wg_bce_with_logits, each_bce, {1, {20001}}, .probabilities = true},
    REDUCTIONS("mse", wg_mse, each_mse, {3, {2, 3, 2}}),
    {"mse of scalars", wg_mse, each_mse, {0, {0}}, .options.reduction = WG_NONE},
    {"mse, many", wg_mse, each_mse, {1, {20001}}, .options.reduction = WG_MEAN},
    REDUCTIONS("l1", wg_l1, each_l1, {2, {3, 4}}),
    REDUCTIONS("huber", wg_huber, each_huber, {2, {5, 4}}, .options.delta = 0.6),
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void operands(const loss_case *c, wg_tape *tape, wg_var *in)
{
    in[0] = leaf(tape, c->shape, 1, 0);
    if (!c->labels) {
        in[1] = leaf(tape, c->shape, 2, 0);
        double *y = values(in[1]);
        for (size_t i = 0; c->probabilities && i < wg_count_of(in[1]); i++)
            y[i] = (double)(float)(1 / (1 + exp(-y[i])));
        ck_assert_int_eq(wg_set(in[1], wg_array_of(y, WG_F64, c->shape)), WG_OK);
        free(y);
        return;
    }
    wg_shape shape = {.rank = c->shape.rank - 1, .dim = {c->shape.dim[0]}};
    for (size_t axis = 2; axis < c->shape.rank; axis++)
        shape.dim[axis - 1] = c->shape.dim[axis];
    size_t count = count_of(shape);
    int32_t *labels = malloc(count * sizeof *labels);
    wg_random r = {.seed = 3};
    for (size_t i = 0; i < count; i++)
        labels[i] = (int32_t)wg_random_below(&r, c->shape.dim[1]);
    in[1] = wg_input(tape, wg_array_of(labels, WG_I32, shape));
    free(labels);
}

static wg_var composed(const loss_case *c, const wg_var *in)
{
    wg_var each = c->each(in[0], in[1], &c->options);
    return c->options.reduction == WG_NONE  ? each
           : c->options.reduction == WG_SUM ? wg_sum(each)
                                            : wg_mean(each);
}

START_TEST(fused_as_composed)
{
    const loss_case *c = &cases[_i];
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var in[2], y[2], first[2][2], second[2][2];
    operands(c, tape, in);
    size_t n = c->labels ? 1 : 2;
    for (int k = 0; k < 2; k++) {
        y[k] = k ? composed(c, in) : c->loss(in[0], in[1], &c->options);
        wg_var loss = weigh(y[k], 100), again;
        ck_assert_msg(wg_grad(&loss, 1, NULL, in, n, first[k]) == WG_OK, "%s", wg_tape_message(tape));
        again = weigh(first[k][0], 101);
        again = n == 2 ? wg_add(again, weigh(first[k][1], 102)) : again;
        ck_assert_msg(wg_grad(&again, 1, NULL, in, n, second[k]) == WG_OK, "%s", wg_tape_message(tape));
    }
    same(y[0], y[1], 1e-12, c->name);
    for (size_t i = 0; i < n; i++) {
        same(first[0][i], first[1][i], 1e-12, "first order");
        same(second[0][i], second[1][i], 1e-11, "second order");
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(float_as_double)
{
    const loss_case *c = &cases[_i];
    wg_var in[2][2], y[2];
    double *grad[2];
    wg_tape *tape[2] = {new_tape(WG_F64, false, 1), new_tape(WG_F32, false, 1)};
    for (size_t k = 0; k < 2; k++) {
        operands(c, tape[k], in[k]);
        ck_assert_int_eq(wg_replay(tape[k]), WG_OK);
        y[k] = c->loss(in[k][0], in[k][1], &c->options);
        size_t count = wg_count_of(in[k][0]);
        grad[k] = malloc(count * sizeof *grad[k]);
        ck_assert_msg(wg_backward(wg_sum(y[k])) == WG_OK, "%s", wg_tape_message(tape[k]));
        ck_assert_int_eq(wg_read_grad(in[k][0], grad[k], count), WG_OK);
    }
    same(y[1], y[0], 2e-6, c->name);
    for (size_t i = 0; i < wg_count_of(in[0][0]); i++)
        ck_assert_double_eq_tol(grad[1][i], grad[0][i], 2e-6);
    free(grad[0]), free(grad[1]);
    wg_tape_free(tape[0]), wg_tape_free(tape[1]);
}
END_TEST

START_TEST(same_bits_on_any_threads)
{
    const loss_case *c = &cases[_i];
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        double *loss = NULL, *grad = NULL;
        for (int threads = 1; threads <= 3; threads++) {
            wg_tape *tape = new_tape(dtype, false, threads);
            wg_var in[2];
            operands(c, tape, in);
            ck_assert_int_eq(wg_replay(tape), WG_OK);
            wg_var y = c->loss(in[0], in[1], &c->options);
            size_t count = wg_count_of(in[0]);
            double *loss_now = values(y), *grad_now = malloc(count * sizeof *grad_now);
            ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
            ck_assert_int_eq(wg_read_grad(in[0], grad_now, count), WG_OK);
            if (threads > 1) {
                ck_assert_mem_eq(loss, loss_now, wg_count_of(y) * sizeof *loss);
                ck_assert_mem_eq(grad, grad_now, count * sizeof *grad);
            }
            free(loss), free(grad);
            loss = loss_now, grad = grad_now;
            wg_tape_free(tape);
        }
        free(loss), free(grad);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{hinge_of_the_lecture, 1}, {hinge_questions, 1}, {hinge_ties, 1},
        {cross_entropy_of_the_lectures, 1}, {bce_of_the_lectures, 1}, {numbers_by_hand, 1},
        {fused_as_composed, CASES}, {float_as_double, CASES}, {same_bits_on_any_threads, CASES}};
    return harness_run("loss", tests, sizeof tests / sizeof tests[0]);
}
