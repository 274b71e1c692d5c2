/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Single operations, above the sizes at which they fork, give the same bits on any number of threads. */

#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

typedef wg_var large_op(const wg_var *x);

static wg_var random_leaf(wg_tape *tape, uint64_t stream, wg_shape shape)
{
    size_t n;
    wg_random r = {.seed = 9, .stream = stream};
    ck_assert(wg_shape_count(&shape, &n));
    double *values = malloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = 0.2 + 1.5 * wg_random_uniform(&r);
    wg_var x = wg_leaf(tape, wg_array_of(values, WG_F64, shape));
    free(values);
    return x;
}

static wg_var indices(wg_tape *tape, size_t n, size_t below)
{
    wg_random r = {.seed = 10};
    int32_t *values = malloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = (int32_t)wg_random_below(&r, below);
    wg_var x = wg_input(tape, WG_INTS(values, n));
    free(values);
    return x;
}

static wg_var do_gelu(const wg_var *x)
{
    return wg_gelu(x[0]);
}

static wg_var do_multiply(const wg_var *x)
{
    return wg_mul(x[0], x[1]); /* [600, 500] by [500]: the gradient of the row is a sum */
}

static wg_var do_column(const wg_var *x)
{
    return wg_div(x[0], x[1]); /* [600, 500] by [600, 1] */
}

static wg_var do_sum(const wg_var *x)
{
    return wg_sum(x[0]);
}

static wg_var do_sum_rows(const wg_var *x)
{
    return wg_sum_over(x[0], WG_AXES(0), false);
}

static wg_var do_sum_columns(const wg_var *x)
{
    return wg_sum_over(x[0], WG_AXES(1), true);
}

static wg_var do_norm(const wg_var *x)
{
    return wg_norm(x[0]);
}

static wg_var do_variance(const wg_var *x)
{
    return wg_variance_over(x[0], WG_AXES(0), 1, false);
}

static wg_var do_logsumexp(const wg_var *x)
{
    return wg_logsumexp(x[0]);
}

static wg_var do_softmax(const wg_var *x)
{
    return wg_softmax(x[0], -1);
}

static wg_var do_log_softmax(const wg_var *x)
{
    return wg_log_softmax(x[0], 0);
}

static wg_var do_cumsum(const wg_var *x)
{
    return wg_cumsum(x[0], 0);
}

static wg_var do_max(const wg_var *x)
{
    return wg_max_over(x[0], WG_AXES(1), false);
}

static wg_var do_matmul(const wg_var *x)
{
    return wg_matmul(x[0], x[1]);
}

static wg_var do_matmul_t(const wg_var *x)
{
    return wg_matmul_t(x[0], x[1], true, true);
}

static wg_var do_permute(const wg_var *x)
{
    return wg_permute(x[0], WG_AXES(2, 0, 1));
}

static wg_var do_slice(const wg_var *x)
{
    return wg_slice(x[0], 1, WG_END, 3, -2);
}

static wg_var do_concat(const wg_var *x)
{
    return wg_concat(x, 2, 1);
}

static wg_var do_select(const wg_var *x)
{
    return wg_index_select(x[0], 0, x[1]); /* rows taken several times: the gradient adds */
}

static wg_var do_conv(const wg_var *x)
{
    return wg_conv2d(x[0], x[1], &(wg_conv2d_options){.padding = 1});
}

static wg_var do_conv_grouped(const wg_var *x)
{
    return wg_conv2d(x[0], x[1], &(wg_conv2d_options){.stride = 2, .groups = 2});
}

static wg_var do_max_pool(const wg_var *x)
{
    return wg_max_pool2d(x[0], 2, NULL);
}

static wg_var do_avg_pool(const wg_var *x)
{
    return wg_avg_pool2d(x[0], 2, NULL);
}

static wg_var do_dropout(const wg_var *x)
{
    return wg_dropout(x[0], 0.3);
}

static wg_var do_batch_norm(const wg_var *x)
{
    return wg_batch_norm(x[0], x[1], x[2], NULL);
}

static wg_var do_layer_norm(const wg_var *x)
{
    return wg_layer_norm(x[0], x[1], x[2], NULL);
}

static wg_var do_cross_entropy(const wg_var *x)
{
    return wg_cross_entropy(x[0], x[1], NULL);
}

static wg_var do_bce(const wg_var *x)
{
    return wg_bce_with_logits(x[0], x[1], NULL);
}

/* The operands; `below` makes the last one indices. */
static const struct {
    const char *name;
    large_op *op;
    wg_shape in[3];
    size_t count, below;
} large_ops[] = {
    {"gelu", do_gelu, {{2, {600, 500}}}, 1, 0},
    {"mul by a row", do_multiply, {{2, {600, 500}}, {1, {500}}}, 2, 0},
    {"div by a column", do_column, {{2, {600, 500}}, {2, {600, 1}}}, 2, 0},
    {"sum", do_sum, {{1, {400001}}}, 1, 0},
    {"sum over axis 0", do_sum_rows, {{2, {3000, 101}}}, 1, 0},
    {"sum over axis 1", do_sum_columns, {{2, {101, 3000}}}, 1, 0},
    {"norm", do_norm, {{1, {400001}}}, 1, 0},
    {"variance", do_variance, {{2, {3000, 101}}}, 1, 0},
    {"logsumexp", do_logsumexp, {{1, {400001}}}, 1, 0},
    {"softmax", do_softmax, {{2, {1000, 301}}}, 1, 0},
    {"log_softmax", do_log_softmax, {{2, {1000, 301}}}, 1, 0},
    {"cumsum", do_cumsum, {{2, {1000, 301}}}, 1, 0},
    {"max", do_max, {{2, {1000, 301}}}, 1, 0},
    {"matmul", do_matmul, {{2, {301, 257}}, {2, {257, 303}}}, 2, 0},
    {"matmul, a batch", do_matmul, {{3, {20, 65, 67}}, {2, {67, 63}}}, 2, 0},
    {"matmul, transposed", do_matmul_t, {{2, {257, 301}}, {2, {303, 257}}}, 2, 0},
    {"permute", do_permute, {{3, {60, 70, 80}}}, 1, 0},
    {"slice", do_slice, {{2, {1000, 501}}}, 1, 0},
    {"concat", do_concat, {{2, {700, 301}}, {2, {700, 203}}}, 2, 0},
    {"index_select", do_select, {{2, {100, 1000}}, {1, {500}}}, 2, 100},
    {"conv2d", do_conv, {{4, {20, 3, 32, 32}}, {4, {16, 3, 3, 3}}}, 2, 0},
    {"conv2d, one channel", do_conv, {{4, {64, 1, 28, 28}}, {4, {6, 1, 5, 5}}}, 2, 0},
    {"conv2d, groups", do_conv_grouped, {{4, {20, 8, 31, 31}}, {4, {16, 4, 3, 3}}}, 2, 0},
    {"max_pool2d", do_max_pool, {{4, {20, 16, 32, 32}}}, 1, 0},
    {"avg_pool2d", do_avg_pool, {{4, {20, 16, 32, 32}}}, 1, 0},
    {"dropout", do_dropout, {{1, {400001}}}, 1, 0},
    {"batch_norm", do_batch_norm, {{4, {20, 16, 32, 32}}, {1, {16}}, {1, {16}}}, 3, 0},
    {"layer_norm", do_layer_norm, {{2, {1000, 301}}, {1, {301}}, {1, {301}}}, 3, 0},
    {"cross_entropy", do_cross_entropy, {{2, {3000, 101}}, {1, {3000}}}, 2, 101},
    {"bce", do_bce, {{2, {3000, 101}}, {2, {3000, 101}}}, 2, 0},
};
enum { LARGE_OPS = sizeof large_ops / sizeof large_ops[0] };

static wg_tape *new_tape(wg_dtype dtype, int threads)
{
    wg_tape_options options = {.dtype = dtype, .threads = threads, .training = true, .seed = 3};
    wg_tape *tape = wg_tape_new(&options);
    ck_assert_ptr_nonnull(tape);
    return tape;
}

/* Value and gradients of operation i on so many threads; x[count] is the value. */
static wg_tape *run_large(int i, wg_dtype dtype, int threads, wg_var *x)
{
    wg_tape *tape = new_tape(dtype, threads);
    size_t count = large_ops[i].count;
    for (size_t k = 0; k < count; k++)
        x[k] = large_ops[i].below && k == count - 1
                   ? indices(tape, large_ops[i].in[k].dim[0], large_ops[i].below)
                   : random_leaf(tape, k, large_ops[i].in[k]);
    x[count] = large_ops[i].op(x);
    /* A seed that differs from element to element. */
    wg_status status = wg_backward(wg_sum(wg_sin(x[count])));
    ck_assert_msg(
        status == WG_OK, "%s: %s (%s)", large_ops[i].name, wg_status_name(status), wg_tape_message(tape));
    return tape;
}

static void check_bytes(const char *name, int threads, const char *what, wg_var a, const void *bytes_a,
    wg_var b, const void *bytes_b)
{
    ck_assert_uint_eq(wg_count_of(a), wg_count_of(b));
    ck_assert_msg(bytes_a && bytes_b, "%s: no %s", name, what);
    ck_assert_msg(memcmp(bytes_a, bytes_b, wg_count_of(a) * wg_dtype_size(wg_dtype_of(a))) == 0,
        "%s: another %s on %d threads", name, what, threads);
}

static void check_large(int i, wg_dtype dtype)
{
    wg_var one[4], many[4];
    wg_tape *tape_one = run_large(i, dtype, 1, one);
    for (int threads = 2; threads <= 3; threads++) {
        wg_tape *tape_many = run_large(i, dtype, threads, many);
        size_t count = large_ops[i].count;
        check_bytes(large_ops[i].name, threads, "value", one[count], wg_data(one[count]), many[count],
            wg_data(many[count]));
        for (size_t k = 0; k < count - (large_ops[i].below > 0); k++)
            check_bytes(large_ops[i].name, threads, "gradient", one[k], wg_grad_data(one[k]), many[k],
                wg_grad_data(many[k]));
        wg_tape_free(tape_many);
    }
    wg_tape_free(tape_one);
}

START_TEST(large_operations)
{
    check_large(_i, WG_F64);
    check_large(_i, WG_F32);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{large_operations, LARGE_OPS}};
    return harness_run("thread_ops", tests, 1);
}
