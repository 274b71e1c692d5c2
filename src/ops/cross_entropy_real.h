/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* cross_entropy_real.h - the kernels of cross_entropy.c, for one type of number. */

struct FN(cross_entropy_work) {
    struct panels panels;
    const wg_loss_options *options;
    const REAL *z, *y;     /* y: probabilities, or NULL */
    const int32_t *labels; /* or NULL */
    REAL *p;               /* softmax, kept */
    struct peak *peak;     /* [samples], kept with probabilities, or NULL */
    REAL *each;            /* the single losses, or NULL */
    double *sums;          /* [panels] */
    const REAL *g;         /* upstream gradient: one, or of each loss */
    bool g_each;
    double share;  /* factor of g */
    REAL *dz, *dy; /* either may be NULL */
};

/* x = e^x in place, the tail padded. */
WG_INLINE void FN(exp_span)(size_t n, REAL *x)
{
    REAL tail[EXP_BLOCK] = {0};
    size_t whole = n - n % EXP_BLOCK;
    for (size_t at = 0; at < whole; at += EXP_BLOCK) {
        REAL *block = x + at;
#pragma omp simd
        for (size_t i = 0; i < EXP_BLOCK; i++)
            block[i] = exp(block[i]);
    }
    if (whole == n)
        return;
    memcpy(tail, x + whole, (n - whole) * sizeof *x);
#pragma omp simd
    for (size_t i = 0; i < EXP_BLOCK; i++)
        tail[i] = exp(tail[i]);
    memcpy(x + whole, tail, (n - whole) * sizeof *x);
}

/* ---- Forward --------------------------------------------------------------------------------------- */

/* The loss of sample i, whose logits begin at z; log p[c] = (max - z[c]) + log sum e^(z - max), negated. */
WG_INLINE double FN(sample_loss)(const struct FN(cross_entropy_work) * w, size_t i, const REAL *z,
    const REAL *y, size_t step, struct peak peak)
{
    size_t classes = w->panels.k.classes;
    double smooth = w->options->label_smoothing, loss = 0, spread = 0;
    if (w->labels && is_ignored(w->options, w->labels[i]))
        return 0;
    if (w->labels)
        loss = peak.log_sum + (peak.max - (double)z[(size_t)w->labels[i] * step]);
    else /* 0 times infinity is 0 here, as in x log x */
        for (size_t c = 0; c < classes; c++)
            loss += y[c * step] == 0
                        ? 0
                        : (double)y[c * step] * (peak.log_sum + (peak.max - (double)z[c * step]));
    if (smooth == 0)
        return loss;
    for (size_t c = 0; c < classes; c++)
        spread += peak.log_sum + (peak.max - (double)z[c * step]);
    return (1 - smooth) * loss + smooth * (spread / (double)classes);
}

/* Samples lie `across` apart, the classes of one `step`: one of the two is the literal 1. */
WG_INLINE double FN(panel_forward)(
    const struct FN(cross_entropy_work) * w, const struct panel *panel, size_t across, size_t step)
{
    size_t classes = w->panels.k.classes;
    double max[PANEL], total = 0;
    for (size_t r = 0; r < panel->count; r++) {
        const REAL *z = w->z + panel->base + r * across;
        REAL *p = w->p + panel->base + r * across, top = (REAL)-HUGE_VAL;
#pragma omp simd reduction(max : top)
        for (size_t c = 0; c < classes; c++)
            top = z[c * step] > top ? z[c * step] : top;
        for (size_t c = 0; c < classes; c++)
            p[c * step] = z[c * step] - top;
        max[r] = (double)top;
    }
    for (size_t c = 0; c < (step == 1 ? 1 : classes); c++)
        FN(exp_span)(step == 1 ? panel->count * classes : panel->count, w->p + panel->base + c * step);
    for (size_t r = 0; r < panel->count; r++) {
        size_t i = panel->first + r, at = panel->base + r * across;
        REAL *p = w->p + at;
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < classes; c++)
            sum += (double)p[c * step];
        REAL inverse = (REAL)(1 / sum);
        for (size_t c = 0; c < classes; c++)
            p[c * step] *= inverse;
        struct peak peak = {max[r], log(sum)};
        if (w->peak)
            w->peak[i] = peak;
        double loss = FN(sample_loss)(w, i, w->z + at, w->y ? w->y + at : NULL, step, peak);
        if (w->each)
            w->each[i] = (REAL)loss;
        total += loss;
    }
    return total;
}

WG_CHUNK_LOOP(FN(cross_entropy_forward_panel))
{
    const struct FN(cross_entropy_work) *w = work;
    struct panel panel = panel_of(&w->panels, chunk);
    double total = w->panels.k.positions == 1 ? FN(panel_forward)(w, &panel, w->panels.k.classes, 1)
                                              : FN(panel_forward)(w, &panel, 1, w->panels.k.positions);
    if (w->sums)
        w->sums[chunk] = total;
    (void)begin, (void)end;
}

static struct FN(cross_entropy_work) FN(cross_entropy_work_of)(wg_op_context *op)
{
    bool labels = op->in_dtype[1] == WG_I32;
    return (struct FN(cross_entropy_work)){.panels = panels_of(op->in_shape[0]),
        .options = op->attr,
        .z = op->in[0],
        .y = labels ? NULL : op->in[1],
        .labels = labels ? op->in[1] : NULL,
        .p = op->keep[0],
        .peak = labels ? NULL : op->keep[1]};
}

static wg_status FN(cross_entropy_forward)(wg_op_context *op)
{
    struct FN(cross_entropy_work) w = FN(cross_entropy_work_of)(op);
    size_t counted = w.panels.k.samples * w.panels.k.positions;
    if (w.labels && wg__labels_check(op, w.options, counted, w.panels.k.classes, &counted) != WG_OK)
        return WG_BAD_INDEX;
    if (wg__loss_each(op))
        w.each = op->out[0];
    else if (!(w.sums = wg__loss_sums(op, w.panels.count)))
        return WG_OUT_OF_MEMORY;
    wg__parallel_chunks(op->threads, w.panels.count, 1, FN(cross_entropy_forward_panel), &w);
    if (w.sums)
        wg__loss_finish(op, w.sums, w.panels.count, counted);
    return WG_OK;
}

/* ---- Backward -------------------------------------------------------------------------------------- */

WG_INLINE double FN(strided_sum)(size_t n, const REAL *x, size_t step)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i * step];
    return sum;
}

/* dz = scale (p - y'), y' = (1 - s) [c = label] + s / C. At the label, p - 1 is minus the sum of the others:
 * a float keeps the digits of a small gradient. */
WG_INLINE void FN(label_gradient)(
    const struct FN(cross_entropy_work) * w, size_t i, const REAL *p, REAL *dz, size_t step, double scale)
{
    size_t classes = w->panels.k.classes, label = (size_t)w->labels[i];
    double smooth = w->options->label_smoothing, uniform = smooth / (double)classes, others;
    others =
        FN(strided_sum)(label, p, step) + FN(strided_sum)(classes - label - 1, p + (label + 1) * step, step);
    for (size_t c = 0; c < classes; c++)
        dz[c * step] = (REAL)(scale * ((double)p[c * step] - uniform));
    dz[label * step] = (REAL)(scale * (smooth * (double)p[label * step] - uniform - (1 - smooth) * others));
}

/* dz = scale (p sum(y') - y'), y' = (1 - s) y + s / C;   dy = -scale (1 - s) log p */
WG_INLINE void FN(probability_gradient)(
    const struct FN(cross_entropy_work) * w, size_t i, size_t at, size_t step, double scale)
{
    size_t classes = w->panels.k.classes;
    double smooth = w->options->label_smoothing, uniform = smooth / (double)classes, sum = 0;
    const REAL *p = w->p + at, *y = w->y + at, *z = w->z + at;
    REAL *dz = w->dz ? w->dz + at : NULL, *dy = w->dy ? w->dy + at : NULL;
    for (size_t c = 0; c < classes; c++)
        sum += (double)y[c * step];
    sum = (1 - smooth) * sum + smooth;
    for (size_t c = 0; dz && c < classes; c++)
        dz[c * step] =
            (REAL)(scale * ((double)p[c * step] * sum - ((1 - smooth) * (double)y[c * step] + uniform)));
    for (size_t c = 0; dy && c < classes; c++)
        dy[c * step] =
            (REAL)(scale * (1 - smooth) * (w->peak[i].log_sum + (w->peak[i].max - (double)z[c * step])));
}

WG_INLINE void FN(panel_backward)(
    const struct FN(cross_entropy_work) * w, const struct panel *panel, size_t across, size_t step)
{
    for (size_t r = 0; r < panel->count; r++) {
        size_t i = panel->first + r, at = panel->base + r * across;
        double scale = (double)w->g[w->g_each ? i : 0] * w->share;
        if (!w->labels)
            FN(probability_gradient)(w, i, at, step, scale);
        else if (!is_ignored(w->options, w->labels[i]))
            FN(label_gradient)(w, i, w->p + at, w->dz + at, step, scale);
        else
            for (size_t c = 0; c < w->panels.k.classes; c++)
                w->dz[at + c * step] = 0;
    }
}

WG_CHUNK_LOOP(FN(cross_entropy_backward_panel))
{
    const struct FN(cross_entropy_work) *w = work;
    struct panel panel = panel_of(&w->panels, chunk);
    if (w->panels.k.positions == 1)
        FN(panel_backward)(w, &panel, w->panels.k.classes, 1);
    else
        FN(panel_backward)(w, &panel, 1, w->panels.k.positions);
    (void)begin, (void)end;
}

static wg_status FN(cross_entropy_backward)(wg_op_context *op)
{
    struct FN(cross_entropy_work) w = FN(cross_entropy_work_of)(op);
    size_t counted = w.panels.k.samples * w.panels.k.positions;
    if (w.labels && wg__labels_check(op, w.options, counted, w.panels.k.classes, &counted) != WG_OK)
        return WG_BAD_INDEX;
    w.g = op->upstream[0], w.g_each = wg__loss_each(op), w.share = wg__loss_share(op, counted);
    w.dz = op->grad_in[0], w.dy = w.labels ? NULL : op->grad_in[1];
    if (w.dz || w.dy)
        wg__parallel_chunks(op->threads, w.panels.count, 1, FN(cross_entropy_backward_panel), &w);
    return WG_OK;
}
