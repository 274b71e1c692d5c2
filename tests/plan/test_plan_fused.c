/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What plans drop, share and fuse: the bits of whole training steps by hand, of chains, of epilogues. */
#include <stdlib.h>
#include "plan_training.h"

static void same_as_by_hand(network *apply, int threads)
{
    double expected[STEPS], losses[STEPS];
    training hand = begin(apply, BATCH, 1), planned = begin(apply, BATCH, threads);
    by_hand(&hand, expected);
    by_plan(&planned, WG_LAYOUT_CHOSEN, losses);
    for (size_t i = 0; i < STEPS; i++)
        ck_assert_msg(losses[i] == expected[i], "step %zu: %.17g, not %.17g", i, losses[i], expected[i]);
    ck_assert(wg_params_equal(hand.params, planned.params));
    end(&hand), end(&planned);
}

START_TEST(an_mlp)
{
    same_as_by_hand(network_mlp, 1);
    same_as_by_hand(network_mlp, 2);
}
END_TEST

/* With batch norm, whose statistics run along, and dropout, whose masks change from run to run. */
START_TEST(a_convolution_network)
{
    same_as_by_hand(network_cnn, 1);
    same_as_by_hand(network_cnn, 3);
}
END_TEST

/* ---- Passes ----------------------------------------------------------------------------------------- */

static const double xs[12] = {1, 2, 3, -1, 0.5, 2, 0, 0, 1, 3, -2, 1};

static size_t kernels_of(wg_var y)
{
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    size_t kernels = wg_plan_kernel_count(plan);
    wg_plan_free(plan);
    return kernels;
}

START_TEST(nothing_for_nothing_and_nothing_twice)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 4, 3)), one = wg_full(tape, WG_SHAPE(4, 3), 1);
    wg_exp(x); /* nobody asks for it */
    wg_var a = wg_mul(wg_sin(x), wg_cos(x)), b = wg_mul(wg_sin(x), wg_cos(x));
    wg_var constant = wg_exp(wg_add(one, one));
    ck_assert_uint_eq(kernels_of(wg_add(a, b)), 3); /* sin; cos, mul; add: whose operands are one */
    ck_assert_uint_eq(kernels_of(wg_mul(wg_sin(x), constant)), 1); /* sin, mul */
    wg_var y = wg_mul(wg_sin(x), constant);
    double v[12];
    kernels_of(y);
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read(plan, y, v, 12), WG_OK);
    for (int i = 0; i < 12; i++)
        ck_assert_double_eq_tol(v[i], sin(xs[i]) * exp(2), 1e-14);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* A chain of maps takes no more than its result, whatever its length; one that is read twice on the way has a
 * place for that. */
START_TEST(memory_is_shared)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(1000)), y = x;
    for (int i = 0; i < 50; i++) {
        wg_var once = wg_sin(wg_mulc(y, 1.5));
        y = wg_mul(once, wg_cumsum(once, 0));
    }
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    wg_plan_memory memory = wg_plan_memory_of(plan);
    ck_assert_uint_eq(memory.activations + memory.gradients, 101 * 8000);
    ck_assert_uint_le(memory.block, 3 * 8000);
    ck_assert_uint_eq(wg_plan_bytes(plan), memory.block + memory.workspace);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Chains ----------------------------------------------------------------------------------------- */

typedef wg_var chained(wg_params *p, wg_var x, wg_var channel, wg_var column, wg_var scalar);

/* Rows of each kind, with operands that are broadcast, scalars, plain numbers on either side, and rests of
 * every size; what is read twice breaks the chain. */
static wg_var knot(wg_params *p, wg_var x, wg_var channel, wg_var column, wg_var scalar)
{
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    wg_var full = wg_param(p, tape, "full", shape, NULL);
    wg_var h = wg_add(wg_mulc(x, 0.75), channel), twice = wg_tanh(wg_sub(column, h));
    h = wg_mul(wg_csub(1, wg_sigmoid(twice)), wg_add(twice, full));
    h = wg_relu(wg_mul(scalar, wg_add(h, wg_clamp(h, -0.5, 0.5))));
    return wg_div(wg_softplus(wg_sub(h, channel)), wg_addc(wg_square(wg_maximum(h, full)), 1));
}

/* Small tensors that are repeated, and sums that go back to all that they are of. */
static wg_var spreads(wg_params *p, wg_var x, wg_var channel, wg_var column, wg_var scalar)
{
    const wg_axes planes = {.count = 2, .axis = {2, 3}}, channels = {.count = 3, .axis = {0, 2, 3}};
    wg_shape shape = wg_shape_of(x);
    wg_var h = wg_mul(wg_param(p, wg_tape_of(x), "full", shape, NULL), wg_broadcast_to(channel, shape));
    h = wg_tanh(wg_add(h, wg_broadcast_to(column, shape)));
    h = wg_sub(wg_broadcast_to(scalar, shape), wg_mul(h, x));
    h = wg_mul(h, wg_broadcast_to(wg_mean_over(wg_exp(h), planes, true), shape));
    h = wg_add(wg_softplus(h), wg_broadcast_to(wg_sum_over(wg_square(h), channels, true), shape));
    return wg_mul(h, wg_broadcast_to(wg_mean(wg_sin(h)), shape));
}

static void chain_case(wg_dtype dtype, wg_shape shape, chained *apply, size_t kernels)
{
    size_t count, bytes;
    wg_shape_count(&shape, &count);
    double eager_loss = 0, *x = malloc((count + 1) * sizeof *x);
    void *eager = NULL;
    wg_random r = {.seed = 8};
    for (size_t i = 0; i < count; i++)
        x[i] = wg_random_normal(&r);
    for (int planned = 0; planned < 2; planned++) {
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = 1 + planned});
        wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 5});
        wg_var channel = wg_param(params, tape, "channel", WG_SHAPE(shape.dim[1], 1, 1), NULL),
               column = wg_param(params, tape, "column", WG_SHAPE(shape.dim[3]), NULL),
               scalar = wg_param(params, tape, "scalar", wg_shape_scalar(), NULL);
        wg_var in = planned ? wg_input_of(tape, dtype, shape) : wg_input(tape, wg_array_of(x, WG_F64, shape));
        wg_var loss = wg_mean(wg_square(apply(params, in, channel, column, scalar)));
        ck_assert_msg(wg_tape_status(tape) == WG_OK, "%s", wg_tape_message(tape));
        wg_plan *plan = planned ? plan_of(loss, NULL) : NULL;
        if (planned)
            wg_plan_set(plan, in, wg_array_of(x, WG_F64, shape));
        ck_assert_int_eq(planned ? wg_plan_run(plan) : wg_backward(loss), WG_OK);
        size_t index = wg_params_index(params, "full");
        bytes = count * wg_dtype_size(dtype);
        if (!planned) {
            eager = memcpy(malloc(bytes + 1), wg_params_grad(params, index), bytes);
            eager_loss = wg_item(loss);
        } else {
            ck_assert_double_eq(wg_plan_item(plan, loss), eager_loss);
            ck_assert_mem_eq(wg_params_grad(params, index), eager, bytes);
            ck_assert_uint_lt(wg_plan_kernel_count(plan), kernels);
        }
        wg_plan_free(plan);
        wg_tape_free(tape);
        wg_params_free(params);
    }
    free(x), free(eager);
}

START_TEST(chains_give_the_bits_of_their_steps)
{
    const size_t most = 40; /* of about 80 operations */
    chain_case(WG_F64, WG_SHAPE(2, 3, 5, 7), knot, most);
    chain_case(WG_F32, WG_SHAPE(2, 3, 5, 7), knot, most);
    chain_case(WG_F32, WG_SHAPE(3, 2, 37, 41), knot, most); /* several blocks, none whole */
    chain_case(WG_F64, WG_SHAPE(4, 3, 64, 64), knot, most); /* several chunks of threads */
}
END_TEST

START_TEST(spreads_give_the_bits_of_their_steps)
{
    const size_t most = 40;
    chain_case(WG_F64, WG_SHAPE(2, 3, 5, 7), spreads, most);
    chain_case(WG_F32, WG_SHAPE(2, 3, 5, 7), spreads, most);
    chain_case(WG_F32, WG_SHAPE(3, 2, 37, 41), spreads, most);
    chain_case(WG_F64, WG_SHAPE(4, 3, 64, 64), spreads, most);
}
END_TEST

/* Bias and activation behind products and convolutions of every kind, with a residual on the way. */
static wg_var residual(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "a", x, 8, 3, &(wg_layer_conv2d_options){.conv.padding = 1}));
    wg_var h = wg_tanh(
        wg_layer_conv2d(p, "b", x, 8, 3, &(wg_layer_conv2d_options){.conv = {.padding = 1, .groups = 2}}));
    x = wg_relu(wg_add(wg_layer_conv2d(p, "c", h, 8, 1, NULL), x));
    x = wg_sigmoid(
        wg_layer_conv2d(p, "d", x, 5, 3, &(wg_layer_conv2d_options){.conv = {.stride = 2, .dilation = 2}}));
    x = wg_relu(wg_layer_dense(p, "e", wg_flatten(x), 40, NULL));
    return wg_layer_dense(p, "f", wg_mulc(x, 0.5), 10, NULL);
}

START_TEST(epilogues_give_the_bits_of_their_steps)
{
    same_as_by_hand(residual, 1);
    same_as_by_hand(residual, 2);
}
END_TEST

/* ---- Sums of chains --------------------------------------------------------------------------------- */

/* Sums of each kind over what chains compute: of all, of channels, of rows, of columns, of long runs; a value
 * that only the sum reads, one that is read on, one that is shown. */
static wg_var sums(wg_var x, wg_var *shown)
{
    const wg_axes channels = {.count = 3, .axis = {0, 2, 3}}, rows = {.count = 1, .axis = {-1}},
                  planes = {.count = 2, .axis = {2, 3}}, columns = {.count = 1, .axis = {0}};
    wg_shape shape = wg_shape_of(x);
    wg_var a = wg_square(wg_sin(x)), b = wg_tanh(wg_mulc(x, 0.5)), c = wg_sigmoid(wg_addc(x, 1));
    *shown = wg_relu(wg_addc(c, -0.7));
    wg_var flat = wg_reshape(wg_silu(b), WG_SHAPE(shape.dim[0] * shape.dim[1], shape.dim[2] * shape.dim[3]));
    wg_var loss = wg_add(wg_mean(a), wg_sum(wg_square(wg_sum_over(b, channels, false))));
    loss = wg_add(loss, wg_mean(wg_exp(wg_mean_over(*shown, planes, true))));
    loss = wg_add(loss, wg_sum(wg_square(wg_sum_over(flat, columns, false))));
    return wg_add(loss, wg_mean(wg_sum_over(wg_neg(wg_softplus(x)), rows, false)));
}

static void sum_case(wg_dtype dtype, wg_shape shape)
{
    size_t count;
    wg_shape_count(&shape, &count);
    double *x = malloc(count * sizeof *x), loss[3], *shown[3];
    wg_random r = {.seed = 4};
    for (size_t i = 0; i < count; i++)
        x[i] = wg_random_normal(&r);
    for (int way = 0; way < 3; way++) { /* recorded; planned on one thread, on three */
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .threads = 1 + way % 2 * 2});
        wg_var in = wg_input(tape, wg_array_of(x, WG_F64, shape)), seen, y = sums(in, &seen);
        wg_plan *plan =
            way ? plan_of(y, &(wg_plan_options){.forward = true, .keep = &seen, .keep_count = 1}) : NULL;
        ck_assert_int_eq(way ? wg_plan_run(plan) : wg_tape_status(tape), WG_OK);
        loss[way] = way ? wg_plan_item(plan, y) : wg_item(y);
        shown[way] = malloc(count * sizeof *x);
        ck_assert_int_eq(
            way ? wg_plan_read(plan, seen, shown[way], count) : wg_read(seen, shown[way], count), WG_OK);
        ck_assert_double_eq(loss[way], loss[0]);
        ck_assert_mem_eq(shown[way], shown[0], count * sizeof *x);
        wg_plan_free(plan);
        wg_tape_free(tape);
    }
    for (int way = 0; way < 3; way++)
        free(shown[way]);
    free(x);
}

START_TEST(sums_of_chains_give_the_bits_of_their_steps)
{
    sum_case(WG_F64, WG_SHAPE(2, 3, 5, 7));
    sum_case(WG_F32, WG_SHAPE(4, 3, 16, 16));
    sum_case(WG_F32, WG_SHAPE(3, 2, 71, 83)); /* runs of several pieces, the last one short */
    sum_case(WG_F64, WG_SHAPE(64, 20, 9, 8)); /* pieces of several lines, several parts */
    sum_case(WG_F32, WG_SHAPE(70, 4, 4, 4));
}
END_TEST

/* Nobody reads the squares but their sum, so they have no memory. */
START_TEST(what_only_a_sum_reads_is_not_written)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F64});
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(1000, 100));
    wg_plan *plan = plan_of(wg_sum(wg_square(wg_sin(x))), &(wg_plan_options){.forward = true});
    ck_assert_uint_le(wg_plan_memory_of(plan).block, 1000 * 100 * sizeof(double) / 64);
    ck_assert_uint_eq(wg_plan_kernel_count(plan), 2); /* sin and square with sums of pieces; their sum */
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Gradients of several operands ------------------------------------------------------------------ */

static size_t gradient_kernels(wg_var loss, const char *name)
{
    size_t count = 0;
    wg_plan *plan = plan_of(loss, NULL);
    for (size_t i = 0; i < wg_plan_kernel_count(plan); i++)
        count += strstr(wg_plan_kernel_at(plan, i).name, name) != NULL;
    wg_plan_free(plan);
    return count;
}

/* One kernel makes all of an operation's gradients, as a sweep does; but a product's are one for each
 * operand, so that each may be finished in a way of its own. */
START_TEST(gradients_of_an_operation_are_one_kernel)
{
    wg_params *p = wg_params_new(&(wg_params_options){.threads = 1});
    wg_tape *tape = wg_tape_new(NULL);
    wg_var image = wg_param(p, tape, "image", WG_SHAPE(2, 3, 6, 6), NULL);
    wg_var weight = wg_param(p, tape, "filters", WG_SHAPE(4, 3, 3, 3), NULL);
    wg_var a = wg_param(p, tape, "a", WG_SHAPE(5, 6), NULL), b = wg_param(p, tape, "b", WG_SHAPE(6, 7), NULL);
    const struct {
        wg_var y;
        const char *name;
        size_t kernels;
    } cases[] = {
        {wg_layer_batch_norm(p, "bn", image, NULL), "gradient of batch_norm", 1},
        {wg_layer_layer_norm(p, "ln", image, NULL), "gradient of layer_norm", 1},
        {wg_conv2d(image, weight, NULL), "gradient of conv2d", 1},
        {wg_matmul(a, b), "gradient of matmul", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(gradient_kernels(wg_sum(wg_exp(cases[i].y)), cases[i].name) == cases[i].kernels,
            "%s: not %zu", cases[i].name, cases[i].kernels);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

/* A strided convolution and products say their stretches as they like; batch norm, pooling, softmax and their
 * gradients say theirs too. Biases get their gradients' sums from all of these. */
static wg_var heads(wg_params *p, wg_var x)
{
    const wg_layer_conv2d_options same = {.conv.padding = 1}, strided = {.conv = {.stride = 2, .padding = 1}};
    wg_var bias = wg_param(p, wg_tape_of(x), "bias", WG_SHAPE(20, 1, 1), NULL);
    x = wg_relu(wg_layer_batch_norm(p, "n1", wg_layer_conv2d(p, "a", x, 20, 3, &same), NULL));
    wg_var skip = x;
    x = wg_relu(wg_add(wg_layer_conv2d(p, "one", x, 20, 1, NULL), bias));
    x = wg_relu(wg_add(wg_layer_batch_norm(p, "n2", wg_layer_conv2d(p, "b", x, 20, 3, &same), NULL), skip));
    x = wg_tanh(wg_addc(wg_max_pool2d(wg_relu(wg_mulc(x, 1.5)), 2, NULL), 0.1));
    x = wg_sigmoid(wg_avg_pool2d(wg_relu(wg_layer_conv2d(p, "c", x, 12, 3, &strided)), 2, NULL));
    x = wg_relu(wg_layer_layer_norm(p, "n3", wg_layer_dense(p, "d", wg_flatten(x), 24, NULL), NULL));
    x = wg_mulc(wg_softmax(wg_tanh(wg_layer_dense(p, "e", x, 16, NULL)), 1), 4);
    return wg_layer_dense(p, "f", x, 10, NULL);
}

START_TEST(heads_of_every_kind_give_the_bits_of_their_steps)
{
    same_as_by_hand(heads, 1);
    same_as_by_hand(heads, 3);
}
END_TEST

/* A sum is taken on the way, by whoever computes what it sums up, if each of its sums has eight numbers or more:
 * else there are so many sums that it reads the numbers themselves. */
START_TEST(short_sums)
{
    enum { ROWS = 512 };
    for (size_t n = 2; n <= 64; n *= 2) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(ROWS, n));
        wg_var y = wg_sum_over(wg_exp(x), WG_AXES(1), false);
        wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
        ck_assert_uint_eq(wg_plan_kernel_count(plan), 2);
        size_t reads = n < 8 ? ROWS * n * sizeof(double) : 0;
        ck_assert_uint_eq(wg_plan_kernel_at(plan, 1).bytes, reads + ROWS * sizeof(double));
        wg_plan_free(plan);
        wg_tape_free(tape);
    }
}
END_TEST

TEST_MAIN("plan_fused", an_mlp, a_convolution_network, nothing_for_nothing_and_nothing_twice,
    memory_is_shared, chains_give_the_bits_of_their_steps, spreads_give_the_bits_of_their_steps,
    epilogues_give_the_bits_of_their_steps, sums_of_chains_give_the_bits_of_their_steps,
    gradients_of_an_operation_are_one_kernel, what_only_a_sum_reads_is_not_written,
    heads_of_every_kind_give_the_bits_of_their_steps, short_sums)
