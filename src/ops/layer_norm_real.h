/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* layer_norm_real.h - the kernels of layer_norm.c, for one type of number. */

#include "kernels/moments_real.h"

struct FN(layer_norm_work) {
    size_t width;
    double eps;
    const REAL *x, *g, *gamma, *beta;
    REAL *out;
    double *mean, *inverse; /* [R], kept */
    double *part;           /* [chunks][2][W]: sums of g (x - mean) r and of g over a chunk's rows */
    const wg_epilogue *epilogue;
};

WG_LOOP(FN(layer_norm_rows))
{
    const struct FN(layer_norm_work) *w = work;
    size_t width = w->width;
    const REAL *gamma = w->gamma, *beta = w->beta;
    for (size_t r = begin; r < end; r++) {
        const REAL *x = w->x + r * width;
        REAL *restrict y = w->out + r * width;
        double mean = FN(span_sum)(width, x) / (double)width;
        double variance = FN(span_deviation)(width, x, mean) / (double)width;
        double shrink = wg__variance_scale(variance, w->eps);
        if (shrink != 1)
            variance = FN(span_scaled_deviation)(width, x, mean, shrink) / (double)width;
        double inverse = wg__inverse_deviation(variance, w->eps, shrink);
        w->mean[r] = mean, w->inverse[r] = inverse;
        /* the mean in two parts: a float keeps the digits of a large one */
        REAL high = (REAL)mean, low = (REAL)(mean - (double)high), scale = (REAL)inverse;
#pragma omp simd
        for (size_t j = 0; j < width; j++)
            y[j] = ((x[j] - high) - low) * scale * gamma[j] + beta[j];
    }
    wg__epilogue_run(w->epilogue, begin * width, (end - begin) * width);
}

static wg_status FN(layer_norm_forward)(wg_op_context *op)
{
    struct rows rows = rows_of(op);
    const wg_layer_norm_options *options = op->attr;
    struct FN(layer_norm_work) w = {.width = rows.width,
        .eps = wg__eps_of(options->eps),
        .x = op->in[0],
        .gamma = op->in[1],
        .beta = op->in[2],
        .out = op->out[0],
        .mean = op->keep[0],
        .epilogue = wg__op_epilogue(op)};
    w.inverse = w.mean + rows.count;
    wg__parallel_for(op->threads, rows.count, rows.chunk, FN(layer_norm_rows), &w);
    return WG_OK;
}

/* With a = g gamma, r = 1 / sqrt(variance + eps), over a row of W numbers:
 *     dx = r (a - sum a / W - (x - mean) r^2 sum a (x - mean) / W) */
WG_INLINE void FN(layer_norm_dx)(const struct FN(layer_norm_work) * w, size_t row)
{
    size_t width = w->width;
    double mean = w->mean[row], inverse = w->inverse[row], sum = 0, product = 0;
    const REAL *x = w->x + row * width, *g = w->g + row * width, *gamma = w->gamma;
    REAL *restrict dx = w->out + row * width;
#pragma omp simd reduction(+ : sum, product)
    for (size_t j = 0; j < width; j++) {
        double a = (double)g[j] * (double)gamma[j];
        sum += a;
        product += a * (((double)x[j] - mean) * inverse);
    }
    REAL high = (REAL)mean, low = (REAL)(mean - (double)high), scale = (REAL)inverse;
    REAL curve = (REAL)(-inverse * product / (double)width); /* of (x - mean) r: r^3 may be too small */
    REAL shift = (REAL)(-inverse * sum / (double)width);
#pragma omp simd
    for (size_t j = 0; j < width; j++)
        dx[j] = g[j] * gamma[j] * scale + ((x[j] - high) - low) * scale * curve + shift;
}

WG_CHUNK_LOOP(FN(layer_norm_slopes))
{
    const struct FN(layer_norm_work) *w = work;
    size_t width = w->width;
    double *restrict dgamma = w->part ? w->part + chunk * 2 * width : NULL;
    double *restrict dbeta = w->part ? dgamma + width : NULL;
    for (size_t j = 0; w->part && j < 2 * width; j++)
        dgamma[j] = 0;
    for (size_t r = begin; r < end; r++) {
        const REAL *x = w->x + r * width, *g = w->g + r * width;
        double mean = w->mean[r], inverse = w->inverse[r];
        if (w->out)
            FN(layer_norm_dx)(w, r);
        if (w->part)
#pragma omp simd
            for (size_t j = 0; j < width; j++) {
                dgamma[j] += (double)g[j] * (((double)x[j] - mean) * inverse);
                dbeta[j] += (double)g[j];
            }
    }
    if (w->out)
        wg__epilogue_run(w->epilogue, begin * width, (end - begin) * width);
}

/* out[j] = the sum over chunks of part[chunk][first + j] */
static void FN(add_parts)(const double *part, size_t chunks, size_t width, size_t first, REAL *out)
{
    for (size_t j = 0; out && j < width; j++) {
        double sum = 0;
        for (size_t chunk = 0; chunk < chunks; chunk++)
            sum += part[chunk * 2 * width + first + j];
        out[j] = (REAL)sum;
    }
}

static wg_status FN(layer_norm_backward)(wg_op_context *op)
{
    struct rows rows = rows_of(op);
    struct FN(layer_norm_work) w = {.width = rows.width,
        .x = op->in[0],
        .g = op->upstream[0],
        .gamma = op->in[1],
        .out = op->grad_in[0],
        .mean = op->keep[0],
        .epilogue = wg__op_epilogue(op)};
    w.inverse = w.mean + rows.count;
    size_t chunks = wg__chunks(rows.count, rows.chunk);
    if (op->grad_in[1] || op->grad_in[2]) {
        w.part = wg_op_scratch(op, bytes_of_parts(&rows));
        if (!w.part)
            return WG_OUT_OF_MEMORY;
    }
    wg__parallel_chunks(op->threads, rows.count, rows.chunk, FN(layer_norm_slopes), &w);
    FN(add_parts)(w.part, chunks, rows.width, 0, op->grad_in[1]);
    FN(add_parts)(w.part, chunks, rows.width, rows.width, op->grad_in[2]);
    return WG_OK;
}
