/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* for_each_real.h - includes a template twice, for double and for float.
 *
 *     #define TEMPLATE "ops/thing_real.h"
 *     #include "base/for_each_real.h"
 *
 * A template is ordinary C, written with REAL for the number's type, FN(name) for its own functions
 * (name_f64, name_f32) and <tgmath.h>, whose exp(x) is expf(x) for a float. It defines static functions. */
#include <tgmath.h>

#define REAL double
#define FN(name) name##_f64
#define REAL_IS_DOUBLE 1
#include TEMPLATE
#undef REAL
#undef FN
#undef REAL_IS_DOUBLE

#define REAL float
#define FN(name) name##_f32
#define REAL_IS_DOUBLE 0
#include TEMPLATE
#undef REAL
#undef FN
#undef REAL_IS_DOUBLE

#undef TEMPLATE
