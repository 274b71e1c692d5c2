/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_real.h - included by formula_kernels.c for each type of number.
 *
 * The macros below make functions of one element from the rows; the loops over elements are ordinary code,
 * into which those functions are inlined. */

/* ---- One element ----------------------------------------------------------------------------------- */

#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    INLINE REAL FN(name##_value)(REAL x, REAL c, REAL d)                                                     \
    {                                                                                                        \
        (void)c, (void)d;                                                                                    \
        return (REAL)(v_);                                                                                   \
    }                                                                                                        \
    INLINE REAL FN(name##_gradient)(REAL x, REAL c, REAL d, REAL y, REAL g)                                  \
    {                                                                                                        \
        (void)x, (void)c, (void)d, (void)y, (void)g;                                                         \
        return (REAL)(gradient);                                                                             \
    }
#define WG_UNARY(name, v_, gradient, lo, hi) WG_UNARY2(name, v_, gradient, lo, hi, , )
#define WG_UNARY1(name, v_, gradient, lo, hi, c_) WG_UNARY2(name, v_, gradient, lo, hi, , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    INLINE REAL FN(name##_value)(REAL a, REAL b)                                                             \
    {                                                                                                        \
        return (REAL)(v_);                                                                                   \
    }                                                                                                        \
    INLINE REAL FN(name##_gradient_a)(REAL a, REAL b, REAL y, REAL g)                                        \
    {                                                                                                        \
        (void)a, (void)b, (void)y, (void)g;                                                                  \
        return (REAL)(gradient_a);                                                                           \
    }                                                                                                        \
    INLINE REAL FN(name##_gradient_b)(REAL a, REAL b, REAL y, REAL g)                                        \
    {                                                                                                        \
        (void)a, (void)b, (void)y, (void)g;                                                                  \
        return (REAL)(gradient_b);                                                                           \
    }
#define WG_STEP(name, v_) WG_UNARY(name, v_, 0, , )
#define WG_STEP2(name, v_) WG_BINARY(name, v_, 0, 0, , , , )
#include <wengert/formulas.def>

/* ---- Loops ----------------------------------------------------------------------------------------- */

/* A result may be written over an operand: vectors are read before they are written. */

INLINE void FN(lanes1)(REAL f(REAL, REAL, REAL), const REAL *x, REAL c, REAL d, REAL *y)
{
#pragma omp simd
    for (int j = 0; j < LANES; j++)
        y[j] = f(x[j], c, d);
}

INLINE void FN(map1)(REAL f(REAL, REAL, REAL), size_t n, const REAL *x, REAL c, REAL d, REAL *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        FN(lanes1)(f, x + i, c, d, y + i);
    if (i < n) {
        REAL px[LANES] = {0}, py[LANES];
        memcpy(px, x + i, (n - i) * sizeof *x);
        FN(lanes1)(f, px, c, d, py);
        memcpy(y + i, py, (n - i) * sizeof *y);
    }
}

INLINE void FN(lanes1_back)(REAL f(REAL, REAL, REAL, REAL, REAL), const REAL *x, REAL c, REAL d,
    const REAL *y, const REAL *g, REAL *dx)
{
#pragma omp simd
    for (int j = 0; j < LANES; j++)
        dx[j] = f(x[j], c, d, y[j], g[j]);
}

INLINE void FN(map1_back)(REAL f(REAL, REAL, REAL, REAL, REAL), size_t n, const REAL *x, REAL c, REAL d,
    const REAL *y, const REAL *g, REAL *dx)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        FN(lanes1_back)(f, x + i, c, d, y + i, g + i, dx + i);
    if (i < n) {
        REAL p[4][LANES] = {{0}};
        size_t rest = (n - i) * sizeof *x;
        memcpy(p[0], x + i, rest);
        memcpy(p[1], y + i, rest);
        memcpy(p[2], g + i, rest);
        FN(lanes1_back)(f, p[0], c, d, p[1], p[2], p[3]);
        memcpy(dx + i, p[3], rest);
    }
}

/* An operand with step 0 is one number. */
INLINE void FN(lanes2)(
    REAL f(REAL, REAL), const REAL *a, size_t step_a, const REAL *b, size_t step_b, REAL *y)
{
#pragma omp simd
    for (size_t j = 0; j < LANES; j++)
        y[j] = f(a[j * step_a], b[j * step_b]);
}

INLINE void FN(map2)(
    REAL f(REAL, REAL), size_t n, const REAL *a, size_t step_a, const REAL *b, size_t step_b, REAL *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        FN(lanes2)(f, a + i * step_a, step_a, b + i * step_b, step_b, y + i);
    if (i < n) {
        REAL p[3][LANES] = {{0}};
        memcpy(p[0], a + i * step_a, (step_a ? n - i : 1) * sizeof *a);
        memcpy(p[1], b + i * step_b, (step_b ? n - i : 1) * sizeof *b);
        FN(lanes2)(f, p[0], step_a, p[1], step_b, p[2]);
        memcpy(y + i, p[2], (n - i) * sizeof *y);
    }
}

INLINE void FN(lanes2_back)(
    REAL f(REAL, REAL, REAL, REAL), const REAL *a, const REAL *b, const REAL *y, const REAL *g, REAL *dx)
{
#pragma omp simd
    for (int j = 0; j < LANES; j++)
        dx[j] = f(a[j], b[j], y[j], g[j]);
}

/* An operand that is one number is spread over a vector first: log(a) of it is then a vector call like any
 * other, with the same last bits in the loop and in its tail. */
INLINE void FN(map2_back)(REAL f(REAL, REAL, REAL, REAL), size_t n, const REAL *a, size_t step_a,
    const REAL *b, size_t step_b, const REAL *y, const REAL *g, REAL *dx)
{
    REAL p[5][LANES] = {{0}};
    size_t i = 0;
    for (size_t j = 0; j < LANES; j++) {
        p[0][j] = step_a ? 0 : *a;
        p[1][j] = step_b ? 0 : *b;
    }
    for (; i + LANES <= n; i += LANES)
        FN(lanes2_back)(f, step_a ? a + i : p[0], step_b ? b + i : p[1], y + i, g + i, dx + i);
    if (i < n) {
        size_t rest = (n - i) * sizeof *g;
        if (step_a)
            memcpy(p[0], a + i, rest);
        if (step_b)
            memcpy(p[1], b + i, rest);
        memcpy(p[2], y + i, rest);
        memcpy(p[3], g + i, rest);
        FN(lanes2_back)(f, p[0], p[1], p[2], p[3], p[4]);
        memcpy(dx + i, p[4], rest);
    }
}

INLINE void FN(run2)(REAL f(REAL, REAL), size_t n, const REAL *a, const REAL *b, int mode, REAL *y)
{
    if (mode == A_NUMBER)
        FN(map2)(f, n, a, 0, b, 1, y);
    else if (mode == B_NUMBER)
        FN(map2)(f, n, a, 1, b, 0, y);
    else
        FN(map2)(f, n, a, 1, b, 1, y);
}

INLINE void FN(run2_back)(REAL f(REAL, REAL, REAL, REAL), size_t n, const REAL *a, const REAL *b, int mode,
    const REAL *y, const REAL *g, REAL *dx)
{
    if (mode == A_NUMBER)
        FN(map2_back)(f, n, a, 0, b, 1, y, g, dx);
    else if (mode == B_NUMBER)
        FN(map2_back)(f, n, a, 1, b, 0, y, g, dx);
    else
        FN(map2_back)(f, n, a, 1, b, 1, y, g, dx);
}

/* ---- One kernel for each row ----------------------------------------------------------------------- */

/* For one operand b holds the numbers c and d. */
typedef void FN(forward_kernel)(size_t n, const REAL *a, const REAL *b, int mode, REAL *y);
typedef void FN(backward_kernel)(
    size_t n, const REAL *a, const REAL *b, int mode, const REAL *y, const REAL *g, REAL *dx);

#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    WG_STEP(name, v_)                                                                                        \
    WG_CLONES static void FN(name##_back)(                                                                   \
        size_t n, const REAL *a, const REAL *b, int mode, const REAL *y, const REAL *g, REAL *dx)            \
    {                                                                                                        \
        (void)mode;                                                                                          \
        FN(map1_back)(FN(name##_gradient), n, a, b[0], b[1], y, g, dx);                                      \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    WG_STEP2(name, v_)                                                                                       \
    WG_CLONES static void FN(name##_back_a)(                                                                 \
        size_t n, const REAL *a, const REAL *b, int mode, const REAL *y, const REAL *g, REAL *dx)            \
    {                                                                                                        \
        FN(run2_back)(FN(name##_gradient_a), n, a, b, mode, y, g, dx);                                       \
    }                                                                                                        \
    WG_CLONES static void FN(name##_back_b)(                                                                 \
        size_t n, const REAL *a, const REAL *b, int mode, const REAL *y, const REAL *g, REAL *dx)            \
    {                                                                                                        \
        FN(run2_back)(FN(name##_gradient_b), n, a, b, mode, y, g, dx);                                       \
    }
#define WG_STEP(name, v_)                                                                                    \
    WG_CLONES static void FN(name##_run)(size_t n, const REAL *a, const REAL *b, int mode, REAL *y)          \
    {                                                                                                        \
        (void)mode;                                                                                          \
        FN(map1)(FN(name##_value), n, a, b[0], b[1], y);                                                     \
    }
#define WG_STEP2(name, v_)                                                                                   \
    WG_CLONES static void FN(name##_run)(size_t n, const REAL *a, const REAL *b, int mode, REAL *y)          \
    {                                                                                                        \
        FN(run2)(FN(name##_value), n, a, b, mode, y);                                                        \
    }
#include <wengert/formulas.def>

static const struct {
    FN(forward_kernel) * forward;
    FN(backward_kernel) * backward[2]; /* towards a (or x) and b */
} FN(kernels)[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {FN(name##_run), {FN(name##_back), NULL}},
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    [WG_CODE_##name] = {FN(name##_run), {FN(name##_back_a), FN(name##_back_b)}},                             \
    [WG_CODE_##name##c] = {FN(name##_run), {FN(name##_back_a), NULL}},                                       \
    [WG_CODE_c##name] = {FN(name##_run), {FN(name##_back_b), NULL}},
#define WG_STEP(name, v_) [WG_CODE_##name] = {FN(name##_run), {NULL, NULL}},
#define WG_STEP2(name, v_)                                                                                   \
    [WG_CODE_##name] = {FN(name##_run), {NULL, NULL}}, [WG_CODE_##name##c] = {FN(name##_run), {NULL, NULL}}, \
    [WG_CODE_c##name] = {FN(name##_run), {NULL, NULL}},
#include <wengert/formulas.def>
};

/* ---- A whole tensor -------------------------------------------------------------------------------- */

/* One pass of a kernel; a rank-2 picture of the broadcast says where each row's operands are. */
typedef struct FN(pass) {
    FN(forward_kernel) * forward;
    FN(backward_kernel) * backward;
    const REAL *a, *b, *y, *g;
    REAL *out;
    int mode;
    wg_stretch stretch; /* rows: of the broadcast; else unused */
} FN(pass);

static void FN(run_chunk)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(pass) *p = work;
    (void)chunk;
    const REAL *a = p->mode == A_NUMBER ? p->a : p->a + begin;
    const REAL *b = p->mode == B_NUMBER ? p->b : p->b + begin;
    if (p->forward)
        p->forward(end - begin, a, b, p->mode, p->out + begin);
    else
        p->backward(end - begin, a, b, p->mode, p->y + begin, p->g + begin, p->out + begin);
}

static void FN(run_rows)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(pass) *p = work;
    (void)chunk;
    const wg_stretch *s = &p->stretch;
    int mode = s->step[0] ? s->step[1] ? BOTH_VECTORS : B_NUMBER : s->step[1] ? A_NUMBER : BOTH_VECTORS;
    for (size_t row = begin; row < end; row++) {
        size_t at[2];
        wg_stretch_row(s, row, at);
        p->forward(s->inner, p->a + at[0], p->b + at[1], mode, p->out + row * s->inner);
    }
}

/* Where the plain numbers of a code go: c and d of one operand, or one of the two operands. */
static void FN(set_numbers)(const wg_op_context *op, unsigned code, REAL numbers[2], FN(pass) * p)
{
    const double *attr = op->attr;
    size_t count = op->op->attr_size / sizeof *attr;
    numbers[0] = count > 0 ? (REAL)attr[0] : 0;
    numbers[1] = count > 1 ? (REAL)attr[1] : 0;
    p->a = kinds[code].number == NUMBER_LEFT ? numbers : op->in[0];
    p->b = kinds[code].number == NUMBER_LEFT ? op->in[0] : op->arity == 2 ? op->in[1] : numbers;
    p->mode = kinds[code].number == NUMBER_LEFT                           ? A_NUMBER
              : kinds[code].number == NUMBER_RIGHT || !kinds[code].binary ? B_NUMBER
                                                                          : BOTH_VECTORS;
}

wg_status FN(wg_formula_forward)(wg_op_context *op)
{
    unsigned code = code_of(op);
    REAL numbers[2];
    FN(pass) p = {.forward = FN(kernels)[code].forward, .out = op->out[0]};
    FN(set_numbers)(op, code, numbers, &p);
    bool alike = op->arity == 1 || wg_shape_equal(op->in_shape[0], op->in_shape[1]);
    if (alike) {
        wg_parallel_for(op->threads, op->count, GRAIN, FN(run_chunk), &p);
    } else if (op->count) {
        wg_stretch_set(&p.stretch, &op->out_shape[0], op->in_shape[0], op->in_shape[1]);
        size_t grain = GRAIN / p.stretch.inner + 1;
        wg_parallel_for(op->threads, p.stretch.rows, grain, FN(run_rows), &p);
    }
    return WG_OK;
}

wg_status FN(wg_formula_backward)(wg_op_context *op)
{
    unsigned code = code_of(op);
    REAL numbers[2];
    FN(pass) p = {.y = op->out[0], .g = op->upstream[0]};
    if (only_passes_on(op) || (op->arity == 2 && !wg_shape_equal(op->in_shape[0], op->in_shape[1])))
        return WG_DECLINED;
    FN(set_numbers)(op, code, numbers, &p);
    /* What the gradient does not read (backward_ignores) a plan may have dropped; the loops load it all the
     * same. */
    p.a = p.a ? p.a : p.g;
    p.b = p.b ? p.b : p.g;
    p.y = p.y ? p.y : p.g;
    for (size_t i = 0; i < op->arity; i++)
        if (op->grad_in[i]) {
            p.backward = FN(kernels)[code].backward[i];
            p.out = op->grad_in[i];
            wg_parallel_for(op->threads, op->count, GRAIN, FN(run_chunk), &p);
        }
    return WG_OK;
}

#include "ops/chain_real.h"
