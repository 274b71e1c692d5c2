/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A run of a plan calls no allocator at all: neither the tape's, nor the C library's, nor do the libraries
 * that it calls. */
#define _GNU_SOURCE

#include "own_malloc.h"
#include "planning.h"

/* Of a network, with an optimiser, on one thread and on two; the team of threads is made in the first run. */
static void check_network(network model, wg_dtype dtype, int threads)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = true, .threads = threads});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = threads});
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_var x = wg_input_of(tape, dtype, WG_SHAPE(BATCH, 1, SIDE, SIDE)),
           y = wg_input_of(tape, WG_I32, WG_SHAPE(BATCH));
    wg_var loss = wg_cross_entropy(model(params, x), y, NULL);
    size_t before = own_malloc.calls;
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = adam});
    ck_assert_uint_gt(own_malloc.calls, before); /* it counts */
    for (size_t i = 0; i < STEPS; i++) {
        wg_plan_set(plan, x, image_batch(i));
        wg_plan_set(plan, y, label_batch(i));
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert(isfinite(wg_plan_item(plan, loss)));
        if (i == 0)
            before = own_malloc.calls;
    }
    ck_assert_uint_eq(own_malloc.calls, before);
    wg_plan_free(plan);
    wg_optim_free(adam);
    wg_tape_free(tape);
    wg_params_free(params);
}

START_TEST(a_run_calls_no_allocator)
{
    if (!own_malloc_is_called())
        return;
    network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
    for (int threads = 1; threads <= 2; threads++) {
        check_network(network_cnn, WG_F32, threads);
        check_network(network_mlp, WG_F32, threads);
        check_network(network_mlp, WG_F64, threads);
    }
}
END_TEST

TEST_MAIN("plan_malloc", a_run_calls_no_allocator)
