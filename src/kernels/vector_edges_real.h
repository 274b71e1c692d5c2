/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_edges_real.h - functions of the C library, whose vector versions are shown only what they compute at
 * their usual speed; see vector_math.h. */

/* 0 for what is not finite, by the bits: a choice that is made again behind the call gcc takes out of it. */
WG_INLINE REAL FN(vector_finite)(REAL x)
{
    const VECTOR_BITS unit = (VECTOR_BITS)1 << VECTOR_MANTISSA, exponent = FN(vector_bits_of)((REAL)INFINITY);
    VECTOR_BITS bits = FN(vector_bits_of)(x);
    VECTOR_BITS finite = (((bits & exponent) + unit) >> (8 * sizeof bits - 1)) - 1; /* all bits or none */
    return FN(vector_number)(bits & finite);
}

/* Past -1, and at infinity, the result is known by 1 + x. */
WG_INLINE REAL FN(vector_log1p)(REAL x)
{
    VECTOR_BITS inside = 0 - (VECTOR_BITS)((x > -1) & (x <= VECTOR_LARGEST));
    REAL y = log1p(FN(vector_number)(FN(vector_bits_of)(x) & inside));
    return FN(vector_log_edges)(1 + x, y);
}

/* From 22 on it is 1. */
WG_INLINE REAL FN(vector_tanh)(REAL x)
{
    REAL y = tanh(copysign(fabs(x) < 22 ? fabs(x) : 22, x));
    return x == x ? y : x;
}

/* Beyond VECTOR_ERFC_END it is 0. */
WG_INLINE REAL FN(vector_erfc)(REAL x)
{
    REAL y = erfc(x > VECTOR_ERFC_END ? VECTOR_ERFC_END : x);
    return FN(vector_number)(FN(vector_bits_of)(y) & ((VECTOR_BITS)(x > VECTOR_ERFC_END) - 1));
}

/* Large arguments stay slow: reducing one by 2 pi takes as many digits of pi as it has. x * 0 is NaN where x
 * is not finite, and else a zero of x's sign, which changes nothing. */
WG_INLINE REAL FN(vector_sin)(REAL x)
{
    return sin(FN(vector_finite)(x)) + x * 0;
}

WG_INLINE REAL FN(vector_cos)(REAL x)
{
    return cos(FN(vector_finite)(x)) + x * 0;
}
