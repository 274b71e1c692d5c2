/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* hinge_real.h - the kernels of hinge.c, for one type of number. */

#include "kernels/moments_real.h"

struct FN(hinge_work) {
    size_t classes;
    REAL margin;
    bool squared;
    double constant, factor; /* added to a sample's sum, then multiplied with it */
    const REAL *s;
    const int32_t *labels;
    REAL *each;    /* the single losses, or NULL */
    double *sums;  /* [chunks] */
    const REAL *g; /* upstream gradient: one, or of each loss */
    bool g_each;
    double share; /* factor of g */
    REAL *ds;
};

/* The sum over n classes, none of them the label's. The choice and the sum are two loops, since gcc makes one
 * of both a branch. */
WG_INLINE double FN(hinge_span)(const struct FN(hinge_work) * w, const REAL *s, size_t n, REAL own)
{
    const REAL margin = w->margin;
    double sum = 0;
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t width = n - at < BLOCK ? n - at : BLOCK;
        REAL excess[BLOCK];
#pragma omp simd
        for (size_t i = 0; i < width; i++) {
            REAL m = s[at + i] - own + margin;
            excess[i] = m < 0 ? 0 : m; /* NaN stays */
        }
        sum += w->squared ? FN(span_deviation)(width, excess, 0) : FN(span_sum)(width, excess);
    }
    return sum;
}

WG_CHUNK_LOOP(FN(hinge_forward_rows))
{
    const struct FN(hinge_work) *w = work;
    double total = 0;
    for (size_t i = begin; i < end; i++) {
        const REAL *s = w->s + i * w->classes;
        size_t label = (size_t)w->labels[i];
        double sum = FN(hinge_span)(w, s, label, s[label]);
        sum += FN(hinge_span)(w, s + label + 1, w->classes - label - 1, s[label]);
        double loss = (sum + w->constant) * w->factor;
        if (w->each)
            w->each[i] = (REAL)loss;
        total += loss;
    }
    if (w->sums)
        w->sums[chunk] = total;
}

static struct FN(hinge_work) FN(hinge_work_of)(wg_op_context *op)
{
    const wg_loss_options *options = op->attr;
    struct FN(hinge_work) w = {.classes = op->in_shape[0]->dim[1],
        .margin = (REAL)margin_of(options),
        .squared = options->power == 2,
        .constant = constant_of(options),
        .factor = 1,
        .s = op->in[0],
        .labels = op->in[1]};
    if (options->divide_by_classes)
        w.factor = 1 / (double)w.classes;
    return w;
}

static wg_status FN(hinge_forward)(wg_op_context *op)
{
    struct FN(hinge_work) w = FN(hinge_work_of)(op);
    size_t count = op->in_shape[0]->dim[0], chunks = wg__chunks(count, grain_of(w.classes));
    if (wg__labels_check(op, NULL, count, w.classes, &count) != WG_OK)
        return WG_BAD_INDEX;
    if (wg__loss_each(op))
        w.each = op->out[0];
    else if (!(w.sums = wg__loss_sums(op, chunks)))
        return WG_OUT_OF_MEMORY;
    wg__parallel_chunks(op->threads, count, grain_of(w.classes), FN(hinge_forward_rows), &w);
    if (w.sums)
        wg__loss_finish(op, w.sums, chunks, count);
    return WG_OK;
}

/* ds[j] = power m^(power - 1) where m = s[j] - s[y] + margin > 0, else 0;   ds[y] = -sum of the others */
WG_LOOP(FN(hinge_backward_rows))
{
    const struct FN(hinge_work) *w = work;
    const size_t classes = w->classes;
    const REAL margin = w->margin;
    const bool squared = w->squared;
    for (size_t i = begin; i < end; i++) {
        const REAL *s = w->s + i * w->classes;
        REAL *restrict ds = w->ds + i * w->classes;
        size_t label = (size_t)w->labels[i];
        REAL own = s[label], scale = (REAL)((double)w->g[w->g_each ? i : 0] * w->share * w->factor);
#pragma omp simd
        for (size_t c = 0; c < classes; c++) {
            REAL m = s[c] - own + margin, twice = 2 * m, slope = (squared ? twice : 1) * scale;
            ds[c] = m > 0 ? slope : 0;
        }
        double sum = FN(span_sum)(classes, ds);
        ds[label] = (REAL)((double)ds[label] - sum);
    }
}

static wg_status FN(hinge_backward)(wg_op_context *op)
{
    struct FN(hinge_work) w = FN(hinge_work_of)(op);
    size_t count = op->in_shape[0]->dim[0];
    if (wg__labels_check(op, NULL, count, w.classes, &count) != WG_OK)
        return WG_BAD_INDEX;
    w.g = op->upstream[0], w.g_each = wg__loss_each(op), w.share = wg__loss_share(op, count),
    w.ds = op->grad_in[0];
    if (w.ds)
        wg__parallel_for(op->threads, count, grain_of(w.classes), FN(hinge_backward_rows), &w);
    return WG_OK;
}
