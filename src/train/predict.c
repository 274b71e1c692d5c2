/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Samples go through the model in parts of `PART`, each on the same tape; what comes out is handed to a
 * `take` function, which differs by what the caller wants of it. */
#include "train/task.h"

#include <wengert/reduce.h>

enum { PART = 256 };

typedef struct prediction {
    const char *who;
    void *out;
    size_t n, done; /* elements of `out`: asked for, written */
    bool softmax;
    /* Numbers per sample that go to `out`, of `each` that the model gave. */
    size_t (*width)(const wg_shape *shape, size_t each);
    wg_status (*take)(struct prediction *p, wg_var y, size_t rows, size_t each);
} prediction;

/* ---- What is wanted --------------------------------------------------------------------------------- */

static size_t all_of_them(const wg_shape *shape, size_t each)
{
    (void)shape;
    return each;
}

static size_t one(const wg_shape *shape, size_t each)
{
    return shape->rank == 2 && each > 0 ? 1 : 0;
}

static wg_status take_f32(prediction *p, wg_var y, size_t rows, size_t each)
{
    return wg_read_f32(y, (float *)p->out + p->done, rows * each);
}

static wg_status take_f64(prediction *p, wg_var y, size_t rows, size_t each)
{
    return wg_read(y, (double *)p->out + p->done, rows * each);
}

static wg_status take_labels(prediction *p, wg_var y, size_t rows, size_t each)
{
    wg_array numbers = wg_array_of(wg_data(y), wg_dtype_of(y), wg_shape_of(y));
    if (!numbers.data)
        return WG_NO_VALUE;
    for (size_t i = 0; i < rows; i++)
        ((int32_t *)p->out)[p->done + i] = (int32_t)wg__row_argmax(&numbers, i, each);
    return WG_OK;
}

/* ---- Parts ------------------------------------------------------------------------------------------ */

/* Does the model's result y, of `rows` samples, fit into what the caller has room for? */
static wg_status check_result(
    const prediction *p, wg_var y, size_t rows, size_t samples, size_t *each, size_t *width, wg_error *error)
{
    wg_shape shape = wg_shape_of(y);
    size_t count = wg_count_of(y), all;
    char text[192];
    wg_shape_text(&shape, text, sizeof text);
    if (shape.rank == 0 || shape.dim[0] != rows)
        return wg_error_set(error, WG_BAD_SHAPE, "%s: the model makes %s of %zu samples", p->who, text, rows);
    *each = count / rows;
    *width = p->width(&shape, *each);
    all = *width * samples;
    if (all == p->n && *width)
        return WG_OK;
    return wg_error_set(error, WG_BAD_SHAPE,
        "%s: the model makes %s of %zu samples: for all %zu that is %zu numbers, and there is room for %zu",
        p->who, text, rows, samples, all, p->n);
}

static wg_status predict_part(prediction *p, wg_model model, void *user, wg_params *params, wg_tape *tape,
    wg_array part, size_t samples, wg_error *error)
{
    size_t rows = part.shape.dim[0], each = 0, width = 0;
    wg_tape_reset(tape);
    wg_no_grad_begin(tape);
    bool closed = wg__task_close(params, "the prediction");
    wg_var y = model(params, wg_input(tape, part), user);
    wg__task_open(params, closed);
    if (p->softmax && wg_shape_of(y).rank > 0)
        y = wg_softmax(y, -1);
    if (wg_tape_status(tape) != WG_OK)
        return wg_error_set(error, wg_tape_status(tape), "%s: %s", p->who, wg_tape_message(tape));
    if (!wg_is_valid(y) || wg_tape_of(y) != tape)
        return wg_error_set(error, WG_INVALID, "%s: the model returned no var of its tape", p->who);
    wg_status status = check_result(p, y, rows, samples, &each, &width, error);
    if (status == WG_OK && (status = p->take(p, y, rows, each)) != WG_OK)
        return wg_error_set(error, status, "%s: %s", p->who, wg_status_text(status));
    p->done += rows * width;
    return status;
}

static wg_status check(
    const prediction *p, wg_model model, const wg_params *params, const wg_array *x, wg_error *error)
{
    size_t count;
    char text[192];
    if (!model || !params || !p->out)
        return wg_error_set(error, WG_INVALID, "%s: there is no %s", p->who,
            !model    ? "model"
            : !params ? "parameter store"
                      : "room for the result");
    if (x->shape.rank == 0 || !wg_shape_count(&x->shape, &count) || count == 0 || !x->data ||
        wg_dtype_size(x->dtype) == 0)
        return wg_error_set(error, WG_BAD_SHAPE, "%s: x %s must be [N, ...], with at least one number",
            p->who, wg_shape_text(&x->shape, text, sizeof text));
    return WG_OK;
}

static wg_status predict(
    prediction p, wg_model model, void *user, wg_params *params, wg_array x, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    if (error->status != WG_OK || check(&p, model, params, &x, error) != WG_OK)
        return error->status;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = wg_params_dtype(params),
        .threads = wg_params_threads(params),
        .allocator = wg_cache_allocator(wg_params_cache(params))});
    if (!tape)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for a tape", p.who);
    size_t samples = x.shape.dim[0], count = 0;
    wg_shape_count(&x.shape, &count);
    size_t row = count / samples * wg_dtype_size(x.dtype);
    for (size_t i = 0; i < samples && error->status == WG_OK; i += PART) {
        wg_array part = x;
        part.data = (const char *)x.data + i * row;
        part.shape.dim[0] = samples - i < PART ? samples - i : PART;
        predict_part(&p, model, user, params, tape, part, samples, error);
    }
    wg_tape_free(tape);
    return error->status;
}

wg_status wg_predict(
    wg_model model, void *user, wg_params *params, wg_array x, float *out, size_t n, wg_error *error)
{
    prediction p = {.who = "predict", .out = out, .n = n, .width = all_of_them, .take = take_f32};
    return predict(p, model, user, params, x, error);
}

wg_status wg_predict_f64(
    wg_model model, void *user, wg_params *params, wg_array x, double *out, size_t n, wg_error *error)
{
    prediction p = {.who = "predict", .out = out, .n = n, .width = all_of_them, .take = take_f64};
    return predict(p, model, user, params, x, error);
}

wg_status wg_predict_probabilities(
    wg_model model, void *user, wg_params *params, wg_array x, float *out, size_t n, wg_error *error)
{
    prediction p = {
        .who = "predict", .out = out, .n = n, .softmax = true, .width = all_of_them, .take = take_f32};
    return predict(p, model, user, params, x, error);
}

wg_status wg_predict_labels(
    wg_model model, void *user, wg_params *params, wg_array x, int32_t *out, size_t n, wg_error *error)
{
    prediction p = {.who = "predict", .out = out, .n = n, .width = one, .take = take_labels};
    return predict(p, model, user, params, x, error);
}
