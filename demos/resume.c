/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* resume - a training that stops and goes on another day ends where one without a pause ends: at the same
 * weights, bit for bit. Ten epochs are trained in one go, and five, which are saved; then everything is made
 * anew, as a second run of the program would, and trains to ten from the file. Dropout and a falling learning
 * rate make it harder: the generator's position and the schedule's must go on, too. */

#include <stdio.h>
#include <wengert/wengert.h>

#include "options.h"

static wg_var network(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_relu(wg_layer_dense(p, "hidden", wg_flatten(x), 64, NULL));
    return wg_layer_dense(p, "out", wg_dropout(x, 0.3), 10, NULL);
}

/* Ends the fit after epoch 5 of 10. */
static int pause(void *user, const wg_epoch *epoch)
{
    (void)user;
    return epoch->epoch == 5;
}

/* One run of the program: up to the pause, or from the file to the end. */
static wg_params *run(const wg_dataset *digits, const char *file, bool pauses, wg_error *error)
{
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.002});
    wg_history history = {0};
    wg_fit(network, NULL, params, digits,
        &(wg_fit_options){.optim = adam,
            .schedule = {.kind = WG_SCHEDULE_COSINE},
            .epochs = 10,
            .seed = 1,
            .on_epoch = pauses ? pause : NULL,
            .history = &history,
            .checkpoint = file,
            .resume = file && !pauses},
        error);
    for (size_t i = 0; i < history.count; i++)
        printf("%s%zu %.4f", i ? "   " : "", history.epochs[i].epoch, history.epochs[i].loss);
    printf("\n");
    wg_history_free(&history);
    wg_optim_free(adam);
    return params;
}

int main(int argc, char **argv)
{
    const char *file = "resume.safetensors";
    const struct option options[] = {
        {"--file", "FILE", OPTION_TEXT, &file, "where the training is kept in between"}};
    enum options_result result = read_options(argc, argv, "a training in two parts", options, 1);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;

    wg_error error = {0};
    wg_dataset *digits = wg_digits_make(500, 1, &error);
    printf("ten epochs, and the loss of each:\n");
    wg_params *whole = run(digits, NULL, false, &error);
    printf("\nfive, saved in %s:\n", file);
    wg_params *half = run(digits, file, true, &error);
    printf("\nand on from there, with a new store and a new optimiser:\n");
    wg_params *rest = run(digits, file, false, &error);

    bool different = !wg_params_equal(half, whole), same = wg_params_equal(rest, whole);
    printf("\nweights after 10 and after 5 + 5 epochs: %s bits\n", same ? "the same" : "NOT the same");
    if (error.status != WG_OK)
        fprintf(stderr, "resume: %s\n", error.message);
    wg_params_free(whole);
    wg_params_free(half);
    wg_params_free(rest);
    wg_dataset_free(digits);
    remove(file);
    return !(error.status == WG_OK && different && same);
}
