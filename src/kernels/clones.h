/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* clones.h - one binary for several processors.
 *
 *     WG_CLONES static void scale(size_t n, const float *restrict x, float *restrict y) { ... }
 *
 * compiles the function for AVX-512, for AVX2 with FMA, and for the processor of the build, and chooses once
 * at load time. What it calls is compiled along only where it is inlined: mark helpers WG_INLINE, since gcc
 * does not always follow a plain `inline` and would then call the slow version. Put WG_CLONES on a function
 * that works through a whole chunk, never on one called per element.
 *
 * WG_TARGET_CLONES comes from the build (option target_clones): gcc with ifunc support, and no sanitizer,
 * since a resolver runs before a sanitizer's runtime is ready. */
#ifndef WG_KERNELS_CLONES_H
#define WG_KERNELS_CLONES_H

#ifdef WG_TARGET_CLONES
#define WG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WG_CLONES
#endif

#ifdef __GNUC__
#define WG_INLINE static inline __attribute__((always_inline))
#else
#define WG_INLINE static inline
#endif

#endif
