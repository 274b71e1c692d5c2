/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_math.h - exp, log, ... for `#pragma omp simd` loops, as fast for one argument as for another.
 *
 * Include this instead of <math.h> and <tgmath.h>: the names are <tgmath.h>'s, for float and double.
 *
 * exp, expm1 and log are our own, in plain C without a branch, of which every compiler makes vectors. The
 * others are the C library's: redeclared as below, gcc calls glibc's libmvec from such a loop without
 * -ffast-math, infinities and NaN intact. What it cannot compute in vectors it computes one number at a time,
 * 5 to 30 times slower; it is kept from seeing such arguments where their results are known. Slow they remain
 * in pow (at 0, negative, denormal and infinite numbers, and where the result comes near the ends of the
 * range), in sin and cos beyond 1e4 (float) and 1e7, and in log1p of floats beyond 1e38.
 *
 * Seen with gcc 12 and glibc 2.36, AVX-512, AVX2 and SSE2 alike, over every 997th float and a million
 * doubles, in ulp from the true value (which may be denormal), float and double; the bounds that are tested
 * are math.h's:
 *
 *     exp 1.0 1.0    expm1 1.5 2.2    log 0.8 0.8    log1p 1.8 1.8    tanh 1.4 2.2    erf 2.0 4 erfc 1.7 3.2
 *     sin 2.1 3.4    cos 2.0 3.6      pow 4 4
 *
 * fmax and fmin keep a loop scalar: write a choice. A call in one arm of a choice (x > 0 ? x : expm1(x)) does
 * so without -fno-trapping-math, which the build sets.
 *
 * Elements left over at a loop's end are computed by the scalar function, with other last bits: a map whose
 * elements must not depend on their position pads its tail through the vector body. */
#ifndef WG_KERNELS_VECTOR_MATH_H
#define WG_KERNELS_VECTOR_MATH_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include "kernels/isa.h"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) &&                 \
    !defined(__cplusplus)

#pragma omp declare simd notinbranch
extern double sin(double);
#pragma omp declare simd notinbranch
extern float sinf(float);
#pragma omp declare simd notinbranch
extern double cos(double);
#pragma omp declare simd notinbranch
extern float cosf(float);
#pragma omp declare simd notinbranch
extern double pow(double, double);
#pragma omp declare simd notinbranch
extern float powf(float, float);

#if __GLIBC_PREREQ(2, 35)
#pragma omp declare simd notinbranch
extern double log1p(double);
#pragma omp declare simd notinbranch
extern float log1pf(float);
#pragma omp declare simd notinbranch
extern double tanh(double);
#pragma omp declare simd notinbranch
extern float tanhf(float);
#pragma omp declare simd notinbranch
extern double erf(double);
#pragma omp declare simd notinbranch
extern float erff(float);
#pragma omp declare simd notinbranch
extern double erfc(double);
#pragma omp declare simd notinbranch
extern float erfcf(float);
#endif

#endif

#define TEMPLATE "kernels/vector_math_real.h"
#include "base/for_each_real.h"

/* In place of <tgmath.h>'s. */
#undef exp
#undef expm1
#undef log
#undef log1p
#undef tanh
#undef erfc
#undef sin
#undef cos
#define WG_VECTOR(name, x) _Generic((x), float : name##_f32, default : name##_f64)(x)
#define exp(x) WG_VECTOR(vector_exp, x)
#define expm1(x) WG_VECTOR(vector_expm1, x)
#define log(x) WG_VECTOR(vector_log, x)
#define log1p(x) WG_VECTOR(vector_log1p, x)
#define tanh(x) WG_VECTOR(vector_tanh, x)
#define erfc(x) WG_VECTOR(vector_erfc, x)
#define sin(x) WG_VECTOR(vector_sin, x)
#define cos(x) WG_VECTOR(vector_cos, x)

#endif
