/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_math_real.h - included by vector_math.h for each type of number: what the types differ in. */

#if REAL_IS_DOUBLE
#define VECTOR_BITS uint64_t
#define VECTOR_MANTISSA 52
#define VECTOR_MAX_EXP 1024
#define VECTOR_UNIT 0x1p52
#define VECTOR_MAGIC 0x1.8p52
#define VECTOR_LEAST DBL_MIN
#define VECTOR_LARGEST DBL_MAX
#define VECTOR_TINY 0x1p-54
#define VECTOR_LOG2_E 0x1.71547652b82fep+0
#define VECTOR_LN2_HIGH 0x1.62e42feep-1
#define VECTOR_LN2_LOW 0x1.a39ef35793c76p-33
#define VECTOR_SQRT_HALF 0x1.6a09e667f3bcdp-1
#define VECTOR_EXP_TOP 710.0
#define VECTOR_EXP_BOTTOM -746.0
#define VECTOR_ERFC_END 27.2
#else
#define VECTOR_BITS uint32_t
#define VECTOR_MANTISSA 23
#define VECTOR_MAX_EXP 128
#define VECTOR_UNIT 0x1p23f
#define VECTOR_MAGIC 0x1.8p23f
#define VECTOR_LEAST FLT_MIN
#define VECTOR_LARGEST FLT_MAX
#define VECTOR_TINY 0x1p-25f
#define VECTOR_LOG2_E 0x1.715476p+0f
#define VECTOR_LN2_HIGH 0x1.62e4p-1f
#define VECTOR_LN2_LOW 0x1.7f7d1cp-20f
#define VECTOR_SQRT_HALF 0x1.6a09e6p-1f
#define VECTOR_EXP_TOP 89.0f
#define VECTOR_EXP_BOTTOM -104.0f
#define VECTOR_ERFC_END 10.05f
#endif

#include "kernels/vector_exp_real.h"
#include "kernels/vector_log_real.h"
#include "kernels/vector_edges_real.h"

#undef VECTOR_BITS
#undef VECTOR_MANTISSA
#undef VECTOR_MAX_EXP
#undef VECTOR_UNIT
#undef VECTOR_MAGIC
#undef VECTOR_LEAST
#undef VECTOR_LARGEST
#undef VECTOR_TINY
#undef VECTOR_LOG2_E
#undef VECTOR_LN2_HIGH
#undef VECTOR_LN2_LOW
#undef VECTOR_SQRT_HALF
#undef VECTOR_EXP_TOP
#undef VECTOR_EXP_BOTTOM
#undef VECTOR_ERFC_END
