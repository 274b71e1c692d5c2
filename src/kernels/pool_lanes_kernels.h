/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool_lanes_kernels.h - part of a template (lanes_kernels.h): pooling. All lanes of a number are worked on
 * at once, so any window is a loop over vectors; that of 2 x 2 has its size as a constant. Items are planes.
 */

#include "kernels/pool_window.h"

/* The part of a window that lies in the image. */
typedef struct part {
    span rows, columns;
} part;

TARGET WG_INLINE part part_of(bool two, const wg_pool *p, size_t i, size_t j)
{
    if (two)
        return (part){{2 * i, 2 * i + 2}, {2 * j, 2 * j + 2}};
    return (part){window(i, p->size_h, p->stride_h, p->padding_h, p->height),
        window(j, p->size_w, p->stride_w, p->padding_w, p->width)};
}

/* ---- Maximum --------------------------------------------------------------------------------------- */

TARGET WG_INLINE vector choose(places mask, vector yes, vector no)
{
    return (vector)((mask & (places)yes) | (~mask & (places)no));
}

/* The first maximum of height x width numbers, a NaN counting as the largest. */
TARGET WG_INLINE vector max_of(size_t height, size_t width, size_t row, const float *x, places *place)
{
    vector best = *(const vector *)x;
    places at = {0};
    for (size_t r = 0; r < height; r++)
        for (size_t c = 0; c < width; c++) {
            if (r == 0 && c == 0)
                continue;
            vector other = *(const vector *)(x + (r * row + c) * LANES);
            places larger = ~(other <= best) & (best == best);
            best = choose(larger, other, best);
            at = (larger & ((int32_t)(r * row + c) + (places){0})) | (~larger & at);
        }
    *place = at;
    return best;
}

TARGET WG_INLINE void max_each(bool two, const wg_pool_lanes_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    size_t at = begin * p->out_height * p->out_width * LANES;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, at += LANES) {
                part w = part_of(two, p, i, j);
                size_t first = w.rows.begin * p->width + w.columns.begin;
                const float *x = job->x + (plane * p->height * p->width + first) * LANES;
                places place;
                *(vector *)(job->y + at) = max_of(two ? 2 : w.rows.end - w.rows.begin,
                    two ? 2 : w.columns.end - w.columns.begin, p->width, x, &place);
                *(places *)(job->index + at) = place + (int32_t)first;
            }
}

TARGET static void max_planes(void *work, size_t begin, size_t end)
{
    max_each(false, work, begin, end);
}

TARGET static void max_two_by_two(void *work, size_t begin, size_t end)
{
    max_each(true, work, begin, end);
}

/* Windows may overlap: g is added lane by lane. */
TARGET static void max_planes_back(void *work, size_t begin, size_t end)
{
    const wg_pool_lanes_job *job = work;
    const wg_pool *p = job->pool;
    size_t size = p->height * p->width * LANES, count = p->out_height * p->out_width * LANES;
    memset(job->y + begin * size, 0, (end - begin) * size * sizeof(float));
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = plane * count; i < (plane + 1) * count; i++)
            job->y[plane * size + (size_t)job->in_index[i] * LANES + i % LANES] += job->x[i];
}

/* What windows of 2 x 2 leave out of an image of odd sizes is zero. */
TARGET static void clear_rest(const wg_pool *p, float *dx)
{
    size_t row = p->width * LANES;
    for (size_t y = 0; y < p->height && p->width % 2 == 1; y++)
        *(vector *)(dx + (y + 1) * row - LANES) = (vector){0};
    if (p->height % 2 == 1)
        memset(dx + (p->height - 1) * row, 0, row * sizeof *dx);
}

/* Each number of a window is g if it was the maximum. */
TARGET static void max_two_by_two_back(void *work, size_t begin, size_t end)
{
    const wg_pool_lanes_job *job = work;
    const wg_pool *p = job->pool;
    size_t row = p->width * LANES, at = begin * p->out_height * p->out_width * LANES;
    for (size_t plane = begin; plane < end; plane++) {
        float *dx = job->y + plane * p->height * row;
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, at += LANES) {
                float *to = dx + 2 * i * row + 2 * j * LANES;
                places g = *(const places *)(job->x + at), first = {0};
                places place = *(const places *)(job->in_index + at) - (int32_t)(2 * i * p->width + 2 * j);
                *(places *)to = (place == first) & g;
                *(places *)(to + LANES) = (place == first + 1) & g;
                *(places *)(to + row) = (place == first + (int32_t)p->width) & g;
                *(places *)(to + row + LANES) = (place == first + (int32_t)p->width + 1) & g;
            }
        clear_rest(p, dx);
    }
}

/* ---- Mean ------------------------------------------------------------------------------------------ */

TARGET WG_INLINE float divisor(bool two, const wg_pool *p, part w)
{
    if (two)
        return 4;
    return p->exclude_padding ? (float)((w.rows.end - w.rows.begin) * (w.columns.end - w.columns.begin))
                              : (float)p->size_h * (float)p->size_w;
}

TARGET WG_INLINE void avg_each(bool two, const wg_pool_lanes_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    float *y = job->y + begin * p->out_height * p->out_width * LANES;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, y += LANES) {
                part w = part_of(two, p, i, j);
                const float *x = job->x + plane * p->height * p->width * LANES;
                vector sum = {0};
                for (size_t r = w.rows.begin; r < w.rows.end; r++)
                    for (size_t c = w.columns.begin; c < w.columns.end; c++)
                        sum += *(const vector *)(x + (r * p->width + c) * LANES);
                *(vector *)y = sum / divisor(two, p, w);
            }
}

TARGET static void avg_planes(void *work, size_t begin, size_t end)
{
    avg_each(false, work, begin, end);
}

TARGET static void avg_two_by_two(void *work, size_t begin, size_t end)
{
    avg_each(true, work, begin, end);
}

TARGET WG_INLINE void avg_each_back(bool two, const wg_pool_lanes_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    const float *g = job->x + begin * p->out_height * p->out_width * LANES;
    size_t size = p->height * p->width * LANES;
    for (size_t plane = begin; plane < end; plane++) {
        float *dx = job->y + plane * size;
        if (two)
            clear_rest(p, dx);
        else
            memset(dx, 0, size * sizeof *dx);
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, g += LANES) {
                part w = part_of(two, p, i, j);
                vector share = *(const vector *)g / divisor(two, p, w);
                for (size_t r = w.rows.begin; r < w.rows.end; r++)
                    for (size_t c = w.columns.begin; c < w.columns.end; c++) {
                        vector *to = (vector *)(dx + (r * p->width + c) * LANES);
                        *to = two ? share : (vector)(*to + share);
                    }
            }
    }
}

TARGET static void avg_planes_back(void *work, size_t begin, size_t end)
{
    avg_each_back(false, work, begin, end);
}

TARGET static void avg_two_by_two_back(void *work, size_t begin, size_t end)
{
    avg_each_back(true, work, begin, end);
}
