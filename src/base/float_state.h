/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* float_state.h - kernels compute in the default floating-point environment: nothing is trapped, rounding is
 * to nearest, and the flags that they raise stay theirs.
 *
 *     wg_float_state callers = wg__float_hold();
 *     ... kernels ...
 *     wg__float_restore(&callers);
 *
 * Vectors compute lanes that nobody reads (log of a tail's padding, both arms of a choice), so a program that
 * traps, or reads flags, would see what its numbers did not do. A worker thread has a state of its own, often
 * that of the day when it was made: every chunk of work holds it, which also makes the bits those of one
 * thread, whatever the caller's rounding is.
 *
 * On x86-64 both together take some 3 ns where the state is the default one. */
#ifndef WG_BASE_FLOAT_STATE_H
#define WG_BASE_FLOAT_STATE_H

#if defined(__x86_64__) && defined(__SSE__)
#include <xmmintrin.h>

typedef unsigned wg_float_state;

enum { WG_FLOAT_DEFAULT = 0x1f80, WG_FLOAT_FLAGS = 0x3f };

static inline wg_float_state wg__float_hold(void)
{
    wg_float_state now = _mm_getcsr();
    if ((now & ~(unsigned)WG_FLOAT_FLAGS) != WG_FLOAT_DEFAULT)
        _mm_setcsr(WG_FLOAT_DEFAULT);
    return now;
}

/* Reading is cheap, writing is not: in a program that has rounded once before nothing changes. */
static inline void wg__float_restore(const wg_float_state *callers)
{
    if (_mm_getcsr() != *callers)
        _mm_setcsr(*callers);
}

#else
#include <fenv.h>

typedef fenv_t wg_float_state;

static inline wg_float_state wg__float_hold(void)
{
    wg_float_state now;
    fegetenv(&now);
    fesetenv(FE_DFL_ENV);
    return now;
}

static inline void wg__float_restore(const wg_float_state *callers)
{
    fesetenv(callers);
}

#endif
#endif
