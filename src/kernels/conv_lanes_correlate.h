/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_lanes_correlate.h - part of a template (lanes_kernels.h): forward and input gradient. */

enum { MOST_FILTERS = 6 };

/* One tile: `filters` times `pixels`, constants where this is inlined. `in` is where the first row of taps
 * meets the strip's copy. */
TARGET WG_INLINE void tile(size_t filters, size_t pixels, size_t count, const wg_conv_lanes_plan *p, taps r,
    taps s, const float *in, const float *w, float *out)
{
    vector sum[MOST_FILTERS][SUMS];
    for (size_t k = 0; k < filters; k++)
        for (size_t i = 0; i < pixels; i++)
            sum[k][i] = (vector){0};
    in += s.begin * LANES;
    w += (r.begin * p->columns + s.begin) * filters;
    for (size_t d = 0; d < p->depth; d++, in += p->plane, w += p->rows * p->columns * filters) {
        const float *row = in, *row_w = w;
        for (size_t i = r.begin; i < r.end; i++, row += p->row, row_w += p->columns * filters) {
            const float *x = row, *wk = row_w;
            for (size_t j = 0; j < count; j++, x += LANES, wk += filters) {
                vector pixel[SUMS];
                for (size_t q = 0; q < pixels; q++)
                    pixel[q] = *(const vector *)(x + q * LANES);
                for (size_t k = 0; k < filters; k++)
                    for (size_t q = 0; q < pixels; q++)
                        sum[k][q] += wk[k] * pixel[q];
            }
        }
    }
    size_t plane = p->out_height * p->out_width * LANES;
    for (size_t k = 0; k < filters; k++)
        for (size_t i = 0; i < pixels; i++)
            *(vector *)(out + k * plane + i * LANES) = sum[k][i];
}

/* A row of the result for a block of filters; `pixels` is how many a tile has, and what is left is done one
 * by one. */
TARGET WG_INLINE void tiles_of_row(size_t filters, size_t pixels, const wg_conv_lanes_plan *p, taps r,
    const float *in, const float *w, float *out)
{
    size_t x = 0;
    for (; x + pixels <= p->out_width; x += pixels) {
        taps s = taps_of(p->columns, p->left, p->in_width, x, x + pixels - 1);
        switch (s.end - s.begin) {
        case 2:
            tile(filters, pixels, 2, p, r, s, in + x * LANES, w, out + x * LANES);
            break;
        case 3:
            tile(filters, pixels, 3, p, r, s, in + x * LANES, w, out + x * LANES);
            break;
        case 4:
            tile(filters, pixels, 4, p, r, s, in + x * LANES, w, out + x * LANES);
            break;
        case 5:
            tile(filters, pixels, 5, p, r, s, in + x * LANES, w, out + x * LANES);
            break;
        default:
            tile(filters, pixels, s.end - s.begin, p, r, s, in + x * LANES, w, out + x * LANES);
        }
    }
    for (; x < p->out_width; x++) {
        taps s = taps_of(p->columns, p->left, p->in_width, x, x);
        tile(filters, 1, s.end - s.begin, p, r, s, in + x * LANES, w, out + x * LANES);
    }
}

TARGET static void filters_of_row(
    size_t filters, const wg_conv_lanes_plan *p, taps r, const float *in, const float *w, float *out)
{
    switch (filters) {
    case 6:
        tiles_of_row(6, SUMS / 6, p, r, in, w, out);
        break;
    case 5:
        tiles_of_row(5, SUMS / 5, p, r, in, w, out);
        break;
    case 4:
        tiles_of_row(4, SUMS / 4, p, r, in, w, out);
        break;
    case 3:
        tiles_of_row(3, SUMS / 3, p, r, in, w, out);
        break;
    case 2:
        tiles_of_row(2, SUMS / 3, p, r, in, w, out);
        break;
    default:
        tiles_of_row(1, SUMS / 3, p, r, in, w, out);
    }
}

/* The rows first .. last - 1 of each plane of a group. The zeros left and right are as many as a tile meets.
 */
TARGET static void copy_strip(
    const wg_conv_lanes_plan *p, const float *in, size_t first, size_t last, float *copy)
{
    size_t right = p->out_width + p->columns - 1 - p->left - p->in_width, most = SUMS / 3 - 1;
    size_t before = p->left < most ? p->left : most, behind = right < most ? right : most;
    for (size_t d = 0; d < p->depth; d++)
        for (size_t y = first; y < last; y++) {
            const float *from = in + (d * p->in_height + y) * p->in_width * LANES;
            float *to = copy + d * p->plane + (y - first) * p->row + (p->left - before) * LANES;
            for (size_t x = 0; x < before; x++, to += LANES)
                *(vector *)to = (vector){0};
            for (size_t x = 0; x < p->in_width; x++, to += LANES, from += LANES)
                *(vector *)to = *(const vector *)from;
            for (size_t x = 0; x < behind; x++, to += LANES)
                *(vector *)to = (vector){0};
        }
}

/* Rows first .. last - 1 of a group's result. */
TARGET static void correlate_strip(
    const wg_conv_lanes_job *job, size_t group, size_t first, size_t last, float *copy)
{
    const wg_conv_lanes_plan *p = job->plan;
    size_t row = p->out_width * LANES, plane = p->out_height * row, weights = p->depth * p->rows * p->columns;
    size_t begin = first > p->top ? first - p->top : 0, end = last - 1 + p->rows;
    end = end > p->top ? end - p->top : 0;
    end = end < p->in_height ? end : p->in_height;
    copy_strip(p, job->a + group * p->depth * p->in_height * p->in_width * LANES, begin, end, copy);
    for (size_t b = 0; b < p->blocks; b++) {
        size_t k = p->filters * b / p->blocks, next = p->filters * (b + 1) / p->blocks;
        size_t at = (group * p->filters + k) * plane;
        for (size_t y = first; y < last; y++) {
            taps r = taps_of(p->rows, p->top, p->in_height, y, y);
            const float *in = copy + (y + r.begin - p->top - begin) * p->row;
            filters_of_row(next - k, p, r, in, job->packed + k * weights, job->result + at + y * row);
        }
        for (size_t i = 0; i < next - k; i++)
            wg__epilogue_run(job->epilogue, at + i * plane + first * row, (last - first) * row);
    }
}

TARGET static void correlate(void *work, size_t chunk, size_t begin, size_t end)
{
    const wg_conv_lanes_job *job = work;
    const wg_conv_lanes_plan *p = job->plan;
    float *copy = job->copies + chunk * p->copy_numbers;
    for (size_t item = begin; item < end; item++) {
        size_t part = item % p->parts;
        size_t first = p->out_height * part / p->parts, last = p->out_height * (part + 1) / p->parts;
        size_t strips = wg__chunks(last - first, p->strip);
        for (size_t i = 0; i < strips; i++)
            correlate_strip(job, item / p->parts, first + (last - first) * i / strips,
                first + (last - first) * (i + 1) / strips, copy);
    }
}
