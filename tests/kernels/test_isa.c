/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which kernels are used. The environment is the build's: this runs as it is, and with each WENGERT_ISA. */

#include "kernels/isa.h"

#include <stdbool.h>
#include <string.h>
#include <wengert/status.h>
#include "harness.h"
#include "kernels/conv_direct.h"
#include "kernels/gemm_block.h"
#include "kernels/lanes.h"
#include "kernels/lanes_loops.h"
#include "ops/formula_loops.h"

static const char *const names[] = {"", "plain", "avx2", "avx512"};

static wg_isa_level best(void)
{
#ifdef WG_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return WG_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return WG_ISA_AVX2;
#endif
    return WG_ISA_PLAIN;
}

START_TEST(is_what_the_environment_wants)
{
    const char *wanted = getenv("WENGERT_ISA");
    wg_isa_level expected = best();
    for (wg_isa_level i = WG_ISA_PLAIN; wanted && i < best(); i++)
        if (strcmp(wanted, names[i]) == 0)
            expected = i;
    ck_assert_int_eq(wg__isa(), expected);
    ck_assert_str_eq(wg_isa(), names[expected]);
}
END_TEST

WG_KERNEL_OF(size_t, twice, (size_t n), (n))
{
    return 2 * n;
}

static size_t calls;

WG_KERNEL(count, (size_t n), (n))
{
    calls += n;
}

START_TEST(a_kernel_is_one_function)
{
    ck_assert_uint_eq(twice(21), 42);
    count(3);
    ck_assert_uint_eq(calls, 3);
}
END_TEST

/* All tables go by the one choice. */
START_TEST(tables_agree)
{
    const size_t vector = wg__isa() == WG_ISA_AVX512 ? 64 : wg__isa() == WG_ISA_AVX2 ? 32 : 16;
    ck_assert_uint_eq(wg__conv_kernels_of(wg__isa())->vector, vector);
    ck_assert_uint_eq(wg__lanes(), vector > 16 ? vector / sizeof(float) : 0);
    if (vector == 16) {
        ck_assert_ptr_null(wg__lanes_kernels());
        ck_assert_ptr_eq(wg__gemm_of(wg__isa()), &wg__gemm_plain);
        ck_assert_ptr_eq(wg__formula_loops_of(wg__isa()), &wg__formula_loops_plain);
    } else {
        ck_assert_uint_eq(wg__lanes_kernels()->lanes, wg__lanes());
        ck_assert_ptr_ne(wg__gemm_of(wg__isa()), &wg__gemm_plain);
        ck_assert_ptr_ne(wg__formula_loops_of(wg__isa()), &wg__formula_loops_plain);
    }
}
END_TEST

TEST_MAIN("isa", is_what_the_environment_wants, a_kernel_is_one_function, tables_agree)
