/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plan_training.h - a few steps of a network's training, by hand and by a plan. */
#ifndef WG_TESTS_PLAN_TRAINING_H
#define WG_TESTS_PLAN_TRAINING_H

#include "planning.h"

typedef struct training {
    network *apply;
    size_t batch;
    wg_tape *tape;
    wg_params *params;
    wg_optim *optim;
} training;

/* With Adam; another optimiser may be put in its place. */
static inline training begin(network *apply, size_t batch, int threads)
{
    training t = {.apply = apply, .batch = batch};
    wg_tape_options options = {.dtype = WG_F32, .training = true, .seed = 3, .threads = threads};
    t.tape = wg_tape_new(&options);
    t.params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    t.optim = wg_adam_new(t.params, &(wg_adam_options){.lr = 0.01});
    network_data(images, labels, STEPS * batch, SIDE * SIDE);
    return t;
}

static inline void end(training *t)
{
    wg_optim_free(t->optim);
    wg_tape_free(t->tape);
    wg_params_free(t->params);
}

static inline void by_hand(training *t, double *losses)
{
    for (size_t i = 0; i < STEPS; i++) {
        wg_tape_reset(t->tape);
        wg_var logits = t->apply(t->params, wg_input(t->tape, images_of(i, t->batch)));
        wg_var loss = wg_cross_entropy(logits, wg_input(t->tape, labels_of(i, t->batch)), NULL);
        wg_params_zero_grad(t->params);
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        ck_assert_int_eq(wg_optim_step(t->optim), WG_OK);
        losses[i] = wg_item(loss);
    }
}

static inline void by_plan(training *t, wg_plan_layout layout, double *losses)
{
    wg_tape_reset(t->tape);
    wg_tape_set_run_number(t->tape, 0); /* counted up by each run, as by the reset of each step by hand */
    wg_var x = wg_input_of(t->tape, WG_F32, WG_SHAPE(t->batch, 1, SIDE, SIDE)),
           y = wg_input_of(t->tape, WG_I32, WG_SHAPE(t->batch));
    wg_var loss = wg_cross_entropy(t->apply(t->params, x), y, NULL);
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = t->optim, .layout = layout});
    for (size_t i = 0; i < STEPS; i++) {
        ck_assert_int_eq(wg_plan_set(plan, x, images_of(i, t->batch)), WG_OK);
        ck_assert_int_eq(wg_plan_set(plan, y, labels_of(i, t->batch)), WG_OK);
        wg_status status = wg_plan_run(plan);
        ck_assert_msg(status == WG_OK, "%s", wg_plan_message(plan));
        losses[i] = wg_plan_item(plan, loss);
    }
    wg_plan_free(plan);
}

#endif
