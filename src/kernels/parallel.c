/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/parallel.h"
#include "base/float_state.h"
#include "kernels/epilogue.h"
#include "kernels/team.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

size_t wg__chunks(size_t count, size_t grain)
{
    if (grain == 0)
        grain = 1;
    return count / grain + (count % grain != 0);
}

size_t wg__workers(int threads, size_t count, size_t grain)
{
    size_t chunks = wg__chunks(count, grain);
#ifndef _OPENMP
    threads = 1;
#endif
    if (threads <= 1 || chunks <= 1)
        return 1;
    return (size_t)threads < chunks ? (size_t)threads : chunks;
}

/* One of three functions. */
typedef struct job {
    void *work;
    size_t count, grain;
    wg_loop_function *plain;
    wg_chunk_function *by_chunk, *by_worker;
} job;

static void run_chunk(const job *j, size_t chunk, size_t worker)
{
    size_t begin = chunk * j->grain, left = j->count - begin;
    size_t end = left < j->grain ? j->count : begin + j->grain;
    wg_float_state callers = wg__float_hold();
    if (j->plain)
        j->plain(j->work, begin, end);
    else if (j->by_chunk)
        j->by_chunk(j->work, chunk, begin, end);
    else
        j->by_worker(j->work, worker, begin, end);
    wg__float_restore(&callers);
}

/* A parallel region whose `if` is false still costs some 300 ns, so a single thread does without. Each worker
 * finds its chunks by itself: in a `parallel for` some builds of LLVM's runtime call malloc. */
static void run_all(int threads, job j)
{
    if (j.grain == 0)
        j.grain = 1;
    size_t chunks = wg__chunks(j.count, j.grain), workers = wg__workers(threads, j.count, j.grain);
    if (workers == 1 || !wg__team_ready()) {
        for (size_t chunk = 0; chunk < chunks; chunk++)
            run_chunk(&j, chunk, 0);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel num_threads((int)workers)
    {
        const size_t worker = (size_t)omp_get_thread_num(), team = (size_t)omp_get_num_threads();
        for (size_t chunk = worker * chunks / team; chunk < (worker + 1) * chunks / team; chunk++)
            run_chunk(&j, chunk, worker);
    }
#endif
}

void wg__parallel_for(int threads, size_t count, size_t grain, wg_loop_function *run, void *work)
{
    run_all(threads, (job){work, count, grain, .plain = run});
}

void wg__parallel_chunks(int threads, size_t count, size_t grain, wg_chunk_function *run, void *work)
{
    run_all(threads, (job){work, count, grain, .by_chunk = run});
}

void wg__parallel_workers(int threads, size_t count, size_t grain, wg_chunk_function *run, void *work)
{
    run_all(threads, (job){work, count, grain, .by_worker = run});
}

static void finish_chunk(void *work, size_t begin, size_t end)
{
    wg__epilogue_run(work, begin, end - begin);
}

void wg__epilogue_all(const wg_epilogue *epilogue, int threads, size_t count)
{
    if (epilogue)
        wg__parallel_for(threads, count, 1 << 14, finish_chunk, (void *)(uintptr_t)epilogue);
}

int wg__threads_of(int asked)
{
#ifdef _OPENMP
    int most = omp_get_num_procs() > 64 ? omp_get_num_procs() : 64;
    int threads = asked ? asked : omp_get_max_threads();
    return threads < 1 ? 1 : threads > most ? most : threads;
#else
    (void)asked;
    return 1;
#endif
}
