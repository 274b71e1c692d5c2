/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradcheck.c - gradient checks of functions recorded on a tape of the check's own. */

#include <wengert/gradcheck.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/differences.h"
#include "base/element.h"
#include "tape/engine.h"
#include "tape/gradcheck.h"

typedef struct check {
    wg_function *f;
    void *user;
    const wg_array *arrays;
    size_t n;
    wg_gradcheck_options options;
    wg_tape *tape;
    wg_var *in, *grads;
    double **x;        /* the point; NULL for integers */
    double **gradient; /* NULL for what is not checked */
    size_t *count;
    double *u;  /* the projection of f's result */
    double **v; /* order 2: the projections of its gradients */
    double *work;
    size_t largest, results;
    bool alone; /* f is one operation: nobody else to blame */
} check;

/* ---- One evaluation -------------------------------------------------------------------------------- */

static wg_status record(check *c, wg_var *y)
{
    wg_tape_reset(c->tape);
    for (size_t k = 0; k < c->n; k++) {
        wg_array array = c->arrays[k];
        if (c->x[k])
            array = wg_array_of(c->x[k], WG_F64, array.shape);
        c->in[k] = c->gradient[k] ? wg_leaf(c->tape, array) : wg_input(c->tape, array);
        if (wg_name_of(c->in[k])[0] == 0) {
            char name[32];
            snprintf(name, sizeof name, "in[%zu]", k);
            wg_set_name(c->in[k], name);
        }
    }
    *y = c->f(c->tape, c->in, c->n, c->user);
    wg_status status = wg_tape_status(c->tape);
    if (status == WG_OK && !wg_is_valid(*y))
        status = wg_tape_fail(c->tape, WG_INVALID, "the function returned no var");
    if (status == WG_OK && !wg_has_value(*y))
        status = wg_tape_fail(c->tape, WG_NO_VALUE, "the function's result has no value");
    return status;
}

static double dot(const double *weights, wg_var y, double *work)
{
    size_t n = wg_count_of(y);
    double sum = 0;
    if (wg_read(y, work, n) != WG_OK)
        return (double)NAN;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] * work[i];
    return sum;
}

/* The gradients of <u, y> towards the checked inputs, as vars. */
static wg_status gradients(check *c, wg_var y)
{
    wg_var seed = wg_const(c->tape, wg_array_of(c->u, WG_F64, wg_shape_of(y)));
    wg_var xs[1];
    for (size_t k = 0; k < c->n; k++)
        if (c->gradient[k]) {
            xs[0] = c->in[k];
            wg_status status = wg_grad(&y, 1, &seed, xs, 1, &c->grads[k]);
            if (status != WG_OK)
                return status;
        }
    return wg_tape_status(c->tape);
}

/* <u, f(x)>, or sum_k <v_k, d<u, f>/dx_k>. */
static wg_status value(void *self, double *out)
{
    check *c = self;
    wg_var y;
    wg_status status = record(c, &y);
    if (status != WG_OK)
        return status;
    if (wg_count_of(y) != c->results)
        return wg_tape_fail(c->tape, WG_BAD_SHAPE, "the function's result changes its shape with its input");
    *out = 0;
    if (c->options.order < 2) {
        *out = dot(c->u, y, c->work);
        return WG_OK;
    }
    status = gradients(c, y);
    for (size_t k = 0; k < c->n && status == WG_OK; k++)
        if (c->gradient[k])
            *out += dot(c->v[k], c->grads[k], c->work);
    return status;
}

/* What the tape says. Order 1 takes wg_backward's way; order 2 sweeps the recorded gradients. */
static wg_status analytic(check *c, wg_var y)
{
    if (c->options.order < 2) {
        wg_status status = wg_backward_from(y, wg_array_of(c->u, WG_F64, wg_shape_of(y)));
        for (size_t k = 0; k < c->n && status == WG_OK; k++)
            if (c->gradient[k] && wg_has_grad(c->in[k]))
                status = wg_read_grad(c->in[k], c->gradient[k], c->count[k]);
        return status;
    }
    wg_status status = gradients(c, y);
    for (size_t k = 0; k < c->n && status == WG_OK; k++)
        for (size_t j = 0; j < c->n && status == WG_OK && c->gradient[k]; j++) {
            if (!c->gradient[j])
                continue;
            wg_var seed = wg_const(c->tape, wg_array_of(c->v[j], WG_F64, wg_shape_of(c->grads[j]))), out;
            status = wg_grad(&c->grads[j], 1, &seed, &c->in[k], 1, &out);
            if (status == WG_OK)
                status = wg_read(out, c->work, c->count[k]);
            for (size_t i = 0; i < c->count[k] && status == WG_OK; i++)
                c->gradient[k][i] += c->work[i];
        }
    return status;
}

/* ---- Set up ---------------------------------------------------------------------------------------- */

static bool checked(const check *c, size_t k)
{
    return c->arrays[k].dtype != WG_I32 && !(c->options.constant && c->options.constant[k]);
}

static double *numbers(size_t n)
{
    return calloc(n ? n : 1, sizeof(double));
}

static bool make_arrays(check *c)
{
    size_t n = c->n ? c->n : 1;
    c->in = calloc(n, sizeof *c->in);
    c->grads = calloc(n, sizeof *c->grads);
    c->x = calloc(n, sizeof *c->x);
    c->gradient = calloc(n, sizeof *c->gradient);
    c->count = calloc(n, sizeof *c->count);
    c->v = calloc(n, sizeof *c->v);
    if (!c->in || !c->grads || !c->x || !c->gradient || !c->count || !c->v)
        return false;
    for (size_t k = 0; k < c->n; k++) {
        const wg_array *array = &c->arrays[k];
        if (!wg_shape_count(&array->shape, &c->count[k]))
            return false;
        if (array->dtype == WG_I32)
            continue;
        c->x[k] = numbers(c->count[k]);
        if (!c->x[k])
            return false;
        for (size_t i = 0; i < c->count[k]; i++)
            c->x[k][i] = wg__element_at(array->data, array->dtype, i);
        c->largest = c->count[k] > c->largest ? c->count[k] : c->largest;
        if (!checked(c, k))
            continue;
        c->gradient[k] = numbers(c->count[k]);
        c->v[k] = numbers(c->count[k]);
        if (!c->gradient[k] || !c->v[k])
            return false;
        for (size_t i = 0; i < c->count[k]; i++)
            c->v[k][i] = wg__projection_weight(c->options.seed, 2 + k, i);
    }
    return true;
}

static bool make_projection(check *c, wg_var y)
{
    c->results = wg_count_of(y);
    size_t most = c->results > c->largest ? c->results : c->largest;
    c->u = numbers(c->results);
    c->work = numbers(2 * most);
    if (!c->u || !c->work)
        return false;
    for (size_t i = 0; i < c->results; i++)
        c->u[i] = wg__projection_weight(c->options.seed, 1, i);
    return true;
}

static void free_check(check *c)
{
    for (size_t k = 0; k < c->n; k++) {
        if (c->x)
            free(c->x[k]);
        if (c->gradient)
            free(c->gradient[k]);
        if (c->v)
            free(c->v[k]);
    }
    free(c->in);
    free(c->grads);
    free(c->x);
    free(c->gradient);
    free(c->count);
    free(c->v);
    free(c->u);
    free(c->work);
    wg_tape_free(c->tape);
}

/* ---- The report ------------------------------------------------------------------------------------ */

static wg_status judge(check *c, const wg_differences *d, wg_gradcheck_report *r)
{
    wg_status status = wg__differences_report(d, c->n ? wg_name_of(c->in[d->array]) : "", r);
    if (d->failed && !c->alone)
        wg__gradcheck_blame(c->tape, &c->options, r->culprit, sizeof r->culprit);
    if (r->culprit[0]) {
        size_t used = strlen(r->message);
        snprintf(r->message + used, sizeof r->message - used, "; wrong by itself: %s", r->culprit);
    }
    return status;
}

static wg_status run(check *c, wg_gradcheck_report *report)
{
    wg_var y;
    wg_status status = record(c, &y);
    if (status != WG_OK)
        return status;
    if (!make_projection(c, y))
        return wg_tape_fail(c->tape, WG_OUT_OF_MEMORY, "out of memory");
    status = analytic(c, y);
    if (status != WG_OK)
        return status;
    wg_differences d = {.value = value,
        .self = c,
        .x = c->x,
        .count = c->count,
        .arrays = c->n,
        .gradient = (const double *const *)c->gradient,
        .step = c->options.step,
        .tolerance = c->options.tolerance,
        .floor = c->options.floor,
        .entries = c->options.entries,
        .directions = c->options.directions,
        .seed = c->options.seed};
    d.direction = numbers(2 * c->largest);
    status = d.direction ? wg__differences_run(&d) : wg_tape_fail(c->tape, WG_OUT_OF_MEMORY, "out of memory");
    free(d.direction);
    if (status == WG_OK)
        status = record(c, &y); /* the point itself is on the tape again */
    return status == WG_OK ? judge(c, &d, report) : status;
}

wg_status wg_gradcheck(wg_function *f, void *user, const wg_array *arrays, size_t n,
    const wg_gradcheck_options *options, wg_gradcheck_report *report)
{
    return wg__gradcheck_run(f, user, arrays, n, options, false, report);
}

static wg_status check_arrays(const wg_array *arrays, size_t n, wg_gradcheck_report *r)
{
    char text[192];
    for (size_t k = 0; k < n; k++) {
        size_t count;
        bool fits = wg_shape_count(&arrays[k].shape, &count), typed = wg_dtype_size(arrays[k].dtype) != 0;
        if (fits && typed && (arrays[k].data || count == 0))
            continue;
        snprintf(r->message, sizeof r->message, "array %zu: %s %s %s", k, wg_dtype_name(arrays[k].dtype),
            wg_shape_text(&arrays[k].shape, text, sizeof text), fits ? "without data" : "is too large");
        return r->status = !fits ? WG_BAD_SHAPE : !typed ? WG_BAD_DTYPE : WG_INVALID;
    }
    return WG_OK;
}

wg_status wg__gradcheck_run(wg_function *f, void *user, const wg_array *arrays, size_t n,
    const wg_gradcheck_options *options, bool alone, wg_gradcheck_report *report)
{
    wg_gradcheck_report unused;
    wg_gradcheck_report *r = report ? report : &unused;
    *r = (wg_gradcheck_report){.status = WG_INVALID};
    if (!f || (n && !arrays)) {
        snprintf(r->message, sizeof r->message, "no function, or no arrays");
        return WG_INVALID;
    }
    check c = {.f = f, .user = user, .arrays = arrays, .n = n, .alone = alone};
    c.options = options ? *options : (wg_gradcheck_options){0};
    if (wg__differences_options(&c.options, r) != WG_OK || check_arrays(arrays, n, r) != WG_OK)
        return r->status;
    c.tape = wg_tape_new(
        &(wg_tape_options){.training = c.options.training, .frozen = true, .seed = c.options.seed});
    wg_status status = WG_OUT_OF_MEMORY;
    if (c.tape)
        status = make_arrays(&c) ? run(&c, r) : wg_tape_fail(c.tape, WG_OUT_OF_MEMORY, "out of memory");
    if (status != WG_OK && r->message[0] == 0)
        snprintf(r->message, sizeof r->message, "%s", c.tape ? wg_tape_message(c.tape) : "out of memory");
    r->status = status;
    free_check(&c);
    return status;
}

/* Entries of a random point are the middles of as many equal parts of -2 .. 2, shuffled and moved a little:
 * none is near another, and none near 0. */
static void spread(double *x, size_t n, uint64_t seed, size_t k)
{
    wg_random r = {.seed = seed, .stream = 1000 + k};
    for (size_t i = 0; i < n; i++)
        x[i] = ((double)i + 0.5 + 0.3 * (wg_random_uniform(&r) - 0.5)) / (double)n * 2 * (i % 2 ? 1 : -1);
    for (size_t i = n; i > 1; i--) {
        size_t j = wg_random_below(&r, i);
        double swap = x[i - 1];
        x[i - 1] = x[j];
        x[j] = swap;
    }
}

wg_status wg_gradcheck_shapes(wg_function *f, void *user, const wg_shape *shapes, size_t n,
    const wg_gradcheck_options *options, wg_gradcheck_report *report)
{
    if (n && !shapes)
        return wg_gradcheck(f, user, NULL, n, options, report);
    wg_status status = WG_OUT_OF_MEMORY;
    wg_array *arrays = calloc(n ? n : 1, sizeof *arrays);
    double **x = calloc(n ? n : 1, sizeof *x);
    bool good = arrays && x;
    for (size_t k = 0; k < n && good; k++) {
        size_t count = 0;
        if (wg_shape_count(&shapes[k], &count)) /* otherwise the check refuses the shape */
            good = (x[k] = numbers(count)) != NULL;
        if (x[k])
            spread(x[k], count, options ? options->seed : 0, k);
        arrays[k] = wg_array_of(x[k], WG_F64, shapes[k]);
    }
    if (good)
        status = wg_gradcheck(f, user, arrays, n, options, report);
    else if (report)
        *report = (wg_gradcheck_report){.status = status, .message = "out of memory"};
    for (size_t k = 0; k < n && x; k++)
        free(x[k]);
    free(x);
    free(arrays);
    return status;
}
