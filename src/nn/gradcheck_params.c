/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradcheck_params.c - a gradient check of a model's parameters, which are moved in place. The tape keeps the
 * gradients to itself, so that those of the store stay what they were. */

#include <wengert/gradcheck.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/differences.h"

typedef struct check {
    wg_params_function *f;
    void *user;
    wg_params *params;
    wg_tape *tape;
    uint64_t seed;
    double **x;        /* by array: the values; the store's */
    double **gradient; /* NULL for buffers and what is frozen */
    size_t *count;
    size_t arrays, largest;
    double *weights, *result; /* of the projection of f's result */
    size_t results;
} check;

static wg_status record(check *c, wg_var *y)
{
    wg_tape_reset(c->tape);
    *y = c->f(c->params, c->tape, c->user);
    wg_status status = wg_tape_status(c->tape);
    if (status == WG_OK && !wg_is_valid(*y))
        status = wg_tape_fail(c->tape, WG_INVALID, "the function returned no var");
    if (status == WG_OK && !wg_has_value(*y))
        status = wg_tape_fail(c->tape, WG_NO_VALUE, "the function's result has no value");
    return status;
}

/* <weights, f> */
static wg_status value(void *self, double *out)
{
    check *c = self;
    wg_var y;
    wg_status status = record(c, &y);
    if (status != WG_OK)
        return status;
    if (wg_count_of(y) != c->results || wg_params_count(c->params) != c->arrays)
        return wg_tape_fail(c->tape, WG_BAD_SHAPE,
            "the function's result, or its parameters, change with its parameters' values");
    status = wg_read(y, c->result, c->results);
    *out = 0;
    for (size_t i = 0; i < c->results; i++)
        *out += c->weights[i] * c->result[i];
    return status;
}

static double *numbers(size_t n)
{
    return calloc(n ? n : 1, sizeof(double));
}

static bool make_arrays(check *c)
{
    c->arrays = wg_params_count(c->params);
    size_t n = c->arrays ? c->arrays : 1;
    c->x = calloc(n, sizeof *c->x);
    c->gradient = calloc(n, sizeof *c->gradient);
    c->count = calloc(n, sizeof *c->count);
    if (!c->x || !c->gradient || !c->count)
        return false;
    for (size_t k = 0; k < c->arrays; k++) {
        wg_param_info info = wg_params_at(c->params, k);
        c->x[k] = wg_params_value(c->params, k);
        c->count[k] = info.count;
        if (info.buffer || info.frozen)
            continue;
        c->gradient[k] = numbers(info.count);
        if (!c->gradient[k])
            return false;
        c->largest = info.count > c->largest ? info.count : c->largest;
    }
    return true;
}

static bool make_projection(check *c, wg_var y)
{
    c->results = wg_count_of(y);
    c->weights = numbers(c->results);
    c->result = numbers(c->results);
    for (size_t i = 0; i < c->results && c->weights; i++)
        c->weights[i] = wg__projection_weight(c->seed, 1, i);
    return c->weights && c->result;
}

/* What the sweep does not reach is claimed to be 0. */
static wg_status analytic(check *c, wg_var y)
{
    wg_status status = wg_backward_from(y, wg_array_of(c->weights, WG_F64, wg_shape_of(y)));
    for (size_t k = 0; k < c->arrays && status == WG_OK; k++) {
        size_t count = 0;
        const double *g = c->gradient[k] ? wg_own_grad(c->tape, c->params, k, &count) : NULL;
        if (g)
            memcpy(c->gradient[k], g, count * sizeof *g);
    }
    return status;
}

static void free_check(check *c)
{
    for (size_t k = 0; k < c->arrays && c->gradient; k++)
        free(c->gradient[k]);
    free(c->x);
    free(c->gradient);
    free(c->count);
    free(c->weights);
    free(c->result);
    wg_tape_free(c->tape);
}

static wg_status run(check *c, const wg_gradcheck_options *o, wg_gradcheck_report *report)
{
    wg_var y;
    wg_status status = record(c, &y);
    if (status != WG_OK)
        return status;
    if (!make_arrays(c) || !make_projection(c, y))
        return wg_tape_fail(c->tape, WG_OUT_OF_MEMORY, "out of memory");
    status = analytic(c, y);
    if (status != WG_OK)
        return status;
    wg_differences d = {.value = value,
        .self = c,
        .x = c->x,
        .count = c->count,
        .arrays = c->arrays,
        .gradient = (const double *const *)c->gradient,
        .direction = numbers(2 * c->largest),
        .step = o->step,
        .tolerance = o->tolerance,
        .floor = o->floor,
        .entries = o->entries,
        .directions = o->directions,
        .seed = o->seed};
    status = d.direction ? wg__differences_run(&d) : wg_tape_fail(c->tape, WG_OUT_OF_MEMORY, "out of memory");
    free(d.direction);
    if (status != WG_OK)
        return status;
    return wg__differences_report(&d, c->arrays ? wg_params_at(c->params, d.array).name : "", report);
}

wg_status wg_gradcheck_params(wg_params_function *f, void *user, wg_params *params,
    const wg_gradcheck_options *options, wg_gradcheck_report *report)
{
    wg_gradcheck_report unused;
    wg_gradcheck_report *r = report ? report : &unused;
    const wg_gradcheck_options o = options ? *options : (wg_gradcheck_options){0};
    *r = (wg_gradcheck_report){.status = WG_INVALID};
    if (!f || !params || o.order > 1 || o.constant) {
        snprintf(r->message, sizeof r->message,
            f && params ? "parameters are checked at order 1, without `constant`"
                        : "no function, or no parameters");
        return WG_INVALID;
    }
    if (wg__differences_options(&o, r) != WG_OK)
        return r->status;
    if (wg_params_dtype(params) != WG_F64) {
        snprintf(r->message, sizeof r->message, "the store is %s: a check needs f64",
            wg_dtype_name(wg_params_dtype(params)));
        return r->status = WG_BAD_DTYPE;
    }
    check c = {.f = f, .user = user, .params = params, .seed = o.seed};
    c.tape = wg_tape_new(
        &(wg_tape_options){.training = o.training, .own_grads = true, .frozen = true, .seed = o.seed});
    wg_status status = c.tape ? run(&c, &o, r) : WG_OUT_OF_MEMORY;
    if (status != WG_OK && r->message[0] == 0)
        snprintf(r->message, sizeof r->message, "%s", c.tape ? wg_tape_message(c.tape) : "out of memory");
    r->status = status;
    free_check(&c);
    return status;
}
