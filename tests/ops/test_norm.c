/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Batch and layer normalisation: the lecture's numbers, the fused kernels against the same formula in simpler
 * operations up to the second order, accuracy, errors. */

#include "vars.h"

/* ---- The lecture's numbers (N32) */

static const double lecture_x[] = {1, 2, 4, 5};

START_TEST(lecture_numbers)
{
    const double gamma = 2, beta = 0.5, dy[] = {1, 0, 0, -1};
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_var x = wg_leaf(tape, WG_DOUBLES(lecture_x, 4, 1));
    wg_var g = wg_leaf(tape, WG_DOUBLES(&gamma, 1)), b = wg_leaf(tape, WG_DOUBLES(&beta, 1));
    wg_var y = wg_batch_norm(x, g, b, NULL);
    const double y_expected[] = {-2.0298171, -0.7649085, 1.7649085, 3.0298171};
    const double dx_expected[] = {0.25298575, -0.50596139, 0.50596139, -0.25298575};
    double *y_is = values(y), r = 1 / sqrt(2.5 + 1e-5), dx[4], dgamma, dbeta;
    for (size_t i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(y_is[i], y_expected[i], 5e-8);
        ck_assert_double_eq_tol(y_is[i], gamma * (lecture_x[i] - 3) * r + beta, 1e-14);
    }
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(dy, 4, 1)), WG_OK);
    wg_read_grad(x, dx, 4);
    wg_read_grad(g, &dgamma, 1);
    wg_read_grad(b, &dbeta, 1);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(dx[i], dx_expected[i], 1e-8);
    ck_assert_double_eq_tol(dgamma, -2.5298171, 5e-8);
    ck_assert_double_eq_tol(dgamma, -4 * r, 1e-14);
    ck_assert_double_eq_tol(dbeta, 0, 1e-14);
    ck_assert_double_eq_tol(dx[0] + dx[1] + dx[2] + dx[3], 0, 1e-14);
    free(y_is);
    wg_tape_free(tape);
}
END_TEST

/* With gamma the deviation and beta the mean, what comes out is what went in. */
START_TEST(recovers_its_input)
{
    wg_tape *tape = new_tape(WG_F64, true, 1);
    const double gamma = sqrt(2.5), beta = 3;
    wg_var x = wg_input(tape, WG_DOUBLES(lecture_x, 4, 1));
    wg_var y = wg_batch_norm(x, wg_leaf(tape, WG_DOUBLES(&gamma, 1)), wg_leaf(tape, WG_DOUBLES(&beta, 1)),
        &(wg_batch_norm_options){.eps = WG_ZERO});
    same(y, x, 1e-14, "recovered");
    wg_tape_free(tape);
}
END_TEST

/* ---- Fused against composed, to the second order */

typedef struct norm_case {
    const char *name;
    bool layer, running;
    bool training;
    wg_shape x, gamma;
    double mean;
} norm_case;

static const norm_case cases[] = {
    {"batch [N, C]", .training = true, .x = {2, {7, 5}}, .gamma = {1, {5}}},
    {"batch [N, C, H, W]", .training = true, .x = {4, {3, 4, 2, 5}}, .gamma = {1, {4}}},
    {"batch, one position", .training = true, .x = {4, {6, 4, 1, 1}}, .gamma = {1, {4}}},
    {"batch, many rows and channels", .training = true, .x = {2, {150, 131}}, .gamma = {1, {131}}, .mean = 3},
    {"batch, many positions", .training = true, .x = {3, {3, 3, 4100}}, .gamma = {1, {3}}, .mean = 3},
    {"batch, many samples", .training = true, .x = {3, {90, 5, 40}}, .gamma = {1, {5}}, .mean = 3},
    {"batch, evaluation", .x = {3, {4, 3, 2}}, .gamma = {1, {3}}},
    {"batch, running statistics", .running = true, .x = {3, {4, 3, 2}}, .gamma = {1, {3}}},
    {"batch, running statistics, [N, C]", .running = true, .x = {2, {4, 3}}, .gamma = {1, {3}}},
    {"layer, last axis", .layer = true, .x = {2, {6, 5}}, .gamma = {1, {5}}},
    {"layer, two axes", .layer = true, .x = {4, {2, 3, 4, 5}}, .gamma = {2, {4, 5}}},
    {"layer, all axes", .layer = true, .x = {1, {9}}, .gamma = {1, {9}}},
    {"layer, many rows", .layer = true, .x = {2, {700, 24}}, .gamma = {1, {24}}, .mean = 3},
    {"layer, long rows", .layer = true, .x = {2, {20, 900}}, .gamma = {1, {900}}, .mean = 3},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static double running_mean[8] = {0.3, -0.2, 0.5}, running_var[8] = {0.7, 1.5, 2.5};
static float running_mean_f32[8] = {0.3f, -0.2f, 0.5f}, running_var_f32[8] = {0.7f, 1.5f, 2.5f};

static wg_var fused(const norm_case *c, const wg_var *in)
{
    wg_batch_norm_options options = {.eps = 1e-3};
    if (c->running) {
        bool narrow = wg_dtype_of(in[0]) == WG_F32;
        options.running_mean = narrow ? (void *)running_mean_f32 : (void *)running_mean;
        options.running_var = narrow ? (void *)running_var_f32 : (void *)running_var;
    }
    return c->layer ? wg_layer_norm(in[0], in[1], in[2], &(wg_layer_norm_options){.eps = 1e-3})
                    : wg_batch_norm(in[0], in[1], in[2], &options);
}

static wg_var composed(const norm_case *c, const wg_var *in)
{
    wg_axes axes = {0};
    wg_shape wide = {.rank = c->x.rank};
    for (size_t axis = 0; axis < c->x.rank; axis++) {
        bool within = c->layer ? axis + c->gamma.rank >= c->x.rank : axis != 1;
        wide.dim[axis] = c->layer == within ? c->x.dim[axis] : 1;
        if (within)
            axes.axis[axes.count++] = (int)axis;
    }
    wg_tape *tape = wg_tape_of(in[0]);
    wg_var mean = c->running ? wg_reshape(wg_const(tape, WG_DOUBLES(running_mean, 3)), wide)
                             : wg_mean_over(in[0], axes, true);
    wg_var var = c->running ? wg_reshape(wg_const(tape, WG_DOUBLES(running_var, 3)), wide)
                            : wg_mean_over(wg_square(wg_sub(in[0], mean)), axes, true);
    wg_var x_hat = wg_div(wg_sub(in[0], mean), wg_sqrt(wg_addc(var, 1e-3)));
    return wg_add(wg_mul(x_hat, wg_reshape(in[1], wide)), wg_reshape(in[2], wide));
}

typedef struct orders {
    wg_var y, first[3], second[3];
} orders;

static orders differentiate(wg_var y, const wg_var *in)
{
    orders o = {.y = y};
    wg_var loss = weigh(y, 100);
    ck_assert_int_eq(wg_grad(&loss, 1, NULL, in, 3, o.first), WG_OK);
    wg_var again = wg_add(wg_add(weigh(o.first[0], 101), weigh(o.first[1], 102)), weigh(o.first[2], 103));
    ck_assert_int_eq(wg_grad(&again, 1, NULL, in, 3, o.second), WG_OK);
    return o;
}

static void operands(const norm_case *c, wg_tape *tape, wg_var *in)
{
    in[0] = leaf(tape, c->x, 1, c->mean);
    in[1] = leaf(tape, c->gamma, 2, 1);
    in[2] = leaf(tape, c->gamma, 3, 0);
}

START_TEST(fused_as_composed)
{
    const norm_case *c = &cases[_i];
    wg_tape *tape = new_tape(WG_F64, c->training, 1);
    wg_var in[3];
    operands(c, tape, in);
    orders a = differentiate(fused(c, in), in), b = differentiate(composed(c, in), in);
    ok(tape);
    same(a.y, b.y, 1e-12, c->name);
    for (size_t i = 0; i < 3; i++) {
        same(a.first[i], b.first[i], 1e-10, "first order");
        same(a.second[i], b.second[i], 1e-8, "second order");
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(float_as_double)
{
    const norm_case *c = &cases[_i];
    wg_var in[2][3], y[2];
    wg_tape *tape[2] = {new_tape(WG_F64, c->training, 1), new_tape(WG_F32, c->training, 1)};
    double *grad[2];
    for (size_t k = 0; k < 2; k++) {
        operands(c, tape[k], in[k]);
        y[k] = fused(c, in[k]);
        ck_assert_msg(wg_backward(weigh(y[k], 100)) == WG_OK, "%s", wg_tape_message(tape[k]));
    }
    same(y[1], y[0], 1e-5, c->name);
    for (size_t i = 0; i < 3; i++) {
        size_t count = wg_count_of(in[0][i]);
        double scale = 0;
        for (size_t k = 0; k < 2; k++) {
            grad[k] = malloc(count * sizeof *grad[k]);
            ck_assert_int_eq(wg_read_grad(in[k][i], grad[k], count), WG_OK);
        }
        for (size_t j = 0; j < count; j++)
            scale = fmax(scale, fabs(grad[0][j]));
        for (size_t j = 0; j < count; j++)
            ck_assert_double_eq_tol(grad[1][j], grad[0][j], 1e-5 * fmax(1, scale));
        free(grad[0]), free(grad[1]);
    }
    wg_tape_free(tape[0]), wg_tape_free(tape[1]);
}
END_TEST

START_TEST(same_bits_on_any_threads)
{
    const norm_case *c = &cases[_i];
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        void *first[4] = {0};
        for (int threads = 1; threads <= 3; threads++) {
            wg_tape *tape = new_tape(dtype, c->training, threads);
            wg_var in[3];
            operands(c, tape, in);
            wg_var y = fused(c, in);
            ck_assert_int_eq(wg_backward(weigh(y, 100)), WG_OK);
            for (size_t i = 0; i < 4; i++) {
                const void *data = i < 3 ? wg_grad_data(in[i]) : wg_data(y);
                size_t bytes = wg_count_of(i < 3 ? in[i] : y) * wg_dtype_size(dtype);
                if (threads == 1)
                    first[i] = memcpy(malloc(bytes), data, bytes);
                else
                    ck_assert_mem_eq(first[i], data, bytes);
            }
            wg_tape_free(tape);
        }
        for (size_t i = 0; i < 4; i++)
            free(first[i]);
    }
}
END_TEST

/* ---- Accuracy */

/* A mean of 2^13 with steps of 2^-8 around it: exact in float, hopeless for a mean of squares. */
START_TEST(small_variance_at_a_large_mean)
{
    enum { N = 600 };
    float x[N], y[N];
    double mean = 0, var = 0;
    const float one = 1, zero = 0;
    for (size_t i = 0; i < N; i++)
        x[i] = 8192 + (float)((i * 37) % 101) / 256, mean += (double)x[i] / N;
    for (size_t i = 0; i < N; i++)
        var += ((double)x[i] - mean) * ((double)x[i] - mean) / N;
    for (int layer = 0; layer < 2; layer++) {
        wg_tape *tape = new_tape(WG_F32, true, 1);
        if (layer) {
            wg_shape shape = WG_SHAPE(1, N);
            wg_var ones = wg_full(tape, WG_SHAPE(N), 1), zeros = wg_full(tape, WG_SHAPE(N), 0);
            wg_read_f32(
                wg_layer_norm(wg_input(tape, wg_array_of(x, WG_F32, shape)), ones, zeros, NULL), y, N);
        } else {
            wg_var g = wg_input(tape, WG_FLOATS(&one, 1)), b = wg_input(tape, WG_FLOATS(&zero, 1));
            wg_read_f32(wg_batch_norm(wg_input(tape, WG_FLOATS(x, N, 1)), g, b, NULL), y, N);
        }
        ok(tape);
        for (size_t i = 0; i < N; i++)
            ck_assert_double_eq_tol((double)y[i], ((double)x[i] - mean) / sqrt(var + 1e-5), 1e-6);
        wg_tape_free(tape);
    }
}
END_TEST

/* The same numbers, and the second derivatives: on a float tape as on a double one. */
START_TEST(second_order_at_a_large_mean)
{
    enum { N = 60 };
    double x[N], found[2][N], most = 0;
    for (size_t i = 0; i < N; i++)
        x[i] = 8192 + (double)((i * 37) % 101) / 256;
    for (int f32 = 0; f32 < 2; f32++) {
        wg_tape *tape = new_tape(f32 ? WG_F32 : WG_F64, true, 1);
        wg_var v = wg_leaf(tape, WG_DOUBLES(x, N, 1)), y;
        if (_i)
            y = wg_layer_norm(wg_reshape(v, WG_SHAPE(1, N)), wg_full(tape, WG_SHAPE(N), 1),
                wg_full(tape, WG_SHAPE(N), 0), NULL);
        else
            y = wg_batch_norm(v, wg_full(tape, WG_SHAPE(1), 1), wg_full(tape, WG_SHAPE(1), 0), NULL);
        wg_var slope = wg_grad1(weigh(y, 3), v);
        ck_assert_int_eq(wg_read(wg_grad1(weigh(slope, 4), v), found[f32], N), WG_OK);
        wg_tape_free(tape);
    }
    for (size_t i = 0; i < N; i++)
        most = fmax(most, fabs(found[0][i]));
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(found[1][i], found[0][i], 1e-5 * most);
}
END_TEST

/* ---- Zero sizes and errors */

START_TEST(zero_sizes)
{
    const wg_shape batch[] = {{2, {0, 3}}, {3, {0, 3, 2}}, {3, {2, 3, 0}}, {2, {4, 0}}, {4, {2, 0, 3, 3}}};
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        for (size_t i = 0; i < sizeof batch / sizeof batch[0]; i++) {
            wg_tape *tape = new_tape(dtype, true, 2);
            size_t channels = batch[i].dim[1];
            wg_var x = leaf(tape, batch[i], 1, 0), g = leaf(tape, WG_SHAPE(channels), 2, 0);
            wg_var b = leaf(tape, WG_SHAPE(channels), 3, 0);
            wg_var loss = wg_sum(wg_batch_norm(x, g, b, NULL));
            double gradient[3] = {7, 7, 7};
            ck_assert_double_eq(wg_item(loss), 0);
            ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(tape));
            ck_assert_int_eq(wg_read_grad(g, gradient, channels), WG_OK);
            for (size_t c = 0; c < channels; c++)
                ck_assert_double_eq(gradient[c], 0);
            wg_tape_free(tape);
        }
        const wg_shape layer[] = {{2, {0, 3}}, {2, {3, 0}}, {1, {0}}};
        for (size_t i = 0; i < sizeof layer / sizeof layer[0]; i++) {
            wg_tape *tape = new_tape(dtype, true, 2);
            wg_shape last = WG_SHAPE(layer[i].dim[layer[i].rank - 1]);
            wg_var x = leaf(tape, layer[i], 1, 0), g = leaf(tape, last, 2, 0), b = leaf(tape, last, 3, 0);
            wg_var loss = wg_sum(wg_layer_norm(x, g, b, NULL));
            double gradient[3] = {7, 7, 7};
            ck_assert_double_eq(wg_item(loss), 0);
            ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(tape));
            ck_assert_int_eq(wg_read_grad(b, gradient, last.dim[0]), WG_OK);
            for (size_t c = 0; c < last.dim[0]; c++)
                ck_assert_double_eq(gradient[c], 0);
            wg_tape_free(tape);
        }
    }
}
END_TEST

static wg_var full(wg_tape *tape, wg_shape shape)
{
    return wg_full(tape, shape, 1);
}

START_TEST(batch_norm_errors)
{
    const int32_t integers[6] = {0};
    double memory[3] = {0};
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(full(tape, WG_SHAPE(4)), full(tape, WG_SHAPE(4)), full(tape, WG_SHAPE(4)), NULL);
    fails(tape, WG_BAD_SHAPE, "batch_norm: operand 0 [4] is not [N, C, ...]");
    tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(4)), NULL);
    fails(tape, WG_BAD_SHAPE, "operand 2 [4] does not fit the channels (axis 1) of operand 0 [4, 3]");
    tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(
        wg_input(tape, WG_INTS(integers, 2, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)), NULL);
    fails(tape, WG_BAD_DTYPE, "operand 0 [2, 3] is not floating");
    tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)),
        &(wg_batch_norm_options){.running_mean = memory});
    fails(tape, WG_INVALID, "running mean and variance go together");
    tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)),
        &(wg_batch_norm_options){.momentum = 1.5});
    fails(tape, WG_INVALID, "momentum 1.5");
    tape = new_tape(WG_F64, true, 1);
    wg_batch_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)),
        &(wg_batch_norm_options){.eps = (double)NAN});
    fails(tape, WG_INVALID, "eps nan");
}
END_TEST

START_TEST(layer_norm_errors)
{
    const int32_t integers[6] = {0};
    wg_tape *tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(4)), NULL);
    fails(tape, WG_BAD_SHAPE, "gamma and beta differ: operand 1 [3], operand 2 [4]");
    tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(full(tape, WG_SHAPE(4, 3)), full(tape, WG_SHAPE(4)), full(tape, WG_SHAPE(4)), NULL);
    fails(tape, WG_BAD_SHAPE, "the last axes of operand 0 [4, 3] are not those of operand 1 [4]");
    tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(1, 3)), full(tape, WG_SHAPE(1, 3)), NULL);
    fails(tape, WG_BAD_SHAPE, "the last axes of operand 0 [3]");
    tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(full(tape, WG_SHAPE(3)), wg_const_scalar(tape, 1), wg_const_scalar(tape, 1), NULL);
    fails(tape, WG_BAD_SHAPE, "the last axes");
    tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(
        wg_input(tape, WG_INTS(integers, 2, 3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)), NULL);
    fails(tape, WG_BAD_DTYPE, "is not floating");
    tape = new_tape(WG_F64, true, 1);
    wg_layer_norm(full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)), full(tape, WG_SHAPE(3)),
        &(wg_layer_norm_options){.eps = (double)INFINITY});
    fails(tape, WG_INVALID, "eps inf");
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{lecture_numbers, 1}, {recovers_its_input, 1}, {fused_as_composed, CASES},
        {float_as_double, CASES}, {same_bits_on_any_threads, CASES}, {small_variance_at_a_large_mean, 1},
        {second_order_at_a_large_mean, 2}, {zero_sizes, 1}, {batch_norm_errors, 1}, {layer_norm_errors, 1}};
    return harness_run("norm", tests, sizeof tests / sizeof tests[0]);
}
