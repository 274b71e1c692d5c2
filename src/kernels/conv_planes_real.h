/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_planes_real.h - a template of a template (conv_direct_kernels.h): vectors, jobs, padded planes. */

typedef REAL FN(vector) __attribute__((vector_size(VECTOR), aligned(sizeof(REAL)), may_alias));

enum { FN(LANES) = VECTOR / sizeof(REAL) };

#if REAL_IS_DOUBLE
typedef wg_conv_job_f64 FN(job);
#else
typedef wg_conv_job_f32 FN(job);
#endif

/* Rows of `count` numbers, from one pitch to another. */
TARGET static void FN(copy_rows)(
    size_t rows, size_t count, const REAL *in, size_t in_pitch, REAL *out, size_t out_pitch)
{
    for (size_t y = 0; y < rows; y++, in += in_pitch, out += out_pitch) {
        size_t x = 0;
        for (; x + FN(LANES) <= count; x += FN(LANES))
            *(FN(vector) *)(out + x) = *(const FN(vector) *)(in + x);
        for (; x < count; x++)
            out[x] = in[x];
    }
}

/* A plane into a padded one, in which the zeros are there already. */
TARGET static void FN(pad_plane)(const wg_conv_plan *p, const REAL *in, REAL *out)
{
    size_t cut_top = p->top < 0 ? (size_t)-p->top : 0, top = p->top > 0 ? (size_t)p->top : 0;
    size_t cut_left = p->left < 0 ? (size_t)-p->left : 0, left = p->left > 0 ? (size_t)p->left : 0;
    if (top >= p->height || left >= p->width)
        return; /* a stride so long that only padding is read */
    size_t rows = p->in_height - cut_top < p->height - top ? p->in_height - cut_top : p->height - top;
    size_t count = p->in_width - cut_left < p->width - left ? p->in_width - cut_left : p->width - left;
    FN(copy_rows)
    (rows, count, in + cut_top * p->in_width + cut_left, p->in_width, out + top * p->row_stride + left,
        p->row_stride);
}

/* The planes of an image's group, padded: where they lie, or copied into `copy`. */
TARGET static const REAL *FN(padded)(const wg_conv_plan *p, const REAL *in, REAL *copy)
{
    if (!p->copied)
        return in;
    for (size_t d = 0; d < p->depth; d++)
        FN(pad_plane)(p, in + d * p->in_height * p->in_width, copy + d * p->height * p->row_stride);
    return copy;
}

TARGET static void FN(pad)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv_plan *p = job->plan;
    size_t plane = p->height * p->row_stride;
    for (size_t i = begin; i < end; i++) {
        REAL *copy = job->copies + i / p->depth * p->copy_numbers + i % p->depth * plane;
        memset(copy, 0, plane * sizeof(REAL));
        FN(pad_plane)(p, job->a + i * p->in_height * p->in_width, copy);
    }
}

/* The input of a correlation's item; `copy` is the chunk's. */
TARGET static const REAL *FN(item_planes)(const FN(job) * job, size_t image_group, REAL *copy)
{
    const wg_conv_plan *p = job->plan;
    if (p->copied && p->shared)
        return job->copies + image_group * p->copy_numbers;
    return FN(padded)(p, job->a + image_group * p->depth * p->in_height * p->in_width, copy);
}

/* How one way round does a part of the weight gradient, some of the filters of each group: g's copy, a few
 * images' sums, and where the part's sums begin in a group's. */
typedef void FN(copy_g)(const wg_conv_plan *p, size_t part, const REAL *g, REAL *copy);
typedef void FN(sum_images)(
    const wg_conv_plan *p, size_t part, size_t images, const REAL *g, const REAL *in, REAL *sums);
typedef size_t FN(first_sum)(const wg_conv_plan *p, size_t part);

/* Items begin .. end - 1 of the weight gradient, each a part of a slice's filters. A slice's sums lie in
 * `packed`, an item's planes in `copies`. */
TARGET WG_INLINE void FN(each_slice)(const FN(job) * job, size_t chunk, size_t begin, size_t end,
    FN(copy_g) * copy_g, FN(sum_images) * sum_images, FN(first_sum) * first_sum)
{
    const wg_conv_plan *p = job->plan;
    size_t plane = p->depth * p->in_height * p->in_width, planes = p->depth * p->height * p->row_stride;
    size_t g_plane = p->filters * p->out_height * p->out_width;
    REAL *copy = job->copies + chunk * p->copy_numbers, *g_copy = copy + (p->copied ? p->batch * planes : 0);
    /* The zeros around planes, and behind g's rows. */
    memset(copy, 0, (p->channels ? (size_t)(g_copy - copy) : p->copy_numbers) * sizeof(REAL));
    for (size_t item = begin; item < end; item++) {
        size_t slice = item / p->parts, part = item % p->parts;
        size_t from = first_sum(p, part), count_sums = first_sum(p, part + 1) - from;
        size_t first = slice * p->slice_images;
        size_t last = p->images - first < p->slice_images ? p->images : first + p->slice_images;
        REAL *sums = job->packed + slice * p->packed;
        for (size_t group = 0; group < p->groups; group++, sums += p->packed / p->groups) {
            memset(sums + from, 0, count_sums * sizeof(REAL));
            for (size_t image = first; image < last; image += p->batch) {
                size_t count = last - image < p->batch ? last - image : p->batch;
                const REAL *in = job->a + (image * p->groups + group) * plane;
                const REAL *g = job->b + (image * p->groups + group) * g_plane;
                for (size_t i = 0; i < count; i++) {
                    FN(padded)(p, in + i * p->groups * plane, copy + i * planes);
                    if (p->g_copied)
                        copy_g(p, part, g + i * p->groups * g_plane, g_copy + i * p->g_numbers);
                }
                sum_images(p, part, count, p->g_copied ? g_copy : g, p->copied ? copy : in, sums);
            }
        }
    }
}
