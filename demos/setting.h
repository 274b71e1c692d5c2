/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* setting.h - what the user of `digits` asked for. */
#ifndef DEMOS_SETTING_H
#define DEMOS_SETTING_H

#include <unistd.h>
#include <wengert/data.h>
#include <wengert/picture.h>

#include "options.h"

struct setting {
    const char *data, *model, *out, *save, *load;
    size_t epochs, batch, threads, train, test; /* 0: not said */
    uint64_t seed;
    bool small, bf16;
};

/* Can a file be made there? Better said now than after an hour of training. */
static inline void setting_check_folder(const char *path, wg_error *error)
{
    char folder[1024] = ".";
    const char *end = path ? strrchr(path, '/') : NULL;
    if (end)
        snprintf(folder, sizeof folder, "%.*s", end > path ? (int)(end - path) : 1, path);
    if (path && access(folder, W_OK | X_OK) != 0)
        wg_error_set(error, WG_FILE, "%s: %s", path, strerror(errno));
}

/* Options that are well formed, and yet make no sense; the defaults. */
static inline enum options_result setting_check(struct setting *s)
{
    wg_error error = {0};
    if (strcmp(s->model, "mlp") != 0 && strcmp(s->model, "lenet") != 0 && strcmp(s->model, "all") != 0)
        wg_error_set(&error, WG_INVALID, "--model %s: mlp, lenet or all", s->model);
    if (s->threads > 1024)
        wg_error_set(&error, WG_INVALID, "--threads %zu: at most 1024", s->threads);
    if (!s->out)
        s->out = wg_sheet_check_path("misread.png", NULL) == WG_OK ? "misread.png" : "misread.ppm";
    wg_sheet_check_path(s->out, &error);
    setting_check_folder(s->out, &error);
    setting_check_folder(s->save, &error);
    if ((s->save || s->load) && strcmp(s->model, "all") == 0)
        wg_error_set(&error, WG_INVALID, "--save and --load are for one model: say --model mlp or lenet");
    if (error.status != WG_OK)
        fprintf(stderr, "digits: %s\n", error.message);
    size_t train = s->small ? 300 : 10000, test = s->small ? 100 : 2000;
    s->train = s->train ? s->train : s->data && !s->small ? SIZE_MAX : train;
    s->test = s->test ? s->test : s->data && !s->small ? SIZE_MAX : test;
    s->epochs = s->epochs || !s->small ? s->epochs : 1;
    return error.status == WG_OK ? OPTIONS_READ : OPTIONS_WRONG;
}

static inline enum options_result setting_read(struct setting *s, int argc, char **argv)
{
    *s = (struct setting){.model = "all", .batch = 64, .seed = 1};
    const struct option options[] = {
        {"--data", "DIR", OPTION_TEXT, &s->data,
            "folder of MNIST's four files, plain or .gz (default: digits are drawn)"},
        {"--model", "NAME", OPTION_TEXT, &s->model, "mlp, lenet or all (default: all)"},
        {"--epochs", "N", OPTION_COUNT, &s->epochs,
            "passes over the training digits (default: mlp 10, lenet 5)"},
        {"--seed", "S", OPTION_SEED, &s->seed, "of drawing, weights and order (default: 1)"},
        {"--batch", "B", OPTION_COUNT, &s->batch, "digits in a batch (default: 64)"},
        {"--threads", "T", OPTION_COUNT, &s->threads,
            "at most so many threads, with the same results (default: all)"},
        {"--train", "N", OPTION_COUNT, &s->train,
            "training digits (default: 10000 drawn ones, all of a folder)"},
        {"--test", "N", OPTION_COUNT, &s->test, "test digits (default: 2000 drawn ones, all of a folder)"},
        {"--out", "FILE", OPTION_TEXT, &s->out,
            "picture of misread digits, .png, .ppm or .pgm (default: misread.png)"},
        {"--save", "FILE", OPTION_TEXT, &s->save, "keeps what --model learned, as .safetensors"},
        {"--load", "FILE", OPTION_TEXT, &s->load, "tests what --save kept instead of training"},
        {"--bf16", NULL, OPTION_FLAG, &s->bf16, "trains with products of bfloat16 numbers instead of floats"},
        {"--small", NULL, OPTION_FLAG, &s->small,
            "300 training and 100 test digits, one epoch: does it run?"},
    };
    enum options_result result = read_options(
        argc, argv, "learns to read handwritten digits", options, sizeof options / sizeof options[0]);
    return result == OPTIONS_READ ? setting_check(s) : result;
}

/* Samples 0 .. count - 1 of a data set, which is freed; all of them when it has no more. */
static inline wg_dataset *setting_first(wg_dataset *whole, size_t count, wg_error *error)
{
    if (!whole || count >= wg_dataset_count(whole))
        return whole;
    size_t *rows = malloc(count * sizeof *rows);
    for (size_t i = 0; rows && i < count; i++)
        rows[i] = i;
    wg_dataset *first = wg_dataset_select(whole, rows, count, error);
    free(rows);
    wg_dataset_free(whole);
    return first;
}

/* The digits for training or for the test; drawn ones differ by the seed. */
static inline wg_dataset *setting_load(const struct setting *s, wg_split split, wg_error *error)
{
    bool test = split == WG_TEST_SPLIT;
    size_t count = test ? s->test : s->train;
    if (s->data)
        return setting_first(wg_mnist_load(s->data, split, NULL, error), count, error);
    return wg_digits_make(count, test ? ~s->seed : s->seed, error);
}

#endif
