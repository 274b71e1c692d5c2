/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Gradients that are not finite are found wherever they are. */
#include <float.h>
#include <math.h>
#include <wengert/optim.h>
#include "harness.h"

enum { ARRAYS = 4 };

/* Sizes around a line and a vector, and one of several parts of a pass. */
static const size_t sizes[ARRAYS] = {1, 17, 40000, 64};

static wg_params *store_of(wg_dtype dtype, int threads)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = threads});
    for (size_t i = 0; i < ARRAYS; i++) {
        char name[8];
        snprintf(name, sizeof name, "a%zu", i);
        ck_assert_int_eq(wg_params_add(p, name, WG_SHAPE(sizes[i]), NULL, NULL), WG_OK);
        ck_assert_int_eq(wg_params_add_buffer(p, name + 1, WG_SHAPE(3), NULL, NULL), WG_OK);
    }
    return p;
}

static void put(wg_params *p, size_t index, size_t i, double g)
{
    void *gradient = wg_params_grad(p, index);
    if (wg_params_dtype(p) == WG_F64)
        ((double *)gradient)[i] = g;
    else
        ((float *)gradient)[i] = (float)g;
}

/* The largest finite numbers, denormals and both zeros are good; each of the others is found at the ends and
 * in the middle of each array, whatever else there is, on one thread and on four. */
START_TEST(found_anywhere)
{
    for (int way = 0; way < 4; way++) {
        bool is_float = way & 1;
        wg_params *p = store_of(is_float ? WG_F32 : WG_F64, way & 2 ? 4 : 1);
        const double most = is_float ? (double)FLT_MAX : DBL_MAX, least = is_float ? 1e-45 : 5e-324;
        const double good[] = {most, -most, least, -least, 0, -0.0, 1},
                     bad[] = {(double)INFINITY, -(double)INFINITY, (double)NAN, -(double)NAN};
        wg_params_zero_grad(p);
        ck_assert_uint_eq(wg_params_grad_not_finite(p), SIZE_MAX);
        for (size_t a = 0; a < ARRAYS; a++)
            for (size_t i = 0; i < sizes[a]; i++)
                put(p, 2 * a, i, good[i % (sizeof good / sizeof good[0])]);
        ck_assert_uint_eq(wg_params_grad_not_finite(p), SIZE_MAX);
        for (size_t a = 0; a < ARRAYS; a++)
            for (size_t place = 0; place < 3; place++)
                for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
                    size_t i = place * (sizes[a] - 1) / 2;
                    put(p, 2 * a, i, bad[b]);
                    ck_assert_uint_eq(wg_params_grad_not_finite(p), 2 * a);
                    put(p, 2 * a, i, 1);
                }
        ck_assert_uint_eq(wg_params_grad_not_finite(p), SIZE_MAX);
        wg_params_free(p);
    }
}
END_TEST

START_TEST(the_first_that_is_not_frozen)
{
    wg_params *p = store_of(WG_F64, 0);
    wg_params_zero_grad(p);
    put(p, 2, 16, (double)NAN), put(p, 6, 0, (double)INFINITY);
    ck_assert_uint_eq(wg_params_grad_not_finite(p), 2);
    wg_params_freeze(p, "a1", true);
    ck_assert_uint_eq(wg_params_grad_not_finite(p), 6);
    wg_params_freeze(p, "*", true);
    ck_assert_uint_eq(wg_params_grad_not_finite(p), SIZE_MAX);
    wg_params_freeze(p, "*", false);
    wg_params_zero_grad(p); /* what is left in memory means nothing now */
    ck_assert_uint_eq(wg_params_grad_not_finite(p), SIZE_MAX);
    ck_assert_uint_eq(wg_params_grad_not_finite(NULL), SIZE_MAX);
    wg_params_free(p);
}
END_TEST

/* Of the values, too, but for frozen arrays and buffers; and gradients are left as they are, also those that are zero
 * by a flag: their memory is not written. */
START_TEST(values_are_looked_at_alone)
{
    wg_params *p = store_of(WG_F64, 2);
    for (size_t a = 0; a < ARRAYS; a++)
        for (size_t place = 0; place < 3; place++) {
            double *w = wg_params_value(p, 2 * a), *g = wg_params_grad(p, 2 * a);
            size_t i = place * (sizes[a] - 1) / 2;
            double good = w[i];
            g[i] = 7;
            wg_params_zero_grad(p);
            ck_assert_uint_eq(wg_params_not_finite(p), SIZE_MAX);
            w[i] = place ? (double)NAN : (double)INFINITY;
            ck_assert_uint_eq(wg_params_not_finite(p), 2 * a);
            ck_assert_double_eq(g[i], 7);
            w[i] = good;
        }
    *(double *)wg_params_value(p, 1) = (double)NAN; /* a buffer */
    *(double *)wg_params_value(p, 2) = (double)NAN;
    ck_assert_uint_eq(wg_params_freeze(p, "a1", true), 1);
    ck_assert_uint_eq(wg_params_not_finite(p), SIZE_MAX);
    ck_assert_uint_eq(wg_params_not_finite(NULL), SIZE_MAX);
    wg_params_free(p);
}
END_TEST

TEST_MAIN("finite", found_anywhere, the_first_that_is_not_frozen, values_are_looked_at_alone)
