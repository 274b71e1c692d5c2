/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/isa.h"

#include <stdbool.h>

#include <wengert/status.h>

static const char *const names[] = {"", "plain", "avx2", "avx512"};

#ifdef WG_X86_KERNELS

#include <stdlib.h>
#include <string.h>

/* The library's one variable: what is asked for so often that it is not looked up each time. Every thread
 * that looks finds the same. */
atomic_int wg__isa_in_use;

static wg_isa_level best_of_processor(void)
{
    __builtin_cpu_init(); /* before the constructor that does it, too */
    if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")))
        return WG_ISA_PLAIN;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide ? WG_ISA_AVX512 : WG_ISA_AVX2;
}

wg_isa_level wg__isa_look(void)
{
    const wg_isa_level best = best_of_processor();
    const char *wanted = getenv("WENGERT_ISA");
    wg_isa_level isa = best;
    for (wg_isa_level i = WG_ISA_PLAIN; wanted && i < best; i++)
        if (strcmp(wanted, names[i]) == 0)
            isa = i;
    atomic_store_explicit(&wg__isa_in_use, (int)isa, memory_order_relaxed);
    return isa;
}

#endif

const char *wg_isa(void)
{
    return names[wg__isa()];
}
