/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_log_real.h - the natural logarithm of any argument, without a branch; see vector_math.h.
 *
 * x = 2^n m, sqrt(1/2) <= m < sqrt(2). With f = m - 1, s = f / (2 + f) and z = s^2
 *
 *     log m = 2 atanh s = 2 s + s z p(z) = f - (f^2 / 2 - s (f^2 / 2 + z p(z)))
 *
 * with a minimax polynomial p; the first term of the last form is exact. n ln 2 is added in two parts, the
 * smaller ones first. */

/* z p(z), even and odd powers beside each other; relative error of p 5e-12 for float, 2e-18 for double */
WG_INLINE REAL FN(vector_log_series)(REAL z)
{
    REAL w = z * z;
#if REAL_IS_DOUBLE
    REAL odd = 0x1.39a193d731dccp-3, even = 0x1.2f06fe3f74bd8p-3;
    even = even * w + 0x1.74664056c548fp-3;
    odd = odd * w + 0x1.c71c5202c5c9ap-3;
    even = even * w + 0x1.24924941f8c19p-2;
    odd = odd * w + 0x1.999999997fd38p-2;
    even = even * w + 0x1.5555555555592p-1;
#else
    REAL odd = 0x1.e2f7dcp-3f, even = 0x1.2438cep-2f;
    odd = odd * w + 0x1.999a7ap-2f;
    even = even * w + 0x1.555554p-1f;
#endif
    return odd * w + even * z;
}

/* m - 1, and n, of a normal x > 0 */
WG_INLINE REAL FN(vector_log_split)(REAL x, REAL *n)
{
    const VECTOR_BITS unit = (VECTOR_BITS)1 << VECTOR_MANTISSA, root = FN(vector_bits_of)(VECTOR_SQRT_HALF);
    VECTOR_BITS moved = FN(vector_bits_of)(x) + (FN(vector_bits_of)(1) - root);
    *n = FN(vector_number)(moved >> VECTOR_MANTISSA | FN(vector_bits_of)(VECTOR_UNIT)) -
         (VECTOR_UNIT + (VECTOR_MAX_EXP - 1));
    return FN(vector_number)((moved & (unit - 1)) + root) - 1;
}

/* n ln 2 + log(1 + f) */
WG_INLINE REAL FN(vector_log_join)(REAL n, REAL f)
{
    REAL s = f / (2 + f), square = f * f / 2;
    REAL small = s * (square + FN(vector_log_series)(s * s)) + n * VECTOR_LN2_LOW;
    return n * VECTOR_LN2_HIGH - ((square - small) - f);
}

/* The logarithm at 0, at infinity, and where there is none. */
WG_INLINE REAL FN(vector_log_edges)(REAL x, REAL y)
{
    y = x < (REAL)INFINITY ? y : x;
    y = x < 0 ? (REAL)NAN : y;
    return x == 0 ? -(REAL)INFINITY : y;
}

/* Denormal numbers are made normal first. */
WG_INLINE REAL FN(vector_log)(REAL x)
{
    const REAL shift = VECTOR_MANTISSA + 1;
    bool denormal = x < VECTOR_LEAST;
    REAL n, f = FN(vector_log_split)(denormal ? x * (2 * VECTOR_UNIT) : x, &n);
    return FN(vector_log_edges)(x, FN(vector_log_join)(denormal ? n - shift : n, f));
}
