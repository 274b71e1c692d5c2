/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What bfloat16 costs and gains: the same training twice, as a plan in floats and as one with the option
 * bf16, from the same weights over the same batches. The share of test images that each reads right, asked in
 * its own arithmetic, and the time of an epoch.
 *
 *     bench_bf16 [--data FOLDER] [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads
 *
 * FOLDER holds MNIST's files; without it digits are drawn. */

#include "bench.h"
#include "networks.h"

enum { BATCH = 64, EPOCHS = 5 };

/* Images of one channel, 28 x 28. */
static const struct model {
    const char *name;
    wg_model apply;
} models[] = {{"MLP 784-512-256-10", apply_mlp}, {"LeNet-5", apply_lenet}};

typedef struct training {
    const struct model *model;
    bool bf16;
    wg_params *params;
    wg_optim *adam;
    wg_tape *tape;
    wg_var x, y, result;
    wg_plan *plan;
    wg_batches *batches;
    double seconds[EPOCHS];
} training;

static void check(bool fine, const char *message)
{
    if (!fine) {
        fprintf(stderr, "bench_bf16: %s\n", message);
        exit(1);
    }
}

/* A plan of the network, to be trained (with `adam`) or asked. */
static void plan(training *t, wg_optim *adam)
{
    wg_error error = {0};
    t->tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = adam});
    t->x = wg_input_of(t->tape, WG_F32, WG_SHAPE(BATCH, 1, 28, 28));
    t->y = wg_input_of(t->tape, WG_I32, WG_SHAPE(BATCH));
    t->result = t->model->apply(t->params, t->x, NULL);
    if (adam)
        t->result = wg_cross_entropy(t->result, t->y, NULL);
    t->plan =
        wg_plan_new(t->result, &(wg_plan_options){.optim = adam, .forward = !adam, .bf16 = t->bf16}, &error);
    check(t->plan, error.message);
}

static training begin(const struct model *model, bool bf16, const wg_dataset *data)
{
    wg_error error = {0};
    training t = {.model = model,
        .bf16 = bf16,
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1})};
    t.adam = wg_adam_new(t.params, NULL);
    t.batches =
        wg_batches_new(data, &(wg_batches_options){.size = BATCH, .seed = 1, .drop_last = true}, &error);
    check(t.batches, error.message);
    plan(&t, t.adam);
    return t;
}

static void unplan(training *t)
{
    wg_plan_free(t->plan);
    wg_tape_free(t->tape);
}

static void end(training *t)
{
    wg_batches_free(t->batches);
    wg_optim_free(t->adam);
    wg_params_free(t->params);
}

static void epoch(training *t, size_t number)
{
    double begun = bench_now();
    wg_optim_set_lr(t->adam,
        1e-3 * wg_schedule_factor(&(wg_schedule){.kind = WG_SCHEDULE_COSINE}, (double)number, EPOCHS));
    for (wg_batch batch = {0}; wg_batches_next(t->batches, &batch);) {
        wg_plan_set(t->plan, t->x, batch.x);
        wg_plan_set(t->plan, t->y, batch.y);
        check(wg_plan_run(t->plan) == WG_OK, wg_plan_message(t->plan));
    }
    t->seconds[number] = bench_now() - begun;
}

static size_t largest(const float *row)
{
    size_t best = 0;
    for (size_t i = 1; i < 10; i++)
        best = row[i] > row[best] ? i : best;
    return best;
}

/* In percent, of as many test images as fill batches. */
static double accuracy(training *t, const wg_dataset *data)
{
    wg_error error = {0};
    size_t right = 0, asked = 0;
    wg_batches *batches = wg_batches_new(
        data, &(wg_batches_options){.size = BATCH, .in_order = true, .drop_last = true}, &error);
    check(batches, error.message);
    plan(t, NULL);
    for (wg_batch batch = {0}; wg_batches_next(batches, &batch); asked += BATCH) {
        wg_plan_set(t->plan, t->x, batch.x);
        check(wg_plan_run(t->plan) == WG_OK, wg_plan_message(t->plan));
        const float *logits = wg_plan_array(t->plan, t->result).data;
        const int32_t *labels = batch.y.data;
        for (size_t i = 0; i < BATCH; i++)
            right += largest(logits + 10 * i) == (size_t)labels[i];
    }
    unplan(t);
    wg_batches_free(batches);
    return 100 * (double)right / (double)asked;
}

static void compare(
    bench *b, const struct model *model, const wg_dataset *train, const wg_dataset *test, size_t epochs)
{
    training t[2] = {begin(model, false, train), begin(model, true, train)};
    double right[2], seconds[2];
    for (size_t i = 0; i < epochs; i++)
        for (size_t k = 0; k < 2; k++)
            epoch(&t[k], i);
    for (size_t k = 0; k < 2; k++) {
        static const char *const kinds[] = {"float", "bf16"};
        char name[96];
        unplan(&t[k]);
        right[k] = accuracy(&t[k], test);
        seconds[k] = bench_median(t[k].seconds, epochs);
        end(&t[k]);
        snprintf(name, sizeof name, "%s, %s, test accuracy", model->name, kinds[k]);
        bench_number(b, name, "%", right[k]);
        snprintf(name, sizeof name, "%s, %s, epoch", model->name, kinds[k]);
        bench_number(b, name, "s", seconds[k]);
    }
    printf("  %-32s %8.2f %8.2f %+8.2f  %9.3f %9.3f %6.2f\n", model->name, right[0], right[1],
        right[1] - right[0], seconds[0], seconds[1], seconds[0] / seconds[1]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 2 && strcmp(argv[1], "--data") == 0 ? argv[2] : NULL;
    if (folder) {
        argv[2] = argv[0];
        argc -= 2, argv += 2;
    }
    bench b = bench_begin(argc, argv, "bf16");
    bool quick = b.seconds < 1e-3;
    wg_error error = {0};
    wg_dataset *train = folder ? wg_mnist_load(folder, WG_TRAIN_SPLIT, NULL, &error)
                               : wg_digits_make(quick ? 640 : 10000, 1, &error);
    wg_dataset *test = folder ? wg_mnist_load(folder, WG_TEST_SPLIT, NULL, &error)
                              : wg_digits_make(quick ? 640 : 2000, 2, &error);
    check(error.status == WG_OK, error.message);
    printf("Trainings in bfloat16 beside the same in floats, %s, Adam, batch %d, %d epochs\n\n",
        folder ? "MNIST" : "drawn digits", BATCH, quick ? 1 : EPOCHS);
    printf("  %-32s %26s  %26s\n", "", "test accuracy, %", "an epoch, s");
    printf("  %-32s %8s %8s %8s  %9s %9s %6s\n", "", "float", "bf16", "", "float", "bf16", "");
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        compare(&b, &models[i], train, test, quick ? 1 : EPOCHS);
    wg_dataset_free(train);
    wg_dataset_free(test);
    return bench_end(&b);
}
