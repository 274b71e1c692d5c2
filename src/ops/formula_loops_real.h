/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_loops_real.h - included by formula_loops_of.h for each type of number.
 *
 * The macros below make functions of one element from the rows; loops of one vector at a time are ordinary
 * code, into which those functions are inlined. They are not unrolled: a processor that computes out of
 * order has the next vector under way all the same. */

/* ---- One element ----------------------------------------------------------------------------------- */

#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    WG_INLINE REAL FN(name##_value)(REAL x, REAL c, REAL d)                                                  \
    {                                                                                                        \
        (void)c, (void)d;                                                                                    \
        return (REAL)(v_);                                                                                   \
    }                                                                                                        \
    WG_INLINE REAL FN(name##_slope)(REAL x, REAL c, REAL d, REAL y, REAL g)                                  \
    {                                                                                                        \
        (void)x, (void)c, (void)d, (void)y, (void)g;                                                         \
        return (REAL)(gradient);                                                                             \
    }
#define WG_UNARY(name, v_, gradient, lo, hi) WG_UNARY2(name, v_, gradient, lo, hi, , )
#define WG_UNARY1(name, v_, gradient, lo, hi, c_) WG_UNARY2(name, v_, gradient, lo, hi, , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    WG_STEP2(name, v_)                                                                                       \
    WG_INLINE REAL FN(name##_slope_a)(REAL a, REAL b, REAL y, REAL g)                                        \
    {                                                                                                        \
        (void)a, (void)b, (void)y, (void)g;                                                                  \
        return (REAL)(gradient_a);                                                                           \
    }                                                                                                        \
    WG_INLINE REAL FN(name##_slope_b)(REAL a, REAL b, REAL y, REAL g)                                        \
    {                                                                                                        \
        (void)a, (void)b, (void)y, (void)g;                                                                  \
        return (REAL)(gradient_b);                                                                           \
    }
#define WG_STEP(name, v_)                                                                                    \
    WG_INLINE REAL FN(name##_value)(REAL x, REAL c, REAL d)                                                  \
    {                                                                                                        \
        (void)c, (void)d;                                                                                    \
        return (REAL)(v_);                                                                                   \
    }
#define WG_STEP2(name, v_)                                                                                   \
    WG_INLINE REAL FN(name##_value)(REAL a, REAL b)                                                          \
    {                                                                                                        \
        return (REAL)(v_);                                                                                   \
    }
#include <wengert/formulas.def>

/* ---- Loops ----------------------------------------------------------------------------------------- */

/* Places are written when what they are made of is read. */

WG_INLINE void FN(values1)(REAL f(REAL, REAL, REAL), size_t n, const wg_formula_streams *s)
{
    const REAL *x = s->a, *numbers = s->b, c = numbers[0], d = numbers[1];
    REAL *y = s->out;
    for (size_t i = 0; i < n; i += LANES) {
#pragma omp simd
        for (size_t j = 0; j < LANES; j++)
            y[i + j] = f(x[i + j], c, d);
    }
}

WG_INLINE void FN(slopes1)(REAL f(REAL, REAL, REAL, REAL, REAL), size_t n, const wg_formula_streams *s)
{
    const REAL *x = s->a, *y = s->y, *g = s->g, *numbers = s->b, c = numbers[0], d = numbers[1];
    REAL *dx = s->out;
    for (size_t i = 0; i < n; i += LANES) {
#pragma omp simd
        for (size_t j = 0; j < LANES; j++)
            dx[i + j] = f(x[i + j], c, d, y[i + j], g[i + j]);
    }
}

/* A number is read once: steps are constants where this is inlined. */
WG_INLINE void FN(values2_by)(
    REAL f(REAL, REAL), size_t n, const REAL *a, size_t step_a, const REAL *b, size_t step_b, REAL *y)
{
    const REAL a0 = *a, b0 = *b;
    for (size_t i = 0; i < n; i += LANES) {
#pragma omp simd
        for (size_t j = 0; j < LANES; j++)
            y[i + j] = f(step_a ? a[i + j] : a0, step_b ? b[i + j] : b0);
    }
}

WG_INLINE void FN(values2)(REAL f(REAL, REAL), size_t n, const wg_formula_streams *s)
{
    if (!s->step_a)
        FN(values2_by)(f, n, s->a, 0, s->b, 1, s->out);
    else if (!s->step_b)
        FN(values2_by)(f, n, s->a, 1, s->b, 0, s->out);
    else
        FN(values2_by)(f, n, s->a, 1, s->b, 1, s->out);
}

WG_INLINE void FN(slopes2_by)(
    REAL f(REAL, REAL, REAL, REAL), size_t n, const wg_formula_streams *s, size_t step_a, size_t step_b)
{
    const REAL *a = s->a, *b = s->b, *y = s->y, *g = s->g, a0 = *a, b0 = *b;
    REAL *out = s->out;
    for (size_t i = 0; i < n; i += LANES) {
#pragma omp simd
        for (size_t j = 0; j < LANES; j++)
            out[i + j] = f(step_a ? a[i + j] : a0, step_b ? b[i + j] : b0, y[i + j], g[i + j]);
    }
}

/* Towards a, which is no number, and towards b. */
WG_INLINE void FN(slopes2_a)(REAL f(REAL, REAL, REAL, REAL), size_t n, const wg_formula_streams *s)
{
    if (s->step_b)
        FN(slopes2_by)(f, n, s, 1, 1);
    else
        FN(slopes2_by)(f, n, s, 1, 0);
}

WG_INLINE void FN(slopes2_b)(REAL f(REAL, REAL, REAL, REAL), size_t n, const wg_formula_streams *s)
{
    if (s->step_a)
        FN(slopes2_by)(f, n, s, 1, 1);
    else
        FN(slopes2_by)(f, n, s, 0, 1);
}

#define LOOP(name, loop, f)                                                                                  \
    TARGET static void FN(name)(size_t n, const wg_formula_streams *s)                                       \
    {                                                                                                        \
        FN(loop)(FN(f), n, s);                                                                               \
    }
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    WG_STEP(name, v_)                                                                                        \
    LOOP(name##_a, slopes1, name##_slope)
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    WG_STEP2(name, v_)                                                                                       \
    LOOP(name##_a, slopes2_a, name##_slope_a)                                                                \
    LOOP(name##_b, slopes2_b, name##_slope_b)
#define WG_STEP(name, v_) LOOP(name##_y, values1, name##_value)
#define WG_STEP2(name, v_) LOOP(name##_y, values2, name##_value)
#include <wengert/formulas.def>
#undef LOOP

/* ---- Which one ------------------------------------------------------------------------------------- */

/* A switch, since a table of addresses takes three times as much, and the loader's time. */
static wg_formula_loop *FN(find)(unsigned loop)
{
    switch (loop) {
#define CASE(name, which, function)                                                                          \
    case WG_LOOPS *WG_ROW_##name + which:                                                                    \
        return FN(function);
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    WG_STEP(name, v_)                                                                                        \
    CASE(name, WG_LOOP_SLOPE_A, name##_a)
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    WG_UNARY(name, , , , )                                                                                   \
    CASE(name, WG_LOOP_SLOPE_B, name##_b)
#define WG_STEP(name, v_) CASE(name, WG_LOOP_VALUE, name##_y)
#define WG_STEP2(name, v_) CASE(name, WG_LOOP_VALUE, name##_y)
#include <wengert/formulas.def>
#undef CASE
    default:
        return NULL;
    }
}

/* Padded with zeros. */
TARGET static void FN(rest)(wg_formula_loop *loop, size_t at, size_t n, const wg_formula_streams *s)
{
    REAL a[LANES], b[LANES], y[LANES], g[LANES], out[LANES];
    size_t size = n * sizeof *out;
    wg_formula_streams rest = {.a = s->a, .b = s->b, .out = out, .step_a = s->step_a, .step_b = s->step_b};
    if (s->step_a)
        rest.a = memcpy(memset(a, 0, sizeof a), (const REAL *)s->a + at, size);
    if (s->step_b)
        rest.b = memcpy(memset(b, 0, sizeof b), (const REAL *)s->b + at, size);
    if (s->g) {
        rest.y = memcpy(memset(y, 0, sizeof y), (const REAL *)s->y + at, size);
        rest.g = memcpy(memset(g, 0, sizeof g), (const REAL *)s->g + at, size);
    }
    loop(LANES, &rest);
    memcpy((REAL *)s->out + at, out, size);
}
