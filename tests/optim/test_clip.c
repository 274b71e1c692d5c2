/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <wengert/optim.h>
#include "harness.h"

static void set_gradient(wg_params *p, const char *name, double g)
{
    size_t index = wg_params_index(p, name), n = wg_params_at(p, index).count;
    void *gradient = wg_params_grad(p, index);
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
        ck_assert_double_eq(wg_params_clip_grad_norm(p, 0), 0); /* and no 0 / 0 */
        ck_assert_double_eq(wg_params_grad_norm(p), 0);
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

/* From the smallest numbers of the type to the largest: the norm of (3, 0, 4) e is 5 e, and clipped to a norm
 * of 5 c they are (3, 0, 4) c. Where c / e is below the smallest number, too. */
START_TEST(clipping_at_any_size)
{
    static const int exponents[2][7] = {
        {-1060, -1000, -540, 0, 510, 512, 1020}, {-145, -120, -70, 0, 63, 100, 124}};
    for (int is_float = 0; is_float < 2; is_float++)
        for (int i = 0; i < 7; i++)
            for (int k = 0; k <= i; k++) {
                const double e = ldexp(1, exponents[is_float][i]), c = ldexp(0.8, exponents[is_float][k]);
                const double g[3] = {3 * e, 0, 4 * e};
                double is[3], tolerance = (is_float ? 1e-6 : 1e-14) * c + ldexp(1, is_float ? -149 : -1074);
                wg_params *p = wg_params_new(&(wg_params_options){.dtype = is_float ? WG_F32 : WG_F64});
                ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(3), NULL, NULL), WG_OK);
                wg_params_zero_grad(p);
                for (size_t j = 0; j < 3; j++)
                    if (is_float)
                        ((float *)wg_params_grad(p, 0))[j] = (float)g[j];
                    else
                        ((double *)wg_params_grad(p, 0))[j] = g[j];
                ck_assert_double_eq(wg_params_grad_norm(p), 5 * e);
                ck_assert_double_eq(wg_params_clip_grad_norm(p, 5 * c), 5 * e);
                ck_assert_int_eq(wg_params_read_grad(p, "w", is, 3), WG_OK);
                ck_assert_msg(fabs(is[0] - 3 * c) <= 4 * tolerance && is[1] == 0 &&
                                  fabs(is[2] - 4 * c) <= 4 * tolerance,
                    "%g clipped to %g: %g, %g, %g", 5 * e, 5 * c, is[0], is[1], is[2]);
                wg_params_free(p);
            }
}
END_TEST

/* A limit of 0 is one, and so is infinity. */
START_TEST(clipping_by_value)
{
    const double limit[] = {0, 0.25, 0.5, 3, 4, (double)INFINITY}, before[] = {3, -0.25, (double)NAN};
    const char *const name[] = {"a.weight", "a.bias", "b.weight"};
    for (size_t l = 0; l < 2 * sizeof limit / sizeof *limit; l++) {
        wg_params *p = store_of_three(l % 2 ? WG_F32 : WG_F64);
        double most = limit[l / 2];
        wg_params_zero_grad(p);
        for (size_t i = 0; i < 3; i++)
            set_gradient(p, name[i], before[i]);
        ck_assert_int_eq(wg_params_clip_grad_value(p, most), WG_OK);
        for (size_t i = 0; i < 3; i++) {
            double g[15];
            size_t n = wg_params_at(p, i).count;
            ck_assert_str_eq(wg_params_at(p, i).name, name[i]);
            ck_assert_int_eq(wg_params_read_grad(p, name[i], g, n), WG_OK);
            for (size_t k = 0; k < n; k++)
                if (isnan(before[i]))
                    ck_assert_double_nan(g[k]);
                else
                    ck_assert_double_eq(g[k], fmax(-most, fmin(most, before[i])));
        }
        ck_assert_int_eq(wg_params_clip_grad_value(p, -1), WG_INVALID);
        ck_assert_int_eq(wg_params_clip_grad_value(p, (double)NAN), WG_INVALID);
        wg_params_free(p);
    }
    ck_assert_int_eq(wg_params_clip_grad_value(NULL, 1), WG_INVALID);
}
END_TEST

TEST_MAIN("clip", clipping_by_norm, clipping_at_any_size, clipping_by_value)
