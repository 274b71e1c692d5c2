/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <wengert/optim.h>
#include "harness.h"

static void set_gradient(wg_params *p, const char *name, double g)
{
    size_t index = wg_params_index(p, name), n = wg_params_at(p, index).count;
    void *gradient = wg_params_gradient(p, index);
    for (size_t i = 0; i < n; i++)
        if (wg_params_dtype(p) == WG_F64)
            ((double *)gradient)[i] = g;
        else
            ((float *)gradient)[i] = (float)g;
}

static wg_params *store_of_three(wg_dtype dtype)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype});
    const wg_init one = wg_init_constant(1);
    ck_assert_int_eq(wg_params_add(p, "a.weight", WG_SHAPE(3, 5), &one, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "a.bias", WG_SHAPE(5), &one, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "b.weight", WG_SHAPE(2), &one, NULL), WG_OK);
    return p;
}

START_TEST(clipping_by_norm)
{
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_params *p = store_of_three(is_float ? WG_F32 : WG_F64);
        wg_params_zero_grad(p);
        ck_assert_double_eq(wg_params_clip_grad_norm(p, 1), 0);
        set_gradient(p, "a.weight", 3);
        set_gradient(p, "b.weight", -4);
        double norm = sqrt(15 * 9 + 2 * 16), g[2];
        ck_assert_double_eq_tol(wg_params_grad_norm(p), norm, 1e-12);
        ck_assert_double_eq_tol(wg_params_clip_grad_norm(p, 100), norm, 1e-12);
        ck_assert_int_eq(wg_params_read_grad(p, "b.weight", g, 2), WG_OK);
        ck_assert_double_eq(g[1], -4);
        ck_assert_double_eq_tol(wg_params_clip_grad_norm(p, 2), norm, 1e-12);
        ck_assert_double_eq_tol(wg_params_grad_norm(p), 2, 1e-6);
        ck_assert_int_eq(wg_params_read_grad(p, "b.weight", g, 2), WG_OK);
        ck_assert_double_eq_tol(g[1], -8 / norm, 1e-6);
        wg_params_freeze(p, "a*", true);
        ck_assert_double_eq_tol(wg_params_grad_norm(p), sqrt(2) * 8 / norm, 1e-6);
        set_gradient(p, "b.weight", HUGE_VAL);
        ck_assert_double_eq(wg_params_clip_grad_norm(p, 1), HUGE_VAL);
        ck_assert_int_eq(wg_params_read_grad(p, "b.weight", g, 2), WG_OK);
        ck_assert_double_eq(g[0], HUGE_VAL);
        wg_params_free(p);
    }
    ck_assert_double_eq(wg_params_clip_grad_norm(NULL, 1), 0);
}
END_TEST

START_TEST(clipping_by_value)
{
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_params *p = store_of_three(is_float ? WG_F32 : WG_F64);
        wg_params_zero_grad(p);
        set_gradient(p, "a.weight", 3);
        set_gradient(p, "a.bias", -0.25);
        set_gradient(p, "b.weight", (double)NAN);
        ck_assert_int_eq(wg_params_clip_grad_value(p, 0.5), WG_OK);
        double g[15];
        ck_assert_int_eq(wg_params_read_grad(p, "a.weight", g, 15), WG_OK);
        ck_assert_double_eq(g[14], 0.5);
        ck_assert_int_eq(wg_params_read_grad(p, "a.bias", g, 5), WG_OK);
        ck_assert_double_eq(g[4], -0.25);
        ck_assert_int_eq(wg_params_read_grad(p, "b.weight", g, 2), WG_OK);
        ck_assert_double_nan(g[0]);
        ck_assert_int_eq(wg_params_clip_grad_value(p, -1), WG_INVALID);
        ck_assert_int_eq(wg_params_clip_grad_value(p, (double)NAN), WG_INVALID);
        wg_params_free(p);
    }
    ck_assert_int_eq(wg_params_clip_grad_value(NULL, 1), WG_INVALID);
}
END_TEST

TEST_MAIN("clip", clipping_by_norm, clipping_by_value)
