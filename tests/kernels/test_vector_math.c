/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The functions of kernels/vector_math.h over the whole range, in the vectors of each kind of processor that
 * this one can be: the library chooses the widest, and so its own tests see no other. */

#include "kernels/vector_math.h"

#include "accuracy.h"

/* A build for one processor (-march) has that kind: gcc inlines what is for it into no function for another.
 */
#if defined(WG_X86_KERNELS) && defined(__GNUC__) && !defined(__clang__) && !defined(__AVX__)
#define SEVERAL_KINDS
#endif

#ifdef SEVERAL_KINDS
#define KINDS(KIND)                                                                                          \
    KIND(plain, , true)                                                                                      \
    KIND(avx2, __attribute__((target("arch=x86-64-v3"))), __builtin_cpu_supports("x86-64-v3"))               \
    KIND(avx512, __attribute__((target("arch=x86-64-v4"))), __builtin_cpu_supports("x86-64-v4"))
#else
#define KINDS(KIND) KIND(plain, , true)
#endif

enum { LANES = 16 };

#define MAP(kind, attribute, name, type, suffix)                                                             \
    attribute static void name##_##suffix##_##kind(const double *x, double *y)                               \
    {                                                                                                        \
        type in[LANES], out[LANES];                                                                          \
        for (int i = 0; i < LANES; i++)                                                                      \
            in[i] = (type)x[i];                                                                              \
        _Pragma("omp simd") for (int i = 0; i < LANES; i++) out[i] = vector_##name##_##suffix(in[i]);        \
        for (int i = 0; i < LANES; i++)                                                                      \
            y[i] = (double)out[i];                                                                           \
    }
#define MAPS(kind, attribute, name)                                                                          \
    MAP(kind, attribute, name, double, f64) MAP(kind, attribute, name, float, f32)
#define KIND(kind, attribute, supported)                                                                     \
    MAPS(kind, attribute, exp)                                                                               \
    MAPS(kind, attribute, expm1)                                                                             \
    MAPS(kind, attribute, log)                                                                               \
    MAPS(kind, attribute, log1p)                                                                             \
    MAPS(kind, attribute, tanh)                                                                              \
    MAPS(kind, attribute, erfc)                                                                              \
    MAPS(kind, attribute, sin)                                                                               \
    MAPS(kind, attribute, cos)
KINDS(KIND)
#undef KIND

typedef void map(const double *x, double *y);

/* A kind of processor, whether this one is of it, and for each function its bound and its maps. */
static const struct {
    accuracy_row row;
    map *of[3][2];
} functions[] = {
#define OF(kind, name) {name##_f64_##kind, name##_f32_##kind},
#ifdef SEVERAL_KINDS
#define FUNCTION(name)                                                                                       \
    {                                                                                                        \
        ROW(name, 4, 0, 0, {0}),                                                                             \
        {                                                                                                    \
            OF(plain, name) OF(avx2, name) OF(avx512, name)                                                  \
        }                                                                                                    \
    }
#else
#define FUNCTION(name)                                                                                       \
    {                                                                                                        \
        ROW(name, 4, 0, 0, {0}),                                                                             \
        {                                                                                                    \
            OF(plain, name)                                                                                  \
        }                                                                                                    \
    }
#endif
    FUNCTION(exp),
    FUNCTION(expm1),
    FUNCTION(log),
    FUNCTION(log1p),
    FUNCTION(tanh),
    FUNCTION(erfc),
    FUNCTION(sin),
    FUNCTION(cos),
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static bool is_of_kind(int kind)
{
    const bool supported[] = {
#define KIND(kind, attribute, supported) supported,
        KINDS(KIND)
#undef KIND
    };
    return kind < (int)(sizeof supported / sizeof supported[0]) && supported[kind];
}

START_TEST(every_kind_of_processor)
{
    volatile number one = 1, little = 0x1p-60L;
    for (int kind = 0; kind < 3 && one + little != one; kind++)
        for (wg_dtype dtype = WG_F64; dtype <= WG_F32 && is_of_kind(kind); dtype++) {
            points p = all_points(dtype);
            const accuracy_row *row = &functions[_i].row;
            for (size_t i = 0; i + LANES <= p.n; i += LANES) {
                double y[LANES];
                functions[_i].of[kind][dtype == WG_F32](p.x + i, y);
                for (size_t k = 0; k < LANES; k++)
                    if (!accurate(row, dtype, p.x[i + k], y[k], row->truth((number)p.x[i + k], 0)))
                        ck_abort_msg("%s of %s, kind %d: at %.17g: %.17g", wg_dtype_name(dtype), row->name,
                            kind, p.x[i + k], y[k]);
            }
            free(p.x);
        }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{every_kind_of_processor, FUNCTIONS}};
    return harness_run("vector_math", tests, sizeof tests / sizeof tests[0]);
}
