/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_lanes_weights.h - part of a template (lanes_kernels.h): the weight gradient. */

enum { MOST_TAPS = 5, MOST_SUM_FILTERS = 8 };

static const float no_numbers[LANES];

/* Pixels first .. last - 1 of a row. Where taps may stick out of the image, `edge`, they meet zeros. */
TARGET WG_INLINE void sum_pixels(size_t filters, size_t count, bool edge, const wg_conv_lanes_plan *p,
    size_t s, size_t first, size_t last, const float *g, const float *in,
    vector sum[MOST_SUM_FILTERS][MOST_TAPS])
{
    size_t plane = p->out_height * p->out_width * LANES;
    for (size_t x = first; x < last; x++) {
        vector xt[MOST_TAPS];
        for (size_t t = 0; t < count; t++) {
            size_t column = x + s + t - p->left; /* a huge one left of the image */
            xt[t] = *(const vector *)(edge && column >= p->in_width ? no_numbers : in + column * LANES);
        }
        for (size_t k = 0; k < filters; k++) {
            vector gk = *(const vector *)(g + k * plane + x * LANES);
            for (size_t t = 0; t < count; t++)
                sum[k][t] += gk * xt[t];
        }
    }
}

/* Taps s .. s + count - 1 of row r, over rows first .. last - 1 of g, added to sums[filter][tap]. */
TARGET WG_INLINE void sum_tile(size_t filters, size_t count, const wg_conv_lanes_plan *p, size_t s,
    size_t rows, const float *g, const float *in, bool fresh, float *sums)
{
    vector sum[MOST_SUM_FILTERS][MOST_TAPS];
    size_t stride = p->depth * p->rows * p->columns * LANES;
    for (size_t k = 0; k < filters; k++)
        for (size_t t = 0; t < count; t++)
            sum[k][t] = fresh ? (vector){0} : *(const vector *)(sums + k * stride + t * LANES);
    size_t width = p->out_width, inner = p->left > s ? p->left - s : 0;
    size_t outer = p->in_width + p->left + 1 > s + count ? p->in_width + p->left + 1 - s - count : 0;
    inner = inner < width ? inner : width;
    outer = outer < inner ? inner : outer < width ? outer : width;
    for (size_t y = 0; y < rows; y++, g += width * LANES, in += p->in_width * LANES) {
        sum_pixels(filters, count, true, p, s, 0, inner, g, in, sum);
        sum_pixels(filters, count, false, p, s, inner, outer, g, in, sum);
        sum_pixels(filters, count, true, p, s, outer, width, g, in, sum);
    }
    for (size_t k = 0; k < filters; k++)
        for (size_t t = 0; t < count; t++)
            *(vector *)(sums + k * stride + t * LANES) = sum[k][t];
}

TARGET static void sum_block(size_t filters, size_t count, const wg_conv_lanes_plan *p, size_t s, size_t rows,
    const float *g, const float *in, bool fresh, float *sums)
{
    switch (count * 16 + filters) {
#define TILE(t, k)                                                                                           \
    case (t)*16 + (k):                                                                                       \
        sum_tile(k, t, p, s, rows, g, in, fresh, sums);                                                      \
        break;
        /* clang-format off */
        TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) TILE(1, 5) TILE(1, 6) TILE(1, 7) TILE(1, 8)
        TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4) TILE(2, 5) TILE(2, 6)
        TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4)
        TILE(4, 1) TILE(4, 2) TILE(4, 3)
        TILE(5, 1) TILE(5, 2)
#if SUMS == 24
        TILE(2, 7) TILE(2, 8) TILE(3, 5) TILE(3, 6) TILE(3, 7) TILE(3, 8)
        TILE(4, 4) TILE(4, 5) TILE(4, 6) TILE(5, 3) TILE(5, 4)
#endif
        /* clang-format on */
#undef TILE
    }
}

/* All weights of a block of filters, over rows first .. last - 1 of a group's g. */
TARGET static void sum_rows(const wg_conv_lanes_job *job, size_t group, size_t k, size_t filters,
    size_t first, size_t last, bool fresh, float *sums)
{
    const wg_conv_lanes_plan *p = job->plan;
    const float *g = job->b + (group * p->filters + k) * p->out_height * p->out_width * LANES;
    const float *in = job->a + group * p->depth * p->in_height * p->in_width * LANES;
    size_t runs = wg__chunks(p->columns, p->taps), width = p->in_width * LANES;
    sums += k * p->depth * p->rows * p->columns * LANES;
    for (size_t d = 0; d < p->depth; d++, in += p->in_height * width)
        for (size_t r = 0; r < p->rows; r++) {
            /* the rows y whose tap r meets the image: y + r - top */
            taps y = taps_of(last, p->top, p->in_height, r, r);
            y.begin = y.begin > first ? y.begin : first;
            size_t rows = y.end > y.begin ? y.end - y.begin : 0;
            const float *from = rows ? in + (y.begin + r - p->top) * width : in;
            for (size_t i = 0; i < runs; i++) {
                size_t s = p->columns * i / runs, count = p->columns * (i + 1) / runs - s;
                sum_block(filters, count, p, s, rows, g + y.begin * p->out_width * LANES, from, fresh,
                    sums + ((d * p->rows + r) * p->columns + s) * LANES);
            }
        }
}

/* Items: parts of the filters' blocks, of a slice of the groups. */
TARGET static void weights(void *work, size_t begin, size_t end)
{
    const wg_conv_lanes_job *job = work;
    const wg_conv_lanes_plan *p = job->plan;
    size_t strips = wg__chunks(p->out_height, p->strip);
    for (size_t item = begin; item < end; item++) {
        size_t slice = item / p->parts, part = item % p->parts, group = slice * p->slice_groups;
        size_t stop = group + p->slice_groups < p->groups ? group + p->slice_groups : p->groups;
        size_t first = p->blocks * part / p->parts, last = p->blocks * (part + 1) / p->parts;
        for (bool fresh = true; group < stop; group++)
            for (size_t i = 0; i < strips; i++, fresh = false)
                for (size_t b = first; b < last; b++) {
                    size_t k = p->filters * b / p->blocks, next = p->filters * (b + 1) / p->blocks;
                    sum_rows(job, group, k, next - k, p->out_height * i / strips,
                        p->out_height * (i + 1) / strips, fresh, job->packed + slice * p->packed);
                }
    }
}

/* Items: weights. Lanes are added, then slices. */
TARGET static void add(void *work, size_t begin, size_t end)
{
    const wg_conv_lanes_job *job = work;
    const wg_conv_lanes_plan *p = job->plan;
    for (size_t i = begin; i < end; i++) {
        vector sum = {0};
        for (size_t slice = 0; slice < p->slices; slice++)
            sum += *(const vector *)(job->packed + slice * p->packed + i * LANES);
        float total = 0;
        for (size_t lane = 0; lane < LANES; lane++)
            total += sum[lane];
        job->result[i] = total;
    }
}
