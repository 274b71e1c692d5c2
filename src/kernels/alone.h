/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* alone.h - calling a library that threads by OpenMP on one thread only.
 *
 * Such a library takes as many threads as the calling thread would, also inside our own parallel loop if its
 * team is of one. So that number is 1 during a call. It is the calling thread's own. */
#ifndef WG_KERNELS_ALONE_H
#define WG_KERNELS_ALONE_H

#ifdef _OPENMP
#include <omp.h>
#endif

/* What to give back to wg__alone_end. */
static inline int wg__alone_begin(void)
{
#ifdef _OPENMP
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    return threads;
#else
    return 1;
#endif
}

static inline void wg__alone_end(int threads)
{
#ifdef _OPENMP
    omp_set_num_threads(threads);
#else
    (void)threads;
#endif
}

#endif
