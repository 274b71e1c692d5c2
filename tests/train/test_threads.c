/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Training runs give the same bits on any number of threads; and tapes may be used at the same time in
 * several threads of the program. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"
#include "networks.h"

static wg_tape *new_tape(wg_dtype dtype, int threads)
{
    wg_tape_options options = {.dtype = dtype, .threads = threads, .training = true, .seed = 3};
    wg_tape *tape = wg_tape_new(&options);
    ck_assert_ptr_nonnull(tape);
    return tape;
}

/* ---- Training runs */

enum { IMAGES = 96, SIDE = 16, BATCH = 48, STEPS = 6 };

typedef struct training {
    network *model;
    wg_dtype dtype;
    int threads;
    double loss[STEPS];
    wg_params *params; /* as trained, the caller's */
} training;

static void train(training *t)
{
    float *images = malloc(IMAGES * SIDE * SIDE * sizeof *images);
    int32_t labels[IMAGES];
    network_data(images, labels, IMAGES, SIDE * SIDE);
    wg_tape *tape = new_tape(t->dtype, t->threads);
    t->params = wg_params_new(&(wg_params_options){.dtype = t->dtype, .seed = 5, .threads = t->threads});
    wg_optim *adam = wg_adam_new(t->params, &(wg_adam_options){.lr = 0.01});
    wg_status status = WG_OK;
    for (size_t step = 0; step < STEPS && status == WG_OK; step++) {
        size_t first = step % (IMAGES / BATCH) * BATCH;
        wg_tape_reset(tape);
        wg_var x = wg_input(tape, WG_FLOATS(images + first * SIDE * SIDE, BATCH, 1, SIDE, SIDE));
        wg_var y = wg_input(tape, WG_INTS(labels + first, BATCH));
        wg_var loss = wg_cross_entropy(t->model(t->params, x), y, NULL);
        t->loss[step] = wg_item(loss);
        wg_params_zero_grad(t->params);
        status = wg_backward(loss);
        if (status == WG_OK)
            status = wg_optim_step(adam);
    }
    ck_assert_msg(status == WG_OK, "%s", wg_tape_message(tape));
    wg_optim_free(adam);
    wg_tape_free(tape);
    free(images);
}

static network *const models[] = {network_mlp, network_cnn};

static void check_trained(const training *a, const training *b)
{
    for (size_t step = 0; step < STEPS; step++)
        ck_assert_msg(memcmp(&a->loss[step], &b->loss[step], sizeof a->loss[step]) == 0,
            "step %zu: loss %.17g and %.17g on %d threads", step, a->loss[step], b->loss[step], b->threads);
    ck_assert(wg_params_equal(a->params, b->params));
}

START_TEST(training_runs)
{
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        training one = {.model = models[_i], .dtype = dtype, .threads = 1};
        train(&one);
        ck_assert(one.loss[STEPS - 1] < one.loss[0]);
        for (int threads = 2; threads <= 3; threads++) {
            training many = {.model = models[_i], .dtype = dtype, .threads = threads};
            train(&many);
            check_trained(&one, &many);
            wg_params_free(many.params);
        }
        wg_params_free(one.params);
    }
}
END_TEST

/* ---- Several tapes at once */

static void *train_in_thread(void *user)
{
    train(user);
    return NULL;
}

START_TEST(independent_tapes)
{
    enum { MANY = 4 };
    training alone[2], at_once[MANY];
    pthread_t thread[MANY];
    for (int i = 0; i < 2; i++) {
        alone[i] = (training){.model = models[i], .dtype = WG_F32, .threads = 1};
        train(&alone[i]);
    }
    for (int i = 0; i < MANY; i++) {
        at_once[i] = (training){.model = models[i % 2], .dtype = WG_F32, .threads = 1 + i / 2};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, train_in_thread, &at_once[i]), 0);
    }
    for (int i = 0; i < MANY; i++) {
        pthread_join(thread[i], NULL);
        check_trained(&alone[i % 2], &at_once[i]);
        wg_params_free(at_once[i].params);
    }
    for (int i = 0; i < 2; i++)
        wg_params_free(alone[i].params);
}
END_TEST

/* One sealed store, a tape for each part of the batch, private gradients merged in the parts' order. */
typedef struct part {
    wg_params *params;
    wg_tape *tape;
    size_t first;
    const float *images;
    const int32_t *labels;
    wg_status status;
} part;

enum { PARTS = 3, PART = IMAGES / PARTS };

static void *sweep_part(void *user)
{
    part *p = user;
    wg_var x = wg_input(p->tape, WG_FLOATS(p->images + p->first * SIDE * SIDE, PART, 1, SIDE, SIDE));
    wg_var y = wg_input(p->tape, WG_INTS(p->labels + p->first, PART));
    wg_loss_options sum = {.reduction = WG_SUM};
    p->status = wg_backward(wg_cross_entropy(network_mlp(p->params, x), y, &sum));
    return NULL;
}

static void sweep_parts(wg_params *params, const float *images, const int32_t *labels, bool at_once)
{
    part parts[PARTS];
    pthread_t thread[PARTS];
    for (int i = 0; i < PARTS; i++) {
        wg_tape_options options = {.dtype = WG_F64, .threads = 1, .own_grads = true};
        parts[i] = (part){.params = params,
            .tape = wg_tape_new(&options),
            .first = (size_t)i * PART,
            .images = images,
            .labels = labels};
        if (at_once)
            ck_assert_int_eq(pthread_create(&thread[i], NULL, sweep_part, &parts[i]), 0);
        else
            sweep_part(&parts[i]);
    }
    for (int i = 0; i < PARTS; i++) {
        if (at_once)
            pthread_join(thread[i], NULL);
        ck_assert_int_eq(parts[i].status, WG_OK);
    }
    for (int i = 0; i < PARTS; i++) {
        ck_assert_int_eq(wg_params_add_grads(params, parts[i].tape), WG_OK);
        wg_tape_free(parts[i].tape);
    }
}

START_TEST(private_gradients)
{
    float *images = malloc(IMAGES * SIDE * SIDE * sizeof *images);
    int32_t labels[IMAGES];
    network_data(images, labels, IMAGES, SIDE * SIDE);
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 5, .threads = 1});
    sweep_parts(params, images, labels, false); /* creates the parameters */
    wg_params_seal(params);
    double *grad[3];
    for (int pass = 0; pass < 3; pass++) {
        size_t index = wg_params_index(params, "fc1.weight"), n = wg_params_at(params, index).count;
        grad[pass] = malloc(n * sizeof *grad[pass]);
        wg_params_zero_grad(params);
        if (pass < 2) {
            sweep_parts(params, images, labels, pass == 1);
        } else { /* the whole batch on one tape: the same sum in another order */
            wg_tape *tape = new_tape(WG_F64, 1);
            wg_var x = wg_input(tape, WG_FLOATS(images, IMAGES, 1, SIDE, SIDE));
            wg_var y = wg_input(tape, WG_INTS(labels, IMAGES));
            wg_loss_options sum = {.reduction = WG_SUM};
            ck_assert_int_eq(wg_backward(wg_cross_entropy(network_mlp(params, x), y, &sum)), WG_OK);
            wg_tape_free(tape);
        }
        ck_assert_int_eq(wg_params_read_grad(params, "fc1.weight", grad[pass], n), WG_OK);
        if (pass == 1)
            ck_assert_msg(
                memcmp(grad[0], grad[1], n * sizeof **grad) == 0, "threads change the merged gradient");
        bool any = false;
        for (size_t i = 0; i < n; i++) {
            any |= grad[pass][i] != 0;
            if (pass == 2)
                ck_assert_double_eq_tol(grad[0][i], grad[2][i], 1e-9);
        }
        ck_assert(any);
    }
    for (int pass = 0; pass < 3; pass++)
        free(grad[pass]);
    wg_params_free(params);
    free(images);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {training_runs, 2},
        {independent_tapes, 1},
        {private_gradients, 1},
    };
    return harness_run("threads", tests, sizeof tests / sizeof tests[0]);
}
