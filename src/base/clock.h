/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* clock.h - seconds on a clock that only goes forward. Needs _POSIX_C_SOURCE 199309L or later. */
#ifndef WG_BASE_CLOCK_H
#define WG_BASE_CLOCK_H

#include <time.h>

static inline double wg__clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
