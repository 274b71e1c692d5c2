/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_math.h - lets `#pragma omp simd` loops call the vector versions of exp, log, ... where the C library
 * has them.
 *
 * Redeclared as below, gcc calls glibc's libmvec from such a loop without -ffast-math, infinities and NaN
 * intact. Seen with gcc 12 and glibc 2.36, for double and float, SSE2 and AVX2, over 4 million points of the
 * finite range each and a list of special values (all of them right, signed zeros in pow included), in ulp
 * from the true value:
 *
 *     float   exp 2.6  expm1 1.7  log 3.9  log1p 1.9  sin 1.9  cos 1.9  tanh 1.1  erf 2.0  erfc 1.6
 *     double  within 4 each
 *
 * fmax and fmin keep a loop scalar: write a choice. A call in one arm of a choice (x > 0 ? x : expm1(x)) does
 * so without -fno-trapping-math, which the build sets.
 *
 * Elements left over at a loop's end are computed by the scalar function, with other last bits: a map whose
 * elements must not depend on their position pads its tail through the vector body.
 *
 * Include this instead of <math.h>, before <tgmath.h>. Elsewhere (clang, other libraries) it declares nothing
 * new. */
#ifndef WG_KERNELS_VECTOR_MATH_H
#define WG_KERNELS_VECTOR_MATH_H

#include <math.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) &&                 \
    !defined(__cplusplus)

#pragma omp declare simd notinbranch
extern double exp(double);
#pragma omp declare simd notinbranch
extern float expf(float);
#pragma omp declare simd notinbranch
extern double log(double);
#pragma omp declare simd notinbranch
extern float logf(float);
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
extern double expm1(double);
#pragma omp declare simd notinbranch
extern float expm1f(float);
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
#endif
