/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* batch_norm_real.h - the kernels of batch_norm.c, for one type of number.
 *
 * Each pass runs over items (a block of rows, a tile of channels) that fit the cache, so that statistics
 * which look twice at the numbers cost one pass over memory. An item with positions (S > 1) works span by
 * span; one without (x is [N, C]) row by row, the channels of its tile side by side. */

#include "kernels/moments_real.h"

struct FN(batch_norm_work) {
    struct plane plane;
    const REAL *x, *g;
    REAL *out;
    const double *mean, *inverse;
    struct pair *part; /* [blocks][C]: sums of each item */
    double scale;      /* of sums of squared deviations */
    /* [C] each, of the maps. x - mean is (x - high) - low, where high is the mean rounded: a float keeps the
     * digits of a large mean. */
    REAL *high, *low, *unit, *slope, *curve, *shift;
    const wg_epilogue *epilogue;
};

/* ---- Sums of an item ------------------------------------------------------------------------------- */

/* part = {mean, sum ((x - mean) scale)^2} */
WG_INLINE void FN(moments_of_spans)(const struct FN(batch_norm_work) * w, const struct item *item)
{
    size_t channels = w->plane.channels, s = w->plane.positions;
    double m = (double)(item->row_end - item->row) * (double)s;
    for (size_t c = item->channel; c < item->channel_end; c++) {
        double sum = 0, deviation = 0;
        for (size_t r = item->row; r < item->row_end; r++)
            sum += FN(span_sum)(s, w->x + (r * channels + c) * s);
        for (size_t r = item->row; r < item->row_end; r++)
            deviation += w->scale == 1
                             ? FN(span_deviation)(s, w->x + (r * channels + c) * s, sum / m)
                             : FN(span_scaled_deviation)(s, w->x + (r * channels + c) * s, sum / m, w->scale);
        w->part[item->block * channels + c] = (struct pair){sum / m, deviation};
    }
}

WG_INLINE void FN(moments_of_rows)(const struct FN(batch_norm_work) * w, const struct item *item)
{
    size_t channels = w->plane.channels, width = item->channel_end - item->channel;
    double m = (double)(item->row_end - item->row), mean[TILE] = {0}, deviation[TILE] = {0};
    for (size_t r = item->row; r < item->row_end; r++) {
        const REAL *x = w->x + r * channels + item->channel;
        for (size_t j = 0; j < width; j++)
            mean[j] += (double)x[j];
    }
    for (size_t j = 0; j < width; j++)
        mean[j] /= m;
    for (size_t r = item->row; r < item->row_end; r++) {
        const REAL *x = w->x + r * channels + item->channel;
        for (size_t j = 0; j < width; j++) {
            double d = (double)x[j] * w->scale - mean[j] * w->scale;
            deviation[j] += d * d;
        }
    }
    for (size_t j = 0; j < width; j++)
        w->part[item->block * channels + item->channel + j] = (struct pair){mean[j], deviation[j]};
}

WG_CHUNK_LOOP(FN(moments))
{
    const struct FN(batch_norm_work) *w = work;
    struct item item = item_of(&w->plane, chunk);
    if (w->plane.positions > 1)
        FN(moments_of_spans)(w, &item);
    else
        FN(moments_of_rows)(w, &item);
    (void)begin, (void)end;
}

/* part = {sum g, sum g (x - mean) r}: g and x may both be large */
WG_INLINE void FN(slopes_of_spans)(const struct FN(batch_norm_work) * w, const struct item *item)
{
    size_t channels = w->plane.channels, s = w->plane.positions;
    for (size_t c = item->channel; c < item->channel_end; c++) {
        struct pair sum = {0, 0};
        for (size_t r = item->row; r < item->row_end; r++) {
            size_t at = (r * channels + c) * s;
            sum.a += FN(span_sum)(s, w->g + at);
            sum.b += FN(span_covariance)(s, w->g + at, w->x + at, w->mean[c], w->inverse[c]);
        }
        w->part[item->block * channels + c] = sum;
    }
}

WG_INLINE void FN(slopes_of_rows)(const struct FN(batch_norm_work) * w, const struct item *item)
{
    size_t channels = w->plane.channels, width = item->channel_end - item->channel;
    double sum[TILE] = {0}, product[TILE] = {0};
    for (size_t r = item->row; r < item->row_end; r++) {
        const REAL *x = w->x + r * channels + item->channel, *g = w->g + r * channels + item->channel;
        const double *mean = w->mean + item->channel, *inverse = w->inverse + item->channel;
        for (size_t j = 0; j < width; j++) {
            sum[j] += (double)g[j];
            product[j] += (double)g[j] * (((double)x[j] - mean[j]) * inverse[j]);
        }
    }
    for (size_t j = 0; j < width; j++)
        w->part[item->block * channels + item->channel + j] = (struct pair){sum[j], product[j]};
}

WG_CHUNK_LOOP(FN(slopes))
{
    const struct FN(batch_norm_work) *w = work;
    struct item item = item_of(&w->plane, chunk);
    if (w->plane.positions > 1)
        FN(slopes_of_spans)(w, &item);
    else
        FN(slopes_of_rows)(w, &item);
    (void)begin, (void)end;
}

/* ---- Maps ------------------------------------------------------------------------------------------ */

/* From element `at` on, with the coefficients of channel c (step 0: for all n elements; step 1: of c, c + 1,
 * ...):
 *
 *     without g       out = (x - mean) slope + shift
 *     with g and x    out = g slope + (x - mean) unit curve + shift
 *     with g alone    out = g slope */
WG_INLINE void FN(map_span)(const struct FN(batch_norm_work) * w, size_t at, size_t n, size_t c, size_t step)
{
    const REAL *high = w->high + c, *low = w->low + c, *slope = w->slope + c, *curve = w->curve + c;
    const REAL *unit = w->unit + c, *shift = w->shift + c, *x = w->x ? w->x + at : NULL,
               *g = w->g ? w->g + at : NULL;
    REAL *restrict out = w->out + at;
    if (!g)
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            out[i] = ((x[i] - high[i * step]) - low[i * step]) * slope[i * step] + shift[i * step];
    else if (x)
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            out[i] = g[i] * slope[i * step] +
                     ((x[i] - high[i * step]) - low[i * step]) * unit[i * step] * curve[i * step] +
                     shift[i * step];
    else
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            out[i] = g[i] * slope[i * step];
}

WG_CHUNK_LOOP(FN(map))
{
    const struct FN(batch_norm_work) *w = work;
    struct item item = item_of(&w->plane, chunk);
    size_t channels = w->plane.channels, s = w->plane.positions;
    size_t width = item.channel_end - item.channel;
    for (size_t r = item.row; r < item.row_end; r++) {
        size_t at = (r * channels + item.channel) * s;
        if (s == 1)
            FN(map_span)(w, at, width, item.channel, 1);
        else
            for (size_t c = 0; c < width; c++)
                FN(map_span)(w, at + c * s, s, item.channel + c, 0);
        wg__epilogue_run(w->epilogue, at, width * s);
    }
    (void)begin, (void)end;
}

/* ---- The operation --------------------------------------------------------------------------------- */

/* Makes room for the sums and the maps' coefficients. */
static bool FN(prepare)(wg_op_context *op, struct FN(batch_norm_work) * w)
{
    size_t channels = w->plane.channels;
    w->part = wg_op_scratch(op, bytes_of_parts(&w->plane));
    w->high = wg_op_scratch(op, MAPS * channels * sizeof *w->high);
    if (!w->part || !w->high)
        return false;
    w->low = w->high + channels, w->unit = w->low + channels, w->slope = w->unit + channels;
    w->curve = w->slope + channels, w->shift = w->curve + channels;
    return true;
}

/* Statistics of the batch; once more, at their scale, of channels whose variance leaves the range of doubles.
 */
static void FN(batch_statistics)(
    const wg_op_context *op, struct FN(batch_norm_work) * w, const struct statistics *at)
{
    const double eps = wg__eps_of(((const wg_batch_norm_options *)op->attr)->eps);
    const double scales[] = {1, 0x1p-600, 0x1p600};
    size_t channels = w->plane.channels;
    for (size_t pass = 0; pass < 3; pass++) {
        size_t wanting = 0;
        w->scale = scales[pass];
        for (size_t c = 0; c < channels; c++)
            wanting += pass == 0 || wg__variance_scale(at->var[c], eps) == w->scale;
        if (wanting > 0)
            wg__parallel_chunks(op->threads, w->plane.items, 1, FN(moments), w);
        for (size_t c = 0; wanting > 0 && c < channels; c++) {
            if (pass > 0 && wg__variance_scale(at->var[c], eps) != w->scale)
                continue;
            struct pair moments = combine_moments(&w->plane, w->part, c, w->scale);
            at->mean[c] = moments.a, at->var[c] = moments.b / w->scale / w->scale;
            at->inverse[c] = wg__inverse_deviation(moments.b, eps, w->scale);
        }
    }
}

static wg_status FN(batch_norm_forward)(wg_op_context *op)
{
    struct statistics at = statistics_of(op);
    struct FN(batch_norm_work)
        w = {.plane = plane_of(op), .x = op->in[0], .out = op->out[0], .epilogue = wg__op_epilogue(op)};
    const wg_batch_norm_options *options = op->attr;
    const REAL *gamma = op->in[1], *beta = op->in[2], *mean = options->running_mean,
               *var = options->running_var;
    if (!FN(prepare)(op, &w))
        return WG_OUT_OF_MEMORY;
    for (size_t c = 0; frozen(op) && c < w.plane.channels; c++) {
        at.mean[c] = (double)mean[c], at.var[c] = (double)var[c];
        at.inverse[c] = wg__inverse_deviation(at.var[c], wg__eps_of(options->eps), 1);
    }
    if (!frozen(op))
        FN(batch_statistics)(op, &w, &at);
    for (size_t c = 0; c < w.plane.channels; c++) {
        w.high[c] = (REAL)at.mean[c], w.low[c] = (REAL)(at.mean[c] - (double)w.high[c]);
        w.slope[c] = (REAL)((double)gamma[c] * at.inverse[c]), w.shift[c] = beta[c];
    }
    wg__parallel_chunks(op->threads, w.plane.items, 1, FN(map), &w);
    return WG_OK;
}

/* With M numbers per channel and r = 1 / sqrt(variance + eps):
 *     dbeta = sum g,   dgamma = r sum g (x - mean),
 *     dx = gamma r (g - dbeta / M - (x - mean) r dgamma / M);   gamma r g alone under running statistics. */
static wg_status FN(batch_norm_backward)(wg_op_context *op)
{
    struct statistics at = statistics_of(op);
    struct FN(batch_norm_work) w = {
        .plane = plane_of(op), .x = op->in[0], .g = op->upstream[0], .mean = at.mean, .inverse = at.inverse};
    const REAL *gamma = op->in[1];
    REAL *dgamma = op->grad_in[1], *dbeta = op->grad_in[2];
    if (!FN(prepare)(op, &w))
        return WG_OUT_OF_MEMORY;
    bool sums = !frozen(op) || dgamma || dbeta;
    if (sums)
        wg__parallel_chunks(op->threads, w.plane.items, 1, FN(slopes), &w);
    for (size_t c = 0; c < w.plane.channels; c++) {
        struct pair sum = {0, 0};
        for (size_t b = 0; sums && b < w.plane.blocks; b++)
            sum.a += w.part[b * w.plane.channels + c].a, sum.b += w.part[b * w.plane.channels + c].b;
        double r = at.inverse[c], slope = (double)gamma[c] * r, m = (double)w.plane.per_channel;
        w.high[c] = (REAL)at.mean[c], w.low[c] = (REAL)(at.mean[c] - (double)w.high[c]);
        w.unit[c] = (REAL)r, w.slope[c] = (REAL)slope, w.curve[c] = (REAL)(-slope * sum.b / m);
        w.shift[c] = (REAL)(-slope * sum.a / m);
        if (dgamma)
            dgamma[c] = m > 0 ? (REAL)sum.b : 0;
        if (dbeta)
            dbeta[c] = (REAL)sum.a;
    }
    w.out = op->grad_in[0], w.x = frozen(op) ? NULL : w.x, w.epilogue = wg__op_epilogue(op);
    if (w.out)
        wg__parallel_chunks(op->threads, w.plane.items, 1, FN(map), &w);
    return WG_OK;
}
