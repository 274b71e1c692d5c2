/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What a plan promises: the caller's block, bytes beforehand, what can be read after a run, and clear words
 * for all that goes wrong. */
#include "alloc.h"
#include "small_step.h"

/* ---- A block of the caller's ------------------------------------------------------------------------ */

enum { GUARD = 256 };

/* `bytes` on a line, between two guards. */
typedef struct yard {
    unsigned char *memory, *block;
    size_t bytes;
} yard;

static yard yard_new(size_t bytes)
{
    yard y = {.memory = malloc(bytes + 3 * GUARD), .bytes = bytes};
    ck_assert_ptr_nonnull(y.memory);
    memset(y.memory, 0x5A, bytes + 3 * GUARD);
    y.block = y.memory + GUARD + (WG_PLAN_ALIGNMENT - (uintptr_t)y.memory % WG_PLAN_ALIGNMENT);
    return y;
}

static void yard_free(yard *y)
{
    for (unsigned char *at = y->memory; at < y->block; at++)
        ck_assert_int_eq(*at, 0x5A);
    for (int i = 0; i < GUARD; i++)
        ck_assert_int_eq(y->block[y->bytes + (size_t)i], 0x5A);
    free(y->memory);
}

typedef struct cnn {
    wg_tape *tape;
    wg_params *params;
    wg_optim *optim;
    wg_var x, y, loss;
} cnn;

static cnn cnn_new(const wg_allocator *hook)
{
    wg_tape_options options = {.dtype = WG_F32, .training = true, .threads = 2};
    if (hook)
        options.allocator = *hook;
    cnn c = {.tape = wg_tape_new(&options),
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 4})};
    c.optim = wg_sgd_new(c.params, &(wg_sgd_options){.lr = 0.05, .momentum = 0.9});
    c.x = wg_input_of(c.tape, WG_F32, WG_SHAPE(BATCH, 1, SIDE, SIDE));
    c.y = wg_input_of(c.tape, WG_I32, WG_SHAPE(BATCH));
    c.loss = wg_cross_entropy(network_cnn(c.params, c.x), c.y, NULL);
    return c;
}

static void cnn_free(cnn *c)
{
    wg_optim_free(c->optim);
    wg_tape_free(c->tape);
    wg_params_free(c->params);
}

static void cnn_train(const cnn *c, wg_plan *plan, double *losses)
{
    network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
    for (size_t i = 0; i < STEPS; i++) {
        ck_assert_int_eq(wg_plan_set(plan, c->x, image_batch(i)), WG_OK);
        ck_assert_int_eq(wg_plan_set(plan, c->y, label_batch(i)), WG_OK);
        ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
        losses[i] = wg_plan_item(plan, c->loss);
    }
}

/* The same training in memory of the tape's and in a block that is just large enough, which it does not
 * leave; it runs there without a request to the allocator. */
START_TEST(a_block_of_the_callers)
{
    test_heap heap = {0};
    wg_allocator hook = test_heap_hook(&heap);
    double losses[2][STEPS];
    cnn first = cnn_new(NULL), second = cnn_new(&hook);
    wg_error error = {0};
    wg_plan *plan = plan_of(first.loss, &(wg_plan_options){.optim = first.optim});
    cnn_train(&first, plan, losses[0]);
    size_t bytes = wg_plan_bytes_needed(second.loss, &(wg_plan_options){.optim = second.optim}, &error);
    ck_assert_uint_eq(bytes, wg_plan_bytes(plan));
    ck_assert_uint_gt(wg_plan_memory_of(plan).workspace, 0);
    wg_plan_free(plan);
    yard y = yard_new(bytes);
    plan = plan_of(
        second.loss, &(wg_plan_options){.optim = second.optim, .block = y.block, .block_bytes = y.bytes});
    ck_assert_uint_eq(wg_plan_bytes(plan), bytes);
    size_t requests = heap.requests;
    cnn_train(&second, plan, losses[1]);
    ck_assert_uint_eq(heap.requests, requests);
    ck_assert_mem_eq(losses[0], losses[1], sizeof losses[0]);
    ck_assert(wg_params_equal(first.params, second.params));
    wg_plan_free(plan);
    yard_free(&y);
    cnn_free(&first), cnn_free(&second);
    test_heap_check(&heap);
}
END_TEST

/* Every size below what is needed is refused with the number, and nothing outside is written. */
START_TEST(blocks_that_do_not_serve)
{
    cnn c = cnn_new(NULL);
    size_t bytes = wg_plan_bytes_needed(c.loss, NULL, NULL), nodes = wg_tape_node_count(c.tape);
    const size_t sizes[] = {0, 1, bytes / 2, bytes - 1};
    char number[32];
    snprintf(number, sizeof number, "%zu are needed", bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        yard y = yard_new(sizes[i]);
        wg_error error = {0};
        ck_assert_ptr_null(
            wg_plan_new(c.loss, &(wg_plan_options){.block = y.block, .block_bytes = y.bytes}, &error));
        refused(error.status, WG_OUT_OF_MEMORY, &error, number);
        yard_free(&y);
    }
    yard y = yard_new(bytes + 64);
    wg_error error = {0};
    ck_assert_ptr_null(
        wg_plan_new(c.loss, &(wg_plan_options){.block = y.block + 8, .block_bytes = bytes}, &error));
    refused(error.status, WG_INVALID, &error, "multiple of 64");
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_plan_new(c.loss, &(wg_plan_options){.block_bytes = bytes}, &error));
    refused(error.status, WG_INVALID, &error, "without a block");
    ck_assert_uint_eq(wg_tape_node_count(c.tape), nodes);
    ck_assert_uint_eq(wg_plan_bytes_needed((wg_var){0}, NULL, NULL), 0);
    wg_plan *plan = plan_of(c.loss, &(wg_plan_options){.block = y.block, .block_bytes = bytes});
    double losses[STEPS];
    cnn_train(&c, plan, losses); /* the tape has suffered nothing */
    wg_plan_free(plan);
    yard_free(&y);
    cnn_free(&c);
}
END_TEST

/* f = sum(tanh(x w + b) - t)^2 in doubles: 6 + 2 parameters, 12 + 8 inputs. */
START_TEST(bytes_are_known_beforehand)
{
    small s = small_new(NULL);
    wg_optim *adam = wg_adam_new(s.params, NULL);
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.optim = adam});
    wg_plan_memory memory = wg_plan_memory_of(plan);
    ck_assert_uint_eq(memory.parameters, 8 * sizeof(double));
    ck_assert_uint_eq(memory.parameter_gradients, 2 * sizeof(double)); /* the bias: w is updated at once */
    ck_assert_uint_ge(memory.inputs, 20 * sizeof(double));
    ck_assert_uint_ge(memory.moments, 2 * memory.parameters);
    ck_assert_uint_eq(memory.moments, wg_optim_bytes(adam));
    ck_assert_uint_gt(memory.activations, 0);
    ck_assert_uint_gt(memory.gradients, 0);
    ck_assert(memory.live <= memory.block && memory.block <= memory.activations + memory.gradients);
    ck_assert_uint_eq(wg_plan_bytes(plan), memory.block + memory.workspace);
    wg_plan_free(plan);
    plan = plan_of(s.loss, &(wg_plan_options){.optim = adam, .gradients = true});
    ck_assert_uint_eq(wg_plan_memory_of(plan).parameter_gradients, 8 * sizeof(double));
    wg_plan_free(plan);
    plan = plan_of(s.h, &(wg_plan_options){.forward = true});
    memory = wg_plan_memory_of(plan);
    ck_assert(memory.gradients == 0 && memory.parameter_gradients == 0 && memory.moments == 0);
    ck_assert_uint_eq(memory.inputs, 12 * sizeof(double)); /* the targets are not read */
    ck_assert_uint_eq(wg_optim_bytes(NULL), 0);
    wg_plan_free(plan);
    wg_optim_free(adam);
    small_free(&s);
}
END_TEST

/* ---- Reading ---------------------------------------------------------------------------------------- */

static void not_kept(const wg_plan *plan, wg_var x, size_t n)
{
    double numbers[8];
    float floats[8];
    ck_assert(!wg_plan_has_value(plan, x) && wg_plan_array(plan, x).data == NULL);
    ck_assert(isnan(wg_plan_item(plan, x)));
    ck_assert_int_eq(wg_plan_read(plan, x, numbers, n), WG_NO_VALUE);
    ck_assert_int_eq(wg_plan_read_f32(plan, x, floats, n), WG_NO_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), ".keep"));
}

/* Tensors and bare scalars alike: kept, on the way, beside it. The tape keeps its own, whatever runs. */
START_TEST(only_what_is_kept_can_be_read)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var a = wg_scalar(tape, 2), b = wg_scalar(tape, 3), c = wg_const_scalar(tape, 5);
    wg_var inner = wg_mul(a, b), beside = wg_exp(a), kept = wg_mul(inner, c), y = wg_sin(wg_add(kept, a));
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 4)), tensor = wg_square(x), aside = wg_exp(x);
    y = wg_add(y, wg_sum(tensor));
    double eager = wg_item(y);
    ck_assert_double_eq(wg_item(inner), 6);
    wg_plan *plan = plan_of(y, &(wg_plan_options){.keep = &kept, .keep_count = 1});
    for (int run = 0; run < 2; run++) {
        ck_assert(!wg_plan_has_value(plan, y) == !run && isnan(wg_plan_item(plan, y)) == !run);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq(wg_plan_item(plan, y), eager);
        ck_assert_double_eq(wg_plan_item(plan, kept), 30);
        ck_assert(wg_plan_item(plan, a) == 2 && wg_plan_item(plan, c) == 5); /* what is given stays */
        ck_assert(wg_plan_has_value(plan, x) && wg_plan_array(plan, x).dtype == WG_F64);
        ck_assert_mem_eq(wg_plan_array(plan, x).data, xs, 4 * sizeof *xs);
        not_kept(plan, inner, 1), not_kept(plan, beside, 1), not_kept(plan, tensor, 4);
        not_kept(plan, aside, 4);
    }
    wg_var later = wg_add(kept, b), more = wg_add(inner, b);
    ck_assert(wg_item(later) == 33 && wg_item(more) == 9);
    ck_assert(wg_item(inner) == 6 && wg_item(y) == eager && wg_has_value(aside));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert(wg_item(inner) == 6 && wg_item(y) == eager && wg_item(more) == 9);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* Of leaves, the store's, and what wg_grad records and .keep keeps. */
START_TEST(gradients_of_vars)
{
    small s = small_new(NULL);
    double numbers[12], eager[12];
    wg_var slope = wg_grad1(s.loss, s.x);
    small_set(&s);
    wg_plan *plan = plan_of(s.loss, &(wg_plan_options){.keep = &slope, .keep_count = 1});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read_grad(plan, s.x, numbers, 12), WG_NO_GRADIENT); /* an input, not a leaf */
    ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), ".keep"));
    ck_assert_int_eq(wg_plan_read_grad(plan, s.h, numbers, 8), WG_NO_GRADIENT);
    ck_assert(isnan(wg_plan_item_grad(plan, s.loss)));
    ck_assert(!wg_has_grad(s.x) && !wg_has_grad(s.h));
    ck_assert_int_eq(wg_plan_read(plan, slope, numbers, 12), WG_OK);
    wg_plan_free(plan);
    ck_assert_int_eq(wg_replay(s.tape), WG_OK);
    ck_assert_int_eq(wg_read(slope, eager, 12), WG_OK);
    ck_assert_mem_eq(numbers, eager, sizeof eager);
    small_free(&s);
}
END_TEST

TEST_MAIN("plan_contract", a_block_of_the_callers, blocks_that_do_not_serve, bytes_are_known_beforehand,
    only_what_is_kept_can_be_read, gradients_of_vars)
