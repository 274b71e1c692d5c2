/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* curve.c - a curve fitted to points: a user's first program. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <wengert/wengert.h>

static wg_var curve(wg_params *params, wg_var x)
{
    return wg_layer_dense(params, "out", wg_tanh(wg_layer_dense(params, "hidden", x, 16, NULL)), 1, NULL);
}

int main(void)
{
    enum { count = 64, epochs = 400 };
    double x[count], y[count];
    for (size_t i = 0; i < count; i++) {
        x[i] = -3 + 6 * (double)i / (count - 1);
        y[i] = sin(x[i]);
    }

    wg_error error = {0};
    wg_dataset *points = wg_dataset_from_arrays(WG_DOUBLES(x, count, 1), WG_DOUBLES(y, count, 1), &error);
    wg_batches *batches = wg_batches_new(points, &(wg_batches_options){.size = 16, .seed = 1}, &error);
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.01});
    double total = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
        total = 0;
        for (wg_batch batch = {0}; wg_next_batch(batches, &batch);) {
            wg_tape_reset(tape);
            wg_params_zero_grad(params);
            wg_var loss = wg_mse(curve(params, wg_input(tape, batch.x)), wg_input(tape, batch.y), NULL);
            if (wg_backward(loss) != WG_OK || wg_optim_step(adam) != WG_OK) {
                fprintf(stderr, "curve: %s\n", wg_tape_message(tape));
                return EXIT_FAILURE;
            }
            total += wg_item(loss) * (double)batch.count / count;
        }
    }
    if (error.status != WG_OK || wg_batches_status(batches) != WG_OK) {
        fprintf(stderr, "curve: %s\n", error.message);
        return EXIT_FAILURE;
    }
    printf("curve %s: mean squared error %.5f\n", wg_version(), total);

    wg_optim_free(adam);
    wg_params_free(params);
    wg_tape_free(tape);
    wg_batches_free(batches);
    wg_dataset_free(points);
    return total < 0.01 ? EXIT_SUCCESS : EXIT_FAILURE;
}
