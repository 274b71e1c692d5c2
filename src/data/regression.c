/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"

#include <math.h>
#include <wengert/random.h>

/* y = sum over j of x_j w_j, and then b: weights are drawn one by one, so that none need be kept. */
static void apply_law(
    const double *x, double *y, size_t count, size_t features, uint64_t seed, double *weights)
{
    wg_random random = wg_random_named(seed, "regression.law");
    for (size_t i = 0; i < count; i++)
        y[i] = 0;
    for (size_t j = 0; j <= features; j++) {
        double weight = wg_random_normal(&random);
        if (weights)
            weights[j] = weight;
        for (size_t i = 0; i < count; i++)
            y[i] += j < features ? x[i * features + j] * weight : weight;
    }
}

wg_dataset *wg_regression_make(
    size_t count, size_t features, double noise, uint64_t seed, double *weights, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    if (features == 0 || features > INT32_MAX || !(noise >= 0) || isinf(noise)) {
        wg_error_set(error, WG_INVALID, "regression: %zu features, noise %g", features, noise);
        return NULL;
    }
    wg_dataset *dataset =
        wg__dataset_new(NULL, WG_F64, WG_SHAPE(count, features), WG_F64, WG_SHAPE(count), error);
    if (!dataset)
        return NULL;
    double *x = dataset->x, *y = dataset->y;
    wg_random random = wg_random_named(seed, "regression");
    for (size_t i = 0; i < count; i++) {
        wg_random own = {.seed = seed, .stream = random.stream + i, .position = 4}; /* after the noise */
        for (size_t j = 0; j < features; j++)
            x[i * features + j] = wg_random_normal(&own);
    }
    if (count || weights)
        apply_law(x, y, count, features, seed, weights);
    for (size_t i = 0; i < count; i++) {
        wg_random own = {.seed = seed, .stream = random.stream + i};
        y[i] += noise * wg_random_normal(&own);
    }
    return dataset;
}
