/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* workspace_cases.h - operations at sizes at which they cut their work into parts, or use several threads, and
 * at which images can lie in batch lanes (16 images). */
#ifndef WG_TESTS_WORKSPACE_CASES_H
#define WG_TESTS_WORKSPACE_CASES_H

#include <wengert/loss.h>
#include "ops/conv_attr.h"
#include "ops/ops.h"
#include "ops/reduce_axes.h"

/*                                           stride padding dilation groups  size */
static const wg_conv_attr padded = {1, 1, 1, 1, 1, 1, 1, 0, 0, false};
static const wg_conv_attr strided = {2, 2, 1, 1, 1, 1, 1, 0, 0, false};
static const wg_conv_attr grouped = {1, 1, 1, 1, 1, 1, 4, 0, 0, false};
static const wg_conv_attr to_image = {1, 1, 1, 1, 1, 1, 1, 12, 12, false};
static const wg_conv_attr to_filter = {1, 1, 1, 1, 1, 1, 1, 3, 3, false};
static const wg_over all = {{.count = SIZE_MAX}, false}, first = {{1, {0}}, false}, last = {{1, {-1}}, true};
static const bool plain[2], left[2] = {true, false}, both[2] = {true, true};

#define REDUCTION(op)                                                                                        \
    {&wg__op_##op, {.label = "long", .in = {{1, {200000}}}, .attr = &all}},                                  \
        {&wg__op_##op, {.label = "tall", .in = {{2, {9000, 30}}}, .attr = &first}},                          \
    {                                                                                                        \
        &wg__op_##op,                                                                                        \
        {                                                                                                    \
            .label = "wide", .in = {{2, {30, 9000}}}, .attr = &last                                          \
        }                                                                                                    \
    }
#define POINTWISE(op)                                                                                        \
    {                                                                                                        \
        &wg__op_##op,                                                                                        \
        {                                                                                                    \
            .label = "long", .in = { {1, {100000}}, {1, {100000}} }                                          \
        }                                                                                                    \
    }

static const struct {
    const wg_op *op;
    wg_op_sample sample;
} large[] = {
    REDUCTION(sum),
    REDUCTION(mean),
    REDUCTION(prod),
    REDUCTION(max),
    REDUCTION(min_mask),
    REDUCTION(norm),
    REDUCTION(logsumexp),
    {&wg__op_argmax, {.label = "tall", .in = {{2, {9000, 30}}}, .attr = &(const int){0}}},
    {&wg__op_sum_to,
        {.label = "images", .in = {{4, {16, 4, 30, 30}}}, .attr = &(const wg_shape){3, {4, 1, 1}}}},
    {&wg__op_prod_along, {.label = "many", .count = 2, .in = {{2, {900, 7}}, {2, {900, 7}}}, .attr = &last}},
    {&wg__op_prod_slope,
        {.label = "many", .count = 3, .in = {{2, {900, 7}}, {2, {900, 1}}, {2, {900, 7}}}, .attr = &last}},
    POINTWISE(mse),
    POINTWISE(l1),
    POINTWISE(huber),
    {&wg__op_cross_entropy, {.label = "many", .in = {{2, {3000, 10}}, {1, {3000}}}, .int_below = {0, 10}}},
    {&wg__op_cross_entropy,
        {.label = "positions", .in = {{3, {4, 5, 300}}, {2, {4, 300}}}, .int_below = {0, 5}}},
    {&wg__op_hinge, {.label = "many", .in = {{2, {3000, 10}}, {1, {3000}}}, .int_below = {0, 10}}},
    {&wg__op_layer_norm, {.label = "many", .in = {{2, {900, 65}}, {1, {65}}, {1, {65}}}}},
    {&wg__op_batch_norm, {.label = "rows", .in = {{2, {900, 70}}, {1, {70}}, {1, {70}}}, .training = true}},
    {&wg__op_batch_norm,
        {.label = "images", .in = {{4, {16, 7, 30, 30}}, {1, {7}}, {1, {7}}}, .training = true}},
    {&wg__op_lstm,
        {.label = "blocks", .in = {{3, {3, 40, 96}}, {2, {40, 24}}, {2, {40, 24}}, {2, {24, 96}}}}},
    {&wg__op_lstm,
        {.label = "wide", .in = {{3, {3, 2, 800}}, {2, {2, 200}}, {2, {2, 200}}, {2, {200, 800}}}}},
    {&wg__op_gru, {.label = "blocks", .in = {{3, {3, 40, 72}}, {2, {40, 24}}, {2, {24, 72}}, {1, {24}}}}},
    {&wg__op_gru, {.label = "wide", .in = {{3, {3, 2, 600}}, {2, {2, 200}}, {2, {200, 600}}, {1, {200}}}}},
    {&wg__op_matmul, {.label = "blocks", .in = {{2, {300, 200}}, {2, {200, 310}}}, .attr = plain}},
    {&wg__op_matmul, {.label = "transposed", .in = {{2, {200, 300}}, {2, {310, 200}}}, .attr = both}},
    {&wg__op_matmul, {.label = "a row", .in = {{2, {1, 4096}}, {2, {4096, 512}}}, .attr = plain}},
    {&wg__op_matmul, {.label = "batch", .in = {{3, {40, 33, 20}}, {3, {40, 20, 35}}}, .attr = plain}},
    {&wg__op_matmul, {.label = "sum", .in = {{3, {40, 20, 33}}, {2, {20, 35}}}, .attr = left}},
    {&wg__op_matmul, {.label = "large batch", .in = {{3, {3, 200, 200}}, {3, {3, 200, 200}}}, .attr = left}},
    {&wg__op_conv2d, {.label = "padded", .in = {{4, {16, 8, 12, 12}}, {4, {20, 8, 3, 3}}}, .attr = &padded}},
    {&wg__op_conv2d,
        {.label = "strided", .in = {{4, {16, 8, 12, 12}}, {4, {20, 8, 3, 3}}}, .attr = &strided}},
    {&wg__op_conv2d, {.label = "groups", .in = {{4, {16, 8, 12, 12}}, {4, {20, 2, 3, 3}}}, .attr = &grouped}},
    {&wg__op_conv2d, {.label = "points", .in = {{4, {16, 8, 12, 12}}, {4, {20, 8, 1, 1}}}, .attr = &padded}},
    {&wg__op_conv2d_input_gradient,
        {.label = "padded", .in = {{4, {16, 20, 12, 12}}, {4, {20, 8, 3, 3}}}, .attr = &to_image}},
    {&wg__op_conv2d_weight_gradient,
        {.label = "padded", .in = {{4, {16, 8, 12, 12}}, {4, {16, 20, 12, 12}}}, .attr = &to_filter}},
};

enum { LARGE = sizeof large / sizeof large[0] };

#endif
