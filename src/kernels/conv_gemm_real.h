/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_gemm_real.h - a template (see base/for_each_real.h): unfold, fold, and the three passes. */

typedef struct FN(job) {
    const wg_conv *conv;
    plan plan;
    int threads;    /* inside a product */
    wg_rooms rooms; /* for an unfolded block, and behind it what a product works in */
    const REAL *a, *b;
    REAL *result, *partials;
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

/* The matrix of one image's group, pixels first .. last - 1; in `block` unless it is plain. */
static const REAL *FN(unfold)(const FN(job) * job, const REAL *planes, size_t first, size_t last, REAL *block)
{
    const wg_conv *conv = job->conv;
    if (job->plan.plain)
        return planes + first;
    REAL *out = block;
    for (size_t c = 0; c < job->plan.depth; c++)
        for (size_t r = 0; r < conv->rows; r++)
            for (size_t s = 0; s < conv->columns; s++, out += last - first)
                FN(unfold_tap)(conv, planes + c * conv->height * conv->width, r, s, first, last, out);
    return block;
}

/* The sizes of a pass's product for so many pixels; the matrix has its rows side by side unless it is plain.
 */
static FN(wg_product) FN(product_of)(const plan *p, wg_conv_pass pass, size_t count)
{
    size_t stride = p->plain ? p->pixels : count;
    FN(wg_product) x = {.m = p->filters, .n = count, .k = p->taps, .alpha = 1};
    x.lda = p->taps, x.ldb = stride, x.ldc = p->pixels;
    if (pass == WG_CONV_INPUT) {
        x.transpose_a = true;
        x.m = p->taps, x.k = p->filters;
        x.ldb = p->pixels, x.ldc = stride;
    } else if (pass == WG_CONV_WEIGHT) {
        x.transpose_b = true;
        x.n = p->taps, x.k = count;
        x.lda = p->pixels, x.ldc = p->taps;
    }
    return x;
}

/* Numbers that a block takes in a room, in whole lines. */
static size_t FN(block_numbers)(const plan *p)
{
    enum { LINE = WG_ALIGNMENT / sizeof(REAL) };
    return p->plain ? 0 : wg__chunks(p->taps * p->block, LINE) * LINE;
}

static int FN(threads_inside)(const plan *p, int threads)
{
    return p->chunks == 1 ? threads : 1;
}

/* The bytes of a room: a block's, and those of the product of a whole block or of the last one; false when
 * they overflow. */
static bool FN(room)(int threads, const plan *p, wg_conv_pass pass, size_t *bytes)
{
    size_t most = 0, block, last = p->pixels - (p->blocks - 1) * p->block;
    if (!p->plain &&
        (!wg__mul_size(p->taps, p->block, &block) || !wg__mul_size(block, 2 * sizeof(REAL), &block)))
        return false;
    for (int i = 0; i < 2; i++) {
        FN(wg_product) x = FN(product_of)(p, pass, i ? last : p->block);
        x.beta = 1;
        size_t product = FN(wg__gemm_scratch)(FN(threads_inside)(p, threads), &x, NULL);
        most = product > most ? product : most;
    }
    *bytes = FN(block_numbers)(p) * sizeof(REAL) + most;
    return true;
}

static size_t FN(block_end)(const plan *p, size_t block)
{
    size_t begin = block * p->block;
    return p->pixels - begin < p->block ? p->pixels : begin + p->block;
}

static void FN(forward)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = wg__room_of(&job->rooms, worker);
    void *scratch = block ? block + FN(block_numbers)(p) : NULL;
    for (size_t item = begin; item < end; item++) {
        size_t image_group = item / p->blocks, group = image_group % conv->groups;
        size_t first = item % p->blocks * p->block, last = FN(block_end)(p, item % p->blocks);
        const REAL *planes = job->a + image_group * p->depth * conv->height * conv->width;
        const REAL *matrix = FN(unfold)(job, planes, first, last, block);
        FN(wg_product) product = FN(product_of)(p, WG_CONV_FORWARD, last - first);
        product.a = job->b + group * p->filters * p->taps, product.b = matrix;
        product.c = job->result + image_group * p->filters * p->pixels + first;
        FN(wg__gemm)(job->threads, &product, NULL, 0, scratch);
    }
}

static void FN(input_gradient)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = wg__room_of(&job->rooms, worker);
    void *scratch = block ? block + FN(block_numbers)(p) : NULL;
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
            FN(wg_product) product = FN(product_of)(p, WG_CONV_INPUT, last - first);
            product.a = w, product.b = g, product.c = matrix;
            FN(wg__gemm)(job->threads, &product, NULL, 0, scratch);
            for (size_t t = 0; t < p->taps && !p->plain; t++) {
                size_t c = t / (conv->rows * conv->columns), r = t / conv->columns % conv->rows;
                FN(fold_tap)
                (conv, matrix + t * (last - first), r, t % conv->columns, first, last, planes + c * plane);
            }
        }
    }
}

static void FN(weight_gradient)(void *work, size_t worker, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv *conv = job->conv;
    const plan *p = &job->plan;
    REAL *block = wg__room_of(&job->rooms, worker);
    void *scratch = block ? block + FN(block_numbers)(p) : NULL;
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
                size_t first = i * p->block, last = FN(block_end)(p, i);
                const REAL *matrix = FN(unfold)(job, planes, first, last, block);
                FN(wg_product) product = FN(product_of)(p, WG_CONV_WEIGHT, last - first);
                product.beta = first_product ? 0 : 1;
                product.a = job->b + image_group * p->filters * p->pixels + first;
                product.b = matrix, product.c = sum;
                FN(wg__gemm)(job->threads, &product, NULL, 0, scratch);
            }
        }
    }
}

/* The partial sums, added in their order. */
static void FN(add_slices)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    size_t weights = job->conv->filters * job->plan.taps;
    memcpy(job->result + begin, job->partials + begin, (end - begin) * sizeof(REAL));
    for (size_t slice = 1; slice < job->plan.slices; slice++)
        for (size_t i = begin; i < end; i++)
            job->result[i] += job->partials[slice * weights + i];
}

void FN(wg__conv_gemm)(int threads, const wg_conv *conv, wg_conv_pass pass, const REAL *a, const REAL *b,
    REAL *result, void *scratch)
{
    wg_chunk_function *const run[] = {FN(forward), FN(input_gradient), FN(weight_gradient)};
    FN(job)
    job = {
        .conv = conv, .plan = plan_of(conv, pass), .a = a, .b = b, .result = result, .rooms = {scratch, 0}};
    size_t workers = wg__workers(threads, job.plan.items, job.plan.grain);
    FN(room)(threads, &job.plan, pass, &job.rooms.bytes);
    if (pass == WG_CONV_WEIGHT)
        job.partials = (REAL *)(void *)(job.rooms.memory + workers * job.rooms.bytes);
    job.threads = FN(threads_inside)(&job.plan, threads);
    wg__parallel_workers(threads, job.plan.items, job.plan.grain, run[pass], &job);
    if (pass == WG_CONV_WEIGHT)
        wg__parallel_for(threads, conv->filters * job.plan.taps, 4096, FN(add_slices), &job);
}
