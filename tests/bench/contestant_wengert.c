/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Ours among the contestants of compare.py (contestant.h), and the yardstick: the networks of networks.h,
 * recorded and planned, and their library calls alone. */

#include "contestant.h"
#include "step.h"

enum { EPOCH = 60000, EPOCH_BATCH = 64 };

/* One work: a step, the library calls of one, or an epoch of wg_fit. */
typedef struct made {
    step *step;
    yard *calls;
    wg_dataset *data;
    wg_params *params;
    wg_optim *sgd;
} made;

static const struct {
    const char *name;
    step_kind kind;
} kinds[] = {{"recorded", STEP_RECORDED}, {"planned", STEP_PLANNED}, {"planned-bf16", STEP_BF16},
    {"forward", STEP_FORWARD}, {"gradient", STEP_GRADIENT}, {"predict", STEP_ASK},
    {"predict-planned", STEP_ASK_PLANNED}};

static int threads(void)
{
    wg_tape *tape = wg_tape_new(NULL);
    int count = wg_tape_threads(tape);
    wg_tape_free(tape);
    return count;
}

static yard *yard_of(const network *net, bool training, size_t batch)
{
    yard *y = malloc(sizeof *y);
    yard_begin(y, threads(), training);
    net->arithmetic(y, batch ? batch : net->batch);
    return y;
}

/* Images in MNIST's number and shape; what is drawn on them costs an epoch nothing. */
static void make_epoch(made *m)
{
    wg_error error = {0};
    m->data = wg_digits_make(EPOCH, 1, &error);
    step_check(m->data != NULL, error.message);
    m->params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    m->sgd = wg_sgd_new(m->params, &(wg_sgd_options){.lr = 1e-2});
}

static void end(void *user)
{
    made *m = user;
    if (m->step)
        step_free(m->step);
    if (m->calls)
        yard_end(m->calls);
    free(m->calls);
    wg_optim_free(m->sgd);
    wg_params_free(m->params);
    wg_dataset_free(m->data);
    free(m);
}

static void *make(const char *subject, const char *work, size_t batch)
{
    const network *net = network_named(subject);
    bool ask = strcmp(work, "predict-calls") == 0;
    made *m = calloc(1, sizeof *m);
    for (size_t i = 0; net && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(work, kinds[i].name) == 0)
            m->step = step_new(net, kinds[i].kind, batch, 0, (wg_allocator){0});
    if (net && (ask || strcmp(work, "calls") == 0))
        m->calls = yard_of(net, !ask, batch);
    if (net && strcmp(work, "epoch") == 0)
        make_epoch(m);
    if (m->step || m->data || (m->calls && m->calls->complete))
        return m;
    end(m);
    return NULL;
}

static void run(void *user)
{
    made *m = user;
    wg_error error = {0};
    if (m->step)
        step_run(m->step);
    else if (m->calls)
        yard_run(m->calls);
    else
        step_check(
            wg_fit(network_named("lenet")->apply, NULL, m->params, m->data,
                &(wg_fit_options){.optim = m->sgd, .epochs = 1, .batch = EPOCH_BATCH}, &error) == WG_OK,
            error.message);
}

/* flops, predict-flops; bytes of parameters, of inputs, of activations that must be kept, of the plan. */
static double tell(const char *subject, const char *what, size_t batch)
{
    const network *net = network_named(subject);
    if (!net)
        return (double)NAN;
    yard *y = yard_of(net, strcmp(what, "predict-flops") != 0, batch);
    step *s = step_new(net, STEP_PLANNED, batch, 0, (wg_allocator){0});
    double number = strstr(what, "flops") ? y->flops
                    : strcmp(what, "parameters") == 0
                        ? (double)(wg_params_element_count(s->params) * sizeof(float))
                    : strcmp(what, "activations") == 0 ? y->kept * (double)sizeof(float)
                    : strcmp(what, "inputs") == 0      ? (double)(wg_count_of(s->in) * sizeof(float))
                    : strcmp(what, "plan") == 0        ? (double)wg_plan_bytes(s->plan)
                                                       : (double)NAN;
    yard_end(y);
    free(y);
    step_free(s);
    return number;
}

int main(void)
{
    return contestant_serve(
        &(contestant){.make = make, .run = run, .free = end, .tell = tell, .warm = "lenet"});
}
