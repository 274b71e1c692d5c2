/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_gemm_real.h - a template (see base/for_each_real.h): unfold, fold, and the three passes. */

typedef struct FN(job) {
    const wg_conv *conv;
    plan plan;
    int threads; /* inside a product */
    const REAL *a, *b;
    REAL *result, *blocks, *partials;
} FN(job);

/* One tap's row of the matrix, pixels first .. last - 1 of the plane. */
static void FN(unfold_tap)(
    const wg_conv *conv, const REAL *plane, size_t row, size_t column, size_t first, size_t last, REAL *out)
{
    size_t width = conv->out_width, down = row * conv->dilation_h, right = column * conv->dilation_w;
    span rows = inside(conv->height, conv->out_height, conv->stride_h, conv->padding_h, down);
    span columns = inside(conv->width, width, conv->stride_w, conv->padding_w, right);
    for (size_t p = first; p < last;) {
        size_t y = p / width, x = p % width, end = last - p < width - x ? x + last - p : width;
        size_t from = clamp(columns.begin, x, end), to = clamp(columns.end, from, end);
        if (y < rows.begin || y >= rows.end)
            from = to = end;
        for (size_t i = x; i < from; i++)
            *out++ = 0;
        if (from < to) {
            const REAL *in = plane + (y * conv->stride_h + down - conv->padding_h) * conv->width +
                             (from * conv->stride_w + right - conv->padding_w);
            for (size_t i = 0; i < to - from; i++)
                *out++ = in[i * conv->stride_w];
        }
        for (size_t i = to; i < end; i++)
            *out++ = 0;
        p += end - x;
    }
}

/* The transpose: adds a tap's row into the plane. */
static void FN(fold_tap)(
    const wg_conv *conv, const REAL *in, size_t row, size_t column, size_t first, size_t last, REAL *plane)
{
    size_t width = conv->out_width, down = row * conv->dilation_h, right = column * conv->dilation_w;
    span rows = inside(conv->height, conv->out_height, conv->stride_h, conv->padding_h, down);
    span columns = inside(conv->width, width, conv->stride_w, conv->padding_w, right);
    for (size_t p = first; p < last;) {
        size_t y = p / width, x = p % width, end = last - p < width - x ? x + last - p : width;
        size_t from = clamp(columns.begin, x, end), to = clamp(columns.end, from, end);
        if (y >= rows.begin && y < rows.end && from < to) {
            REAL *out = plane + (y * conv->stride_h + down - conv->padding_h) * conv->width +
                        (from * conv->stride_w + right - conv->padding_w);
            for (size_t i = from; i < to; i++)
                out[(i - from) * conv->stride_w] += in[i - x];
        }
        in += end - x;
        p += end - x;
    }
}

/* The matrix of one image's group, pixels first .. last - 1: *stride apart its rows; in `block` unless it is
 * plain. */
static const REAL *FN(unfold)(
    const FN(job) * job, const REAL *planes, size_t first, size_t last, REAL *block, size_t *stride)
{
    const wg_conv *conv = job->conv;
    if (job->plan.plain) {
        *stride = job->plan.pixels;
        return planes + first;
    }
    *stride = last - first;
    REAL *out = block;
    for (size_t c = 0; c < job->plan.depth; c++)
        for (size_t r = 0; r < conv->rows; r++)
            for (size_t s = 0; s < conv->columns; s++, out += last - first)
                FN(unfold_tap)(conv, planes + c * conv->height * conv->width, r, s, first, last, out);
    return block;
}

static size_t FN(block_end)(const plan *p, size_t block)
{
    size_t begin = block * p->block;
    return p->pixels - begin < p->block ? p->pixels : begin + p->block;
}

static void FN(forward)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = job->blocks + chunk * p->taps * p->block;
    for (size_t item = begin; item < end; item++) {
        size_t image_group = item / p->blocks, group = image_group % conv->groups;
        size_t first = item % p->blocks * p->block, last = FN(block_end)(p, item % p->blocks), stride;
        const REAL *planes = job->a + image_group * p->depth * conv->height * conv->width;
        const REAL *matrix = FN(unfold)(job, planes, first, last, block, &stride);
        FN(wg_gemm)
        (job->threads, false, false, p->filters, last - first, p->taps, 1,
            job->b + group * p->filters * p->taps, p->taps, matrix, stride, 0,
            job->result + image_group * p->filters * p->pixels + first, p->pixels);
    }
}

static void FN(input_gradient)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = job->blocks + chunk * p->taps * p->block;
    size_t plane = conv->height * conv->width;
    for (size_t item = begin; item < end; item++) {
        const REAL *w = job->b + item % conv->groups * p->filters * p->taps;
        REAL *planes = job->result + item * p->depth * plane;
        if (!p->plain)
            memset(planes, 0, p->depth * plane * sizeof(REAL));
        for (size_t i = 0; i < p->blocks; i++) {
            size_t first = i * p->block, last = FN(block_end)(p, i);
            const REAL *g = job->a + item * p->filters * p->pixels + first;
            REAL *matrix = p->plain ? planes + first : block;
            size_t stride = p->plain ? p->pixels : last - first;
            FN(wg_gemm)
            (job->threads, true, false, p->taps, last - first, p->filters, 1, w, p->taps, g, p->pixels, 0,
                matrix, stride);
            for (size_t t = 0; t < p->taps && !p->plain; t++) {
                size_t c = t / (conv->rows * conv->columns), r = t / conv->columns % conv->rows;
                FN(fold_tap)
                (conv, matrix + t * stride, r, t % conv->columns, first, last, planes + c * plane);
            }
        }
    }
}

static void FN(weight_gradient)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = job->blocks + chunk * p->taps * p->block;
    for (size_t item = begin; item < end; item++) {
        size_t group = item % conv->groups, slice = item / conv->groups;
        size_t image = slice * p->images,
               stop = conv->batch - image < p->images ? conv->batch : image + p->images;
        REAL *sum = job->partials + (slice * conv->groups + group) * p->filters * p->taps;
        bool first_product = true;
        for (; image < stop; image++) {
            size_t image_group = image * conv->groups + group;
            const REAL *planes = job->a + image_group * p->depth * conv->height * conv->width;
            for (size_t i = 0; i < p->blocks; i++, first_product = false) {
                size_t first = i * p->block, last = FN(block_end)(p, i), stride;
                const REAL *matrix = FN(unfold)(job, planes, first, last, block, &stride);
                FN(wg_gemm)
                (job->threads, false, true, p->filters, p->taps, last - first, 1,
                    job->b + image_group * p->filters * p->pixels + first, p->pixels, matrix, stride,
                    first_product ? 0 : 1, sum, p->taps);
            }
        }
    }
}

/* The partial sums, added in their order. */
static void FN(add_slices)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    size_t weights = job->conv->filters * job->plan.taps;
    (void)chunk;
    memcpy(job->result + begin, job->partials + begin, (end - begin) * sizeof(REAL));
    for (size_t slice = 1; slice < job->plan.slices; slice++)
        for (size_t i = begin; i < end; i++)
            job->result[i] += job->partials[slice * weights + i];
}

void FN(wg_conv_gemm)(int threads, const wg_conv *conv, wg_conv_pass pass, const REAL *a, const REAL *b,
    REAL *result, void *scratch)
{
    wg_chunk_function *const run[] = {FN(forward), FN(input_gradient), FN(weight_gradient)};
    FN(job)
    job = {.conv = conv, .plan = plan_of(conv, pass), .a = a, .b = b, .result = result, .blocks = scratch};
    job.partials = job.blocks + job.plan.chunks * job.plan.taps * job.plan.block;
    job.threads = job.plan.chunks == 1 ? threads : 1;
    wg_parallel_for(threads, job.plan.items, job.plan.grain, run[pass], &job);
    if (pass == WG_CONV_WEIGHT)
        wg_parallel_for(threads, conv->filters * job.plan.taps, 4096, FN(add_slices), &job);
}
