/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every field of the options of operations and layers, out of range: a status, a message that names the field
 * or the number, nothing leaked, and the tape works again after its reset. And every {0} and NULL works. */

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"
#include "options.h"

/* ---- Uses: an operation or a layer on operands that fit it ----------------------------------------- */

static wg_var vector(room *r, size_t n)
{
    return wg_leaf(r->tape, WG_DOUBLES(numbers, n));
}

static wg_var cross_entropy(room *r, const void *o)
{
    return wg_cross_entropy(matrix(r), wg_input(r->tape, WG_INTS(labels, N)), o);
}

static wg_var hinge(room *r, const void *o)
{
    return wg_hinge(matrix(r), wg_input(r->tape, WG_INTS(labels, N)), o);
}

static wg_var bce(room *r, const void *o)
{
    return wg_bce_with_logits(matrix(r), matrix(r), o);
}

static wg_var mse(room *r, const void *o)
{
    return wg_mse(matrix(r), matrix(r), o);
}

static wg_var l1(room *r, const void *o)
{
    return wg_l1(matrix(r), matrix(r), o);
}

static wg_var huber(room *r, const void *o)
{
    return wg_huber(matrix(r), matrix(r), o);
}

static wg_var batch_norm(room *r, const void *o)
{
    return wg_batch_norm(matrix(r), vector(r, CLASSES), vector(r, CLASSES), o);
}

static wg_var layer_norm(room *r, const void *o)
{
    return wg_layer_norm(matrix(r), vector(r, CLASSES), vector(r, CLASSES), o);
}

static wg_var conv(room *r, const void *o)
{
    const wg_conv2d_options *options = o;
    size_t groups = options && options->groups == 2 ? 2 : 1;
    return wg_conv2d(image(r), wg_leaf(r->tape, WG_DOUBLES(numbers, 2, CHANNELS / groups, 3, 3)), o);
}

static wg_var conv_transpose(room *r, const void *o)
{
    return wg_conv_transpose2d(image(r), wg_leaf(r->tape, WG_DOUBLES(numbers, CHANNELS, 2, 3, 3)), o);
}

static wg_var max_pool(room *r, const void *o)
{
    return wg_max_pool2d(image(r), 2, o);
}

static wg_var avg_pool(room *r, const void *o)
{
    return wg_avg_pool2d(image(r), 2, o);
}

static wg_var layer_dense(room *r, const void *o)
{
    return wg_layer_dense(r->params, "layer", matrix(r), 2, o);
}

static wg_var layer_conv(room *r, const void *o)
{
    return wg_layer_conv2d(r->params, "layer", image(r), 2, 3, o);
}

static wg_var layer_batch_norm(room *r, const void *o)
{
    return wg_layer_batch_norm(r->params, "layer", image(r), o);
}

static wg_var layer_layer_norm(room *r, const void *o)
{
    return wg_layer_layer_norm(r->params, "layer", matrix(r), o);
}

static wg_var sequence(room *r)
{
    return wg_leaf(r->tape, WG_DOUBLES(numbers, 2, 3, 4));
}

static wg_var layer_lstm(room *r, const void *o)
{
    return wg_layer_lstm(r->params, "layer", sequence(r), 2, o);
}

static wg_var layer_gru(room *r, const void *o)
{
    return wg_layer_gru(r->params, "layer", sequence(r), 2, o);
}

static use *const uses[] = {cross_entropy, hinge, bce, mse, l1, huber, batch_norm, layer_norm, conv,
    conv_transpose, max_pool, avg_pool, layer_dense, layer_conv, layer_batch_norm, layer_layer_norm,
    layer_lstm, layer_gru};

/* ---- What is refused ------------------------------------------------------------------------------- */

/* An image of so many rows and a few columns is more than there is memory, and so many columns too are no
 * size_t. */
#define LARGE ((size_t)1 << (sizeof(size_t) == 8 ? 40 : 24))

#define LOSS(...) (&(const wg_loss_options){__VA_ARGS__})
#define BATCH_NORM(...) (&(const wg_batch_norm_options){__VA_ARGS__})
#define LAYER_NORM(...) (&(const wg_layer_norm_options){__VA_ARGS__})
#define CONV(...) (&(const wg_conv2d_options){__VA_ARGS__})
#define POOL(...) (&(const wg_pool2d_options){__VA_ARGS__})
#define DENSE(...) (&(const wg_layer_dense_options){__VA_ARGS__})
#define LAYER_CONV(...) (&(const wg_layer_conv2d_options){__VA_ARGS__})
#define LAYER_BATCH_NORM(...) (&(const wg_layer_batch_norm_options){__VA_ARGS__})
#define LSTM(...) (&(const wg_layer_lstm_options){__VA_ARGS__})
#define GRU(...) (&(const wg_layer_gru_options){__VA_ARGS__})
#define LAYER_LAYER_NORM(...) (&(const wg_layer_layer_norm_options){__VA_ARGS__})

static double number[1];

static const refusal refused[] = {
    {cross_entropy, LOSS(.reduction = (wg_reduction)3), WG_INVALID, "reduction"},
    {hinge, LOSS(.reduction = (wg_reduction)INT_MAX), WG_INVALID, "2147483647"},
    {bce, LOSS(.reduction = (wg_reduction)17), WG_INVALID, "17"},
    {mse, LOSS(.reduction = (wg_reduction)3), WG_INVALID, "reduction"},
    {l1, LOSS(.reduction = (wg_reduction)3), WG_INVALID, "reduction"},
    {huber, LOSS(.reduction = (wg_reduction)3), WG_INVALID, "reduction"},
    {cross_entropy, LOSS(.label_smoothing = -0.1), WG_INVALID, "label_smoothing -0.1"},
    {cross_entropy, LOSS(.label_smoothing = 1.5), WG_INVALID, "label_smoothing 1.5"},
    {cross_entropy, LOSS(.label_smoothing = (double)NAN), WG_INVALID, "label_smoothing"},
    {cross_entropy, LOSS(.label_smoothing = HUGE_VAL), WG_INVALID, "label_smoothing inf"},
    {hinge, LOSS(.power = 3), WG_INVALID, "power 3"},
    {hinge, LOSS(.power = -1), WG_INVALID, "power -1"},
    {hinge, LOSS(.power = INT_MIN), WG_INVALID, "power"},
    {hinge, LOSS(.margin = (double)NAN), WG_INVALID, "margin"},
    {hinge, LOSS(.margin = HUGE_VAL), WG_INVALID, "margin inf"},
    {hinge, LOSS(.margin = -1), WG_INVALID, "margin -1"},
    {huber, LOSS(.delta = -1), WG_INVALID, "delta -1"},
    {huber, LOSS(.delta = (double)NAN), WG_INVALID, "delta"},
    {huber, LOSS(.delta = HUGE_VAL), WG_INVALID, "delta inf"},

    {batch_norm, BATCH_NORM(.momentum = 1.01), WG_INVALID, "momentum 1.01"},
    {batch_norm, BATCH_NORM(.momentum = (double)NAN), WG_INVALID, "momentum"},
    {batch_norm, BATCH_NORM(.eps = (double)NAN), WG_INVALID, "eps"},
    {batch_norm, BATCH_NORM(.eps = HUGE_VAL), WG_INVALID, "eps inf"},
    {batch_norm, BATCH_NORM(.momentum = -0.1), WG_INVALID, "momentum -0.1"},
    {batch_norm, BATCH_NORM(.eps = -1e-5), WG_INVALID, "eps -1e-05"},
    {layer_norm, LAYER_NORM(.eps = -1e-5), WG_INVALID, "eps -1e-05"},
    {batch_norm, BATCH_NORM(.running_mean = number), WG_INVALID, "running mean and variance"},
    {batch_norm, BATCH_NORM(.running_var = number), WG_INVALID, "running mean and variance"},
    {layer_norm, LAYER_NORM(.eps = (double)NAN), WG_INVALID, "eps"},
    {layer_norm, LAYER_NORM(.eps = HUGE_VAL), WG_INVALID, "eps inf"},

    {conv, CONV(.groups = 3), WG_BAD_SHAPE, "3 group"},
    {conv, CONV(.groups = SIZE_MAX), WG_BAD_SHAPE, "group"},
    {conv, CONV(.dilation = 3), WG_BAD_SHAPE, "7 with its dilation"},
    {conv, CONV(.dilation = SIZE_MAX), WG_OVERFLOW, "dilated filter"},
    {conv, CONV(.dilation_h = SIZE_MAX / 2), WG_BAD_SHAPE, "rows"},
    {conv, CONV(.dilation_w = SIZE_MAX / 2 + 1), WG_OVERFLOW, "columns"},
    {conv, CONV(.padding = SIZE_MAX), WG_OVERFLOW, "padded image"},
    {conv, CONV(.padding_w = SIZE_MAX / 2), WG_OVERFLOW, "columns"},
    {conv, CONV(.padding = LARGE), WG_OVERFLOW, "conv2d"},
    {conv, CONV(.padding_h = LARGE), WG_OUT_OF_MEMORY, "conv2d"},
    {conv, CONV(.stride = 2, .exact = true), WG_BAD_SHAPE, "exact"},
    {conv, CONV(.stride = SIZE_MAX, .exact = true), WG_BAD_SHAPE, "exact"},
    {conv_transpose, CONV(.output_padding = 1), WG_BAD_SHAPE, "output_padding"},
    {conv_transpose, CONV(.output_padding_w = SIZE_MAX), WG_BAD_SHAPE, "output_padding"},
    {conv_transpose, CONV(.padding = 7), WG_BAD_SHAPE, "padding 7"},
    {conv_transpose, CONV(.padding = SIZE_MAX), WG_BAD_SHAPE, "padding " SIZE_MAX_TEXT},
    {conv_transpose, CONV(.stride = SIZE_MAX / 2), WG_BAD_SHAPE, "stride " PTRDIFF_MAX_TEXT},
    {conv_transpose, CONV(.dilation = SIZE_MAX / 2), WG_BAD_SHAPE, "dilation " PTRDIFF_MAX_TEXT},
    {conv_transpose, CONV(.groups = 3), WG_BAD_SHAPE, "group"},

    {max_pool, POOL(.size_h = 7), WG_BAD_SHAPE, "7 rows"},
    {max_pool, POOL(.size_w = SIZE_MAX), WG_BAD_SHAPE, "columns"},
    {max_pool, POOL(.padding = 2), WG_INVALID, "padding of 2"},
    {avg_pool, POOL(.padding_w = SIZE_MAX), WG_INVALID, "padding"},
    {avg_pool, POOL(.size_h = SIZE_MAX, .padding_h = SIZE_MAX / 2), WG_OVERFLOW, "rows"},
    {avg_pool, POOL(.stride = 3, .exact = true), WG_BAD_SHAPE, "exact"},
    {max_pool, POOL(.stride_w = SIZE_MAX, .exact = true), WG_BAD_SHAPE, "columns"},

    {layer_dense, DENSE(.weight = {.rule = (wg_init_rule)9}), WG_INVALID, "layer.weight"},
    {layer_dense, DENSE(.weight = {.rule = (wg_init_rule)77}), WG_INVALID, "77"},
    {layer_dense, DENSE(.bias = {.rule = WG_INIT_UNIFORM, .value = -1}), WG_INVALID, "layer.bias"},
    {layer_dense, DENSE(.bias = {.rule = WG_INIT_NORMAL, .value = (double)NAN}), WG_INVALID, "nan"},
    {layer_conv, LAYER_CONV(.weight = {.rule = WG_INIT_HE_NORMAL, .value = HUGE_VAL}), WG_INVALID, "inf"},
    {layer_conv, LAYER_CONV(.conv.groups = 3), WG_BAD_SHAPE, "groups"},
    {layer_conv, LAYER_CONV(.conv.dilation = SIZE_MAX), WG_OVERFLOW, "dilated filter"},
    {layer_conv, LAYER_CONV(.conv.padding_h = SIZE_MAX), WG_OVERFLOW, "padded image"},
    {layer_conv, LAYER_CONV(.kernel_h = 7), WG_BAD_SHAPE, "7 rows"},
    {layer_conv, LAYER_CONV(.kernel_w = SIZE_MAX), WG_OVERFLOW, "layer"},
    {layer_conv, LAYER_CONV(.kernel_w = LARGE), WG_OUT_OF_MEMORY, "layer"},
    {layer_conv, LAYER_CONV(.conv = {.stride = 2, .exact = true}), WG_BAD_SHAPE, "exact"},
    {layer_batch_norm, LAYER_BATCH_NORM(.momentum = 2), WG_INVALID, "momentum 2"},
    {layer_batch_norm, LAYER_BATCH_NORM(.eps = (double)NAN), WG_INVALID, "eps"},
    {layer_layer_norm, LAYER_LAYER_NORM(.axes = 3), WG_BAD_SHAPE, "axes"},
    {layer_layer_norm, LAYER_LAYER_NORM(.axes = SIZE_MAX), WG_BAD_SHAPE, "axes"},
    {layer_layer_norm, LAYER_LAYER_NORM(.eps = HUGE_VAL), WG_INVALID, "eps inf"},
    {layer_lstm, LSTM(.forget_bias = (double)NAN), WG_INVALID, "forget_bias"},
    {layer_lstm, LSTM(.forget_bias = -HUGE_VAL), WG_INVALID, "forget_bias is -inf"},
    {layer_lstm, LSTM(.weight_x = {.rule = (wg_init_rule)9}), WG_INVALID, "layer.weight_x"},
    {layer_lstm, LSTM(.weight_h = {.rule = WG_INIT_NORMAL, .value = -1}), WG_INVALID, "layer.weight_h"},
    {layer_lstm, LSTM(.bias = {.rule = WG_INIT_UNIFORM, .value = HUGE_VAL}), WG_INVALID, "layer.bias"},
    {layer_gru, GRU(.weight_x = {.rule = (wg_init_rule)77}), WG_INVALID, "77"},
    {layer_gru, GRU(.bias_n = {.rule = WG_INIT_HE_NORMAL, .value = (double)NAN}), WG_INVALID, "layer.bias_n"},
};

static void check_works(room *r, use *f, const void *options, const char *what)
{
    wg_tape_reset(r->tape);
    wg_var y = f(r, options);
    ck_assert_msg(wg_is_valid(y) && wg_has_value(y), "%s: %s", what, wg_tape_message(r->tape));
    wg_var loss = wg_count_of(y) == 1 ? y : wg_sum(y);
    ck_assert_msg(
        wg_backward(loss) == WG_OK && wg_replay(r->tape) == WG_OK, "%s: %s", what, wg_tape_message(r->tape));
}

START_TEST(out_of_range)
{
    const refusal *c = &refused[_i];
    room r;
    room_open(&r);
    check_refused(&r, c, _i);
    wg_tape_reset(r.tape);
    if (wg_params_index(r.params, "layer.weight") == SIZE_MAX) /* else the layer has its shape already */
        check_works(&r, c->call, NULL, c->named);
    room_close(&r);
}
END_TEST

/* ---- What is accepted ------------------------------------------------------------------------------ */

START_TEST(zeroed_and_null)
{
    static const union {
        wg_loss_options loss;
        wg_layer_conv2d_options conv;
        char bytes[512];
    } zero;
    room r;
    room_open(&r);
    check_works(&r, uses[_i], NULL, "NULL");
    double value = wg_item(wg_sum(wg_node(r.tape, wg_tape_node_count(r.tape) - 1)));
    check_works(&r, uses[_i], &zero, "{0}");
    ck_assert_double_eq(wg_item(wg_sum(wg_node(r.tape, wg_tape_node_count(r.tape) - 1))), value);
    room_close(&r);
}
END_TEST

/* At the edge of what has a meaning, and fields that belong to another operation. */
static const struct accepted {
    use *use;
    const void *options;
} accepted[] = {
    {cross_entropy, LOSS(.label_smoothing = 1)},
    {cross_entropy, LOSS(.label_smoothing = -0.0)},
    {cross_entropy, LOSS(.ignore = true, .ignore_index = INT32_MIN)},
    {cross_entropy, LOSS(.power = 9, .delta = -1, .margin = (double)NAN)},
    {cross_entropy, LOSS(.reduction = WG_NONE)},
    {mse, LOSS(.label_smoothing = (double)NAN, .power = -1, .delta = (double)NAN)},
    {hinge, LOSS(.margin = WG_ZERO, .power = 2)},
    {hinge, LOSS(.margin = 1e308, .label_smoothing = 7)},
    {huber, LOSS(.delta = 1e308)},
    {huber, LOSS(.delta = 5e-324)},
    {batch_norm, BATCH_NORM(.momentum = 1, .eps = WG_ZERO)},
    {batch_norm, BATCH_NORM(.momentum = WG_ZERO, .eps = 1e308)},
    {layer_norm, LAYER_NORM(.eps = WG_ZERO)},
    {conv, CONV(.stride = SIZE_MAX)},
    {conv, CONV(.stride_h = SIZE_MAX / 2 + 1, .stride_w = SIZE_MAX - 1)},
    {conv, CONV(.padding = SIZE_MAX / 4 + 1, .stride = SIZE_MAX / 4 + 1)},
    {conv, CONV(.padding = SIZE_MAX / 2 - 4, .stride = SIZE_MAX / 2 - 4)},
    {conv, CONV(.padding = SIZE_MAX / 8 + 1, .dilation = SIZE_MAX / 8 + 1)},
    {conv, CONV(.output_padding = 9, .groups = 2)},
    {conv_transpose, CONV(.output_padding = 1, .stride = 2)},
    {conv_transpose, CONV(.exact = true)},
    {max_pool, POOL(.stride = SIZE_MAX)},
    {avg_pool, POOL(.stride_h = SIZE_MAX, .stride_w = SIZE_MAX - 1)},
    {max_pool, POOL(.size_h = SIZE_MAX / 2 + 1, .padding_h = SIZE_MAX / 4 + 1)},
    {avg_pool, POOL(.size_w = SIZE_MAX / 2 + 1, .padding_w = SIZE_MAX / 4 + 1)},
    {avg_pool, POOL(.size_w = SIZE_MAX - 7, .padding_w = SIZE_MAX / 2 - 3, .exclude_padding = true)},
    {max_pool, POOL(.size_h = 6, .size_w = 6, .padding = 3, .stride = 1)},
    {layer_dense, DENSE(.weight = {.fan_in = SIZE_MAX, .fan_out = SIZE_MAX})},
    {layer_dense, DENSE(.weight = {.rule = WG_INIT_CONSTANT, .value = (double)NAN})},
    {layer_conv, LAYER_CONV(.kernel_h = 6, .kernel_w = 1, .conv.stride = SIZE_MAX)},
    {layer_batch_norm, LAYER_BATCH_NORM(.momentum = WG_ZERO, .eps = WG_ZERO)},
    {layer_layer_norm, LAYER_LAYER_NORM(.axes = 2)},
};

START_TEST(at_the_edge)
{
    char row[32];
    snprintf(row, sizeof row, "row %d", _i);
    room r;
    room_open(&r);
    check_works(&r, accepted[_i].use, accepted[_i].options, row);
    room_close(&r);
}
END_TEST

#define COUNT(list) (int)(sizeof list / sizeof list[0])

int main(void)
{
    const harness_test tests[] = {
        {out_of_range, COUNT(refused)},
        {zeroed_and_null, COUNT(uses)},
        {at_the_edge, COUNT(accepted)},
    };
    return harness_run("options_ops", tests, sizeof tests / sizeof tests[0]);
}
