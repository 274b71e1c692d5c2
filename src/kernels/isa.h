/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* isa.h - one binary for several processors.
 *
 * A level is a set of instructions; wg__isa says which is used, once and for all. It is the best that the
 * processor has, or what WENGERT_ISA in the environment asks for, if the processor has that.
 *
 * A map kernel, a loop that the compiler makes vectors of, is written once:
 *
 *     WG_KERNEL(scale, (size_t n, float c, float *x), (n, c, x)) { ... }
 *
 * is `static void scale(size_t n, float c, float *x) { ... }`, compiled for each level; who calls it gets that
 * in use. WG_KERNEL_OF has a result. What a kernel calls is compiled along only where it is inlined: mark
 * helpers WG_INLINE, since gcc does not always follow a plain `inline` and would then call the slow version.
 * Make a kernel of what works through a whole chunk, never of what is called per element.
 *
 * Kernels whose shape hangs on the registers (gemm_kernels.h, conv_direct_kernels.h, lanes_kernels.h,
 * formula_loops_of.h) are templates that a file for each level includes; WG_OF_ISA finds its table.
 *
 * WG_X86_KERNELS comes from the build (option isa_levels). Without it there is one level, that of the build. */
#ifndef WG_KERNELS_ISA_H
#define WG_KERNELS_ISA_H

#include <stdatomic.h>

typedef enum wg_isa_level { WG_ISA_PLAIN = 1, WG_ISA_AVX2, WG_ISA_AVX512 } wg_isa_level;

#ifdef __GNUC__
#define WG_INLINE static inline __attribute__((always_inline))
#else
#define WG_INLINE static inline
#endif

#ifdef WG_X86_KERNELS

#define WG_TARGET_AVX2 __attribute__((target("avx2,fma,bmi2")))
#define WG_TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")))

/* gcc 12 keeps vectors of 64 bytes on a stack of 32-byte frames where AddressSanitizer watches for use after return,
 * and crashes: map kernels are AVX2's there. */
#if defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define WG_TARGET_WIDEST WG_TARGET_AVX2
#else
#define WG_TARGET_WIDEST WG_TARGET_AVX512
#endif

extern atomic_int wg__isa_in_use; /* 0: nobody has asked */
wg_isa_level wg__isa_look(void);

static inline wg_isa_level wg__isa(void)
{
    int isa = atomic_load_explicit(&wg__isa_in_use, memory_order_relaxed);
    return isa ? (wg_isa_level)isa : wg__isa_look();
}

/* &name_avx512, &name_avx2 or &name_plain. */
#define WG_OF_ISA(isa, name)                                                                                 \
    ((isa) == WG_ISA_AVX512 ? &name##_avx512 : (isa) == WG_ISA_AVX2 ? &name##_avx2 : &name##_plain)

#define WG_KERNEL_(give_back, type, name, parameters, arguments)                                             \
    WG_INLINE type name##_of_level parameters;                                                               \
    WG_TARGET_WIDEST static type name##_avx512 parameters                                                    \
    {                                                                                                        \
        give_back name##_of_level arguments;                                                                 \
    }                                                                                                        \
    WG_TARGET_AVX2 static type name##_avx2 parameters                                                        \
    {                                                                                                        \
        give_back name##_of_level arguments;                                                                 \
    }                                                                                                        \
    static type name##_plain parameters                                                                      \
    {                                                                                                        \
        give_back name##_of_level arguments;                                                                 \
    }                                                                                                        \
    static type name parameters                                                                              \
    {                                                                                                        \
        const wg_isa_level isa = wg__isa();                                                                  \
        if (isa == WG_ISA_AVX512)                                                                            \
            give_back name##_avx512 arguments;                                                               \
        else if (isa == WG_ISA_AVX2)                                                                         \
            give_back name##_avx2 arguments;                                                                 \
        else                                                                                                 \
            give_back name##_plain arguments;                                                                \
    }                                                                                                        \
    WG_INLINE type name##_of_level parameters

#else

static inline wg_isa_level wg__isa(void)
{
    return WG_ISA_PLAIN;
}

#define WG_OF_ISA(isa, name) ((void)(isa), &name##_plain)
#define WG_KERNEL_(give_back, type, name, parameters, arguments) static type name parameters

#endif

#define WG_KERNEL(name, parameters, arguments) WG_KERNEL_(, void, name, parameters, arguments)
#define WG_KERNEL_OF(type, name, parameters, arguments) WG_KERNEL_(return, type, name, parameters, arguments)

/* For wg__parallel_for; and for wg__parallel_chunks or wg__parallel_workers, where `chunk` is the number. */
#define WG_LOOP(name) WG_KERNEL(name, (void *work, size_t begin, size_t end), (work, begin, end))
#define WG_CHUNK_LOOP(name)                                                                                  \
    WG_KERNEL(name, (void *work, size_t chunk, size_t begin, size_t end), (work, chunk, begin, end))

#endif
