/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/lanes.h"

#include <string.h>
#include "kernels/clones.h"
#include "kernels/parallel.h"
#include "kernels/pool_window.h"

/* Loops over a window's numbers, with all lanes of a number at once. `lanes` is a constant where these are
 * inlined. */

typedef struct pool_job {
    const wg_pool *pool;
    const float *x;
    const int32_t *in_index;
    float *y;
    int32_t *index;
    const wg_finish *finish;
} pool_job;

/* Planes begin .. end - 1 of y, of height x width pixels each, are final. */
static void finish_planes(const pool_job *job, size_t begin, size_t end, size_t height, size_t width)
{
    size_t size = height * width * wg_lanes();
    wg_finish_run(job->finish, begin * size, (end - begin) * size);
}

/* Planes of one chunk: enough numbers that a fork is worth it. */
static size_t grain_of(const wg_pool *p)
{
    size_t numbers = p->height * p->width * wg_lanes();
    return wg_chunks(1 << 14, numbers ? numbers : 1);
}

/* ---- Maximum --------------------------------------------------------------------------------------- */

/* The window's first maximum in each lane, a NaN counting as the largest. */
WG_INLINE void max_window(
    size_t lanes, const wg_pool *p, span rows, span columns, const float *x, float *y, int32_t *index)
{
    for (size_t r = rows.begin; r < rows.end; r++)
        for (size_t c = columns.begin; c < columns.end; c++) {
            const float *from = x + (r * p->width + c) * lanes;
            int32_t place = (int32_t)(r * p->width + c);
            bool first = r == rows.begin && c == columns.begin;
            for (size_t l = 0; l < lanes; l++) {
                float other = from[l], best = first ? other : y[l];
                bool larger = first || other > best || (other != other && best == best);
                y[l] = larger ? other : best;
                index[l] = larger ? place : index[l];
            }
        }
}

WG_INLINE void max_planes(size_t lanes, const pool_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    size_t at = begin * p->out_height * p->out_width * lanes;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, at += lanes)
                max_window(lanes, p, window(i, p->size_h, p->stride_h, p->padding_h, p->height),
                    window(j, p->size_w, p->stride_w, p->padding_w, p->width),
                    job->x + plane * p->height * p->width * lanes, job->y + at, job->index + at);
}

WG_CLONES static void max_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    const wg_pool *p = ((const pool_job *)work)->pool;
    (void)chunk;
    if (wg_lanes() == 8)
        max_planes(8, work, begin, end);
    else
        max_planes(16, work, begin, end);
    finish_planes(work, begin, end, p->out_height, p->out_width);
}

void wg_max_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, int32_t *index, const wg_finish *finish)
{
    pool_job job = {.pool = pool, .x = x, .y = y, .index = index, .finish = finish};
    wg_parallel_for(threads, pool->planes, grain_of(pool), max_chunk, &job);
}

WG_CLONES static void max_back_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    const pool_job *job = work;
    const wg_pool *p = job->pool;
    size_t lanes = wg_lanes(), size = p->height * p->width * lanes;
    size_t count = p->out_height * p->out_width * lanes;
    (void)chunk;
    memset(job->y + begin * size, 0, (end - begin) * size * sizeof(float));
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = plane * count; i < (plane + 1) * count; i++)
            job->y[plane * size + (size_t)job->in_index[i] * lanes + i % lanes] += job->x[i];
    finish_planes(job, begin, end, p->height, p->width);
}

void wg_max_pool_lanes_backward_f32(int threads, const wg_pool *pool, const float *g, const int32_t *index,
    float *dx, const wg_finish *finish)
{
    pool_job job = {.pool = pool, .x = g, .in_index = index, .y = dx, .finish = finish};
    wg_parallel_for(threads, pool->planes, grain_of(pool), max_back_chunk, &job);
}

/* ---- Mean ------------------------------------------------------------------------------------------ */

/* The divisor of a window. */
static inline float divisor(const wg_pool *p, span rows, span columns)
{
    return p->exclude_padding ? (float)((rows.end - rows.begin) * (columns.end - columns.begin))
                              : (float)p->size_h * (float)p->size_w;
}

WG_INLINE void avg_window(size_t lanes, const wg_pool *p, span rows, span columns, const float *x, float *y)
{
    for (size_t l = 0; l < lanes; l++)
        y[l] = 0;
    for (size_t r = rows.begin; r < rows.end; r++)
        for (size_t c = columns.begin; c < columns.end; c++)
            for (size_t l = 0; l < lanes; l++)
                y[l] += x[(r * p->width + c) * lanes + l];
    for (size_t l = 0; l < lanes; l++)
        y[l] /= divisor(p, rows, columns);
}

WG_INLINE void avg_planes(size_t lanes, const pool_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    float *y = job->y + begin * p->out_height * p->out_width * lanes;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, y += lanes)
                avg_window(lanes, p, window(i, p->size_h, p->stride_h, p->padding_h, p->height),
                    window(j, p->size_w, p->stride_w, p->padding_w, p->width),
                    job->x + plane * p->height * p->width * lanes, y);
}

WG_CLONES static void avg_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    const wg_pool *p = ((const pool_job *)work)->pool;
    (void)chunk;
    if (wg_lanes() == 8)
        avg_planes(8, work, begin, end);
    else
        avg_planes(16, work, begin, end);
    finish_planes(work, begin, end, p->out_height, p->out_width);
}

void wg_avg_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, const wg_finish *finish)
{
    pool_job job = {.pool = pool, .x = x, .y = y, .finish = finish};
    wg_parallel_for(threads, pool->planes, grain_of(pool), avg_chunk, &job);
}

WG_INLINE void avg_window_back(
    size_t lanes, const wg_pool *p, span rows, span columns, const float *g, float *dx)
{
    for (size_t r = rows.begin; r < rows.end; r++)
        for (size_t c = columns.begin; c < columns.end; c++)
            for (size_t l = 0; l < lanes; l++)
                dx[(r * p->width + c) * lanes + l] += g[l] / divisor(p, rows, columns);
}

WG_INLINE void avg_planes_back(size_t lanes, const pool_job *job, size_t begin, size_t end)
{
    const wg_pool *p = job->pool;
    const float *g = job->x + begin * p->out_height * p->out_width * lanes;
    size_t size = p->height * p->width * lanes;
    memset(job->y + begin * size, 0, (end - begin) * size * sizeof(float));
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = 0; i < p->out_height; i++)
            for (size_t j = 0; j < p->out_width; j++, g += lanes)
                avg_window_back(lanes, p, window(i, p->size_h, p->stride_h, p->padding_h, p->height),
                    window(j, p->size_w, p->stride_w, p->padding_w, p->width), g, job->y + plane * size);
}

WG_CLONES static void avg_back_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    const wg_pool *p = ((const pool_job *)work)->pool;
    (void)chunk;
    if (wg_lanes() == 8)
        avg_planes_back(8, work, begin, end);
    else
        avg_planes_back(16, work, begin, end);
    finish_planes(work, begin, end, p->height, p->width);
}

void wg_avg_pool_lanes_backward_f32(
    int threads, const wg_pool *pool, const float *g, float *dx, const wg_finish *finish)
{
    pool_job job = {.pool = pool, .x = g, .y = dx, .finish = finish};
    wg_parallel_for(threads, pool->planes, grain_of(pool), avg_back_chunk, &job);
}
