/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/parallel.h"
#include "kernels/finish.h"

#include <stdint.h>

#ifdef _OPENMP
#include <omp.h>
#endif

size_t wg_chunks(size_t count, size_t grain)
{
    if (grain == 0)
        grain = 1;
    return count / grain + (count % grain != 0);
}

static void run_chunk(size_t chunk, size_t count, size_t grain, wg_chunk_function *run, void *work)
{
    size_t begin = chunk * grain;
    run(work, chunk, begin, count - begin < grain ? count : begin + grain);
}

/* A parallel region whose `if` is false still costs some 300 ns, so a single thread does without. */
void wg_parallel_for(int threads, size_t count, size_t grain, wg_chunk_function *run, void *work)
{
    if (grain == 0)
        grain = 1;
    size_t chunks = wg_chunks(count, grain);
    if (threads <= 1 || chunks <= 1) {
        for (size_t chunk = 0; chunk < chunks; chunk++)
            run_chunk(chunk, count, grain, run, work);
        return;
    }
    if ((size_t)threads > chunks)
        threads = (int)chunks;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
    for (size_t chunk = 0; chunk < chunks; chunk++)
        run_chunk(chunk, count, grain, run, work);
}

static void finish_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    (void)chunk;
    wg_finish_run(work, begin, end - begin);
}

void wg_finish_all(const wg_finish *finish, int threads, size_t count)
{
    if (finish)
        wg_parallel_for(threads, count, 1 << 14, finish_chunk, (void *)(uintptr_t)finish);
}

int wg_threads_of(int asked)
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
