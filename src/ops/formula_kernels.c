/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_kernels.c - the kernels of all rows: whole tensors, and chains, by the loops of formula_loops.h. */

#include <string.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"
#include "ops/chain.h"
#include "ops/formula.h"
#include "ops/formula_loops.h"
#include "ops/stretch.h"

/* GRAIN elements make a chunk for one thread. */
enum { GRAIN = 1 << 14 };

#ifdef __GNUC__
#define OWN_FRAME __attribute__((noinline))
#else
#define OWN_FRAME
#endif

/* Which operands run along the numbers that a loop makes. */
typedef struct wg_steps {
    size_t a, b;
} wg_steps;

/* The kind of a code: its row's first loop, which operands that has, and where the code's plain numbers go.
 */
enum { NUMBER_RIGHT = 1, NUMBER_LEFT };

static const struct {
    uint8_t row, binary, number;
} kinds[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {WG_ROW_##name, 0, 0},
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    [WG_CODE_##name] = {WG_ROW_##name, 1, 0}, [WG_CODE_##name##c] = {WG_ROW_##name, 1, NUMBER_RIGHT},        \
    [WG_CODE_c##name] = {WG_ROW_##name, 1, NUMBER_LEFT},
#define WG_STEP(name, v_) WG_UNARY(name, , , , )
#define WG_STEP2(name, v_) WG_BINARY(name, , , , , , , )
#include <wengert/formulas.def>
};

/* Of a code, where no operand is broadcast: numbers stand still. */
static wg_steps steps_of(unsigned code)
{
    return (wg_steps){
        kinds[code].number != NUMBER_LEFT, kinds[code].binary && kinds[code].number != NUMBER_RIGHT};
}

/* Of a row of a broadcast. Where both operands stand still it is one number long. */
static wg_steps steps_of_row(size_t a, size_t b)
{
    return a || b ? (wg_steps){a, b} : (wg_steps){1, 1};
}

/* The loop of a code's value, and of its gradient towards an operand of it. */
static unsigned value_loop(unsigned code)
{
    return WG_LOOPS * (unsigned)kinds[code].row + WG_LOOP_VALUE;
}

static unsigned slope_loop(unsigned code, size_t towards)
{
    bool second = towards || kinds[code].number == NUMBER_LEFT;
    return WG_LOOPS * (unsigned)kinds[code].row + (second ? WG_LOOP_SLOPE_B : WG_LOOP_SLOPE_A);
}

const wg_formula_loops *wg__formula_loops_of(wg_isa_level isa)
{
    return WG_OF_ISA(isa, wg__formula_loops);
}

/* A record finds its row by its place in the array; a user's copy of one, by the row's own scalar function.
 */
static unsigned code_of(const wg_op_context *op)
{
    const wg_op *first = wg__formula_ops;
    if ((uintptr_t)op->op - (uintptr_t)first < sizeof *first * WG_CODES)
        return (unsigned)(op->op - first);
    unsigned code = WG_CODE_record + 1;
    while (code + 1 < WG_CODES && wg__formula_ops[code].scalar != op->op->scalar)
        code++;
    return code;
}

/* The rule then hands the upstream gradient on without a copy; a kernel would make one. */
static bool only_passes_on(const wg_op_context *op)
{
    for (size_t i = 0; i < op->arity; i++)
        if (op->grad_in[i] && !(op->op->passes_on >> i & 1))
            return false;
    return true;
}

/* A loop, and what pads for it. */
typedef struct wg_kernel {
    wg_formula_loop *loop;
    wg_formula_rest *rest;
} wg_kernel;

static inline void run(const wg_kernel *kernel, size_t n, const wg_formula_streams *s)
{
    size_t rest = n % WG_FORMULA_LANES;
    if (n > rest)
        kernel->loop(n - rest, s);
    if (rest)
        kernel->rest(kernel->loop, n - rest, rest, s);
}

#define TEMPLATE "ops/formula_real.h"
#include "base/for_each_real.h"

/* ---- Numbers from anywhere --------------------------------------------------------------------------- */

void wg__formula_values(unsigned code, size_t n, const double *a, const double *b, double *y)
{
    wg_formula_streams s = {.a = a, .b = b, .out = y, .step_a = 1, .step_b = kinds[code].binary};
    wg_kernel kernel = kernel_f64(value_loop(code));
    run(&kernel, n, &s);
}

void wg__formula_gradients(unsigned code, int towards, size_t n, const double *a, const double *b,
    const double *y, const double *g, double *out)
{
    wg_formula_streams s = {
        .a = a, .b = b, .y = y, .g = g, .out = out, .step_a = 1, .step_b = kinds[code].binary};
    wg_kernel kernel = kernel_f64(slope_loop(code, (size_t)towards));
    run(&kernel, n, &s);
}

/* ---- Chains ---------------------------------------------------------------------------------------- */

bool wg__chain_takes(const wg_op *op)
{
    return (uintptr_t)op - (uintptr_t)wg__formula_ops < sizeof wg__formula_ops[0] * WG_CODES;
}

void wg__chain_range(const wg_chain *chain, size_t first, size_t count, const void *value, void *out)
{
    if (chain->dtype == WG_F32)
        chain_range_f32(chain, first, count, value, out);
    else
        chain_range_f64(chain, first, count, value, out);
}

typedef struct chain_work {
    const wg_chain *chain;
    char *result;
} chain_work;

static void chain_chunk(void *work, size_t begin, size_t end)
{
    const chain_work *w = work;
    size_t size = wg_dtype_size(w->chain->dtype);
    wg__chain_range(w->chain, begin, end - begin, NULL, w->result + begin * size);
}

void wg__chain_run(const wg_chain *chain, int threads, void *result)
{
    chain_work work = {chain, result};
    wg__parallel_for(threads, chain->count, GRAIN, chain_chunk, &work);
}
