/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/lanes.h"

#include "kernels/lanes_loops.h"
#include "kernels/parallel.h"
#include "kernels/pool_window.h"

typedef struct finished_job {
    wg_pool_lanes_job job;
    wg_loop_function *loop;
    size_t size; /* numbers in a plane of the result */
    const wg_epilogue *epilogue;
} finished_job;

static void run_chunk(void *work, size_t begin, size_t end)
{
    finished_job *f = work;
    f->loop(&f->job, begin, end);
    wg__epilogue_run(f->epilogue, begin * f->size, (end - begin) * f->size);
}

/* Planes, of which a chunk has enough numbers that a fork is worth it. */
static void run(int threads, wg_loop_function *const loops[2], wg_pool_lanes_job job, size_t pixels,
    const wg_epilogue *epilogue)
{
    const wg_pool *p = job.pool;
    size_t numbers = p->height * p->width * wg__lanes();
    finished_job f = {job, loops[two_by_two(p)], pixels * wg__lanes(), epilogue};
    wg__parallel_for(threads, p->planes, wg__chunks(1 << 14, numbers ? numbers : 1), run_chunk, &f);
}

void wg__max_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, int32_t *index, const wg_epilogue *epilogue)
{
    run(threads, wg__lanes_kernels()->max_pool,
        (wg_pool_lanes_job){.pool = pool, .x = x, .y = y, .index = index}, pool->out_height * pool->out_width,
        epilogue);
}

void wg__max_pool_lanes_backward_f32(int threads, const wg_pool *pool, const float *g, const int32_t *index,
    float *dx, const wg_epilogue *epilogue)
{
    run(threads, wg__lanes_kernels()->max_back,
        (wg_pool_lanes_job){.pool = pool, .x = g, .in_index = index, .y = dx}, pool->height * pool->width,
        epilogue);
}

void wg__avg_pool_lanes_f32(
    int threads, const wg_pool *pool, const float *x, float *y, const wg_epilogue *epilogue)
{
    run(threads, wg__lanes_kernels()->avg_pool, (wg_pool_lanes_job){.pool = pool, .x = x, .y = y},
        pool->out_height * pool->out_width, epilogue);
}

void wg__avg_pool_lanes_backward_f32(
    int threads, const wg_pool *pool, const float *g, float *dx, const wg_epilogue *epilogue)
{
    run(threads, wg__lanes_kernels()->avg_back, (wg_pool_lanes_job){.pool = pool, .x = g, .y = dx},
        pool->height * pool->width, epilogue);
}
