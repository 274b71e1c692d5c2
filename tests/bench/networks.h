/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* networks.h - the networks that the benches train and ask, each with the arithmetic of one step of it. */
#ifndef WG_BENCH_NETWORKS_H
#define WG_BENCH_NETWORKS_H

#include <wengert/wengert.h>
#include "yardstick.h"

typedef struct network {
    const char *key, *name;
    size_t batch, channels, size; /* x is [batch, channels, size, size] */
    wg_model apply;
    void (*arithmetic)(yard *y, size_t batch); /* NULL: not known */
    size_t width, depth;                       /* of apply_tower */
} network;

static wg_var apply_mlp(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_relu(wg_layer_dense(p, "fc1", wg_flatten(x), 512, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 256, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static void mlp_arithmetic(yard *y, size_t n)
{
    yard_add_dense(y, n, 784, 512, true);
    yard_add_dense(y, n, 512, 256, false);
    yard_add_dense(y, n, 256, 10, false);
}

static wg_var apply_lenet(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 84, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static void lenet_arithmetic(yard *y, size_t n)
{
    yard_add_conv(y, n, 1, 28, 6, 5, 2, true);
    yard_add_conv(y, n, 6, 14, 16, 5, 0, false);
    yard_add_dense(y, n, 400, 120, false);
    yard_add_dense(y, n, 120, 84, false);
    yard_add_dense(y, n, 84, 10, false);
}

static wg_var apply_vgg(wg_params *p, wg_var x, void *user)
{
    const wg_layer_conv2d_options same = {.conv.padding = 1};
    (void)user;
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 32, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 32, 3, &same));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv3", x, 64, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv4", x, 64, 3, &same));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 256, NULL));
    return wg_layer_dense(p, "fc2", x, 10, NULL);
}

static void vgg_arithmetic(yard *y, size_t n)
{
    yard_add_conv(y, n, 3, 32, 32, 3, 1, true);
    yard_add_conv(y, n, 32, 32, 32, 3, 1, false);
    yard_add_conv(y, n, 32, 16, 64, 3, 1, false);
    yard_add_conv(y, n, 64, 16, 64, 3, 1, false);
    yard_add_dense(y, n, 4096, 256, false);
    yard_add_dense(y, n, 256, 10, false);
}

/* A residual block (He and others, "Deep residual learning for image recognition", 2016) in the smallest
 * network around it: a 1x1 convolution to 64 channels before, so that the block's own input has a gradient,
 * and the mean over each plane and a dense layer behind. */
static wg_var apply_block(wg_params *p, wg_var x, void *user)
{
    const wg_layer_conv2d_options same = {.conv.padding = 1, .no_bias = true};
    (void)user;
    wg_var in = wg_layer_conv2d(p, "stem", x, 64, 1, NULL);
    x = wg_layer_conv2d(p, "conv1", in, 64, 3, &same);
    x = wg_relu(wg_layer_batch_norm(p, "norm1", x, NULL));
    x = wg_layer_conv2d(p, "conv2", x, 64, 3, &same);
    x = wg_relu(wg_add(wg_layer_batch_norm(p, "norm2", x, NULL), in));
    return wg_layer_dense(p, "head", wg_mean_over(x, WG_AXES(2, 3), false), 10, NULL);
}

static void block_arithmetic(yard *y, size_t n)
{
    yard_add_conv(y, n, 3, 16, 64, 1, 0, true);
    yard_add_conv(y, n, 64, 16, 64, 3, 1, false);
    yard_add_conv(y, n, 64, 16, 64, 3, 1, false);
    yard_add_dense(y, n, 64, 10, false);
    yard_keep(y, 2 * n * 64 * 16 * 16); /* what is normalised */
}

enum { LSTM_STEPS = 32, LSTM_IN = 64, LSTM_HIDDEN = 128 };

/* x's numbers are taken as [T, N, D]: with a batch of 32, x [32, 32, 8, 8] has as many samples as steps. */
static wg_var apply_lstm(wg_params *p, wg_var x, void *user)
{
    wg_var last;
    (void)user;
    x = wg_reshape(x, WG_SHAPE(LSTM_STEPS, wg_count_of(x) / (LSTM_STEPS * LSTM_IN), LSTM_IN));
    wg_layer_lstm(p, "lstm", x, LSTM_HIDDEN, &(wg_layer_lstm_options){.time_major = true, .last_h = &last});
    return wg_layer_dense(p, "head", last, 10, NULL);
}

/* The input's share of all steps and its weight's gradient; the state's share step by step, there and back;
 * its weight's gradient; the head. Kept: gates, cells and states. */
static void lstm_arithmetic(yard *y, size_t n)
{
    yard_add_dense(y, LSTM_STEPS * n, LSTM_IN, 4 * LSTM_HIDDEN, true);
    for (int t = 0; t < LSTM_STEPS; t++) {
        yard_add_gemm(y, false, false, n, 4 * LSTM_HIDDEN, LSTM_HIDDEN);
        if (t > 0 && y->training)
            yard_add_gemm(y, false, true, n, LSTM_HIDDEN, 4 * LSTM_HIDDEN);
    }
    if (y->training)
        yard_add_gemm(y, true, false, LSTM_HIDDEN, 4 * LSTM_HIDDEN, LSTM_STEPS * n);
    yard_add_dense(y, n, LSTM_HIDDEN, 10, false);
    yard_keep(y, LSTM_STEPS * n * (4 + 2) * LSTM_HIDDEN);
}

/* As many hidden layers as one likes; the network itself is the user's pointer. */
static inline wg_var apply_tower(wg_params *p, wg_var x, void *user)
{
    const network *net = user;
    x = wg_flatten(x);
    for (size_t i = 0; i < net->depth; i++) {
        char name[32];
        snprintf(name, sizeof name, "fc%zu", i);
        x = wg_relu(wg_layer_dense(p, name, x, net->width, NULL));
    }
    return wg_layer_dense(p, "head", x, 10, NULL);
}

/* One large product, whose rate the others are held against. */
static wg_var apply_gemm(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "fc", wg_flatten(x), 1024, &(wg_layer_dense_options){.no_bias = true});
}

static void gemm_arithmetic(yard *y, size_t n)
{
    yard_add_dense(y, n, 1024, 1024, true);
}

static const network networks[] = {
    {"mlp128", "MLP 784-512-256-10, batch 128", 128, 1, 28, apply_mlp, mlp_arithmetic, 0, 0},
    {"mlp1", "MLP 784-512-256-10, batch 1", 1, 1, 28, apply_mlp, mlp_arithmetic, 0, 0},
    {"lenet", "LeNet-5 1x28x28, batch 64", 64, 1, 28, apply_lenet, lenet_arithmetic, 0, 0},
    {"vgg", "VGG-like 3x32x32, batch 64", 64, 3, 32, apply_vgg, vgg_arithmetic, 0, 0},
    {"block", "residual block 64x16x16, batch 64", 64, 3, 16, apply_block, block_arithmetic, 0, 0},
    {"lstm", "LSTM 64-128, 32 steps, batch 32", 32, 32, 8, apply_lstm, lstm_arithmetic, 0, 0},
    {"gemm", "product 1024x1024x1024", 1024, 1, 32, apply_gemm, gemm_arithmetic, 0, 0},
};

enum { NETWORKS = sizeof networks / sizeof networks[0], TRAINED = NETWORKS - 1 };

static inline const network *network_named(const char *key)
{
    for (size_t i = 0; i < NETWORKS; i++)
        if (strcmp(networks[i].key, key) == 0)
            return &networks[i];
    return NULL;
}

#endif
