/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* samples - the gradient of every sample by itself, computed in parallel. Several tapes read one sealed store
 * of parameters at once; each keeps its gradients for itself (.own_grads), and they are added to the store in
 * the order of the samples. So the sum has the same bits on any number of threads. Gradients by sample are
 * what differentially private training clips, and what tells which sample is an odd one out. */

#include <math.h>
#include <wengert/wengert.h>

#include "options.h"

enum { SAMPLES = 12, WIDTH = 28 * 28 };

static wg_var model(wg_params *p, wg_var x)
{
    return wg_layer_dense(p, "out", wg_relu(wg_layer_dense(p, "hidden", wg_flatten(x), 32, NULL)), 10, NULL);
}

/* Loss and sweep for the samples from `first` on; what fails is left on the tape. */
static void sweep(wg_tape *tape, wg_params *params, const wg_dataset *digits, size_t first, size_t count)
{
    const float *pixels = (const float *)wg_dataset_x(digits).data + first * WIDTH;
    const int32_t *labels = (const int32_t *)wg_dataset_y(digits).data + first;
    wg_tape_reset(tape);
    wg_var logits = model(params, wg_input(tape, WG_FLOATS(pixels, count, 1, 28, 28)));
    wg_backward(wg_cross_entropy(logits, wg_input(tape, WG_INTS(labels, count)), NULL));
}

/* |g|, of the gradients that a tape keeps. */
static double norm(const wg_tape *tape, const wg_params *params)
{
    double sum = 0;
    for (size_t i = 0; i < wg_params_count(params); i++) {
        size_t count = 0;
        const float *g = wg_own_grad(tape, params, i, &count);
        for (size_t k = 0; g && k < count; k++)
            sum += (double)g[k] * (double)g[k];
    }
    return sqrt(sum);
}

/* All gradients of the store, one after the other. */
static void read_gradients(wg_params *params, float *out)
{
    for (size_t i = 0; i < wg_params_count(params); i++) {
        size_t count = wg_params_at(params, i).count;
        memcpy(out, wg_params_grad(params, i), count * sizeof *out);
        out += count;
    }
}

/* The sum over the samples, each on a tape of its own, on so many threads. */
static wg_status sum(wg_params *params, const wg_dataset *digits, wg_tape **tapes, int threads, double *norms)
{
    (void)threads; /* without OpenMP there is one */
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(dynamic)
#endif
    for (int i = 0; i < SAMPLES; i++)
        sweep(tapes[i], params, digits, (size_t)i, 1);
    wg_params_zero_grad(params);
    for (int i = 0; i < SAMPLES; i++) {
        norms[i] = norm(tapes[i], params);
        if (wg_tape_status(tapes[i]) != WG_OK || wg_params_add_grads(params, tapes[i]) != WG_OK)
            return WG_INVALID;
    }
    return WG_OK;
}

int main(int argc, char **argv)
{
    enum options_result result = read_options(argc, argv, "gradients by sample, in parallel", NULL, 0);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;
    wg_error error = {0};
    wg_dataset *digits = wg_digits_make(SAMPLES, 1, &error);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_tape *whole = wg_tape_new(&(wg_tape_options){.dtype = WG_F32}), *tapes[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        tapes[i] = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .own_grads = true, .threads = 1});

    sweep(
        whole, params, digits, 0, SAMPLES); /* makes the parameters; its loss is the mean over the samples */
    wg_params_seal(params);
    size_t count = wg_params_element_count(params);
    float *mean = calloc(3 * count, sizeof *mean), *one = mean + count, *many = mean + 2 * count;
    double norms[SAMPLES], worst = 0;
    bool good = digits && mean && wg_tape_status(whole) == WG_OK, same = good;
    if (good)
        read_gradients(params, mean);
    for (int threads = 1; good && threads <= 4; threads++) {
        good = sum(params, digits, tapes, threads, norms) == WG_OK;
        read_gradients(params, threads == 1 ? one : many);
        same = same && (threads == 1 || memcmp(one, many, count * sizeof *one) == 0);
    }
    for (size_t i = 0; good && i < count; i++)
        worst = fmax(worst, fabs((double)one[i] / SAMPLES - (double)mean[i]));

    for (int i = 0; good && i < SAMPLES; i++)
        printf("sample %2d, a %d: |gradient| %.4f\n", i, (int)((const int32_t *)wg_dataset_y(digits).data)[i],
            norms[i]);
    printf("\n1 to 4 threads: %s bits\n", same ? "the same" : "NOT the same");
    printf("their mean and the batch's gradient differ by at most %.1e\n", worst);
    for (int i = 0; i < SAMPLES; i++)
        wg_tape_free(tapes[i]);
    free(mean);
    wg_tape_free(whole);
    wg_params_free(params);
    wg_dataset_free(digits);
    return !(good && same && worst < 1e-6);
}
