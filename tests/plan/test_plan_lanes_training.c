/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Networks trained by plans with their images in batch lanes: as by hand but for rounding, whose bound is
 * that of plan.h, and the same bits on any number of threads. */
#include <stdlib.h>
#include "plan_training.h"

static const wg_layer_conv2d_options same = {.conv.padding = 1};

static wg_var lenet(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_max_pool2d(wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 3, NULL)), 2, NULL);
    x = wg_relu(wg_layer_dense(p, "fc1", wg_flatten(x), 20, NULL));
    return wg_layer_dense(p, "fc2", x, 10, NULL);
}

static wg_var vgg(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 8, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 8, 3, &same));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv3", x, 12, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv4", x, 12, 3, &same));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    return wg_layer_dense(p, "fc", x, 10, NULL);
}

/* Masks and strides lie in rows. */
static wg_var residual(wg_params *p, wg_var x)
{
    wg_var in = wg_layer_conv2d(p, "stem", x, 6, 1, NULL);
    x = wg_relu(wg_layer_batch_norm(p, "norm1", wg_layer_conv2d(p, "conv1", in, 6, 3, &same), NULL));
    x = wg_layer_batch_norm(p, "norm2", wg_layer_conv2d(p, "conv2", wg_dropout(x, 0.2), 6, 3, &same), NULL);
    x = wg_relu(wg_add(x, in));
    x = wg_layer_conv2d(p, "down", x, 6, 3, &(wg_layer_conv2d_options){.conv.stride = 2});
    x = wg_avg_pool2d(wg_silu(wg_layer_conv2d(p, "last", x, 6, 3, &same)), 2, NULL);
    return wg_layer_dense(p, "head", wg_mean_over(x, WG_AXES(2, 3), false), 10, NULL);
}

static network *const networks[] = {lenet, vgg, residual, network_cnn};
static const size_t batches[] = {8, 12, 16, 64};

typedef wg_optim *optimiser(wg_params *params);

static wg_optim *sgd(wg_params *params)
{
    return wg_sgd_new(params, &(wg_sgd_options){.lr = 0.05});
}

static wg_optim *momentum(wg_params *params)
{
    return wg_sgd_new(params, &(wg_sgd_options){.lr = 0.02, .momentum = 0.9});
}

/* eps large enough that a tiny gradient's sign does not decide. */
static wg_optim *adam(wg_params *params)
{
    return wg_adam_new(params, &(wg_adam_options){.lr = 0.01, .eps = 1e-2});
}

static optimiser *const optimisers[] = {sgd, momentum, adam};

static training begin_with(network *apply, size_t batch, int threads, optimiser *make)
{
    training t = begin(apply, batch, threads);
    wg_optim_free(t.optim);
    t.optim = make(t.params);
    return t;
}

START_TEST(as_by_hand)
{
    network *apply = networks[_i / 4];
    size_t batch = batches[_i % 4];
    for (size_t o = 0; o < 3; o++) {
        double expected[STEPS], losses[STEPS], again[STEPS];
        training hand = begin_with(apply, batch, 1, optimisers[o]),
                 planned = begin_with(apply, batch, 1, optimisers[o]),
                 threads = begin_with(apply, batch, 3, optimisers[o]);
        by_hand(&hand, expected);
        by_plan(&planned, WG_LAYOUT_LANES, losses);
        by_plan(&threads, WG_LAYOUT_LANES, again);
        for (size_t i = 0; i < STEPS; i++) {
            ck_assert_double_eq_tol(losses[i], expected[i], 2e-5 * expected[i]);
            ck_assert_double_eq(again[i], losses[i]);
        }
        ck_assert(wg_params_equal(planned.params, threads.params));
        end(&hand), end(&planned), end(&threads);
    }
}
END_TEST

START_TEST(rows_have_the_bits)
{
    double expected[STEPS], losses[STEPS];
    training hand = begin(networks[_i], 16, 1), planned = begin(networks[_i], 16, 2);
    by_hand(&hand, expected);
    by_plan(&planned, WG_LAYOUT_ROWS, losses);
    ck_assert_mem_eq(losses, expected, sizeof losses);
    ck_assert(wg_params_equal(hand.params, planned.params));
    end(&hand), end(&planned);
}
END_TEST

/* ---- The bound -------------------------------------------------------------------------------------- */

enum {
    N = 16,
    C = 3,
    K = 5,
    IMAGE = 12,
    TAPS = 3,
    X = N * C * IMAGE * IMAGE,
    W = K * C * TAPS * TAPS,
    Y = N * K * IMAGE * IMAGE
};

static float xs[X], ws[W], gs[Y];

/* y = x * w and the gradients of the sum of y g: in float, by hand or by a plan in lanes, or, of absolute
 * values, in double. */
static void convolve(wg_dtype dtype, bool planned, double *y, double *dx, double *dw)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype});
    const wg_shape image = WG_SHAPE(N, C, IMAGE, IMAGE), filter = WG_SHAPE(K, C, TAPS, TAPS);
    ck_assert_int_eq(wg_params_add(params, "x", image, NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(params, "w", filter, NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_set(params, "x", wg_array_of(xs, WG_F32, image), NULL), WG_OK);
    ck_assert_int_eq(wg_params_set(params, "w", wg_array_of(ws, WG_F32, filter), NULL), WG_OK);
    wg_var x = wg_param(params, tape, "x", image, NULL), w = wg_param(params, tape, "w", filter, NULL),
           g = wg_input(tape, WG_FLOATS(gs, N, K, IMAGE, IMAGE));
    /* what the store reads lies in rows: the image of the convolution must be another */
    wg_var one = wg_input(tape, WG_FLOATS(&(float){1}, 1));
    wg_var flat = wg_flatten(wg_conv2d(wg_mul(x, one), w, &(wg_conv2d_options){.padding = 1})),
           loss = wg_sum(wg_mul(flat, wg_flatten(g)));
    wg_plan_options options = {.layout = WG_LAYOUT_LANES, .keep = &flat, .keep_count = 1};
    wg_plan *plan = planned ? plan_of(loss, &options) : NULL;
    ck_assert_int_eq(planned ? wg_plan_run(plan) : wg_backward(loss), WG_OK);
    ck_assert_int_eq(planned ? wg_plan_read(plan, flat, y, Y) : wg_read(flat, y, Y), WG_OK);
    ck_assert_int_eq(wg_params_read_grad(params, "x", dx, X), WG_OK);
    ck_assert_int_eq(wg_params_read_grad(params, "w", dw, W), WG_OK);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}

/* |a - b| <= 2 n u sum |terms|, u = 2^-24 */
static void near(const double *a, const double *b, const double *absolute, size_t count, double n)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_double_le(fabs(a[i] - b[i]), 2 * n * 0x1p-24 * absolute[i]);
}

START_TEST(sums_differ_by_rounding)
{
    static double y[3][Y], dx[3][X], dw[3][W];
    float *const numbers[] = {xs, ws, gs};
    const size_t counts[] = {X, W, Y};
    wg_random r = {.seed = 4};
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < counts[i]; j++)
            numbers[i][j] = (float)wg_random_normal(&r);
    convolve(WG_F32, false, y[0], dx[0], dw[0]);
    convolve(WG_F32, true, y[1], dx[1], dw[1]);
    for (int i = 0; i < 3; i++)
        for (size_t j = 0; j < counts[i]; j++)
            numbers[i][j] = fabsf(numbers[i][j]);
    convolve(WG_F64, false, y[2], dx[2], dw[2]);
    near(y[0], y[1], y[2], Y, C * TAPS * TAPS);
    near(dx[0], dx[1], dx[2], X, K * TAPS * TAPS);
    near(dw[0], dw[1], dw[2], W, N * IMAGE * IMAGE);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{as_by_hand, 16}, {rows_have_the_bits, 4}, {sums_differ_by_rounding, 0}};
    return harness_run("plan_lanes_training", tests, sizeof tests / sizeof tests[0]);
}
