/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* networks.h - two small networks and data for them, for tests that train. */
#ifndef WG_TESTS_NETWORKS_H
#define WG_TESTS_NETWORKS_H

#include <wengert/wengert.h>

typedef wg_var network(wg_params *params, wg_var x);

/* x: [N, 1, H, W] -> logits [N, 10] */
static inline wg_var network_mlp(wg_params *params, wg_var x)
{
    x = wg_relu(wg_layer_dense(params, "fc1", wg_flatten(x), 64, NULL));
    x = wg_tanh(wg_layer_layer_norm(params, "norm", x, NULL));
    return wg_layer_dense(params, "fc2", x, 10, NULL);
}

static inline wg_var network_cnn(wg_params *params, wg_var x)
{
    x = wg_layer_conv2d(params, "conv1", x, 4, 3, &(wg_layer_conv2d_options){.conv.padding = 1});
    x = wg_max_pool2d(wg_relu(wg_layer_batch_norm(params, "bn", x, NULL)), 2, NULL);
    x = wg_layer_conv2d(params, "conv2", x, 6, 3, NULL);
    x = wg_avg_pool2d(wg_silu(x), 2, NULL);
    x = wg_dropout(wg_flatten(x), 0.25);
    return wg_layer_dense(params, "fc", x, 10, NULL);
}

/* Images and labels that have something to do with each other. */
static inline void network_data(float *images, int32_t *labels, size_t count, size_t pixels)
{
    wg_random r = {.seed = 21};
    for (size_t i = 0; i < count; i++) {
        labels[i] = (int32_t)wg_random_below(&r, 10);
        for (size_t p = 0; p < pixels; p++)
            images[i * pixels + p] =
                (float)(0.3 * wg_random_normal(&r) + (p % 10 == (size_t)labels[i] ? 1.0 : 0.0));
    }
}

#endif
