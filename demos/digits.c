/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* digits - trains a multilayer perceptron and LeNet-5 (LeCun et al. 1998, with ReLU and max pooling) to read
 * handwritten digits, which the library draws by itself or reads from MNIST's files. It shows the loss as it
 * falls, the share of test digits read right, and a picture of the misread ones. Ctrl-C ends the training;
 * what was learned until then is tested.
 *
 *     digits
 *     digits --data data/mnist --model lenet --epochs 5 --out misread.png --save lenet.safetensors */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <wengert/wengert.h>

#include "misread.h"
#include "setting.h"

static wg_var mlp(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_flatten(wg_layer_standardise(p, "input", x));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 512, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 256, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static wg_var lenet(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_layer_standardise(p, "input", x);
    x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
    x = wg_max_pool2d(x, 2, NULL);
    x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
    x = wg_flatten(wg_max_pool2d(x, 2, NULL));
    x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
    x = wg_relu(wg_layer_dense(p, "fc2", x, 84, NULL));
    return wg_layer_dense(p, "fc3", x, 10, NULL);
}

static const struct model {
    const char *name;
    wg_model apply;
    size_t epochs;
    double lr;
} models[] = {{"mlp", mlp, 10, 1e-3}, {"lenet", lenet, 5, 2e-3}};

/* What a training's lines say of it. */
struct training {
    const char *name;
    size_t epochs;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* A line for a log; on a terminal the library's own stands there already. */
static int show_epoch(void *user, const wg_epoch *epoch)
{
    const struct training *t = user;
    if (!isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
        printf("%s: epoch %zu of %zu: loss %.4f\n", t->name, epoch->epoch, t->epochs, epoch->loss);
    return fflush(stdout);
}

/* Adam, whose rate follows half a cosine from the model's down to 0. */
static void train(const struct model *m, const struct setting *s, wg_params *params, const wg_dataset *digits,
    wg_error *error)
{
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = m->lr});
    struct training t = {m->name, s->epochs ? s->epochs : m->epochs};
    wg_layer_standardise_fit(params, "input", wg_dataset_x(digits), error);
    wg_fit(m->apply, NULL, params, digits,
        &(wg_fit_options){.optim = adam,
            .schedule = {.kind = WG_SCHEDULE_COSINE},
            .epochs = t.epochs,
            .batch = s->batch,
            .seed = s->seed,
            .progress = stderr,
            .on_epoch = show_epoch,
            .user = &t,
            .stop = &interrupted,
            .threads = (int)s->threads,
            .bf16 = s->bf16},
        error);
    wg_optim_free(adam);
}

static void test(const struct model *m, wg_params *params, const wg_dataset *digits, struct misread *misread,
    wg_error *error)
{
    size_t count = wg_dataset_count(digits);
    const int32_t *label = wg_dataset_y(digits).data;
    int32_t *read = calloc(count, sizeof *read);
    misread->count = 0;
    if (wg_predict_labels(m->apply, NULL, params, wg_dataset_x(digits), read, count, error) == WG_OK) {
        for (size_t i = 0; i < count; i++)
            if (read[i] != label[i])
                misread_add(misread, m->name, i, label[i], read[i]);
        printf("%s: test accuracy %.2f %%\n", m->name, 100 - 100 * (double)misread->count / (double)count);
    }
    fflush(stdout); /* before the next model's bar, in a file too */
    free(read);
}

/* Trains or loads one model, and tests it. */
static void run(const struct model *m, const struct setting *s, const wg_dataset *train_data,
    const wg_dataset *test_data, struct misread *misread, wg_error *error)
{
    wg_params *params =
        wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = s->seed, .threads = (int)s->threads});
    if (s->load)
        wg_params_load(params, s->load, NULL, error);
    else
        train(m, s, params, train_data, error);
    if (s->save)
        wg_params_save(params, s->save, error);
    if (error->status == WG_OK)
        test(m, params, test_data, misread, error);
    wg_params_free(params);
}

int main(int argc, char **argv)
{
    struct setting s;
    enum options_result options = setting_read(&s, argc, argv);
    if (options != OPTIONS_READ)
        return options == OPTIONS_HELP ? EXIT_SUCCESS : EXIT_FAILURE;
    wg_error error = {0};
    wg_dataset *train_data = s.load ? NULL : setting_load(&s, WG_TRAIN_SPLIT, &error);
    wg_dataset *test_data = setting_load(&s, WG_TEST_SPLIT, &error);
    struct misread misread = {0};
    sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND}, NULL);
    for (size_t i = 0; i < sizeof models / sizeof models[0] && error.status == WG_OK && !interrupted; i++)
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
