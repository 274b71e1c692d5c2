/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* planning.h - batches of small images, and a plan that must be made, for tests of plans. */
#ifndef WG_TESTS_PLANNING_H
#define WG_TESTS_PLANNING_H

#include "fitting.h"
#include "networks.h"

enum { BATCH = 12, MOST_BATCH = 64, SIDE = 10, STEPS = 5 };

static float images[STEPS * MOST_BATCH * SIDE * SIDE];
static int32_t labels[STEPS * MOST_BATCH];

/* The i-th of batches of n. */
static inline wg_array images_of(size_t i, size_t n)
{
    return WG_FLOATS(images + i * n * SIDE * SIDE, n, 1, SIDE, SIDE);
}

static inline wg_array labels_of(size_t i, size_t n)
{
    return WG_INTS(labels + i * n, n);
}

static inline wg_array image_batch(size_t i)
{
    return images_of(i, BATCH);
}

static inline wg_array label_batch(size_t i)
{
    return labels_of(i, BATCH);
}

static inline wg_plan *plan_of(wg_var y, const wg_plan_options *options)
{
    wg_error error = {0};
    wg_plan *plan = wg_plan_new(y, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    return plan;
}

#endif
