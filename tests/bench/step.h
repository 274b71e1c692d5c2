/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* step.h - one step of a network (networks.h), recorded anew each time or planned once: forward, backward and
 * SGD's update, or a part of that. */
#ifndef WG_BENCH_STEP_H
#define WG_BENCH_STEP_H

#include "networks.h"

typedef enum step_kind {
    STEP_RECORDED, /* a training step */
    STEP_PLANNED,  /* the same */
    STEP_BF16,     /* the same, in bfloat16 */
    STEP_FORWARD,  /* planned: the loss alone */
    STEP_GRADIENT, /* planned: loss and gradients, no update */
    STEP_ASK,      /* wg_predict: the logits */
    STEP_ASK_PLANNED
} step_kind;

typedef struct step {
    step_kind kind;
    network net;
    size_t batch;
    wg_tape *tape;
    wg_params *params;
    wg_optim *sgd;
    wg_plan *plan;
    wg_var in, target, loss; /* what is planned */
    float *x, *logits;
    int32_t *labels;
    wg_array x_array, labels_array;
} step;

static void step_check(bool fine, const char *message)
{
    if (!fine) {
        fprintf(stderr, "bench: %s\n", message);
        exit(1);
    }
}

static inline void step_record(step *s)
{
    wg_tape_reset(s->tape);
    wg_var logits = s->net.apply(s->params, wg_input(s->tape, s->x_array), &s->net);
    wg_var loss = wg_cross_entropy(logits, wg_input(s->tape, s->labels_array), NULL);
    wg_params_zero_grad(s->params);
    step_check(wg_backward(loss) == WG_OK, wg_tape_message(s->tape));
    step_check(wg_optim_step(s->sgd) == WG_OK, wg_optim_message(s->sgd));
    wg_item(loss);
}

static inline void step_plan(step *s)
{
    wg_error error = {0};
    bool ask = s->kind == STEP_ASK_PLANNED;
    s->in = wg_input_of(s->tape, WG_F32, s->x_array.shape);
    s->loss = s->net.apply(s->params, s->in, &s->net);
    if (!ask) {
        s->target = wg_input_of(s->tape, WG_I32, s->labels_array.shape);
        s->loss = wg_cross_entropy(s->loss, s->target, NULL);
    }
    s->plan = wg_plan_new(s->loss,
        &(wg_plan_options){.optim = s->kind == STEP_PLANNED || s->kind == STEP_BF16 ? s->sgd : NULL,
            .bf16 = s->kind == STEP_BF16,
            .forward = ask || s->kind == STEP_FORWARD},
        &error);
    step_check(s->plan != NULL, error.message);
}

static inline void step_run(void *user)
{
    step *s = user;
    wg_error error = {0};
    if (s->kind == STEP_RECORDED) {
        step_record(s);
    } else if (s->kind == STEP_ASK) {
        wg_predict(s->net.apply, &s->net, s->params, s->x_array, s->logits, 10 * s->batch, &error);
        step_check(error.status == WG_OK, error.message);
    } else {
        wg_plan_set(s->plan, s->in, s->x_array);
        if (s->kind != STEP_ASK_PLANNED)
            wg_plan_set(s->plan, s->target, s->labels_array);
        step_check(wg_plan_run(s->plan) == WG_OK, wg_plan_message(s->plan));
    }
}

/* A batch of 0 is the network's own; 0 threads are OpenMP's choice. */
static inline step *step_new(const network *net, step_kind kind, size_t batch, int threads, wg_allocator hook)
{
    step *s = calloc(1, sizeof *s);
    bool ask = kind == STEP_ASK || kind == STEP_ASK_PLANNED;
    *s = (step){.kind = kind, .net = *net, .batch = batch ? batch : net->batch};
    size_t pixels = s->batch * net->channels * net->size * net->size;
    s->x = malloc(pixels * sizeof *s->x);
    s->logits = malloc(s->batch * 10 * sizeof *s->logits);
    s->labels = malloc(s->batch * sizeof *s->labels);
    s->tape = wg_tape_new(
        &(wg_tape_options){.dtype = WG_F32, .training = !ask, .threads = threads, .allocator = hook});
    s->params = wg_params_new(
        &(wg_params_options){.dtype = WG_F32, .seed = 1, .threads = threads, .allocator = hook});
    s->sgd = wg_sgd_new(s->params, &(wg_sgd_options){.lr = 1e-3});
    wg_random r = {.seed = 3};
    for (size_t i = 0; i < pixels; i++)
        s->x[i] = (float)wg_random_normal(&r);
    for (size_t i = 0; i < s->batch; i++)
        s->labels[i] = (int32_t)wg_random_below(&r, 10);
    s->x_array = WG_FLOATS(s->x, s->batch, net->channels, net->size, net->size);
    s->labels_array = WG_INTS(s->labels, s->batch);
    if (kind != STEP_RECORDED && kind != STEP_ASK)
        step_plan(s);
    return s;
}

static inline void step_free(step *s)
{
    wg_plan_free(s->plan);
    wg_optim_free(s->sgd);
    wg_params_free(s->params);
    wg_tape_free(s->tape);
    free(s->x);
    free(s->logits);
    free(s->labels);
    free(s);
}

#endif
