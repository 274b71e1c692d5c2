/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The norm of all gradients, and clipping by norm and by value: passes over the store. */
#include <math.h>
#include <wengert/optim.h>
#include "kernels/clones.h"

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

double wg_params_grad_norm(wg_params *params)
{
    clip work = {.is_float = wg_params_dtype(params) == WG_F32};
    size_t parts = wg_params_pass(params, visit_squares, &work);
    double sum = 0;
    for (size_t i = 0; i < parts; i++)
        sum += work.sum[i];
    return sqrt(sum);
}

double wg_params_clip_grad_norm(wg_params *params, double max_norm)
{
    double norm = wg_params_grad_norm(params);
    if (max_norm >= 0 && norm > max_norm && isfinite(norm)) {
        clip work = {.is_float = wg_params_dtype(params) == WG_F32, .number = max_norm / norm};
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
