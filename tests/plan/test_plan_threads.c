/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Forward plans of one store, each in a thread of its own: the bits of one after the other. */
#include <pthread.h>

#include "planning.h"

enum { PLANS = 4, RUNS = 40, CLASSES = 10 };

typedef struct worker {
    wg_plan *plan;
    wg_var x, y;
    size_t first; /* of its batches */
    float logits[RUNS][BATCH * CLASSES];
    wg_status status;
} worker;

static void *work(void *user)
{
    worker *w = user;
    for (size_t run = 0; run < RUNS && w->status == WG_OK; run++) {
        w->status = wg_plan_set(w->plan, w->x, image_batch((w->first + run) % STEPS));
        if (w->status == WG_OK)
            w->status = wg_plan_run(w->plan);
        if (w->status == WG_OK)
            w->status = wg_plan_read_f32(w->plan, w->y, w->logits[run], BATCH * CLASSES);
    }
    return NULL;
}

/* Plans of one recording, whose tape is gone by then, or of a recording each. */
static void plan_all(network *model, wg_params *params, bool one_tape, int threads, worker *workers)
{
    const wg_tape_options options = {.dtype = WG_F32, .threads = threads};
    for (size_t i = 0; i < PLANS; i++) {
        wg_tape *tape = wg_tape_new(&options);
        wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(BATCH, 1, SIDE, SIDE)), y = model(params, x);
        for (size_t k = i; k < (one_tape ? PLANS : i + 1); k++)
            workers[k] =
                (worker){.plan = plan_of(y, &(wg_plan_options){.forward = true}), .x = x, .y = y, .first = k};
        wg_tape_free(tape);
        if (one_tape)
            break;
    }
}

static void check(network *model, bool one_tape, int threads)
{
    static worker workers[2][PLANS];
    pthread_t thread[PLANS];
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 3, .threads = 1});
    for (int way = 0; way < 2; way++)
        plan_all(model, params, one_tape, threads, workers[way]);
    for (size_t i = 0; i < PLANS; i++)
        work(&workers[0][i]);
    for (size_t i = 0; i < PLANS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, work, &workers[1][i]), 0);
    for (size_t i = 0; i < PLANS; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < PLANS; i++) {
        ck_assert_int_eq(workers[0][i].status, WG_OK);
        ck_assert_msg(workers[1][i].status == WG_OK, "%s", wg_plan_message(workers[1][i].plan));
        ck_assert_mem_eq(workers[0][i].logits, workers[1][i].logits, sizeof workers[0][i].logits);
        ck_assert(i == 0 || memcmp(workers[0][i].logits[0], workers[0][0].logits[0],
                                sizeof workers[0][i].logits[0]) != 0);
        wg_plan_free(workers[0][i].plan), wg_plan_free(workers[1][i].plan);
    }
    wg_params_free(params);
}

START_TEST(plans_of_one_store_run_at_once)
{
    network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
    for (int one_tape = 0; one_tape < 2; one_tape++)
        for (int threads = 1; threads <= 2; threads++) {
            check(network_mlp, one_tape, threads);
            check(network_cnn, one_tape, threads);
        }
}
END_TEST

/* Each trains a store of its own, and the scalars' programs are each plan's. */
typedef struct trainer {
    wg_plan *plan;
    wg_span x;
    wg_var y;
    double start, end[3];
} trainer;

static void *descend(void *user)
{
    trainer *t = user;
    double x[3] = {t->start, t->start, 1}, slope[3];
    for (int run = 0; run < 50; run++) {
        if (wg_plan_set_scalars(t->plan, t->x, x) != WG_OK || wg_plan_run(t->plan) != WG_OK ||
            wg_plan_read_grads(t->plan, t->x, slope) != WG_OK)
            break;
        for (int i = 0; i < 3; i++)
            x[i] -= 0.01 * slope[i];
    }
    memcpy(t->end, x, sizeof x);
    return NULL;
}

START_TEST(plans_of_one_formula_run_at_once)
{
    static trainer trainers[2][PLANS];
    pthread_t thread[PLANS];
    wg_tape *tape = wg_tape_new(NULL);
    wg_span x = wg_scalars_new(tape, (double[]){1, 1, 1}, 3);
    wg_var y = wg_add(
        wg_square(wg_subc(wg_at(x, 0), 3)), wg_mul(wg_square(wg_tanh(wg_at(x, 1))), wg_exp(wg_at(x, 2))));
    for (int way = 0; way < 2; way++)
        for (size_t i = 0; i < PLANS; i++)
            trainers[way][i] = (trainer){.plan = plan_of(y, NULL), .x = x, .y = y, .start = (double)i + 0.5};
    for (size_t i = 0; i < PLANS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, descend, &trainers[1][i]), 0);
    for (size_t i = 0; i < PLANS; i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < PLANS; i++) {
        descend(&trainers[0][i]);
        ck_assert_mem_eq(trainers[0][i].end, trainers[1][i].end, sizeof trainers[0][i].end);
        ck_assert_double_ne(trainers[0][i].end[0], trainers[0][i].start);
        wg_plan_free(trainers[0][i].plan), wg_plan_free(trainers[1][i].plan);
    }
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("plan_threads", plans_of_one_store_run_at_once, plans_of_one_formula_run_at_once)
