/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Standardising: (x - mean) / std per feature, with mean and std in the store, so that who loads the
 * parameters gets them too.
 *
 *     x [N, C, d1, ...]     mean, std [C], seen as [C, 1, ...]          x of rank 1: C = 1 */
#include <wengert/layers.h>
#include <wengert/math.h>
#include <wengert/shaping.h>
#include "base/alloc.h"
#include "base/element.h"
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>

static size_t features(const wg_shape *shape)
{
    return shape->rank > 1 ? shape->dim[1] : 1;
}

/* The buffers, as vars that broadcast against x. */
static bool buffers_for(wg_params *p, wg_var x, wg_var *mean, wg_var *std)
{
    const wg_init zeros = wg_init_constant(0), ones = wg_init_constant(1);
    wg_shape shape = wg_shape_of(x), stretched = {.rank = shape.rank > 1 ? shape.rank - 1 : 1};
    size_t count = features(&shape);
    for (size_t i = 0; i < stretched.rank; i++)
        stretched.dim[i] = i == 0 ? count : 1;
    *mean = wg_param_constant(p, wg_tape_of(x), "mean", WG_SHAPE(count), &zeros);
    *std = wg_param_constant(p, wg_tape_of(x), "std", WG_SHAPE(count), &ones);
    if (stretched.rank > 1) {
        *mean = wg_reshape(*mean, stretched);
        *std = wg_reshape(*std, stretched);
    }
    return wg_is_valid(*mean) && wg_is_valid(*std);
}

/* One way or the other. */
static wg_var apply(const char *kind, wg_params *params, const char *name, wg_var x, bool back)
{
    wg_var mean, std, y = {.tape = wg_tape_of(x)};
    if (!wg__layer_open(kind, params, name, x))
        return y;
    if (wg_shape_of(x).rank == 0)
        wg__layer_misfit(kind, x, "[N] or [N, features, ...]");
    else if (buffers_for(params, x, &mean, &std))
        y = back ? wg_add(wg_mul(x, std), mean) : wg_div(wg_sub(x, mean), std);
    wg_scope_pop(wg_tape_of(x));
    return y;
}

wg_var wg_layer_standardise(wg_params *params, const char *name, wg_var x)
{
    return apply("standardise", params, name, x, false);
}

wg_var wg_layer_unstandardise(wg_params *params, const char *name, wg_var x)
{
    return apply("unstandardise", params, name, x, true);
}

/* ---- From data ------------------------------------------------------------------------------------- */

static double element(const wg_array *x, size_t i)
{
    return wg__element_at(x->data, x->dtype, i);
}

static wg_status check_data(const wg_array *x, size_t *count, wg_error *error)
{
    char text[192];
    if (x->shape.rank == 0 || !wg_shape_count(&x->shape, count) || *count == 0)
        return wg_error_set(error, WG_BAD_SHAPE,
            "standardise: data %s must be [N] or [N, features, ...], of at "
            "least one number",
            wg_shape_text(&x->shape, text, sizeof text));
    if (!x->data || wg_dtype_size(x->dtype) == 0)
        return wg_error_set(error, WG_INVALID, "standardise: an array without data");
    size_t row = *count / x->shape.dim[0], c = features(&x->shape);
    for (size_t i = 0; i < *count; i++)
        if (!isfinite(element(x, i)))
            return wg_error_set(error, WG_NUMBER, "standardise: the data hold %g in sample %zu, feature %zu",
                element(x, i), i / row, i / (row / c) % c);
    return WG_OK;
}

/* The numbers of feature k, one after the other. */
typedef struct feature {
    const wg_array *x;
    size_t k, count, features, inner;
} feature;

static double number_at(const feature *f, size_t i)
{
    return element(f->x, (i / f->inner * f->features + f->k) * f->inner + i % f->inner);
}

static double squares_of(const feature *f, double mean, double scale)
{
    double sum = 0;
    for (size_t i = 0; i < f->count; i++) {
        double d = (number_at(f, i) - mean) * scale;
        sum += d * d;
    }
    return sum;
}

/* The root of their mean square deviation; what is the same everywhere has 1, and not the rounding error of
 * its mean. Where squares leave the range of doubles they are taken of numbers multiplied by a power of two.
 */
static double deviation_of(const feature *f, double mean)
{
    double first = number_at(f, 0), squares = squares_of(f, mean, 1), scale = 1;
    bool same = true;
    for (size_t i = 1; i < f->count && same; i++)
        same = number_at(f, i) == first;
    if (same)
        return 1;
    if (!(squares > 1e-280 && squares < 1e300)) {
        scale = squares > 1 ? 0x1p-600 : 0x1p600;
        squares = squares_of(f, mean, scale);
    }
    return sqrt(squares / (double)f->count) / scale;
}

/* Two passes over each feature: the mean, then the deviations from it. */
static void moments(const wg_array *x, size_t count, double *mean, double *std)
{
    size_t c = features(&x->shape), rows = x->shape.dim[0], inner = count / rows / c;
    for (size_t k = 0; k < c; k++) {
        const feature f = {x, k, rows * inner, c, inner};
        double first = number_at(&f, 0), sum = 0;
        for (size_t i = 0; i < f.count; i++)
            sum += number_at(&f, i) - first;
        mean[k] = first + sum / (double)f.count;
        std[k] = deviation_of(&f, mean[k]);
    }
}

/* Buffer NAME.what := values. */
static wg_status put(wg_params *params, const char *name, const char *what, const double *values,
    size_t count, wg_error *error)
{
    char full[WG_MESSAGE_SIZE];
    int length = snprintf(full, sizeof full, "%s.%s", name, what);
    if (length < 0 || (size_t)length >= sizeof full)
        return wg_error_set(error, WG_NAME, "standardise: the name %.40s... is too long", name);
    wg_status status = wg_params_add_buffer(params, full, WG_SHAPE(count), NULL, error);
    return status == WG_OK ? wg_params_set(params, full, WG_DOUBLES(values, count), error) : status;
}

wg_status wg_layer_standardise_fit(wg_params *params, const char *name, wg_array x, wg_error *error)
{
    size_t count, bytes;
    if (error && error->status != WG_OK)
        return error->status;
    if (!params || !name || !*name)
        return wg_error_set(
            error, WG_INVALID, "standardise: a layer needs a %s", params ? "name" : "parameter store");
    wg_status status = check_data(&x, &count, error);
    if (status != WG_OK)
        return status;
    size_t c = features(&x.shape);
    const wg_allocator *memory = wg_params_allocator(params);
    double *numbers = wg__mul_size(c, 2 * sizeof *numbers, &bytes) ? wg__mem_new(memory, bytes) : NULL;
    if (!numbers)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "standardise: no memory for %zu features", c);
    moments(&x, count, numbers, numbers + c);
    status = put(params, name, "mean", numbers, c, error);
    if (status == WG_OK)
        status = put(params, name, "std", numbers + c, c, error);
    wg__mem_free(memory, numbers, bytes);
    return status;
}
