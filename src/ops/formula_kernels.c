/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_kernels.c - the vector kernels of all rows; the loops are in formula_real.h. */

#include "kernels/vector_math.h"

#include <string.h>
#include "base/algebra_number.h"
#include "kernels/clones.h"
#include "kernels/parallel.h"
#include "ops/chain.h"
#include "ops/formula.h"
#include "ops/stretch.h"

#if defined(__GNUC__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* Loops go by LANES elements, a multiple of every vector's; a rest is padded to as many, so that an element's
 * position never changes its value. GRAIN elements make a chunk for one thread. */
enum { LANES = 16, GRAIN = 1 << 14 };

/* Which operand of a two-operand kernel is one number. */
enum { BOTH_VECTORS, A_NUMBER, B_NUMBER };

/* The kind of a code: which operands it has, and where its plain numbers go. */
enum { NUMBER_RIGHT = 1, NUMBER_LEFT };

static const struct {
    uint8_t binary, number;
} kinds[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {0, 0},
#define WG_UNARY1(name, v_, gradient, lo, hi, c) [WG_CODE_##name] = {0, 0},
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) [WG_CODE_##name] = {0, 0},
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    [WG_CODE_##name] = {1, 0}, [WG_CODE_##name##c] = {1, NUMBER_RIGHT}, [WG_CODE_c##name] = {1, NUMBER_LEFT},
#define WG_STEP(name, v_) WG_UNARY(name, , , , )
#define WG_STEP2(name, v_) WG_BINARY(name, , , , , , , )
#include <wengert/formulas.def>
};

/* A record finds its row by its place in the array; a user's copy of one, by the row's own scalar function.
 */
static unsigned code_of(const wg_op_context *op)
{
    const wg_op *first = wg_formula_ops;
    if ((uintptr_t)op->op - (uintptr_t)first < sizeof *first * WG_CODES)
        return (unsigned)(op->op - first);
    unsigned code = WG_CODE_record + 1;
    while (code + 1 < WG_CODES && wg_formula_ops[code].scalar != op->op->scalar)
        code++;
    return code;
}

/* A rule that is "g" itself hands the upstream gradient on without a copy; a kernel would make one. */
static bool only_passes_on(const wg_op_context *op)
{
    for (size_t i = 0; i < op->arity; i++)
        if (op->grad_in[i] && strcmp(op->op->rule[i], "g") != 0)
            return false;
    return true;
}

#define TEMPLATE "ops/formula_real.h"
#include "base/for_each_real.h"

/* ---- Numbers from anywhere --------------------------------------------------------------------------- */

void wg_formula_values(unsigned code, size_t n, const double *a, const double *b, double *y)
{
    kernels_f64[code].forward(n, a, b, BOTH_VECTORS, y);
}

void wg_formula_gradients(unsigned code, int towards, size_t n, const double *a, const double *b,
    const double *y, const double *g, double *out)
{
    kernels_f64[code].backward[towards](n, a, b, BOTH_VECTORS, y, g, out);
}

/* ---- Chains ---------------------------------------------------------------------------------------- */

bool wg_chain_takes(const wg_op *op)
{
    return (uintptr_t)op - (uintptr_t)wg_formula_ops < sizeof wg_formula_ops[0] * WG_CODES;
}

void wg_chain_range(const wg_chain *chain, size_t first, size_t count, const void *value, void *out)
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

static void chain_chunk(void *work, size_t chunk, size_t begin, size_t end)
{
    const chain_work *w = work;
    (void)chunk;
    size_t size = wg_dtype_size(w->chain->dtype);
    wg_chain_range(w->chain, begin, end - begin, NULL, w->result + begin * size);
}

void wg_chain_run(const wg_chain *chain, int threads, void *result)
{
    chain_work work = {chain, result};
    wg_parallel_for(threads, chain->count, GRAIN, chain_chunk, &work);
}
