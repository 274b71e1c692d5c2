/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every field of the options of what holds state, out of range: tapes, stores, initialisers, optimisers. A
 * status, a message that names the field or the number, nothing leaked, nothing changed. And every {0} and
 * NULL works. */

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "alloc.h"
#include "harness.h"

#define COUNT(list) (sizeof list / sizeof list[0])

static const double nan_number = (double)NAN;

/* ---- Tapes and stores ------------------------------------------------------------------------------ */

START_TEST(tapes)
{
    static const wg_tape_options refused[] = {{.dtype = WG_I32}, {.dtype = (wg_dtype)3},
        {.dtype = (wg_dtype)UINT_MAX}, {.threads = -1}, {.threads = INT_MIN}};
    for (size_t i = 0; i < COUNT(refused); i++) {
        test_heap heap = {0};
        wg_tape_options o = refused[i];
        o.allocator = test_heap_hook(&heap);
        ck_assert_msg(!wg_tape_new(&o), "row %zu", i);
        ck_assert_uint_eq(heap.requests, 0);
    }
    static const wg_tape_options accepted[] = {{0}, {.threads = INT_MAX, .seed = UINT64_MAX}};
    for (size_t i = 0; i < COUNT(accepted); i++) {
        wg_tape *tape = wg_tape_new(&accepted[i]);
        ck_assert_int_ge(wg_tape_threads(tape), 1);
        wg_tape_free(tape);
    }
    wg_tape_free(wg_tape_new(NULL));
}
END_TEST

START_TEST(stores)
{
    static const wg_params_options refused[] = {
        {.dtype = WG_I32}, {.dtype = (wg_dtype)3}, {.threads = -1}, {.threads = INT_MIN}};
    for (size_t i = 0; i < COUNT(refused); i++)
        ck_assert_msg(!wg_params_new(&refused[i]), "row %zu", i);
    static const wg_params_options accepted[] = {{0}, {.threads = INT_MAX, .seed = UINT64_MAX}};
    for (size_t i = 0; i < COUNT(accepted); i++) {
        wg_params *params = wg_params_new(&accepted[i]);
        ck_assert_int_eq(wg_params_add(params, "w", WG_SHAPE(3), NULL, NULL), WG_OK);
        wg_params_free(params);
    }
    wg_params_free(wg_params_new(NULL));
}
END_TEST

/* More threads than any machine has are no reason to make them: work enough for thousands of chunks. */
START_TEST(more_threads_than_processors)
{
    enum { MANY = 1 << 21 };
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = INT_MAX});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .threads = INT_MAX});
    ck_assert_int_le(wg_tape_threads(tape), 1 << 12);
    wg_var y = wg_mean(wg_square(wg_param(params, tape, "w", WG_SHAPE(MANY), NULL)));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_params_grad_norm(params) > 0);
    wg_params_free(params);
    wg_tape_free(tape);
}
END_TEST

/* ---- Names and shapes of a store's arrays ---------------------------------------------------------- */

static wg_status add(
    wg_params *params, const char *name, wg_shape shape, const wg_init *init, wg_error *error)
{
    wg_error_clear(error);
    return wg_params_add(params, name, shape, init, error);
}

START_TEST(names_of_arrays)
{
    enum { LONG = 100000 };
    test_heap heap = {0};
    wg_params *params = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
    wg_error error = {0};
    char *name = malloc(LONG + 1);
    memset(name, 'n', LONG);
    name[LONG] = 0;
    ck_assert_int_eq(add(params, "", WG_SHAPE(1), NULL, &error), WG_INVALID);
    ck_assert_int_eq(add(params, NULL, WG_SHAPE(1), NULL, &error), WG_INVALID);
    ck_assert_int_eq(add(NULL, "w", WG_SHAPE(1), NULL, &error), WG_INVALID);
    ck_assert_uint_eq(wg_params_count(params), 0);
    static const char *const odd[] = {" ", "\n", "*", "a/b", "%s%n%d", "\xFF\xFE", "\"<&>'", ".", ".."};
    for (size_t i = 0; i < COUNT(odd); i++)
        ck_assert_int_eq(add(params, odd[i], WG_SHAPE(i), NULL, &error), WG_OK);
    for (size_t i = 0; i < COUNT(odd); i++)
        ck_assert_uint_eq(wg_params_index(params, odd[i]), i);
    ck_assert_int_eq(add(params, name, WG_SHAPE(2), NULL, &error), WG_OK);
    ck_assert_int_eq(add(params, name, WG_SHAPE(3), NULL, &error), WG_NAME);
    ck_assert_int_eq(error.message[0], 'n');
    ck_assert_uint_eq(wg_params_at(params, wg_params_index(params, name)).count, 2);
    FILE *null = fopen("/dev/null", "w");
    ck_assert_int_eq(wg_params_print(params, null), WG_OK);
    fclose(null);
    free(name);
    wg_params_free(params);
    test_heap_check(&heap);
}
END_TEST

START_TEST(shapes_of_arrays)
{
    static const struct {
        wg_shape shape;
        wg_status status;
        const char *named;
    } refused[] = {
        {{.rank = 9}, WG_BAD_SHAPE, "rank over 8"},
        {{.rank = SIZE_MAX}, WG_BAD_SHAPE, "rank over 8"},
        {{.rank = 2, .dim = {SIZE_MAX, 2}}, WG_OVERFLOW, SIZE_MAX_TEXT},
        {{.rank = 1, .dim = {SIZE_MAX}}, WG_OUT_OF_MEMORY, SIZE_MAX_TEXT},
        {{.rank = 1, .dim = {SIZE_MAX / 8}}, WG_OUT_OF_MEMORY, "elements"},
        {{.rank = 3, .dim = {0, SIZE_MAX, 2}}, WG_OVERFLOW, "overflows"},
    };
    wg_params *params = wg_params_new(NULL);
    wg_error error = {0};
    for (size_t i = 0; i < COUNT(refused); i++) {
        wg_status status = add(params, "array", refused[i].shape, NULL, &error);
        ck_assert_msg(status == refused[i].status && strstr(error.message, refused[i].named) &&
                          strstr(error.message, "array"),
            "row %zu: %s: %s", i, wg_status_name(status), error.message);
    }
    ck_assert_uint_eq(wg_params_count(params), 0);
    ck_assert_int_eq(add(params, "array", WG_SHAPE(2), NULL, &error), WG_OK);
    ck_assert_int_eq(add(params, "array", (wg_shape){.rank = 99}, NULL, &error), WG_NAME);
    wg_params_free(params);
}
END_TEST

/* ---- Initialisers ---------------------------------------------------------------------------------- */

START_TEST(initialisers)
{
    static const struct {
        wg_init init;
        const char *named;
    } refused[] = {
        {{.rule = (wg_init_rule)9}, "9"},
        {{.rule = (wg_init_rule)UINT_MAX}, "rule"},
        {{.rule = WG_INIT_UNIFORM, .value = -1}, "-1"},
        {{.rule = WG_INIT_NORMAL, .value = (double)NAN}, "nan"},
        {{.rule = WG_INIT_FAN_IN, .value = HUGE_VAL}, "inf"},
        {{.rule = WG_INIT_XAVIER_UNIFORM, .value = -2}, "-"},
        {{.rule = WG_INIT_XAVIER_NORMAL, .value = HUGE_VAL}, "inf"},
        {{.rule = WG_INIT_HE_UNIFORM, .value = -HUGE_VAL}, "inf"},
        {{.rule = WG_INIT_HE_NORMAL, .value = (double)NAN}, "nan"},
    };
    wg_params *params = wg_params_new(NULL);
    wg_error error = {0};
    wg_random random = {0};
    double out[2];
    for (size_t i = 0; i < COUNT(refused); i++) {
        wg_status status = add(params, "w", WG_SHAPE(2), &refused[i].init, &error);
        ck_assert_msg(status == WG_INVALID && strstr(error.message, refused[i].named), "row %zu: %s: %s", i,
            wg_status_name(status), error.message);
        ck_assert_int_eq(wg_init_fill(&refused[i].init, WG_SHAPE(2), WG_F64, &random, out), WG_INVALID);
        ck_assert_uint_eq(random.position, 0);
    }
    ck_assert_uint_eq(wg_params_count(params), 0);
    ck_assert_int_eq(wg_init_fill(NULL, WG_SHAPE(2), WG_I32, &random, out), WG_BAD_DTYPE);
    ck_assert_int_eq(wg_init_fill(NULL, (wg_shape){.rank = 9}, WG_F64, &random, out), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_init_fill(NULL, WG_SHAPE(2), WG_F64, NULL, out), WG_INVALID);
    ck_assert_int_eq(wg_init_fill(NULL, WG_SHAPE(2), WG_F64, &random, NULL), WG_INVALID);
    static const wg_init accepted[] = {{0}, {.fan_in = SIZE_MAX, .fan_out = SIZE_MAX},
        {.rule = WG_INIT_CONSTANT, .value = -HUGE_VAL}, {.rule = WG_INIT_HE_NORMAL}};
    for (size_t i = 0; i < COUNT(accepted); i++)
        ck_assert_int_eq(wg_init_fill(&accepted[i], WG_SHAPE(2), WG_F64, &random, out), WG_OK);
    wg_params_free(params);
}
END_TEST

/* ---- Optimisers ------------------------------------------------------------------------------------ */

static wg_optim *sgd(wg_params *params, const void *options)
{
    return wg_sgd_new(params, options);
}

static wg_optim *adam(wg_params *params, const void *options)
{
    return wg_adam_new(params, options);
}

static wg_optim *adamw(wg_params *params, const void *options)
{
    return wg_adamw_new(params, options);
}

#define SGD(...) (&(const wg_sgd_options){__VA_ARGS__})
#define ADAM(...) (&(const wg_adam_options){__VA_ARGS__})

static const struct bad_optim {
    wg_optim *(*make)(wg_params *params, const void *options);
    const void *options;
    const char *named;
} bad_optims[] = {
    {sgd, SGD(.lr = -1), "sgd: lr is -1"},
    {sgd, SGD(.lr = (double)NAN), "lr is"},
    {sgd, SGD(.lr = HUGE_VAL), "lr is inf"},
    {sgd, SGD(.momentum = -0.5), "momentum is -0.5"},
    {sgd, SGD(.momentum = 1), "momentum is 1"},
    {sgd, SGD(.momentum = (double)NAN), "momentum is"},
    {sgd, SGD(.weight_decay = -1), "weight_decay is -1"},
    {sgd, SGD(.weight_decay = (double)NAN), "weight_decay is"},
    {sgd, SGD(.weight_decay = HUGE_VAL), "weight_decay is inf"},
    {sgd, SGD(.nesterov = true), "nesterov"},
    {adam, ADAM(.lr = -HUGE_VAL), "lr is -inf"},
    {adam, ADAM(.beta1 = 1), "beta1 is 1"},
    {adam, ADAM(.beta2 = (double)NAN), "beta2 is"},
    {adam, ADAM(.beta2 = HUGE_VAL), "beta2 is inf"},
    {adam, ADAM(.eps = (double)NAN), "eps is"},
    {adam, ADAM(.eps = HUGE_VAL), "eps is inf"},
    {adam, ADAM(.weight_decay = -1), "weight_decay is -1"},
    {adamw, ADAM(.weight_decay = -1), "weight_decay is -1"},
    {adam, ADAM(.beta1 = -1), "beta1 is -1"},
    {adam, ADAM(.beta2 = -1e-9), "beta2 is -1e-09"},
    {adam, ADAM(.eps = -1), "eps is -1"},
    {adamw, ADAM(.weight_decay = (double)NAN), "adamw: weight_decay is"},
    {adamw, ADAM(.weight_decay = HUGE_VAL), "weight_decay is inf"},
};

START_TEST(optimisers)
{
    const struct bad_optim *c = &bad_optims[_i];
    test_heap heap = {0};
    wg_params *params = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
    double before[2], after[2];
    ck_assert_int_eq(wg_params_add(params, "w", WG_SHAPE(2), NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_read(params, "w", before, 2), WG_OK);
    wg_optim *optim = c->make(params, c->options);
    ck_assert_int_eq(wg_optim_status(optim), WG_INVALID);
    ck_assert_int_eq(wg_optim_step(optim), WG_INVALID);
    ck_assert_msg(strstr(wg_optim_message(optim), c->named), "\"%s\" expected, got %s", c->named,
        wg_optim_message(optim));
    ck_assert_uint_eq(wg_optim_step_count(optim), 0);
    ck_assert_int_eq(wg_params_read(params, "w", after, 2), WG_OK);
    ck_assert_mem_eq(before, after, sizeof before);
    wg_optim_free(optim);
    for (int zeroed = 0; zeroed < 2; zeroed++) {
        static const wg_adam_options zero = {0};
        optim = c->make(params, zeroed ? &zero : NULL);
        ck_assert_int_eq(wg_optim_step(optim), WG_OK);
        wg_optim_free(optim);
    }
    ck_assert_ptr_null(c->make(NULL, NULL));
    wg_params_free(params);
    test_heap_check(&heap);
}
END_TEST

START_TEST(numbers_of_an_optimiser)
{
    wg_params *params = wg_params_new(NULL);
    ck_assert_int_eq(wg_params_add(params, "w", WG_SHAPE(2), NULL, NULL), WG_OK);
    wg_optim *optim = wg_adam_new(params, NULL);
    static const double bad[] = {-1, HUGE_VAL, (double)NAN};
    for (size_t i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(wg_optim_set_lr(optim, bad[i]), WG_INVALID);
        ck_assert_double_eq(wg_optim_lr(optim), 0.001);
        ck_assert_uint_eq(wg_params_scale(params, "*", bad[i], 1), 0);
        ck_assert_uint_eq(wg_params_scale(params, "*", 1, bad[i]), 0);
    }
    ck_assert_double_eq(wg_params_at(params, 0).lr_scale, 1);
    ck_assert_int_eq(wg_params_clip_grad_value(params, -1), WG_INVALID);
    ck_assert_int_eq(wg_params_clip_grad_value(params, nan_number), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_step_count(optim, UINT64_MAX), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_step_count(optim, (uint64_t)1 << 50), WG_OK);
    ck_assert_int_eq(wg_optim_step(optim), WG_OK);
    double w[2];
    ck_assert_int_eq(wg_params_read(params, "w", w, 2), WG_OK);
    ck_assert(isfinite(w[0]) && isfinite(w[1]));
    ck_assert_ptr_null(wg_optim_state(optim, SIZE_MAX, 0));
    ck_assert_ptr_null(wg_optim_state(optim, 0, SIZE_MAX));
    wg_optim_free(optim);
    wg_params_free(params);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {tapes, 1},
        {stores, 1},
        {more_threads_than_processors, 1},
        {names_of_arrays, 1},
        {shapes_of_arrays, 1},
        {initialisers, 1},
        {optimisers, (int)COUNT(bad_optims)},
        {numbers_of_an_optimiser, 1},
    };
    return harness_run("options", tests, COUNT(tests));
}
