/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* fitting.h - small data sets and models for tests of fit, test and use. */
#ifndef WG_TESTS_FITTING_H
#define WG_TESTS_FITTING_H

#include <math.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

/* `count` points around the corners of a triangle, of three classes in turn. */
static inline wg_dataset *three_classes(size_t count, uint64_t seed)
{
    enum { MOST = 512 };
    static const double corner[3][2] = {{0, 2}, {-2, -1}, {2, -1}};
    double x[2 * MOST];
    int32_t y[MOST];
    wg_random r = {.seed = seed};
    ck_assert_uint_le(count, MOST);
    for (size_t i = 0; i < count; i++) {
        y[i] = (int32_t)(i % 3);
        for (size_t j = 0; j < 2; j++)
            x[2 * i + j] = corner[i % 3][j] + 0.7 * wg_random_normal(&r);
    }
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, count, 2), WG_INTS(y, count), NULL);
    ck_assert_ptr_nonnull(dataset);
    return dataset;
}

/* y = 2 x + 1 at `count` points of -1 .. 1. */
static inline wg_dataset *line(size_t count)
{
    double x[64], y[64];
    ck_assert_uint_le(count, 64);
    for (size_t i = 0; i < count; i++) {
        x[i] = -1 + 2 * (double)i / (double)(count - 1);
        y[i] = 2 * x[i] + 1;
    }
    wg_dataset *dataset = wg_dataset_from_arrays(WG_DOUBLES(x, count, 1), WG_DOUBLES(y, count), NULL);
    ck_assert_ptr_nonnull(dataset);
    return dataset;
}

static inline wg_var linear(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "fc", x, 1, NULL);
}

static inline wg_var classifier(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_tanh(wg_layer_dense(p, "fc1", x, 8, NULL));
    return wg_layer_dense(p, "fc2", x, 3, NULL);
}

/* Dropout and running statistics: a training has more to remember than its parameters. */
static inline wg_var with_state(wg_params *p, wg_var x, void *user)
{
    (void)user;
    x = wg_layer_batch_norm(p, "bn", wg_layer_dense(p, "fc1", x, 8, NULL), NULL);
    return wg_layer_dense(p, "fc2", wg_dropout(wg_relu(x), 0.3), 3, NULL);
}

static inline wg_params *store(wg_dtype dtype)
{
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3});
    ck_assert_ptr_nonnull(params);
    return params;
}

static inline void fine(wg_status status, const wg_error *error)
{
    ck_assert_msg(
        status == WG_OK && error->status == WG_OK, "%s: %s", wg_status_name(status), error->message);
}

/* A call that was refused, with these words in its message. */
static inline void refused(wg_status status, wg_status expected, const wg_error *error, const char *text)
{
    ck_assert_msg(status == expected && error->status == expected, "%s, not %s: %s", wg_status_name(status),
        wg_status_name(expected), error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "no \"%s\" in: %s", text, error->message);
}

#endif
