/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* vector_exp_real.h - e^x and e^x - 1 of any argument, without a branch; see vector_math.h.
 *
 * x = n ln 2 + r, |r| <= ln 2 / 2, and e^x = 2^n e^r. Adding VECTOR_MAGIC, between 2^23 and 2^24 (double:
 * 2^52 and 2^53), rounds to a whole number, which then stands in the last bits; ln 2 is a number of few bits
 * (LN2_HIGH), whose product with n is exact, and a rest. e^r - 1 = r + r^2 q(r) with a minimax polynomial q.
 */

typedef union FN(vector_bits) {
    REAL number;
    VECTOR_BITS bits;
} FN(vector_bits);

WG_INLINE REAL FN(vector_number)(VECTOR_BITS bits)
{
    return (FN(vector_bits)){.bits = bits}.number;
}

WG_INLINE VECTOR_BITS FN(vector_bits_of)(REAL x)
{
    return (FN(vector_bits)){.number = x}.bits;
}

/* 2^n, of the bits of n + MAGIC, or of those of a difference. */
WG_INLINE REAL FN(vector_power)(VECTOR_BITS n)
{
    return FN(vector_number)((n << VECTOR_MANTISSA) + FN(vector_bits_of)(1));
}

/* r + r^2 q(r), even and odd powers beside each other; relative error 3e-10 for float, 3e-18 for double */
WG_INLINE REAL FN(vector_exp_rest)(REAL r)
{
    REAL z = r * r;
#if REAL_IS_DOUBLE
    REAL odd = 0x1.af4dce7b98c9bp-26, even = 0x1.e63243b1e09fap-30;
    even = even * z + 0x1.28022401662f2p-22;
    odd = odd * z + 0x1.71de024028123p-19;
    even = even * z + 0x1.a019f397aa574p-16;
    odd = odd * z + 0x1.a01a01abe2c18p-13;
    even = even * z + 0x1.6c16c16f09fa2p-10;
    odd = odd * z + 0x1.11111111100e7p-7;
    even = even * z + 0x1.5555555554d3ep-5;
    odd = odd * z + 0x1.5555555555557p-3;
    even = even * z + 0x1.0000000000001p-1;
#else
    REAL odd = 0x1.a2a2cap-13f, even = 0x1.6d8346p-10f;
    odd = odd * z + 0x1.11101ep-7f;
    even = even * z + 0x1.55549ep-5f;
    odd = odd * z + 0x1.555556p-3f;
    even = even * z + 0.5f;
#endif
    return (odd * r + even) * z + r;
}

/* The number nearest to n = x / ln 2 plus MAGIC, and r. */
WG_INLINE REAL FN(vector_exp_reduce)(REAL x, REAL *r)
{
    REAL shifted = x * VECTOR_LOG2_E + VECTOR_MAGIC, n = shifted - VECTOR_MAGIC;
    *r = x - n * VECTOR_LN2_HIGH - n * VECTOR_LN2_LOW;
    return shifted;
}

/* 2^n in two halves, so that a result that is denormal, or the last finite one, is rounded once more at most.
 * What comes out of arguments beyond all results is replaced at the end: choosing an argument instead makes
 * gcc compute twice. A NaN is not beyond anything, and stays. */
WG_INLINE REAL FN(vector_exp)(REAL x)
{
    REAL r, shifted = FN(vector_exp_reduce)(x, &r);
    VECTOR_BITS n = FN(vector_bits_of)(shifted),
                half = FN(vector_bits_of)((shifted - VECTOR_MAGIC) / 2 + VECTOR_MAGIC);
    REAL first = FN(vector_power)(half), second = FN(vector_power)(n - half);
    REAL y = (FN(vector_exp_rest)(r) * first + first) * second;
    y = x > VECTOR_EXP_TOP ? (REAL)INFINITY : y;
    return x < VECTOR_EXP_BOTTOM ? 0 : y;
}

/* With 2^n = uv, e^x - 1 = ((e^r - 1) u + (u - 1 / v)) v: nothing cancels. Below -40 it is -1. What is tiny
 * is itself, and keeps its sign. */
WG_INLINE REAL FN(vector_expm1)(REAL x)
{
    REAL r, shifted = FN(vector_exp_reduce)(x, &r);
    VECTOR_BITS n = FN(vector_bits_of)(shifted),
                half = FN(vector_bits_of)((shifted - VECTOR_MAGIC) / 2 + VECTOR_MAGIC);
    REAL first = FN(vector_power)(half), second = FN(vector_power)(n - half),
         back = FN(vector_power)(half - n);
    REAL y = (FN(vector_exp_rest)(r) * first + (first - back)) * second;
    y = x > VECTOR_EXP_TOP ? (REAL)INFINITY : y;
    y = x < -40 ? -1 : y;
    return fabs(x) < VECTOR_TINY ? x : y;
}
