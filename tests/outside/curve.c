/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* curve.c - a curve through the points of a table: fitted, kept in a file, loaded again, used.
 *     curve TABLE.csv PARAMETERS.safetensors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <wengert/wengert.h>

static wg_var curve(wg_params *params, wg_var x, void *user)
{
    (void)user;
    x = wg_layer_standardise(params, "hours", x);
    x = wg_tanh(wg_layer_dense(params, "hidden", x, 16, NULL));
    return wg_layer_unstandardise(params, "degrees", wg_layer_dense(params, "out", x, 1, NULL));
}

static int fail(const wg_error *error)
{
    fprintf(stderr, "curve: %s\n", error->message);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: curve TABLE.csv PARAMETERS.safetensors\n");
        return EXIT_FAILURE;
    }
    wg_error error = {0};
    wg_dataset *table = wg_csv_load(argv[1], NULL, &error);
    wg_params *fitted = wg_params_new(NULL), *loaded = wg_params_new(NULL);
    wg_layer_standardise_fit(fitted, "hours", wg_dataset_x(table), &error);
    wg_layer_standardise_fit(fitted, "degrees", wg_dataset_y(table), &error);

    wg_optim *adam = wg_adam_new(fitted, &(wg_adam_options){.lr = 0.02});
    wg_fit(curve, NULL, fitted, table, &(wg_fit_options){.optim = adam, .epochs = 300, .batch = 16}, &error);
    wg_params_save(fitted, argv[2], &error);
    wg_params_load(loaded, argv[2], NULL, &error);

    const double hours[] = {4.5, 10, 16.5};
    double degrees[3] = {0}, again[3] = {0};
    wg_predict_f64(curve, NULL, fitted, WG_DOUBLES(hours, 3, 1), degrees, 3, &error);
    wg_predict_f64(curve, NULL, loaded, WG_DOUBLES(hours, 3, 1), again, 3, &error);
    if (error.status != WG_OK)
        return fail(&error);
    for (int i = 0; i < 3; i++)
        printf("%4.1f h  %4.1f degrees, %4.1f after loading\n", hours[i], degrees[i], again[i]);

    wg_optim_free(adam);
    wg_params_free(fitted);
    wg_params_free(loaded);
    wg_dataset_free(table);
    return again[0] == degrees[0] && fabs(degrees[0] - 9) < 1.5 ? EXIT_SUCCESS : EXIT_FAILURE;
}
