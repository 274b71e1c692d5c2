/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Training steps (forward, backward, SGD; float): milliseconds, as a multiple of the step's matrix products
 * and convolutions called alone (yardstick.h), and requests of memory per step through our hook.
 *
 *     bench_networks [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include <wengert/wengert.h>
#include "yardstick.h"

typedef struct network {
    const char *name;
    size_t batch, channels, size;
    wg_var (*apply)(wg_params *p, wg_var x);
    void (*arithmetic)(yard *y, size_t batch);
} network;

static wg_var mlp(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_dense(p, "fc1", wg_flatten(x), 512, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 256, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static void mlp_arithmetic(yard *y, size_t n)
{
    yard_add_dense(y, n, 784, 512, true);
    yard_add_dense(y, n, 512, 256, false);
    yard_add_dense(y, n, 256, 10, false);
}

static wg_var lenet(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 84, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static void lenet_arithmetic(yard *y, size_t n)
{
    yard_add_conv(y, n, 1, 28, 6, 5, 2, true);
    yard_add_conv(y, n, 6, 14, 16, 5, 0, false);
    yard_add_dense(y, n, 400, 120, false);
    yard_add_dense(y, n, 120, 84, false);
    yard_add_dense(y, n, 84, 10, false);
}

static wg_var vgg(wg_params *p, wg_var x)
{
    const wg_layer_conv2d_options same = {.padding = 1};
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 32, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 32, 3, &same));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv3", x, 64, 3, &same));
    x = wg_relu(wg_layer_conv2d(p, "conv4", x, 64, 3, &same));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 256, NULL));
    return wg_layer_dense(p, "fc2", x, 10, NULL);
}

static void vgg_arithmetic(yard *y, size_t n)
{
    yard_add_conv(y, n, 3, 32, 32, 3, 1, true);
    yard_add_conv(y, n, 32, 32, 32, 3, 1, false);
    yard_add_conv(y, n, 32, 16, 64, 3, 1, false);
    yard_add_conv(y, n, 64, 16, 64, 3, 1, false);
    yard_add_dense(y, n, 4096, 256, false);
    yard_add_dense(y, n, 256, 10, false);
}

enum { LSTM_STEPS = 32, LSTM_IN = 64, LSTM_HIDDEN = 128 };

/* As many samples as steps; the pixels are [T, N, D]. */
static wg_var lstm(wg_params *p, wg_var x)
{
    wg_var last;
    x = wg_reshape(x, WG_SHAPE(LSTM_STEPS, wg_count_of(x) / (LSTM_STEPS * LSTM_IN), LSTM_IN));
    wg_layer_lstm(p, "lstm", x, LSTM_HIDDEN, &(wg_layer_lstm_options){.time_major = true, .last_h = &last});
    return wg_layer_dense(p, "head", last, 10, NULL);
}

/* The input's share of all steps and its weight's gradient; the state's share step by step, there and back;
 * its weight's gradient; the head. */
static void lstm_arithmetic(yard *y, size_t n)
{
    yard_add_dense(y, LSTM_STEPS * n, LSTM_IN, 4 * LSTM_HIDDEN, true);
    for (int t = 0; t < LSTM_STEPS; t++) {
        yard_add_gemm(y, false, false, n, 4 * LSTM_HIDDEN, LSTM_HIDDEN);
        if (t > 0)
            yard_add_gemm(y, false, true, n, LSTM_HIDDEN, 4 * LSTM_HIDDEN);
    }
    yard_add_gemm(y, true, false, LSTM_HIDDEN, 4 * LSTM_HIDDEN, LSTM_STEPS * n);
    yard_add_dense(y, n, LSTM_HIDDEN, 10, false);
}

/* ---- The step -------------------------------------------------------------------------------------- */

typedef struct step {
    const network *net;
    wg_tape *tape;
    wg_params *params;
    wg_optim *sgd;
    float *x;
    int32_t *labels;
    double loss;
} step;

static void train(void *user)
{
    step *s = user;
    const network *n = s->net;
    wg_tape_reset(s->tape);
    wg_var x = wg_input(s->tape, WG_FLOATS(s->x, n->batch, n->channels, n->size, n->size));
    wg_var loss =
        wg_cross_entropy(n->apply(s->params, x), wg_input(s->tape, WG_INTS(s->labels, n->batch)), NULL);
    wg_params_zero_grad(s->params);
    if (wg_backward(loss) != WG_OK || wg_optim_step(s->sgd) != WG_OK) {
        fprintf(stderr, "bench_networks: %s\n", wg_tape_message(s->tape));
        exit(1);
    }
    s->loss = wg_item(loss);
}

/* ---- The same, planned ----------------------------------------------------------------------------- */

typedef struct planned {
    step step;
    wg_var x, labels, loss;
    wg_plan *plan;
} planned;

static void run_plan(void *user)
{
    planned *p = user;
    const network *n = p->step.net;
    wg_set(p->x, WG_FLOATS(p->step.x, n->batch, n->channels, n->size, n->size));
    wg_set(p->labels, WG_INTS(p->step.labels, n->batch));
    if (wg_plan_run(p->plan) != WG_OK) {
        fprintf(stderr, "bench_networks: %s\n", wg_tape_message(p->step.tape));
        exit(1);
    }
    p->step.loss = wg_item(p->loss);
}

static void make_plan(planned *p)
{
    const network *n = p->step.net;
    wg_error error = {0};
    p->x = wg_input_of(p->step.tape, WG_F32, WG_SHAPE(n->batch, n->channels, n->size, n->size));
    p->labels = wg_input_of(p->step.tape, WG_I32, WG_SHAPE(n->batch));
    p->loss = wg_cross_entropy(n->apply(p->step.params, p->x), p->labels, NULL);
    p->plan = wg_plan_new(p->loss, &(wg_plan_options){.optim = p->step.sgd}, &error);
    if (!p->plan) {
        fprintf(stderr, "bench_networks: %s\n", error.message);
        exit(1);
    }
}

/* ---- Measuring ------------------------------------------------------------------------------------- */

/* Counts requests and passes them on. */
static void *counting(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    ++*(size_t *)user;
    return realloc(memory, new_size);
}

static step step_new(const network *n, size_t *requests)
{
    const wg_allocator hook = {counting, requests};
    size_t pixels = n->batch * n->channels * n->size * n->size;
    step s = {.net = n,
        .tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true, .allocator = hook}),
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1, .allocator = hook}),
        .x = malloc(pixels * sizeof(float)),
        .labels = malloc(n->batch * sizeof(int32_t))};
    s.sgd = wg_sgd_new(s.params, &(wg_sgd_options){.lr = 1e-3});
    wg_random r = {.seed = 3};
    for (size_t i = 0; i < pixels; i++)
        s.x[i] = (float)wg_random_normal(&r);
    for (size_t i = 0; i < n->batch; i++)
        s.labels[i] = (int32_t)wg_random_below(&r, 10);
    return s;
}

static void step_free(step *s)
{
    wg_optim_free(s->sgd);
    wg_params_free(s->params);
    wg_tape_free(s->tape);
    free(s->x);
    free(s->labels);
}

static void number(bench *b, const network *n, const char *what, const char *unit, double value)
{
    char name[128];
    snprintf(name, sizeof name, "%s, %s", n->name, what);
    bench_number(b, name, unit, value);
}

static void measure(bench *b, const network *n)
{
    size_t requests = 0, of_plan = 0;
    step s = step_new(n, &requests);
    planned p = {.step = step_new(n, &of_plan)};
    yard y;
    yard_begin(&y, wg_tape_threads(s.tape));
    n->arithmetic(&y, n->batch);
    make_plan(&p);
    train(&s), train(&s);
    size_t before = requests, planned_before = of_plan;
    train(&s), run_plan(&p); /* the first run */
    double each = (double)(requests - before), planned_each = (double)(of_plan - planned_before), t[3];
    bench_run(b, 3, (bench_work *const[]){train, run_plan, yard_run}, (void *const[]){&s, &p, &y}, t);
    double tape = (double)wg_tape_bytes(s.tape) / 1048576, block = (double)wg_plan_bytes(p.plan) / 1048576;
    printf("  %-32s %9.3f %9.3f %9.3f", n->name, t[0] * 1e3, t[1] * 1e3, y.complete ? t[2] * 1e3 : 0);
    printf(y.complete ? " %6.2f %6.2f" : "      -      -", t[0] / t[2], t[1] / t[2]);
    printf(" %8.1f  %4.0f %4.0f  %8.2f %8.2f\n", y.flops / t[1] * 1e-9, each, planned_each, tape, block);
    number(b, n, "step", "ms", t[0] * 1e3);
    number(b, n, "planned step", "ms", t[1] * 1e3);
    if (y.complete)
        number(b, n, "library calls", "ms", t[2] * 1e3);
    number(b, n, "requests per step", "requests", each);
    number(b, n, "requests per planned step", "requests", planned_each);
    number(b, n, "memory of the tape", "MiB", tape);
    number(b, n, "memory of the plan", "MiB", block);
    yard_end(&y);
    wg_plan_free(p.plan);
    step_free(&s), step_free(&p.step);
}

int main(int argc, char **argv)
{
    static const network networks[] = {
        {"MLP 784-512-256-10, batch 128", 128, 1, 28, mlp, mlp_arithmetic},
        {"MLP 784-512-256-10, batch 1", 1, 1, 28, mlp, mlp_arithmetic},
        {"LeNet-5 1x28x28, batch 64", 64, 1, 28, lenet, lenet_arithmetic},
        {"VGG-like 3x32x32, batch 64", 64, 3, 32, vgg, vgg_arithmetic},
        {"LSTM 64-128, 32 steps, batch 32", 32, 32, 8, lstm, lstm_arithmetic},
    };
    bench b = bench_begin(argc, argv, "networks");
    wg_tape *tape = wg_tape_new(NULL);
    printf("Training steps, float, %d threads, ms: recorded, planned, and their library calls alone\n\n",
        wg_tape_threads(tape));
    wg_tape_free(tape);
    printf("  %-32s %9s %9s %9s %13s %8s  %9s  %17s\n", "", "recorded", "planned", "calls", "of the calls",
        "GFLOP/s", "requests", "MiB");
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        measure(&b, &networks[i]);
    printf("\nin pairs: recorded, planned. requests: of memory, through our hook, by one step after the "
           "second (the "
           "first); MiB: of the tape, of the plan\n");
    return bench_end(&b);
}
