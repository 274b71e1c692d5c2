/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* digits - trains a multilayer perceptron and LeNet-5 (LeCun et al. 1998, with ReLU and max pooling) to read
 * handwritten digits, which the library draws by itself or reads from MNIST's files. It shows the loss as it
 * falls, the share of test digits read right, and a picture of the misread ones.
 *
 *     digits
 *     digits --data data/mnist --model lenet --epochs 5 --out misread.png */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <wengert/wengert.h>

#include "misread.h"
#include "progress.h"
#include "setting.h"

static wg_var mlp(wg_params *p, wg_var x)
{
    x = wg_relu(wg_layer_dense(p, "fc1", wg_flatten(x), 512, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 256, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
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

static const struct model {
    const char *name;
    wg_var (*apply)(wg_params *, wg_var);
    size_t epochs;
    double lr;
} models[] = {{"mlp", mlp, 10, 1e-3}, {"lenet", lenet, 5, 2e-3}};

/* Adam, whose rate follows half a cosine from the model's down to 0. What fails is left on the tape. */
static void train(const struct model *m, wg_params *params, wg_tape *tape, wg_batches *batches, size_t epochs)
{
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = m->lr});
    struct progress progress = progress_begin(m->name, epochs, wg_batches_samples(batches));
    double step = 0, steps = (double)(epochs * wg_batches_per_epoch(batches));
    for (size_t epoch = 1; epoch <= epochs && wg_tape_status(tape) == WG_OK; epoch++) {
        double total = 0;
        size_t seen = 0;
        for (wg_batch batch = {0}; wg_tape_status(tape) == WG_OK && wg_next_batch(batches, &batch);) {
            wg_tape_reset(tape);
            wg_var logits = m->apply(params, wg_input(tape, batch.x));
            wg_var loss = wg_cross_entropy(logits, wg_input(tape, batch.y), NULL);
            wg_params_zero_grad(params);
            wg_optim_set_lr(adam, m->lr * 0.5 * (1 + cos(3.141592653589793 * step++ / steps)));
            if (wg_backward(loss) != WG_OK)
                break;
            total += wg_item(loss) * (double)batch.count;
            seen += batch.count;
            if (wg_optim_step(adam) != WG_OK)
                wg_tape_fail(tape, WG_INVALID, "adam: %s", wg_optim_message(adam));
            progress_show(&progress, epoch, seen, total / (double)seen);
        }
        if (wg_tape_status(tape) == WG_OK)
            printf("%s: epoch %zu of %zu: loss %.4f\n", m->name, epoch, epochs, total / (double)seen);
        fflush(stdout);
    }
    wg_optim_free(adam);
}

static void test(
    const struct model *m, wg_params *params, wg_tape *tape, wg_batches *batches, struct misread *misread)
{
    wg_tape_set_training(tape, false);
    for (wg_batch batch = {0}; wg_tape_status(tape) == WG_OK && wg_next_batch(batches, &batch);) {
        wg_tape_reset(tape);
        const int32_t *label = batch.y.data;
        const int32_t *read = wg_data(wg_argmax(m->apply(params, wg_input(tape, batch.x)), 1));
        for (size_t i = 0; read && i < batch.count; i++)
            if (read[i] != label[i])
                misread_add(misread, m->name, batch.rows[i], label[i], read[i]);
    }
}

/* Trains one model and tests it. */
static void run(const struct model *m, const struct setting *s, const wg_dataset *train_data,
    const wg_dataset *test_data, struct misread *misread, wg_error *error)
{
    int threads = (int)s->threads;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true, .threads = threads});
    wg_params *params =
        wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = s->seed, .threads = threads});
    wg_batches *train_batches =
        setting_batches(train_data, s->train, (wg_batches_options){.size = s->batch, .seed = s->seed}, error);
    wg_batches *test_batches =
        setting_batches(test_data, s->test, (wg_batches_options){.size = 500, .in_order = true}, error);
    misread->count = 0;
    if (error->status == WG_OK) {
        train(m, params, tape, train_batches, s->epochs ? s->epochs : m->epochs);
        test(m, params, tape, test_batches, misread);
        wg_error_set(error, wg_tape_status(tape), "%s: %s", m->name, wg_tape_message(tape));
    }
    if (error->status == WG_OK)
        printf("%s: test accuracy %.2f %%\n", m->name,
            100 - 100 * (double)misread->count / (double)wg_batches_samples(test_batches));
    fflush(stdout); /* before the next model's bar, in a file too */
    wg_batches_free(train_batches);
    wg_batches_free(test_batches);
    wg_params_free(params);
    wg_tape_free(tape);
}

int main(int argc, char **argv)
{
    struct setting s;
    enum options_result options = setting_read(&s, argc, argv);
    if (options != OPTIONS_READ)
        return options == OPTIONS_HELP ? EXIT_SUCCESS : EXIT_FAILURE;
    wg_error error = {0};
    wg_dataset *train_data = setting_load(&s, WG_TRAIN_SPLIT, &error);
    wg_dataset *test_data = setting_load(&s, WG_TEST_SPLIT, &error);
    struct misread misread = {0};
    for (size_t i = 0; i < sizeof models / sizeof models[0] && error.status == WG_OK; i++)
        if (strcmp(s.model, "all") == 0 || strcmp(s.model, models[i].name) == 0)
            run(&models[i], &s, train_data, test_data, &misread, &error);
    if (error.status == WG_OK && misread.shown && misread_draw(&misread, test_data, s.out, &error) == WG_OK)
        printf("%s shows %zu misread digits\n", s.out, misread.shown);
    wg_dataset_free(train_data);
    wg_dataset_free(test_data);
    if (error.status != WG_OK)
        fprintf(stderr, "digits: %s\n", error.message);
    return error.status == WG_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
