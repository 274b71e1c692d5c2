/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The norm of all gradients, and clipping by norm and by value: passes over the store.
 *
 * Squares of doubles overflow at 1e154 and vanish at 1e-162, and the factor max_norm / norm can be smaller
 * than any normal number of the store's type. So numbers are multiplied by a power of two first, which rounds
 * nothing: by 1 unless something came out of range. */
#include <float.h>
#include <math.h>
#include <wengert/optim.h>
#include "kernels/isa.h"

#define TEMPLATE "optim/clip_real.h"
#include "base/for_each_real.h"

typedef struct clip {
    bool is_float;
    double number; /* the factor, or the limit */
    double sum[WG_PARAMS_MAX_PARTS];
} clip;

static void visit_squares(void *user, const wg_params_run *run)
{
    clip *c = user;
    c->sum[run->part] +=
        c->is_float ? squares_f32(run->count, run->gradient) : squares_f64(run->count, run->gradient);
}

static void visit_scaled_squares(void *user, const wg_params_run *run)
{
    clip *c = user;
    c->sum[run->part] += c->is_float ? scaled_squares_f32(run->count, run->gradient, c->number)
                                     : scaled_squares_f64(run->count, run->gradient, c->number);
}

static void visit_scale(void *user, const wg_params_run *run)
{
    const clip *c = user;
    if (c->is_float)
        scale_f32(run->count, run->gradient, (float)c->number);
    else
        scale_f64(run->count, run->gradient, c->number);
}

static void visit_clamp(void *user, const wg_params_run *run)
{
    const clip *c = user;
    if (c->is_float)
        clamp_f32(run->count, run->gradient, (float)c->number);
    else
        clamp_f64(run->count, run->gradient, c->number);
}

static double sum_of_squares(wg_params *params, double scale)
{
    clip work = {.is_float = wg_params_dtype(params) == WG_F32, .number = scale};
    size_t parts = wg_params_pass(params, scale == 1 ? visit_squares : visit_scaled_squares, &work);
    double sum = 0;
    for (size_t i = 0; i < parts; i++)
        sum += work.sum[i];
    return sum;
}

double wg_params_grad_norm(wg_params *params)
{
    double sum = sum_of_squares(params, 1), scale = 1;
    if (sum > 1e300)
        scale = 0x1p-600;
    else if (sum < 1e-280 && wg_params_dtype(params) == WG_F64)
        scale = 0x1p600;
    return scale == 1 ? sqrt(sum) : sqrt(sum_of_squares(params, scale)) / scale;
}

double wg_params_clip_grad_norm(wg_params *params, double max_norm)
{
    double norm = wg_params_grad_norm(params);
    if (max_norm >= 0 && norm > max_norm && isfinite(norm)) {
        clip work = {.is_float = wg_params_dtype(params) == WG_F32, .number = 1};
        if (max_norm / norm < (work.is_float ? (double)FLT_MIN : DBL_MIN)) {
            work.number = ldexp(1, -ilogb(norm));
            wg_params_pass(params, visit_scale, &work);
        }
        work.number = max_norm / (norm * work.number);
        wg_params_pass(params, visit_scale, &work);
    }
    return norm;
}

wg_status wg_params_clip_grad_value(wg_params *params, double limit)
{
    clip work = {.is_float = wg_params_dtype(params) == WG_F32, .number = limit};
    if (!params || !(limit >= 0))
        return WG_INVALID;
    wg_params_pass(params, visit_clamp, &work);
    return WG_OK;
}
