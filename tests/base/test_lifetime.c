/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Objects freed before those that hold them: a status and a message, no use of what is gone, and nothing is
 * lost. Under AddressSanitizer these tests see every byte that is touched too late, or never given back. */
#include <math.h>
#include <string.h>
#include <wengert/wengert.h>

#include "alloc.h"
#include "harness.h"

enum { IN = 3, OUT = 2 };

/* A dense layer on three numbers, and the square of what it says: scalar, product, a reshaped parameter. */
typedef struct step {
    wg_params *params;
    wg_tape *tape;
    wg_var weight, flat, scale, loss;
} step;

static wg_params *new_params(void)
{
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 1, .threads = 1});
    ck_assert_ptr_nonnull(params);
    return params;
}

static wg_tape *new_tape(void)
{
    return wg_tape_new(&(wg_tape_options){.threads = 1});
}

static void record(step *s)
{
    static const double numbers[IN] = {1, -2, 3};
    const wg_init one = wg_init_constant(1);
    wg_var x = wg_input(s->tape, WG_DOUBLES(numbers, 1, IN));
    s->weight = wg_param(s->params, s->tape, "weight", WG_SHAPE(IN, OUT), &one);
    s->flat = wg_reshape(s->weight, WG_SHAPE(IN * OUT));
    s->scale = wg_param(s->params, s->tape, "scale", (wg_shape){0}, &one);
    s->loss = wg_add(wg_sum(wg_square(wg_matmul(x, s->weight))), wg_mul(s->scale, wg_sum(s->flat)));
    ck_assert_msg(wg_tape_status(s->tape) == WG_OK, "%s", wg_tape_message(s->tape));
}

static step new_step(void)
{
    step s = {.params = new_params(), .tape = new_tape()};
    record(&s);
    return s;
}

static void check_message(const char *message, const char *part)
{
    ck_assert_msg(strstr(message, part) != NULL, "\"%s\" is not in \"%s\"", part, message);
}

/* ---- An optimiser without its store */

typedef wg_optim *(*optim_maker)(wg_params *params);

static wg_optim *new_sgd(wg_params *params)
{
    return wg_sgd_new(params, &(wg_sgd_options){.lr = 0.1, .momentum = 0.9});
}

static wg_optim *new_adam(wg_params *params)
{
    return wg_adam_new(params, NULL);
}

static wg_optim *new_adamw(wg_params *params)
{
    return wg_adamw_new(params, NULL);
}

static void check_bereft(wg_optim *optim)
{
    wg_params *other = new_params();
    wg_error error = {0};
    ck_assert_int_eq(wg_optim_status(optim), WG_INVALID);
    check_message(wg_optim_message(optim), "its parameter store was freed");
    check_message(wg_optim_message(optim), wg_optim_name(optim));
    ck_assert_int_eq(wg_optim_step(optim), WG_INVALID);
    ck_assert_int_eq(wg_optim_prepare(optim), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_lr(optim, 0.5), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_step_count(optim, 5), WG_INVALID);
    ck_assert_ptr_null(wg_optim_state(optim, 0, 0));
    ck_assert_ptr_null(wg_optim_params(optim));
    ck_assert_int_eq(
        wg_training_save(&(wg_training){.params = other, .optim = optim}, "never", &error), WG_INVALID);
    check_message(error.message, "its parameter store was freed");
    error = (wg_error){0};
    ck_assert_int_eq(
        wg_training_load(&(wg_training){.params = other, .optim = optim}, "never", &error), WG_INVALID);
    check_message(error.message, "its parameter store was freed");
    wg_params_free(other);
}

START_TEST(a_step_after_the_store)
{
    static const optim_maker makers[] = {new_sgd, new_adam, new_adamw};
    for (int stepped = 0; stepped < 2; stepped++)
        for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
            step s = new_step();
            wg_optim *optim = makers[i](s.params), *second = makers[i](s.params);
            ck_assert_int_eq(stepped ? wg_optim_step(optim) : WG_OK, WG_OK);
            wg_tape_free(s.tape);
            wg_params_free(s.params);
            check_bereft(optim);
            wg_optim_free(second);
            wg_optim_free(optim);
        }
}
END_TEST

static wg_var line(wg_params *params, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(params, "line", x, 1, NULL);
}

START_TEST(a_fit_with_an_optimiser_whose_store_is_gone)
{
    static const double x[2] = {1, 2}, y[2] = {3, 4};
    wg_error error = {0};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, 2, 1), WG_DOUBLES(y, 2, 1), &error);
    wg_params *old = new_params(), *params = new_params();
    wg_optim *optim = new_sgd(old);
    wg_params_free(old);
    ck_assert_int_eq(
        wg_fit(line, NULL, params, dataset, &(wg_fit_options){.optim = optim, .epochs = 1}, &error),
        WG_INVALID);
    check_message(error.message, "fit: sgd: its parameter store was freed");
    wg_optim_free(optim);
    wg_params_free(params);
    wg_dataset_free(dataset);
}
END_TEST

/* ---- A tape without the store of its parameters */

START_TEST(a_tape_after_the_store)
{
    for (int swept = 0; swept < 2; swept++) {
        double number;
        step s = new_step();
        wg_var leaf = wg_scalar(s.tape, 2), before = wg_mul(leaf, leaf), grads[2];
        ck_assert_int_eq(swept ? wg_backward(s.loss) : WG_OK, WG_OK);
        wg_params_free(s.params);

        ck_assert_int_eq(wg_backward(s.loss), WG_INVALID);
        check_message(wg_tape_message(s.tape), "backward: the store of parameter weight was freed");
        ck_assert_int_eq(wg_replay(s.tape), WG_INVALID);
        check_message(wg_tape_message(s.tape), "replay: the store of parameter weight was freed");
        ck_assert_int_eq(wg_grad(&s.loss, 1, NULL, &s.weight, 1, grads), WG_INVALID);
        ck_assert_int_eq(wg_read(s.scale, &number, 1), WG_NO_VALUE);
        check_message(wg_tape_message(s.tape), "the store of this parameter was freed");
        ck_assert(!wg_has_value(s.weight) && !wg_has_value(s.flat));
        ck_assert_ptr_null(wg_data(s.flat));
        ck_assert_ptr_null(wg_grad_data(s.weight));
        ck_assert_double_eq(wg_item(before), 4); /* what was computed before is there */

        wg_var later = wg_sum(wg_square(s.flat)); /* recorded, and cannot be computed */
        ck_assert(wg_is_valid(later) && isnan(wg_item(later)));
        ck_assert_int_eq(wg_backward(later), WG_INVALID);
        check_message(wg_tape_message(s.tape), "weight was freed");
        ck_assert_int_eq(wg_tape_status(s.tape), WG_OK);

        wg_tape_reset(s.tape); /* a new recording, with another store, knows nothing of it */
        s.params = new_params();
        record(&s);
        ck_assert_int_eq(wg_backward(s.loss), WG_OK);
        wg_tape_free(s.tape);
        wg_params_free(s.params);
    }
}
END_TEST

/* malloc may give a new store the place of the old one: its parameters are others all the same. */
START_TEST(a_new_store_is_not_taken_for_the_old_one)
{
    step s = new_step();
    for (int i = 0; i < 20; i++) {
        wg_params_free(s.params);
        s.params = new_params();
        const wg_init two = wg_init_constant(2);
        wg_var scale = wg_param(s.params, s.tape, "scale", (wg_shape){0}, &two);
        wg_var weight = wg_param(s.params, s.tape, "weight", WG_SHAPE(1), &two);
        ck_assert_msg(wg_tape_status(s.tape) == WG_OK, "%s", wg_tape_message(s.tape));
        ck_assert_double_eq(wg_item(scale), 2);
        ck_assert_double_eq(wg_item(weight), 2);
    }
    wg_params_free(s.params);
    wg_tape_free(s.tape);
}
END_TEST

START_TEST(own_gradients_go_with_their_store)
{
    step s = {
        .params = new_params(), .tape = wg_tape_new(&(wg_tape_options){.own_grads = true, .threads = 1})};
    record(&s);
    size_t count;
    ck_assert_int_eq(wg_backward(s.loss), WG_OK);
    ck_assert_ptr_nonnull(wg_own_grad(s.tape, s.params, 0, &count));
    void *old = s.params;
    wg_params_free(s.params);
    ck_assert_ptr_null(wg_own_grad(s.tape, old, 0, &count));
    wg_tape_free(s.tape);
}
END_TEST

/* ---- Plans */

START_TEST(a_plan_after_its_tape)
{
    for (int run = 0; run < 2; run++) {
        step s = new_step();
        wg_error error = {0};
        wg_optim *sgd = new_sgd(s.params);
        wg_plan *plan = wg_plan_new(s.loss, &(wg_plan_options){.optim = sgd, .profile = true}, &error);
        ck_assert_msg(plan != NULL, "%s", error.message);
        ck_assert_int_eq(run ? wg_plan_run(plan) : WG_OK, WG_OK);
        size_t bytes = wg_plan_bytes(plan), kernels = wg_plan_kernel_count(plan);
        double loss = wg_item(s.loss);
        wg_tape_free(s.tape);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_str_eq(wg_plan_message(plan), "");
        ck_assert(run || wg_plan_item(plan, s.loss) == loss);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_ne(wg_plan_item(plan, s.loss), loss); /* it was updated */
        ck_assert_uint_eq(wg_plan_kernel_count(plan), kernels);
        ck_assert_uint_eq(wg_plan_bytes(plan), bytes);
        ck_assert_uint_eq(wg_plan_profile_of(plan).runs, (size_t)run + 2);
        ck_assert(wg_plan_kernel_at(plan, 0).operations > 0);
        if (run)
            wg_optim_free(sgd);
        wg_plan_free(plan);
        if (!run)
            wg_optim_free(sgd);
        wg_params_free(s.params);
    }
}
END_TEST

/* Scalars are programs of their own, with memory of theirs; and a tape may have several plans. */
START_TEST(plans_of_resets_after_their_tape)
{
    enum { PLANS = 4 };
    wg_plan *plans[PLANS];
    wg_var results[PLANS];
    double values[PLANS];
    wg_tape *tape = new_tape();
    for (int i = 0; i < PLANS; i++) {
        wg_tape_reset(tape);
        wg_var x = wg_scalar(tape, 0.5 + i), y = x;
        for (int k = 0; k < 40; k++)
            y = wg_mul(wg_sin(y), x);
        plans[i] = wg_plan_new(results[i] = y, NULL, NULL);
        values[i] = wg_item(y);
        ck_assert_ptr_nonnull(plans[i]);
        ck_assert_int_eq(wg_plan_run(plans[i]), WG_OK);
    }
    wg_plan_free(plans[1]);
    wg_tape_free(tape);
    for (int i = 0; i < PLANS; i++)
        if (i != 1) {
            ck_assert_int_eq(wg_plan_run(plans[i]), WG_OK);
            ck_assert_double_eq_tol(wg_plan_item(plans[i], results[i]), values[i], 1e-15);
            wg_plan_free(plans[i]);
        }
}
END_TEST

START_TEST(a_plan_after_the_store)
{
    for (int with_optim = 0; with_optim < 2; with_optim++) {
        step s = new_step();
        wg_optim *sgd = with_optim ? new_sgd(s.params) : NULL;
        wg_var slope = wg_grad1(s.loss, s.weight);
        wg_plan *plan =
            wg_plan_new(s.loss, &(wg_plan_options){.optim = sgd, .keep = &slope, .keep_count = 1}, NULL);
        ck_assert_ptr_nonnull(plan);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_ptr_nonnull(wg_plan_array(plan, s.weight).data);
        wg_params_free(s.params);
        ck_assert_ptr_nonnull(wg_plan_array(plan, slope).data); /* in the plan's memory */
        ck_assert_ptr_null(wg_plan_array(plan, s.weight).data); /* it was the store's */
        ck_assert_int_eq(wg_plan_run(plan), WG_INVALID);
        check_message(wg_plan_message(plan), "plan: the store of parameter weight was freed");
        ck_assert(isnan(wg_plan_item(plan, s.loss)));
        wg_plan_free(plan);
        wg_error error = {0};
        ck_assert_ptr_null(wg_plan_new(s.loss, NULL, &error));
        ck_assert_int_eq(error.status, WG_INVALID);
        check_message(error.message, "plan: the store of parameter weight was freed");
        wg_optim_free(sgd);
        wg_tape_free(s.tape);
    }
}
END_TEST

START_TEST(a_plan_after_its_tuning_table)
{
    step s = new_step();
    wg_tuning *tuning = wg_tuning_new(NULL);
    wg_plan *plan = wg_plan_new(s.loss, &(wg_plan_options){.tuning = tuning}, NULL);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_tuning_free(tuning);
    ck_assert_int_eq(wg_plan_run(plan), WG_INVALID);
    ck_assert_str_eq(wg_plan_message(plan), "plan: its tuning table was freed");
    wg_plan_free(plan);
    wg_tape_free(s.tape);
    wg_params_free(s.params);
}
END_TEST

/* ---- Batches */

START_TEST(batches_after_the_data_set)
{
    static const double x[6] = {1, 2, 3, 4, 5, 6};
    for (int in_epoch = 0; in_epoch < 2; in_epoch++) {
        wg_error error = {0};
        wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, 6, 1), WG_DOUBLES(x, 6, 1), &error);
        wg_batches *batches = wg_batches_new(dataset, &(wg_batches_options){.size = 2}, &error);
        wg_batches *other = wg_batches_new(dataset, NULL, &error);
        wg_batch batch = {0};
        ck_assert(!in_epoch || wg_batches_next(batches, &batch));
        wg_dataset_free(dataset);
        ck_assert(!wg_batches_next(batches, &batch));
        ck_assert_int_eq(wg_batches_status(batches), WG_INVALID);
        ck_assert_str_eq(wg_batches_message(batches), "batches: their data set was freed");
        ck_assert_uint_eq(wg_batches_per_epoch(batches), 3);
        wg_batches_free(batches);
        wg_batches_free(other);
    }
}
END_TEST

START_TEST(stale_batches_say_so)
{
    static const double x[4] = {1, 2, 3, 4};
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 1), WG_DOUBLES(x, 4, 1), NULL);
    wg_batches *batches = wg_batches_new(dataset, &(wg_batches_options){.size = 2}, NULL);
    wg_batch first = {0}, second = {0};
    ck_assert(wg_batches_next(batches, &first));
    ck_assert_str_eq(wg_batches_message(batches), "");
    ck_assert(wg_batches_next(batches, &second));
    ck_assert(!wg_batches_next(batches, &first));
    ck_assert_int_eq(wg_batches_status(batches), WG_STALE);
    ck_assert_str_eq(
        wg_batches_message(batches), "batches: batch 1 is of epoch 1, and epoch 2 has begun since");
    ck_assert(!wg_batches_next(NULL, &first));
    ck_assert_str_eq(wg_batches_message(NULL), "no batches");
    wg_batches_free(batches);
    wg_dataset_free(dataset);
}
END_TEST

/* ---- All orders, and all the memory */

enum { TAPE, PARAMS, OPTIM, PLAN, TUNING, OBJECTS };

static void free_in_order(const int *order, const wg_allocator *memory)
{
    step s = {.params = wg_params_new(&(wg_params_options){.threads = 1, .allocator = *memory}),
        .tape = wg_tape_new(&(wg_tape_options){.threads = 1, .allocator = *memory})};
    record(&s);
    wg_optim *optim = new_adam(s.params);
    wg_tuning *tuning = wg_tuning_new(memory);
    wg_plan *plan = wg_plan_new(s.loss, &(wg_plan_options){.optim = optim, .tuning = tuning}, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    bool there[OBJECTS] = {true, true, true, true, true};
    for (int i = 0; i < OBJECTS; i++) {
        switch (order[i]) {
        case TAPE:
            wg_tape_free(s.tape);
            break;
        case PARAMS:
            wg_params_free(s.params);
            break;
        case OPTIM:
            wg_optim_free(optim);
            break;
        case PLAN:
            wg_plan_free(plan);
            break;
        default:
            wg_tuning_free(tuning);
        }
        there[order[i]] = false;
        if (there[PLAN])
            ck_assert_int_eq(
                wg_plan_run(plan), there[PARAMS] && there[OPTIM] && there[TUNING] ? WG_OK : WG_INVALID);
        if (there[OPTIM])
            ck_assert_int_eq(wg_optim_step(optim), there[PARAMS] ? WG_OK : WG_INVALID);
    }
}

START_TEST(any_order_gives_all_memory_back)
{
    int order[OBJECTS], orders = 0;
    for (int code = 0; code < OBJECTS * OBJECTS * OBJECTS * OBJECTS * OBJECTS; code++) {
        unsigned seen = 0;
        for (int i = 0, rest = code; i < OBJECTS; i++, rest /= OBJECTS) {
            order[i] = rest % OBJECTS;
            seen |= 1u << order[i];
        }
        if (seen != (1u << OBJECTS) - 1)
            continue;
        test_heap heap = {0};
        wg_allocator memory = test_heap_hook(&heap);
        free_in_order(order, &memory);
        test_heap_check(&heap);
        orders++;
    }
    ck_assert_int_eq(orders, 120);
}
END_TEST

TEST_MAIN("lifetime", a_step_after_the_store, a_fit_with_an_optimiser_whose_store_is_gone,
    a_tape_after_the_store, a_new_store_is_not_taken_for_the_old_one, own_gradients_go_with_their_store,
    a_plan_after_its_tape, plans_of_resets_after_their_tape, a_plan_after_the_store,
    a_plan_after_its_tuning_table, batches_after_the_data_set, stale_batches_say_so,
    any_order_gives_all_memory_back)
