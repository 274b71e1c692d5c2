/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* epilogue.h - what is done with a contraction's result while it is in cache: a bias, an activation.
 *
 * Who computes the result calls it, from any thread, for each stretch of elements once they are final. All
 * stretches together are the result, each element once.
 *
 * A result that nobody reads afterwards, since all there is to do with it is done here (a gradient that
 * updates its parameter), need not be written at all: its numbers are then handed over from where they are.
 */
#ifndef WG_KERNELS_EPILOGUE_H
#define WG_KERNELS_EPILOGUE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct wg_epilogue {
    /* `values`: where the stretch lies; NULL: in its place in the result. */
    void (*run)(void *user, size_t first, size_t count, const void *values);
    void *user;
    bool transient; /* the result's own memory may be left unwritten */
} wg_epilogue;

/* NULL: nothing. */
static inline void wg__epilogue_run(const wg_epilogue *epilogue, size_t first, size_t count)
{
    if (epilogue && count)
        epilogue->run(epilogue->user, first, count, NULL);
}

/* A result that is final as a whole, on all threads. */
void wg__epilogue_all(const wg_epilogue *epilogue, int threads, size_t count);

#endif
