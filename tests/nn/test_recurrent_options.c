/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_layer_lstm and wg_layer_gru: parameters, initial values, errors, and a task learned. */

#include "alloc.h"
#include "recurrent_layer.h"

/* ---- Parameters -------------------------------------------------------------------------------------- */

static double largest(const wg_params *p, const char *name)
{
    wg_param_info a = wg_params_at(p, wg_params_index(p, name));
    ck_assert_msg(a.name != NULL, "no %s", name);
    double most = 0;
    for (size_t i = 0; i < a.count; i++)
        most = fmax(most, fabs(((const double *)a.value)[i]));
    return most;
}

START_TEST(counts_names_and_bounds)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const size_t D = 7, H = 25, gates = _i == LSTM ? 4 : 3;
    layer(_i, p, leaf(tape, WG_SHAPE(2, 3, D), 1, 0), H, &(lstm_options){0});
    ok(tape);
    ck_assert_uint_eq(wg_params_element_count(p), gates * H * (D + H + 1) + (_i == GRU ? H : 0));
    const char *names[] = {"rnn.weight_x", "rnn.weight_h", "rnn.bias", "rnn.bias_n"};
    for (size_t i = 0; i < (_i == GRU ? 4 : 3); i++) {
        ck_assert_str_eq(wg_params_at(p, i).name, names[i]);
        double most = largest(p, names[i]); /* 1 / sqrt(25) */
        ck_assert_msg(most <= 0.2 && most > 0.17, "%s: %g", names[i], most);
    }
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(initialisers_see_one_gate)
{
    wg_params *p = new_params(WG_F64);
    wg_tape *tape = new_tape(WG_F64, false, 1);
    const wg_init xavier = wg_init_xavier_uniform();
    lstm_options options = {.weight_x = xavier, .weight_h = xavier, .bias = wg_init_constant(-2)};
    wg_layer_lstm(p, "rnn", leaf(tape, WG_SHAPE(2, 3, 29), 1, 0), 25, &options);
    ok(tape);
    double x = largest(p, "rnn.weight_x") / sqrt(6.0 / 54), h = largest(p, "rnn.weight_h") / sqrt(6.0 / 50);
    ck_assert_msg(x <= 1 && x > 0.98 && h <= 1 && h > 0.98, "%g, %g", x, h);
    ck_assert_double_eq(largest(p, "rnn.bias"), 2);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

/* Added once, when the bias is made; not when it is found. */
START_TEST(forget_bias)
{
    wg_dtype dtype = _i ? WG_F32 : WG_F64;
    wg_params *p = new_params(dtype);
    double bias[12];
    for (int call = 0; call < 2; call++) {
        wg_tape *tape = new_tape(dtype, false, 1);
        lstm_options options = {.bias = wg_init_constant(0.25), .forget_bias = 1};
        wg_layer_lstm(p, "rnn", leaf(tape, WG_SHAPE(2, 3, 2), 1, 0), 3, &options);
        ok(tape);
        ck_assert_int_eq(wg_params_read(p, "rnn.bias", bias, 12), WG_OK);
        for (int i = 0; i < 12; i++)
            ck_assert_double_eq(bias[i], i / 3 == 1 ? 1.25 : 0.25);
        wg_tape_free(tape);
    }
    wg_params_free(p);
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------------------ */

START_TEST(refused)
{
    for (int row = 0; row < 5; row++) {
        wg_params *p = new_params(WG_F64);
        wg_tape *tape = new_tape(WG_F64, false, 1);
        wg_var x = leaf(tape, WG_SHAPE(2, 3, 2), 1, 0), h = x, c = x;
        lstm_options o = {.last_h = &h, .last_c = &c};
        if (row == 0)
            x = leaf(tape, WG_SHAPE(2, 3), 1, 0);
        if (row == 1)
            o.h0 = leaf(tape, WG_SHAPE(2, 3), 1, 0);
        if (row == 4)
            wg_param(p, tape, "rnn.bias", WG_SHAPE(9), NULL);
        ck_assert(!wg_is_valid(layer(_i, row == 2 ? NULL : p, x, row == 3 ? SIZE_MAX / 2 : 4, &o)));
        ck_assert(!wg_is_valid(h) && (_i == GRU || !wg_is_valid(c)));
        ck_assert_str_eq(wg_tape_scope(tape), "");
        static const struct {
            wg_status status;
            const char *named;
        } expected[] = {{WG_BAD_SHAPE, "[N, T, D]"}, {WG_BAD_SHAPE, "[2, 4]"},
            {WG_INVALID, "parameter store"}, {WG_OVERFLOW, "too large"}, {WG_NAME, "rnn.bias"}};
        fails(tape, expected[row].status, expected[row].named);
        wg_params_free(p);
    }
}
END_TEST

START_TEST(no_memory)
{
    for (size_t k = 1;; k++) {
        test_heap heap = {0};
        wg_allocator hook = test_heap_hook(&heap);
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.threads = 1, .allocator = hook});
        wg_params *p = wg_params_new(&(wg_params_options){.threads = 1, .allocator = hook});
        double x[60] = {1, -1, 2};
        heap.fail_at = heap.requests + k, heap.fail_after = true;
        wg_var h, c = {0}, in = wg_leaf(tape, WG_DOUBLES(x, 5, 4, 3));
        wg_var y = layer(_i, p, in, 2, &(lstm_options){.last_h = &h, .last_c = &c, .forget_bias = 1});
        wg_status status = wg_backward(wg_add(wg_sum(y), wg_sum(h)));
        size_t failures = heap.failures;
        ck_assert_int_eq(status, failures ? WG_OUT_OF_MEMORY : WG_OK);
        wg_tape_free(tape);
        wg_params_free(p);
        test_heap_check(&heap);
        if (!failures)
            break;
    }
}
END_TEST

/* ---- A task ------------------------------------------------------------------------------------------ */

/* 16 steps of symbols 0, 1, 2, as one of three; one 1 and one 2 among zeros. Which came first? */
enum { STEPS = 16, SAMPLES = 400 };

static wg_dataset *order_task(uint64_t seed)
{
    wg_random r = {.seed = seed};
    float *x = calloc(SAMPLES * STEPS * 3, sizeof *x);
    int32_t *labels = calloc(SAMPLES, sizeof *labels);
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t one = wg_random_below(&r, STEPS), two = (one + 1 + wg_random_below(&r, STEPS - 1)) % STEPS;
        for (size_t t = 0; t < STEPS; t++)
            x[(i * STEPS + t) * 3 + (t == one ? 1 : t == two ? 2 : 0)] = 1;
        labels[i] = one < two;
    }
    wg_error error = {0};
    wg_dataset *set =
        wg_dataset_from_arrays(WG_FLOATS(x, SAMPLES, STEPS, 3), WG_INTS(labels, SAMPLES), &error);
    ck_assert_msg(set != NULL, "%s", error.message);
    free(x), free(labels);
    return set;
}

static wg_var last_state(wg_params *p, wg_var x, void *user)
{
    wg_var h;
    layer(*(int *)user, p, x, 16, &(lstm_options){.last_h = &h, .forget_bias = 1});
    return wg_layer_dense(p, "head", h, 2, NULL);
}

START_TEST(which_came_first)
{
    wg_dataset *train = order_task(1), *test = order_task(2);
    wg_params *p = new_params(WG_F32);
    wg_error error = {0};
    wg_fit_options options = {.optim = wg_adam_new(p, &(wg_adam_options){.lr = 0.01}), .epochs = 20};
    wg_fit(last_state, &_i, p, train, &options, &error);
    double accuracy = wg_accuracy(last_state, &_i, p, test, &error);
    ck_assert_msg(error.status == WG_OK, "%s", error.message);
    ck_assert_msg(accuracy > 0.95, "%g", accuracy);
    wg_optim_free(options.optim);
    wg_params_free(p);
    wg_dataset_free(train), wg_dataset_free(test);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {counts_names_and_bounds, 2},
        {initialisers_see_one_gate, 1},
        {forget_bias, 2},
        {refused, 2},
        {no_memory, 2},
        {which_came_first, 2},
    };
    return harness_run("recurrent_options", tests, sizeof tests / sizeof tests[0]);
}
