/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The parameter store on tapes. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/optim.h>
#include <wengert/params.h>
#include <wengert/reduce.h>
#include "alloc.h"
#include "harness.h"

static const wg_init one = {.rule = WG_INIT_CONSTANT, .value = 1};

static wg_params *store(wg_dtype dtype)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype});
}

static wg_tape *tape_of(wg_dtype dtype, bool own_grads)
{
    return wg_tape_new(&(wg_tape_options){.dtype = dtype, .own_grads = own_grads});
}

/* sum of w x, by hand: the gradient of w is x. */
static wg_var weighted(wg_params *p, wg_tape *tape, double x)
{
    return wg_mulc(wg_param(p, tape, "w", wg_shape_scalar(), &one), x);
}

static double gradient_of_w(wg_params *p)
{
    double g = (double)NAN;
    ck_assert_int_eq(wg_params_read_grad(p, "w", &g, 1), WG_OK);
    return g;
}

START_TEST(gradients_accumulate_until_they_are_zeroed)
{
    wg_params *p = store(WG_F64);
    wg_tape *tape = tape_of(WG_F64, false);
    for (int i = 0; i < 3; i++) {
        wg_tape_reset(tape);
        ck_assert_int_eq(wg_backward(weighted(p, tape, 2)), WG_OK);
        ck_assert_double_eq(gradient_of_w(p), 2.0 * (i + 1));
    }
    for (int i = 0; i < 3; i++) {
        wg_tape_reset(tape);
        wg_var y = weighted(p, tape, 5);
        wg_params_zero_grad(p);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_double_eq(gradient_of_w(p), 5);
    }
    wg_params_zero_grad(p);
    ck_assert_double_eq(gradient_of_w(p), 0);
    wg_params_zero_grad(NULL);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(a_name_used_twice_is_one_node)
{
    wg_params *p = store(WG_F64);
    wg_tape *tape = tape_of(WG_F64, false);
    wg_var a = wg_param(p, tape, "w", wg_shape_scalar(), &one),
           b = wg_param(p, tape, "w", wg_shape_scalar(), &one);
    ck_assert_uint_eq(a.node, b.node);
    ck_assert_str_eq(wg_name_of(a), "w");
    ck_assert_int_eq(wg_backward(wg_add(wg_mulc(a, 3), wg_square(b))), WG_OK);
    ck_assert_double_eq(gradient_of_w(p), 5);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(scopes_are_part_of_the_name)
{
    wg_params *p = store(WG_F32);
    wg_tape *tape = tape_of(WG_F32, false);
    wg_scope_push(tape, "encoder");
    wg_scope_push(tape, "fc1");
    ck_assert(wg_is_valid(wg_param(p, tape, "weight", WG_SHAPE(2), NULL)));
    wg_scope_pop(tape);
    ck_assert_ptr_nonnull(wg_param_buffer(p, tape, "mean", WG_SHAPE(2), NULL));
    wg_scope_pop(tape);
    ck_assert(wg_is_valid(wg_param(p, tape, "weight", WG_SHAPE(3), NULL)));
    ck_assert_str_eq(wg_params_at(p, 0).name, "encoder.fc1.weight");
    ck_assert_str_eq(wg_params_at(p, 1).name, "encoder.mean");
    ck_assert_str_eq(wg_params_at(p, 2).name, "weight");
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    wg_scope_push(tape, "encoder");
    ck_assert(wg_is_valid(wg_param(p, tape, name, WG_SHAPE(3), NULL)));
    ck_assert_uint_eq(strlen(wg_params_at(p, 3).name), 407);
    wg_scope_push(tape, name);
    wg_scope_push(tape, "a"); /* however deep, no two names become one */
    ck_assert(wg_is_valid(wg_param(p, tape, "weight", WG_SHAPE(4), NULL)));
    wg_scope_pop(tape);
    wg_scope_push(tape, "b");
    ck_assert(wg_is_valid(wg_param(p, tape, "weight", WG_SHAPE(5), NULL)));
    ck_assert_uint_eq(wg_params_count(p), 6);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

static void fails(wg_tape *tape, wg_var x, wg_status status, const char *words)
{
    ck_assert(!wg_is_valid(x));
    ck_assert_int_eq(wg_tape_status(tape), status);
    ck_assert_msg(strstr(wg_tape_message(tape), words) != NULL, "%s", wg_tape_message(tape));
    wg_tape_reset(tape);
}

/* A machine with a gigabyte of memory. */
static void *gigabyte(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size)
        return new_size > (size_t)1 << 30 ? NULL : realloc(memory, new_size);
    free(memory);
    return NULL;
}

START_TEST(errors_are_left_on_the_tape)
{
    wg_params *p = wg_params_new(&(wg_params_options){.allocator = {.resize = gigabyte}}),
              *single = store(WG_F32);
    wg_tape *tape = tape_of(WG_F64, false);
    wg_param(p, tape, "w", WG_SHAPE(2, 3), NULL);
    fails(tape, wg_param(p, tape, "w", WG_SHAPE(3, 2), NULL), WG_NAME, "w has shape [2, 3], not [3, 2]");
    fails(tape, wg_param(single, tape, "w", WG_SHAPE(2), NULL), WG_BAD_DTYPE,
        "w: its store is f32, the tape f64");
    wg_scope_push(tape, "fc");
    fails(tape, wg_param(single, tape, "w", WG_SHAPE(2), NULL), WG_BAD_DTYPE,
        "fc.w: its store is f32, the tape f64");
    wg_scope_pop(tape);
    fails(tape, wg_param(NULL, tape, "w", WG_SHAPE(2), NULL), WG_INVALID, "store");
    fails(tape, wg_param(p, tape, "", WG_SHAPE(2), NULL), WG_INVALID, "name");
    fails(tape, wg_param(p, tape, "h", WG_SHAPE(1000, SIZE_MAX / 16000), NULL), WG_OUT_OF_MEMORY,
        "h: no memory");
    fails(tape, wg_param(p, tape, "h", WG_SHAPE(SIZE_MAX, 4), NULL), WG_OVERFLOW, "h: the size of");
    ck_assert_ptr_null(wg_param_buffer(p, tape, "w", WG_SHAPE(2, 3), NULL));
    fails(tape, (wg_var){0}, WG_NAME, "w is a parameter, not a buffer");
    wg_tape_fail(tape, WG_NUMBER, "an error of before");
    fails(tape, wg_param(p, tape, "fresh", WG_SHAPE(2), NULL), WG_NUMBER, "an error of before");
    wg_params_seal(p);
    fails(tape, wg_param(p, tape, "wieght", WG_SHAPE(2, 3), NULL), WG_NAME, "wieght is unknown");
    ck_assert_uint_eq(wg_params_count(p), 1);
    ck_assert_uint_eq(wg_params_count(single), 0);
    ck_assert(!wg_is_valid(wg_param(p, NULL, "w", WG_SHAPE(2, 3), NULL)));
    wg_tape_free(tape);
    wg_params_free(p), wg_params_free(single);
}
END_TEST

START_TEST(frozen_parameters_get_no_gradient)
{
    wg_params *p = store(WG_F64);
    wg_tape *tape = tape_of(WG_F64, false);
    for (int i = 0; i < 2; i++) {
        wg_tape_reset(tape);
        wg_var v = wg_param(p, tape, "v", wg_shape_scalar(), &one), y = wg_mul(v, weighted(p, tape, 2));
        wg_params_zero_grad(p);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        double g = (double)NAN;
        ck_assert_double_eq(gradient_of_w(p), 2);
        ck_assert_int_eq(wg_params_read_grad(p, "v", &g, 1), WG_OK);
        ck_assert_double_eq(g, i == 0 ? 2 : 0);
        ck_assert_uint_eq(wg_params_freeze(p, "v", true), 1);
    }
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

START_TEST(a_changed_store_makes_a_tape_stale)
{
    wg_params *p = store(WG_F64);
    wg_tape *tape = tape_of(WG_F64, false);
    wg_var y = wg_square(weighted(p, tape, 3));
    ck_assert_int_eq(wg_params_add(p, "new", WG_SHAPE(2), NULL, NULL), WG_OK); /* changes no value */
    ck_assert_int_eq(wg_backward(y), WG_OK);
    const double two = 2;
    ck_assert_int_eq(wg_params_set(p, "w", wg_array_of(&two, WG_F64, wg_shape_scalar()), NULL), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_STALE);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_double_eq(wg_item(y), 36);
    wg_params_zero_grad(p);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(gradient_of_w(p), 36);
    wg_params_changed(p);
    ck_assert_int_eq(wg_backward(y), WG_STALE);
    wg_tape_free(tape);
    wg_params_free(p);
}
END_TEST

/* Every way of changing an array, which others it changes along, and how a recording of one of them sees it.
 */
START_TEST(only_what_a_recording_uses_makes_it_stale)
{
    enum { SET, AT, ALL, COPY, RENEW, STEP, STEP_FROZEN, WAYS };
    for (int way = 0; way < WAYS; way++)
        for (int changed = 0; changed < 2; changed++) {
            static const char *const names[2] = {"used", "unused"};
            wg_params *p = store(WG_F64), *other = store(WG_F64);
            for (int i = 0; i < 2; i++)
                ck_assert_int_eq(wg_params_add(p, names[i], WG_SHAPE(2), &one, NULL), WG_OK);
            ck_assert_int_eq(wg_params_add(other, names[changed], WG_SHAPE(2), &one, NULL), WG_OK);
            wg_tape *tape = tape_of(WG_F64, false);
            wg_var y = wg_sum(wg_square(wg_param(p, tape, "used", WG_SHAPE(2), NULL)));
            wg_optim *sgd = wg_sgd_new(p, NULL);
            ck_assert_int_eq(wg_backward(y), WG_OK);
            bool all = way == ALL || way == STEP;
            if (way == SET)
                ck_assert_int_eq(
                    wg_params_set(p, names[changed], WG_DOUBLES(((double[]){3, 4}), 2), NULL), WG_OK);
            else if (way == AT)
                wg_params_changed_at(p, (size_t)changed);
            else if (way == ALL)
                wg_params_changed(p);
            else if (way == COPY)
                ck_assert_int_eq(wg_params_copy(p, other, NULL), WG_OK);
            else if (way == RENEW)
                ck_assert_int_eq(wg_params_renew(p, (size_t)changed), WG_OK);
            else {
                if (way == STEP_FROZEN)
                    wg_params_freeze(p, names[!changed], true);
                ck_assert_int_eq(wg_optim_step(sgd), WG_OK);
            }
            bool stale = all || changed == 0;
            ck_assert_msg(wg_backward(y) == (stale ? WG_STALE : WG_OK), "way %d, %s", way, names[changed]);
            if (stale)
                ck_assert_str_eq(wg_tape_message(tape),
                    "backward: parameter used was changed since: call wg_replay first");
            ck_assert_int_eq(wg_replay(tape), WG_OK);
            ck_assert_int_eq(wg_backward(y), WG_OK);
            wg_optim_free(sgd);
            wg_tape_free(tape);
            wg_params_free(p), wg_params_free(other);
        }
    wg_params_changed_at(NULL, 0);
    ck_assert_int_eq(wg_params_renew(NULL, 0), WG_INVALID);
}
END_TEST

/* Two tapes accumulate for themselves; the store sees it when they are merged, and only then. */
START_TEST(private_gradients_are_merged)
{
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_dtype dtype = is_float ? WG_F32 : WG_F64;
        wg_params *p = store(dtype);
        wg_tape *tape[2] = {tape_of(dtype, true), tape_of(dtype, true)};
        ck_assert_int_eq(wg_params_add(p, "w", wg_shape_scalar(), &one, NULL), WG_OK);
        ck_assert_int_eq(wg_params_add(p, "unused", WG_SHAPE(3), &one, NULL), WG_OK);
        wg_params_seal(p);
        for (int turn = 0; turn < 2; turn++) {
            wg_params_zero_grad(p);
            for (int i = 0; i < 2; i++) {
                wg_tape_reset(tape[i]);
                ck_assert_int_eq(wg_backward(weighted(p, tape[i], i + 2)), WG_OK);
            }
            ck_assert_double_eq(gradient_of_w(p), 0);
            wg_params_zero_grad(p);
            ck_assert_int_eq(wg_params_add_grads(p, tape[0]), WG_OK);
            ck_assert_double_eq(gradient_of_w(p), 2);
            ck_assert_int_eq(wg_params_add_grads(p, tape[0]), WG_OK);
            ck_assert_double_eq(gradient_of_w(p), 2);
            ck_assert_int_eq(wg_params_add_grads(p, tape[1]), WG_OK);
            ck_assert_double_eq(gradient_of_w(p), 5);
        }
        ck_assert_int_eq(wg_params_add_grads(p, NULL), WG_INVALID);
        ck_assert_int_eq(wg_params_add_grads(NULL, tape[0]), WG_INVALID);
        wg_tape_free(tape[0]), wg_tape_free(tape[1]);
        wg_params_free(p);
    }
}
END_TEST

/* Merging adds an array's numbers and no more: not to the array behind it in the store, whose gradient is 0
 * here, and not from what lies behind the tape's own, which is the hook's rubbish. */
START_TEST(no_number_more_is_merged)
{
    for (size_t k = 0; k < 128; k++) {
        const wg_dtype dtype = k % 2 ? WG_F32 : WG_F64;
        const size_t n = 1 + k / 2;
        test_heap heap = {0};
        wg_params *p =
            wg_params_new(&(wg_params_options){.dtype = dtype, .allocator = test_heap_hook(&heap)});
        wg_tape *tape = wg_tape_new(
            &(wg_tape_options){.dtype = dtype, .own_grads = true, .allocator = test_heap_hook(&heap)});
        for (int turn = 1; turn <= 2; turn++) {
            double many[64], few[3];
            wg_tape_reset(tape);
            wg_var w = wg_param(p, tape, "w", WG_SHAPE(n), &one),
                   v = wg_param(p, tape, "v", WG_SHAPE(3), &one);
            ck_assert_int_eq(wg_backward(wg_add(wg_mulc(wg_sum(w), 5), wg_mulc(wg_sum(v), 0))), WG_OK);
            ck_assert_int_eq(wg_params_add_grads(p, tape), WG_OK);
            ck_assert_int_eq(wg_params_read_grad(p, "w", many, n), WG_OK);
            ck_assert_int_eq(wg_params_read_grad(p, "v", few, 3), WG_OK);
            for (size_t i = 0; i < n; i++)
                ck_assert_double_eq(many[i], 5 * turn);
            for (size_t i = 0; i < 3; i++)
                ck_assert_double_eq(few[i], 0);
        }
        wg_tape_free(tape);
        wg_params_free(p);
        test_heap_check(&heap);
    }
}
END_TEST

typedef struct worker {
    wg_params *params;
    wg_tape *tape;
    double x;
    wg_status status;
} worker;

/* Twenty sweeps of sum(sin(x w)), whose gradients add up on the worker's own tape. */
static void *work(void *user)
{
    worker *w = user;
    for (int i = 0; i < 20 && w->status == WG_OK; i++) {
        wg_tape_reset(w->tape);
        wg_var weight = wg_param(w->params, w->tape, "w", WG_SHAPE(1000), NULL);
        w->status = wg_backward(wg_sum(wg_sin(wg_mulc(weight, w->x + i))));
    }
    return NULL;
}

/* One sealed store, read by tapes in several threads: merged in order, the gradient is that of one thread,
 * bit by bit. */
START_TEST(several_threads_read_one_sealed_store)
{
    enum { N = 3 };
    double g[2][1000];
    wg_params *p = store(WG_F64);
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(1000), NULL, NULL), WG_OK);
    wg_params_seal(p);
    for (int threaded = 0; threaded < 2; threaded++) {
        worker workers[N] = {{0}};
        pthread_t threads[N];
        for (int i = 0; i < N; i++) {
            wg_tape *tape = wg_tape_new(&(wg_tape_options){.own_grads = true, .threads = 1});
            workers[i] = (worker){.params = p, .tape = tape, .x = i + 0.5};
        }
        for (int i = 0; i < N; i++)
            if (threaded)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
            else
                work(&workers[i]);
        for (int i = 0; i < N && threaded; i++)
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        wg_params_zero_grad(p);
        for (int i = 0; i < N; i++) {
            ck_assert_int_eq(workers[i].status, WG_OK);
            ck_assert_int_eq(wg_params_add_grads(p, workers[i].tape), WG_OK);
            wg_tape_free(workers[i].tape);
        }
        ck_assert_int_eq(wg_params_read_grad(p, "w", g[threaded], 1000), WG_OK);
    }
    const double *w = wg_params_value(p, 0);
    double expected = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 20; k++)
            expected += (i + 0.5 + k) * cos((i + 0.5 + k) * w[7]);
    ck_assert_double_eq_tol(g[0][7], expected, 1e-10);
    ck_assert_mem_eq(g[0], g[1], sizeof g[0]);
    wg_params_free(p);
}
END_TEST

TEST_MAIN("params_tape", gradients_accumulate_until_they_are_zeroed, a_name_used_twice_is_one_node,
    scopes_are_part_of_the_name, errors_are_left_on_the_tape, frozen_parameters_get_no_gradient,
    only_what_a_recording_uses_makes_it_stale, a_changed_store_makes_a_tape_stale,
    private_gradients_are_merged, no_number_more_is_merged, several_threads_read_one_sealed_store)
